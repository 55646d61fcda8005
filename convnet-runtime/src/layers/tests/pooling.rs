//! POOL, AVGPOOL, L2POOL, STOCHPOOL, FRACPOOL and MAXOUT.

use convnet_geometry::{Average, FractionalPooling, Maxout, Pool, Pooling, PoolingSpec, Volume, Window};
use ndarray::Array4;
use proptest::prelude::*;

use super::strategies::{config, fractional_poolings, global_averages, maxouts, poolings, volumes};
use super::{Bench, DRAW, IMAGES, Kind, Numbers, assert_close, bits, run, run_modes, slice};
use crate::layers::Layer;
use crate::network::Statistics;
use crate::random::Draw;
use crate::reference;
use crate::scalar::Scalar;
use crate::simd::Tier;

pub(super) const POOLS: [Pool; 5] = [
    Pool::Max,
    Pool::Average(Average::Counted),
    Pool::Average(Average::Uncounted),
    Pool::L2,
    Pool::Stochastic,
];

pub(super) fn check_pooling<T: Scalar>(geometry: &Pooling) {
    let numbers = Numbers::<T>::new(geometry, IMAGES);
    let (input, gradient) = (numbers.input.view(), numbers.output_gradient.view());
    let output = reference::pooling(geometry, input, Some(DRAW));
    let inferred = reference::pooling(geometry, input, None);
    let by_input = reference::pooling_gradient(geometry, input, gradient, DRAW);
    for tier in Tier::available() {
        let run = if geometry.pool() == Pool::Stochastic { run_modes } else { run };
        let found = run(geometry, &numbers, tier);
        assert_close("the output", &found.output, slice(&output));
        assert_close("the output of inference", &found.inferred, slice(&inferred));
        assert_close("the gradient by the input", &found.by_input, slice(&by_input));
    }
}

fn check_fractional<T: Scalar>(geometry: &FractionalPooling) {
    let numbers = Numbers::<T>::new(geometry, IMAGES);
    let (input, gradient) = (numbers.input.view(), numbers.output_gradient.view());
    let found = run_modes(geometry, &numbers, Tier::PORTABLE);
    let output = reference::fractional_pooling(geometry, input, DRAW, true);
    assert_close("the output", &found.output, slice(&output));
    let inferred = reference::fractional_pooling(geometry, input, DRAW, false);
    assert_close("the output of inference", &found.inferred, slice(&inferred));
    let by_input = reference::fractional_pooling_gradient(geometry, input, gradient, DRAW);
    assert_close("the gradient by the input", &found.by_input, slice(&by_input));
}

fn check_maxout<T: Scalar>(layer: &Maxout) {
    let numbers = Numbers::<T>::new(layer, IMAGES);
    let (input, gradient) = (numbers.input.view(), numbers.output_gradient.view());
    let found = run(layer, &numbers, Tier::PORTABLE);
    assert_close("the output", &found.output, slice(&reference::maxout(layer, input)));
    let by_input = reference::maxout_gradient(layer, input, gradient);
    assert_close("the gradient by the input", &found.by_input, slice(&by_input));
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn pooling_is_its_reference(geometries in POOLS.map(|pool| poolings(volumes(), pool))) {
        for geometry in geometries {
            check_pooling::<f32>(&geometry);
            check_pooling::<f64>(&geometry);
        }
    }

    #[test]
    fn global_average_pooling_is_its_reference(geometry in global_averages(volumes())) {
        check_pooling::<f32>(&geometry);
        check_pooling::<f64>(&geometry);
    }

    #[test]
    fn fractional_pooling_is_its_reference(geometry in fractional_poolings(volumes())) {
        check_fractional::<f32>(&geometry);
        check_fractional::<f64>(&geometry);
    }

    #[test]
    fn maxout_is_its_reference(layer in maxouts(volumes())) {
        check_maxout::<f32>(&layer);
        check_maxout::<f64>(&layer);
    }
}

/// The output of one image, and its gradient by the input.
pub(super) fn one_image(layer: &(impl Layer<f64> + Kind), input: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut numbers = Numbers::new(layer, 1);
    numbers.input = Array4::from_shape_vec(numbers.input.dim(), input.to_vec()).expect("shape");
    numbers.output_gradient.fill(1.0);
    let found = run_modes(layer, &numbers, Tier::PORTABLE);
    (found.output, found.by_input)
}

