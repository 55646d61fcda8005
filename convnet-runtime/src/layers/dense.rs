//! FC by matrix products, the weights where they lie.
//!
//! Forward it is `output^T = weights * images^T`: the images are packed, which are few, and not the weights, which are
//! many. A single image is one inner product an output.
//!
//! DROPCONNECT draws one mask over the weights for each step, which all images share: Wan et al. 2013 draw one for each
//! image, which no matrix product allows. Weight `i` takes word `i` of image 0. What is kept is not scaled while training,
//! and lies in memory of the context; inference multiplies what the weights give by `keep`, as their expectation is.
//! Biases are neither dropped nor scaled.

use convnet_geometry::{Dense, DenseAlgorithm, Pass, Real};
use ndarray::s;

use crate::gemm::{Packed, Panels, packed_length};
use crate::layers::channels::bias_gradient;
use crate::layers::dropout::DRAW;
use crate::layers::matrices::{blocks, matrix, matrix_mut};
use crate::layers::{Algorithms, Context, Forward, InputGradient, Layer, Memory, Mode, ParameterGradient};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::random::Draw;
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Outputs in one piece of the forward pass.
const OUTPUT_TILE: usize = 48;

/// Inputs in one piece of either gradient: as many columns of the weights.
const INPUT_TILE: usize = 256;

/// Weights in one piece of a mask.
const MASK_PIECE: usize = 1 << 14;

/// Rows of weights that are added to a gradient at a time, and columns of one piece of work then.
const ROWS: usize = 8;
const COLUMNS: usize = 1024;

impl<T: Scalar> Layer<T> for Dense {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let (memory, ref mut context) = context.split_packed(self.kept());
        let (weights, bias) = at.parameters.split_at(self.weights());
        match (self.keep(), at.mode) {
            (None, _) => product(self, (weights, bias), at.input, at.output, context),
            (Some(keep), Mode::Training { draw, .. } | Mode::Sampling { draw, .. }) => {
                let weights = kept_weights(weights, keep, draw, memory);
                product(self, (weights, bias), at.input, at.output, context);
            }
            (Some(keep), Mode::Inference { .. }) => {
                product(self, (weights, &[]), at.input, at.output, context);
                scale(at.output, T::from_f64(keep.get()), bias, self.outputs());
            }
        }
    }

    fn parameter_gradient(&self, at: ParameterGradient<'_, T>, context: &mut Context<'_, T>) {
        let (weights, bias) = at.gradient.split_at_mut(self.weights());
        let operands = (at.input, at.output_gradient);
        match self.keep() {
            None => weight_gradient(self, operands, weights, at.mode, context),
            Some(keep) => {
                let (memory, ref mut context) = context.split_packed(self.kept());
                weight_gradient(self, operands, memory, Gradients::Overwrite, context);
                write_kept(memory, keep, at.kept.draw, weights, at.mode);
            }
        }
        bias_gradient(context.tier, bias, at.output_gradient, self.outputs(), at.mode);
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let (memory, ref mut context) = context.split_packed(self.kept());
        let (weights, _) = at.parameters.split_at(self.weights());
        let weights = match self.keep() {
            None => weights,
            Some(keep) => kept_weights(weights, keep, at.kept.draw, memory),
        };
        product_gradient(self, weights, at.output_gradient, at.gradient, context);
    }

    /// The images, and the weights that are kept of those that may be dropped; for workers, sums of some outputs.
    fn memory(&self, images: usize, tier: Tier, algorithms: Algorithms) -> Memory {
        let shared = packed_images::<T>(self, images, tier, algorithms).saturating_add(self.kept());
        Memory { worker: images.saturating_mul(OUTPUT_TILE), ..Memory::shared(shared) }
    }
}

/// What is kept of the weights.
trait Kept {
    fn kept(&self) -> usize;
}

impl Kept for Dense {
    /// Numbers that the weights take of which some may be dropped.
    fn kept(&self) -> usize {
        if self.keep().is_some() { self.weights() } else { 0 }
    }
}

/// Numbers that the images take when they are packed.
fn packed_images<T: Scalar>(dense: &Dense, images: usize, tier: Tier, algorithms: Algorithms) -> usize {
    match algorithms.of_dense(images, Pass::Forward) {
        DenseAlgorithm::InnerProducts => 0,
        DenseAlgorithm::Product => packed_length::<T>(tier, dense.inputs(), images),
    }
}

