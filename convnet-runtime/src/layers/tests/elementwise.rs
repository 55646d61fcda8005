//! RELU, LRELU, ELU, SIGMOID, TANH, PRELU, DROPOUT, CAT and ADD.

use convnet_geometry::{Activation, Dropout, Function, Join, Joint, PRelu, Real, Volume};
use ndarray::{Array4, ArrayView4};
use proptest::prelude::*;

use super::strategies::{branches, config, prelus, volumes};
use super::{DRAW, IMAGES, Numbers, assert_close, assert_close_to, batch, bits, run, run_in_place, slice};
use crate::layers::{Branch, InPlace};
use crate::network::Gradients;
use crate::random::Draw;
use crate::reference;
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Slopes and alphas other than 1 and 0 among them.
fn functions() -> [Function; 7] {
    [
        Function::Relu,
        Function::LeakyRelu(Real::new(0.01)),
        Function::LeakyRelu(Real::new(0.0)),
        Function::Elu(Real::new(1.0)),
        Function::Elu(Real::new(0.3)),
        Function::Sigmoid,
        Function::Tanh,
    ]
}

fn check_activation<T: Scalar>(volume: Volume, function: Function) {
    let layer = Activation::new(volume, function);
    let (input, gradient) = (batch::<T>(IMAGES, volume, 1), batch::<T>(IMAGES, volume, 2));
    let (output, by_input) = run_in_place(&layer, &input, &gradient);
    let expected = input.mapv(|x| reference::activation(function, x));
    assert_close(&format!("{function}"), &output, slice(&expected));
    let derivative = input.mapv(|x| reference::activation_gradient(function, x));
    assert_close(&format!("the gradient of {function}"), &by_input, slice(&(derivative * gradient)));
    let mut inferred = slice(&input).to_vec();
    layer.forward(&mut inferred, None);
    assert_eq!(bits(&inferred), bits(&output), "inference computes what training does");
}

fn check_prelu<T: Scalar>(layer: &PRelu) {
    // Slopes of both signs.
    let numbers = Numbers::<T>::new(layer, IMAGES);
    let (input, gradient) = (numbers.input.view(), numbers.output_gradient.view());
    let found = run(layer, &numbers, Tier::PORTABLE);
    assert_close("the output", &found.output, slice(&reference::prelu(layer, input, numbers.parameters())));
    let (by_input, by_slopes) = reference::prelu_gradients(layer, input, numbers.parameters(), gradient);
    assert_close("the gradient by the input", &found.by_input, slice(&by_input));
    let scale = (input.len() as f64).sqrt();
    assert_close_to("the gradient by the slopes", &found.by_parameters, slice(&by_slopes), scale);
}

fn check_dropout<T: Scalar>(layer: &Dropout) {
    let (input, gradient) = (batch::<T>(IMAGES, layer.volume, 1), batch::<T>(IMAGES, layer.volume, 2));
    let (output, by_input) = run_in_place(layer, &input, &gradient);
    assert_eq!(bits(&output), bits(slice(&reference::dropout(layer, input.view(), DRAW))));
    assert_eq!(bits(&by_input), bits(slice(&reference::dropout(layer, gradient.view(), DRAW))));
    let mut inferred = slice(&input).to_vec();
    InPlace::<T>::forward(layer, &mut inferred, None);
    assert_eq!(bits(&inferred), bits(slice(&input)), "inference changes nothing");
}

fn check_join<T: Scalar>(joint: &Joint, depths: &[usize]) {
    let volume = |depth| Volume { depth, ..joint.output };
    let inputs: Vec<Array4<T>> = (0..).zip(depths).map(|(i, &d)| batch(IMAGES, volume(d), i)).collect();
    let views: Vec<ArrayView4<'_, T>> = inputs.iter().map(|input| input.view()).collect();
    let gradient = batch::<T>(IMAGES, joint.output, 9);
    let by_branches = reference::join_gradients(joint, &views, gradient.view());
    let mut output = vec![T::nan(); gradient.len()];
    let mut first = 0;
    for (i, (input, expected)) in inputs.iter().zip(&by_branches).enumerate() {
        let branch = Branch::new(*joint, volume(depths[i]), first, i == 0);
        first += depths[i];
        branch.forward(slice(input), &mut output);
        let mut by_branch = vec![T::nan(); input.len()];
        branch.backward(slice(&gradient), &mut by_branch, Gradients::Overwrite);
        assert_eq!(bits(&by_branch), bits(slice(expected)), "the gradient of a branch");
        branch.backward(slice(&gradient), &mut by_branch, Gradients::Accumulate);
        assert_eq!(bits(&by_branch), bits(slice(&(expected + expected))), "added to itself");
    }
    assert_close("the output", &output, slice(&reference::join(joint, &views)));
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn activations_are_their_references(volume in volumes()) {
        for function in functions() {
            check_activation::<f32>(volume, function);
            check_activation::<f64>(volume, function);
        }
    }

    #[test]
    fn prelu_is_its_reference(
        layer in prop_oneof![prelus(volumes(), false), prelus(volumes(), true)], depth in 1_usize..40
    ) {
        let layer = PRelu::new(Volume { depth, ..layer.volume }, layer.shared);
        check_prelu::<f32>(&layer);
        check_prelu::<f64>(&layer);
    }

    #[test]
    fn dropout_is_its_reference(volume in volumes(), keep in 0.01..=1.0) {
        let layer = Dropout::new(volume, keep);
        check_dropout::<f32>(&layer);
        check_dropout::<f64>(&layer);
    }

    #[test]
    fn joints_are_their_references(
        (stacked, depths) in branches(volumes(), Join::Stack), (volume, sums) in branches(volumes(), Join::Sum)
    ) {
        for (join, output, depths) in [(Join::Stack, stacked, &depths), (Join::Sum, volume, &sums)] {
            check_join::<f32>(&Joint { join, output }, depths);
            check_join::<f64>(&Joint { join, output }, depths);
        }
    }
}

