//! CONV, LOCAL and FC, with and without dropped weights.

use convnet_geometry::{
    Convolution, ConvolutionSpec, Dense, DenseSpec, Extent, Local, Rounding, Volume, Window,
};
use ndarray::ArrayView;
use proptest::prelude::*;

use super::strategies::{
    config, convolutions, dense, depthwise, dropped, locals, pointwise, small_squares, volumes,
};
use super::{DRAW, IMAGES, Numbers, assert_close, run, run_by, run_modes_by, slice};
use crate::layers::channels::bias_gradient;
use crate::layers::{Algorithms, ConvolutionAlgorithm, DenseAlgorithm, Pass};
use crate::network::Gradients;
use crate::reference;
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Every tier with every algorithm.
pub(super) fn each<A: Copy>(algorithms: &[A]) -> impl Iterator<Item = (Tier, A)> {
    Tier::available().into_iter().flat_map(move |tier| algorithms.iter().map(move |&by| (tier, by)))
}

pub(super) fn check_convolution<T: Scalar>(geometry: &Convolution, images: usize) {
    let numbers = Numbers::<T>::new(geometry, images);
    let filter = geometry.window().filter;
    let (weights, bias) = numbers.parameters.split_at(geometry.weights());
    let shape = (geometry.filters(), filter.height, filter.width, geometry.group_depth());
    let filters = ArrayView::from_shape(shape, weights).expect("shape");
    let bias = geometry.has_bias().then(|| ndarray::aview1(bias));
    let (input, gradient) = (numbers.input.view(), numbers.output_gradient.view());
    let output = reference::convolution(geometry, input, filters, bias);
    let (by_input, by_filters, by_bias) =
        reference::convolution_gradients(geometry, input, filters, gradient);
    for (tier, algorithm) in each(&ConvolutionAlgorithm::ALL) {
        if !algorithm.is_admissible(geometry) {
            continue;
        }
        let found = run_by(geometry, &numbers, tier, Algorithms::CHOSEN.convolution(algorithm));
        assert_close("the output", &found.output, slice(&output));
        let (weights, biases) = found.by_parameters.split_at(geometry.weights());
        assert_close("the gradient by the filters", weights, slice(&by_filters));
        assert_close("the gradient by the biases", biases, &slice(&by_bias)[..geometry.biases()]);
        assert_close("the gradient by the input", &found.by_input, slice(&by_input));
    }
}

pub(super) fn check_local<T: Scalar>(geometry: &Local, images: usize) {
    let numbers = Numbers::<T>::new(geometry, images);
    let (shared, Volume { width, height, depth }) = (geometry.shared(), geometry.output());
    let filter = shared.window().filter;
    let (weights, bias) = numbers.parameters.split_at(geometry.weights());
    let shape = [height, width, depth, filter.height, filter.width, shared.group_depth()];
    let weights = ArrayView::from_shape(shape, weights).expect("shape");
    let bias = shared.has_bias().then(|| ArrayView::from_shape((height, width, depth), bias).expect("shape"));
    let (input, gradient) = (numbers.input.view(), numbers.output_gradient.view());
    let output = reference::local(geometry, input, weights, bias);
    let (by_input, by_weights, by_bias) = reference::local_gradients(geometry, input, weights, gradient);
    for tier in Tier::available() {
        let found = run(geometry, &numbers, tier);
        assert_close("the output", &found.output, slice(&output));
        let (weights, biases) = found.by_parameters.split_at(geometry.weights());
        assert_close("the gradient by the weights", weights, slice(&by_weights));
        assert_close("the gradient by the biases", biases, &slice(&by_bias)[..geometry.biases()]);
        assert_close("the gradient by the input", &found.by_input, slice(&by_input));
    }
}

