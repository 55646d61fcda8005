//! Products with windows where they lie.
//!
//! Forward, each output is a window on the input times the packed filters. Backward by the input, each pixel of the
//! input's gradient is a window on the output's gradient times the filters' taps that reach it, pixels being taken
//! [phase](Phase) by phase. Only windows that overlap the padding are copied, with its zeros.

use convnet_geometry::{Axis, Convolution};
use ndarray::{ArrayView2, ArrayViewMut2, s};

use crate::gemm::{Finish, Packed, Panels, Rows, Steps, Terms, packed_length};
use crate::layers::columns::{Columns, Phase, Position};
use crate::layers::matrices::{matrix, matrix_mut};
use crate::layers::{Context, Memory};
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Pixels in one piece of work. A multiple of every tile's rows.
const PIXELS: usize = 96;

/// Pieces that are enough for every thread to have some.
const ENOUGH_PIECES: usize = 16;

/// What it needs to pack filters, and to copy windows.
pub(super) fn memory<T: Scalar>(convolution: &Convolution, tier: Tier) -> Memory {
    let (taps, filters) = (convolution.taps(), convolution.group_filters());
    let forward = packed_length::<T>(tier, taps, filters);
    let depth = convolution.group_depth();
    let of_phase = |(height, width): (Phase, Phase)| {
        packed_length::<T>(tier, height.cells().saturating_mul(width.cells()).saturating_mul(filters), depth)
    };
    let backward = phases(convolution).map(of_phase).fold(0, usize::saturating_add);
    let cells = convolution.window().filter.width.saturating_mul(convolution.window().filter.height);
    let room = |window: usize| window.saturating_mul(PIXELS).min(ROOM.max(window));
    Memory {
        filters: forward.saturating_mul(convolution.groups()),
        forward: 0,
        backward: backward.saturating_mul(convolution.groups()),
        worker: room(taps),
        worker_backward: room(cells.saturating_mul(filters)),
    }
}

