//! The published files, where they are: `CONVNET_DATA` names a folder with `mnist/` and `cifar-10-batches-bin/`.

use std::io::Write as _;
use std::path::PathBuf;

use convnet::data::{cifar, idx};
use convnet::prelude::*;

/// A folder of published files; nothing, and a line that says so, where there is none.
fn published(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CONVNET_DATA").map(|data| PathBuf::from(data).join(name));
    let found = folder.filter(|folder| folder.is_dir());
    if found.is_none() {
        // Past the capture of the test's output, so that it is seen.
        let _ = writeln!(std::io::stderr(), "skipped: CONVNET_DATA names no folder with `{name}`");
    }
    found
}

fn counts(labels: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut counts = vec![0; 10];
    labels.for_each(|label| counts[label] += 1);
    counts
}

#[test]
fn mnist_as_published() {
    let Some(folder) = published("mnist") else { return };
    let (training, test) = idx::read_mnist(folder).expect("MNIST");
    assert_eq!((training.images().dim(), test.len()), ((60_000, 28, 28, 1), 10_000));
    assert_eq!(
        counts(training.labels().iter().copied()),
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    // The mean and deviation that everybody uses; copies that went through another format differ by a grey level here and there.
    let scaling = Scaling::fit(&training).expect("images in memory");
    assert!((scaling.mean() / 255.0 - 0.1307).abs() < 5e-4, "{scaling:?}");
    assert!((scaling.deviation() / 255.0 - 0.3081).abs() < 5e-4, "{scaling:?}");
    // A stratified tenth has a tenth of every class.
    let (training, validation) = TrainingSet::new(training).split_stratified(0.1, 7).expect("a share");
    assert_eq!((training.len(), validation.len()), (54_000, 6_000));
    assert_eq!(counts(validation.labels()), [592, 674, 596, 613, 584, 542, 592, 627, 585, 595]);
}

#[test]
fn cifar10_as_published() {
    let Some(folder) = published("cifar-10-batches-bin") else { return };
    let (training, test) = cifar::read_cifar10(folder).expect("CIFAR-10");
    assert_eq!((training.images().dim(), test.shape()), ((50_000, 32, 32, 3), [32, 32, 3]));
    assert_eq!(counts(training.labels().iter().copied()), [5000; 10]);
    assert_eq!(counts(test.labels()), [1000; 10]);
    assert_eq!([0, 9].map(|class| training.class_names()[class].as_str()), ["airplane", "truck"]);
    // The means of the channels that everybody uses.
    let sums = training.images().rows().into_iter().fold([0_u64; 3], |sums, pixel| {
        std::array::from_fn(|channel| sums[channel] + u64::from(pixel[channel]))
    });
    for (sum, mean) in sums.into_iter().zip([0.4914, 0.4822, 0.4465]) {
        let found = sum as f64 / (255.0 * 50_000.0 * 1024.0);
        assert!((found - mean).abs() < 1e-3, "{found} for {mean}");
    }
}

/// The same images as JPEG files, `train/<class>/` and `test/<class>/`: what the folder's reader makes of some of them is in
/// the binary files.
#[cfg(feature = "image")]
#[test]
fn cifar10_as_folders() {
    use convnet::data::folder::{Channels, Fit, ImageOptions, read_folders};
    let (Some(folder), Some(binary)) = (published("cifar10-jpeg"), published("cifar-10-batches-bin")) else {
        return;
    };
    let options = ImageOptions::new(32, 32, Channels::Rgb).expect("sides").with_fit(Fit::Exact);
    let (training, test) = read_folders(folder, options).expect("CIFAR-10");
    assert_eq!((training.len(), test.len()), (50_000, 10_000));
    let (_, binary) = cifar::read_cifar10(binary).expect("CIFAR-10");
    assert_eq!(test.class_names(), binary.class_names());
    let all: Vec<_> = (0..binary.len()).map(|index| binary.image(index).expect("in memory")).collect();
    for index in (0..test.len()).step_by(997) {
        // Decoders round differently, by a level or two.
        let image = test.image(index).expect("a JPEG file");
        let is_near = |other: &ndarray::Array3<u8>| {
            image.iter().zip(other).all(|(byte, other)| byte.abs_diff(*other) <= 4)
        };
        let found = all.iter().position(is_near).expect("the same image");
        assert_eq!(binary.label(found), test.label(index));
    }
}
