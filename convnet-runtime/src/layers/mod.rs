//! The layers: forward, and backward by parameters and by input.
//!
//! A layer is its geometry, a value from `convnet-geometry` that was validated once, for which [`Layer`] or [`InPlace`]
//! is implemented here. Each is checked against [`reference`](crate::reference), its specification in plain loops.
//! `docs/adding-a-layer.md` says how to add one.

mod activation;
mod algorithms;
mod channels;
mod columns;
mod context;
mod convolution;
mod custom;
mod dense;
mod dropout;
mod fields;
mod fractional;
mod join;
mod local;
mod matrices;
mod maxout;
mod normalization;
mod pooling;
mod prelu;
#[cfg(test)]
mod tests;

use convnet_geometry::{
    Activation, Architecture, BatchNorm, Convolution, Dense, Dropout, FractionalPooling, Function, Join,
    LayerKind, Local, Maxout, PRelu, Pooling, ResponseNorm,
};

use crate::kinks::Kinks;
use crate::network::{Gradients, Statistics};
use crate::random::Draw;
use crate::scalar::Scalar;
use crate::simd::Tier;

pub use algorithms::Algorithms;
pub(crate) use columns::Columns;
pub(crate) use context::KeptFilters;
pub use context::{Context, Memory};
pub use convnet_geometry::{ConvolutionAlgorithm, DenseAlgorithm, Pass};
pub use custom::{CustomBackward, CustomForward, CustomKinks, CustomLayer};
pub(crate) use dropout::DRAW;
pub(crate) use join::Branch;

/// What a layer's forward pass reads and writes, for the whole batch.
#[derive(Debug)]
pub struct Forward<'a, T> {
    /// The layer's parameters, in the order of its tensors: weights, then biases.
    pub parameters: &'a [T],
    /// `[N, H, W, D]` of its input.
    pub input: &'a [T],
    /// `[N, H, W, D]` of its output: overwritten.
    pub output: &'a mut [T],
    /// Training or inference, with what only the one or the other has.
    pub mode: Mode<'a, T>,
}

/// Training, inference, or inference that draws.
#[derive(Debug)]
pub enum Mode<'a, T> {
    /// Inference: nothing is kept, nothing changes.
    Inference {
        /// The layer's state.
        state: &'a [T],
        /// For a layer that draws in inference too.
        draw: Draw,
    },
    /// Inference by one of many passes whose outputs are averaged: layers draw as in training, but nothing is kept and
    /// nothing changes. Batch normalization takes its running statistics.
    Sampling {
        /// The layer's state.
        state: &'a [T],
        /// What its chance depends on.
        draw: Draw,
    },
    /// Training.
    Training {
        /// The layer's state, to move if `update` says so.
        state: &'a mut [T],
        /// Whether the state moves.
        update: Statistics,
        /// Where the layer keeps positions for its backward pass: as many for each image as its counts say.
        switches: &'a mut [u32],
        /// Where it keeps numbers of each image.
        saved: &'a mut [T],
        /// Where it keeps numbers of the batch.
        statistics: &'a mut [T],
        /// What its chance depends on.
        draw: Draw,
    },
}

impl<'a, T> Mode<'a, T> {
    /// The switches, in training.
    pub fn switches(self) -> Option<&'a mut [u32]> {
        match self {
            Self::Training { switches, .. } => Some(switches),
            Self::Inference { .. } | Self::Sampling { .. } => None,
        }
    }
}

/// What the forward pass of training kept for the backward pass.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a, T> {
    /// Positions.
    pub switches: &'a [u32],
    /// Numbers of each image.
    pub saved: &'a [T],
    /// Numbers of the batch.
    pub statistics: &'a [T],
    /// The draw of the forward pass, to be drawn again.
    pub draw: Draw,
}

/// What the gradient by a layer's parameters is computed from.
#[derive(Debug)]
pub struct ParameterGradient<'a, T> {
    /// The layer's parameters.
    pub parameters: &'a [T],
    /// The input of the forward pass.
    pub input: &'a [T],
    /// What the forward pass kept.
    pub kept: Kept<'a, T>,
    /// The gradient by the layer's output.
    pub output_gradient: &'a [T],
    /// The gradient by its parameters, in their order.
    pub gradient: &'a mut [T],
    /// Whether to overwrite it or add to it.
    pub mode: Gradients,
}

