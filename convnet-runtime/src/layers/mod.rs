//! The layers: forward, and backward by parameters and by input.
//!
//! A layer is its geometry, a value from `convnet-geometry` that was validated once, for which [`Layer`] or [`InPlace`]
//! is implemented here. Each is checked against [`reference`](crate::reference), its specification in plain loops.
//! `docs/adding-a-layer.md` says how to add one.

mod columns;
mod convolution;
mod dense;
mod pooling;
mod relu;
#[cfg(test)]
mod tests;

use convnet_geometry::LayerKind;

use crate::kinks::Kinks;
use crate::network::Gradients;
use crate::scalar::Scalar;
use crate::simd::Tier;
use crate::workspace::Workers;

pub use convolution::ConvolutionAlgorithm;
pub use dense::DenseAlgorithm;
pub use relu::Relu;

/// What every call shares: the size of the batch and memory to work in.
#[derive(Debug)]
pub struct Context<'a, T> {
    pub(crate) images: usize,
    pub(crate) tier: Tier,
    /// For the operand that all tiles of a product share.
    pub(crate) packed: &'a mut [T],
    /// For each worker thread's own.
    pub(crate) workers: &'a Workers<T>,
}

/// What a layer's forward pass reads and writes, for the whole batch.
#[derive(Debug)]
pub struct Forward<'a, T> {
    /// The layer's parameters: weights, then biases.
    pub parameters: &'a [T],
    /// `[N, H, W, D]` of its input.
    pub input: &'a [T],
    /// `[N, H, W, D]` of its output: overwritten.
    pub output: &'a mut [T],
    /// Where the layer keeps positions for its backward pass; empty in inference.
    pub switches: &'a mut [u32],
}

/// What the gradient by a layer's parameters is computed from.
#[derive(Debug)]
pub struct ParameterGradient<'a, T> {
    /// The input of the forward pass.
    pub input: &'a [T],
    /// The gradient by the layer's output.
    pub output_gradient: &'a [T],
    /// The gradient by its parameters: weights, then biases.
    pub gradient: &'a mut [T],
    /// Whether to overwrite it or add to it.
    pub mode: Gradients,
}

/// What the gradient by a layer's input is computed from.
#[derive(Debug)]
pub struct InputGradient<'a, T> {
    /// The layer's parameters.
    pub parameters: &'a [T],
    /// The positions that the forward pass kept.
    pub switches: &'a [u32],
    /// The gradient by the layer's output.
    pub output_gradient: &'a [T],
    /// The gradient by its input: overwritten.
    pub gradient: &'a mut [T],
}

/// A layer with an output of its own.
pub trait Layer<T: Scalar>: Sync {
    /// Computes the output.
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>);

    /// Computes the gradient by the parameters; nothing for a layer without.
    fn parameter_gradient(&self, _at: ParameterGradient<'_, T>, _context: &mut Context<'_, T>) {}

    /// Computes the gradient by the input.
    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>);

    /// Numbers that [`Context::packed`] must have room for.
    fn packed_numbers(&self, _images: usize, _tier: Tier) -> usize {
        0
    }

    /// Records the decisions of the forward pass.
    fn kinks(&self, _output: &[T], _switches: &[u32], _kinks: &mut Kinks) {}
}

/// A layer that overwrites its input with its output, of the same volume, and needs only that for its backward pass.
pub trait InPlace<T: Scalar>: Sync {
    /// Turns the input into the output.
    fn forward(&self, volume: &mut [T]);

    /// Turns the gradient by the output into that by the input.
    fn backward(&self, output: &[T], gradient: &mut [T]);

    /// Records the decisions of the forward pass.
    fn kinks(&self, _output: &[T], _kinks: &mut Kinks) {}
}

/// The layer of an architecture's entry, if it has an output of its own.
pub(crate) fn layer<T: Scalar>(kind: &LayerKind) -> Option<&dyn Layer<T>> {
    match kind {
        LayerKind::Convolution(layer) => Some(layer),
        LayerKind::Pooling(layer) => Some(layer),
        LayerKind::Dense(layer) => Some(layer),
        _ => None,
    }
}
