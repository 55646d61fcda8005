//! The course's own checks of its assignments, to all decimals that it prints.

use convnet::losses::Softmax;
use convnet::{Network, network};

use crate::case::{Case, Precision};
use crate::compare::algorithms;
use crate::run::{Setup, Sum, cast, infer, train};

pub(crate) const NAMES: &[&str] = &[
    "a1_2019_toy_net",
    "a1_affine_forward",
    "a1_relu_forward",
    "a1_two_layer_net",
    "a2_conv_forward",
    "a2_max_pool_forward",
];

/// Compares numbers with others that are printed with so many decimals.
fn assert_printed(case: &Case, name: &str, found: &[f64], decimals: i32, precision: Precision) {
    let expected = case.volume(name);
    assert_eq!(found.len(), expected.len(), "{}: {name}", case.name());
    let largest = expected.iter().fold(1e-2_f64, |largest, x| largest.max(x.abs()));
    let limit = match precision {
        Precision::Double => 0.51 * 10_f64.powi(-decimals),
        Precision::Single => 1e-5 * largest,
    };
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() <= limit, "{}: {name}: {found} for {expected}", case.name());
    }
}

/// A forward pass alone.
fn check_forward<N: Network>(case: &Case, parameters: &[f64], images: &[f64]) {
    let (parameters, images) = (parameters.to_vec(), images.to_vec());
    let setup = Setup { parameters, images, state: Vec::new(), seed: 0 };
    let nothing = cast::<N::Scalar>(&vec![0.0; case.numbers("out").len()]);
    for algorithms in algorithms(N::ARCHITECTURE) {
        let found = infer::<N, Sum>(&setup, &nothing, &Sum, algorithms);
        let precision = Precision::of::<N::Scalar>();
        assert_printed(case, "out", &found.scores, 8, precision);
        assert_printed(case, "out", &found.alone, 8, precision);
    }
}

#[test]
fn a1_affine_forward() {
    // The course flattens `[4, 5, 6]` in the order in which our 4x5x6 lies: height, width, depth.
    network! { INPUT[5x4x6] -> FC3 }
    let case = Case::open("a1_affine_forward");
    let (parameters, x) = ([case.transposed("w"), case.numbers("b")].concat(), case.numbers("x"));
    check_forward::<Net<f64>>(&case, &parameters, &x);
    check_forward::<Net<f32>>(&case, &parameters, &x);
}

#[test]
fn a1_relu_forward() {
    network! { INPUT[1x1x4] -> RELU }
    let case = Case::open("a1_relu_forward");
    check_forward::<Net<f64>>(&case, &[], &case.numbers("x"));
    check_forward::<Net<f32>>(&case, &[], &case.numbers("x"));
}

#[test]
fn a2_conv_forward() {
    network! { INPUT[4x4x3] -> CONV4-3 s2 p1 }
    let case = Case::open("a2_conv_forward");
    let parameters = [case.volume("w"), case.numbers("b")].concat();
    check_forward::<Net<f64>>(&case, &parameters, &case.volume("x"));
    check_forward::<Net<f32>>(&case, &parameters, &case.volume("x"));
}

#[test]
fn a2_max_pool_forward() {
    network! { INPUT[4x4x3] -> POOL2 }
    let case = Case::open("a2_max_pool_forward");
    check_forward::<Net<f64>>(&case, &[], &case.volume("x"));
    check_forward::<Net<f32>>(&case, &[], &case.volume("x"));
}

/// A loss of a two-layer network: its name, how many decimals it has, and what it adds to the data loss for each square of
/// a weight.
struct Printed(&'static str, i32, f64);

/// Two fully connected layers: their scores, and losses with and without regularisation.
fn check_two_layers<N: Network>(case: &Case, biases: [Vec<f64>; 2], losses: &[Printed]) {
    let [b1, b2] = biases;
    let (w1, w2) = (case.transposed("W1"), case.transposed("W2"));
    let squares: f64 = w1.iter().chain(&w2).map(|weight| weight * weight).sum();
    let parameters = [w1, b1, w2, b2].concat();
    let setup = Setup { parameters, state: Vec::new(), images: case.numbers("X"), seed: 0 };
    let (labels, precision) = (case.labels("y"), Precision::of::<N::Scalar>());
    for algorithms in algorithms(N::ARCHITECTURE) {
        let found = train::<N, Softmax>(&setup, &labels, &Softmax::default(), algorithms);
        assert_printed(case, "scores", &found.scores, 8, precision);
        for &Printed(name, decimals, l2) in losses {
            assert_printed(case, name, &[found.loss + l2 * squares], decimals, precision);
        }
    }
}

#[test]
fn a1_two_layer_net() {
    network! { INPUT[1x1x5] -> FC50 -> RELU -> FC7 }
    let case = Case::open("a1_two_layer_net");
    let biases = || [case.numbers("b1"), case.numbers("b2")];
    let losses = [Printed("loss_noreg", 10, 0.0), Printed("loss_reg1", 10, 0.5)];
    check_two_layers::<Net<f64>>(&case, biases(), &losses);
    check_two_layers::<Net<f32>>(&case, biases(), &losses);
}

#[test]
fn a1_2019_toy_net() {
    network! { INPUT[1x1x4] -> FC10 -> RELU -> FC3 }
    let case = Case::open("a1_2019_toy_net");
    let biases = || [vec![0.0; 10], vec![0.0; 3]];
    // Of that year: without the factor of 1/2.
    let losses = [Printed("loss", 11, 0.05)];
    check_two_layers::<Net<f64>>(&case, biases(), &losses);
    check_two_layers::<Net<f32>>(&case, biases(), &losses);
}
