//! CONV by matrix products: `output = columns * filters^T + bias`.
//!
//! The column matrix is made in blocks that stay in cache, each used at once and forgotten. Forward and backward by the
//! input keep the filters packed, shared by all threads; backward by the filters packs blocks of columns. A 1x1
//! convolution with stride 1 needs no columns at all: its input is the column matrix.

use convnet_geometry::{Convolution, Extent, Padding, Volume};
use ndarray::{ArrayView2, s};

use crate::gemm::{Packed, Panels, ROW_BLOCK, packed_length};
use crate::layers::columns::Columns;
use crate::layers::matrices::{bias_gradient, blocks, matrix, matrix_mut};
use crate::layers::{Algorithms, Context, Forward, InputGradient, Layer, ParameterGradient};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Taps in one piece of the filters' gradient: their columns are packed once and used by all filters.
const TAP_TILE: usize = 64;

/// How a convolution is computed: chosen by its geometry alone, unless [`Algorithms`] forces another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConvolutionAlgorithm {
    /// 1x1 with stride 1 and no padding: a product with the volume as it lies.
    Pointwise,
    /// Blocks of the column matrix: for every convolution.
    Columns,
}

impl ConvolutionAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 2] = [Self::Pointwise, Self::Columns];

    /// The algorithm chosen for this geometry.
    pub const fn of(geometry: &Convolution) -> Self {
        if Self::Pointwise.is_admissible(geometry) { Self::Pointwise } else { Self::Columns }
    }

    /// Whether it computes convolutions of this geometry.
    pub const fn is_admissible(self, geometry: &Convolution) -> bool {
        match self {
            Self::Pointwise => is_pointwise(geometry),
            Self::Columns => true,
        }
    }
}

/// Whether every output is a product with the pixel at its own place.
const fn is_pointwise(geometry: &Convolution) -> bool {
    let window = geometry.window();
    let Extent { width, height } = window.filter;
    let Extent { width: s_width, height: s_height } = window.stride;
    let Padding { left, right, top, bottom } = window.padding;
    let is_single = width == 1 && height == 1 && s_width == 1 && s_height == 1;
    is_single && left == 0 && right == 0 && top == 0 && bottom == 0
}

impl<T: Scalar> Layer<T> for Convolution {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let (weights, bias) = at.parameters.split_at(self.weights());
        let Context { images, tier, algorithms, ref mut packed, workers } = *context;
        let algorithm = algorithms.of_convolution(self);
        let (taps, filters) = (self.taps(), self.group_filters());
        let groups = GroupsPacked { tier, rows: taps, columns: filters };
        groups.fill(packed, self.groups(), |group| self.filters_of(weights, group).reversed_axes());
        let packed = &**packed;
        let work = Work::of(images, self.macs());
        parallel::chunks(at.output, ROW_BLOCK * self.filters(), work, |index, output| {
            let first = index * ROW_BLOCK;
            let mut output = matrix_mut(output, self.filters());
            for mut pixel in output.rows_mut() {
                match bias {
                    [] => pixel.fill(T::zero()),
                    bias => pixel.assign(&ndarray::aview1(bias)),
                }
            }
            for group in 0..self.groups() {
                let filters_packed = groups.view(packed, group);
                let mut output = output.slice_mut(s![.., group * filters..(group + 1) * filters]);
                match algorithm {
                    ConvolutionAlgorithm::Pointwise => {
                        let input = self.pixels(at.input, group);
                        let rows = input.slice(s![first..first + output.nrows(), ..]);
                        T::multiply(tier, rows, filters_packed, output);
                    }
                    ConvolutionAlgorithm::Columns => workers.with(|scratch| {
                        let columns = Columns::new(self, group);
                        for block in blocks(taps) {
                            let (length, taps) = (block.len(), columns.taps(block.clone()));
                            let rows = scratch[..output.nrows() * length].chunks_exact_mut(length);
                            for (row, position) in rows.zip(columns.positions(first)) {
                                columns.gather(at.input, &position, &taps, row);
                            }
                            let rows = matrix(&scratch[..output.nrows() * block.len()], block.len());
                            let filters_packed = filters_packed.block(block, 0..filters);
                            T::multiply(tier, rows, filters_packed, output.view_mut());
                        }
                    }),
                }
            }
        });
    }

    fn parameter_gradient(&self, at: ParameterGradient<'_, T>, context: &mut Context<'_, T>) {
        let (weights, bias) = at.gradient.split_at_mut(self.weights());
        match context.algorithms.of_convolution(self) {
            // Both copy what they read into panels: the pixels are the columns of a 1x1 filter.
            ConvolutionAlgorithm::Pointwise | ConvolutionAlgorithm::Columns => {
                filter_gradient(self, (at.input, at.output_gradient), weights, at.mode, context);
            }
        }
        bias_gradient(bias, matrix(at.output_gradient, self.filters()), at.mode);
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let (weights, _) = at.parameters.split_at(self.weights());
        let Context { images, tier, algorithms, ref mut packed, workers } = *context;
        let algorithm = algorithms.of_convolution(self);
        let (taps, filters) = (self.taps(), self.group_filters());
        let groups = GroupsPacked { tier, rows: filters, columns: taps };
        groups.fill(packed, self.groups(), |group| self.filters_of(weights, group));
        let packed = &**packed;
        let Volume { width, height, .. } = self.output();
        let pixels = width * height;
        let work = Work::of(images, self.macs());
        parallel::chunks(at.gradient, self.input().count(), work, |image, gradient| {
            gradient.fill(T::zero());
            let output_gradient = matrix(at.output_gradient, self.filters());
            for group in 0..self.groups() {
                let filters_packed = groups.view(packed, group);
                let of_group =
                    s![image * pixels..(image + 1) * pixels, group * filters..(group + 1) * filters];
                let output_gradient = output_gradient.slice(of_group);
                match algorithm {
                    ConvolutionAlgorithm::Pointwise => {
                        let mut gradient = matrix_mut(gradient, self.input().depth);
                        let gradient = gradient.slice_mut(s![.., group * taps..(group + 1) * taps]);
                        T::multiply(tier, output_gradient, filters_packed, gradient);
                    }
                    ConvolutionAlgorithm::Columns => workers.with(|scratch| {
                        let columns = Columns::new(self, group);
                        for first in (0..pixels).step_by(ROW_BLOCK) {
                            let output_gradient =
                                output_gradient.slice(s![first..pixels.min(first + ROW_BLOCK), ..]);
                            for block in blocks(taps) {
                                let rows = &mut scratch[..output_gradient.nrows() * block.len()];
                                rows.fill(T::zero());
                                let packed = filters_packed.block(0..filters, block.clone());
                                T::multiply(tier, output_gradient, packed, matrix_mut(rows, block.len()));
                                let (taps, positions) =
                                    (columns.taps(block.clone()), columns.positions(first));
                                for (row, position) in rows.chunks_exact(block.len()).zip(positions) {
                                    columns.scatter(&position, &taps, row, gradient);
                                }
                            }
                        }
                    }),
                }
            }
        });
    }

    fn packed_numbers(&self, _images: usize, tier: Tier, _algorithms: Algorithms) -> usize {
        let forward = packed_length::<T>(tier, self.taps(), self.group_filters());
        let backward = packed_length::<T>(tier, self.group_filters(), self.taps());
        forward.max(backward).saturating_mul(self.groups())
    }
}

