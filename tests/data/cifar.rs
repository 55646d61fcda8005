//! CIFAR's binary files, made here: a few records each.

use convnet::Error;
use convnet::data::cifar::{self, Labels, Records, read_cifar10, read_cifar100};
use convnet::prelude::*;

use super::scratch::Folder;

const PIXELS: usize = 1024;

/// The byte of an image at a row, a column and a channel.
fn byte(image: usize, y: usize, x: usize, channel: usize) -> u8 {
    u8::try_from((7 * image + 3 * y + 5 * x + 83 * channel) % 256).expect("a byte")
}

/// A record: labels, then a plane for each channel.
fn record(labels: &[u8], image: usize) -> Vec<u8> {
    let pixels = (0..3 * PIXELS).map(|i| byte(image, i % PIXELS / 32, i % 32, i / PIXELS));
    labels.iter().copied().chain(pixels).collect()
}

/// Records of CIFAR-10 with these labels, counted from `first`.
fn records(labels: &[u8], first: usize) -> Vec<u8> {
    labels.iter().enumerate().flat_map(|(image, &label)| record(&[label], first + image)).collect()
}

fn names(count: usize) -> String {
    let names: Vec<_> = (0..count).map(|class| format!("class {class}")).collect();
    names.join("\n") + "\n\n"
}

fn has_bytes_of(data: &LabelledImages, index: usize, image: usize) -> bool {
    let pixels = data.images().index_axis(ndarray::Axis(0), index);
    pixels.indexed_iter().all(|((y, x, channel), &found)| found == byte(image, y, x, channel))
}

/// A folder of CIFAR-10 with two images in each batch, labelled 0 to 9, and three test images.
fn cifar10(name: &str) -> Folder {
    let folder = Folder::new(name);
    for batch in 0..5_u8 {
        let contents = records(&[2 * batch, 2 * batch + 1], 2 * usize::from(batch));
        folder.write(&format!("data_batch_{}.bin", batch + 1), &contents);
    }
    folder.write("test_batch.bin", &records(&[9, 0, 4], 10));
    folder.write("batches.meta.txt", names(10).as_bytes());
    folder
}

#[test]
fn cifar10_batch_by_batch() {
    let folder = cifar10("cifar10");
    let (training, test) = read_cifar10(folder.path()).expect("good files");
    assert_eq!((training.images().dim(), training.classes()), ((10, 32, 32, 3), 10));
    assert!(training.labels().iter().copied().eq(0..10));
    assert!((0..10).all(|image| has_bytes_of(&training, image, image)));
    assert_eq!(training.class_names()[3], "class 3");
    assert!(test.labels().eq([9, 0, 4]));
    assert_eq!(test.class_names().len(), 10);
    let image = test.image(2).expect("the third");
    assert_eq!([image[[0, 1, 0]], image[[1, 0, 2]]], [byte(12, 0, 1, 0), byte(12, 1, 0, 2)]);
    let one = cifar::read(folder.path().join("data_batch_2.bin"), Records::Cifar10).expect("a good file");
    assert_eq!(one.labels(), [2, 3]);
    assert!(one.class_names().is_empty() && has_bytes_of(&one, 1, 3));
}

#[test]
fn cifar100_fine_and_coarse() {
    let folder = Folder::new("cifar100");
    folder.write("train.bin", &[record(&[19, 99], 0), record(&[4, 0], 1)].concat());
    folder.write("test.bin", &record(&[7, 50], 2));
    folder.write("fine_label_names.txt", names(100).as_bytes());
    folder.write("coarse_label_names.txt", names(20).replace("class", "kind").as_bytes());
    let (training, test) = read_cifar100(folder.path(), Labels::Fine).expect("good files");
    assert_eq!((training.labels(), training.classes()), (&[99, 0][..], 100));
    assert_eq!((test.label(0), test.class_names()[50].as_str()), (50, "class 50"));
    assert!(has_bytes_of(&training, 1, 1));
    let (training, test) = read_cifar100(folder.path(), Labels::Coarse).expect("good files");
    assert_eq!((training.labels(), training.classes()), (&[19, 4][..], 20));
    assert_eq!((test.label(0), test.class_names()[7].as_str()), (7, "kind 7"));
    // A label that is not used is looked at all the same.
    let path = folder.write("bad.bin", &record(&[20, 0], 0));
    let error = cifar::read(path, Records::Cifar100(Labels::Fine)).expect_err("21 kinds");
    assert_eq!(folder.message(&error), "bad.bin at byte 0: expected a label from 0 to 19, found 20");
    let path = folder.write("bad.bin", &[record(&[0, 0], 0), record(&[1, 100], 0)].concat());
    let error = cifar::read(path, Records::Cifar100(Labels::Coarse)).expect_err("101 classes");
    assert_eq!(folder.message(&error), "bad.bin at byte 3075: expected a label from 0 to 99, found 100");
}

