//! What is saved and made again: the same bits, or an error.

use super::super::PreprocessingParts;
use super::{Per, Preprocess, Preprocessing, applied, fit, images};
use crate::data::{LabelledImages, Prepare, Scaling};
use crate::error::Error;

const SHAPE: [usize; 3] = [3, 4, 3];

/// One of each kind.
fn every(data: &LabelledImages) -> Vec<Preprocessing> {
    let all = [Per::Dataset, Per::Channel, Per::Number];
    let mut recipes = vec![Preprocess::RandomProjection { dimensions: 5, seed: 3 }];
    recipes.extend(all.map(Preprocess::Mean));
    recipes.extend(all.map(Preprocess::Range));
    recipes.extend(
        all.into_iter().flat_map(|mean| all.map(|deviation| Preprocess::Normalize { mean, deviation })),
    );
    #[cfg(feature = "pca")]
    recipes.extend([Preprocess::Pca { dimensions: 4 }, Preprocess::whitening(3)]);
    let scaling = Scaling::fit(data).expect("images").for_images(SHAPE).expect("a preprocessing");
    recipes.into_iter().map(|recipe| fit(recipe, data)).chain([scaling]).collect()
}

#[test]
fn a_round_trip_gives_the_same_bits() {
    let data = images(8, SHAPE, 31);
    for preprocessing in every(&data) {
        let parts = preprocessing.parts();
        let mut shuffled = parts.clone();
        shuffled.tensors.reverse();
        for parts in [parts.clone(), shuffled] {
            let again = Preprocessing::from_parts(parts).expect("its parts");
            assert_eq!((&again, again.parts()), (&preprocessing, preprocessing.parts()));
            for n in 0..8 {
                assert_eq!(
                    applied::<f32>(&again, data.bytes(n)),
                    applied::<f32>(&preprocessing, data.bytes(n))
                );
                assert_eq!(
                    applied::<f64>(&again, data.bytes(n)),
                    applied::<f64>(&preprocessing, data.bytes(n))
                );
            }
        }
    }
}

#[test]
fn tags_and_descriptions_stay_as_they_are() {
    let names: Vec<_> = every(&images(8, SHAPE, 31))
        .into_iter()
        .map(|preprocessing| (preprocessing.parts().kind, preprocessing.description()))
        .collect();
    let is_there = |tag: &str, description: &str| {
        assert!(names.contains(&(tag.to_owned(), description.to_owned())), "{tag}: {names:?}");
    };
    is_there("mean:dataset", "one mean");
    is_there("mean:number", "mean image");
    is_there("range:dataset", "range to [-1, 1]");
    is_there("range:channel", "range per channel to [-1, 1]");
    is_there("normalize:dataset:dataset", "one mean, one deviation");
    is_there("normalize:channel:channel", "mean per channel, deviation per channel");
    is_there("normalize:number:dataset", "mean image, one deviation");
    is_there("random-projection", "mean image, random projection to 5 dimensions");
    #[cfg(feature = "pca")]
    {
        is_there("pca", "mean image, PCA to 4 dimensions");
        is_there("whitening", "mean image, PCA to 3 dimensions, whitened");
    }
}

/// Parts that are refused, and why.
fn refused(change: impl FnOnce(&mut PreprocessingParts), parts: &PreprocessingParts) -> String {
    let mut parts = parts.clone();
    change(&mut parts);
    let error = Preprocessing::from_parts(parts).expect_err("broken parts");
    assert!(matches!(error, Error::PreprocessingParts { .. }));
    error.to_string()
}

#[test]
fn broken_parts_of_any_kind_are_refused() {
    for preprocessing in every(&images(8, SHAPE, 32)) {
        let parts = preprocessing.parts();
        refused(|parts| parts.kind.push('x'), &parts);
        refused(|parts| parts.input_shape = [3, 0, 3], &parts);
        refused(|parts| parts.input_shape = [usize::MAX, 2, 3], &parts);
        refused(|parts| parts.tensors.push(("mean".to_owned(), vec![1], vec![0.0])), &parts);
        for i in 0..parts.tensors.len() {
            refused(|parts| _ = parts.tensors.remove(i), &parts);
            refused(|parts| parts.tensors[i].0 = "means".to_owned(), &parts);
            refused(|parts| parts.tensors[i].1.push(1), &parts);
            refused(|parts| parts.tensors[i].1[0] += 1, &parts);
            refused(|parts| parts.tensors[i].1[0] = usize::MAX, &parts);
            refused(|parts| _ = parts.tensors[i].2.pop(), &parts);
            refused(|parts| parts.tensors[i].2[0] = f64::NAN, &parts);
            refused(|parts| parts.tensors[i].2[0] = f64::INFINITY, &parts);
        }
    }
}

