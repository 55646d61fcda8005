//! The gradient by the filters: for every tap, what it saw times what its filter's outputs ask for.
//!
//! `gradient^T[tap, filter] = sum over outputs of input[window + tap] * output_gradient[filter]`. Inputs are read where
//! they lie, a row of windows after the other; only windows that overlap the padding are copied. The output's gradient is
//! packed, some hundred pixels at a time. The work is cut by taps, and by images where filters are few: each part adds up
//! its images in their order, and the parts are added in theirs.

use std::ops::Range;

use convnet_geometry::Convolution;
use ndarray::Axis;

use crate::gemm::{Finish, Packed, Panels, Rows, Steps, Terms, packed_length};
use crate::layers::columns::Columns;
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
const PLACES: usize = 96;

/// Filters whose gradients are written together.
const FILTERS: usize = 8;

/// How the work is cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Parts of the batch.
    parts: usize,
    /// Taps of one piece, and how many pieces there are.
    taps: usize,
    pieces: usize,
}

impl Cut {
    fn of(convolution: &Convolution, images: usize) -> Self {
        let (taps, weights) = (convolution.taps(), convolution.taps() * convolution.group_filters());
        let parts = (ROOM / weights).clamp(1, PIECES).min(images);
        let taps_of_piece = taps.div_ceil(PIECES.div_ceil(parts)).next_multiple_of(12);
        Self { parts, taps: taps_of_piece, pieces: taps.div_ceil(taps_of_piece) }
    }

    /// Numbers of one piece.
    fn length(self, convolution: &Convolution) -> usize {
        self.taps * convolution.group_filters()
    }
}

/// The most outputs that are packed at a time.
fn pixels_of_band(convolution: &Convolution) -> usize {
    let output = convolution.output();
    PIXELS.max(output.width).min(output.width.saturating_mul(output.height))
}

/// What it needs for sums, and to pack gradients and copy windows.
pub(super) fn memory<T: Scalar>(convolution: &Convolution, images: usize, tier: Tier) -> Memory {
    let pixels = pixels_of_band(convolution);
    let packed = packed_length::<T>(tier, pixels, convolution.group_filters());
    // A smaller batch may be cut otherwise.
    let of_batch = |images| {
        let cut = Cut::of(convolution, images);
        Memory {
            backward: cut.length(convolution).saturating_mul(cut.parts * cut.pieces),
            worker_backward: packed.saturating_add(pixels.saturating_mul(cut.taps)),
            ..Memory::default()
        }
    };
    (1..=images.min(PIECES)).map(of_batch).fold(Memory::default(), Memory::or)
}

pub(super) fn gradient<T: Scalar>(
    convolution: &Convolution,
    (input, output_gradient): (&[T], &[T]),
    gradient: &mut [T],
    mode: Gradients,
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, ref mut packed, workers, .. } = *context;
    let (taps, filters) = (convolution.taps(), convolution.group_filters());
    let cut = Cut::of(convolution, images);
    let work = Work::of(images, convolution.macs() / convolution.groups() as u64);
    for (group, gradient) in gradient.chunks_exact_mut(filters * taps).enumerate() {
        let columns = Columns::new(convolution, group);
        let sums = &mut packed[..cut.length(convolution) * cut.parts * cut.pieces];
        parallel::chunks(sums, cut.length(convolution), work, |index, sums| {
            let (part, piece) = (index / cut.pieces, index % cut.pieces);
            let of_piece = piece * cut.taps..taps.min((piece + 1) * cut.taps);
            let of_part = part * images / cut.parts..(part + 1) * images / cut.parts;
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
            let first = index * FILTERS;
            for (k, gradient) in gradient.chunks_exact_mut(taps).enumerate() {
                for (tap, gradient) in gradient.iter_mut().enumerate() {
                    let mut sum = if mode == Gradients::Accumulate { *gradient } else { T::zero() };
                    for part in 0..cut.parts {
                        sum += sums[(part * cut.pieces * cut.taps + tap) * filters + first + k];
                    }
                    *gradient = sum;
                }
            }
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
        let (output, filters) = (self.convolution.output(), self.convolution.group_filters());
        let rows = (pixels_of_band(self.convolution) / output.width).max(1);
        for first in (0..output.height).step_by(rows) {
            let band = first..output.height.min(first + rows);
            self.add_band((image, band), input, output_gradient, &mut sums[..self.taps.len() * filters], scratch);
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
        let [height, width] = columns.slides().map(|slide| slide.inside());
        let inside_rows = height.start.max(band.start)..height.end.min(band.end);
        let inside = if width.is_empty() { 0 } else { inside_rows.len() * width.len() };
        let pixels = band.len() * output.width;
        let (memory, windows) = scratch.split_at_mut(packed_length::<T>(tier, pixels, filters));
        // Outputs whose windows lie inside come first, then the others.
        let is_inside = |y: usize, x: usize| inside_rows.contains(&y) && width.contains(&x);
        let ordered = |inside: bool| {
            let all = band.clone().flat_map(|y| (0..output.width).map(move |x| (y, x)));
            all.filter(move |&(y, x)| is_inside(y, x) == inside)
        };
        let mut order = ordered(true).chain(ordered(false));
        Panels::new(tier, pixels, filters, memory).fill_by_row(|_| {
            let (y, x) = order.next().expect("as many as there are outputs");
            let pixel = (image * output.height + y) * output.width + x;
            let first = pixel * output.depth + group * filters;
            &output_gradient[first..first + filters]
        });
        let packed = Packed::new(tier, pixels, filters, memory);
        let (count, of_piece) = (taps.len(), columns.taps(taps.clone()));
        let mut copied = windows.chunks_exact_mut(count);
        for (y, x) in ordered(false) {
            let window = copied.next().expect("room for every output");
            columns.gather(input, &columns.at(image, y, x), &of_piece, window);
        }
        let mut sums = matrix_mut(sums, filters);
        let [down, along] = columns.steps();
        for (first, mut sums) in (0..count).step_by(PLACES).zip(sums.axis_chunks_iter_mut(Axis(0), PLACES))
        {
            let (places, mut to) = ([0; PLACES], [0; PLACES]);
            let length = sums.nrows();
            to.iter_mut().enumerate().for_each(|(i, to)| *to = i);
            if inside > 0 {
                let corner = columns.first(&columns.at(image, inside_rows.start, width.start));
                let mut firsts = places;
                for (i, place) in firsts[..length].iter_mut().enumerate() {
                    *place = corner + columns.tap(taps.start + first + i);
                }
                let terms = Terms {
                    outer: Steps { count: inside_rows.len(), step: down },
                    middle: Steps::ONE,
                    inner: Steps { count: width.len(), step: along },
                };
                let a = Rows { numbers: input, firsts: &firsts[..length], terms };
                let packed = packed.block(0..inside, 0..filters);
                T::product(tier, a, packed, sums.view_mut(), &to[..length], Finish::Add);
            }
            if inside < pixels {
                let mut firsts = places;
                firsts[..length].iter_mut().enumerate().for_each(|(i, place)| *place = first + i);
                let terms = Terms::run(Steps { count: pixels - inside, step: count });
                let a = Rows { numbers: windows, firsts: &firsts[..length], terms };
                let packed = packed.block(inside..pixels, 0..filters);
                T::product(tier, a, packed, sums.view_mut(), &to[..length], Finish::Add);
            }
        }
    }
}
