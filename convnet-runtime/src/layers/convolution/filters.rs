//! The gradient by the filters: for every tap, what it saw times what its filter's outputs ask for.
//!
//! `gradient^T[tap, filter] = sum over outputs of input[window + tap] * output_gradient[filter]`. Inputs are read where
//! they lie, a row of windows after the other, or from a copy where windows reach into the padding. The output's gradient is
//! packed, some hundred pixels at a time. The work is cut by taps, and by images where filters are few: each part adds up
//! its images in their order, and the parts are added in theirs.

use std::ops::Range;

use convnet_geometry::{Convolution, Extent};

use super::pieces::{add_parts, framed, framed_numbers};
use crate::gemm::{Finish, IN_ORDER, Packed, Panels, Rows, Steps, Terms, packed_length};
use crate::layers::columns::{Beyond, Columns};
use crate::layers::matrices::matrix_mut;
use crate::layers::{Context, Memory};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Outputs that are packed at a time, if one row of an image does not have more.
const PIXELS: usize = 192;

/// Pieces of work that are made if there is enough of it.
const PIECES: usize = 8;

/// Numbers that all parts of a gradient may take together, if one does not take more.
const ROOM: usize = 1 << 20;

/// The most taps whose places are worked out at once.
const PLACES: usize = IN_ORDER.len();

/// Filters, and taps of them, whose gradients are written together.
const FILTERS: usize = 16;
const TAPS: usize = 16;

/// How the work is cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Parts of the batch.
    parts: usize,
    /// Rows of one piece, taps or filters, and how many pieces there are.
    rows: usize,
    pieces: usize,
    /// Numbers of one piece.
    length: usize,
}

impl Cut {
    /// Of sums of so many rows and columns.
    fn of((rows, columns): (usize, usize), images: usize) -> Self {
        let parts = (ROOM / (rows * columns)).clamp(1, PIECES).min(images);
        let of_piece = rows.div_ceil(PIECES.div_ceil(parts)).next_multiple_of(12);
        Self { parts, rows: of_piece, pieces: rows.div_ceil(of_piece), length: of_piece * columns }
    }

    /// Numbers of all pieces.
    fn numbers(self) -> usize {
        self.length.saturating_mul(self.parts * self.pieces)
    }

    /// Of which images piece `index` sums which of so many rows.
    fn piece(self, index: usize, images: usize, rows: usize) -> (Range<usize>, Range<usize>) {
        let (part, piece) = (index / self.pieces, index % self.pieces);
        let of_part = part * images / self.parts..(part + 1) * images / self.parts;
        (of_part, piece * self.rows..rows.min((piece + 1) * self.rows))
    }
}

/// Whether filters are of one pixel, which is never in the padding: then sums are in the filters' own order.
fn is_pointwise(convolution: &Convolution) -> bool {
    let is_one = convolution.window().filter == Extent::square(1);
    is_one && Columns::new(convolution, 0).beyond() == Beyond::default()
}

/// Rows of outputs that are packed at a time.
fn rows_of_band(convolution: &Convolution) -> usize {
    let output = convolution.output();
    (PIXELS / output.width).clamp(1, output.height)
}

/// What it needs for sums, and to pack gradients and copy inputs.
pub(super) fn memory<T: Scalar>(convolution: &Convolution, images: usize, tier: Tier) -> Memory {
    let (rows, columns) = (rows_of_band(convolution), Columns::new(convolution, 0));
    let pixels = rows.saturating_mul(convolution.output().width);
    let framed = framed_numbers(columns.source(), columns.beyond(), 1, columns.source_rows(0..rows).len());
    let (taps, filters) = (convolution.taps(), convolution.group_filters());
    let (cut, packed) = if is_pointwise(convolution) {
        (Cut::of((filters, taps), images), packed_length::<T>(tier, pixels, taps))
    } else {
        (Cut::of((taps, filters), images), packed_length::<T>(tier, pixels, filters))
    };
    Memory { backward: cut.numbers(), worker_backward: packed.saturating_add(framed), ..Memory::default() }
}

