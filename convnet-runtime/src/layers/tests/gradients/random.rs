//! Layers on random geometries.

use convnet_geometry::{
    Activation, Average, Convolution, Dropout, Function, Join, Joint, Pool, Pooling, Real, Volume,
};
use ndarray::Array4;
use proptest::prelude::*;

use super::super::strategies::{
    batch_norms, branches, convolutions, dense, depthwise, dropped, fractional_poolings, global_averages,
    locals, maxouts, pointwise, poolings, prelus, response_norms, small_squares, small_volumes,
};
use super::super::{Kind, Numbers, batch, slice};
use super::{Comparison, KINKED, Loss, SMOOTH, Tally, away_from_zero, on_random};
use crate::kinks::Kinks;
use crate::layers::{Algorithms, Branch, ConvolutionAlgorithm, InPlace, Layer};
use crate::network::Gradients;

/// One to three images, two for what is normalized over them.
fn images(seed: u64, least: usize) -> usize {
    least + usize::from(seed.is_multiple_of(3)) + usize::from(seed.is_multiple_of(5))
}

fn layer(layer: &(impl Layer<f64> + Kind), tolerance: f64, seed: u64) -> Tally {
    let numbers = Numbers::drawn(layer, images(seed, 1), seed);
    Comparison::drawn(tolerance, seed).layer(layer, &numbers)
}

fn normalization(layer: &(impl Layer<f64> + Kind), tolerance: f64, seed: u64) -> Tally {
    let numbers = Numbers::drawn(layer, images(seed, 2), seed);
    Comparison::drawn(tolerance, seed).layer(layer, &numbers)
}

/// A convolution by Winograd's algorithm, which would not be chosen for so few channels.
fn winograd(layer: &Convolution, tolerance: f64, seed: u64) -> Tally {
    let numbers = Numbers::drawn(layer, images(seed, 1), seed);
    let algorithms = Algorithms::CHOSEN.convolution(ConvolutionAlgorithm::Winograd);
    Comparison { algorithms, ..Comparison::drawn(tolerance, seed) }.layer(layer, &numbers)
}

/// A norm is smooth away from 0.
fn norm(layer: &Pooling, tolerance: f64, seed: u64) -> Tally {
    let numbers = Numbers::drawn(layer, images(seed, 1), seed);
    let numbers = Numbers { input: away_from_zero(&numbers.input), ..numbers };
    Comparison::drawn(tolerance, seed).layer(layer, &numbers)
}

/// A layer that works in place on a volume.
fn in_place<L: InPlace<f64> + std::fmt::Debug>(
    (volume, layer): &(Volume, L),
    tolerance: f64,
    seed: u64,
) -> Tally {
    let images = images(seed, 1);
    let (input, gradient) =
        (away_from_zero(&batch(images, *volume, 2 * seed)), batch(images, *volume, 2 * seed + 1));
    Comparison::drawn(tolerance, seed).in_place(&format!("{layer:?}"), layer, &input, &gradient)
}

/// Every branch of a joint.
fn join((join, output, depths): &(Join, Volume, Vec<usize>), tolerance: f64, seed: u64) -> Tally {
    let (joint, comparison) = (Joint { join: *join, output: *output }, Comparison::drawn(tolerance, seed));
    let (images, mut first) = (images(seed, 1), 0);
    let gradient: Array4<f64> = batch(images, *output, seed);
    let branch = depths.iter().enumerate().map(|(i, &depth)| {
        let volume = Volume { depth, ..*output };
        first += depth;
        (Branch::new(joint, volume, first - depth, i == 0), batch(images, volume, seed + 1 + i as u64))
    });
    let branches: Vec<(Branch, Array4<f64>)> = branch.collect();
    let forward = |moved: usize, i: usize, h: f64| {
        let mut joined = vec![f64::NAN; gradient.len()];
        for (b, (branch, input)) in branches.iter().enumerate() {
            let mut input = slice(input).to_vec();
            if b == moved {
                input[i] += h;
            }
            branch.forward(&input, &mut joined);
        }
        Loss::inner(&joined, slice(&gradient), Kinks::NONE)
    };
    let tallies = branches.iter().enumerate().map(|(b, (branch, input))| {
        let mut by_branch = vec![f64::NAN; input.len()];
        branch.backward(slice(&gradient), &mut by_branch, Gradients::Overwrite);
        comparison.compare(&format!("branch {b} of {joint:?}"), &by_branch, |i, h| forward(b, i, h))
    });
    tallies.fold(Tally::default(), Tally::and)
}

