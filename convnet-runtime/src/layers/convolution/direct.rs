//! Products with windows where they lie.
//!
//! Forward, each output is a window on the input times the packed filters. Backward by the input, each pixel of the
//! input's gradient is a window on the output's gradient times the filters' taps that reach it, pixels being taken
//! [phase](Phase) by phase. Where windows reach into the padding, a piece of work copies the rows that it needs, with zeros
//! around them.

use std::ops::Range;

use convnet_geometry::{Axis, Convolution};
use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::pieces::{Cut, framed, framed_numbers};
use crate::gemm::{Finish, Packed, Panels, Rows, packed_length};
use crate::layers::columns::{Beyond, Columns, Phase};
use crate::layers::matrices::matrix;
use crate::layers::{Context, ConvolutionAlgorithm, Memory};
use crate::parallel::Work;
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Pixels in one piece of work, or as many as a row has. A multiple of every tile's rows.
const PIXELS: usize = 96;

/// Pieces that are enough for every thread to have some.
const ENOUGH_PIECES: usize = 16;

/// Channels of a piece of work, or twice the columns of a tile if that is fewer.
const LEAST_CHANNELS: usize = 32;

/// Pixels whose windows are multiplied together.
const LOT: usize = 96;

/// What it needs to pack filters, and to copy windows.
pub(super) fn memory<T: Scalar>(convolution: &Convolution, images: usize, tier: Tier) -> Memory {
    let (taps, filters) = (convolution.taps(), convolution.group_filters());
    let depth = convolution.group_depth();
    let of_phase = |(height, width): (Phase, Phase)| {
        packed_length::<T>(tier, height.cells().saturating_mul(width.cells()).saturating_mul(filters), depth)
    };
    let backward = phases(convolution).map(of_phase).fold(0, usize::saturating_add);
    let columns = Columns::new(convolution, 0);
    let Cut { images: of_piece, rows, .. } = forward_cut::<T>(convolution, images, tier);
    let rows = columns.source_rows(0..rows).len();
    let worker = framed_numbers(columns.source(), columns.beyond(), of_piece, rows);
    let (height, beyond) = (convolution.input().height, beyond(convolution));
    let Cut { images: of_piece, rows, .. } = backward_cut::<T>(convolution, images, tier);
    let needed = |first| rows_needed(convolution, first..height.min(first + rows)).len();
    let rows = (0..height).step_by(rows).map(needed).max().unwrap_or(0);
    let worker_backward = framed_numbers(convolution.output(), beyond, of_piece, rows);
    Memory {
        filters: packed_length::<T>(tier, taps, filters).saturating_mul(convolution.groups()),
        forward: 0,
        backward: backward.saturating_mul(convolution.groups()),
        worker,
        worker_backward,
    }
}

/// Channels are cut only where there is one group: two panels of narrow vectors, or one of wide ones, so that windows are read
/// less often.
fn channels<T: Scalar>(convolution: &Convolution, tier: Tier, depth: usize) -> (usize, usize) {
    let least = T::panel_width(tier) * if T::panel_width(tier) < LEAST_CHANNELS { 2 } else { 1 };
    if convolution.groups() == 1 { (ENOUGH_PIECES, least) } else { (1, depth) }
}

fn forward_cut<T: Scalar>(convolution: &Convolution, images: usize, tier: Tier) -> Cut {
    let output = convolution.output();
    Cut::new(output, images, PIXELS, 1, channels::<T>(convolution, tier, output.depth))
}

fn backward_cut<T: Scalar>(convolution: &Convolution, images: usize, tier: Tier) -> Cut {
    let input = convolution.input();
    Cut::new(input, images, PIXELS, 1, channels::<T>(convolution, tier, input.depth))
}

