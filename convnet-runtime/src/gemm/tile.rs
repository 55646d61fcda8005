//! One tile of a product: what a micro-kernel computes.

use std::ops::Range;

use crate::scalar::Scalar;
use crate::simd::winograd::{Tiles, Transform};

/// The most rows that a tile may have.
pub(crate) const TILE_ROWS: usize = 12;

/// The most columns that a tile may have.
pub(crate) const TILE_COLUMNS: usize = 32;

/// Rows of C in their order, for products of up to so many.
pub(crate) const IN_ORDER: [usize; 96] = {
    let (mut rows, mut row) = ([0; 96], 0);
    while row < rows.len() {
        rows[row] = row;
        row += 1;
    }
    rows
};

/// So many steps of so many numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Steps {
    pub(crate) count: usize,
    pub(crate) step: usize,
}

impl Steps {
    pub(crate) const ONE: Self = Self { count: 1, step: 0 };

    /// Adjacent numbers.
    pub(crate) const fn adjacent(count: usize) -> Self {
        Self { count, step: 1 }
    }
}

/// Where the terms of a row of A lie, from its first one on: three loops, the innermost last.
///
/// A row of a matrix is one run of adjacent numbers; a window on an image is as many as the filter has rows, or cells;
/// a channel of an image is read pixel by pixel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    pub(crate) outer: Steps,
    pub(crate) middle: Steps,
    pub(crate) inner: Steps,
}

impl Terms {
    /// One run.
    pub(crate) const fn run(inner: Steps) -> Self {
        Self { outer: Steps::ONE, middle: Steps::ONE, inner }
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.outer.count * self.middle.count * self.inner.count
    }

    /// How far the last one lies from the first one; nothing if there is none, or if that cannot be counted.
    pub(crate) fn reach(&self) -> Option<usize> {
        let Self { outer, middle, inner } = self;
        let last = |steps: &Steps| steps.count.checked_sub(1)?.checked_mul(steps.step);
        last(outer)?.checked_add(last(middle)?)?.checked_add(last(inner)?)
    }
}

/// What becomes of a product.
#[derive(Clone, Copy, Debug)]
pub enum Finish<'a, T> {
    /// It is added to what is there.
    Add,
    /// It takes the place of what was there.
    Store {
        /// Added to each column; none if it is empty.
        bias: &'a [T],
        /// Whether what is not above 0 becomes 0; NaN stays.
        relu: bool,
    },
}

impl<T: Scalar> Finish<'_, T> {
    /// The product as it is.
    pub(crate) const STORE: Self = Self::Store { bias: &[], relu: false };

    /// Of some of the columns.
    pub(crate) fn columns(self, columns: Range<usize>) -> Self {
        match self {
            Self::Store { bias, relu } if !bias.is_empty() => Self::Store { bias: &bias[columns], relu },
            other => other,
        }
    }

    /// For a tile, its bias being copied to `bias`.
    pub(super) fn of_tile(self, columns: Range<usize>, to: &mut [T; TILE_COLUMNS]) -> TileFinish {
        match self {
            Self::Add => TileFinish::Add,
            Self::Store { bias, relu } => {
                if !bias.is_empty() {
                    to[..columns.len()].copy_from_slice(&bias[columns]);
                }
                TileFinish::Store { relu }
            }
        }
    }
}

/// What becomes of a tile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TileFinish {
    /// It is added to C.
    Add,
    /// Its bias is added, and it is stored; what is not above 0 as 0, if so asked.
    Store { relu: bool },
}

/// One tile: `C[rows x columns] = A[rows x terms] * B[terms x panel]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<T> {
    /// Rows, at most [`TileKernel::ROWS`] and at least 1.
    pub(crate) rows: usize,
    /// Columns that C has, at most [`TileKernel::COLUMNS`]; B has all of them.
    pub(crate) columns: usize,
    /// The terms of each sum.
    pub(crate) terms: Terms,
    /// The first term of each row.
    pub(crate) a: [*const T; TILE_ROWS],
    pub(crate) b: *const T,
    /// From a term of B to the next, in each of the three loops.
    pub(crate) b_steps: [usize; 3],
    /// The first column of each row.
    pub(crate) c: [*mut T; TILE_ROWS],
    /// From one column of C to the next.
    pub(crate) c_step: isize,
    pub(crate) finish: TileFinish,
    /// For each column what is added to a product that is stored.
    pub(crate) bias: *const T,
}

impl<T: Scalar> Tile<T> {
    /// Finishes row `i`, whatever the tile's size.
    ///
    /// # Safety
    /// C has `rows` x `columns` numbers, and nobody else uses them; there are as many biases as columns.
    #[inline(always)]
    pub(crate) unsafe fn finish_row(&self, i: usize, sums: &[T]) {
        for (j, &sum) in sums.iter().enumerate().take(self.columns) {
            let c = self.c[i].wrapping_offset(self.c_step * j.cast_signed());
            // SAFETY: as the caller vouches.
            unsafe {
                *c = match self.finish {
                    TileFinish::Add => *c + sum,
                    TileFinish::Store { relu } => {
                        let sum = sum + *self.bias.add(j);
                        if relu && sum <= T::zero() { T::zero() } else { sum }
                    }
                }
            }
        }
    }
}

/// Sums of a tile of inner products, at most: rows and columns.
pub(crate) const DOT_ROWS: usize = 6;
pub(crate) const DOT_COLUMNS: usize = 4;

/// A tile of inner products: `C[i, j] += sum of a line of A_i times a line of B_j, over blocks of lines`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dots<T> {
    /// Rows, at most [`DOT_ROWS`], and columns, at most [`DOT_COLUMNS`]; at least 1.
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// The first line of each; those that are lacking are any.
    pub(crate) a: [*const T; DOT_ROWS],
    pub(crate) b: [*const T; DOT_COLUMNS],
    /// How many blocks there are, and lines in each, and how far apart they lie in A and in B.
    pub(crate) blocks: (usize, [usize; 2]),
    pub(crate) lines: (usize, [usize; 2]),
    /// Numbers of a line: a multiple of every vector's.
    pub(crate) length: usize,
    pub(crate) c: [[*mut T; DOT_COLUMNS]; DOT_ROWS],
}

/// What a tier provides: one tile of a product.
pub(crate) trait TileKernel<T>: Copy + Sync {
    /// Rows of a tile, at most [`TILE_ROWS`].
    const ROWS: usize;
    /// Columns of a tile, and of a panel of B, at most [`TILE_COLUMNS`].
    const COLUMNS: usize;

    /// Computes one tile.
    ///
    /// # Safety
    /// All terms behind the first `rows` pointers of `a` can be read; `b` has adjacent numbers for each term, `columns` of them and
    /// as many as a vector's end wants (all that there are, at most `COLUMNS`); `bias` has `COLUMNS`; the first `rows` pointers of `c` have `columns` numbers each, which nobody else
    /// uses.
    unsafe fn run(self, tile: &Tile<T>);

    /// Adds inner products of lines to a matrix.
    ///
    /// # Safety
    /// Every number of the lines can be read, and every sum written, which nobody else uses.
    unsafe fn dots(self, tile: &Dots<T>);

    /// Transforms a tile of Winograd's.
    ///
    /// # Safety
    /// Every number that is read or written, by the tile's depth and steps, may be.
    unsafe fn transform(self, by: Transform, tiles: &Tiles<'_, T>);

    /// The inner product of two slices of equal length.
    fn dot(self, a: &[T], b: &[T]) -> T;
}
