//! Every layer against its plain reference, on every tier of the machine, in f32 and f64.

use convnet_geometry::{
    Average, Convolution, ConvolutionSpec, Dense, DenseSpec, Extent, Padding, Pool, Pooling, PoolingSpec,
    Rounding, Volume, Window,
};
use ndarray::{Array, Array1, Array2, Array4, Dimension, Ix4, ShapeBuilder};
use proptest::prelude::*;

use super::{Context, Forward, InPlace, InputGradient, Layer, ParameterGradient, Relu};
use crate::network::Gradients;
use crate::reference;
use crate::scalar::Scalar;
use crate::simd::Tier;
use crate::workspace::Workers;

const IMAGES: usize = 3;

/// The error that a sum of a few thousand products may have, relative to the largest number.
fn tolerance<T: Scalar>() -> f64 {
    if size_of::<T>() == 4 { 1e-5 } else { 1e-12 }
}

fn random<T: Scalar, D: Dimension, S: ShapeBuilder<Dim = D>>(shape: S, seed: u64) -> Array<T, D> {
    let mut random = crate::random::stream(seed, crate::random::Purpose::Test, 0);
    Array::from_shape_simple_fn(shape, || T::standard_normal(&mut random))
}

fn batch<T: Scalar>(images: usize, volume: Volume, seed: u64) -> Array4<T> {
    random((images, volume.height, volume.width, volume.depth), seed)
}

fn slice<T, D: Dimension>(array: &Array<T, D>) -> &[T] {
    array.as_slice().expect("standard layout")
}

fn assert_close<T: Scalar>(what: &str, found: &[T], expected: &[T]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().map(|x| x.as_f64().abs()).fold(1e-2, f64::max);
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found.as_f64() - expected.as_f64()).abs() / largest;
        assert!(error <= tolerance::<T>(), "{what}[{i}]: {found} for {expected}");
    }
}

/// What a layer computes for one batch.
struct Outcome<T> {
    output: Vec<T>,
    by_parameters: Vec<T>,
    by_input: Vec<T>,
}

/// Runs a layer forward and backward on one tier, into memory full of NaN.
fn run<T: Scalar>(
    layer: &impl Layer<T>,
    (outputs, switches): (usize, usize),
    parameters: &[T],
    input: &Array<T, Ix4>,
    output_gradient: &[T],
    tier: Tier,
) -> Outcome<T> {
    let images = input.dim().0;
    let workers = Workers::new();
    workers.with(|memory| memory.fill(T::nan()));
    let mut packed = vec![T::nan(); layer.packed_numbers(images, tier)];
    let mut context = Context { images, tier, packed: &mut packed, workers: &workers };
    let (mut output, mut switches) = (vec![T::nan(); images * outputs], vec![u32::MAX; images * switches]);
    let forward = Forward { parameters, input: slice(input), output: &mut output, switches: &mut switches };
    layer.forward(forward, &mut context);
    let inferred = &mut vec![T::nan(); images * outputs];
    layer.forward(
        Forward { parameters, input: slice(input), output: inferred, switches: &mut [] },
        &mut context,
    );
    let bits = |numbers: &[T]| numbers.iter().map(|x| x.bits()).collect::<Vec<_>>();
    assert_eq!(bits(inferred), bits(&output), "inference computes what training does");

    let mut by_parameters = vec![T::nan(); parameters.len()];
    let mut by_input = vec![T::nan(); input.len()];
    let mut by_parameters_as = |gradient: &mut [T], mode| {
        let at = ParameterGradient { input: slice(input), output_gradient, gradient, mode };
        layer.parameter_gradient(at, &mut context);
    };
    by_parameters_as(&mut by_parameters, Gradients::Overwrite);
    let mut twice = by_parameters.clone();
    by_parameters_as(&mut twice, Gradients::Accumulate);
    let doubled: Vec<T> = by_parameters.iter().map(|&x| x + x).collect();
    assert_close("the accumulated gradient", &twice, &doubled);
    let at = InputGradient { parameters, switches: &switches, output_gradient, gradient: &mut by_input };
    layer.input_gradient(at, &mut context);
    Outcome { output, by_parameters, by_input }
}