#[test]
fn maxima_keep_nan_and_the_first_of_equals() {
    let window = Window::square(2).stride(2);
    let pooling = PoolingSpec::new(Volume::new(2, 2, 1), window, Pool::Max).geometry();
    let fractional = FractionalPooling::new(Volume::new(2, 2, 1), 2.0);
    let maxout = Maxout::new(Volume::new(1, 1, 4), 4);
    let all = |input: [f64; 4]| {
        [one_image(&pooling, &input), one_image(&fractional, &input), one_image(&maxout, &input)]
    };
    for found in all([5.0, 5.0, 5.0, 5.0]) {
        assert_eq!(found, (vec![5.0], vec![1.0, 0.0, 0.0, 0.0]));
    }
    for position in 0..4 {
        let mut input = [1.0, 2.0, 3.0, 4.0];
        input[position] = f64::NAN;
        for (output, by_input) in all(input) {
            assert!(output[0].is_nan());
            assert_eq!(by_input.iter().position(|&gradient| gradient == 1.0), Some(position));
        }
    }
}

/// The mean of a whole photograph, and its norm, in `f32`: 50,176 times a tenth, more channels than one tile.
#[test]
fn large_windows_add_up() {
    for (pool, expected) in [(Pool::Average(Average::Counted), 0.1), (Pool::L2, 22.4)] {
        let layer = PoolingSpec::new(Volume::new(224, 224, 18), Window::square(224), pool).geometry();
        let mut numbers = Numbers::<f32>::new(&layer, 1);
        numbers.input.fill(0.1);
        let output = Bench::new(&layer, &numbers, Tier::PORTABLE).infer();
        assert!(output.len() == 18 && output.iter().all(|x| (x / expected - 1.0).abs() < 1e-6), "{output:?}");
    }
}

#[test]
fn a_norm_of_zero_has_no_gradient() {
    let layer = PoolingSpec::new(Volume::new(2, 1, 1), Window::new(2, 1), Pool::L2).geometry();
    assert_eq!(one_image(&layer, &[0.0, 0.0]), (vec![0.0], vec![0.0, 0.0]));
    assert_eq!(one_image(&layer, &[3.0, -4.0]), (vec![5.0], vec![0.6, -0.8]));
}

#[test]
fn nothing_is_drawn_where_no_number_is_positive() {
    let layer = PoolingSpec::new(Volume::new(3, 1, 1), Window::new(3, 1), Pool::Stochastic).geometry();
    assert_eq!(one_image(&layer, &[-1.0, 0.0, -2.0]), (vec![0.0], vec![0.0; 3]));
    assert_eq!(one_image(&layer, &[-1.0, 0.5, -2.0]), (vec![0.5], vec![0.0, 1.0, 0.0]));
    let (output, by_input) = one_image(&layer, &[9.0, f64::NAN, 1.0]);
    assert!(output[0].is_nan());
    assert_eq!(by_input, [0.0, 1.0, 0.0]);
    assert_eq!(one_image(&layer, &[9.0, 1.0, f64::INFINITY]), (vec![f64::INFINITY], vec![0.0, 0.0, 1.0]));
}

#[test]
fn numbers_are_drawn_in_proportion() {
    // 10,000 windows over the same three numbers.
    let layer = PoolingSpec::new(Volume::new(3, 100, 100), Window::new(3, 1), Pool::Stochastic).geometry();
    let input: Vec<f64> = (0..100).flat_map(|_| [1.0, 3.0, -2.0].map(|x| [x; 100])).flatten().collect();
    let (output, _) = one_image(&layer, &input);
    let threes = output.iter().filter(|&&x| x == 3.0).count();
    assert_eq!(output.iter().filter(|&&x| x == 1.0).count(), 10_000 - threes);
    // Three in four, give or take five standard deviations.
    assert!(threes.abs_diff(7_500) < 220, "{threes}");
}

#[test]
fn regions_differ_between_images_and_steps_but_not_in_inference() {
    let layer = FractionalPooling::new(Volume::new(25, 25, 1), 1.5);
    let mut numbers = Numbers::<f32>::new(&layer, 2);
    let one = numbers.input.index_axis(ndarray::Axis(0), 0).to_owned();
    numbers.input.outer_iter_mut().for_each(|mut image| image.assign(&one));
    let mut bench = Bench::new(&layer, &numbers, Tier::PORTABLE);
    let (trained, inferred) = (bench.train(Statistics::Update), bench.infer());
    let half = trained.len() / 2;
    assert_ne!(bits(&trained[..half]), bits(&trained[half..]));
    assert_eq!(bits(&inferred[..half]), bits(&inferred[half..]));
    let next = Draw { step: DRAW.step + 1, ..DRAW };
    let output = reference::fractional_pooling(&layer, numbers.input.view(), next, true);
    assert_ne!(bits(&trained), bits(slice(&output)));
}