/// `output_gradient^T * columns`.
fn filter_gradient<T: Scalar>(
    convolution: &Convolution,
    (input, output_gradient): (&[T], &[T]),
    gradient: &mut [T],
    mode: Gradients,
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, workers, .. } = *context;
    let (taps, filters) = (convolution.taps(), convolution.group_filters());
    let output_gradient = matrix(output_gradient, convolution.filters());
    let work = Work::of(images, convolution.macs() / convolution.groups() as u64);
    for (group, gradient) in gradient.chunks_exact_mut(filters * taps).enumerate() {
        let columns = Columns::new(convolution, group);
        let output_gradient = output_gradient.slice(s![.., group * filters..(group + 1) * filters]);
        parallel::column_tiles(matrix_mut(gradient, taps), tap_tile(taps), work, |first, mut tile| {
            if mode == Gradients::Overwrite {
                tile.fill(T::zero());
            }
            let width = tile.ncols();
            let taps = columns.taps(first..first + width);
            let mut row = [T::zero(); TAP_TILE];
            workers.with(|scratch| {
                for pixels in blocks(output_gradient.nrows()) {
                    let mut positions = columns.positions(pixels.start);
                    Panels::new(tier, pixels.len(), width, scratch).fill_rows(&mut row, |row| {
                        let position = positions.next().expect("positions have no end");
                        columns.gather(input, &position, &taps, row);
                    });
                    let packed = Packed::new(tier, pixels.len(), width, scratch);
                    let output_gradient = output_gradient.slice(s![pixels, ..]).reversed_axes();
                    T::multiply(tier, output_gradient, packed, tile.view_mut());
                }
            });
        });
    }
}

/// Access to parts of a batch and of the filters, by group.
trait Parts {
    fn filters_of<'a, T>(&self, weights: &'a [T], group: usize) -> ArrayView2<'a, T>;
    fn pixels<'a, T>(&self, input: &'a [T], group: usize) -> ArrayView2<'a, T>;
}

impl Parts for Convolution {
    /// The filters of a group, `[K/G, taps]`.
    fn filters_of<'a, T>(&self, weights: &'a [T], group: usize) -> ArrayView2<'a, T> {
        let length = self.group_filters() * self.taps();
        matrix(&weights[group * length..(group + 1) * length], self.taps())
    }

    /// The pixels of the batch, `[N*H*W, D/G]`, with a group's channels.
    fn pixels<'a, T>(&self, input: &'a [T], group: usize) -> ArrayView2<'a, T> {
        let depth = self.group_depth();
        matrix(input, self.input().depth).slice_move(s![.., group * depth..(group + 1) * depth])
    }
}

/// Equal matrices, one a group, packed one after the other.
#[derive(Clone, Copy)]
struct GroupsPacked {
    tier: Tier,
    rows: usize,
    columns: usize,
}

impl GroupsPacked {
    fn fill<'a, T: Scalar>(
        self,
        memory: &mut [T],
        groups: usize,
        matrix: impl Fn(usize) -> ArrayView2<'a, T>,
    ) {
        let length = packed_length::<T>(self.tier, self.rows, self.columns);
        for (group, memory) in memory.chunks_exact_mut(length).take(groups).enumerate() {
            Panels::new(self.tier, self.rows, self.columns, memory).fill_shared(matrix(group));
        }
    }

    fn view<T: Scalar>(self, memory: &[T], group: usize) -> Packed<'_, T> {
        let length = packed_length::<T>(self.tier, self.rows, self.columns);
        Packed::new(self.tier, self.rows, self.columns, &memory[group * length..])
    }
}

/// Tiles wide enough to be worth packing, narrow enough that there are some for every thread.
const fn tap_tile(taps: usize) -> usize {
    if taps < 512 { TAP_TILE / 2 } else { TAP_TILE }
}
