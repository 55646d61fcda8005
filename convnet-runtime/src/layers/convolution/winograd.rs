//! Winograd's convolution, with stride 1: 4 x 4 outputs of a 3 x 3 filter from 36 products in place of 144, or 2 x 2 of a 5 x 5
//! filter in place of 100.
//!
//! Each tile of 6 x 6 inputs is transformed, channel by channel, to as many numbers; for each of these 36 places the tiles
//! of a piece of work are a matrix, which is multiplied by the filters' numbers at that place; and what comes out is
//! transformed to outputs. The gradient by the input is the same convolution of the output's gradient with the filters
//! turned round; that by the filters is every step transposed, from the last to the first.
//! The transforms, with their source, are in `simd/winograd.rs`.

use std::ops::Range;

use convnet_geometry::{Convolution, Volume, winograd_outputs};
use ndarray::{ArrayViewMut2, ShapeBuilder, s};

use super::pieces::{Cut, Piece};
use crate::gemm::{Cells, Finish, Packed, Panels, Products, Stack, Transformed, packed_length};
use crate::layers::matrices::matrix_mut;
use crate::layers::{Context, ConvolutionAlgorithm, Memory};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;
use crate::simd::winograd::{CELLS, Form, POINTS, Transform};
use crate::workspace::Workers;

/// Tiles of one piece of work, or more where a row of tiles or an image has more. A multiple of every product's rows.
const TILES: usize = 24;

/// Tiles that are multiplied at a time in the filters' gradient.
const BLOCK: usize = 36;

/// Columns of one piece of work, if there are few tiles, and filters of one in the filters' gradient.
const COLUMNS: usize = 64;

/// Pieces that are enough for every thread to have some.
const ENOUGH_PIECES: usize = 8;

/// Numbers that all parts of the filters' gradient may take together, if one does not take more.
const ROOM: usize = 1 << 21;

/// The most parts of the filters' gradient.
const PARTS: usize = 8;

/// Channels of filters that are transformed at a time.
const CHANNELS: usize = 16;

/// The form of the algorithm, where it is admissible.
fn form(convolution: &Convolution) -> Form {
    match winograd_outputs(convolution) {
        Some(4) => Form::Three,
        Some(_) => Form::Five,
        None => unreachable!("algorithms are used where they are admissible"),
    }
}

/// A convolution, forward or backward: one window on the source for each pixel of the target.
#[derive(Clone, Copy, Debug)]
struct Stencil {
    form: Form,
    source: Volume,
    target: Volume,
    /// Where the first window begins: in the padding, if it is negative.
    origin: (isize, isize),
}

impl Stencil {
    fn forward(form: Form, convolution: &Convolution) -> Self {
        let padding = convolution.window().padding;
        let origin = (-padding.top.cast_signed(), -padding.left.cast_signed());
        Self { form, source: convolution.input(), target: convolution.output(), origin }
    }

    /// The gradient by the input: the window ends at the pixel, on the padded output.
    fn backward(form: Form, convolution: &Convolution) -> Self {
        let reach = (form.taps() - 1).cast_signed();
        let padding = convolution.window().padding;
        let origin = (padding.top.cast_signed() - reach, padding.left.cast_signed() - reach);
        Self { form, source: convolution.output(), target: convolution.input(), origin }
    }

    /// Rows and columns of tiles on one image.
    fn tiles(&self) -> (usize, usize) {
        let outputs = self.form.outputs();
        (self.target.height.div_ceil(outputs), self.target.width.div_ceil(outputs))
    }

    /// Pixels of one image of the target.
    fn pixels(&self) -> usize {
        self.target.width * self.target.height
    }

    /// The inputs of a tile.
    fn inputs<'a, T>(&self, source: &'a [T], Tile { image, y, x }: Tile, zeros: &'a [T]) -> Cells<'a, T> {
        let Volume { width, height, depth } = self.source;
        let outputs = self.form.outputs();
        let top = self.origin.0 + (y * outputs).cast_signed();
        let left = self.origin.1 + (x * outputs).cast_signed();
        // Cells of the tile along an axis that lie on the image.
        let inside = |first: isize, side: usize| {
            let at = |place: isize| place.clamp(0, POINTS.cast_signed()).cast_unsigned();
            at(-first)..at(side.cast_signed() - first)
        };
        let rows = (image * height).cast_signed() + top;
        Cells {
            numbers: source,
            first: (rows * width.cast_signed() + left) * depth.cast_signed(),
            steps: [width * depth, depth].map(usize::cast_signed),
            inside: [inside(top, height), inside(left, width)],
            depth,
            zeros,
            next: outputs * depth,
        }
    }