pub(super) fn check_dense<T: Scalar>(geometry: &Dense, images: usize) {
    let numbers = Numbers::<T>::new(geometry, images);
    let flat = numbers.input.to_shape((images, geometry.inputs())).expect("standard layout");
    let (weights, bias) = numbers.parameters.split_at(geometry.weights());
    let weights = ArrayView::from_shape((geometry.outputs(), geometry.inputs()), weights).expect("shape");
    let bias = geometry.has_bias().then(|| ndarray::aview1(bias));
    let gradient = numbers.output_gradient.to_shape((images, geometry.outputs())).expect("shape");
    // What inference and training multiply by: weights scaled, and weights dropped.
    let (scaled, kept) = match geometry.keep() {
        None => (weights.to_owned(), weights.to_owned()),
        Some(keep) => {
            let scaled = weights.mapv(|weight| weight * T::from_f64(keep.get()));
            (scaled, reference::drop_connect(weights, keep.get(), DRAW))
        }
    };
    let output = reference::dense(geometry, flat.view(), kept.view(), bias);
    let inferred = reference::dense(geometry, flat.view(), scaled.view(), bias);
    let (by_input, mut by_weights, by_bias) =
        reference::dense_gradients(geometry, flat.view(), kept.view(), gradient.view());
    if let Some(keep) = geometry.keep() {
        by_weights = reference::drop_connect(by_weights.view(), keep.get(), DRAW);
    }
    for (tier, algorithm) in each(&DenseAlgorithm::ALL) {
        let run = if geometry.keep().is_some() { run_modes_by } else { run_by };
        let found = run(geometry, &numbers, tier, Algorithms::CHOSEN.dense(algorithm));
        assert_close("the output", &found.output, slice(&output));
        assert_close("the output of inference", &found.inferred, slice(&inferred));
        let (found_weights, biases) = found.by_parameters.split_at(geometry.weights());
        assert_close("the gradient by the weights", found_weights, slice(&by_weights));
        assert_close("the gradient by the biases", biases, &slice(&by_bias)[..geometry.biases()]);
        assert_close("the gradient by the input", &found.by_input, slice(&by_input));
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn convolution_is_its_reference(geometry in convolutions(volumes())) {
        check_convolution::<f32>(&geometry, IMAGES);
        check_convolution::<f64>(&geometry, IMAGES);
    }

    #[test]
    fn pointwise_convolution_is_its_reference(geometry in pointwise(volumes())) {
        check_convolution::<f32>(&geometry, IMAGES);
        check_convolution::<f64>(&geometry, IMAGES);
    }

    #[test]
    fn convolution_by_small_squares_is_its_reference(geometry in small_squares(volumes())) {
        check_convolution::<f32>(&geometry, IMAGES);
        check_convolution::<f64>(&geometry, IMAGES);
    }

    #[test]
    fn depthwise_convolution_is_its_reference(geometry in depthwise(volumes())) {
        check_convolution::<f32>(&geometry, IMAGES);
        check_convolution::<f64>(&geometry, IMAGES);
    }

    #[test]
    fn local_is_its_reference(geometry in locals(volumes()), images in 1_usize..7) {
        check_local::<f32>(&geometry, images);
        check_local::<f64>(&geometry, images);
    }

    #[test]
    fn dense_is_its_reference(geometry in dense(volumes(), 1..60), images in 1_usize..20) {
        check_dense::<f32>(&geometry, images);
        check_dense::<f64>(&geometry, images);
    }

    #[test]
    fn drop_connect_is_its_reference(geometry in dropped(volumes()), images in 1_usize..8) {
        check_dense::<f32>(&geometry, images);
        check_dense::<f64>(&geometry, images);
    }
}

#[test]
fn sizes_beyond_one_block_are_their_reference() {
    // More taps, pixels and filters than any block or tile holds.
    let spec = ConvolutionSpec::new(Volume::new(13, 11, 70), Window::square(3).padding(1), 50);
    check_convolution::<f32>(&spec.geometry(), 4);
    check_convolution::<f64>(&spec.geometry(), 4);
    // More tiles and filters than any piece of work has, and rows of tiles that no piece has whole.
    let tiled = ConvolutionSpec::new(Volume::new(103, 9, 10), Window::square(3).padding(1), 70);
    check_convolution::<f32>(&tiled.geometry(), 2);
    for side in [3, 5] {
        let tiled = ConvolutionSpec::new(Volume::new(6, 30, 70), Window::square(side).padding(side / 2), 140);
        check_convolution::<f32>(&tiled.geometry(), 1);
    }
    // Few rows of many pixels, of one image, which no piece can have less of.
    for (volume, side) in [((1024, 1, 1), 3), ((300, 3, 2), 5), ((70, 8, 8), 3), ((130, 5, 9), 5)] {
        let (width, height, depth) = volume;
        let window = Window::square(side).padding(side / 2);
        let wide = ConvolutionSpec::new(Volume::new(width, height, depth), window, 8);
        check_convolution::<f32>(&wide.geometry(), 1);
    }
    let pointwise = ConvolutionSpec::new(Volume::new(20, 9, 300), Window::square(1), 40).groups(2);
    check_convolution::<f32>(&pointwise.geometry(), 2);
    check_dense::<f32>(&DenseSpec::new(Volume::new(5, 7, 20), 300).geometry(), 270);
    check_dense::<f64>(&DenseSpec::new(Volume::new(1, 1, 600), 100).geometry(), 9);
    let local = ConvolutionSpec::new(Volume::new(6, 5, 70), Window::square(3).padding(1), 20);
    check_local::<f32>(&Local::new(local), 5);
    check_local::<f64>(&Local::new(local.groups(2)), 5);
    // More weights than a piece of the mask.
    check_dense::<f64>(&DenseSpec::new(Volume::new(1, 1, 600), 60).drop_connect(0.5).geometry(), 2);
}

/// An algorithm that is forced is used wherever it is admissible, and nowhere else.
#[test]
fn forced_algorithms_fall_back() {
    use ConvolutionAlgorithm::{Direct, Winograd};
    let of = |depth, window| ConvolutionSpec::new(Volume::new(8, 8, depth), window, 16);
    let (deep, shallow) = (of(16, Window::square(3)).geometry(), of(2, Window::square(3)).geometry());
    assert_eq!(
        [deep, shallow].map(|geometry| ConvolutionAlgorithm::of(&geometry, 8, Pass::Forward)),
        [Winograd, Direct]
    );
    assert_eq!(Algorithms::CHOSEN.convolution(Direct).of_convolution(&deep, 1, Pass::Forward), Direct);
    assert_eq!(Algorithms::CHOSEN.convolution(Winograd).of_convolution(&shallow, 1, Pass::Forward), Winograd);
    let (wide, grouped) =
        (Window { filter: Extent { width: 5, height: 3 }, ..Window::square(3) }, Window::square(3));
    let others = [
        of(16, Window::square(3).stride(2).rounding(Rounding::Floor)),
        of(16, Window::square(3).dilation(2)),
        of(16, Window::square(1)),
        of(16, wide),
        of(16, grouped).groups(2),
    ];
    for other in others.map(ConvolutionSpec::geometry) {
        assert!(!Winograd.is_admissible(&other));
        assert_eq!(Algorithms::CHOSEN.convolution(Winograd).of_convolution(&other, 8, Pass::Forward), Direct);
    }
    for algorithm in DenseAlgorithm::ALL {
        let forced = Algorithms::CHOSEN.dense(algorithm);
        assert_eq!([1, 2, 100].map(|images| forced.of_dense(images, Pass::Forward)), [algorithm; 3]);
    }
}

/// The gradient by the biases of a batch of photographs, in `f32`.
#[test]
fn a_million_gradients_by_a_bias_add_up() {
    const PIXELS: usize = 1 << 20;
    let gradient = vec![0.1_f32; PIXELS * 18];
    let mut bias = [f32::NAN; 18];
    bias_gradient(Tier::PORTABLE, &mut bias, &gradient, 18, Gradients::Overwrite);
    let expected = 0.1 * PIXELS as f32;
    assert!(bias.iter().all(|sum| (sum / expected - 1.0).abs() < 1e-6), "{bias:?} for {expected}");
}

#[test]
fn local_with_the_same_filters_everywhere_is_a_convolution() {
    let spec = ConvolutionSpec::new(Volume::new(7, 6, 4), Window::new(3, 2).padding(1), 6).groups(2);
    let (local, shared) = (Local::new(spec), spec.geometry());
    let numbers = Numbers::<f64>::new(&shared, IMAGES);
    let (weights, bias) = numbers.parameters.split_at(shared.weights());
    let pixels = shared.output().width * shared.output().height;
    let parameters = [weights.repeat(pixels), bias.repeat(pixels)].concat();
    let everywhere = Numbers { parameters, ..Numbers::new(&local, IMAGES) };
    let (one, all) = (run(&shared, &numbers, Tier::PORTABLE), run(&local, &everywhere, Tier::PORTABLE));
    assert_close("the output", &all.output, &one.output);
    assert_close("the gradient by the input", &all.by_input, &one.by_input);
}
