//! Every kernel in plain loops: the specification that the fast ones are tested against.
//!
//! Nothing here is fast, and nothing outside tests calls it. Formulas are those of the CS231n notes; volumes are
//! `[N, H, W, D]`, filters `[K, F_height, F_width, D/G]`, as everywhere.

mod losses;

use convnet_geometry::{Average, Axis, Convolution, Dense, Extent, Pool, Pooling, Window};
use ndarray::{Array1, Array2, Array4, ArrayView1, ArrayView2, ArrayView4};

use crate::scalar::Scalar;

pub use losses::{
    hierarchical_softmax, hinge, l1, l2, logistic, one_vs_all, softmax, squared_svm, structured, svm,
};

/// The pixel under a tap of a window, or nothing where it overlaps the padding.
fn pixel(
    window: &Window,
    input: Extent,
    (y, x): (usize, usize),
    (f_y, f_x): (usize, usize),
) -> Option<(usize, usize)> {
    let (along_y, along_x) = (window.along(Axis::Height, input), window.along(Axis::Width, input));
    let row = (y * along_y.stride + f_y * along_y.dilation).checked_sub(along_y.before)?;
    let column = (x * along_x.stride + f_x * along_x.dilation).checked_sub(along_x.before)?;
    (row < input.height && column < input.width).then_some((row, column))
}