    /// The first pixel of a tile of the target, and how many rows and columns of it there are.
    fn outputs(&self, Tile { image, y, x }: Tile) -> (usize, [usize; 2]) {
        let Volume { width, height, .. } = self.target;
        let outputs = self.form.outputs();
        let (y, x) = (y * outputs, x * outputs);
        ((image * height + y) * width + x, [outputs.min(height - y), outputs.min(width - x)])
    }

    /// How the work on a batch is cut.
    fn cut(&self, images: usize) -> Cut {
        let outputs = self.form.outputs();
        Cut::new(self.target, images, TILES * outputs * outputs, outputs, (ENOUGH_PIECES, COLUMNS))
    }

    /// Memory of a worker.
    fn worker(&self, images: usize) -> usize {
        let (Cut { images, rows, channels }, depth) = (self.cut(images), self.source.depth);
        let tiles = images.saturating_mul(rows.div_ceil(self.form.outputs())).saturating_mul(self.tiles().1);
        let each = apart(tiles.saturating_mul(depth)).saturating_add(apart(tiles.saturating_mul(channels)));
        each.saturating_mul(CELLS).saturating_add(depth.max(channels))
    }
}

/// A tile of one image of the batch.
#[derive(Clone, Copy, Debug)]
struct Tile {
    image: usize,
    y: usize,
    x: usize,
}

/// From the numbers of one place of a tile to those of the next, if there are so many: an odd number of the cache's lines, since
/// all 36 places are written together, and lines an even number apart would have the same few places in the cache.
fn apart(numbers: usize) -> usize {
    const LINE: usize = 16;
    (numbers.div_ceil(LINE) | 1) * LINE
}

/// The numbers of a tile, one row for each of its places, which are so far apart.
fn rows_apart<T>(numbers: &mut [T], apart: usize, depth: usize) -> ArrayViewMut2<'_, T> {
    let shape = (CELLS, depth).strides((apart, 1));
    ArrayViewMut2::from_shape(shape, numbers).expect("as many numbers as places have")
}

/// A transformed tile, its numbers so far apart from place to place.
fn transformed<T>(numbers: &[T], first: usize, apart: usize, depth: usize) -> Cells<'_, T> {
    Cells {
        numbers,
        first: first.cast_signed(),
        steps: steps(apart).map(usize::cast_signed),
        inside: [0..POINTS, 0..POINTS],
        depth,
        zeros: &[],
        next: 0,
    }
}

/// Some channels of a filter's taps; turned round, if so asked.
fn taps<T>(form: Form, filter: &[T], channels: Range<usize>, turned: bool) -> Cells<'_, T> {
    let (side, count) = (form.taps(), form.taps() * form.taps());
    let depth = (filter.len() / count).cast_signed();
    let (first, step) = if turned { ((count - 1).cast_signed() * depth, -depth) } else { (0, depth) };
    Cells {
        numbers: filter,
        first: first + channels.start.cast_signed(),
        steps: [side.cast_signed() * step, step],
        inside: [0..side, 0..side],
        depth: channels.len(),
        zeros: &[],
        next: 0,
    }
}

/// From a row of a transformed tile to the next, and from a column, if its numbers are so far apart.
fn steps(apart: usize) -> [usize; 2] {
    [POINTS * apart, apart]
}

/// What it needs for transformed filters and tiles, and for sums.
pub(super) fn memory<T: Scalar>(convolution: &Convolution, images: usize, tier: Tier) -> Memory {
    let form = form(convolution);
    let (depth, filters) = (convolution.input().depth, convolution.filters());
    let packed = |rows: usize, columns| packed_length::<T>(tier, (rows | 1).saturating_mul(CELLS), columns);
    let (forward, backward) = (Stencil::forward(form, convolution), Stencil::backward(form, convolution));
    let of_filters = apart(BLOCK * COLUMNS.min(filters)).saturating_mul(CELLS);
    let of_filters = of_filters.saturating_add(packed(BLOCK, depth)).saturating_add(depth.max(COLUMNS));
    Memory {
        filters: packed(depth, filters),
        forward: 0,
        backward: packed(filters, depth).max(Sums::of(convolution, images).numbers()),
        worker: forward.worker(images),
        worker_backward: backward.worker(images).max(of_filters),
    }
}