/// `output = input * weights^T + bias`.
fn product<T: Scalar>(
    dense: &Dense,
    (weights, bias): (&[T], &[T]),
    input: &[T],
    output: &mut [T],
    context: &mut Context<'_, T>,
) {
    match context.algorithms.of_dense(context.images, Pass::Forward) {
        DenseAlgorithm::InnerProducts => inner_products(dense, (weights, bias), input, output, context),
        DenseAlgorithm::Product => matrix_product(dense, (weights, bias), input, output, context),
    }
}

/// [`product`], image by image.
fn inner_products<T: Scalar>(
    dense: &Dense,
    (weights, bias): (&[T], &[T]),
    input: &[T],
    output: &mut [T],
    context: &mut Context<'_, T>,
) {
    let (tier, work) = (context.tier, Work::of(1, dense.macs()));
    let weights = matrix(weights, dense.inputs());
    let images = input.chunks_exact(dense.inputs());
    for (image, output) in images.zip(output.chunks_exact_mut(dense.outputs())) {
        parallel::chunks(output, OUTPUT_TILE, work, |index, outputs| {
            for (k, output) in (index * OUTPUT_TILE..).zip(outputs) {
                let template = weights.row(k).to_slice().expect("rows are adjacent");
                let bias = bias.get(k).copied().unwrap_or_else(T::zero);
                *output = bias + T::dot(tier, template, image);
            }
        });
    }
}

/// [`product`] over the batch, the images packed.
fn matrix_product<T: Scalar>(
    dense: &Dense,
    (weights, bias): (&[T], &[T]),
    input: &[T],
    output: &mut [T],
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, ref mut packed, workers, .. } = *context;
    let weights = matrix(weights, dense.inputs());
    let work = Work::of(images, dense.macs());
    Panels::new(tier, dense.inputs(), images, packed)
        .fill_shared(matrix(input, dense.inputs()).reversed_axes());
    let packed = Packed::new(tier, dense.inputs(), images, packed);
    parallel::column_tiles(matrix_mut(output, dense.outputs()), OUTPUT_TILE, work, |first, mut tile| {
        let outputs = first..first + tile.ncols();
        workers.with(|scratch| {
            // A row of sums for each output, which are turned round when they are complete.
            let mut sums = matrix_mut(&mut scratch[..outputs.len() * images], images);
            let of_tile = weights.slice(s![outputs.clone(), ..]);
            T::multiply(tier, of_tile, packed, sums.view_mut(), Gradients::Overwrite);
            if !bias.is_empty() {
                for (mut sums, &bias) in sums.rows_mut().into_iter().zip(&bias[outputs]) {
                    sums += bias;
                }
            }
            tile.assign(&sums.t());
        });
    });
}

/// `output_gradient^T * input`.
fn weight_gradient<T: Scalar>(
    dense: &Dense,
    (input, output_gradient): (&[T], &[T]),
    gradient: &mut [T],
    mode: Gradients,
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, workers, .. } = *context;
    let (input, output_gradient) = (matrix(input, dense.inputs()), matrix(output_gradient, dense.outputs()));
    let work = Work::of(images, dense.macs());
    parallel::column_tiles(matrix_mut(gradient, dense.inputs()), INPUT_TILE, work, |first, mut tile| {
        let width = tile.ncols();
        workers.with(|scratch| {
            for (batch, mode) in blocks(images).zip(modes(mode)) {
                let input = input.slice(s![batch.clone(), first..first + width]);
                Panels::new(tier, batch.len(), width, scratch).fill_from(input);
                let packed = Packed::new(tier, batch.len(), width, scratch);
                T::multiply(
                    tier,
                    output_gradient.slice(s![batch, ..]).reversed_axes(),
                    packed,
                    tile.view_mut(),
                    mode,
                );
            }
        });
    });
}

/// How blocks of a sum are added up: the first one as asked, the others to it.
fn modes(first: Gradients) -> impl Iterator<Item = Gradients> {
    std::iter::once(first).chain(std::iter::repeat(Gradients::Accumulate))
}

/// `output_gradient * weights`.
fn product_gradient<T: Scalar>(
    dense: &Dense,
    weights: &[T],
    output_gradient: &[T],
    gradient: &mut [T],
    context: &mut Context<'_, T>,
) {
    match context.algorithms.of_dense(context.images, Pass::ByInput) {
        DenseAlgorithm::InnerProducts => sums_of_rows(dense, weights, output_gradient, gradient, context),
        DenseAlgorithm::Product => {
            matrix_product_gradient(dense, weights, output_gradient, gradient, context);
        }
    }
}

