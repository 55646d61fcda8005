//! FC.

use convnet_geometry::Dense;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::scalar::Scalar;

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