/// A function of one number, and its derivative.
fn of<T: Scalar>(function: Function, x: f64) -> (f64, f64) {
    let one = |x: f64| Array4::from_elem((1, 1, 1, 1), T::from_f64(x));
    let layer = Activation::new(Volume::new(1, 1, 1), function);
    let (output, gradient) = run_in_place(&layer, &one(x), &one(1.0));
    (output[0].as_f64(), gradient[0].as_f64())
}

fn extremes<T: Scalar>() {
    for function in functions() {
        assert!(of::<T>(function, f64::NAN).0.is_nan(), "{function}");
        for x in [-1e30, -500.0, -0.0, 0.0, 500.0, 1e30] {
            let (value, derivative) = of::<T>(function, x);
            assert!(value.is_finite() && derivative.is_finite(), "{function} at {x}: {value}, {derivative}");
        }
    }
    let (leaky, elu) = (Function::LeakyRelu(Real::new(0.5)), Function::Elu(Real::new(2.0)));
    assert_eq!(of::<T>(Function::Relu, -0.0), (0.0, 0.0));
    assert_eq!(of::<T>(Function::Relu, f64::INFINITY), (f64::INFINITY, 1.0));
    assert_eq!(of::<T>(leaky, 0.0), (0.0, 0.5));
    assert_eq!(of::<T>(leaky, f64::NEG_INFINITY), (f64::NEG_INFINITY, 0.5));
    assert_eq!(of::<T>(elu, 0.0), (0.0, 2.0));
    assert_eq!(of::<T>(elu, f64::NEG_INFINITY), (-2.0, 0.0));
    assert_eq!(of::<T>(Function::Sigmoid, 0.0), (0.5, 0.25));
    assert_eq!(of::<T>(Function::Sigmoid, f64::NEG_INFINITY), (0.0, 0.0));
    assert_eq!(of::<T>(Function::Sigmoid, f64::INFINITY), (1.0, 0.0));
    assert_eq!(of::<T>(Function::Tanh, f64::NEG_INFINITY), (-1.0, 0.0));
    assert_eq!(of::<T>(Function::Tanh, f64::INFINITY), (1.0, 0.0));
    // Far below 0 a sigmoid is e^x, to full relative precision.
    let (value, _) = of::<T>(Function::Sigmoid, -40.0);
    assert!((value / (-40.0_f64).exp() - 1.0).abs() < super::tolerance::<T>(), "{value}");
    // Near 0 an ELU is x: e^x - 1 would lose it.
    let (value, _) = of::<T>(Function::Elu(Real::new(1.0)), -1e-12);
    assert!((value / -1e-12 - 1.0).abs() < super::tolerance::<T>(), "{value}");
}

#[test]
fn activations_saturate_and_keep_nan() {
    extremes::<f32>();
    extremes::<f64>();
}

#[test]
fn relu_of_some_numbers() {
    let x = [-2.0, -0.0, 0.0, 3.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for x in x {
        let (value, derivative) = of::<f64>(Function::Relu, x);
        let expected = reference::relu(x);
        assert!(value == expected || value.is_nan() && expected.is_nan(), "{value} for {expected}");
        assert_eq!(derivative, reference::relu_gradient(x, 1.0), "at {x}");
    }
}

#[test]
fn dropout_keeps_the_mean_and_drops_nan() {
    let layer = Dropout::new(Volume::new(100, 100, 5), 0.7);
    let mut ones = vec![1.0_f64; 2 * layer.volume.count()];
    layer.forward(&mut ones, Some(DRAW));
    let mean = ones.iter().sum::<f64>() / ones.len() as f64;
    assert!((mean - 1.0).abs() < 0.01, "{mean}");
    let (first, second) = ones.split_at(layer.volume.count());
    assert_ne!(first, second, "each image has a mask of its own");
    let mut next = vec![1.0; ones.len()];
    layer.forward(&mut next, Some(Draw { step: DRAW.step + 1, ..DRAW }));
    assert_ne!(ones, next, "each step has masks of its own");
    let mut nothing = vec![f64::NAN; layer.volume.count()];
    layer.forward(&mut nothing, Some(DRAW));
    for (one, nan) in first.iter().zip(nothing) {
        assert_eq!(nan.is_nan(), *one != 0.0);
    }
}
