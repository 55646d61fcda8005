//! Convolutions with stride 1 of volumes of a few channels, plane by plane.
//!
//! A vector of channels would be mostly empty, so that here a vector is adjacent pixels: the source is brought into planes, a
//! channel each, with zeros around them, and a row of pixels of the target, for all of its channels, is a product of the
//! filters with rows of pixels of the source, one for each tap. The gradient by the filters is, for each filter and tap, the
//! inner product of two planes.

use std::ops::Range;

use convnet_geometry::{Convolution, Extent, Volume};
use ndarray::{ArrayView2, ArrayViewMut2, Axis, ShapeBuilder};

use super::pieces::{Cut, add_parts};
use crate::gemm::{LINE, Lines, Operand, Steps, Terms};
use crate::layers::matrices::{matrix, matrix_mut};
use crate::layers::{Context, Memory};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Pixels in one piece of work, or as many as a row has.
const PIXELS: usize = 1024;

/// Parts of a batch whose gradients by the filters are summed apart, and added in their order.
const PARTS: usize = 8;

/// Numbers that the planes of some images, or of some rows of one, take in the gradient by the filters, if one row does not
/// take more.
const ROOM: usize = 1 << 14;

/// Pixels whose channels are brought side by side at a time: a multiple of [`LINE`].
const PIXELS_TURNED: usize = 64;

/// Filters, and taps, whose inner products are taken at once.
const TAPS: usize = 64;

/// A convolution, forward or backward: one window on the source for each pixel of the target.
#[derive(Clone, Copy, Debug)]
struct Stencil {
    source: Volume,
    target: Volume,
    filter: Extent,
    dilation: Extent,
    /// Where the first window begins: in the padding, if it is negative.
    origin: (isize, isize),
}

impl Stencil {
    fn forward(convolution: &Convolution) -> Self {
        let window = convolution.window();
        let origin = (-window.padding.top.cast_signed(), -window.padding.left.cast_signed());
        let (source, target) = (convolution.input(), convolution.output());
        Self { source, target, filter: window.filter, dilation: window.dilation, origin }
    }

    /// The gradient by the input: the window ends at the pixel, on the padded output.
    fn backward(convolution: &Convolution) -> Self {
        let forward = Self::forward(convolution);
        let Extent { width, height } = forward.reach();
        let origin = (-forward.origin.0 - height.cast_signed(), -forward.origin.1 - width.cast_signed());
        Self { source: forward.target, target: forward.source, origin, ..forward }
    }

    /// How far the last tap lies from the first one.
    fn reach(&self) -> Extent {
        let Self { filter, dilation, .. } = *self;
        Extent { width: (filter.width - 1) * dilation.width, height: (filter.height - 1) * dilation.height }
    }

    /// Numbers of a row of the target in a plane.
    fn line(&self) -> usize {
        self.target.width.next_multiple_of(LINE)
    }

    /// The planes of the source that so many rows of the target need.
    fn frame(&self, rows: usize) -> Frame {
        let reach = self.reach();
        Frame { width: self.line() + reach.width, height: rows + reach.height }
    }

    fn cut(&self, images: usize) -> Cut {
        Cut::new(self.target, images, PIXELS, 1, (1, self.target.depth))
    }

    /// Numbers of a piece's planes of one image, of the source and of the target.
    fn numbers(&self, rows: usize) -> [usize; 2] {
        let Self { source, target, .. } = self;
        let of_source = source.depth.saturating_mul(self.frame(rows).numbers());
        [of_source, target.depth.saturating_mul(rows).saturating_mul(self.line())]
    }

