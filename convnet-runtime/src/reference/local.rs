//! LOCAL.

use convnet_geometry::Local;
use ndarray::{Array3, Array4, ArrayD, ArrayView3, ArrayView4, ArrayView6};

use super::convolution::{output_shape, products};
use crate::scalar::Scalar;

/// The weight by which a tap of this output is multiplied.
fn weight([_, y, x, _]: [usize; 4], [k, f_y, f_x, d]: [usize; 4]) -> [usize; 6] {
    [y, x, k, f_y, f_x, d]
}

/// `output = sum over taps of weight * input + bias`, with weights `[H, W, K, F_height, F_width, D/G]` and biases
/// `[H, W, K]`.
pub fn local<T: Scalar>(
    geometry: &Local,
    input: ArrayView4<'_, T>,
    weights: ArrayView6<'_, T>,
    bias: Option<ArrayView3<'_, T>>,
) -> Array4<T> {
    let images = input.dim().0;
    let mut output = Array4::zeros(output_shape(geometry.shared(), images));
    products(geometry.shared(), images, |to, tap, from| output[to] += weights[weight(to, tap)] * input[from]);
    if let Some(bias) = bias {
        output += &bias;
    }
    output
}

/// The gradients of [`local`] by its input, its weights and its biases.
pub fn local_gradients<T: Scalar>(
    geometry: &Local,
    input: ArrayView4<'_, T>,
    weights: ArrayView6<'_, T>,
    output_gradient: ArrayView4<'_, T>,
) -> (Array4<T>, ArrayD<T>, Array3<T>) {
    let mut by_input = Array4::zeros(input.dim());
    let mut by_weights = weights.map(|_| T::zero());
    products(geometry.shared(), input.dim().0, |to, tap, from| {
        by_input[from] += weights[weight(to, tap)] * output_gradient[to];
        by_weights[weight(to, tap)] += input[from] * output_gradient[to];
    });
    let mut by_bias = Array3::zeros([1, 2, 3].map(|axis| output_gradient.shape()[axis]));
    for ((_, y, x, k), &gradient) in output_gradient.indexed_iter() {
        by_bias[[y, x, k]] += gradient;
    }
    (by_input, by_weights.into_dyn(), by_bias)
}
