//! The loops against their plain reference, and options that are out of range.

use convnet_geometry::Role;
use ndarray::{ArrayView1, ArrayView2};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Penalty, Regularization, add_penalty, clamp_rows, magnitudes};
use crate::error::Error;
use crate::random::{Purpose, stream};
use crate::reference;
use crate::scalar::Scalar;

/// Random numbers, some of them 0.
fn weights<T: Scalar>(count: usize, seed: u64) -> Vec<T> {
    let mut random = stream(seed, Purpose::Test, 0);
    let numbers = (0..count).map(|_| T::standard_normal(&mut random));
    numbers.enumerate().map(|(i, w)| if i % 5 == 3 { T::zero() } else { w }).collect()
}

fn close<T: Scalar>(found: T, expected: T) -> bool {
    let tolerance = if size_of::<T>() == 4 { 1e-5 } else { 1e-12 };
    (found - expected).as_f64().abs() <= tolerance * expected.as_f64().abs().max(1.0)
}

fn check_penalty<T: Scalar>(count: usize, seed: u64, l1: f64, l2: f64) {
    let (weights, mut gradient) = (weights::<T>(count, seed), weights::<T>(count, seed + 1));
    let before = gradient.clone();
    let [lambda1, lambda2] = [l1, l2].map(T::from_f64);
    let (loss, by_weights) = reference::penalty(ArrayView1::from(&weights), lambda1, lambda2);
    let [absolute, squares] = add_penalty(&mut gradient, &weights, lambda1, lambda2);
    assert_eq!([absolute, squares], magnitudes(&weights));
    assert!(close(T::from_f64(l1 * absolute + 0.5 * l2 * squares), loss), "{loss}");
    for ((found, before), added) in gradient.into_iter().zip(before).zip(by_weights) {
        assert!(close(found, before + added), "{found} for {before} + {added}");
    }
}

fn check_rows<T: Scalar>(rows: usize, row: usize, seed: u64, bound: f64) {
    let mut numbers = weights::<T>(rows * row, seed);
    let matrix = ArrayView2::from_shape((rows, row), &numbers).expect("a matrix");
    let expected = reference::max_norm(matrix, T::from_f64(bound));
    clamp_rows(&mut numbers, row, bound);
    assert!(numbers.iter().zip(&expected).all(|(&found, &expected)| close(found, expected)));
    for row in numbers.chunks(row) {
        let [_, squares] = magnitudes(row);
        assert!(squares.sqrt() <= bound * (1.0 + 1e-6), "{} for {bound}", squares.sqrt());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn penalties_are_their_reference(count in 0_usize..60, seed in 0_u64..1000, l1 in 0.0..2.0, l2 in 0.0..2.0) {
        check_penalty::<f32>(count, seed, l1, l2);
        check_penalty::<f64>(count, seed, l1, l2);
    }

    #[test]
    fn rows_are_their_reference(rows in 0_usize..7, row in 1_usize..40, seed in 0_u64..1000, bound in 0.1..8.0) {
        check_rows::<f32>(rows, row, seed, bound);
        check_rows::<f64>(rows, row, seed, bound);
    }
}

#[test]
fn the_sign_of_zero_is_zero_and_nan_stays() {
    let mut gradient = [0.0; 5];
    add_penalty(&mut gradient, &[0.0, -0.0, 2.0, -2.0, f64::NAN], 0.5, 0.0);
    assert_eq!(gradient[..4], [0.0, 0.0, 0.5, -0.5]);
    assert!(gradient[4].is_nan());
}

/// A million `f32` add up to what they are.
#[test]
fn sums_of_many() {
    let [absolute, squares] = magnitudes(&vec![-0.1_f32; 3 << 20]);
    let (tenth, count) = (f64::from(0.1_f32), f64::from(3 << 20));
    assert!((absolute / (tenth * count) - 1.0).abs() < 1e-10, "{absolute}");
    assert!((squares / (tenth * tenth * count) - 1.0).abs() < 1e-10, "{squares}");
}

/// Rows whose squares overflow come back all the same; what is not finite is left to be found.
#[test]
fn rows_of_extreme_numbers() {
    let mut row = [3e200_f64, -4e200];
    clamp_rows(&mut row, 2, 10.0);
    assert!((row[0] / 6.0 - 1.0).abs() < 1e-12 && (row[1] / -8.0 - 1.0).abs() < 1e-12, "{row:?}");
    let mut rows = [f64::INFINITY, 1.0, f64::NAN, 1.0, 0.0, 0.0];
    clamp_rows(&mut rows, 2, 1e-3);
    assert!(rows[0] == f64::INFINITY && rows[1] == 1.0 && rows[2].is_nan() && rows[3] == 1.0);
    assert_eq!(rows[4..], [0.0, 0.0]);
}

#[test]
fn options_are_checked() {
    for lambda in [-1e-9, f64::NAN, f64::INFINITY] {
        assert!(matches!(Penalty::l1(lambda), Err(Error::Option { option: "lambda of L1", .. })));
        assert!(matches!(Penalty::l2(lambda), Err(Error::Option { option: "lambda of L2", .. })));
        assert!(Penalty::elastic_net(0.0, lambda).is_err() && Penalty::elastic_net(lambda, 0.0).is_err());
        assert!(Penalty::max_norm(lambda).is_err());
    }
    assert!(Penalty::l1(0.0).is_ok() && Penalty::l2(0.0).is_ok());
    let error = Penalty::max_norm(0.0).expect_err("no room for a weight").to_string();
    assert_eq!(error, "the bound of a max norm is 0: a finite number above 0");
    let error = Penalty::NONE.also_on(Role::Mean).expect_err("state").to_string();
    assert!(error.starts_with("a penalty cannot act on a mean"), "{error}");
}

#[test]
fn the_last_penalty_of_a_layer_counts() {
    let l2 = |lambda| Penalty::l2(lambda).expect("a lambda");
    let regularization = Regularization::new(l2(1.0)).layer("fc1", l2(2.0)).layer("fc1", Penalty::NONE);
    assert_eq!(regularization.of_layer("fc1"), &Penalty::NONE);
    assert_eq!(regularization.of_layer("fc2"), &l2(1.0));
    assert_eq!(Regularization::from(l2(1.0)).layer("fc1", Penalty::NONE), regularization);
}