    /// Brings what some rows of the target of an image need into planes.
    fn fill<T: Scalar>(&self, source: &[T], image: usize, rows: &Range<usize>, planes: &mut [T]) {
        let Volume { width, height, depth } = self.source;
        let frame = self.frame(rows.len());
        planes.fill(T::zero());
        for y in 0..frame.height {
            let row = self.origin.0 + (rows.start + y).cast_signed();
            let Some(row) = usize::try_from(row).ok().filter(|&row| row < height) else { continue };
            let pixels = &source[(image * height + row) * width * depth..][..width * depth];
            // Pixels that windows do not reach are left out.
            let first = usize::try_from(-self.origin.1).unwrap_or(0);
            let skipped = usize::try_from(self.origin.1).unwrap_or(0).min(width);
            let count = (width - skipped).min(frame.width - first.min(frame.width));
            for channel in 0..depth {
                let plane = &mut planes[channel * frame.numbers()..][..frame.numbers()];
                let to = &mut plane[y * frame.width..][..frame.width][first.min(frame.width)..][..count];
                let from = pixels[skipped * depth..][..count * depth].chunks_exact(depth);
                to.iter_mut().zip(from).for_each(|(to, from)| *to = from[channel]);
            }
        }
    }

    /// Where the taps of a window lie in the planes: in the filters' order.
    fn terms(&self, frame: &Frame) -> Terms {
        let Self { source, filter, dilation, .. } = self;
        Terms {
            outer: Steps { count: filter.height, step: dilation.height * frame.width },
            middle: Steps { count: filter.width, step: dilation.width },
            inner: Steps { count: source.depth, step: frame.numbers() },
        }
    }
}

/// The size of a plane.
#[derive(Clone, Copy, Debug)]
struct Frame {
    width: usize,
    height: usize,
}

impl Frame {
    fn numbers(&self) -> usize {
        self.width * self.height
    }
}

/// What it needs for planes, for filters that are turned round, and for sums of parts of the batch.
pub(super) fn memory(convolution: &Convolution, images: usize) -> Memory {
    let (forward, backward) = (Stencil::forward(convolution), Stencil::backward(convolution));
    let of_pass = |stencil: &Stencil| stencil.numbers(stencil.cut(images).rows).iter().sum();
    let Block { images: of_block, rows } = Block::of(convolution, images);
    let of_block = forward.numbers(rows).iter().sum::<usize>().saturating_mul(of_block);
    Memory {
        backward: convolution.weights().saturating_mul(PARTS),
        worker: of_pass(&forward),
        worker_backward: of_block.max(of_pass(&backward)),
        ..Memory::default()
    }
}

pub(super) fn forward<T: Scalar>(
    convolution: &Convolution,
    parameters: &[T],
    input: &[T],
    output: &mut [T],
    context: &mut Context<'_, T>,
) {
    let (weights, bias) = parameters.split_at(convolution.weights());
    let filters = matrix(weights, convolution.taps());
    run(&Stencil::forward(convolution), convolution.macs(), filters, bias, input, output, context);
}

pub(super) fn input_gradient<T: Scalar>(
    convolution: &Convolution,
    parameters: &[T],
    output_gradient: &[T],
    gradient: &mut [T],
    context: &mut Context<'_, T>,
) {
    let (depth, cells) = (convolution.input().depth, convolution.taps() / convolution.input().depth);
    let (turned, mut context) = context.split_packed(convolution.weights());
    // Of each channel the taps of all filters, from the last cell to the first.
    for (channel, turned) in turned.chunks_exact_mut(cells * convolution.filters()).enumerate() {
        for (cell, turned) in turned.chunks_exact_mut(convolution.filters()).enumerate() {
            let filters = parameters.chunks_exact(convolution.taps());
            let tap = (cells - 1 - cell) * depth + channel;
            turned.iter_mut().zip(filters).for_each(|(turned, filter)| *turned = filter[tap]);
        }
    }
    let turned = matrix(turned, cells * convolution.filters());
    let stencil = Stencil::backward(convolution);
    run(&stencil, convolution.macs(), turned, &[], output_gradient, gradient, &mut context);
}