fn activations(function: impl Strategy<Value = Function>) -> impl Strategy<Value = (Volume, Activation)> {
    (small_volumes(), function).prop_map(|(volume, function)| (volume, Activation::new(volume, function)))
}

fn dropouts() -> impl Strategy<Value = (Volume, Dropout)> {
    (small_volumes(), 0.05..=1.0).prop_map(|(volume, keep)| (volume, Dropout::new(volume, keep)))
}

fn joints(join: Join) -> impl Strategy<Value = (Join, Volume, Vec<usize>)> {
    branches(small_volumes(), join).prop_map(move |(volume, depths)| (join, volume, depths))
}

/// A test of each operation: its geometries, how they are checked, and the error that is allowed.
macro_rules! gradients {
    ($($name:ident: $operations:expr, $check:ident, $tolerance:ident;)*) => {
        $(
            #[test]
            fn $name() {
                on_random($operations, |operation, seed| $check(&operation, $tolerance, seed));
            }
        )*
    };
}

gradients! {
    of_convolutions: convolutions(small_volumes()), layer, SMOOTH;
    of_pointwise_convolutions: pointwise(small_volumes()), layer, SMOOTH;
    of_convolutions_by_winograds_algorithm: small_squares(small_volumes()), winograd, SMOOTH;
    of_depthwise_convolutions: depthwise(small_volumes()), layer, SMOOTH;
    of_locally_connected_layers: locals(small_volumes()), layer, SMOOTH;
    of_fully_connected_layers: dense(small_volumes(), 1..12), layer, SMOOTH;
    of_dropped_connections: dropped(small_volumes()), layer, SMOOTH;
    of_maximum_pooling: poolings(small_volumes(), Pool::Max), layer, KINKED;
    of_average_pooling: poolings(small_volumes(), Pool::Average(Average::Counted)), layer, SMOOTH;
    of_uncounted_average_pooling: poolings(small_volumes(), Pool::Average(Average::Uncounted)), layer, SMOOTH;
    of_l2_pooling: poolings(small_volumes(), Pool::L2), norm, SMOOTH;
    of_stochastic_pooling: poolings(small_volumes(), Pool::Stochastic), layer, KINKED;
    of_fractional_pooling: fractional_poolings(small_volumes()), layer, KINKED;
    of_global_average_pooling: global_averages(small_volumes()), layer, SMOOTH;
    of_batch_normalization: batch_norms(), normalization, SMOOTH;
    of_response_normalization: response_norms(small_volumes(), false), layer, KINKED;
    of_response_normalization_over_n: response_norms(small_volumes(), true), layer, KINKED;
    of_relu: activations(Just(Function::Relu)), in_place, KINKED;
    of_leaky_relu: activations((0.0..1.0).prop_map(|slope| Function::LeakyRelu(Real::new(slope)))), in_place, KINKED;
    of_elu: activations(Just(Function::Elu(Real::new(1.0)))), in_place, SMOOTH;
    of_elus_with_a_kink: activations((0.1..3.0).prop_map(|alpha| Function::Elu(Real::new(alpha)))), in_place, KINKED;
    of_sigmoid: activations(Just(Function::Sigmoid)), in_place, SMOOTH;
    of_tanh: activations(Just(Function::Tanh)), in_place, SMOOTH;
    of_prelu: prelus(small_volumes(), false), layer, KINKED;
    of_prelu_that_shares_its_slope: prelus(small_volumes(), true), layer, KINKED;
    of_maxout: maxouts(small_volumes()), layer, KINKED;
    of_dropout: dropouts(), in_place, SMOOTH;
    of_stacked_branches: joints(Join::Stack), join, SMOOTH;
    of_summed_branches: joints(Join::Sum), join, SMOOTH;
}
