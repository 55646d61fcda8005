//! The number of threads changes no bit.

use convnet_geometry::{
    Activation, BatchNorm, ConvolutionSpec, DenseSpec, Dropout, FractionalPooling, Function, Local, Maxout,
    PRelu, Pool, PoolingSpec, ResponseNorm, Volume, Window,
};

use super::{Kind, Numbers, batch, bits, run_in_place, run_modes};
use crate::layers::{InPlace, Layer};
use crate::simd::Tier;

/// Large enough that all work is worth sharing.
const VOLUME: Volume = Volume::new(20, 18, 36);
const IMAGES: usize = 22;

fn in_pool<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(f)
}

fn check(layer: &(impl Layer<f32> + Kind)) {
    let numbers = Numbers::new(layer, IMAGES);
    let outcome = |threads| {
        let found = in_pool(threads, || run_modes(layer, &numbers, Tier::PORTABLE));
        [found.output, found.inferred, found.state, found.by_parameters, found.by_input].map(|x| bits(&x))
    };
    assert!(outcome(1) == outcome(3), "{:?}", layer.kind());
}

fn check_in_place(layer: &impl InPlace<f32>) {
    let (input, gradient) = (batch(IMAGES, VOLUME, 1), batch(IMAGES, VOLUME, 2));
    let outcome = |threads| {
        let (output, by_input) = in_pool(threads, || run_in_place(layer, &input, &gradient));
        [bits(&output), bits(&by_input)]
    };
    assert!(outcome(1) == outcome(3));
}

#[test]
fn change_no_bit() {
    let spec = ConvolutionSpec::new(
        VOLUME,
        Window::square(3).stride(2).padding(1).rounding(convnet_geometry::Rounding::Floor),
        8,
    );
    check(&spec.geometry());
    check(&Local::new(spec));
    check(&DenseSpec::new(VOLUME, 10).drop_connect(0.5).geometry());
    for pool in [Pool::Max, Pool::L2, Pool::Stochastic] {
        check(&PoolingSpec::new(VOLUME, Window::square(2).stride(2), pool).geometry());
    }
    check(&FractionalPooling::new(VOLUME, 1.5));
    check(&Maxout::new(VOLUME, 3));
    check(&BatchNorm::new(VOLUME, 0.9, 1e-5));
    check(&ResponseNorm::new(VOLUME));
    check(&PRelu::new(VOLUME, false));
    check(&PRelu::new(VOLUME, true));
    check_in_place(&Activation::new(VOLUME, Function::Tanh));
    check_in_place(&Dropout::new(VOLUME, 0.5));
}
