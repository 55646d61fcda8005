//! Where the tiles lie that Winograd's transforms take and give.

use std::marker::PhantomData;
use std::ops::Range;

use ndarray::ArrayViewMut2;

use super::Panels;
use super::tile::Finish;
use crate::scalar::Scalar;
use crate::simd::winograd::{Tiles, Transform};

/// A tile that is read: all channels of each of its cells.
#[derive(Clone, Debug)]
pub struct Cells<'a, T> {
    pub(crate) numbers: &'a [T],
    /// Where the first channel of the tile's first cell lies, or would lie if there were such a cell.
    pub(crate) first: isize,
    /// From a row of the tile to the next, and from a column.
    pub(crate) steps: [isize; 2],
    /// Rows and columns that there are: the others are zeros.
    pub(crate) inside: [Range<usize>; 2],
    pub(crate) depth: usize,
    /// As many as channels, if there are cells outside.
    pub(crate) zeros: &'a [T],
    /// From a cell to that of the tile that is read next, if it is not in the cache yet.
    pub(crate) next: usize,
}

/// A tile that is written.
#[derive(Debug)]
pub struct Transformed<'a, T> {
    first: *mut T,
    steps: [usize; 2],
    /// Rows and columns that are wanted: the first ones of the tile.
    wanted: [usize; 2],
    depth: usize,
    step: usize,
    panel: (usize, usize),
    next: usize,
    numbers: PhantomData<&'a mut [T]>,
}

impl<'a, T: Scalar> Transformed<'a, T> {
    /// Each cell is a row of a matrix whose columns are the channels: the first one row `first`, and the others so many rows
    /// from it for each row and column of the tile.
    pub(crate) fn rows(
        mut matrix: ArrayViewMut2<'a, T>,
        first: usize,
        steps: [usize; 2],
        wanted: [usize; 2],
    ) -> Self {
        check_last(first, steps, wanted, matrix.nrows());
        let [row, step] = [matrix.strides()[0], matrix.strides()[1]]
            .map(|stride| usize::try_from(stride).expect("rows and columns in their order"));
        Self {
            first: matrix.as_mut_ptr().wrapping_add(first * row),
            steps: steps.map(|rows| rows * row),
            wanted,
            depth: matrix.ncols(),
            step,
            panel: (usize::MAX, 0),
            next: 0,
            numbers: PhantomData,
        }
    }

    /// [`rows`](Self::rows) of a packed matrix.
    pub(crate) fn packed(panels: Panels<'a, T>, first: usize, steps: [usize; 2], wanted: [usize; 2]) -> Self {
        let (count, depth, width, numbers) = panels.into_parts();
        check_last(first, steps, wanted, count);
        Self {
            first: numbers.as_mut_ptr().wrapping_add(first * width),
            steps: steps.map(|rows| rows * width),
            wanted,
            depth,
            step: 1,
            panel: (width, count * width),
            next: 0,
            numbers: PhantomData,
        }
    }

    /// With another tile to be written next, so many columns of the tile on, which is not in the cache yet.
    pub(crate) fn before(mut self, columns: usize) -> Self {
        self.next = columns * self.steps[1];
        self
    }
}

/// Checks that a matrix of so many rows has all that are wanted.
fn check_last(first: usize, steps: [usize; 2], wanted: [usize; 2], rows: usize) {
    let last = wanted.iter().zip(steps).map(|(wanted, step)| wanted.saturating_sub(1) * step).sum::<usize>();
    assert!(wanted.contains(&0) || first + last < rows, "a row that the matrix does not have");
}

/// Where all channels of each cell lie.
pub(super) fn tiles<'a, T: Scalar>(
    by: Transform,
    from: &Cells<'_, T>,
    to: &Transformed<'_, T>,
    finish: Finish<'a, T>,
) -> Tiles<'a, T> {
    let (before, after) = by.sides();
    let Cells { numbers, first, steps, inside: [rows, columns], depth, zeros, next } = from;
    let depth = *depth;
    assert_eq!(depth, to.depth, "as many channels after it as before");
    let is_plain = matches!(finish, Finish::Store { bias: [], relu: false });
    assert!(to.step == 1 || is_plain, "scattered channels are stored as they are");
    assert!(!by.is_of_volume() || to.step == 1 && is_plain, "a volume's numbers are stored as they are");
    if let Finish::Store { bias, .. } = finish {
        assert!(bias.is_empty() || bias.len() == depth, "as many biases as channels");
    }
    assert!(rows.end <= before && columns.end <= before, "cells that the tile does not have");
    assert!(to.wanted.iter().all(|&wanted| wanted <= after), "cells that the transform does not give");
    if !by.may_be_partial() {
        let is_whole = [rows, columns].iter().all(|side| **side == (0..before)) && to.wanted == [after; 2];
        assert!(is_whole, "a part of a filter");
    }
    let at = |y: usize, x: usize| first + y.cast_signed() * steps[0] + x.cast_signed() * steps[1];
    if !rows.is_empty() && !columns.is_empty() {
        // All others lie between them.
        for corner in [at(rows.start, columns.start), at(rows.end - 1, columns.end - 1)] {
            let is_inside = corner >= 0 && corner.cast_unsigned() + depth <= numbers.len();
            assert!(is_inside && steps[0].signum() * steps[1].signum() >= 0, "a cell beyond the numbers");
        }
    }
    if rows.len() < before || columns.len() < before {
        assert!(depth <= zeros.len(), "as many zeros as channels");
    }
    Tiles {
        from: numbers.as_ptr().wrapping_offset(*first),
        from_steps: *steps,
        inside: [rows.clone(), columns.clone()],
        zeros: zeros.as_ptr(),
        to: to.first,
        to_steps: to.steps,
        wanted: to.wanted,
        depth,
        step: to.step,
        panel: to.panel,
        next: [*next, to.next],
        finish,
    }
}