/// Computes the target: `filters` are the taps of each of its channels.
fn run<T: Scalar>(
    stencil: &Stencil,
    macs: u64,
    filters: ArrayView2<'_, T>,
    bias: &[T],
    source: &[T],
    target: &mut [T],
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, workers, relu, .. } = *context;
    let Volume { width, depth, .. } = stencil.target;
    stencil.cut(images).run(target, stencil.target, Work::of(images, macs), |piece, mut target| {
        let rows = piece.rows;
        let (frame, line, [of_source, of_target]) =
            (stencil.frame(rows.len()), stencil.line(), stencil.numbers(rows.len()));
        let target = target.as_slice_mut().expect("all channels of adjacent pixels");
        workers.with(|scratch| {
            let (planes, scratch) = scratch.split_at_mut(of_source);
            let sums = &mut scratch[..of_target];
            for (image, target) in piece.images.zip(target.chunks_exact_mut(rows.len() * width * depth)) {
                stencil.fill(source, image, &rows, planes);
                for y in 0..rows.len() {
                    let lines =
                        Lines { numbers: planes, first: y * frame.width, terms: stencil.terms(&frame) };
                    let shape = (depth, width).strides((rows.len() * line, 1));
                    let sums =
                        ArrayViewMut2::from_shape(shape, &mut sums[y * line..]).expect("a row of each plane");
                    T::lines(tier, filters, lines, sums);
                }
                let planes: Planes<'_, T> = Planes { numbers: sums, of_plane: rows.len() * line, line };
                tier.vectorized(
                    #[inline(always)]
                    || planes.turn((width, depth), bias, relu, target),
                );
            }
        });
    });
}

/// Planes of sums, whose rows are so many numbers.
struct Planes<'a, T> {
    numbers: &'a [T],
    of_plane: usize,
    line: usize,
}

impl<T: Scalar> Planes<'_, T> {
    /// Brings the channels of each pixel side by side, with their biases.
    #[inline(always)]
    fn turn(&self, (width, depth): (usize, usize), bias: &[T], relu: bool, to: &mut [T]) {
        // Of a few channels, whose number the compiler then knows.
        match depth {
            1 => self.turn_some::<1>((width, depth), 0, bias, relu, to),
            2 => self.turn_some::<2>((width, depth), 0, bias, relu, to),
            3 => self.turn_some::<3>((width, depth), 0, bias, relu, to),
            4 => self.turn_some::<4>((width, depth), 0, bias, relu, to),
            6 => self.turn_some::<6>((width, depth), 0, bias, relu, to),
            8 => self.turn_some::<8>((width, depth), 0, bias, relu, to),
            _ => {
                (0..depth).for_each(|channel| self.turn_some::<1>((width, depth), channel, bias, relu, to));
            }
        }
    }

    /// Those of `N` channels from `first` on.
    #[inline(always)]
    fn turn_some<const N: usize>(
        &self,
        (width, depth): (usize, usize),
        first: usize,
        bias: &[T],
        relu: bool,
        to: &mut [T],
    ) {
        let bias: [T; N] = std::array::from_fn(|n| bias.get(first + n).copied().unwrap_or_else(T::zero));
        for (y, to) in to.chunks_exact_mut(width * depth).enumerate() {
            // By way of a copy, in which there are whole vectors of pixels.
            let mut turned = [[T::zero(); N]; PIXELS_TURNED];
            for x in (0..width).step_by(PIXELS_TURNED) {
                let count = PIXELS_TURNED.min(self.line - x);
                let rows: [&[T]; N] = std::array::from_fn(|n| {
                    &self.numbers[(first + n) * self.of_plane + y * self.line + x..][..count]
                });
                for (x, turned) in turned[..count].iter_mut().enumerate() {
                    for ((turned, row), bias) in turned.iter_mut().zip(rows).zip(bias) {
                        let sum = row[x] + bias;
                        *turned = if relu && sum <= T::zero() { T::zero() } else { sum };
                    }
                }
                let turned = &turned[..count.min(width - x)];
                let to = &mut to[x * depth..];
                if depth == N {
                    to[..turned.len() * N].copy_from_slice(turned.as_flattened());
                } else {
                    for (to, turned) in to.chunks_exact_mut(depth).zip(turned) {
                        to[first..first + N].copy_from_slice(turned);
                    }
                }
            }
        }
    }
}

/// What is brought into planes at a time in the gradient by the filters: rows of one image, or whole images.
#[derive(Clone, Copy, Debug)]
struct Block {
    images: usize,
    rows: usize,
}

