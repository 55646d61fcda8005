//! CONV: chooses how it is computed, and what becomes of its biases.

mod direct;
mod filters;
mod pieces;
mod winograd;

use convnet_geometry::Convolution;

use crate::layers::channels::bias_gradient;
use crate::layers::{Algorithms, Context, Forward, InputGradient, Layer, Memory, ParameterGradient};
use crate::scalar::Scalar;
use crate::simd::Tier;
use crate::simd::winograd::Form;

/// How a convolution is computed: chosen by its geometry and the batch, unless [`Algorithms`] forces another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConvolutionAlgorithm {
    /// A product with the windows where they lie, or on a copy of their rows where some reach into the padding: for every
    /// convolution.
    Direct,
    /// Winograd's, by tiles of 4 x 4 outputs of 3 x 3 filters, or 2 x 2 of 5 x 5: with stride 1, in one group, without dilation.
    /// A number that is not finite spreads over all outputs of its tiles.
    Winograd,
}

impl ConvolutionAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 2] = [Self::Direct, Self::Winograd];

    /// The algorithm chosen for this geometry and a batch of this size.
    pub const fn of(geometry: &Convolution, images: usize) -> Self {
        let is_chosen = Self::Winograd.is_admissible(geometry) && winograd::is_worthwhile(geometry, images);
        if is_chosen { Self::Winograd } else { Self::Direct }
    }

    /// Whether it computes convolutions of this geometry.
    pub const fn is_admissible(self, geometry: &Convolution) -> bool {
        match self {
            Self::Direct => true,
            Self::Winograd => winograd::form(geometry).is_some(),
        }
    }
}

/// The form of Winograd's algorithm, where it is admissible.
fn winograd_form(convolution: &Convolution) -> Form {
    winograd::form(convolution).expect("algorithms are used where they are admissible")
}

impl<T: Scalar> Layer<T> for Convolution {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        match context.algorithms.of_convolution(self, context.images) {
            ConvolutionAlgorithm::Direct => {
                direct::forward(self, at.parameters, at.input, at.output, context);
            }
            ConvolutionAlgorithm::Winograd => {
                winograd::forward(winograd_form(self), self, at.parameters, at.input, at.output, context);
            }
        }
    }

    fn parameter_gradient(&self, at: ParameterGradient<'_, T>, context: &mut Context<'_, T>) {
        let (weights, bias) = at.gradient.split_at_mut(self.weights());
        match context.algorithms.of_convolution(self, context.images) {
            ConvolutionAlgorithm::Direct => {
                filters::gradient(self, (at.input, at.output_gradient), weights, at.mode, context);
            }
            ConvolutionAlgorithm::Winograd => {
                winograd::filter_gradient(
                    winograd_form(self),
                    self,
                    (at.input, at.output_gradient),
                    weights,
                    at.mode,
                    context,
                );
            }
        }
        bias_gradient(context.tier, bias, at.output_gradient, self.filters(), at.mode);
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        match context.algorithms.of_convolution(self, context.images) {
            ConvolutionAlgorithm::Direct => {
                direct::input_gradient(self, at.parameters, at.output_gradient, at.gradient, context);
            }
            ConvolutionAlgorithm::Winograd => {
                winograd::input_gradient(
                    winograd_form(self),
                    self,
                    at.parameters,
                    at.output_gradient,
                    at.gradient,
                    context,
                );
            }
        }
    }

    fn memory(&self, images: usize, tier: Tier, algorithms: Algorithms) -> Memory {
        match algorithms.of_convolution(self, images) {
            ConvolutionAlgorithm::Direct => {
                direct::memory::<T>(self, images, tier).or(filters::memory::<T>(self, images, tier))
            }
            ConvolutionAlgorithm::Winograd => winograd::memory::<T>(winograd_form(self), self, images, tier),
        }
    }
}