fn check_convolution<T: Scalar>(geometry: &Convolution, images: usize) {
    let window = geometry.window();
    let input = batch::<T>(images, geometry.input(), 1);
    let filters =
        random((geometry.filters(), window.filter.height, window.filter.width, geometry.group_depth()), 2);
    let bias: Array1<T> = random(geometry.biases(), 3);
    let gradient = batch::<T>(images, geometry.output(), 4);
    let bias_view = geometry.has_bias().then(|| bias.view());
    let output = reference::convolution(geometry, input.view(), filters.view(), bias_view);
    let (by_input, by_filters, by_bias) =
        reference::convolution_gradients(geometry, input.view(), filters.view(), gradient.view());
    let parameters = [slice(&filters), slice(&bias)].concat();
    for tier in Tier::available() {
        let sizes = (geometry.output().count(), 0);
        let found = run(geometry, sizes, &parameters, &input, slice(&gradient), tier);
        assert_close("the output", &found.output, slice(&output));
        let (weights, biases) = found.by_parameters.split_at(geometry.weights());
        assert_close("the gradient by the filters", weights, slice(&by_filters));
        assert_close("the gradient by the biases", biases, &slice(&by_bias)[..geometry.biases()]);
        assert_close("the gradient by the input", &found.by_input, slice(&by_input));
    }
}

fn check_pooling<T: Scalar>(geometry: &Pooling) {
    let input = batch::<T>(IMAGES, geometry.input(), 1);
    let gradient = batch::<T>(IMAGES, geometry.output(), 2);
    let output = reference::pooling(geometry, input.view());
    let by_input = reference::pooling_gradient(geometry, input.view(), gradient.view());
    for tier in Tier::available() {
        let switches = if geometry.pool() == Pool::Max { geometry.output().count() } else { 0 };
        let found = run(geometry, (geometry.output().count(), switches), &[], &input, slice(&gradient), tier);
        assert_close("the output", &found.output, slice(&output));
        assert_close("the gradient by the input", &found.by_input, slice(&by_input));
    }
}

fn check_dense<T: Scalar>(geometry: &Dense, images: usize) {
    let input = batch::<T>(images, geometry.input(), 1);
    let flat = input.to_shape((images, geometry.inputs())).expect("standard layout");
    let weights: Array2<T> = random((geometry.outputs(), geometry.inputs()), 2);
    let bias: Array1<T> = random(geometry.biases(), 3);
    let gradient: Array2<T> = random((images, geometry.outputs()), 4);
    let bias_view = geometry.has_bias().then(|| bias.view());
    let output = reference::dense(geometry, flat.view(), weights.view(), bias_view);
    let (by_input, by_weights, by_bias) =
        reference::dense_gradients(geometry, flat.view(), weights.view(), gradient.view());
    let parameters = [slice(&weights), slice(&bias)].concat();
    for tier in Tier::available() {
        let found = run(geometry, (geometry.outputs(), 0), &parameters, &input, slice(&gradient), tier);
        assert_close("the output", &found.output, slice(&output));
        let (found_weights, biases) = found.by_parameters.split_at(geometry.weights());
        assert_close("the gradient by the weights", found_weights, slice(&by_weights));
        assert_close("the gradient by the biases", biases, &slice(&by_bias)[..geometry.biases()]);
        assert_close("the gradient by the input", &found.by_input, slice(&by_input));
    }
}

fn extents(sides: std::ops::Range<usize>) -> impl Strategy<Value = Extent> {
    (sides.clone(), sides).prop_map(|(width, height)| Extent { width, height })
}

fn paddings() -> impl Strategy<Value = Padding> {
    (0_usize..4, 0_usize..4, 0_usize..4, 0_usize..4).prop_map(|(left, right, top, bottom)| Padding {
        left,
        right,
        top,
        bottom,
    })
}

