//! Mistakes that other libraries have made, each by its name.

use convnet_geometry::{
    BatchNorm, Convolution, ConvolutionSpec, Dense, DenseSpec, FractionalPooling, GeometryError, Local,
    Maxout, PRelu, Padding, Pool, Pooling, PoolingSpec, Quantity, ResponseNorm, Rounding, Volume, Window,
};

use super::pooling::{POOLS, check_pooling, one_image};
use super::weights::{check_convolution, check_dense, check_local, each};
use super::{IMAGES, Kind, Numbers, bits, run_by, run_modes_by};
use crate::layers::{Algorithms, ConvolutionAlgorithm, DenseAlgorithm, Layer};
use crate::scalar::Scalar;
use crate::simd::Tier;

fn check_both(spec: ConvolutionSpec) {
    check_convolution::<f32>(&spec.geometry(), IMAGES);
    check_convolution::<f64>(&spec.geometry(), IMAGES);
}

#[test]
fn weight_gradient_of_a_depthwise_convolution_with_a_stride() {
    for (stride, multiplier) in [(2, 1), (2, 3), (3, 2)] {
        let window = Window::square(3).stride(stride).padding(1).rounding(Rounding::Floor);
        check_both(ConvolutionSpec::new(Volume::new(11, 8, 6), window, 6 * multiplier).groups(6));
    }
}

/// Windows that leave out the last two rows and columns, and three.
fn unused_borders() -> [Window; 2] {
    let window = Window::square(3).rounding(Rounding::Floor);
    [window.stride(3), window.stride(4)]
}

/// 11 = 3 + 2 * 3 + 2 = 3 + 4 + 4, of which the last is used: a side is one longer for the stride of 4.
const fn with_border(window: Window) -> Volume {
    let side = if window.stride.width == 3 { 11 } else { 14 };
    Volume::new(side, side, 2)
}

#[test]
fn convolution_that_drops_two_or_more_of_the_last_inputs() {
    for window in unused_borders() {
        let geometry = ConvolutionSpec::new(with_border(window), window, 4).geometry();
        check_both(ConvolutionSpec::new(with_border(window), window, 4));
        check_local::<f64>(&Local::new(ConvolutionSpec::new(with_border(window), window, 4)), IMAGES);
        unused_inputs_play_no_part(&geometry, window);
    }
}

#[test]
fn pooling_that_drops_two_or_more_of_the_last_inputs() {
    for (window, pool) in unused_borders().into_iter().flat_map(|window| POOLS.map(|pool| (window, pool))) {
        check_pooling::<f64>(&PoolingSpec::new(with_border(window), window, pool).geometry());
    }
    for window in unused_borders() {
        unused_inputs_play_no_part(
            &PoolingSpec::new(with_border(window), window, Pool::Max).geometry(),
            window,
        );
    }
}

/// NaN in the border that no window reaches is seen by nothing, and its gradient is 0.
fn unused_inputs_play_no_part(layer: &(impl Layer<f64> + Kind), window: Window) {
    let mut numbers = Numbers::new(layer, 1);
    let used = (layer.kind().output().width - 1) * window.stride.width + window.filter.width;
    let Volume { width, .. } = with_border(window);
    assert!(width - used >= 2, "{} of {width} are unused", width - used);
    for ((_, y, x, _), number) in numbers.input.indexed_iter_mut() {
        if y >= used || x >= used {
            *number = f64::NAN;
        }
    }
    let found = run_by(layer, &numbers, Tier::PORTABLE, Algorithms::CHOSEN);
    assert!(found.output.iter().chain(&found.by_parameters).all(|x| x.is_finite()));
    for (((_, y, x, _), _), &gradient) in numbers.input.indexed_iter().zip(&found.by_input) {
        assert!(gradient.is_finite() && (gradient == 0.0 || y < used && x < used), "at row {y}, column {x}");
    }
}

#[test]
fn width_and_height_that_differ() {
    let padding = Padding { left: 2, right: 1, top: 0, bottom: 1 };
    let window = Window { stride: convnet_geometry::Extent { width: 2, height: 1 }, ..Window::new(4, 2) };
    let window = window.padded(padding).rounding(Rounding::Floor);
    for volume in [Volume::new(13, 4, 3), Volume::new(5, 12, 3)] {
        let spec = ConvolutionSpec::new(volume, window, 5);
        check_both(spec);
        check_local::<f64>(&Local::new(spec), IMAGES);
        check_dense::<f64>(&DenseSpec::new(volume, 7).geometry(), IMAGES);
        for pool in POOLS {
            let window = window.padded(Padding { left: 1, ..padding });
            check_pooling::<f32>(&PoolingSpec::new(volume, window, pool).geometry());
        }
    }
}