pub(super) fn gradient<T: Scalar>(
    convolution: &Convolution,
    (input, output_gradient): (&[T], &[T]),
    gradient: &mut [T],
    mode: Gradients,
    context: &mut Context<'_, T>,
) {
    if is_pointwise(convolution) {
        return pointwise(convolution, (input, output_gradient), gradient, mode, context);
    }
    let Context { images, tier, ref mut packed, workers, .. } = *context;
    let (taps, filters) = (convolution.taps(), convolution.group_filters());
    let cut = Cut::of((taps, filters), images);
    let work = Work::of(images, convolution.macs() / convolution.groups() as u64);
    for (group, gradient) in gradient.chunks_exact_mut(filters * taps).enumerate() {
        let columns = Columns::new(convolution, group);
        let sums = &mut packed[..cut.numbers()];
        parallel::chunks(sums, cut.length, work, |index, sums| {
            let (of_part, of_piece) = cut.piece(index, images, taps);
            sums.fill(T::zero());
            workers.with(|scratch| {
                let piece = Piece { tier, convolution, columns: &columns, group, taps: of_piece };
                for image in of_part {
                    piece.add_image(image, input, output_gradient, sums, scratch);
                }
            });
        });
        let sums = &*sums;
        // Sums are `[part][tap][filter]`, a gradient `[filter][tap]`.
        let work = Work::of(gradient.len(), cut.parts as u64);
        parallel::chunks(gradient, FILTERS * taps, work, |index, gradient| {
            let of_piece = index * FILTERS..filters.min((index + 1) * FILTERS);
            // Blocks of taps by filters are turned round here, since adjacent filters' taps often share a place in the cache.
            for first in (0..taps).step_by(TAPS) {
                let mut block = [[T::zero(); TAPS]; FILTERS];
                let of_block = first..taps.min(first + TAPS);
                for part in 0..cut.parts {
                    let sums = &sums[part * cut.pieces * cut.length..];
                    for (column, tap) in of_block.clone().enumerate() {
                        let sums = &sums[tap * filters..][of_piece.clone()];
                        block.iter_mut().zip(sums).for_each(|(row, &sum)| row[column] += sum);
                    }
                }
                for (gradient, row) in gradient.chunks_exact_mut(taps).zip(&block) {
                    let gradient = &mut gradient[of_block.clone()];
                    match mode {
                        Gradients::Overwrite => gradient.copy_from_slice(&row[..of_block.len()]),
                        Gradients::Accumulate => T::add_all(gradient, &row[..of_block.len()]),
                    }
                }
            }
        });
    }
}

/// [`gradient`] of filters of one pixel: rows are filters, whose gradients by the outputs are read where they lie, and the inputs
/// are packed.
fn pointwise<T: Scalar>(
    convolution: &Convolution,
    (input, output_gradient): (&[T], &[T]),
    gradient: &mut [T],
    mode: Gradients,
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, ref mut packed, workers, .. } = *context;
    let (depth, filters, output) =
        (convolution.group_depth(), convolution.group_filters(), convolution.output());
    let (cut, rows) = (Cut::of((filters, depth), images), rows_of_band(convolution));
    let work = Work::of(images, convolution.macs() / convolution.groups() as u64);
    for (group, gradient) in gradient.chunks_exact_mut(filters * depth).enumerate() {
        let columns = Columns::new(convolution, group);
        let sums = &mut packed[..cut.numbers()];
        parallel::chunks(sums, cut.length, work, |index, sums| {
            let (of_part, of_piece) = cut.piece(index, images, filters);
            let sums = &mut sums[..of_piece.len() * depth];
            sums.fill(T::zero());
            workers.with(|scratch| {
                for (image, first) in
                    of_part.flat_map(|image| (0..output.height).step_by(rows).map(move |y| (image, y)))
                {
                    let count = rows.min(output.height - first) * output.width;
                    Panels::new(tier, count, depth, scratch).fill_by_row(|pixel| {
                        let (y, x) = (first + pixel / output.width, pixel % output.width);
                        &input[columns.first(&columns.at(image, y, x))..][..depth]
                    });
                    let packed = Packed::new(tier, count, depth, scratch);
                    let pixel = (image * output.height + first) * output.width;
                    let corner = pixel * output.depth + group * filters;
                    let terms = Terms::run(Steps { count, step: output.depth });
                    for (first, sums) in of_piece.clone().step_by(PLACES).zip(sums.chunks_mut(PLACES * depth))
                    {
                        let sums = matrix_mut(sums, depth);
                        let firsts: [_; PLACES] = std::array::from_fn(|place| corner + first + place);
                        let a = Rows { numbers: output_gradient, firsts: &firsts[..sums.nrows()], terms };
                        let to = &IN_ORDER[..sums.nrows()];
                        T::product(tier, a, packed, sums, to, Finish::Add);
                    }
                }
            });
        });
        let sums = &*sums;
        let work = Work::of(gradient.len(), cut.parts as u64);
        parallel::chunks(gradient, FILTERS * depth, work, |index, gradient| {
            let first = index * FILTERS * depth;
            let length = gradient.len();
            let parts = sums.chunks_exact(cut.pieces * cut.length).map(|part| &part[first..][..length]);
            add_parts(parts, gradient, mode);
        });
    }
}

