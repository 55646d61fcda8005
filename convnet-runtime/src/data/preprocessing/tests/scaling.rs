//! Means, deviations and ranges, per data set, channel and number.

use ndarray::{Array2, Array4, arr2};
use proptest::prelude::*;

use super::super::{Per, Prepare, Preprocess, Statistics};
use super::{applied, assert_close, fit, images, rows_of};
use crate::data::{LabelledImages, Scaling};
use crate::error::Error;

const ALL: [Per; 3] = [Per::Dataset, Per::Channel, Per::Number];

/// The numbers that a statistic of this number of an image is of.
fn group(rows: &Array2<f64>, per: Per, depth: usize, number: usize) -> Vec<f64> {
    let belongs = |i: usize| match per {
        Per::Dataset => true,
        Per::Channel => i % depth == number % depth,
        Per::Number => i == number,
    };
    rows.indexed_iter().filter(|&((_, i), _)| belongs(i)).map(|(_, &x)| x).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn deviation(numbers: &[f64]) -> f64 {
    let mean = mean(numbers);
    (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / numbers.len() as f64).sqrt()
}

/// What is left once means are subtracted.
fn centred(rows: &Array2<f64>, per: Per, depth: usize) -> Array2<f64> {
    Array2::from_shape_fn(rows.dim(), |(n, i)| rows[[n, i]] - mean(&group(rows, per, depth, i)))
}

/// Compares every number of every image, in f64 and in f32.
fn check(recipe: Preprocess, data: &LabelledImages, expected: &Array2<f64>) {
    let preprocessing = fit(recipe, data);
    assert_eq!(preprocessing.output_shape(), preprocessing.input_shape());
    for (n, expected) in expected.rows().into_iter().enumerate() {
        let (double, single) =
            (applied::<f64>(&preprocessing, data.bytes(n)), applied::<f32>(&preprocessing, data.bytes(n)));
        for ((double, single), &expected) in double.into_iter().zip(single).zip(expected) {
            assert_close(double, expected, 1e-12);
            // One mean is subtracted in f32: bytes and means have 24 bits.
            assert_close(single.into(), expected, 4e-5);
        }
    }
}

#[test]
fn every_mean_is_subtracted() {
    for shape in [[4, 3, 3], [5, 5, 1], [1, 1, 4], [20, 17, 2]] {
        let data = images(9, shape, 1);
        for per in ALL {
            check(Preprocess::Mean(per), &data, &centred(&rows_of(&data), per, shape[2]));
        }
    }
}

#[test]
fn every_deviation_divides() {
    for shape @ [_, _, depth] in [[4, 3, 3], [5, 5, 1], [3, 40, 7]] {
        let data = images(9, shape, 2);
        for (of, deviation_of) in ALL.into_iter().flat_map(|of| ALL.map(|per| (of, per))) {
            let centred = centred(&rows_of(&data), of, depth);
            let expected = Array2::from_shape_fn(centred.dim(), |(n, i)| {
                let deviation = deviation(&group(&centred, deviation_of, depth, i));
                // Constant but for rounding.
                centred[[n, i]] / if deviation > 1e-9 { deviation } else { 1.0 }
            });
            check(Preprocess::Normalize { mean: of, deviation: deviation_of }, &data, &expected);
        }
    }
}

#[test]
fn every_range_becomes_minus_1_to_1() {
    let data = images(6, [4, 3, 3], 3);
    let rows = rows_of(&data);
    for per in ALL {
        let expected = Array2::from_shape_fn(rows.dim(), |(n, i)| {
            let group = group(&rows, per, 3, i);
            let [low, high] =
                [group.iter().copied().fold(f64::MAX, f64::min), group.iter().copied().fold(0.0, f64::max)];
            if low < high { 2.0 * (rows[[n, i]] - low) / (high - low) - 1.0 } else { 0.0 }
        });
        check(Preprocess::Range(per), &data, &expected);
        let (low, high) =
            expected.iter().fold((0.0, 0.0), |(low, high), &x| (f64::min(low, x), f64::max(high, x)));
        assert_close(low, -1.0, 1e-12);
        assert_close(high, 1.0, 1e-12);
    }
}

#[test]
fn what_is_constant_is_not_divided_by_rounding() {
    let bytes = Array4::from_shape_fn((7, 3, 5, 3), |(_, _, _, d)| [33, 77, 201][d]);
    let data = LabelledImages::new(bytes, vec![0; 7], 1).expect("a data set");
    let all = [1.0 / 3.0 * 311.0; 3];
    for (of, expected) in [(Per::Dataset, [33.0, 77.0, 201.0]), (Per::Channel, all), (Per::Number, all)] {
        for deviation in [Per::Channel, Per::Number] {
            let found =
                applied::<f64>(&fit(Preprocess::Normalize { mean: of, deviation }, &data), data.bytes(0));
            for (i, found) in found.into_iter().enumerate() {
                let byte = f64::from(data.bytes(0)[i]);
                let expected = if of == Per::Dataset { expected[i % 3] - all[0] } else { 0.0 };
                assert_close(found, expected, 1e-12);
                assert!(of == Per::Dataset || found == 0.0, "{byte} is its own mean, exactly");
            }
        }
    }
    assert_eq!(applied::<f32>(&fit(Preprocess::Range(Per::Channel), &data), data.bytes(3)), [0.0; 45]);
}

#[test]
fn a_scaling_is_a_preprocessing_of_the_same_bits() {
    let data = images(5, [4, 5, 3], 4);
    let scaling = Scaling::fit(&data).expect("images");
    let preprocessing = scaling.for_images([4, 5, 3]).expect("a preprocessing");
    assert_eq!(preprocessing.description(), "one mean, one deviation");
    for n in 0..5 {
        let mut expected = vec![f32::NAN; 60];
        scaling.apply(data.bytes(n), &mut expected);
        assert_eq!(applied::<f32>(&preprocessing, data.bytes(n)), expected);
    }
    let fitted = fit(Preprocess::Normalize { mean: Per::Dataset, deviation: Per::Dataset }, &data);
    let close =
        applied::<f64>(&fitted, data.bytes(0)).into_iter().zip(applied::<f64>(&preprocessing, data.bytes(0)));
    close.for_each(|(found, expected)| assert_close(found, expected, 1e-12));
    assert!(matches!(scaling.for_images([0, 5, 3]), Err(Error::EmptyData)));
}

#[test]
fn a_preprocessing_is_for_images_of_its_own_shape() {
    let preprocessing = fit(Preprocess::ONE_MEAN, &images(3, [4, 5, 3], 4));
    assert_eq!(preprocessing.for_images([4, 5, 3]).expect("its own"), preprocessing);
    let error = preprocessing.for_images([5, 4, 3]).expect_err("another");
    assert!(matches!(error, Error::PreprocessingShape { expected: [4, 5, 3], found: [5, 4, 3] }));
}

#[test]
fn statistics_are_those_of_columns() {
    let statistics =
        Statistics::fit_rows(arr2(&[[1.0, -4.0], [2.0, -4.0], [6.0, -4.0]]).view()).expect("rows");
    assert_eq!(statistics.mean(), [3.0, -4.0]);
    assert_close(statistics.variance()[0], 14.0 / 3.0, 1e-15);
    assert_close(statistics.deviation()[0], f64::sqrt(14.0 / 3.0), 1e-15);
    assert_eq!(
        (statistics.variance()[1], statistics.minimum(), statistics.maximum()),
        (0.0, &[1.0, -4.0][..], &[6.0, -4.0][..])
    );
    // A column far from 0 loses none of its variance, and one of 0.1 everywhere has none.
    let far = Array2::from_shape_fn((1000, 2), |(n, i)| if i == 0 { 1e9 + (n % 2) as f64 } else { 0.1 });
    let statistics = Statistics::fit_rows(far.view()).expect("rows");
    assert_close(statistics.variance()[0], 0.25, 1e-12);
    assert_eq!((statistics.mean()[1], statistics.variance()[1]), (0.1, 0.0));
}

#[test]
fn rows_that_have_no_statistics_are_refused() {
    let refused =
        |rows: Array2<f64>| Statistics::fit_rows(rows.view()).expect_err("no statistics").to_string();
    assert!(matches!(Statistics::fit_rows(Array2::zeros((0, 3)).view()), Err(Error::EmptyData)));
    assert!(matches!(Statistics::fit_rows(Array2::zeros((3, 0)).view()), Err(Error::EmptyData)));
    let nan = refused(arr2(&[[0.0, 1.0], [0.0, f64::NAN]]));
    assert_eq!(nan, "preprocessing cannot be fitted: row 1 holds NaN at 1, and all numbers must be finite");
    assert!(refused(arr2(&[[0.0, 1e200], [0.0, -1e200]])).contains("column 1 are too large"));
}

proptest! {
    #[test]
    fn normalized_images_have_the_mean_0_and_the_deviation_1(
        count in 2_usize..20, height in 1_usize..6, width in 1_usize..40, depth in 1_usize..5, seed: u64,
    ) {
        let data = images(count, [height, width, depth], seed);
        for per in ALL {
            let fitted = fit(Preprocess::Normalize { mean: per, deviation: per }, &data);
            let numbers = (0..count).flat_map(|n| applied::<f64>(&fitted, data.bytes(n))).collect();
            let numbers = Array2::from_shape_vec((count, height * width * depth), numbers).expect("rows");
            for i in 0..numbers.ncols() {
                let group = group(&numbers, per, depth, i);
                assert_close(mean(&group), 0.0, 1e-11);
                let deviation = deviation(&group);
                prop_assert!(deviation < 1e-11 || (deviation - 1.0).abs() < 1e-11, "{}", deviation);
            }
        }
    }
}
