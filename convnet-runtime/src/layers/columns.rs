//! The column matrix of a convolution, a row at a time: never formed as a whole.
//!
//! Row p holds the taps under window p, in the order of a filter's weights: `[F_height, F_width, D/G]`.

use std::ops::Range;

use convnet_geometry::{Convolution, Padding};

use crate::scalar::Scalar;

/// The column matrix of one group over a whole batch; its rows are numbered through all images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns<'a> {
    geometry: &'a Convolution,
    /// First channel of the group.
    channel: usize,
    /// Taps that lie next to each other in the input where nothing is clipped: a row of the filter, or one cell.
    run: Run,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    /// Cells of the filter in one run.
    cells: usize,
    /// Runs in one row of the filter.
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

impl<'a> Columns<'a> {
    pub(crate) fn new(geometry: &'a Convolution, group: usize) -> Self {
        let filter = geometry.window().filter;
        let adjacent = geometry.groups() == 1 && geometry.window().dilation.width == 1;
        let run = if adjacent {
            Run { cells: filter.width, per_row: 1 }
        } else {
            Run { cells: 1, per_row: filter.width }
        };
        Self { geometry, channel: group * geometry.group_depth(), run }
    }

    /// The block of these columns.
    pub(crate) fn taps(&self, range: Range<usize>) -> Taps {
        let length = self.run.cells * self.geometry.group_depth();
        let (first, last) = (range.start / length, range.end.div_ceil(length));
        Taps { range, first: (first / self.run.per_row, first % self.run.per_row), runs: last - first }
    }

    /// The windows of the batch from row `first` of the matrix on, without end.
    #[expect(clippy::cast_possible_wrap, reason = "sides of volumes are far below isize::MAX")]
    pub(crate) fn positions(&self, first: usize) -> impl Iterator<Item = Position> + use<> {
        let (output, input, window) = (self.geometry.output(), self.geometry.input(), self.geometry.window());
        let Padding { left, top, .. } = window.padding;
        // The last row and column from which a window lies inside the input; negative if there is none.
        let last = |side: usize, filter: usize, dilation: usize| {
            side as isize - ((filter - 1) * dilation + 1) as isize
        };
        let last_y = last(input.height, window.filter.height, window.dilation.height);
        let last_x = last(input.width, window.filter.width, window.dilation.width);
        let pixel = first % (output.width * output.height);
        let (mut image, mut y, mut x) =
            (first / (output.width * output.height), pixel / output.width, pixel % output.width);
        std::iter::from_fn(move || {
            let row = (y * window.stride.height) as isize - top as isize;
            let column = (x * window.stride.width) as isize - left as isize;
            let is_inside = row >= 0 && row <= last_y && column >= 0 && column <= last_x;
            let position = Position { image, y: row, x: column, is_inside };
            x += 1;
            if x == output.width {
                (x, y) = (0, y + 1);
                if y == output.height {
                    (y, image) = (0, image + 1);
                }
            }
            Some(position)
        })
    }

    /// The window of row `index` of the matrix.
    pub(crate) fn position(&self, index: usize) -> Position {
        self.positions(index).next().expect("positions have no end")
    }

    /// Writes the taps under a window to `to`, zeros where it overlaps the padding.
    #[inline]
    pub(crate) fn gather<T: Scalar>(&self, input: &[T], position: &Position, taps: &Taps, to: &mut [T]) {
        if !position.is_inside {
            to.fill(T::zero());
        }
        self.runs(position, taps, |to_range, from| {
            let length = to_range.len();
            copy(&input[from..from + length], &mut to[to_range]);
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

    /// Calls `f` with each run of adjacent taps inside the image: where they stand in the block, and where in the input.
    #[inline]
    #[expect(clippy::cast_possible_wrap, reason = "sides of volumes are far below isize::MAX")]
    #[expect(clippy::cast_sign_loss, reason = "clipped to the image before it is cast")]
    pub(crate) fn runs(&self, position: &Position, taps: &Taps, mut f: impl FnMut(Range<usize>, usize)) {
        let (input, depth) = (self.geometry.input(), self.geometry.group_depth());
        let (dilation, Run { cells, per_row }) = (self.geometry.window().dilation, self.run);
        let (mut f_y, mut f_x) = taps.first;
        // The first tap of the run.
        let mut tap = (f_y * per_row + f_x) * cells * depth;
        for _ in 0..taps.runs {
            let (y, x) =
                (position.y + (f_y * dilation.height) as isize, position.x + (f_x * dilation.width) as isize);
            // Cells of the run that lie inside the image.
            let (first, last) = if position.is_inside {
                (0, cells)
            } else if y < 0 || y >= input.height as isize {
                (0, 0)
            } else {
                let inside = |side: isize| side.clamp(0, cells as isize) as usize;
                (inside(-x), inside(input.width as isize - x))
            };
            let start = taps.range.start.max(tap + first * depth);
            let end = taps.range.end.min(tap + last * depth);
            if start < end {
                let pixel = ((position.image * input.height) as isize + y) * input.width as isize + x;
                // Within a run taps and input advance together: a run of several cells holds all channels.
                let from = pixel * input.depth as isize + (self.channel + start) as isize - tap as isize;
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

/// Copies a run. Most are short, and a call of `memcpy` or a loop costs more than two copies that overlap.
#[inline]
fn copy<T: Scalar>(from: &[T], to: &mut [T]) {
    match from.len() {
        16.. => to.copy_from_slice(from),
        8.. => copy_ends::<T, 8>(from, to),
        4.. => copy_ends::<T, 4>(from, to),
        _ => std::iter::zip(to, from).for_each(|(to, &from)| *to = from),
    }
}

/// Copies the first `N` numbers and the last `N`, of at least `N` and at most twice as many.
#[inline]
fn copy_ends<T: Scalar, const N: usize>(from: &[T], to: &mut [T]) {
    if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
        *to = *from;
    }
    if let (Some(from), Some(to)) = (from.last_chunk::<N>(), to.last_chunk_mut::<N>()) {
        *to = *from;
    }
}