/// The message of a file of CIFAR-10 with these contents.
fn message(name: &str, contents: &[u8]) -> String {
    let folder = Folder::new(name);
    let error = cifar::read(folder.write("batch.bin", contents), Records::Cifar10).expect_err(name);
    assert!(matches!(error, Error::Format { .. }), "{error}");
    folder.message(&error)
}

#[test]
fn files_that_are_no_records() {
    assert_eq!(
        message("empty", &[]),
        "batch.bin at byte 0: expected records of 3073 bytes each, found an empty file"
    );
    let good = records(&[1, 2], 0);
    assert_eq!(
        message("short", &good[..3073 + 5]),
        "batch.bin at byte 3073: expected records of 3073 bytes each, found 3078 bytes: 1 records and 5 bytes"
    );
    assert_eq!(
        message("long", &[&good[..], &[0]].concat()),
        "batch.bin at byte 6146: expected records of 3073 bytes each, found 6147 bytes: 2 records and 1 bytes"
    );
    assert_eq!(
        message("label", &records(&[1, 10], 0)),
        "batch.bin at byte 3073: expected a label from 0 to 9, found 10"
    );
}

/// One file of a good folder, cut off after every length: an error that names it, or fewer images.
#[test]
fn files_that_end_anywhere() {
    let folder = cifar10("cut");
    let good = records(&[1, 2], 0);
    for length in 0..good.len() {
        let path = folder.write("cut.bin", &good[..length]);
        let found = cifar::read(&path, Records::Cifar10);
        match found {
            Ok(data) => assert_eq!((length, data.len()), (3073, 1)),
            Err(error) => assert!(folder.message(&error).starts_with("cut.bin at byte "), "{error}"),
        }
    }
}

/// A file may claim to be of terabytes and take no room on the disk: what cannot be had is an error.
#[test]
fn files_of_terabytes() {
    let folder = Folder::new("sparse");
    let path = folder.write("sparse.bin", &[]);
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("it was made");
    if let Err(reason) = file.set_len(3073 << 30) {
        eprintln!("skipped: no sparse file of 3 TB can be made here: {reason}");
        return;
    }
    let whole = cifar::read(&path, Records::Cifar10).expect_err("more than memory");
    assert!(matches!(whole, Error::DataMemory { images, .. } if images == 1 << 30), "{whole}");
    file.set_len((3073 << 30) + 1).expect("a byte more");
    let more = cifar::read(&path, Records::Cifar10).expect_err("no whole number of records");
    assert!(matches!(more, Error::Format { .. }), "{more}");
}

#[test]
fn folders_that_lack_something() {
    let folder = cifar10("lacking");
    for name in ["data_batch_4.bin", "test_batch.bin", "batches.meta.txt"] {
        let path = folder.path().join(name);
        let contents = std::fs::read(&path).expect("it was written");
        std::fs::remove_file(&path).expect("it was written");
        let error = read_cifar10(folder.path()).expect_err(name);
        assert!(matches!(&error, Error::Io { path: named, .. } if *named == path), "{error}");
        std::fs::create_dir(&path).expect("a folder in its place");
        let error = read_cifar10(folder.path()).expect_err(name);
        assert!(folder.message(&error).ends_with("this is a folder, not a file"), "{error}");
        std::fs::remove_dir(&path).expect("it was made");
        std::fs::write(&path, contents).expect("as before");
    }
    read_cifar10(folder.path()).expect("as before");
}

#[test]
fn lists_of_names_that_are_none() {
    let folder = cifar10("names");
    let message = |contents: &[u8]| {
        folder.write("batches.meta.txt", contents);
        folder.message(&read_cifar10(folder.path()).expect_err("a bad list"))
    };
    let expected = "expected 10 names of classes, one a line";
    assert_eq!(message(b""), format!("batches.meta.txt at byte 0: {expected}, found 0 names"));
    assert!(message(names(9).as_bytes()).ends_with("found 9 names"));
    assert!(message(names(11).as_bytes()).ends_with("found 11 names"));
    assert_eq!(
        message(b"plane\n\xff\xfe"),
        format!("batches.meta.txt at byte 6: {expected}, found bytes that are no text")
    );
    assert_eq!(
        message(&vec![b'\n'; 70_000]),
        format!("batches.meta.txt at byte 65536: {expected}, found more text")
    );
    // Line ends of other systems are line ends.
    folder.write("batches.meta.txt", names(10).replace('\n', "\r\n").as_bytes());
    let (training, _) = read_cifar10(folder.path()).expect("ten names");
    assert_eq!(training.class_names()[9], "class 9");
}
