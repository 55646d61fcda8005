//! CONV: how it is computed, by its algorithm, and what becomes of its biases.

mod depthwise;
mod direct;
mod filters;
mod pieces;
mod planes;
mod winograd;

use convnet_geometry::{Convolution, ConvolutionAlgorithm, Pass};

use crate::layers::channels::bias_gradient;
use crate::layers::{Algorithms, Context, Forward, InputGradient, Layer, Memory, ParameterGradient};
use crate::scalar::Scalar;
use crate::simd::Tier;

impl<T: Scalar> Layer<T> for Convolution {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let Forward { parameters, input, output, .. } = at;
        match context.algorithms.of_convolution(self, context.images, Pass::Forward) {
            ConvolutionAlgorithm::Winograd => winograd::forward(self, parameters, input, output, context),
            ConvolutionAlgorithm::Planes => planes::forward(self, parameters, input, output, context),
            ConvolutionAlgorithm::Depthwise => depthwise::forward(self, parameters, input, output, context),
            ConvolutionAlgorithm::Direct => direct::forward(self, parameters, input, output, context),
        }
    }

    fn parameter_gradient(&self, at: ParameterGradient<'_, T>, context: &mut Context<'_, T>) {
        let (weights, bias) = at.gradient.split_at_mut(self.weights());
        let operands = (at.input, at.output_gradient);
        match context.algorithms.of_convolution(self, context.images, Pass::ByParameters) {
            ConvolutionAlgorithm::Winograd => {
                winograd::filter_gradient(self, operands, weights, at.mode, context);
            }
            ConvolutionAlgorithm::Planes => {
                planes::filter_gradient(self, operands, weights, at.mode, context);
            }
            ConvolutionAlgorithm::Depthwise => {
                depthwise::filter_gradient(self, operands, weights, at.mode, context);
            }
            ConvolutionAlgorithm::Direct => filters::gradient(self, operands, weights, at.mode, context),
        }
        bias_gradient(context.tier, bias, at.output_gradient, self.filters(), at.mode);
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let InputGradient { parameters, output_gradient, gradient, .. } = at;
        match context.algorithms.of_convolution(self, context.images, Pass::ByInput) {
            ConvolutionAlgorithm::Winograd => {
                winograd::input_gradient(self, parameters, output_gradient, gradient, context);
            }
            ConvolutionAlgorithm::Planes => {
                planes::input_gradient(self, parameters, output_gradient, gradient, context);
            }
            ConvolutionAlgorithm::Depthwise => {
                depthwise::input_gradient(self, parameters, output_gradient, gradient, context);
            }
            ConvolutionAlgorithm::Direct => {
                direct::input_gradient(self, parameters, output_gradient, gradient, context);
            }
        }
    }

    fn memory(&self, images: usize, tier: Tier, algorithms: Algorithms) -> Memory {
        let of_algorithm = |pass| match algorithms.of_convolution(self, images, pass) {
            ConvolutionAlgorithm::Winograd => winograd::memory::<T>(self, images, tier),
            ConvolutionAlgorithm::Planes => planes::memory(self, images),
            ConvolutionAlgorithm::Depthwise => depthwise::memory(self),
            ConvolutionAlgorithm::Direct => {
                direct::memory::<T>(self, images, tier).or(filters::memory::<T>(self, images, tier))
            }
        };
        let of_pass = |pass| match pass {
            Pass::Forward => of_algorithm(pass).of_forward(),
            Pass::ByParameters | Pass::ByInput => of_algorithm(pass).of_backward(),
        };
        Pass::ALL.map(of_pass).into_iter().fold(Memory::default(), Memory::or)
    }
}
