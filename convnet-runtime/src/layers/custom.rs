//! A user's own layer: `(path::Scale, parameters = 64) : [WxHxD]` in the notation.

use convnet_geometry::Volume;

use crate::kinks::Kinks;
use crate::layers::{Forward, InputGradient, Mode, ParameterGradient};
use crate::scalar::Scalar;

/// A layer that a user writes, on slices of a whole batch: volumes are `[N, H, W, D]`, depth innermost.
///
/// The notation names the type and writes its output volume and its numbers; the generated code asserts that they are
/// these constants. Implement it for every scalar: `impl<T: Scalar> CustomLayer<T> for Scale`.
///
/// The layer must compute the same for an image whatever batch it is in, and whatever the number of threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no layer: it does not implement `CustomLayer<{T}>`",
    note = "implement it for every scalar: `impl<T: convnet::Scalar> convnet::layers::CustomLayer<T> for {Self} {{ ... }}`"
)]
pub trait CustomLayer<T: Scalar> {
    /// The volume that it gives.
    const OUTPUT: Volume;
    /// How many numbers it learns.
    const PARAMETERS: usize = 0;
    /// How many numbers it keeps from step to step without learning them.
    const STATE: usize = 0;
    /// How many numbers of each image its forward pass hands its backward pass.
    const SAVED: usize = 0;

    /// Fills fresh parameters, which are 0 before.
    fn initialize(_parameters: &mut [T]) {}

    /// Computes the output.
    fn forward(at: CustomForward<'_, T>);

    /// Adds to the gradients that are asked for.
    fn backward(at: CustomBackward<'_, T>);

    /// Records the decisions of the forward pass, after it, for gradient checks: on which side of each kink it was.
    ///
    /// A layer such as `|x|` needs it, `kinks.signs(at.input)`: a number whose step crosses a kink is then left out, and
    /// would otherwise be called wrong. A smooth layer does not. Nothing is recorded in training.
    fn kinks(_at: CustomKinks<'_, T>, _kinks: &mut Kinks) {}
}

/// What the forward pass of a user's layer reads and writes.
#[derive(Debug)]
pub struct CustomForward<'a, T> {
    /// N, the images of the batch.
    pub images: usize,
    /// The volume of one image of its input.
    pub volume: Volume,
    /// Its parameters.
    pub parameters: &'a [T],
    /// `[N, H, W, D]` of its input.
    pub input: &'a [T],
    /// `[N, H, W, D]` of its output: overwritten.
    pub output: &'a mut [T],
    /// Training or inference: the state, and what is saved. A layer that draws while training draws in [`Mode::Sampling`],
    /// too.
    pub mode: Mode<'a, T>,
}

/// What the decisions of a user's layer are read from: its forward pass in training, which is done.
#[derive(Clone, Copy, Debug)]
pub struct CustomKinks<'a, T> {
    /// N, the images of the batch.
    pub images: usize,
    /// The volume of one image of its input.
    pub volume: Volume,
    /// Its parameters.
    pub parameters: &'a [T],
    /// `[N, H, W, D]` of its input.
    pub input: &'a [T],
    /// `[N, H, W, D]` of its output.
    pub output: &'a [T],
    /// What was saved.
    pub saved: &'a [T],
}

/// What the backward pass of a user's layer reads and writes.
#[derive(Debug)]
pub struct CustomBackward<'a, T> {
    /// N, the images of the batch.
    pub images: usize,
    /// The volume of one image of its input.
    pub volume: Volume,
    /// Its parameters.
    pub parameters: &'a [T],
    /// The input of the forward pass.
    pub input: &'a [T],
    /// What the forward pass saved.
    pub saved: &'a [T],
    /// The gradient by the output.
    pub output_gradient: &'a [T],
    /// The gradient by the parameters, to add to, if it is asked for.
    pub parameter_gradient: Option<&'a mut [T]>,
    /// The gradient by the input, to add to, if it is asked for.
    pub input_gradient: Option<&'a mut [T]>,
}

impl<'a, T: Scalar> CustomForward<'a, T> {
    pub(crate) fn new(at: Forward<'a, T>, images: usize, volume: Volume) -> Self {
        let Forward { parameters, input, output, mode } = at;
        Self { images, volume, parameters, input, output, mode }
    }
}

impl<'a, T: Scalar> CustomBackward<'a, T> {
    pub(crate) fn by_parameters(at: ParameterGradient<'a, T>, images: usize, volume: Volume) -> Self {
        let ParameterGradient { parameters, input, kept, output_gradient, gradient, mode } = at;
        if mode == crate::network::Gradients::Overwrite {
            gradient.fill(T::zero());
        }
        let saved = kept.saved;
        let (parameter_gradient, input_gradient) = (Some(gradient), None);
        Self { images, volume, parameters, input, saved, output_gradient, parameter_gradient, input_gradient }
    }

    pub(crate) fn by_input(at: InputGradient<'a, T>, images: usize, volume: Volume) -> Self {
        let InputGradient { parameters, input, kept, output_gradient, gradient, .. } = at;
        gradient.fill(T::zero());
        let saved = kept.saved;
        let (parameter_gradient, input_gradient) = (None, Some(gradient));
        Self { images, volume, parameters, input, saved, output_gradient, parameter_gradient, input_gradient }
    }
}