pub(super) fn forward<T: Scalar>(
    convolution: &Convolution,
    parameters: &[T],
    input: &[T],
    output: &mut [T],
    context: &mut Context<'_, T>,
) {
    let form = form(convolution);
    let ((weights, bias), taps_of_filter) = (parameters.split_at(convolution.weights()), convolution.taps());
    let Context { images, tier, workers, relu, .. } = *context;
    let (depth, filters) = (convolution.input().depth, convolution.filters());
    let length = packed_length::<T>(tier, CELLS * (depth | 1), filters);
    let packed = context.filters(ConvolutionAlgorithm::Winograd, length, |packed| {
        transform_filters(tier, (depth, filters), packed, |panel, first| {
            // A panel is so many filters, each a column: they are brought side by side, some channels at a time, and transformed
            // together.
            let width = T::panel_width(tier);
            let filters = first..filters.min(first + width);
            workers.with(|scratch| {
                for channel in (0..depth).step_by(CHANNELS) {
                    let channels = channel..depth.min(channel + CHANNELS);
                    let block = channels.len() * width;
                    let beside = &mut scratch[..form.taps() * form.taps() * block];
                    beside.fill(T::zero());
                    for (k, filter) in filters.clone().enumerate() {
                        let numbers =
                            weights[filter * taps_of_filter..][..taps_of_filter].chunks_exact(depth);
                        for (numbers, beside) in numbers.zip(beside.chunks_exact_mut(block)) {
                            let column = beside[k..].iter_mut().step_by(width);
                            column.zip(&numbers[channels.clone()]).for_each(|(to, &from)| *to = from);
                        }
                    }
                    let from = taps(form, beside, 0..block, false);
                    let rows = rows_apart(&mut panel[channel * width..], (depth | 1) * width, block);
                    let to = Transformed::rows(rows, 0, steps(1), [POINTS; 2]);
                    T::transform(tier, Transform::Filter(form), from, to, Finish::STORE);
                }
            });
        });
    });
    let filters = Packed::new(tier, CELLS * (depth | 1), filters, packed);
    let finish = Finish::Store { bias, relu };
    let stencil = Stencil::forward(form, convolution);
    Pass { tier, stencil, source: input, filters, finish, workers }.run(images, convolution.macs(), output);
}

pub(super) fn input_gradient<T: Scalar>(
    convolution: &Convolution,
    parameters: &[T],
    output_gradient: &[T],
    gradient: &mut [T],
    context: &mut Context<'_, T>,
) {
    let form = form(convolution);
    let (weights, taps_of_filter) = (&parameters[..convolution.weights()], convolution.taps());
    let Context { images, tier, ref mut packed, workers, .. } = *context;
    let (depth, filters) = (convolution.input().depth, convolution.filters());
    transform_filters(tier, (filters, depth), packed, |panel, first| {
        // A panel is so many channels of each filter, whose rows they are.
        let width = T::panel_width(tier);
        let channels = width.min(depth - first);
        for k in 0..filters {
            let weights = &weights[k * taps_of_filter..][..taps_of_filter];
            let from = taps(form, weights, first..first + channels, true);
            let rows = matrix_mut(&mut *panel, width).slice_move(s![.., ..channels]);
            let to = Transformed::rows(rows, k, steps(filters | 1), [POINTS; 2]);
            T::transform(tier, Transform::Filter(form), from, to, Finish::STORE);
        }
    });
    let filters = Packed::new(tier, CELLS * (filters | 1), depth, packed);
    let stencil = Stencil::backward(form, convolution);
    let finish = Finish::STORE;
    Pass { tier, stencil, source: output_gradient, filters, finish, workers }.run(
        images,
        convolution.macs(),
        gradient,
    );
}

/// Transforms filters into a packed matrix, panel by panel: `f` fills a panel, which begins with this column. Each place of a
/// tile has an odd number of rows, for the reason that [`apart`] gives.
fn transform_filters<T: Scalar>(
    tier: Tier,
    (rows, columns): (usize, usize),
    memory: &mut [T],
    f: impl Fn(&mut [T], usize) + Sync,
) {
    let (rows, width) = (CELLS * (rows | 1), T::panel_width(tier));
    let memory = &mut memory[..packed_length::<T>(tier, rows, columns)];
    let work = Work::of(memory.len(), 4);
    parallel::chunks(memory, rows * width, work, |index, panel| f(panel, index * width));
}

/// A convolution by transformed filters.
struct Pass<'a, T> {
    tier: Tier,
    stencil: Stencil,
    source: &'a [T],
    /// For each place of a tile the channels of the source by those of the target.
    filters: Packed<'a, T>,
    finish: Finish<'a, T>,
    workers: &'a Workers<T>,
}