/// Numbers of memory that copied windows are kept within, if one does not take more.
const ROOM: usize = 1 << 17;

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
    let packed = context.filters(length * convolution.groups(), |packed| {
        for (group, memory) in packed.chunks_exact_mut(length).enumerate() {
            Panels::new(tier, taps, filters, memory)
                .fill_shared(filters_of(convolution, weights, group).reversed_axes());
        }
    });
    let work = Work::of(images, convolution.macs());
    let output = matrix_mut(output, convolution.filters());
    let piece = piece::<T>(tier, output.dim(), PIXELS, convolution.groups());
    parallel::tiles(output, piece, work, |(first, column), mut output| {
        let pixels = output.nrows();
        workers.with(|scratch| {
            for group in 0..convolution.groups() {
                let packed = Packed::new(tier, taps, filters, &packed[group * length..]);
                let first_filter = group * filters + column;
                let of_group = filters.min(output.ncols());
                let columns = Columns::new(convolution, group);
                let product = Product {
                    tier,
                    source: input,
                    columns: &columns,
                    filters: packed.block(0..taps, column..column + of_group),
                    finish: Finish::Store {
                        bias: if bias.is_empty() { bias } else { &bias[first_filter..first_filter + of_group] },
                        relu,
                    },
                };
                let windows = (0..pixels).zip(columns.positions(first));
                let of_group = group * of_group..(group + 1) * of_group;
                product.run(windows, output.slice_mut(s![.., of_group]), scratch);
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
    let input = convolution.input();
    // Whether there are pixels that no tap reaches.
    let reached: usize = phases(convolution).map(|(h, w)| h.pixels.count * w.pixels.count).sum();
    let leaves_out = reached < input.width * input.height;
    let work = Work::of(images, convolution.macs());
    let gradient = matrix_mut(gradient, input.depth);
    let rows = PIXELS.div_ceil(input.width);
    let piece = piece::<T>(tier, gradient.dim(), rows * input.width, convolution.groups());
    parallel::tiles(gradient, piece, work, |(first, column), mut gradient| {
        if leaves_out {
            gradient.fill(T::zero());
        }
        // Rows of pixels, numbered through all images.
        let rows = first / input.width..(first + gradient.nrows()) / input.width;
        workers.with(|scratch| {
            let mut rest = packed;
            for group in 0..convolution.groups() {
                let of_group = depth.min(gradient.ncols());
                let mut gradient = gradient.slice_mut(s![.., group * of_group..(group + 1) * of_group]);
                for (height, width) in phases(convolution) {
                    let columns = Columns::backward(convolution, group, &height, &width);
                    let taps = columns.count();
                    let filters = Packed::new(tier, taps, depth, rest);
                    rest = &rest[packed_length::<T>(tier, taps, depth)..];
                    let product = Product {
                        tier,
                        source: output_gradient,
                        columns: &columns,
                        filters: filters.block(0..taps, column..column + of_group),
                        finish: Finish::STORE,
                    };
                    let of_phase = rows.clone().filter_map(|row| {
                        let (image, y) = (row / input.height, row % input.height);
                        let y = y.checked_sub(height.first).filter(|y| y % height.pixels.step == 0)?;
                        Some((row, image, y / height.pixels.step))
                    });
                    let windows = of_phase.flat_map(|(row, image, y)| {
                        let first = (row - rows.start) * input.width + width.first;
                        (0..width.pixels.count)
                            .map(move |x| (first + x * width.pixels.step, columns.at(image, y, x)))
                    });
                    product.run(windows, gradient.view_mut(), scratch);
                }
            }
        });
    });
}

/// The phases of the input's pixels, along height and width.
fn phases(convolution: &Convolution) -> impl Iterator<Item = (Phase, Phase)> {
    let (window, input, output) =
        (convolution.window(), convolution.input().extent(), convolution.output());
    let along_height = Phase::all(window.along(Axis::Height, input), output.height);
    let along_width = Phase::all(window.along(Axis::Width, input), output.width);
    along_height.flat_map(move |height| along_width.clone().map(move |width| (height, width)))
}

/// The filters of a group, `[K/G, taps]`.
fn filters_of<'a, T>(convolution: &Convolution, weights: &'a [T], group: usize) -> ArrayView2<'a, T> {
    let length = convolution.group_filters() * convolution.taps();
    matrix(&weights[group * length..(group + 1) * length], convolution.taps())
}

/// Rows and columns of one piece of a product: all columns, unless there are few rows.
fn piece<T: Scalar>(tier: Tier, (rows, columns): (usize, usize), of: usize, groups: usize) -> (usize, usize) {
    let pieces = ENOUGH_PIECES.div_ceil(rows.div_ceil(of));
    if groups > 1 || pieces < 2 {
        return (of, columns);
    }
    // Twice as wide as a panel, so that a window that was copied is used twice.
    let width = 2 * T::panel_width(tier);
    (of, columns.div_ceil(pieces).next_multiple_of(width))
}

/// A product of windows with packed filters.
struct Product<'a, T> {
    tier: Tier,
    source: &'a [T],
    columns: &'a Columns,
    filters: Packed<'a, T>,
    finish: Finish<'a, T>,
}

impl<T: Scalar> Product<'_, T> {
    /// Computes the rows of `output` that are given, each with its window.
    fn run(
        &self,
        windows: impl Iterator<Item = (usize, Position)>,
        mut output: ArrayViewMut2<'_, T>,
        scratch: &mut [T],
    ) {
        let (terms, taps) = (self.columns.terms(), self.columns.count());
        let all = self.columns.taps(0..taps);
        let room = (scratch.len() / taps).min(PIXELS);
        let (mut inside, mut copied) = (Lot::new(), Lot::new());
        for (row, position) in windows {
            if position.is_inside() {
                inside.push(self.columns.first(&position), row);
                if inside.length == PIXELS {
                    self.multiply(self.source, &mut inside, terms, output.view_mut());
                }
            } else {
                let first = copied.length * taps;
                self.columns.gather(self.source, &position, &all, &mut scratch[first..first + taps]);
                copied.push(first, row);
                if copied.length == room {
                    self.multiply(scratch, &mut copied, Terms::run(Steps::adjacent(taps)), output.view_mut());
                }
            }
        }
        self.multiply(self.source, &mut inside, terms, output.view_mut());
        self.multiply(scratch, &mut copied, Terms::run(Steps::adjacent(taps)), output.view_mut());
    }

    fn multiply(&self, numbers: &[T], lot: &mut Lot, terms: Terms, output: ArrayViewMut2<'_, T>) {
        let (firsts, rows) = (&lot.firsts[..lot.length], &lot.rows[..lot.length]);
        T::product(self.tier, Rows { numbers, firsts, terms }, self.filters, output, rows, self.finish);
        lot.length = 0;
    }
}

/// Windows that are multiplied together: where each begins, and which row of the output it gives.
struct Lot {
    length: usize,
    firsts: [usize; PIXELS],
    rows: [usize; PIXELS],
}

impl Lot {
    const fn new() -> Self {
        Self { length: 0, firsts: [0; PIXELS], rows: [0; PIXELS] }
    }

    fn push(&mut self, first: usize, row: usize) {
        self.firsts[self.length] = first;
        self.rows[self.length] = row;
        self.length += 1;
    }
}
