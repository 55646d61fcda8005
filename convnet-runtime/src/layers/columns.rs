//! The column matrix of a convolution, a row at a time: never formed as a whole.
//!
//! Row p holds the taps under window p. Forward, windows slide over the input, and their taps are in the order of a
//! filter's weights: `[F_height, F_width, D/G]`. Backward by the input they slide over the output's gradient: the input's
//! pixels fall into as many phases as the stride has pixels, and those of one phase are reached from the same taps of
//! every filter, which lie as a smaller window on the output's gradient, in reverse order.
//!
//! A window inside the volume needs no row: it is read where it lies, by [`Terms`].

use std::ops::Range;

use convnet_geometry::{Axis, AxisWindow, Convolution, Volume};

use crate::gemm::{Steps, Terms};
use crate::scalar::Scalar;
use crate::short;

/// The column matrix of one group over a whole batch; its rows are numbered through all images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    /// The volume that windows lie on, of one image.
    source: Volume,
    /// First channel of the group, and how many there are.
    channel: usize,
    depth: usize,
    height: Slide,
    width: Slide,
    /// Taps that lie next to each other in the source where nothing is clipped: a row of the window, or one cell.
    run: Run,
}

/// Windows along one axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slide {
    /// How many windows there are.
    count: usize,
    /// Where the first one begins: in the padding, if it is negative.
    origin: isize,
    /// From one window to the next.
    stride: usize,
    /// Cells of a window, and from one to the next.
    cells: usize,
    dilation: usize,
    /// The last place from which a window lies inside the source; negative if there is none.
    last: isize,
}

impl Slide {
    /// The windows of a convolution on its input.
    fn forward(axis: AxisWindow, count: usize) -> Self {
        let AxisWindow { input, filter, stride, dilation, before, .. } = axis;
        let origin = -before.cast_signed();
        Self { count, origin, stride, cells: filter, dilation, last: last(input, filter, dilation) }
    }

    /// How far the first and the last window reach beyond a source of so many cells.
    fn beyond(&self, side: usize) -> (usize, usize) {
        let Some(last) = self.count.checked_sub(1) else { return (0, 0) };
        let end = self.begin(last) + ((self.cells - 1) * self.dilation + 1).cast_signed();
        let above = |by: isize| usize::try_from(by).unwrap_or(0);
        (above(-self.origin), above(end - side.cast_signed()))
    }

    /// On a source that begins and ends elsewhere.
    fn within(&self, first: isize, side: usize) -> Self {
        let last = last(side, self.cells, self.dilation);
        Self { origin: self.origin - first, last, ..*self }
    }

    /// Where window `index` begins.
    fn begin(&self, index: usize) -> isize {
        self.origin + (index * self.stride).cast_signed()
    }
}

/// How far windows reach beyond a volume.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Beyond {
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) top: usize,
    pub(crate) bottom: usize,
}

impl Beyond {
    /// As far as either.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            right: self.right.max(other.right),
            top: self.top.max(other.top),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// A part of a batch with what lies around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// What there is of each image.
    pub(crate) volume: Volume,
    /// The first image.
    pub(crate) image: usize,
    /// Where each image's part begins: outside of it, if it is negative.
    pub(crate) top: isize,
    pub(crate) left: isize,
}

/// The last place from which a window lies inside; negative if there is none.
fn last(side: usize, cells: usize, dilation: usize) -> isize {
    side.cast_signed() - ((cells - 1) * dilation + 1).cast_signed()
}

/// The pixels of an input's axis that are reached from the same taps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Phase {
    /// The first of them, and from one to the next.
    pub(crate) pixels: Steps,
    /// Where that one lies.
    pub(crate) first: usize,
    /// How they are reached from the output's gradient.
    slide: Slide,
    /// The tap of the first cell of such a window, and how far the tap of the next cell is before it.
    tap: usize,
    tap_step: usize,
}

impl Phase {
    /// The phases along an axis with so many outputs; pixels that no tap reaches belong to none.
    pub(crate) fn all(axis: AxisWindow, outputs: usize) -> impl Iterator<Item = Self> + Clone {
        let AxisWindow { input, filter, stride, dilation, before, .. } = axis;
        // Taps that reach a phase are so far apart, and so far on the output.
        let common = greatest_common_divisor(stride, dilation);
        let (tap_step, dilation_out) = (stride / common, dilation / common);
        (0..stride).filter_map(move |phase| {
            let first_tap = (0..tap_step.min(filter)).find(|tap| tap * dilation % stride == phase)?;
            let first = (phase + stride - before % stride) % stride;
            if first >= input {
                return None;
            }
            let cells = (filter - 1 - first_tap) / tap_step + 1;
            let count = (input - 1 - first) / stride + 1;
            // What the first tap reaches the first pixel from; the division leaves nothing.
            let reached = ((first + before).cast_signed() - (first_tap * dilation).cast_signed())
                .div_euclid(stride.cast_signed());
            let slide = Slide {
                count,
                origin: reached - ((cells - 1) * dilation_out).cast_signed(),
                stride: 1,
                cells,
                dilation: dilation_out,
                last: last(outputs, cells, dilation_out),
            };
            let tap = first_tap + (cells - 1) * tap_step;
            Some(Self { pixels: Steps { count, step: stride }, first, slide, tap, tap_step })
        })
    }