impl Block {
    fn of(convolution: &Convolution, images: usize) -> Self {
        let (stencil, height) = (Stencil::forward(convolution), convolution.output().height);
        let numbers = |rows: usize| stencil.numbers(rows).iter().fold(0_usize, |a, &b| a.saturating_add(b));
        match ROOM / numbers(height).max(1) {
            // As many rows as have room: what lies around them counts once.
            0 => {
                let each =
                    (numbers(height) - numbers(1).min(numbers(height))).div_ceil(height.max(2) - 1).max(1);
                let rows = 1 + ROOM.saturating_sub(numbers(1)) / each;
                Self { images: 1, rows: rows.min(height) }
            }
            images_of_block => {
                Self { images: images_of_block.min(images.div_ceil(PARTS)).max(1), rows: height }
            }
        }
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
    let (parts, weights) = (PARTS.min(images), convolution.weights());
    let (stencil, block) = (Stencil::forward(convolution), Block::of(convolution, images));
    let sums = &mut packed[..parts * weights];
    parallel::chunks(sums, weights, Work::of(images, convolution.macs()), |part, sums| {
        let of_part = part * images / parts..(part + 1) * images / parts;
        sums.fill(T::zero());
        workers.with(|scratch| {
            for first in of_part.clone().step_by(block.images) {
                let images = first..of_part.end.min(first + block.images);
                for first in (0..stencil.target.height).step_by(block.rows) {
                    let rows = first..stencil.target.height.min(first + block.rows);
                    let operands = (input, output_gradient);
                    add_products(tier, &stencil, (images.clone(), rows), operands, sums, scratch);
                }
            }
        });
    });
    add_parts(sums.chunks_exact(weights), gradient, mode);
}

/// Adds the inner products of the planes of some rows of some images to those of filters by taps.
fn add_products<T: Scalar>(
    tier: Tier,
    stencil: &Stencil,
    (images, rows): (Range<usize>, Range<usize>),
    (input, output_gradient): (&[T], &[T]),
    sums: &mut [T],
    scratch: &mut [T],
) {
    let Volume { width, height, depth: filters } = stencil.target;
    let (frame, line, [of_source, of_target]) =
        (stencil.frame(rows.len()), stencil.line(), stencil.numbers(rows.len()));
    let (sources, scratch) = scratch.split_at_mut(images.len() * of_source);
    let targets = &mut scratch[..images.len() * of_target];
    let planes = sources.chunks_exact_mut(of_source).zip(targets.chunks_exact_mut(of_target));
    for (image, (source, target)) in images.clone().zip(planes) {
        stencil.fill(input, image, &rows, source);
        target.fill(T::zero());
        let pixels = &output_gradient[(image * height + rows.start) * width * filters..];
        for (y, pixels) in pixels.chunks_exact(width * filters).take(rows.len()).enumerate() {
            for filter in 0..filters {
                let to = &mut target[(filter * rows.len() + y) * line..][..width];
                to.iter_mut().zip(pixels.chunks_exact(filters)).for_each(|(to, from)| *to = from[filter]);
            }
        }
    }
    let (terms, taps) = (stencil.terms(&frame), sums.len() / filters);
    let tap = |tap: usize| {
        let (cell, channel) = (tap / terms.inner.count, tap % terms.inner.count);
        let (y, x) = (cell / terms.middle.count, cell % terms.middle.count);
        y * terms.outer.step + x * terms.middle.step + channel * terms.inner.step
    };
    let mut sums = matrix_mut(sums, taps);
    for (first_filter, mut sums) in (0..).step_by(TAPS).zip(sums.axis_chunks_iter_mut(Axis(0), TAPS)) {
        for (first_tap, sums) in (0..).step_by(TAPS).zip(sums.axis_chunks_iter_mut(Axis(1), TAPS)) {
            let of_filters: [_; TAPS] = std::array::from_fn(|k| (first_filter + k) * rows.len() * line);
            let of_taps: [_; TAPS] = std::array::from_fn(|k| tap(first_tap + k));
            let a =
                Operand { numbers: targets, firsts: &of_filters[..sums.nrows()], steps: [of_target, line] };
            let b = Operand {
                numbers: sources,
                firsts: &of_taps[..sums.ncols()],
                steps: [of_source, frame.width],
            };
            T::dots(tier, a, b, [images.len(), rows.len(), line], sums);
        }
    }
}
