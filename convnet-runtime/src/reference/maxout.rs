//! MAXOUT.

use convnet_geometry::Maxout;
use ndarray::{Array4, ArrayView4};

use super::pooling::maximum;
use crate::scalar::Scalar;

/// The channels that compete for a number of the output.
fn pieces(layer: &Maxout, (n, y, x, j): (usize, usize, usize, usize)) -> Vec<[usize; 4]> {
    let channels = j * layer.pieces()..(j + 1) * layer.pieces();
    channels.map(|channel| [n, y, x, channel]).collect()
}

/// The maximum over each group of neighbouring channels.
pub fn maxout<T: Scalar>(layer: &Maxout, input: ArrayView4<'_, T>) -> Array4<T> {
    let (n, y, x, _) = input.dim();
    Array4::from_shape_fn((n, y, x, layer.output().depth), |at| input[maximum(input, &pieces(layer, at))])
}

/// The gradient of [`maxout`] by its input.
pub fn maxout_gradient<T: Scalar>(
    layer: &Maxout,
    input: ArrayView4<'_, T>,
    output_gradient: ArrayView4<'_, T>,
) -> Array4<T> {
    let mut by_input = Array4::zeros(input.dim());
    for (at, &gradient) in output_gradient.indexed_iter() {
        by_input[maximum(input, &pieces(layer, at))] += gradient;
    }
    by_input
}