/// What the gradient by a layer's input is computed from.
#[derive(Debug)]
pub struct InputGradient<'a, T> {
    /// The layer's parameters.
    pub parameters: &'a [T],
    /// The input of the forward pass.
    pub input: &'a [T],
    /// Its output, if the layer [needs](convnet_geometry::LayerKind::needs) it: the next layer may have changed it otherwise.
    pub output: &'a [T],
    /// What the forward pass kept.
    pub kept: Kept<'a, T>,
    /// The gradient by the layer's output.
    pub output_gradient: &'a [T],
    /// The gradient by its parameters, if it has just been computed.
    pub by_parameters: Option<&'a [T]>,
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

    /// Memory that the context must have, for a batch of just this size.
    fn memory(&self, _images: usize, _tier: Tier, _algorithms: Algorithms) -> Memory {
        Memory::default()
    }

    /// Records the decisions of the forward pass, by its input.
    fn kinks(&self, _input: &[T], _switches: &[u32], _kinks: &mut Kinks) {}
}

/// A layer that overwrites its input with its output, of the same volume, and needs only that for its backward pass.
pub trait InPlace<T: Scalar>: Sync {
    /// Turns the input into the output; without a draw it is inference.
    fn forward(&self, volume: &mut [T], draw: Option<Draw>);

    /// Turns the gradient by the output into that by the input, with the draw of the forward pass.
    fn backward(&self, output: &[T], gradient: &mut [T], draw: Draw);

    /// Records the decisions of the forward pass.
    fn kinks(&self, _output: &[T], _kinks: &mut Kinks) {}
}

/// A scalar that a layer is compiled for, here and not in the crate of whoever calls it.
///
/// Kernels are generic, and a generic function is compiled where it is called, with that crate's optimisation: none in
/// a debug build, in which a convolution is 15 times slower. [`Scalar`] therefore requires `Runs` of every layer, and
/// `f32` and `f64` implement it here, by calls that are not generic.
pub trait Runs<L>: Sized {
    /// [`Layer::forward`].
    fn forward(layer: &L, at: Forward<'_, Self>, context: &mut Context<'_, Self>);

    /// [`Layer::parameter_gradient`].
    fn parameter_gradient(layer: &L, at: ParameterGradient<'_, Self>, context: &mut Context<'_, Self>);

    /// [`Layer::input_gradient`].
    fn input_gradient(layer: &L, at: InputGradient<'_, Self>, context: &mut Context<'_, Self>);

    /// [`Layer::memory`].
    fn memory(layer: &L, images: usize, tier: Tier, algorithms: Algorithms) -> Memory;

    /// [`Layer::kinks`].
    fn kinks(layer: &L, input: &[Self], switches: &[u32], kinks: &mut Kinks);
}

/// [`Runs`] for a layer that works in place.
pub trait RunsInPlace<L>: Sized {
    /// [`InPlace::forward`].
    fn forward(layer: &L, volume: &mut [Self], draw: Option<Draw>);

    /// [`InPlace::backward`].
    fn backward(layer: &L, output: &[Self], gradient: &mut [Self], draw: Draw);

    /// [`InPlace::kinks`].
    fn kinks(layer: &L, output: &[Self], kinks: &mut Kinks);
}

