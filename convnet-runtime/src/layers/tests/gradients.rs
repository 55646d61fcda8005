//! Every gradient against centred differences, in f64, by the kernels themselves.

use convnet_geometry::{
    Activation, Average, BatchNorm, ConvolutionSpec, DenseSpec, Dropout, FractionalPooling, Function, Local,
    Maxout, PRelu, Pool, PoolingSpec, Real, ResponseNorm, Volume, Window,
};
use ndarray::Array4;

use super::{Bench, DRAW, Kind, Numbers, batch, run_in_place, run_modes, slice};
use crate::kinks::Kinks;
use crate::layers::{InPlace, Layer};
use crate::network::Statistics;
use crate::simd::Tier;

const VOLUME: Volume = Volume::new(6, 5, 4);
const IMAGES: usize = 3;

/// How far numbers are moved; the differences of h and 2h are extrapolated.
const STEP: f64 = 1e-4;
const TOLERANCE: f64 = 1e-7;

/// Compares gradients with differences of `loss`, which moves number `i` by that much, where no kink lies between; at
/// least half of all numbers must be away from one.
fn compare(what: &str, gradients: &[f64], mut loss: impl FnMut(usize, f64) -> (f64, Kinks)) {
    let largest = gradients.iter().fold(0.0_f64, |largest, gradient| largest.max(gradient.abs()));
    let mut compared = 0;
    for (i, &analytic) in gradients.iter().enumerate() {
        let mut centred = |h| {
            let ((above, kinks_above), (below, kinks_below)) = (loss(i, h), loss(i, -h));
            (kinks_above == kinks_below).then_some((above - below) / (2.0 * h))
        };
        let Some((near, far)) = centred(STEP).zip(centred(2.0 * STEP)) else { continue };
        let numeric = (4.0 * near - far) / 3.0;
        let scale = analytic.abs().max(numeric.abs()).max(1e-2 * largest).max(1e-3);
        let error = (analytic - numeric).abs() / scale;
        assert!(error <= TOLERANCE, "{what}[{i}]: {analytic} for {numeric}, {error:.1e}");
        compared += 1;
    }
    assert!(2 * compared >= gradients.len(), "{what}: only {compared} of {} compared", gradients.len());
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `sum of output * output_gradient` in training, and the kinks on the way.
fn loss(layer: &(impl Layer<f64> + Kind), numbers: &Numbers<f64>) -> (f64, Kinks) {
    let mut bench = Bench::new(layer, numbers, Tier::PORTABLE);
    let output = bench.train(Statistics::Frozen);
    (inner(&output, slice(&numbers.output_gradient)), bench.kinks())
}

fn check(what: &str, layer: &(impl Layer<f64> + Kind)) {
    let numbers = Numbers::new(layer, IMAGES);
    let found = run_modes(layer, &numbers, Tier::PORTABLE);
    compare(&format!("{what} by its input"), &found.by_input, |i, h| {
        let mut numbers = numbers.clone();
        numbers.input.as_slice_mut().expect("standard layout")[i] += h;
        loss(layer, &numbers)
    });
    compare(&format!("{what} by its parameters"), &found.by_parameters, |i, h| {
        let mut numbers = numbers.clone();
        numbers.parameters[i] += h;
        loss(layer, &numbers)
    });
}

fn check_in_place(what: &str, layer: &impl InPlace<f64>) {
    let (input, gradient): (Array4<f64>, _) = (batch(IMAGES, VOLUME, 1), batch(IMAGES, VOLUME, 2));
    let (_, by_input) = run_in_place(layer, &input, &gradient);
    compare(what, &by_input, |i, h| {
        let (mut volume, mut kinks) = (slice(&input).to_vec(), Kinks::NONE);
        volume[i] += h;
        layer.forward(&mut volume, Some(DRAW));
        layer.kinks(&volume, &mut kinks);
        (inner(&volume, slice(&gradient)), kinks)
    });
}

#[test]
fn of_weights() {
    let spec = ConvolutionSpec::new(VOLUME, Window::new(3, 2).padding(1), 6).groups(2);
    check("CONV", &spec.geometry());
    check("LOCAL", &Local::new(spec));
    check("FC", &DenseSpec::new(VOLUME, 7).geometry());
    check("FC that drops weights", &DenseSpec::new(VOLUME, 7).drop_connect(0.6).geometry());
}

#[test]
fn of_pooling() {
    for pool in [Pool::Max, Pool::Average(Average::Uncounted), Pool::L2, Pool::Stochastic] {
        let window = Window::new(3, 2).padding(1);
        check(&format!("{pool:?}"), &PoolingSpec::new(VOLUME, window, pool).geometry());
    }
    check("FRACPOOL", &FractionalPooling::new(VOLUME, 1.4));
    check("MAXOUT", &Maxout::new(VOLUME, 2));
}

#[test]
fn of_normalization() {
    check("BN", &BatchNorm::new(VOLUME, 0.9, 1e-5));
    let real = Real::new;
    let layer = ResponseNorm::new(VOLUME);
    check("LRN", &layer);
    let strong = ResponseNorm { n: 3, k: real(1.0), alpha: real(0.5), ..layer };
    check("a strong LRN", &strong);
    check("an LRN with another exponent", &ResponseNorm { beta: real(1.5), over_n: true, ..strong });
}

#[test]
fn of_activations() {
    let real = Real::new;
    let leaky = [Function::LeakyRelu(real(0.1)), Function::Elu(real(1.0)), Function::Elu(real(0.5))];
    for function in leaky.into_iter().chain([Function::Relu, Function::Sigmoid, Function::Tanh]) {
        check_in_place(&format!("{function}"), &Activation::new(VOLUME, function));
    }
    check_in_place("DROPOUT", &Dropout::new(VOLUME, 0.6));
    check("PRELU", &PRelu::new(VOLUME, false));
    check("PRELU that shares its slope", &PRelu::new(VOLUME, true));
}
