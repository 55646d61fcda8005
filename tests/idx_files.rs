//! IDX files that are not what they say: each mistake its own error, with file, offset and what was expected.

use std::io::Write;
use std::path::{Path, PathBuf};

use convnet::Error;
use convnet::data::idx;

/// A folder of this test's own, removed when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("convnet-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::File::create(&path).expect("a file").write_all(bytes).expect("its bytes");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder left behind does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn image_file(sizes: [u32; 3], pixels: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend((0..pixels).map(|i| u8::try_from(i % 251).expect("a byte")));
    bytes
}

fn label_file(count: u32, labels: &[u8]) -> Vec<u8> {
    [&[0, 0, 8, 1], &count.to_be_bytes()[..], labels].concat()
}

/// Reads the two files, of which one is wrong, and returns the message without the folder.
fn message(name: &str, images: &[u8], labels: &[u8]) -> String {
    let folder = Folder::new(name);
    let error =
        idx::read(folder.write("images", images), folder.write("labels", labels), 10).expect_err(name);
    assert!(matches!(error, Error::Format { .. }), "{error}");
    error.to_string().replace(&format!("{}/", folder.0.display()), "")
}

fn good_labels() -> Vec<u8> {
    label_file(2, &[3, 7])
}

#[test]
fn good_files_plain_and_gzip() {
    let folder = Folder::new("good");
    let images = folder.write("images", &image_file([2, 3, 4], 24));
    let data = idx::read(&images, folder.write("labels", &good_labels()), 10).expect("good files");
    assert_eq!(data.images().dim(), (2, 3, 4, 1));
    assert_eq!(data.labels(), [3, 7]);
    assert_eq!(data.images()[[1, 0, 0, 0]], 12);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist-mini");
    let (training, test) = idx::read_mnist(shipped).expect("gzip files");
    assert_eq!((training.len(), test.len()), (5000, 1000));
    assert_eq!(training.labels()[..5], [5, 0, 4, 1, 9]);
    assert!(test.labels().take(5).eq([7, 2, 1, 0, 4]));
}

#[test]
fn wrong_magic_numbers() {
    let mut images = image_file([2, 3, 4], 24);
    images[3] = 2;
    assert_eq!(
        message("magic", &images, &good_labels()),
        "images at byte 0: expected the magic number 0x00000803 of images, found 0x00000802"
    );
    // The files exchanged, a common mistake.
    assert_eq!(
        message("exchanged", &good_labels(), &image_file([2, 3, 4], 24)),
        "images at byte 0: expected the magic number 0x00000803 of images, found 0x00000801"
    );
    assert_eq!(
        message("text", b"<html>not found</html>", &good_labels()),
        "images at byte 0: expected the magic number 0x00000803 of images, found 0x3c68746d"
    );
}

#[test]
fn headers_that_end_early() {
    assert_eq!(
        message("empty", &[], &good_labels()),
        "images at byte 0: expected an IDX magic number, found the end of the file after 0 of 4 bytes"
    );
    assert_eq!(
        message("short", &image_file([2, 3, 4], 24)[..10], &good_labels()),
        "images at byte 8: expected a size of 4 bytes, found the end of the file after 2 of 4 bytes"
    );
}

#[test]
fn data_that_ends_early_or_late() {
    assert_eq!(
        message("truncated", &image_file([2, 3, 4], 20), &good_labels()),
        "images at byte 36: expected 2*3*4 = 24 bytes of data, found the end of the file after 20"
    );
    assert_eq!(
        message("trailing", &image_file([2, 3, 4], 25), &good_labels()),
        "images at byte 40: expected the end of the file after 24 bytes of data, found more bytes"
    );
    assert_eq!(
        message("labels", &image_file([2, 3, 4], 24), &label_file(2, &[3])),
        "labels at byte 9: expected 2 bytes of data, found the end of the file after 1"
    );
}

