//! The column matrix of a convolution, a row at a time: never formed as a whole.
//!
//! Row p holds the taps under window p, in the order of a filter's weights: `[F_height, F_width, D/G]`.

use std::ops::Range;

use convnet_geometry::{Convolution, Extent, Padding};

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

    /// Writes some taps of a row to `to`, zeros where the window overlaps the padding.
    pub(crate) fn gather<T: Scalar>(&self, input: &[T], row: usize, taps: Range<usize>, to: &mut [T]) {
        let window = self.window(row);
        if !window.is_inside {
            to.fill(T::zero());
        }
        self.runs(&window, taps, |to_range, from| {
            let length = to_range.len();
            to[to_range].copy_from_slice(&input[from..from + length]);
        });
    }

    /// Adds some taps of a row to where they come from, within one image: `row` counts in that image.
    pub(crate) fn scatter<T: Scalar>(&self, row: usize, taps: Range<usize>, from: &[T], image: &mut [T]) {
        let window = self.window(row);
        self.runs(&window, taps, |from_range, to| {
            let length = from_range.len();
            for (to, &from) in image[to..to + length].iter_mut().zip(&from[from_range]) {
                *to += from;
            }
        });
    }

    #[expect(clippy::cast_possible_wrap, reason = "sides of volumes are far below isize::MAX")]
    fn window(&self, row: usize) -> Position {
        let (output, input, window) = (self.geometry.output(), self.geometry.input(), self.geometry.window());
        let (image, pixel) = (row / (output.width * output.height), row % (output.width * output.height));
        let (y, x) =
            (pixel / output.width * window.stride.height, pixel % output.width * window.stride.width);
        let Padding { left, top, .. } = window.padding;
        let (y, x) = (y as isize - top as isize, x as isize - left as isize);
        let reach = |filter: usize, dilation: usize| ((filter - 1) * dilation + 1) as isize;
        let fits = |at: isize, reach: isize, side: usize| at >= 0 && at + reach <= side as isize;
        let is_inside = fits(y, reach(window.filter.height, window.dilation.height), input.height)
            && fits(x, reach(window.filter.width, window.dilation.width), input.width);
        Position { image, y, x, is_inside }
    }

    /// Calls `f` with each run of adjacent taps inside the image: where they stand among `taps`, and where in the input.
    #[expect(clippy::cast_possible_wrap, reason = "sides of volumes are far below isize::MAX")]
    #[expect(clippy::cast_sign_loss, reason = "clipped to the image before it is cast")]
    fn runs(&self, window: &Position, taps: Range<usize>, mut f: impl FnMut(Range<usize>, usize)) {
        let (input, depth) = (self.geometry.input(), self.geometry.group_depth());
        let dilation: Extent = self.geometry.window().dilation;
        let run_length = self.run.cells * depth;
        for index in taps.start / run_length..taps.end.div_ceil(run_length) {
            let (f_y, f_x) = (index / self.run.per_row, index % self.run.per_row);
            let y = window.y + (f_y * dilation.height) as isize;
            if y < 0 || y >= input.height as isize {
                continue;
            }
            let x = window.x + (f_x * dilation.width) as isize;
            // Cells of the run that lie inside the image.
            let first = (-x).clamp(0, self.run.cells as isize) as usize;
            let last = (input.width as isize - x).clamp(0, self.run.cells as isize) as usize;
            let start = taps.start.max(index * run_length + first * depth);
            let end = taps.end.min(index * run_length + last * depth);
            if start < end {
                let pixel = (window.image * input.height + y as usize) * input.width;
                let cell = (pixel as isize + x) * input.depth as isize + self.channel as isize;
                // Within a run taps and input advance together: a run of several cells holds all channels.
                let from = cell + (start - index * run_length) as isize;
                f(start - taps.start..end - taps.start, from as usize);
            }
        }
    }
}

/// Where a window lies: its image and its first row and column, which may be in the padding.
#[derive(Clone, Copy, Debug)]
struct Position {
    image: usize,
    y: isize,
    x: isize,
    is_inside: bool,
}