/// [`product_gradient`], image by image, the weights being read once, where they lie.
fn sums_of_rows<T: Scalar>(
    dense: &Dense,
    weights: &[T],
    output_gradient: &[T],
    gradient: &mut [T],
    context: &mut Context<'_, T>,
) {
    let (tier, work) = (context.tier, Work::of(context.images, dense.macs()));
    let weights = matrix(weights, dense.inputs());
    parallel::column_tiles(matrix_mut(gradient, dense.inputs()), COLUMNS, work, |first, mut tile| {
        tile.fill(T::zero());
        let weights = weights.slice(s![.., first..first + tile.ncols()]);
        let row = |k: usize| weights.row(k).to_slice().expect("rows are adjacent");
        for first in (0..dense.outputs()).step_by(ROWS) {
            let rows = first..dense.outputs().min(first + ROWS);
            for (image, mut gradient) in tile.rows_mut().into_iter().enumerate() {
                let gradient = gradient.as_slice_mut().expect("rows are adjacent");
                let factors = &output_gradient[image * dense.outputs()..][rows.clone()];
                tier.vectorized(
                    #[inline(always)]
                    || match factors.first_chunk::<ROWS>() {
                        Some(factors) => {
                            add_rows(gradient, std::array::from_fn(|k| row(first + k)), *factors);
                        }
                        None => {
                            for (k, &factor) in rows.clone().zip(factors) {
                                add_rows(gradient, [row(k)], [factor]);
                            }
                        }
                    },
                );
            }
        }
    });
}

/// Adds a sum of rows, each times its factor.
#[inline(always)]
fn add_rows<T: Scalar, const N: usize>(to: &mut [T], rows: [&[T]; N], factors: [T; N]) {
    let rows = rows.map(|row| &row[..to.len()]);
    for (i, to) in to.iter_mut().enumerate() {
        let mut sum = T::zero();
        for (row, factor) in rows.iter().zip(factors) {
            sum += row[i] * factor;
        }
        *to += sum;
    }
}

/// [`product_gradient`], the weights packed.
fn matrix_product_gradient<T: Scalar>(
    dense: &Dense,
    weights: &[T],
    output_gradient: &[T],
    gradient: &mut [T],
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, workers, .. } = *context;
    let (weights, output_gradient) =
        (matrix(weights, dense.inputs()), matrix(output_gradient, dense.outputs()));
    let work = Work::of(images, dense.macs());
    parallel::column_tiles(matrix_mut(gradient, dense.inputs()), INPUT_TILE, work, |first, mut tile| {
        let width = tile.ncols();
        workers.with(|scratch| {
            for (outputs, mode) in blocks(dense.outputs()).zip(modes(Gradients::Overwrite)) {
                let weights = weights.slice(s![outputs.clone(), first..first + width]);
                Panels::new(tier, outputs.len(), width, scratch).fill_from(weights);
                let packed = Packed::new(tier, outputs.len(), width, scratch);
                T::multiply(tier, output_gradient.slice(s![.., outputs]), packed, tile.view_mut(), mode);
            }
        });
    });
}

/// The weights that are kept, zeros in place of all others, at the beginning of `memory`.
fn kept_weights<'a, T: Scalar>(weights: &[T], keep: Real, draw: Draw, memory: &'a mut [T]) -> &'a [T] {
    let memory = &mut memory[..weights.len()];
    write_kept(weights, keep, draw, memory, Gradients::Overwrite);
    memory
}

/// Writes or adds the numbers of those weights that are kept; 0 for all others.
fn write_kept<T: Scalar>(from: &[T], keep: Real, draw: Draw, to: &mut [T], mode: Gradients) {
    parallel::chunks(to, MASK_PIECE, Work::of(from.len(), DRAW), |index, to| {
        let first = index * MASK_PIECE;
        let numbers = from[first..].iter().zip(draw.kept(0, first, keep.get()));
        for (to, (&from, kept)) in to.iter_mut().zip(numbers) {
            let number = if kept { from } else { T::zero() };
            *to = if mode == Gradients::Accumulate { *to + number } else { number };
        }
    });
}

/// `factor * output + bias`.
fn scale<T: Scalar>(output: &mut [T], factor: T, bias: &[T], outputs: usize) {
    for scores in output.chunks_exact_mut(outputs) {
        scores.iter_mut().for_each(|score| *score *= factor);
        T::add_all(scores, bias);
    }
}