#[test]
fn what_is_wrong_with_parts_is_said() {
    let data = images(8, SHAPE, 33);
    let parts = fit(Preprocess::Normalize { mean: Per::Channel, deviation: Per::Dataset }, &data).parts();
    let says = |change: fn(&mut PreprocessingParts), what: &str| {
        let said = refused(change, &parts);
        assert!(said.ends_with(what), "{said}");
    };
    says(|parts| _ = parts.tensors.pop(), "it has 1 tensors in place of mean, deviation");
    says(|parts| parts.tensors[1].0 = "std".to_owned(), "it has no tensor `deviation`");
    says(|parts| parts.tensors[0].1 = vec![4], "`mean` has the shape [4], where [3] is needed");
    says(|parts| parts.tensors[0].2.push(1.0), "`mean` has 4 numbers, which its shape [3] is not of");
    says(|parts| parts.tensors[0].2[2] = f64::NAN, "number 2 of `mean` is NaN");
    says(|parts| parts.tensors[1].2[0] = 0.0, "0 is nothing to divide by");
    says(|parts| parts.tensors[1].2[0] = -2.0, "-2 is nothing to divide by");
    says(|parts| parts.tensors[1].2[0] = 1e-310, "is nothing to divide by");
    says(|parts| parts.input_shape = [3, 4, 0], "[3, 4, 0] is no shape of images");
    let said = refused(|parts| parts.kind = "median".to_owned(), &parts);
    let begins = "these are not the parts of a preprocessing of the kind `median`: there is no such kind, but mean:dataset, ";
    assert!(said.starts_with(begins) && said.ends_with("random-projection"), "{said}");
}

#[test]
fn numbers_that_a_kind_cannot_have_are_refused() {
    let data = images(8, SHAPE, 34);
    let range = fit(Preprocess::Range(Per::Channel), &data).parts();
    let said = refused(|parts| parts.tensors[0].2[1] = 256.0, &range);
    assert!(said.ends_with("a minimum is above its maximum"), "{said}");
    let projection = fit(Preprocess::RandomProjection { dimensions: 2, seed: 0 }, &data).parts();
    let said = refused(|parts| parts.tensors[1].1[0] = 37, &projection);
    assert!(said.ends_with("it has 37 components, where 1 to 36 can be"), "{said}");
    let without = refused(
        |parts| {
            parts.tensors[1].1[0] = 0;
            parts.tensors[1].2.clear();
        },
        &projection,
    );
    assert!(without.ends_with("it has 0 components, where 1 to 36 can be"), "{without}");
}

/// A whitening by hand: what the feature `pca` fits can be applied without it.
fn whitening() -> PreprocessingParts {
    let tensor =
        |name: &str, shape: &[usize], numbers: &[f64]| (name.to_owned(), shape.to_vec(), numbers.to_vec());
    PreprocessingParts {
        description: String::new(),
        kind: "whitening".to_owned(),
        input_shape: [1, 2, 1],
        tensors: vec![
            tensor("mean", &[1, 2, 1], &[10.0, 20.0]),
            tensor("components", &[1, 1, 2, 1], &[0.6, 0.8]),
            tensor("variances", &[1], &[3.75]),
            tensor("smoothing", &[1], &[0.25]),
        ],
    }
}

#[test]
fn a_whitening_divides_by_the_root_of_the_smoothed_variance() {
    let preprocessing = Preprocessing::from_parts(whitening()).expect("parts");
    // (0.6 * 5 + 0.8 * 10) / sqrt(3.75 + 0.25)
    assert_eq!(applied::<f64>(&preprocessing, &[15, 30]), [5.5]);
    let said = refused(|parts| parts.tensors[2].2[0] = -1e-3, &whitening());
    assert!(said.ends_with("a variance is below 0"), "{said}");
    let said = refused(|parts| [2, 3].into_iter().for_each(|i| parts.tensors[i].2[0] = 0.0), &whitening());
    assert!(said.ends_with("0 is nothing to divide by"), "{said}");
}