#[test]
fn gradient_of_maximum_pooling_whose_filter_and_stride_differ() {
    let row = |filter, stride| {
        let window = Window {
            stride: convnet_geometry::Extent { width: stride, height: 1 },
            ..Window::new(filter, 1)
        };
        PoolingSpec::new(Volume::new(5, 1, 1), window, Pool::Max).geometry()
    };
    let input = [1.0, 5.0, 2.0, 4.0, 3.0];
    // Where windows overlap, gradients add up; what lies between windows has none.
    assert_eq!(one_image(&row(3, 1), &input), (vec![5.0, 5.0, 4.0], vec![0.0, 2.0, 0.0, 1.0, 0.0]));
    assert_eq!(one_image(&row(3, 2), &input), (vec![5.0, 4.0], vec![0.0, 1.0, 0.0, 1.0, 0.0]));
    assert_eq!(one_image(&row(2, 3), &input), (vec![5.0, 4.0], vec![0.0, 1.0, 0.0, 1.0, 0.0]));
    for (filter, stride) in [(3, 1), (3, 2), (2, 3), (5, 2)] {
        let window = Window::square(filter).stride(stride).rounding(Rounding::Floor);
        check_pooling::<f32>(&PoolingSpec::new(Volume::new(12, 9, 5), window, Pool::Max).geometry());
    }
}

