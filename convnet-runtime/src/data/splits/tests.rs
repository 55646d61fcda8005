//! Divisions of small data sets: nothing is lost, nothing doubled, shares are right, and the seed decides.

use ndarray::Array4;
use proptest::prelude::*;

use super::{Divided, largest_remainders};
use crate::data::{Dataset, LabelledImages, TrainingSet};
use crate::error::Error;

/// Images of one pixel, which is their index.
fn data(labels: &[usize]) -> TrainingSet<LabelledImages> {
    let images = Array4::from_shape_fn((labels.len(), 1, 1, 1), |(n, ..)| u8::try_from(n).expect("a byte"));
    let classes = labels.iter().max().map_or(1, |largest| largest + 1);
    TrainingSet::new(
        LabelledImages::new(images, labels.to_vec(), classes).expect("labels below their maximum"),
    )
}

/// What lies in the two parts, by what is read; their labels are those of the images.
fn parts((training, validation): &Divided<LabelledImages>, labels: &[usize]) -> [Vec<usize>; 2] {
    let pixel = |image: Result<u8, Error>| usize::from(image.expect("in memory"));
    let read = |index| {
        let mut byte = [0];
        training.read(index, &mut byte).map(|()| byte[0])
    };
    let trained: Vec<_> = (0..training.len()).map(|index| pixel(read(index))).collect();
    let validated: Vec<_> = (0..validation.len())
        .map(|index| pixel(validation.image(index).map(|image| image[[0, 0, 0]])))
        .collect();
    assert!(trained.iter().enumerate().all(|(at, &image)| training.label(at) == labels[image]));
    assert!(validation.labels().eq(validated.iter().map(|&image| labels[image])));
    assert!(training.data().indices().eq(trained.iter().copied()));
    [trained, validated]
}

/// Every image lies in one part, and in one place.
fn is_division(parts: &[Vec<usize>; 2], count: usize) -> bool {
    let mut all = parts.concat();
    all.sort_unstable();
    all.into_iter().eq(0..count)
}

fn count(images: &[usize], labels: &[usize], class: usize) -> usize {
    images.iter().filter(|&&image| labels[image] == class).count()
}

proptest! {
    #[test]
    fn splits_lose_nothing(labels in prop::collection::vec(0_usize..5, 2..200), share in 0.01_f64..0.99, seed: u64) {
        let expected = (share * labels.len() as f64).round();
        for stratified in [false, true] {
            let data = data(&labels);
            let found = if stratified { data.split_stratified(share, seed) } else { data.split(share, seed) };
            let Ok(divided) = found else {
                prop_assert!(expected < 1.0 || expected > labels.len() as f64 - 1.0);
                continue;
            };
            let parts = parts(&divided, &labels);
            prop_assert!(is_division(&parts, labels.len()));
            prop_assert_eq!(parts[1].len() as f64, expected);
            prop_assert!(parts.iter().all(|part| part.is_sorted()));
            let all: Vec<_> = (0..labels.len()).collect();
            for class in 0..5 {
                let difference = count(&parts[1], &labels, class) as f64 - share * count(&all, &labels, class) as f64;
                prop_assert!(!stratified || difference.abs() < 1.0, "{difference}");
            }
        }
    }

    #[test]
    fn folds_take_every_image_once(labels in prop::collection::vec(0_usize..5, 2..120), folds in 2_usize..12, seed: u64) {
        for stratified in [false, true] {
            let data = data(&labels);
            let found = if stratified { data.folds_stratified(folds, seed) } else { data.folds(folds, seed) };
            if folds > labels.len() {
                let is_refused = matches!(found, Err(Error::Option { option: "folds", .. }));
                prop_assert!(is_refused);
                continue;
            }
            let parts: Vec<_> = found.expect("enough images").iter().map(|fold| parts(fold, &labels)).collect();
            prop_assert_eq!(parts.len(), folds);
            prop_assert!(parts.iter().all(|part| is_division(part, labels.len())));
            let mut validated: Vec<_> = parts.iter().flat_map(|[_, validation]| validation.clone()).collect();
            validated.sort_unstable();
            prop_assert!(validated.into_iter().eq(0..labels.len()));
            let differ_by_one = |of: &dyn Fn(&[usize]) -> usize| {
                let counts = || parts.iter().map(|[_, validation]| of(validation));
                counts().max() <= counts().min().map(|least| least + 1)
            };
            prop_assert!(differ_by_one(&|images| images.len()));
            for class in 0..5 {
                prop_assert!(!stratified || differ_by_one(&|images| count(images, &labels, class)));
            }
        }
    }
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let labels: Vec<_> = (0..200).map(|image| image * image % 7).collect();
    let split = |seed| parts(&data(&labels).split(0.3, seed).expect("a share"), &labels);
    assert_eq!(split(1), split(1));
    assert_ne!(split(1), split(2));
    // Other labels, the same images.
    let others = vec![0; 200];
    assert_eq!(split(1), parts(&data(&others).split(0.3, 1).expect("a share"), &others));
    // A smaller share takes some of the same images.
    let fewer = parts(&data(&labels).split(0.1, 1).expect("a share"), &labels);
    assert!(fewer[1].iter().all(|image| split(1)[1].contains(image)));
    let folds = |seed| -> Vec<_> {
        data(&labels).folds(3, seed).expect("folds").iter().map(|fold| parts(fold, &labels)).collect()
    };
    assert_eq!(folds(1), folds(1));
    assert_ne!(folds(1), folds(2));
    let stratified = |seed| parts(&data(&labels).split_stratified(0.3, seed).expect("a share"), &labels);
    assert_ne!(stratified(1), stratified(2));
}

/// 10 of each class, and a share of three tenths and of a quarter.
#[test]
fn classes_are_divided_alike() {
    let labels: Vec<_> = (0..40).map(|image| image % 4).collect();
    let counts = |share| {
        let parts = parts(&data(&labels).split_stratified(share, 5).expect("a share"), &labels);
        [0, 1, 2, 3].map(|class| count(&parts[1], &labels, class))
    };
    assert_eq!(counts(0.3), [3; 4]);
    // 2.5 each, 10 in all: the first two classes are given the images that are left over.
    assert_eq!(counts(0.25), [3, 3, 2, 2]);
}

/// Shares that are not exact in binary.
#[test]
fn remainders() {
    assert_eq!(largest_remainders(&[100, 10, 1], 0.29, 32), [29, 3, 0]);
    assert_eq!(largest_remainders(&[7, 7, 7], 0.1, 2), [1, 1, 0]);
    assert_eq!(largest_remainders(&[1, 2, 3, 4], 0.5, 5), [1, 1, 1, 2]);
}

#[test]
fn shares_and_folds_that_cannot_be() {
    let labels = [0, 1, 0, 1];
    for share in [0.0, 1.0, -0.5, f64::NAN, f64::INFINITY, 0.05, 0.95] {
        assert!(
            matches!(data(&labels).split(share, 1), Err(Error::Option { option: "share", .. })),
            "{share}"
        );
        assert!(data(&labels).split_stratified(share, 1).is_err(), "{share}");
    }
    for folds in [0, 1, 5, usize::MAX] {
        assert!(data(&labels).folds(folds, 1).is_err() && data(&labels).folds_stratified(folds, 1).is_err());
    }
    let error = data(&[0]).folds(2, 1).map(|_| ()).expect_err("one image");
    assert_eq!(error.to_string(), "folds is 2: at least 2, and at most one for each image");
}
