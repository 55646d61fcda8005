//! Networks for inference alone: folded, fully convolutional, averaged over many passes.

mod folding;
mod fully_connected;
mod fully_convolutional;
mod stochastic;

use convnet::workspace::InferenceWorkspace;
use convnet::{Initialization, Network, Scalar, Unobserved};
use ndarray::{Array4, ArrayView4};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

/// A network all of whose numbers are random, biases, scales and running statistics too.
fn network<N: Network>(seed: u64) -> N {
    let mut network = N::new(seed, &Initialization::default()).expect("a network");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for tensor in network.parameters().tensors().to_vec() {
        if !tensor.to_string().ends_with("weights") {
            let numbers = &mut network.parameters_mut().as_mut_slice()[tensor.range()];
            numbers.fill_with(|| N::Scalar::from_f64(random.random_range(0.3..1.5)));
        }
    }
    // Means, and variances, which are positive.
    let state = network.state_mut().as_mut_slice();
    state.fill_with(|| N::Scalar::from_f64(random.random_range(0.2..2.0)));
    network
}

fn images<T: Scalar>((images, width, height, depth): (usize, usize, usize, usize), seed: u64) -> Array4<T> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let number = || T::from_f64(random.random_range(-1.0..1.0));
    Array4::from_shape_simple_fn((images, height, width, depth), number)
}

fn images_of<N: Network>(count: usize) -> Array4<N::Scalar> {
    let input = N::ARCHITECTURE.input();
    images((count, input.width, input.height, input.depth), 5)
}

fn scores<N: Network>(network: &N, images: ArrayView4<'_, N::Scalar>) -> Array4<N::Scalar> {
    let mut workspace = InferenceWorkspace::of(network, images.dim().0).expect("a workspace");
    network.infer(images, &mut workspace, &mut Unobserved).expect("scores").to_owned()
}

/// The largest difference, relative to the largest number.
fn difference<T: Scalar>(a: ArrayView4<'_, T>, b: ArrayView4<'_, T>) -> f64 {
    assert_eq!(a.dim(), b.dim());
    let largest = a.iter().fold(1e-2_f64, |largest, x| largest.max(x.as_f64().abs()));
    let differences = a.iter().zip(b).map(|(a, b)| (a.as_f64() - b.as_f64()).abs());
    let difference = differences.fold(0.0_f64, |worst, difference| {
        assert!(difference.is_finite());
        worst.max(difference)
    });
    difference / largest
}