#[test]
fn gradient_of_equal_maxima_goes_to_the_first_alone() {
    let window = Window::square(2);
    let pooling = PoolingSpec::new(Volume::new(3, 3, 1), window, Pool::Max).geometry();
    let first = vec![1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(one_image(&pooling, &[7.0; 9]), (vec![7.0; 4], first));
    let maxout = Maxout::new(Volume::new(1, 1, 4), 2);
    assert_eq!(one_image(&maxout, &[-7.0; 4]), (vec![-7.0; 2], vec![1.0, 0.0, 1.0, 0.0]));
}

#[test]
fn padding_never_is_the_maximum_of_negative_numbers() {
    let window = Window::square(3).padding(1);
    let pooling = PoolingSpec::new(Volume::new(2, 2, 1), window, Pool::Max).geometry();
    let (output, by_input) = one_image(&pooling, &[-4.0, -3.0, -2.0, -1.0]);
    assert_eq!((output, by_input), (vec![-1.0; 4], vec![0.0, 0.0, 0.0, 4.0]));
    let lowest = f64::NEG_INFINITY;
    let (output, by_input) = one_image(&pooling, &[lowest; 4]);
    assert_eq!((output, by_input), (vec![lowest; 4], vec![4.0, 0.0, 0.0, 0.0]));
}

/// Large enough that every thread has work, and that no block or tile holds all of it.
const LARGE: Volume = Volume::new(18, 17, 36);

fn assert_clean<T: Scalar>(layer: &(impl Layer<T> + Kind), algorithms: Algorithms, tier: Tier) {
    // All memory is full of NaN before each pass: what is packed, what each thread has, outputs and gradients.
    let found = run_modes_by(layer, &Numbers::<T>::new(layer, 9), tier, algorithms);
    let numbers = [found.output, found.inferred, found.state, found.by_parameters, found.by_input];
    assert!(numbers.iter().flatten().all(|number| number.is_finite()), "{:?}", layer.kind());
    let again = run_modes_by(layer, &Numbers::<T>::new(layer, 9), tier, algorithms);
    assert_eq!(bits(&numbers[4]), bits(&again.by_input));
}

/// A product that is added to 0 times what is there is NaN where NaN is there.
#[test]
fn nan_of_old_memory_does_not_leak_from_any_kernel() {
    let convolution = ConvolutionSpec::new(LARGE, Window::square(3).padding(1), 8);
    let pointwise = ConvolutionSpec::new(LARGE, Window::square(1), 10).groups(2);
    for (tier, by) in each(&ConvolutionAlgorithm::ALL) {
        for geometry in [convolution.geometry(), convolution.groups(4).geometry(), pointwise.geometry()] {
            let algorithms = Algorithms::CHOSEN.convolution(by);
            assert_clean::<f32>(&geometry, algorithms, tier);
            assert_clean::<f64>(&geometry, algorithms, tier);
        }
    }
    for (tier, by) in each(&DenseAlgorithm::ALL) {
        let dense = DenseSpec::new(LARGE, 50);
        assert_clean::<f32>(&dense.geometry(), Algorithms::CHOSEN.dense(by), tier);
        assert_clean::<f64>(&dense.drop_connect(0.5).geometry(), Algorithms::CHOSEN.dense(by), tier);
    }
    for tier in Tier::available() {
        let chosen = Algorithms::CHOSEN;
        assert_clean::<f32>(&Local::new(ConvolutionSpec::new(LARGE, Window::square(3), 4)), chosen, tier);
        for pool in POOLS {
            let window = Window::square(3).stride(2).padding(1).rounding(Rounding::Floor);
            assert_clean::<f32>(&PoolingSpec::new(LARGE, window, pool).geometry(), chosen, tier);
        }
        assert_clean::<f32>(&FractionalPooling::new(LARGE, 1.5), chosen, tier);
        assert_clean::<f32>(&Maxout::new(LARGE, 3), chosen, tier);
        assert_clean::<f32>(&PRelu::new(LARGE, false), chosen, tier);
        assert_clean::<f32>(&PRelu::new(LARGE, true), chosen, tier);
        assert_clean::<f32>(&BatchNorm::new(LARGE, 0.9, 1e-5), chosen, tier);
        assert_clean::<f32>(&ResponseNorm::new(LARGE), chosen, tier);
    }
}

fn convolution(input: Volume, window: Window, filters: usize) -> Result<Convolution, GeometryError> {
    ConvolutionSpec::new(input, window, filters).check()
}

fn pooling(input: Volume, window: Window) -> Result<Pooling, GeometryError> {
    PoolingSpec::new(input, window, Pool::Max).check()
}

fn dense(input: Volume, outputs: usize) -> Result<Dense, GeometryError> {
    DenseSpec::new(input, outputs).check()
}

#[test]
fn empty_filters_and_volumes_are_refused() {
    let (volume, window) = (Volume::new(8, 8, 3), Window::square(3));
    let zero = |what| GeometryError::Zero { what };
    for empty in [Window::square(0), Window::new(0, 3), Window::new(3, 0)] {
        assert_eq!(convolution(volume, empty, 4), Err(zero(Quantity::Filter)));
        assert_eq!(pooling(volume, empty), Err(zero(Quantity::Filter)));
        assert_eq!(Local::check(ConvolutionSpec::new(volume, empty, 4)), Err(zero(Quantity::Filter)));
    }
    assert_eq!(convolution(volume, window, 0), Err(zero(Quantity::Filters)));
    assert_eq!(convolution(volume, window.stride(0), 4), Err(zero(Quantity::Stride)));
    assert_eq!(ConvolutionSpec::new(volume, window, 4).groups(0).check(), Err(zero(Quantity::Groups)));
    assert_eq!(dense(volume, 0), Err(zero(Quantity::Outputs)));
    assert_eq!(Maxout::check(volume, 0), Err(zero(Quantity::Pieces)));
    for empty in [Volume::new(0, 8, 3), Volume::new(8, 0, 3), Volume::new(8, 8, 0)] {
        assert!(matches!(convolution(empty, Window::square(1), 4), Err(GeometryError::Zero { .. })));
        assert!(matches!(pooling(empty, Window::square(1)), Err(GeometryError::Zero { .. })));
        assert!(matches!(dense(empty, 4), Err(GeometryError::Zero { .. })));
    }
}

/// Counts that wrap to something that looks right: `(2^63 + 2) * 2` is 4 to a machine of 64 bits.
#[test]
fn products_of_sizes_that_wrap_are_refused() {
    const HALF: usize = usize::MAX / 2 + 1;
    assert_eq!((HALF + 2).wrapping_mul(2), 4);
    let overflow = |what| GeometryError::Overflow { what };
    for wraps in [Volume::new(HALF + 2, 2, 1), Volume::new(2, HALF + 2, 1), Volume::new(2, 1, HALF + 2)] {
        assert_eq!(convolution(wraps, Window::square(1), 1), Err(overflow(Quantity::Volume)));
        assert_eq!(pooling(wraps, Window::square(1)), Err(overflow(Quantity::Volume)));
        assert_eq!(dense(wraps, 1), Err(overflow(Quantity::Volume)));
    }
    let volume = Volume::new(2, 1, 2);
    // The output's volume, the weights, and a window whose padded input would be of 4.
    assert_eq!(convolution(volume, Window::square(1), HALF + 2), Err(overflow(Quantity::Volume)));
    assert_eq!(
        convolution(Volume::new(1, 1, 2), Window::square(1), HALF + 2),
        Err(overflow(Quantity::Parameters))
    );
    assert_eq!(dense(volume, HALF / 2 + 1), Err(overflow(Quantity::Parameters)));
    let padded = Window::square(1).padded(Padding::uneven(usize::MAX, 3));
    assert_eq!(convolution(volume, padded, 1), Err(overflow(Quantity::Window)));
}
