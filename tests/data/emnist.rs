//! EMNIST's files, made here: images column by column, letters that are labelled from 1.

use convnet::data::emnist::{Split, read_emnist};
use convnet::data::idx::{Options, Orientation};

use super::scratch::Folder;

fn image_file(sizes: [u32; 3]) -> Vec<u8> {
    let count: u32 = sizes.iter().product();
    let mut bytes = vec![0, 0, 8, 3];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend((0..count).map(|i| u8::try_from(i % 251).expect("a byte")));
    bytes
}

fn label_file(labels: &[u8]) -> Vec<u8> {
    let count = u32::try_from(labels.len()).expect("few labels");
    [&[0, 0, 8, 1], &count.to_be_bytes()[..], labels].concat()
}

/// A folder of the letters, two to train on and one to test on.
fn letters(name: &str, labels: &[u8]) -> Folder {
    let folder = Folder::new(name);
    folder.write("emnist-letters-train-images-idx3-ubyte", &image_file([2, 28, 28]));
    folder.write("emnist-letters-train-labels-idx1-ubyte", &label_file(labels));
    folder.write("emnist-letters-test-images-idx3-ubyte", &image_file([1, 28, 28]));
    folder.write("emnist-letters-test-labels-idx1-ubyte", &label_file(&[2]));
    folder
}

#[test]
fn letters_are_upright_and_counted_from_0() {
    let folder = letters("letters", &[1, 26]);
    let (training, test) = read_emnist(folder.path(), Split::Letters).expect("good files");
    assert_eq!((training.labels(), training.classes()), (&[0, 25][..], 26));
    // The second number of the file is the second row.
    let images = training.images();
    assert_eq!(
        [images[[0, 1, 0, 0]], images[[0, 0, 1, 0]], images[[1, 2, 0, 0]]],
        [1, 28, u8::try_from(786 % 251).expect("a byte")]
    );
    assert_eq!((test.label(0), test.class_names()[1].as_str()), (1, "B"));
}

#[test]
fn labels_below_the_first_are_none() {
    for label in [0, 27, 255] {
        let folder = letters(&format!("letters-{label}"), &[1, label]);
        let error = read_emnist(folder.path(), Split::Letters).expect_err("no letter");
        let expected = format!(
            "emnist-letters-train-labels-idx1-ubyte at byte 9: expected a label from 1 to 26, found {label}"
        );
        assert_eq!(folder.message(&error), expected);
    }
}

/// Images that are not square change their sides.
#[test]
fn columns_become_rows() {
    let folder = Folder::new("columns");
    let images = folder.write("images", &image_file([2, 2, 3]));
    let labels = folder.write("labels", &label_file(&[0, 1]));
    let options = Options::new(2);
    let rows = options.read(&images, &labels).expect("good files");
    let columns = options.orientation(Orientation::Columns).read(&images, &labels).expect("good files");
    assert_eq!((rows.images().dim(), columns.images().dim()), ((2, 2, 3, 1), (2, 3, 2, 1)));
    assert_eq!(columns.images().clone().permuted_axes([0, 2, 1, 3]), rows.images());
    assert!(options.first_label(1).read(&images, &labels).is_err());
    assert!(Options::new(0).read(&images, &labels).is_err());
}

#[test]
fn every_split_has_its_classes() {
    let splits = [
        (Split::ByClass, "byclass", 62),
        (Split::ByMerge, "bymerge", 47),
        (Split::Balanced, "balanced", 47),
        (Split::Letters, "letters", 26),
        (Split::Digits, "digits", 10),
        (Split::Mnist, "mnist", 10),
    ];
    for (split, name, classes) in splits {
        assert_eq!((split.name(), split.class_names().count()), (name, classes));
        let mut names: Vec<_> = split.class_names().collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), classes, "{name} has a class twice");
    }
    assert_eq!(Split::Balanced.class_names().nth(36), Some('a'));
    assert_eq!(Split::Balanced.class_names().nth(38), Some('d'));
}