impl<T: Scalar> Pass<'_, T> {
    fn run(&self, images: usize, macs: u64, target: &mut [T]) {
        let (cut, work) = (self.stencil.cut(images), Work::of(images, macs));
        cut.run(target, self.stencil.target, work, |piece, target| self.piece(piece, target));
    }

    /// Some rows of some images, and some channels of the target.
    fn piece(&self, Piece { images, rows, channels }: Piece, mut target: ArrayViewMut2<'_, T>) {
        let Self { tier, stencil, .. } = *self;
        let (depth, column, columns) = (stencil.source.depth, channels.start, channels.len());
        // The first pixel of the target that this piece has.
        let first = images.start * stencil.pixels() + rows.start * stencil.target.width;
        let outputs = stencil.form.outputs();
        let rows = rows.start / outputs..rows.end.div_ceil(outputs);
        let all = |(image, y)| (0..stencil.tiles().1).map(move |x| Tile { image, y, x });
        let tiles = || images.clone().flat_map(|image| rows.clone().map(move |y| (image, y))).flat_map(all);
        let count = images.len() * rows.len() * stencil.tiles().1;
        self.workers.with(|scratch| {
            let (zeros, scratch) = scratch.split_at_mut(depth.max(columns));
            let [inputs_apart, products_apart] = [depth, columns].map(|each| apart(count * each));
            let (inputs, scratch) = scratch.split_at_mut(CELLS * inputs_apart);
            let products = &mut scratch[..CELLS * products_apart];
            zeros.fill(T::zero());
            for (index, tile) in tiles().enumerate() {
                let from = stencil.inputs(self.source, tile, zeros);
                let inputs = rows_apart(&mut inputs[index * depth..], inputs_apart, depth);
                let to = Transformed::rows(inputs, 0, steps(1), [POINTS; 2]);
                T::transform(tier, Transform::Input, from, to, Finish::STORE);
            }
            let filters = self.filters.block(0..self.filters.rows(), column..column + columns);
            let of_cells = Products {
                count: CELLS,
                rows: count,
                depth,
                a: (inputs, Stack { apart: inputs_apart, row: depth, column: 1 }),
                b: filters,
                b_apart: depth | 1,
                c: Stack { apart: products_apart, row: columns, column: 1 },
                adds: false,
            };
            T::products(tier, of_cells, products);
            let finish = self.finish.columns(column..column + columns);
            for (index, tile) in tiles().enumerate() {
                let from = transformed(products, index * columns, products_apart, columns);
                let (pixel, wanted) = stencil.outputs(tile);
                let to =
                    Transformed::rows(target.view_mut(), pixel - first, [stencil.target.width, 1], wanted)
                        .before(outputs);
                T::transform(tier, Transform::Output(stencil.form), from, to, finish);
            }
        });
    }
}

/// How the filters' gradient is cut: by images and by filters, each piece with sums of its own.
#[derive(Clone, Copy, Debug)]
struct Sums {
    depth: usize,
    parts: usize,
    /// Filters of a piece, and how many pieces they make.
    filters: usize,
    pieces: usize,
}

impl Sums {
    fn of(convolution: &Convolution, images: usize) -> Self {
        let (depth, filters) = (convolution.input().depth, convolution.filters());
        let parts = (ROOM / (CELLS * depth * filters)).clamp(1, PARTS).min(images);
        let of_piece = COLUMNS.min(filters);
        Self { depth, parts, filters: of_piece, pieces: filters.div_ceil(of_piece) }
    }

    /// Numbers of one piece: `[cell, filter, channel]`.
    fn length(&self) -> usize {
        CELLS.saturating_mul(self.apart(self.filters))
    }

    /// From one cell to the next, for so many filters.
    fn apart(&self, filters: usize) -> usize {
        apart(filters.saturating_mul(self.depth))
    }

    fn numbers(&self) -> usize {
        self.length().saturating_mul(self.parts).saturating_mul(self.pieces)
    }
}

