//! BN and LRN.

use convnet_geometry::{BatchNorm, ResponseNorm, Volume};
use ndarray::{Array4, ArrayView1};
use proptest::prelude::*;

use super::strategies::{config, response_norms, volumes};
use super::{IMAGES, Numbers, assert_close, assert_close_to, run, run_modes, slice};
use crate::reference;
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Rounds what was computed in f64.
fn rounded<'a, T: Scalar>(numbers: impl IntoIterator<Item = &'a f64>) -> Vec<T> {
    numbers.into_iter().map(|&number| T::from_f64(number)).collect()
}

fn halves<T>(numbers: &[T]) -> [ArrayView1<'_, T>; 2] {
    let (first, second) = numbers.split_at(numbers.len() / 2);
    [ndarray::aview1(first), ndarray::aview1(second)]
}

/// The reference computes in f64: in f32 its sums would be less exact than the kernel's.
fn check_batch_norm<T: Scalar>(layer: &BatchNorm, numbers: &Numbers<T>) {
    let exact = |numbers: &[T]| numbers.iter().map(|x| x.as_f64()).collect::<Vec<_>>();
    let (input, gradient) =
        (numbers.input.mapv(Scalar::as_f64), numbers.output_gradient.mapv(Scalar::as_f64));
    let (parameters, state) = (exact(&numbers.parameters), exact(&numbers.state));
    let expected = reference::batch_norm(layer, input.view(), halves(&parameters));
    let inferred = reference::normalize(layer, input.view(), halves(&parameters), halves(&state));
    let [scales, _] = halves(&parameters);
    let gradients = reference::batch_norm_gradients(layer, input.view(), scales, gradient.view());
    let momentum = layer.momentum.get();
    let batch = expected.mean.iter().chain(&expected.variance);
    let moved: Vec<f64> =
        batch.zip(&state).map(|(batch, running)| momentum * running + (1.0 - momentum) * batch).collect();

    let found = run_modes(layer, numbers, Tier::PORTABLE);
    assert_close("the output", &found.output, &rounded(&expected.output));
    assert_close("the output of inference", &found.inferred, &rounded(&inferred));
    assert_close("the state", &found.state, &rounded(&moved));
    let (by_scales, by_shifts) = found.by_parameters.split_at(layer.volume.depth);
    let count = (input.len() / layer.volume.depth) as f64;
    assert_close_to("the gradient by the scales", by_scales, &rounded(&gradients.scales), count.sqrt());
    assert_close_to("the gradient by the shifts", by_shifts, &rounded(&gradients.shifts), count.sqrt());
    // Of the output's gradient little remains where few numbers are normalized: the error is relative to what it is of.
    let inverse = expected.variance.iter().map(|variance| 1.0 / (variance + layer.epsilon.get()).sqrt());
    let scale = inverse.zip(scales).map(|(inverse, scale)| inverse * scale.abs()).fold(1e-2, f64::max);
    assert_close_to("the gradient by the input", &found.by_input, &rounded(&gradients.input), scale);
}

fn check_response_norm<T: Scalar>(layer: &ResponseNorm, scale: f64) {
    let mut numbers = Numbers::<T>::new(layer, IMAGES);
    numbers.input *= T::from_f64(scale);
    let (input, gradient) = (numbers.input.view(), numbers.output_gradient.view());
    let found = run(layer, &numbers, Tier::PORTABLE);
    assert_close("the output", &found.output, slice(&reference::response_norm(layer, input)));
    let by_input = reference::response_norm_gradient(layer, input, gradient);
    assert_close("the gradient by the input", &found.by_input, slice(&by_input));
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn batch_norm_is_its_reference(volume in volumes(), depth in 1_usize..40, images in 1_usize..6, momentum in 0.0..1.0, epsilon in 1e-4..0.1) {
        let layer = BatchNorm::new(Volume { depth, ..volume }, momentum, epsilon);
        check_batch_norm(&layer, &Numbers::<f32>::new(&layer, images));
        check_batch_norm(&layer, &Numbers::<f64>::new(&layer, images));
    }

    #[test]
    fn response_norm_is_its_reference(
        plain in response_norms(volumes(), false), over_n in response_norms(volumes(), true), scale in 0.5..3.0
    ) {
        for layer in [plain, over_n] {
            check_response_norm::<f32>(&layer, scale);
            check_response_norm::<f64>(&layer, scale);
        }
    }
}

#[test]
fn batch_norm_of_one_number_is_its_shift() {
    let layer = BatchNorm::new(Volume::new(1, 1, 3), 0.9, 1e-5);
    let numbers = Numbers::<f64>::new(&layer, 1);
    let found = run_modes(&layer, &numbers, Tier::PORTABLE);
    assert_eq!(found.output, numbers.parameters[3..]);
    assert_eq!(found.by_input, [0.0; 3]);
}

/// A mean many times the deviation: sums of squares in f32 would lose the variance.
#[test]
fn batch_norm_is_exact_far_from_zero() {
    let layer = BatchNorm::new(Volume::new(64, 64, 5), 0.0, 1e-5);
    let mut numbers = Numbers::<f32>::new(&layer, 8);
    numbers.input += 20.0;
    check_batch_norm(&layer, &numbers);
    numbers.input += 980.0;
    let expected = reference::batch_norm(&layer, numbers.input.mapv(f64::from).view(), halves(&[1.0; 10]));
    let found = run_modes(&layer, &numbers, Tier::PORTABLE);
    assert_close("the mean", &found.state[..5], &rounded(&expected.mean));
    assert_close("the variance", &found.state[5..], &rounded(&expected.variance));
}

#[test]
fn alexnets_response_norm_by_hand() {
    let layer = ResponseNorm::new(Volume::new(1, 1, 3));
    let mut numbers = Numbers::<f64>::new(&layer, 1);
    numbers.input = Array4::from_shape_vec((1, 1, 1, 3), vec![10.0, -20.0, 30.0]).expect("shape");
    let found = run(&layer, &numbers, Tier::PORTABLE);
    // Every channel sees all three: 2 + 1e-4 * 1400 = 2.14.
    let expected = [10.0, -20.0, 30.0].map(|x| x / 2.14_f64.powf(0.75));
    assert_close("the output", &found.output, &expected);
}