/// A header may ask for 3 TB: nothing is allocated for it, the file is found to end.
#[test]
fn headers_that_ask_for_too_much() {
    assert_eq!(
        message("terabytes", &image_file([4_000_000, 1000, 800], 24), &good_labels()),
        "images at byte 40: expected 4000000*1000*800 = 3200000000000 bytes of data, found the end of the file after 24"
    );
    // So may a compressed one: what DEFLATE can make of so many bytes at most is known beforehand.
    let mut archive = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    archive.write_all(&image_file([4_000_000, 1000, 800], 24)).expect("memory");
    let archive = message("archive", &archive.finish().expect("memory"), &good_labels());
    assert!(archive.contains("expected 4000000*1000*800 = 3200000000000 bytes of data"), "{archive}");
    let all = u32::MAX;
    assert_eq!(
        message("overflow", &image_file([all, all, all], 24), &good_labels()),
        "images at byte 4: expected sizes that memory can hold, found 4294967295*4294967295*4294967295 bytes"
    );
    assert_eq!(
        message("zero", &image_file([2, 0, 4], 0), &good_labels()),
        "images at byte 8: expected a size of at least 1, found 0"
    );
}

#[test]
fn labels_that_do_not_belong_to_the_images() {
    let folder = Folder::new("count");
    let images = folder.write("images", &image_file([2, 3, 4], 24));
    let error =
        idx::read(&images, folder.write("labels", &label_file(3, &[3, 7, 1])), 10).expect_err("three labels");
    let expected =
        format!("at byte 4: expected 2 labels, one for each image of {}, found 3", images.display());
    assert!(error.to_string().ends_with(&expected), "{error}");
    assert_eq!(
        message("class", &image_file([2, 3, 4], 24), &label_file(2, &[3, 10])),
        "labels at byte 9: expected a label from 0 to 9, found 10"
    );
}

#[test]
fn archives_that_are_broken() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist-mini/t10k-images-idx3-ubyte.gz");
    let bytes = std::fs::read(shipped).expect("the digits that ship with the project");
    let truncated = message("cut", &bytes[..bytes.len() / 2], &good_labels());
    assert!(
        truncated.starts_with("images at byte ") && truncated.contains("expected gzip data"),
        "{truncated}"
    );
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 0xff;
    let flipped = message("flipped", &flipped, &good_labels());
    assert!(flipped.starts_with("images at byte "), "{flipped}");
}

/// Good files, plain and compressed, cut off after every length.
#[test]
fn files_that_end_anywhere() {
    let folder = Folder::new("anywhere");
    let compressed = |bytes: &[u8]| {
        let mut archive = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        archive.write_all(bytes).expect("memory");
        archive.finish().expect("memory")
    };
    let (images, labels) = (image_file([2, 3, 4], 24), good_labels());
    for [images, labels] in [[compressed(&images), compressed(&labels)], [images, labels]] {
        let read = |images: &[u8], labels: &[u8]| {
            idx::read(folder.write("images", images), folder.write("labels", labels), 10)
        };
        read(&images, &labels).expect("good files");
        let fails = |found: Result<_, Error>, length: usize| {
            assert!(matches!(found, Err(Error::Format { .. })), "{length}: {found:?}");
        };
        (0..images.len()).for_each(|length| fails(read(&images[..length], &labels), length));
        (0..labels.len()).for_each(|length| fails(read(&images, &labels[..length]), length));
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file() {
    let folder = Folder::new("device");
    let labels = folder.write("labels", &good_labels());
    for path in ["/dev/zero".as_ref(), folder.0.as_path()] {
        let error = idx::read(path, &labels, 10).expect_err("no file");
        assert!(matches!(&error, Error::Io { path: named, .. } if named == path), "{error}");
    }
}

#[test]
fn files_that_are_not_there() {
    let folder = Folder::new("missing");
    let error = idx::read_mnist(&folder.0).expect_err("no files");
    assert!(matches!(&error, Error::Io { path, .. } if path.ends_with("train-images-idx3-ubyte")), "{error}");
}