    /// Its pixels among these of the axis: their numbers within the phase.
    pub(crate) fn among(&self, pixels: Range<usize>) -> Range<usize> {
        let number =
            |at: usize| at.saturating_sub(self.first).div_ceil(self.pixels.step).min(self.pixels.count);
        number(pixels.start)..number(pixels.end)
    }

    /// How many cells its windows have.
    pub(crate) fn cells(&self) -> usize {
        self.slide.cells
    }

    /// The tap of a cell.
    pub(crate) fn tap(&self, cell: usize) -> usize {
        self.tap - cell * self.tap_step
    }
}

const fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[derive(Clone, Copy, Debug)]
struct Run {
    /// Cells of the window in one run.
    cells: usize,
    /// Runs in one row of the window.
    per_row: usize,
}

/// A block of the matrix's columns: some taps of every window.
#[derive(Clone, Debug)]
pub(crate) struct Taps {
    range: Range<usize>,
    /// The run that holds the first tap: its row and its place in that row.
    first: (usize, usize),
    /// How many runs hold a tap of the block.
    runs: usize,
}

/// Where a window lies: its image and its first row and column, which may be in the padding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    image: usize,
    y: isize,
    x: isize,
    is_inside: bool,
}

impl Columns {
    /// Windows on the input: one for each output.
    pub(crate) fn new(geometry: &Convolution, group: usize) -> Self {
        let (window, input, output) = (geometry.window(), geometry.input(), geometry.output());
        let [width, height] = [(Axis::Width, output.width), (Axis::Height, output.height)]
            .map(|(axis, count)| Slide::forward(window.along(axis, input.extent()), count));
        let depth = geometry.group_depth();
        Self::of(input, (group * depth, depth), height, width)
    }

    /// Windows on the output's gradient: one for each pixel of the input in these phases.
    pub(crate) fn backward(geometry: &Convolution, group: usize, height: &Phase, width: &Phase) -> Self {
        let filters = geometry.group_filters();
        Self::of(geometry.output(), (group * filters, filters), height.slide, width.slide)
    }

    fn of(source: Volume, (channel, depth): (usize, usize), height: Slide, width: Slide) -> Self {
        let run = if depth == source.depth && width.dilation == 1 {
            Run { cells: width.cells, per_row: 1 }
        } else {
            Run { cells: 1, per_row: width.cells }
        };
        Self { source, channel, depth, height, width, run }
    }

    /// The volume that windows lie on, of one image.
    pub(crate) fn source(&self) -> Volume {
        self.source
    }

    /// How far windows reach beyond it.
    pub(crate) fn beyond(&self) -> Beyond {
        let (top, bottom) = self.height.beyond(self.source.height);
        let (left, right) = self.width.beyond(self.source.width);
        Beyond { left, right, top, bottom }
    }

    /// The rows of the source, and beyond it, that these rows of windows need.
    pub(crate) fn source_rows(&self, windows: Range<usize>) -> Range<isize> {
        let Slide { cells, dilation, .. } = self.height;
        let Some(last) = windows.end.checked_sub(1) else { return 0..0 };
        let end = self.height.begin(last) + ((cells - 1) * dilation + 1).cast_signed();
        self.height.begin(windows.start)..end
    }

    /// The same windows on a part of the batch.
    pub(crate) fn within(&self, frame: &Frame) -> Self {
        let Frame { volume, top, left, .. } = *frame;
        Self {
            source: volume,
            height: self.height.within(top, volume.height),
            width: self.width.within(left, volume.width),
            ..*self
        }
    }

    /// How many columns there are: taps of a window.
    pub(crate) fn count(&self) -> usize {
        self.height.cells * self.width.cells * self.depth
    }

    /// The block of these columns.
    pub(crate) fn taps(&self, range: Range<usize>) -> Taps {
        let length = self.run.cells * self.depth;
        let (first, last) = (range.start / length, range.end.div_ceil(length));
        Taps { range, first: (first / self.run.per_row, first % self.run.per_row), runs: last - first }
    }