pub(super) fn filter_gradient<T: Scalar>(
    convolution: &Convolution,
    (input, output_gradient): (&[T], &[T]),
    gradient: &mut [T],
    mode: Gradients,
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, ref mut packed, workers, .. } = *context;
    let form = form(convolution);
    let (cut, stencil) = (Sums::of(convolution, images), Stencil::forward(form, convolution));
    let (depth, length) = (cut.depth, cut.length());
    let sums = &mut packed[..cut.numbers()];
    parallel::chunks(sums, length, Work::of(images, convolution.macs()), |index, sums| {
        let (part, piece) = (index / cut.pieces, index % cut.pieces);
        let of_part = part * images / cut.parts..(part + 1) * images / cut.parts;
        let first = piece * cut.filters;
        let filters = first..convolution.filters().min(first + cut.filters);
        let piece = FilterGradient { tier, stencil, filters, input, output_gradient };
        sums.fill(T::zero());
        workers.with(|scratch| piece.add(of_part, &mut sums[..], scratch));
    });
    let (first, others) = sums.split_at_mut(length * cut.pieces);
    let others = others.chunks_exact(length * cut.pieces);
    for other in others {
        parallel::chunks(first, 1 << 14, Work(other.len() as u64), |index, first| {
            T::add_all(first, &other[index << 14..]);
        });
    }
    let first = &*first;
    let finish = if mode == Gradients::Accumulate { Finish::Add } else { Finish::STORE };
    let work = Work(first.len() as u64);
    parallel::chunks(gradient, convolution.taps(), work, |k, gradient| {
        let (piece, k) = (k / cut.filters, k % cut.filters);
        // The last piece may have fewer filters.
        let of_piece = cut.filters.min(convolution.filters() - piece * cut.filters);
        let from = transformed(first, piece * length + k * depth, cut.apart(of_piece), depth);
        let to = Transformed::rows(matrix_mut(gradient, depth), 0, [form.taps(), 1], [form.taps(); 2]);
        T::transform(tier, Transform::FilterGradient(form), from, to, finish);
    });
}

/// The gradient by some filters, transformed.
struct FilterGradient<'a, T> {
    tier: Tier,
    stencil: Stencil,
    filters: Range<usize>,
    input: &'a [T],
    output_gradient: &'a [T],
}

impl<T: Scalar> FilterGradient<'_, T> {
    /// Adds what some images give, block of tiles after block.
    fn add(&self, images: Range<usize>, sums: &mut [T], scratch: &mut [T]) {
        let (rows, columns) = self.stencil.tiles();
        let of_image = rows * columns;
        let tile = |index: usize| {
            let (image, at) = (index / of_image, index % of_image);
            Tile { image, y: at / columns, x: at % columns }
        };
        let (first, end) = (images.start * of_image, images.end * of_image);
        for block in (first..end).step_by(BLOCK) {
            let tiles = (block..end.min(block + BLOCK)).map(tile);
            self.add_block(tiles, sums, scratch);
        }
    }

    fn add_block(&self, tiles: impl ExactSizeIterator<Item = Tile>, sums: &mut [T], scratch: &mut [T]) {
        let Self { tier, stencil, ref filters, .. } = *self;
        let (depth, count, all) = (stencil.source.depth, tiles.len(), stencil.target.depth);
        let (zeros, scratch) = scratch.split_at_mut(depth.max(filters.len()));
        let (inputs, scratch) = scratch.split_at_mut(packed_length::<T>(tier, CELLS * (count | 1), depth));
        let gradients_apart = apart(count * filters.len());
        let gradients = &mut scratch[..CELLS * gradients_apart];
        zeros.fill(T::zero());
        for (index, tile) in tiles.enumerate() {
            let from = stencil.inputs(self.input, tile, zeros);
            let panels = Panels::new(tier, CELLS * (count | 1), depth, &mut *inputs);
            let to = Transformed::packed(panels, index, steps(count | 1), [POINTS; 2]);
            T::transform(tier, Transform::Input, from, to, Finish::STORE);
            let (pixel, [height, width]) = stencil.outputs(tile);
            let from = Cells {
                numbers: self.output_gradient,
                first: (pixel * all + filters.start).cast_signed(),
                steps: [stencil.target.width * all, all].map(usize::cast_signed),
                inside: [0..height, 0..width],
                depth: filters.len(),
                zeros,
                next: stencil.form.outputs() * all,
            };
            let gradients = &mut gradients[index * filters.len()..];
            let gradients = rows_apart(gradients, gradients_apart, filters.len());
            let to = Transformed::rows(gradients, 0, steps(1), [POINTS; 2]);
            T::transform(tier, Transform::OutputGradient(stencil.form), from, to, Finish::STORE);
        }
        let inputs = Packed::new(tier, CELLS * (count | 1), depth, inputs);
        let of_cells = Products {
            count: CELLS,
            rows: filters.len(),
            depth: count,
            a: (gradients, Stack { apart: gradients_apart, row: 1, column: filters.len() }),
            b: inputs,
            b_apart: count | 1,
            c: Stack { apart: apart(filters.len() * depth), row: depth, column: 1 },
            adds: true,
        };
        T::products(tier, of_cells, sums);
    }
}