/// Every product of a convolution: image, filter, output pixel, and the filter's tap with the input pixel and channel.
fn products(geometry: &Convolution, images: usize, mut f: impl FnMut([usize; 4], [usize; 4], [usize; 4])) {
    let (window, output) = (geometry.window(), geometry.output());
    for n in 0..images {
        for y in 0..output.height {
            for x in 0..output.width {
                for k in 0..geometry.filters() {
                    let group = k / geometry.group_filters();
                    for f_y in 0..window.filter.height {
                        for f_x in 0..window.filter.width {
                            let at = pixel(&window, geometry.input().extent(), (y, x), (f_y, f_x));
                            let Some((row, column)) = at else { continue };
                            for d in 0..geometry.group_depth() {
                                let channel = group * geometry.group_depth() + d;
                                f([n, y, x, k], [k, f_y, f_x, d], [n, row, column, channel]);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn output_shape(geometry: &Convolution, images: usize) -> (usize, usize, usize, usize) {
    let output = geometry.output();
    (images, output.height, output.width, output.depth)
}

/// `output = sum over taps of filter * input + bias`.
pub fn convolution<T: Scalar>(
    geometry: &Convolution,
    input: ArrayView4<'_, T>,
    filters: ArrayView4<'_, T>,
    bias: Option<ArrayView1<'_, T>>,
) -> Array4<T> {
    let images = input.dim().0;
    let mut output = Array4::zeros(output_shape(geometry, images));
    products(geometry, images, |to, tap, from| output[to] += filters[tap] * input[from]);
    if let Some(bias) = bias {
        output += &bias;
    }
    output
}

/// The gradients of a convolution by its input, its filters and its biases.
pub fn convolution_gradients<T: Scalar>(
    geometry: &Convolution,
    input: ArrayView4<'_, T>,
    filters: ArrayView4<'_, T>,
    output_gradient: ArrayView4<'_, T>,
) -> (Array4<T>, Array4<T>, Array1<T>) {
    let (mut by_input, mut by_filters) = (Array4::zeros(input.dim()), Array4::zeros(filters.dim()));
    products(geometry, input.dim().0, |to, tap, from| {
        by_input[from] += filters[tap] * output_gradient[to];
        by_filters[tap] += input[from] * output_gradient[to];
    });
    let mut by_bias = Array1::zeros(geometry.filters());
    for ((.., k), &gradient) in output_gradient.indexed_iter() {
        by_bias[k] += gradient;
    }
    (by_input, by_filters, by_bias)
}

/// For each number of a pooling's output: the input pixels under its window, and what an average divides by.
fn pooled(geometry: &Pooling, images: usize, mut f: impl FnMut([usize; 4], &[[usize; 4]], usize)) {
    let (window, input, output) = (geometry.window(), geometry.input(), geometry.output());
    let (along_y, along_x) =
        (window.along(Axis::Height, input.extent()), window.along(Axis::Width, input.extent()));
    let padded =
        |at: usize, along: convnet_geometry::AxisWindow| at < along.before + along.input + along.after;
    for n in 0..images {
        for y in 0..output.height {
            for x in 0..output.width {
                for d in 0..output.depth {
                    let (mut cells, mut counted) = (Vec::new(), 0);
                    for f_y in 0..window.filter.height {
                        for f_x in 0..window.filter.width {
                            let (row, column) = (y * along_y.stride + f_y, x * along_x.stride + f_x);
                            counted += usize::from(padded(row, along_y) && padded(column, along_x));
                            if let Some((row, column)) = pixel(&window, input.extent(), (y, x), (f_y, f_x)) {
                                cells.push([n, row, column, d]);
                            }
                        }
                    }
                    let divisor = match geometry.pool() {
                        Pool::Average(Average::Counted) => counted,
                        _ => cells.len(),
                    };
                    f([n, y, x, d], &cells, divisor);
                }
            }
        }
    }
}

/// The first cell that holds the maximum; a NaN counts as larger than all numbers.
fn maximum<T: Scalar>(input: ArrayView4<'_, T>, cells: &[[usize; 4]]) -> [usize; 4] {
    if let Some(nan) = cells.iter().find(|&&cell| input[cell].is_nan()) {
        return *nan;
    }
    let mut best = cells[0];
    for &cell in cells {
        if input[cell] > input[best] {
            best = cell;
        }
    }
    best
}

/// The maximum or mean under each window.
pub fn pooling<T: Scalar>(geometry: &Pooling, input: ArrayView4<'_, T>) -> Array4<T> {
    let volume = geometry.output();
    let mut output = Array4::zeros((input.dim().0, volume.height, volume.width, volume.depth));
    pooled(geometry, input.dim().0, |to, cells, divisor| {
        output[to] = match geometry.pool() {
            Pool::Max => input[maximum(input, cells)],
            Pool::L2 | Pool::Stochastic => todo!(),
            Pool::Average(_) => {
                cells.iter().map(|&cell| input[cell]).sum::<T>() / T::from_f64(divisor as f64)
            }
        };
    });
    output
}

/// The gradient of a pooling by its input.
pub fn pooling_gradient<T: Scalar>(
    geometry: &Pooling,
    input: ArrayView4<'_, T>,
    output_gradient: ArrayView4<'_, T>,
) -> Array4<T> {
    let mut by_input = Array4::zeros(input.dim());
    pooled(geometry, input.dim().0, |from, cells, divisor| match geometry.pool() {
        Pool::Max => by_input[maximum(input, cells)] += output_gradient[from],
        Pool::L2 | Pool::Stochastic => todo!(),
        Pool::Average(_) => {
            for &cell in cells {
                by_input[cell] += output_gradient[from] / T::from_f64(divisor as f64);
            }
        }
    });
    by_input
}

/// `output = input * weights^T + bias`; input `[N, inputs]`, weights `[K, inputs]`.
pub fn dense<T: Scalar>(
    geometry: &Dense,
    input: ArrayView2<'_, T>,
    weights: ArrayView2<'_, T>,
    bias: Option<ArrayView1<'_, T>>,
) -> Array2<T> {
    Array2::from_shape_fn((input.nrows(), geometry.outputs()), |(n, k)| {
        let sum: T = (0..geometry.inputs()).map(|i| input[[n, i]] * weights[[k, i]]).sum();
        sum + bias.map_or(T::zero(), |bias| bias[k])
    })
}

/// The gradients of a fully connected layer by its input, its weights and its biases.
pub fn dense_gradients<T: Scalar>(
    geometry: &Dense,
    input: ArrayView2<'_, T>,
    weights: ArrayView2<'_, T>,
    output_gradient: ArrayView2<'_, T>,
) -> (Array2<T>, Array2<T>, Array1<T>) {
    let (mut by_input, mut by_weights) = (Array2::zeros(input.dim()), Array2::zeros(weights.dim()));
    let mut by_bias = Array1::zeros(geometry.outputs());
    for ((n, k), &gradient) in output_gradient.indexed_iter() {
        for i in 0..geometry.inputs() {
            by_input[[n, i]] += weights[[k, i]] * gradient;
            by_weights[[k, i]] += input[[n, i]] * gradient;
        }
        by_bias[k] += gradient;
    }
    (by_input, by_weights, by_bias)
}

/// `max(0, x)`; NaN stays NaN.
pub fn relu<T: Scalar>(x: T) -> T {
    if x.is_nan() { x } else { x.max(T::zero()) }
}

/// The derivative of [`relu`] times the gradient by its output; 0 at 0, and 1 at NaN, which it passes on.
pub fn relu_gradient<T: Scalar>(x: T, output_gradient: T) -> T {
    if x > T::zero() || x.is_nan() { output_gradient } else { T::zero() }
}