/// Compiles layers for a scalar.
macro_rules! compile_layers {
    ($scalar:ty: $($layer:ty),*; in place: $($in_place:ty),*) => {
        $(
            impl Runs<$layer> for $scalar {
                fn forward(layer: &$layer, at: Forward<'_, Self>, context: &mut Context<'_, Self>) {
                    layer.forward(at, context);
                }

                fn parameter_gradient(
                    layer: &$layer,
                    at: ParameterGradient<'_, Self>,
                    context: &mut Context<'_, Self>,
                ) {
                    layer.parameter_gradient(at, context);
                }

                fn input_gradient(layer: &$layer, at: InputGradient<'_, Self>, context: &mut Context<'_, Self>) {
                    layer.input_gradient(at, context);
                }

                fn memory(layer: &$layer, images: usize, tier: Tier, algorithms: Algorithms) -> Memory {
                    Layer::<Self>::memory(layer, images, tier, algorithms)
                }

                fn kinks(layer: &$layer, input: &[Self], switches: &[u32], kinks: &mut Kinks) {
                    layer.kinks(input, switches, kinks);
                }
            }
        )*
        $(
            impl RunsInPlace<$in_place> for $scalar {
                fn forward(layer: &$in_place, volume: &mut [Self], draw: Option<Draw>) {
                    layer.forward(volume, draw);
                }

                fn backward(layer: &$in_place, output: &[Self], gradient: &mut [Self], draw: Draw) {
                    layer.backward(output, gradient, draw);
                }

                fn kinks(layer: &$in_place, output: &[Self], kinks: &mut Kinks) {
                    layer.kinks(output, kinks);
                }
            }
        )*
    };
}

compile_layers!(f32: Convolution, Local, Pooling, FractionalPooling, Dense, PRelu, Maxout, BatchNorm, ResponseNorm; in place: Activation, Dropout);
compile_layers!(f64: Convolution, Local, Pooling, FractionalPooling, Dense, PRelu, Maxout, BatchNorm, ResponseNorm; in place: Activation, Dropout);

/// Whether a layer does the work of the next one too: that of the RELU that works in place on its output.
pub(crate) fn fuses(architecture: &Architecture<'_>, index: usize) -> bool {
    let [layer, next, ..] = &architecture.layers()[index..] else { return false };
    let is_relu = matches!(next.kind, LayerKind::Activation(Activation { function: Function::Relu, .. }));
    let is_next = next.is_in_place() && next.inputs == [layer.output];
    let does_more = match layer.kind {
        LayerKind::Convolution(_) | LayerKind::BatchNorm(_) => true,
        // Two branches are summed at once, unless they are the same volume.
        LayerKind::Joint(joint) => joint.join == Join::Sum && matches!(layer.inputs, [a, b] if a != b),
        _ => false,
    };
    is_relu && is_next && does_more
}

/// Whether a layer does the work of the next one backward too: normalization, which can tell where its output was above 0.
pub(crate) fn fuses_backward(architecture: &Architecture<'_>, index: usize) -> bool {
    matches!(architecture.layers()[index].kind, LayerKind::BatchNorm(_)) && fuses(architecture, index)
}

/// What a layer of an architecture needs of a [`Context`].
pub(crate) fn memory<T: Scalar>(
    kind: &LayerKind,
    images: usize,
    tier: Tier,
    algorithms: Algorithms,
) -> Memory {
    match kind {
        LayerKind::Convolution(layer) => <T as Runs<Convolution>>::memory(layer, images, tier, algorithms),
        LayerKind::Local(layer) => <T as Runs<Local>>::memory(layer, images, tier, algorithms),
        LayerKind::Pooling(layer) => <T as Runs<Pooling>>::memory(layer, images, tier, algorithms),
        LayerKind::FractionalPooling(layer) => {
            <T as Runs<FractionalPooling>>::memory(layer, images, tier, algorithms)
        }
        LayerKind::Dense(layer) => <T as Runs<Dense>>::memory(layer, images, tier, algorithms),
        LayerKind::PRelu(layer) => <T as Runs<PRelu>>::memory(layer, images, tier, algorithms),
        LayerKind::Maxout(layer) => <T as Runs<Maxout>>::memory(layer, images, tier, algorithms),
        LayerKind::BatchNorm(layer) => <T as Runs<BatchNorm>>::memory(layer, images, tier, algorithms),
        LayerKind::ResponseNorm(layer) => <T as Runs<ResponseNorm>>::memory(layer, images, tier, algorithms),
        // These work in place, are joined without memory, or are a user's own.
        _ => Memory::default(),
    }
}