    /// Where the taps of a window lie, from its first one on.
    pub(crate) fn terms(&self) -> Terms {
        let Self { source: Volume { width, depth, .. }, run, .. } = *self;
        Terms {
            outer: Steps { count: self.height.cells, step: self.height.dilation * width * depth },
            middle: Steps { count: run.per_row, step: self.width.dilation * depth },
            inner: Steps::adjacent(run.cells * self.depth),
        }
    }

    /// Where a tap lies, from the first one of a window on.
    pub(crate) fn tap(&self, tap: usize) -> usize {
        let (cell, channel) = (tap / self.depth, tap % self.depth);
        let (y, x) = (cell / self.width.cells, cell % self.width.cells);
        let Volume { width, depth, .. } = self.source;
        (y * self.height.dilation * width + x * self.width.dilation) * depth + channel
    }

    /// From the first tap of a window to that of the next, along height and width.
    pub(crate) fn steps(&self) -> [usize; 2] {
        let Volume { width, depth, .. } = self.source;
        [self.height.stride * width * depth, self.width.stride * depth]
    }

    /// Where the first tap of a window lies that is inside its image.
    pub(crate) fn first(&self, position: &Position) -> usize {
        debug_assert!(position.is_inside, "a window that is inside");
        let Volume { width, height, depth } = self.source;
        let (y, x) = (position.y.cast_unsigned(), position.x.cast_unsigned());
        ((position.image * height + y) * width + x) * depth + self.channel
    }

    /// The window of row `index` of the matrix.
    pub(crate) fn position(&self, index: usize) -> Position {
        let (row, x) = (index / self.width.count, index % self.width.count);
        self.at(row / self.height.count, row % self.height.count, x)
    }

    /// The window at row `y` and column `x` of an image's windows.
    #[inline]
    pub(crate) fn at(&self, image: usize, y: usize, x: usize) -> Position {
        let (y, x) = (self.height.begin(y), self.width.begin(x));
        let is_inside = y >= 0 && y <= self.height.last && x >= 0 && x <= self.width.last;
        Position { image, y, x, is_inside }
    }

    /// Writes the taps under a window to `to`, zeros where it overlaps the padding.
    #[inline]
    pub(crate) fn gather<T: Scalar>(&self, input: &[T], position: &Position, taps: &Taps, to: &mut [T]) {
        if !position.is_inside {
            to.fill(T::zero());
        }
        self.runs(position, taps, |to_range, from| {
            let length = to_range.len();
            short::copy(&input[from..from + length], &mut to[to_range]);
        });
    }

    /// Adds the taps under a window to where they come from, `image` being the window's image alone.
    #[inline]
    pub(crate) fn scatter<T: Scalar>(&self, position: &Position, taps: &Taps, from: &[T], image: &mut [T]) {
        self.runs(&Position { image: 0, ..*position }, taps, |from_range, to| {
            let length = from_range.len();
            for (to, &from) in image[to..to + length].iter_mut().zip(&from[from_range]) {
                *to += from;
            }
        });
    }

    /// Calls `f` with each run of adjacent taps inside the image: where they stand in the block, and where in the source.
    #[inline]
    #[expect(clippy::cast_sign_loss, reason = "clipped to the image before it is cast")]
    pub(crate) fn runs(&self, position: &Position, taps: &Taps, mut f: impl FnMut(Range<usize>, usize)) {
        let Self { source, depth, run: Run { cells, per_row }, .. } = *self;
        let (mut f_y, mut f_x) = taps.first;
        // The first tap of the run.
        let mut tap = (f_y * per_row + f_x) * cells * depth;
        for _ in 0..taps.runs {
            let y = position.y + (f_y * self.height.dilation).cast_signed();
            let x = position.x + (f_x * self.width.dilation).cast_signed();
            // Cells of the run that lie inside the image.
            let (first, last) = if position.is_inside {
                (0, cells)
            } else if y < 0 || y >= source.height.cast_signed() {
                (0, 0)
            } else {
                let inside = |side: isize| side.clamp(0, cells.cast_signed()) as usize;
                (inside(-x), inside(source.width.cast_signed() - x))
            };
            let start = taps.range.start.max(tap + first * depth);
            let end = taps.range.end.min(tap + last * depth);
            if start < end {
                let rows = (position.image * source.height).cast_signed() + y;
                let pixel = rows * source.width.cast_signed() + x;
                // Within a run taps and source advance together: a run of several cells holds all channels.
                let from = pixel * source.depth.cast_signed() + (self.channel + start).cast_signed()
                    - tap.cast_signed();
                f(start - taps.range.start..end - taps.range.start, from as usize);
            }
            tap += cells * depth;
            f_x += 1;
            if f_x == per_row {
                (f_x, f_y) = (0, f_y + 1);
            }
        }
    }
}