fn windows() -> impl Strategy<Value = Window> {
    let rounding = prop_oneof![Just(Rounding::Floor), Just(Rounding::Ceil)];
    (extents(1..5), extents(1..4), extents(1..3), paddings(), rounding).prop_map(
        |(filter, stride, dilation, padding, rounding)| Window {
            filter,
            stride,
            dilation,
            padding,
            rounding,
        },
    )
}

fn volumes() -> impl Strategy<Value = Volume> {
    (1_usize..14, 1_usize..14, 1_usize..7)
        .prop_map(|(width, height, depth)| Volume::new(width, height, depth))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn convolution_is_its_reference(volume in volumes(), window in windows(), groups in 1_usize..4, k in 1_usize..9, bias: bool) {
        let input = Volume { depth: volume.depth * groups, ..volume };
        let spec = ConvolutionSpec { bias, ..ConvolutionSpec::new(input, window, k * groups).groups(groups) };
        if let Ok(geometry) = spec.check() {
            check_convolution::<f32>(&geometry, IMAGES);
            check_convolution::<f64>(&geometry, IMAGES);
        }
    }

    #[test]
    fn pooling_is_its_reference(volume in volumes(), window in windows(), kind in 0_usize..3) {
        let pool = [Pool::Max, Pool::Average(Average::Counted), Pool::Average(Average::Uncounted)][kind];
        let window = Window { dilation: Extent::square(1), ..window };
        if let Ok(geometry) = PoolingSpec::new(volume, window, pool).check() {
            check_pooling::<f32>(&geometry);
            check_pooling::<f64>(&geometry);
        }
    }

    #[test]
    fn dense_is_its_reference(volume in volumes(), outputs in 1_usize..60, images in 1_usize..20, bias: bool) {
        let geometry = DenseSpec { input: volume, outputs, bias }.check().expect("it fits");
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
    let pointwise = ConvolutionSpec::new(Volume::new(20, 9, 300), Window::square(1), 40).groups(2);
    check_convolution::<f32>(&pointwise.geometry(), 2);
    check_dense::<f32>(&DenseSpec::new(Volume::new(5, 7, 20), 300).geometry(), 270);
    check_dense::<f64>(&DenseSpec::new(Volume::new(1, 1, 600), 100).geometry(), 9);
}

#[test]
fn relu_is_its_reference_and_keeps_nan() {
    let x = [-2.0, -0.0, 0.0, 3.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let mut y = x;
    InPlace::<f64>::forward(&Relu, &mut y);
    for (found, expected) in y.iter().zip(x.map(reference::relu)) {
        assert!(found == &expected || found.is_nan() && expected.is_nan(), "{found} for {expected}");
    }
    let mut gradient = [1.0, 2.0, 3.0, 4.0];
    Relu.backward(&y[..4], &mut gradient);
    assert_eq!(gradient, [0.0, 0.0, 0.0, 4.0]);
    assert_eq!(gradient[..3], x.map(|x| reference::relu_gradient(x, 1.0))[..3]);
}

#[test]
fn maximum_pooling_keeps_nan_and_the_first_of_equals() {
    let geometry = PoolingSpec::new(Volume::new(2, 2, 1), Window::square(2).stride(2), Pool::Max).geometry();
    let pool = |input: [f64; 4]| {
        let input = Array4::from_shape_vec((1, 2, 2, 1), input.to_vec()).expect("shape");
        let found = run(&geometry, (1, 1), &[], &input, &[1.0], Tier::PORTABLE);
        (found.output[0], found.by_input)
    };
    assert_eq!(pool([5.0, 5.0, 5.0, 5.0]), (5.0, vec![1.0, 0.0, 0.0, 0.0]));
    for position in 0..4 {
        let mut input = [1.0, 2.0, 3.0, 4.0];
        input[position] = f64::NAN;
        let (output, by_input) = pool(input);
        assert!(output.is_nan());
        assert_eq!(by_input.iter().position(|&gradient| gradient == 1.0), Some(position));
    }
}
