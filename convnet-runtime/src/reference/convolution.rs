//! CONV.

use convnet_geometry::{Axis, Convolution, Extent, Window};
use ndarray::{Array1, Array4, ArrayView1, ArrayView4};

use crate::scalar::Scalar;

/// The pixel under a tap of a window, or nothing where it overlaps the padding.
pub(super) fn pixel(
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
pub(super) fn products(
    geometry: &Convolution,
    images: usize,
    mut f: impl FnMut([usize; 4], [usize; 4], [usize; 4]),
) {
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

pub(super) fn output_shape(geometry: &Convolution, images: usize) -> (usize, usize, usize, usize) {
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
