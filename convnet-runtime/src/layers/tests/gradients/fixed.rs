//! One geometry of each layer, whose every number is moved.

use convnet_geometry::{
    Activation, Average, BatchNorm, ConvolutionSpec, DenseSpec, Dropout, FractionalPooling, Function, Local,
    Maxout, PRelu, Pool, PoolingSpec, Real, ResponseNorm, Volume, Window,
};

use super::super::{Kind, Numbers, batch};
use super::{Comparison, SMOOTH};
use crate::layers::{Algorithms, InPlace, Layer};

const VOLUME: Volume = Volume::new(6, 5, 4);
const IMAGES: usize = 3;
const ALL: Comparison = Comparison { tolerance: SMOOTH, seed: None, algorithms: Algorithms::CHOSEN };

fn check(layer: &(impl Layer<f64> + Kind)) {
    ALL.layer(layer, &Numbers::new(layer, IMAGES)).check();
}

fn check_in_place(what: &str, layer: &impl InPlace<f64>) {
    ALL.in_place(what, layer, &batch(IMAGES, VOLUME, 1), &batch(IMAGES, VOLUME, 2)).check();
}

#[test]
fn of_weights() {
    let spec = ConvolutionSpec::new(VOLUME, Window::new(3, 2).padding(1), 6).groups(2);
    check(&spec.geometry());
    // Enough channels for Winograd's algorithm.
    check(&ConvolutionSpec::new(Volume { depth: 9, ..VOLUME }, Window::square(3).padding(1), 8).geometry());
    check(&Local::new(spec));
    check(&DenseSpec::new(VOLUME, 7).geometry());
    check(&DenseSpec::new(VOLUME, 7).drop_connect(0.6).geometry());
}

#[test]
fn of_pooling() {
    for pool in [Pool::Max, Pool::Average(Average::Uncounted), Pool::L2, Pool::Stochastic] {
        let window = Window::new(3, 2).padding(1);
        check(&PoolingSpec::new(VOLUME, window, pool).geometry());
    }
    check(&FractionalPooling::new(VOLUME, 1.4));
    check(&Maxout::new(VOLUME, 2));
}

#[test]
fn of_normalization() {
    check(&BatchNorm::new(VOLUME, 0.9, 1e-5));
    let real = Real::new;
    let layer = ResponseNorm::new(VOLUME);
    check(&layer);
    let strong = ResponseNorm { n: 3, k: real(1.0), alpha: real(0.5), ..layer };
    check(&strong);
    check(&ResponseNorm { beta: real(1.5), over_n: true, ..strong });
}

#[test]
fn of_activations() {
    let real = Real::new;
    let leaky = [Function::LeakyRelu(real(0.1)), Function::Elu(real(1.0)), Function::Elu(real(0.5))];
    for function in leaky.into_iter().chain([Function::Relu, Function::Sigmoid, Function::Tanh]) {
        check_in_place(&format!("{function}"), &Activation::new(VOLUME, function));
    }
    check_in_place("DROPOUT", &Dropout::new(VOLUME, 0.6));
    check(&PRelu::new(VOLUME, false));
    check(&PRelu::new(VOLUME, true));
}
