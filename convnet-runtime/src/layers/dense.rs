//! FC by matrix products, the weights where they lie.
//!
//! Forward it is `output^T = weights * images^T`: the images are packed, which are few, and not the weights, which are
//! many. A single image is one inner product an output.

use convnet_geometry::Dense;
use ndarray::s;

use crate::gemm::{Packed, Panels, packed_length};
use crate::layers::matrices::{bias_gradient, blocks, matrix, matrix_mut};
use crate::layers::{Context, Forward, InputGradient, Layer, ParameterGradient};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Outputs in one piece of the forward pass.
const OUTPUT_TILE: usize = 48;

/// Inputs in one piece of either gradient: as many columns of the weights.
const INPUT_TILE: usize = 256;

/// How a fully connected layer is computed, a function of the batch alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DenseAlgorithm {
    /// One image: an inner product for each output.
    InnerProducts,
    /// A matrix product over the batch.
    Product,
}

impl DenseAlgorithm {
    /// The algorithm for a batch of this size.
    pub const fn of(images: usize) -> Self {
        if images == 1 { Self::InnerProducts } else { Self::Product }
    }
}

impl<T: Scalar> Layer<T> for Dense {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let Context { images, tier, ref mut packed, .. } = *context;
        let (weights, bias) = at.parameters.split_at(self.weights());
        let weights = matrix(weights, self.inputs());
        let work = Work::of(images, self.macs());
        if DenseAlgorithm::of(images) == DenseAlgorithm::InnerProducts {
            parallel::chunks(at.output, OUTPUT_TILE, work, |index, outputs| {
                for (k, output) in (index * OUTPUT_TILE..).zip(outputs) {
                    let template = weights.row(k).to_slice().expect("rows are adjacent");
                    let bias = bias.get(k).copied().unwrap_or_else(T::zero);
                    *output = bias + T::dot(tier, template, at.input);
                }
            });
            return;
        }
        Panels::new(tier, self.inputs(), images, packed)
            .fill_shared(matrix(at.input, self.inputs()).reversed_axes());
        let packed = Packed::new(tier, self.inputs(), images, packed);
        parallel::column_tiles(
            matrix_mut(at.output, self.outputs()),
            OUTPUT_TILE,
            work,
            |first, mut tile| {
                let outputs = first..first + tile.ncols();
                match bias {
                    [] => tile.fill(T::zero()),
                    bias => tile.assign(&ndarray::aview1(&bias[outputs.clone()])),
                }
                T::multiply(tier, weights.slice(s![outputs, ..]), packed, tile.reversed_axes());
            },
        );
    }

    fn parameter_gradient(&self, at: ParameterGradient<'_, T>, context: &mut Context<'_, T>) {
        let Context { images, tier, workers, .. } = *context;
        let (weights, bias) = at.gradient.split_at_mut(self.weights());
        let (input, output_gradient) =
            (matrix(at.input, self.inputs()), matrix(at.output_gradient, self.outputs()));
        let work = Work::of(images, self.macs());
        parallel::column_tiles(matrix_mut(weights, self.inputs()), INPUT_TILE, work, |first, mut tile| {
            if at.mode == Gradients::Overwrite {
                tile.fill(T::zero());
            }
            let width = tile.ncols();
            workers.with(|scratch| {
                for batch in blocks(images) {
                    let input = input.slice(s![batch.clone(), first..first + width]);
                    Panels::new(tier, batch.len(), width, scratch).fill_from(input);
                    let packed = Packed::new(tier, batch.len(), width, scratch);
                    T::multiply(
                        tier,
                        output_gradient.slice(s![batch, ..]).reversed_axes(),
                        packed,
                        tile.view_mut(),
                    );
                }
            });
        });
        bias_gradient(bias, output_gradient, at.mode);
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let Context { images, tier, workers, .. } = *context;
        let (weights, _) = at.parameters.split_at(self.weights());
        let (weights, output_gradient) =
            (matrix(weights, self.inputs()), matrix(at.output_gradient, self.outputs()));
        let work = Work::of(images, self.macs());
        parallel::column_tiles(
            matrix_mut(at.gradient, self.inputs()),
            INPUT_TILE,
            work,
            |first, mut tile| {
                tile.fill(T::zero());
                let width = tile.ncols();
                workers.with(|scratch| {
                    for outputs in blocks(self.outputs()) {
                        let weights = weights.slice(s![outputs.clone(), first..first + width]);
                        Panels::new(tier, outputs.len(), width, scratch).fill_from(weights);
                        let packed = Packed::new(tier, outputs.len(), width, scratch);
                        T::multiply(tier, output_gradient.slice(s![.., outputs]), packed, tile.view_mut());
                    }
                });
            },
        );
    }

    fn packed_numbers(&self, images: usize, tier: Tier) -> usize {
        packed_length::<T>(tier, self.inputs(), images)
    }
}
