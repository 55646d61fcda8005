//! Packing of B: panels of columns, each row of a panel adjacent.
//!
//! Panel `j` holds columns `j*w..(j+1)*w` with `w` the tier's tile width: row 0 of the panel, then row 1, and so on.
//! Columns that B lacks in the last panel are zeros, or what was there before: nothing that is computed of them is stored.

use std::ops::Range;

use ndarray::{ArrayView2, Axis, s};

use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::short;
use crate::simd::Tier;

/// Numbers that a packed matrix of this size takes.
pub(crate) fn packed_length<T: Scalar>(tier: Tier, rows: usize, columns: usize) -> usize {
    let width = T::panel_width(tier);
    columns.div_ceil(width).saturating_mul(width).saturating_mul(rows)
}

/// A packed matrix, or a block of one.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a, T> {
    rows: usize,
    columns: usize,
    width: usize,
    /// Numbers from one panel to the next.
    panel_length: usize,
    /// Where the block's first panel and row lie.
    offset: usize,
    numbers: &'a [T],
}

impl<'a, T: Scalar> Packed<'a, T> {
    /// Views memory that [`Panels`] filled.
    pub(crate) fn new(tier: Tier, rows: usize, columns: usize, memory: &'a [T]) -> Self {
        let numbers = &memory[..packed_length::<T>(tier, rows, columns)];
        let width = T::panel_width(tier);
        Self { rows, columns, width, panel_length: rows * width, offset: 0, numbers }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn panel_width(&self) -> usize {
        self.width
    }

    /// `depth` rows of a panel, from row `k` on.
    pub(crate) fn panel(&self, index: usize, k: usize, depth: usize) -> &'a [T] {
        let first = self.offset + index * self.panel_length + k * self.width;
        &self.numbers[first..first + depth * self.width]
    }

    /// The block of these rows and columns, the first column a panel's first.
    pub(crate) fn block(&self, rows: Range<usize>, columns: Range<usize>) -> Self {
        assert!(columns.start.is_multiple_of(self.width), "a cut within a panel");
        assert!(rows.end <= self.rows && columns.end <= self.columns, "a block beyond the matrix");
        let panels = columns.start / self.width;
        let offset = self.offset + panels * self.panel_length + rows.start * self.width;
        Self { rows: rows.len(), columns: columns.len(), offset, ..*self }
    }
}

/// Memory that a matrix is packed into.
#[derive(Debug)]
pub(crate) struct Panels<'a, T> {
    rows: usize,
    columns: usize,
    width: usize,
    numbers: &'a mut [T],
}

impl<'a, T: Scalar> Panels<'a, T> {
    /// For a matrix of this size, at the beginning of `memory`.
    pub(crate) fn new(tier: Tier, rows: usize, columns: usize, memory: &'a mut [T]) -> Self {
        let numbers = &mut memory[..packed_length::<T>(tier, rows, columns)];
        Self { rows, columns, width: T::panel_width(tier), numbers }
    }

    /// Its rows, its columns, a panel's width, and the memory.
    pub(super) fn into_parts(self) -> (usize, usize, usize, &'a mut [T]) {
        (self.rows, self.columns, self.width, self.numbers)
    }

    /// Packs `matrix`, whatever its strides, on this thread.
    pub(crate) fn fill_from(self, matrix: ArrayView2<'_, T>) {
        self.check(&matrix);
        for (index, panel) in self.numbers.chunks_mut(self.rows * self.width).enumerate() {
            fill(panel, index, self.width, &matrix);
        }
    }

    /// [`fill_from`](Self::fill_from), shared among threads. Not for a worker that holds its memory: it might be handed
    /// another's piece of work meanwhile, which wants that memory.
    pub(crate) fn fill_shared(self, matrix: ArrayView2<'_, T>) {
        self.check(&matrix);
        let (width, work) = (self.width, Work::of(self.numbers.len(), 1));
        parallel::chunks(self.numbers, self.rows * width, work, |index, panel| {
            fill(panel, index, width, &matrix);
        });
    }

    fn check(&self, matrix: &ArrayView2<'_, T>) {
        assert_eq!(matrix.dim(), (self.rows, self.columns), "a matrix of another size");
    }

    /// Packs the rows that `row` gives, in their order.
    pub(crate) fn fill_by_row<'r>(self, mut row: impl FnMut(usize) -> &'r [T])
    where
        T: 'r,
    {
        let (rows, width) = (self.rows, self.width);
        for k in 0..rows {
            let row = &row(k)[..self.columns];
            // Panel after panel; the last one may have fewer columns than it is wide.
            let mut at = k * width;
            for numbers in row.chunks(width) {
                copy_row(numbers, &mut self.numbers[at..at + width]);
                at += rows * width;
            }
        }
    }

    /// Packs the rows that `row` gives, shared among threads, under the condition of [`fill_shared`](Self::fill_shared).
    pub(crate) fn fill_by_row_shared<'r>(self, row: impl Fn(usize) -> &'r [T] + Sync)
    where
        T: 'r,
    {
        let (rows, columns, width) = (self.rows, self.columns, self.width);
        let work = Work::of(self.numbers.len(), 1);
        parallel::chunks(self.numbers, rows * width, work, |panel, numbers| {
            let of_panel = panel * width..columns.min((panel + 1) * width);
            for (k, to) in numbers.chunks_exact_mut(width).enumerate() {
                copy_row(&row(k)[of_panel.clone()], to);
            }
        });
    }
}

/// Copies a row of a panel, zeros in place of columns that are lacking.
fn copy_row<T: Scalar>(from: &[T], to: &mut [T]) {
    let (to, beyond) = to.split_at_mut(from.len());
    short::copy(from, to);
    beyond.fill(T::zero());
}

/// Packs the columns of one panel.
fn fill<T: Scalar>(panel: &mut [T], index: usize, width: usize, matrix: &ArrayView2<'_, T>) {
    let columns = matrix.slice(s![.., index * width..matrix.ncols().min((index + 1) * width)]);
    if matrix.strides()[0] == 1 {
        // Columns are adjacent, as those of a transposed matrix: they are read one after the other, some rows at a time, which
        // stay in the first-level cache until all columns are written.
        const ROWS: usize = 128;
        for (block, rows) in panel.chunks_mut(ROWS * width).zip(columns.axis_chunks_iter(Axis(0), ROWS)) {
            for (j, column) in rows.axis_iter(Axis(1)).enumerate() {
                for (row, &number) in block.chunks_exact_mut(width).zip(column) {
                    row[j] = number;
                }
            }
            for row in block.chunks_exact_mut(width) {
                row[rows.ncols()..].fill(T::zero());
            }
        }
        return;
    }
    for (row, numbers) in panel.chunks_exact_mut(width).zip(columns.axis_iter(Axis(0))) {
        let (row, beyond) = row.split_at_mut(numbers.len());
        beyond.fill(T::zero());
        match numbers.to_slice() {
            Some(numbers) => row.copy_from_slice(numbers),
            None => row.iter_mut().zip(numbers).for_each(|(to, &from)| *to = from),
        }
    }
}