/// The gradient by some taps of a group's filters.
struct Piece<'a> {
    tier: Tier,
    convolution: &'a Convolution,
    columns: &'a Columns,
    group: usize,
    taps: Range<usize>,
}

impl Piece<'_> {
    /// Adds what one image gives.
    fn add_image<T: Scalar>(
        &self,
        image: usize,
        input: &[T],
        output_gradient: &[T],
        sums: &mut [T],
        scratch: &mut [T],
    ) {
        let sums = &mut sums[..self.taps.len() * self.convolution.group_filters()];
        let height = self.convolution.output().height;
        let rows = rows_of_band(self.convolution);
        for first in (0..height).step_by(rows) {
            let band = first..height.min(first + rows);
            self.add_band((image, band), input, output_gradient, sums, scratch);
        }
    }

    /// Adds what some rows of outputs of one image give.
    fn add_band<T: Scalar>(
        &self,
        (image, band): (usize, Range<usize>),
        input: &[T],
        output_gradient: &[T],
        sums: &mut [T],
        scratch: &mut [T],
    ) {
        let Self { tier, convolution, columns, group, ref taps } = *self;
        let (output, filters) = (convolution.output(), convolution.group_filters());
        let pixels = band.len() * output.width;
        let (memory, scratch) = scratch.split_at_mut(packed_length::<T>(tier, pixels, filters));
        let first = (image * output.height + band.start) * output.width;
        Panels::new(tier, pixels, filters, memory).fill_by_row(|row| {
            let first = (first + row) * output.depth + group * filters;
            &output_gradient[first..first + filters]
        });
        let packed = Packed::new(tier, pixels, filters, memory);
        let rows = (image..image + 1, columns.source_rows(band.clone()));
        let (numbers, frame) = framed(input, convolution.input(), columns.beyond(), rows, scratch);
        let columns = columns.within(&frame);
        let ([down, along], corner) =
            (columns.steps(), columns.first(&columns.at(image - frame.image, band.start, 0)));
        let terms = Terms {
            outer: Steps { count: band.len(), step: down },
            middle: Steps::ONE,
            inner: Steps { count: output.width, step: along },
        };
        for (first, sums) in taps.clone().step_by(PLACES).zip(sums.chunks_mut(PLACES * filters)) {
            let sums = matrix_mut(sums, filters);
            let mut firsts = [0; PLACES];
            for (place, tap) in firsts.iter_mut().zip(first..taps.end) {
                *place = corner + columns.tap(tap);
            }
            let a = Rows { numbers, firsts: &firsts[..sums.nrows()], terms };
            let to = &IN_ORDER[..sums.nrows()];
            T::product(tier, a, packed, sums, to, Finish::Add);
        }
    }
}