pub(super) fn forward<T: Scalar>(
    convolution: &Convolution,
    parameters: &[T],
    input: &[T],
    output: &mut [T],
    context: &mut Context<'_, T>,
) {
    let (weights, bias) = parameters.split_at(convolution.weights());
    let Context { images, tier, workers, relu, .. } = *context;
    let (taps, filters) = (convolution.taps(), convolution.group_filters());
    let length = packed_length::<T>(tier, taps, filters);
    let packed = context.filters(ConvolutionAlgorithm::Direct, length * convolution.groups(), |packed| {
        for (group, memory) in packed.chunks_exact_mut(length).enumerate() {
            Panels::new(tier, taps, filters, memory)
                .fill_shared(filters_of(convolution, weights, group).reversed_axes());
        }
    });
    let (cut, work) = (forward_cut::<T>(convolution, images, tier), Work::of(images, convolution.macs()));
    cut.run(output, convolution.output(), work, |piece, mut output| {
        workers.with(|scratch| {
            let columns = Columns::new(convolution, 0);
            let rows = (piece.images.clone(), columns.source_rows(piece.rows.clone()));
            let (source, frame) = framed(input, convolution.input(), columns.beyond(), rows, scratch);
            for (group, packed) in packed.chunks_exact(length).enumerate() {
                // All filters of the group, or those of the piece if it is the only one.
                let channels = if cut.channels < filters { piece.channels.clone() } else { 0..filters };
                let of_group = group * filters..group * filters + channels.len();
                let of_bias = of_group.start + channels.start..of_group.end + channels.start;
                let product = Product {
                    tier,
                    source,
                    columns: Columns::new(convolution, group).within(&frame),
                    filters: Packed::new(tier, taps, filters, packed).block(0..taps, channels),
                    finish: Finish::Store { bias: if bias.is_empty() { bias } else { &bias[of_bias] }, relu },
                };
                let mut output = output.slice_mut(s![.., of_group]);
                let mut lot = Lot::new();
                let mut row = 0;
                for image in piece.images.clone() {
                    for y in piece.rows.clone() {
                        let width = convolution.output().width;
                        product.run(image - frame.image, y, 0..width, (row, 1), &mut lot, output.view_mut());
                        row += width;
                    }
                }
                product.multiply(&mut lot, output);
            }
        });
    });
}

pub(super) fn input_gradient<T: Scalar>(
    convolution: &Convolution,
    parameters: &[T],
    output_gradient: &[T],
    gradient: &mut [T],
    context: &mut Context<'_, T>,
) {
    let (weights, _) = parameters.split_at(convolution.weights());
    let Context { images, tier, ref mut packed, workers, .. } = *context;
    let (depth, filters) = (convolution.group_depth(), convolution.group_filters());
    let mut rest = &mut **packed;
    for group in 0..convolution.groups() {
        for (height, width) in phases(convolution) {
            let rows = height.cells() * width.cells() * filters;
            let (memory, beyond) = rest.split_at_mut(packed_length::<T>(tier, rows, depth));
            let weights = filters_of(convolution, weights, group);
            Panels::new(tier, rows, depth, memory).fill_by_row_shared(|row| {
                let (cell, filter) = (row / filters, row % filters);
                let (y, x) = (height.tap(cell / width.cells()), width.tap(cell % width.cells()));
                let tap = (y * convolution.window().filter.width + x) * depth;
                &weights.row(filter).to_slice().expect("rows are adjacent")[tap..tap + depth]
            });
            rest = beyond;
        }
    }
    let packed = &**packed;
    let (input, beyond) = (convolution.input(), beyond(convolution));
    // Whether there are pixels that no tap reaches.
    let reached: usize = phases(convolution).map(|(h, w)| h.pixels.count * w.pixels.count).sum();
    let leaves_out = reached < input.width * input.height;
    let (cut, work) = (backward_cut::<T>(convolution, images, tier), Work::of(images, convolution.macs()));
    cut.run(gradient, input, work, |piece, mut gradient| {
        if leaves_out {
            gradient.fill(T::zero());
        }
        workers.with(|scratch| {
            let rows = (piece.images.clone(), rows_needed(convolution, piece.rows.clone()));
            let (source, frame) = framed(output_gradient, convolution.output(), beyond, rows, scratch);
            let mut rest = packed;
            for group in 0..convolution.groups() {
                let channels = if cut.channels < depth { piece.channels.clone() } else { 0..depth };
                let of_group = group * depth..group * depth + channels.len();
                let mut gradient = gradient.slice_mut(s![.., of_group]);
                for (height, width) in phases(convolution) {
                    let columns = Columns::backward(convolution, group, &height, &width).within(&frame);
                    let taps = columns.count();
                    let filters = Packed::new(tier, taps, depth, rest).block(0..taps, channels.clone());
                    rest = &rest[packed_length::<T>(tier, taps, depth)..];
                    let product = Product { tier, source, columns, filters, finish: Finish::STORE };
                    let mut lot = Lot::new();
                    for (index, image) in piece.images.clone().enumerate() {
                        for y in height.among(piece.rows.clone()) {
                            let row = height.first + y * height.pixels.step - piece.rows.start;
                            let first = (index * piece.rows.len() + row) * input.width + width.first;
                            let of_phase = (first, width.pixels.step);
                            let windows = 0..width.pixels.count;
                            product.run(
                                image - frame.image,
                                y,
                                windows,
                                of_phase,
                                &mut lot,
                                gradient.view_mut(),
                            );
                        }
                    }
                    product.multiply(&mut lot, gradient.view_mut());
                }
            }
        });
    });
}

