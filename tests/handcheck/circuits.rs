//! The circuits of the notes' chapter on backpropagation, their gates being our layers: a sum is FC with weights of 1, a
//! product FC whose weight is the other factor, a maximum POOL.

use convnet::network;
use serde_json::{Value, json};

use crate::run::{Passed, pass};

network! {
    /// `w x`, by both.
    struct Product { INPUT[1x1x1] -> FC1 nobias }
    /// `w_1 x_1 + w_2 x_2`.
    struct Sum { INPUT[1x1x2] -> FC1 nobias }
    struct SumTimes { INPUT[1x1x2] -> FC1 nobias -> FC1 nobias }
    struct Maximum { INPUT[2x1x1] -> POOL2x1 }
    struct Sigmoid { INPUT[1x1x1] -> SIGMOID }
    struct Neuron { INPUT[1x1x2] -> FC1 -> SIGMOID }
}

pub(crate) fn circuit_xyz() -> Value {
    let (x, y, z) = (-2.0, 5.0, -4.0);
    let found = pass::<SumTimes<f64>>(&[1.0, 1.0, z], &[x, y], &[1.0]);
    json!([found.output[0], [found.by_input[0], found.by_input[1], found.by_parameters[2]]])
}

pub(crate) fn mul() -> Value {
    let found = pass::<Product<f64>>(&[-3.0], &[4.0], &[1.0]);
    json!([found.output[0], [found.by_input[0], found.by_parameters[0]]])
}

pub(crate) fn sigmoid_neuron() -> Value {
    let (w, x) = ([2.0, -3.0, -3.0], [-1.0, -2.0]);
    let dot = pass::<Sum<f64>>(&w[..2], &x, &[1.0]).output[0] + w[2];
    let found = pass::<Neuron<f64>>(&w, &x, &[1.0]);
    // The bias is added to the dot product.
    json!([dot, found.output[0], found.by_parameters[2], found.by_input, found.by_parameters])
}

fn sigmoid(x: f64, upstream: f64) -> (f64, f64) {
    let Passed { output, by_input, .. } = pass::<Sigmoid<f64>>(&[], &[x], &[upstream]);
    (output[0], by_input[0])
}

/// `(x + sig(y))/(sig(x) + (x + y)^2)`, in the notes' stages; we have no layer that divides.
pub(crate) fn staged() -> Value {
    let (x, y) = (3.0, -4.0);
    let (sig_y, sig_x) = (sigmoid(y, 1.0).0, sigmoid(x, 1.0).0);
    let sum = |a, b, upstream| pass::<Sum<f64>>(&[1.0, 1.0], &[a, b], &[upstream]);
    let (num, xpy) = (sum(x, sig_y, 1.0).output[0], sum(x, y, 1.0).output[0]);
    // A square is a product with itself.
    let den = sum(sig_x, pass::<Product<f64>>(&[xpy], &[xpy], &[1.0]).output[0], 1.0).output[0];
    let (dnum, dden) = (1.0 / den, -num / (den * den));
    let of_numerator = sum(x, sig_y, dnum).by_input;
    let of_denominator = sum(sig_x, xpy * xpy, dden).by_input;
    let square = pass::<Product<f64>>(&[xpy], &[xpy], &[of_denominator[1]]);
    let of_sum = sum(x, y, square.by_input[0] + square.by_parameters[0]).by_input;
    let dx = of_numerator[0] + of_sum[0] + sigmoid(x, of_denominator[0]).1;
    let dy = of_sum[1] + sigmoid(y, of_numerator[1]).1;
    json!([num / den, dx, dy])
}

/// `2 (x y + max(z, w))`.
pub(crate) fn patterns() -> Value {
    let (x, y, z, w) = (3.0, -4.0, 2.0, -1.0);
    let product = pass::<Product<f64>>(&[y], &[x], &[1.0]).output[0];
    let maximum = pass::<Maximum<f64>>(&[], &[z, w], &[1.0]).output[0];
    let doubled = pass::<Sum<f64>>(&[2.0, 2.0], &[product, maximum], &[1.0]);
    let [into_product, into_maximum] = doubled.by_input[..] else { panic!("two inputs") };
    let product = pass::<Product<f64>>(&[y], &[x], &[into_product]);
    let maximum = pass::<Maximum<f64>>(&[], &[z, w], &[into_maximum]);
    let [dz, dw] = maximum.by_input[..] else { panic!("two inputs") };
    json!([doubled.output[0], [product.by_input[0], product.by_parameters[0], dz, dw]])
}
