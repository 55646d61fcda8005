//! RELU, LRELU, ELU, SIGMOID, TANH and PRELU.

use convnet_geometry::{Function, PRelu};
use ndarray::{Array1, Array4, ArrayView1, ArrayView4};

use crate::scalar::Scalar;

/// `max(0, x)`; NaN stays NaN.
pub fn relu<T: Scalar>(x: T) -> T {
    if x.is_nan() { x } else { x.max(T::zero()) }
}

/// The derivative of [`relu`] times the gradient by its output; 0 at 0, and 1 at NaN, which it passes on.
pub fn relu_gradient<T: Scalar>(x: T, output_gradient: T) -> T {
    if x > T::zero() || x.is_nan() { output_gradient } else { T::zero() }
}

/// An activation of one number, NaN of NaN.
pub fn activation<T: Scalar>(function: Function, x: T) -> T {
    let is_above = x > T::zero();
    match function {
        Function::Relu => relu(x),
        Function::LeakyRelu(slope) => x * if is_above { T::one() } else { T::from_f64(slope.get()) },
        Function::Elu(_) if is_above => x,
        Function::Elu(alpha) => T::from_f64(alpha.get()) * (x.exp() - T::one()),
        Function::Sigmoid => T::one() / (T::one() + (-x).exp()),
        Function::Tanh => T::one() - T::from_f64(2.0) / ((x + x).exp() + T::one()),
        other => unreachable!("{other} has no reference"),
    }
}

/// The derivative of an activation at `x`; the left one at a kink.
pub fn activation_gradient<T: Scalar>(function: Function, x: T) -> T {
    let is_above = x > T::zero();
    let y = activation(function, x);
    match function {
        Function::Relu => relu_gradient(x, T::one()),
        Function::LeakyRelu(_) | Function::Elu(_) if is_above => T::one(),
        Function::LeakyRelu(slope) => T::from_f64(slope.get()),
        Function::Elu(alpha) => T::from_f64(alpha.get()) * x.exp(),
        Function::Sigmoid => y * (T::one() - y),
        Function::Tanh => T::one() - y * y,
        other => unreachable!("{other} has no reference"),
    }
}

/// `x` above 0, `slope * x` elsewhere.
pub fn prelu<T: Scalar>(layer: &PRelu, input: ArrayView4<'_, T>, slopes: ArrayView1<'_, T>) -> Array4<T> {
    let slope = |d| slopes[if layer.shared { 0 } else { d }];
    Array4::from_shape_fn(input.dim(), |at| {
        let x = input[at];
        if x > T::zero() { x } else { slope(at.3) * x }
    })
}

/// The gradients of [`prelu`] by its input and by its slopes.
pub fn prelu_gradients<T: Scalar>(
    layer: &PRelu,
    input: ArrayView4<'_, T>,
    slopes: ArrayView1<'_, T>,
    output_gradient: ArrayView4<'_, T>,
) -> (Array4<T>, Array1<T>) {
    let (mut by_input, mut by_slopes) = (output_gradient.to_owned(), Array1::zeros(slopes.len()));
    for (at, &gradient) in output_gradient.indexed_iter() {
        let of_channel = if layer.shared { 0 } else { at.3 };
        if input[at] <= T::zero() {
            by_input[at] = gradient * slopes[of_channel];
            by_slopes[of_channel] += gradient * input[at];
        }
    }
    (by_input, by_slopes)
}