/// The phases of the input's pixels, along height and width.
fn phases(convolution: &Convolution) -> impl Iterator<Item = (Phase, Phase)> {
    let (window, input, output) = (convolution.window(), convolution.input().extent(), convolution.output());
    let along_height = Phase::all(window.along(Axis::Height, input), output.height);
    let along_width = Phase::all(window.along(Axis::Width, input), output.width);
    along_height.flat_map(move |height| along_width.clone().map(move |width| (height, width)))
}

/// How far windows of any phase reach beyond the output.
fn beyond(convolution: &Convolution) -> Beyond {
    let of_phase = |(height, width)| Columns::backward(convolution, 0, &height, &width).beyond();
    phases(convolution).map(of_phase).fold(Beyond::default(), Beyond::or)
}

/// The rows of the output, and beyond it, from which these rows of the input are reached.
fn rows_needed(convolution: &Convolution, rows: Range<usize>) -> Range<isize> {
    let of_phase = |(height, width): (Phase, Phase)| {
        let among = height.among(rows.clone());
        (!among.is_empty()).then(|| Columns::backward(convolution, 0, &height, &width).source_rows(among))
    };
    let all = phases(convolution).filter_map(of_phase);
    all.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0..0)
}

/// The filters of a group, `[K/G, taps]`.
fn filters_of<'a, T>(convolution: &Convolution, weights: &'a [T], group: usize) -> ArrayView2<'a, T> {
    let length = convolution.group_filters() * convolution.taps();
    matrix(&weights[group * length..(group + 1) * length], convolution.taps())
}

/// A product of windows, which all lie inside, with packed filters.
struct Product<'a, T> {
    tier: Tier,
    source: &'a [T],
    columns: Columns,
    filters: Packed<'a, T>,
    finish: Finish<'a, T>,
}

impl<T: Scalar> Product<'_, T> {
    /// Adds the windows at row `y` of an image to the lot, which is multiplied whenever it is full: the first of them gives row
    /// `to.0` of the output, the next ones every `to.1`th behind it.
    fn run(
        &self,
        image: usize,
        y: usize,
        windows: Range<usize>,
        (to, step): (usize, usize),
        lot: &mut Lot,
        mut output: ArrayViewMut2<'_, T>,
    ) {
        let [_, along] = self.columns.steps();
        let begin = self.columns.first(&self.columns.at(image, y, windows.start));
        for (i, _) in windows.enumerate() {
            lot.push(begin + i * along, to + i * step);
            if lot.length == LOT {
                self.multiply(lot, output.view_mut());
            }
        }
    }

    fn multiply(&self, lot: &mut Lot, output: ArrayViewMut2<'_, T>) {
        let (firsts, rows) = (&lot.firsts[..lot.length], &lot.rows[..lot.length]);
        let a = Rows { numbers: self.source, firsts, terms: self.columns.terms() };
        T::product(self.tier, a, self.filters, output, rows, self.finish);
        lot.length = 0;
    }
}

/// Windows that are multiplied together: where each begins, and which row of the output it gives.
struct Lot {
    length: usize,
    firsts: [usize; LOT],
    rows: [usize; LOT],
}

impl Lot {
    const fn new() -> Self {
        Self { length: 0, firsts: [0; LOT], rows: [0; LOT] }
    }

    fn push(&mut self, first: usize, row: usize) {
        self.firsts[self.length] = first;
        self.rows[self.length] = row;
        self.length += 1;
    }
}
