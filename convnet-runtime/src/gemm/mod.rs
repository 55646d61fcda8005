//! Matrix products: `C += A * B` with B packed and A where it lies.
//!
//! The products of a convolutional network have one operand that is used by many tiles (filters, or a block of
//! columns), and one that is best left where it is (images, gradients, large FC matrices). So only B is packed, in
//! panels as wide as a micro-kernel's tile; A is read by broadcasts, through whatever strides it has, transposed or
//! not. The caller owns the memory that B is packed into: nothing here allocates.
//!
//! Every number of C is one sum over k in a fixed order, whatever the tile that it falls into: results depend neither
//! on how the work is cut nor on the number of threads.
#![allow(unsafe_code, reason = "micro-kernels work on raw tiles, whose bounds are asserted once per product")]

mod lines;
mod pack;
mod stack;
mod tile;
mod transform;

use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};

use crate::network::Gradients;
use crate::scalar::Scalar;
use crate::simd::Tier;
use crate::simd::winograd::Transform;

pub(crate) use lines::LINE;
pub use lines::{Lines, Operand};
pub use pack::Packed;
pub(crate) use pack::{Panels, packed_length};
pub use stack::{Products, Stack};
pub(crate) use tile::{
    DOT_COLUMNS, DOT_ROWS, Dots, IN_ORDER, TILE_COLUMNS, TILE_ROWS, Tile, TileFinish, TileKernel,
};
pub use tile::{Finish, Steps, Terms};
pub use transform::{Cells, Transformed};

/// Rows of B that are multiplied at a time: a panel of that many rows stays in the first-level cache.
pub(crate) const DEPTH_BLOCK: usize = 256;

/// Rows of A that are multiplied at a time: with [`DEPTH_BLOCK`] columns they stay in the second-level cache. A multiple
/// of every tile's rows.
pub(crate) const ROW_BLOCK: usize = 96;

/// Numbers of memory that [`multiply`] packs a B of this size into.
pub fn memory_length<T: Scalar>(tier: Tier, rows: usize, columns: usize) -> usize {
    packed_length::<T>(tier, rows.min(DEPTH_BLOCK), columns)
}

/// `C += A * B` on one thread, blocks of B being packed into the caller's memory.
///
/// Layers do not call it: they cut their products to their own shapes. It is what other libraries are compared with.
///
/// # Panics
/// If the matrices do not fit together or the memory is shorter than [`memory_length`].
pub fn multiply<T: Scalar>(
    tier: Tier,
    a: ArrayView2<'_, T>,
    b: ArrayView2<'_, T>,
    mut c: ArrayViewMut2<'_, T>,
    memory: &mut [T],
) {
    assert_eq!(
        (a.dim(), b.dim()),
        ((c.nrows(), b.nrows()), (a.ncols(), c.ncols())),
        "the matrices do not fit together"
    );
    let (a, b) = (a.axis_chunks_iter(Axis(1), DEPTH_BLOCK), b.axis_chunks_iter(Axis(0), DEPTH_BLOCK));
    for (a, b) in a.zip(b) {
        Panels::new(tier, b.nrows(), b.ncols(), memory).fill_from(b);
        let packed = Packed::new(tier, b.nrows(), b.ncols(), memory);
        let rows = a.axis_chunks_iter(Axis(0), ROW_BLOCK).zip(c.axis_chunks_iter_mut(Axis(0), ROW_BLOCK));
        rows.for_each(|(a, c)| T::multiply(tier, a, packed, c, Gradients::Accumulate));
    }
}

/// Rows of A: each begins somewhere in some numbers, and all have the same terms from there on.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    pub(crate) numbers: &'a [T],
    /// The first term of each row.
    pub(crate) firsts: &'a [usize],
    pub(crate) terms: Terms,
}

/// The product as one tier does it.
pub(crate) trait Kernel<T>: Sync {
    /// Columns of a panel of B.
    fn columns(&self) -> usize;

    /// `C += A * B`, or `C = A * B`.
    fn multiply(&self, a: ArrayView2<'_, T>, b: Packed<'_, T>, c: ArrayViewMut2<'_, T>, mode: Gradients);

    /// A product whose rows lie anywhere: row `i` of A times B becomes row `c_rows[i]` of C.
    fn product(
        &self,
        a: Rows<'_, T>,
        b: Packed<'_, T>,
        c: ArrayViewMut2<'_, T>,
        c_rows: &[usize],
        finish: Finish<'_, T>,
    );

    /// As many products as there are matrices.
    fn products(&self, products: Products<'_, T>, to: &mut [T]);

    /// `C = A * B`, the rows of B being lines that can be read up to a multiple of [`LINE`] numbers.
    fn lines(&self, a: ArrayView2<'_, T>, b: Lines<'_, T>, c: ArrayViewMut2<'_, T>);

    /// `C[i, j] +=` the inner product of all lines of row `i` of A and of column `j` of B: so many blocks of so many lines of so
    /// many numbers, a multiple of [`LINE`].
    fn dots(&self, a: Operand<'_, T>, b: Operand<'_, T>, sizes: [usize; 3], c: ArrayViewMut2<'_, T>);

    /// Transforms all channels of a tile of Winograd's.
    fn transform(&self, by: Transform, from: Cells<'_, T>, to: Transformed<'_, T>, finish: Finish<'_, T>);

    /// The inner product of two slices of equal length.
    fn dot(&self, a: &[T], b: &[T]) -> T;
}

/// The loops around a tier's micro-kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MicroKernel<K>(pub(crate) K);

impl<T: Scalar, K: TileKernel<T>> Kernel<T> for MicroKernel<K> {
    fn columns(&self) -> usize {
        K::COLUMNS
    }

    fn multiply(&self, a: ArrayView2<'_, T>, b: Packed<'_, T>, c: ArrayViewMut2<'_, T>, mode: Gradients) {
        let ((rows, depth), columns) = (a.dim(), c.ncols());
        assert_eq!(
            (rows, depth, columns),
            (c.nrows(), b.rows(), b.columns()),
            "the matrices do not fit together"
        );
        assert_eq!(b.panel_width(), K::COLUMNS, "B was packed for another tier");
        const { assert!(K::ROWS <= TILE_ROWS && K::COLUMNS <= TILE_COLUMNS, "a tile has room for them") };
        if a.strides()[1] == 1 {
            self.by_panels(a, b, c, mode);
        } else {
            self.by_strips(a, b, c, mode);
        }
    }

    fn product(
        &self,
        a: Rows<'_, T>,
        b: Packed<'_, T>,
        mut c: ArrayViewMut2<'_, T>,
        c_rows: &[usize],
        finish: Finish<'_, T>,
    ) {
        let Rows { numbers, firsts, terms } = a;
        assert_eq!(
            (firsts.len(), terms.count()),
            (c_rows.len(), b.rows()),
            "the matrices do not fit together"
        );
        assert_eq!(
            (c.ncols(), b.panel_width()),
            (b.columns(), K::COLUMNS),
            "B was packed for something else"
        );
        if terms.count() > 0 {
            let reach = terms.reach().expect("terms within a slice");
            let last =
                firsts.iter().max().map(|first| first.checked_add(reach).expect("terms within a slice"));
            assert!(last.is_none_or(|last| last < numbers.len()), "a row of A ends beyond its numbers");
        }
        assert!(c_rows.iter().all(|&row| row < c.nrows()), "a row that C does not have");
        let (columns, depth) = (c.ncols(), terms.count());
        let (to, [row_stride, c_step]) = (c.as_mut_ptr(), [c.strides()[0], c.strides()[1]]);
        for j in (0..columns).step_by(K::COLUMNS) {
            let panel = b.panel(j / K::COLUMNS, 0, depth).as_ptr();
            let of_tile = j..columns.min(j + K::COLUMNS);
            let mut bias = [T::zero(); TILE_COLUMNS];
            let finish = finish.of_tile(of_tile.clone(), &mut bias);
            for (firsts, c_rows) in firsts.chunks(K::ROWS).zip(c_rows.chunks(K::ROWS)) {
                let mut tile = Tile {
                    rows: firsts.len(),
                    columns: of_tile.len(),
                    terms,
                    a: [numbers.as_ptr(); TILE_ROWS],
                    b: panel,
                    b_steps: packed_steps::<T, K>(&terms),
                    c: [to; TILE_ROWS],
                    c_step,
                    finish,
                    bias: bias.as_ptr(),
                };
                let column = c_step * j.cast_signed();
                for (i, (&first, &row)) in firsts.iter().zip(c_rows).enumerate() {
                    tile.a[i] = numbers.as_ptr().wrapping_add(first);
                    tile.c[i] = to.wrapping_offset(row_stride * row.cast_signed() + column);
                }
                // SAFETY: every row's last term is within `numbers`, every row and column within C, which is borrowed
                // mutably and whose strides ndarray vouches for; the panel holds depth x COLUMNS numbers.
                unsafe { self.0.run(&tile) };
            }
        }
    }

    fn products(&self, products: Products<'_, T>, to: &mut [T]) {
        self.stacked(products, to);
    }

    fn lines(&self, a: ArrayView2<'_, T>, b: Lines<'_, T>, mut c: ArrayViewMut2<'_, T>) {
        let Terms { outer, middle, inner } = b.terms;
        let ((rows, depth), columns) = (a.dim(), c.ncols());
        assert_eq!((rows, depth), (c.nrows(), b.terms.count()), "the matrices do not fit together");
        assert!(a.strides()[1] == 1 || depth < 2, "the terms of a row are adjacent");
        if rows == 0 || depth == 0 || columns == 0 {
            c.fill(T::zero());
            return;
        }
        let reach = b.terms.reach().expect("terms within a slice") + columns.next_multiple_of(LINE);
        assert!(b.first + reach <= b.numbers.len(), "a line ends beyond its numbers");
        let (from, to, bias) = (a.as_ptr(), c.as_mut_ptr(), [T::zero(); TILE_COLUMNS]);
        let (a_row, [c_row, c_step]) = (a.strides()[0], [c.strides()[0], c.strides()[1]]);
        for j in (0..columns).step_by(K::COLUMNS) {
            for i in (0..rows).step_by(K::ROWS) {
                let of_tile = K::ROWS.min(rows - i);
                let row = |row: usize| (i + row.min(of_tile - 1)).cast_signed();
                let tile = Tile {
                    rows: of_tile,
                    columns: K::COLUMNS.min(columns - j),
                    terms: Terms {
                        outer: Steps { step: middle.count * inner.count, ..outer },
                        middle: Steps { step: inner.count, ..middle },
                        inner: Steps { step: 1, ..inner },
                    },
                    a: std::array::from_fn(|k| from.wrapping_offset(row(k) * a_row)),
                    b: b.numbers.as_ptr().wrapping_add(b.first + j),
                    b_steps: [outer.step, middle.step, inner.step],
                    c: std::array::from_fn(|k| to.wrapping_offset(row(k) * c_row + j.cast_signed() * c_step)),
                    c_step,
                    finish: TileFinish::Store { relu: false },
                    bias: bias.as_ptr(),
                };
                // SAFETY: rows and columns are those of A and C, whose strides ndarray vouches for; every line can be read up to
                // a multiple of LINE numbers, which is one of every vector's.
                unsafe { self.0.run(&tile) };
            }
        }
    }

    fn dots(
        &self,
        a: Operand<'_, T>,
        b: Operand<'_, T>,
        [blocks, lines, length]: [usize; 3],
        mut c: ArrayViewMut2<'_, T>,
    ) {
        assert_eq!((a.firsts.len(), b.firsts.len()), c.dim(), "the operands do not fit together");
        assert!(length.is_multiple_of(LINE), "lines are whole vectors");
        if blocks * lines * length == 0 {
            return;
        }
        a.check([blocks, lines, length]);
        b.check([blocks, lines, length]);
        let (to, strides) = (c.as_mut_ptr(), [c.strides()[0], c.strides()[1]]);
        for (i, a_firsts) in a.firsts.chunks(DOT_ROWS).enumerate() {
            for (j, b_firsts) in b.firsts.chunks(DOT_COLUMNS).enumerate() {
                let at = |row: usize, column: usize| {
                    let (row, column) = (row.min(a_firsts.len() - 1), column.min(b_firsts.len() - 1));
                    let (row, column) = (i * DOT_ROWS + row, j * DOT_COLUMNS + column);
                    to.wrapping_offset(row.cast_signed() * strides[0] + column.cast_signed() * strides[1])
                };
                let tile = Dots {
                    rows: a_firsts.len(),
                    columns: b_firsts.len(),
                    a: std::array::from_fn(|k| {
                        a.numbers.as_ptr().wrapping_add(a_firsts[k.min(a_firsts.len() - 1)])
                    }),
                    b: std::array::from_fn(|k| {
                        b.numbers.as_ptr().wrapping_add(b_firsts[k.min(b_firsts.len() - 1)])
                    }),
                    blocks: (blocks, [a.steps[0], b.steps[0]]),
                    lines: (lines, [a.steps[1], b.steps[1]]),
                    length,
                    c: std::array::from_fn(|row| std::array::from_fn(|column| at(row, column))),
                };
                // SAFETY: both operands were checked; rows and columns are C's, whose strides ndarray vouches for.
                unsafe { self.0.dots(&tile) };
            }
        }
    }

    fn transform(&self, by: Transform, from: Cells<'_, T>, to: Transformed<'_, T>, finish: Finish<'_, T>) {
        let tiles = transform::tiles(by, &from, &to, finish);
        // SAFETY: `tiles` checked every place.
        unsafe { self.0.transform(by, &tiles) };
    }

    fn dot(&self, a: &[T], b: &[T]) -> T {
        assert_eq!(a.len(), b.len(), "an inner product of unequal lengths");
        self.0.dot(a, b)
    }
}

/// From a term of a packed panel to the next, in each of the loops.
fn packed_steps<T: Scalar, K: TileKernel<T>>(terms: &Terms) -> [usize; 3] {
    let of_middle = terms.inner.count * K::COLUMNS;
    [terms.middle.count * of_middle, of_middle, K::COLUMNS]
}

/// What becomes of a tile of the block of terms that begins with `k`.
fn finish(mode: Gradients, k: usize) -> TileFinish {
    if mode == Gradients::Overwrite && k == 0 { TileFinish::Store { relu: false } } else { TileFinish::Add }
}

/// A matrix that tiles are taken from.
#[derive(Clone, Copy, Debug)]
struct Grid<P> {
    first: P,
    strides: [isize; 2],
}

impl<T> Grid<*const T> {
    /// The beginning of so many rows from row `i`, column `k` on; those that are lacking are the first one.
    fn rows(&self, (i, k): (usize, usize), rows: usize) -> [*const T; TILE_ROWS] {
        let at = |row: usize| {
            let row = if row < rows { i + row } else { i };
            self.first
                .wrapping_offset(row.cast_signed() * self.strides[0] + k.cast_signed() * self.strides[1])
        };
        std::array::from_fn(at)
    }
}

impl<K> MicroKernel<K> {
    /// For an A whose rows are adjacent numbers: it is read where it lies. A panel's block of B stays in the first-level
    /// cache while A's block passes by.
    fn by_panels<T: Scalar>(
        &self,
        a: ArrayView2<'_, T>,
        b: Packed<'_, T>,
        mut c: ArrayViewMut2<'_, T>,
        mode: Gradients,
    ) where
        K: TileKernel<T>,
    {
        let (rows, columns) = c.dim();
        let grid = Grid { first: a.as_ptr(), strides: [a.strides()[0], a.strides()[1]] };
        // Loop 3: blocks of k.
        for k in (0..a.ncols()).step_by(DEPTH_BLOCK) {
            let depth = DEPTH_BLOCK.min(a.ncols() - k);
            // Loop 2: panels of B, columns of C.
            for j in (0..columns).step_by(K::COLUMNS) {
                let panel = b.panel(j / K::COLUMNS, k, depth).as_ptr();
                // Loop 1: tiles down the rows of A and C.
                for i in (0..rows).step_by(K::ROWS) {
                    let a = grid.rows((i, k), K::ROWS.min(rows - i));
                    // SAFETY: i, j and k and the sizes beside them lie within the views of A and C, whose strides
                    // ndarray vouches for; C is borrowed mutably; `panel` holds depth x COLUMNS numbers.
                    unsafe { self.tile((a, Steps::adjacent(depth)), panel, &mut c, (i, j), finish(mode, k)) };
                }
            }
        }
    }

    /// For an A whose columns are adjacent numbers, as a transposed matrix has: a strip of as many rows as a tile is
    /// copied, so that every line of the cache is used whole, and serves all panels of B.
    fn by_strips<T: Scalar>(
        &self,
        a: ArrayView2<'_, T>,
        b: Packed<'_, T>,
        mut c: ArrayViewMut2<'_, T>,
        mode: Gradients,
    ) where
        K: TileKernel<T>,
    {
        let mut strip = [T::zero(); TILE_ROWS * DEPTH_BLOCK];
        let (rows, columns) = c.dim();
        // Loop 3: blocks of k.
        for k in (0..a.ncols()).step_by(DEPTH_BLOCK) {
            let depth = DEPTH_BLOCK.min(a.ncols() - k);
            // Loop 2: strips down the rows of A and C.
            for i in (0..rows).step_by(K::ROWS) {
                let tile_rows = K::ROWS.min(rows - i);
                let of_a = a.slice(s![i..i + tile_rows, k..k + depth]);
                for (to, from) in strip.chunks_exact_mut(K::ROWS).zip(of_a.columns()) {
                    to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
                }
                let grid = Grid { first: strip.as_ptr(), strides: [1, const { K::ROWS.cast_signed() }] };
                let a = grid.rows((0, 0), tile_rows);
                // Loop 1: panels of B, columns of C.
                for j in (0..columns).step_by(K::COLUMNS) {
                    let panel = b.panel(j / K::COLUMNS, k, depth).as_ptr();
                    let terms = Steps { count: depth, step: K::ROWS };
                    // SAFETY: as above for B and C; the strip holds depth x ROWS numbers, ROWS being the step of terms.
                    unsafe { self.tile((a, terms), panel, &mut c, (i, j), finish(mode, k)) };
                }
            }
        }
    }

    /// Computes the tile at row `i`, column `j` of C.
    ///
    /// # Safety
    /// As [`TileKernel::run`] for A and B; row and column are C's.
    unsafe fn tile<T: Scalar>(
        &self,
        (a, terms): ([*const T; TILE_ROWS], Steps),
        b: *const T,
        c: &mut ArrayViewMut2<'_, T>,
        (i, j): (usize, usize),
        finish: TileFinish,
    ) where
        K: TileKernel<T>,
    {
        let ((rows, columns), [c_row, c_step]) = (c.dim(), [c.strides()[0], c.strides()[1]]);
        let (rows, columns) = (K::ROWS.min(rows - i), K::COLUMNS.min(columns - j));
        let first = c.as_mut_ptr();
        let c = std::array::from_fn(|row| {
            let row = if row < rows { i + row } else { i };
            first.wrapping_offset(row.cast_signed() * c_row + j.cast_signed() * c_step)
        });
        let (terms, bias) = (Terms::run(terms), [T::zero(); TILE_COLUMNS]);
        let (b_steps, bias) = (packed_steps::<T, K>(&terms), bias.as_ptr());
        // SAFETY: as the caller vouches; the tile ends where C ends.
        unsafe { self.0.run(&Tile { rows, columns, terms, a, b, b_steps, c, c_step, finish, bias }) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn filled<T: Scalar>(rows: usize, columns: usize, seed: u64) -> Array2<T> {
        let mut random = crate::random::stream(seed, crate::random::Purpose::Test, 0);
        Array2::from_shape_simple_fn((rows, columns), || T::standard_normal(&mut random))
    }

    /// Every tier computes with lines what plain loops do, whatever the sizes.
    #[test]
    fn lines_and_their_inner_products_are_plain_sums() {
        for (rows, columns, [outer, middle, inner]) in
            [(1, 1, [1, 1, 1]), (6, 28, [5, 5, 1]), (13, 33, [2, 3, 2]), (7, 70, [3, 1, 4])]
        {
            check_lines::<f32>(rows, columns, [outer, middle, inner], 1e-5);
            check_lines::<f64>(rows, columns, [outer, middle, inner], 1e-13);
        }
    }

    fn check_lines<T: Scalar>(
        rows: usize,
        columns: usize,
        [outer, middle, inner]: [usize; 3],
        tolerance: f64,
    ) {
        let whole = columns.next_multiple_of(LINE);
        let steps = |count, step| Steps { count, step };
        let terms = Terms {
            outer: steps(outer, 2 * whole),
            middle: steps(middle, 3),
            inner: steps(inner, 9 * whole),
        };
        let numbers = filled::<T>(1, 5 + terms.reach().expect("small numbers") + whole, 4);
        let a = filled::<T>(rows, terms.count(), 5);
        let close = |found: T, expected: f64| {
            assert!(
                (found.as_f64() - expected).abs() < tolerance * (1.0 + expected.abs()),
                "{found} {expected}"
            );
        };
        for tier in Tier::available() {
            let numbers = numbers.as_slice().expect("a row");
            let mut c = Array2::from_elem((rows, columns), T::nan());
            T::lines(tier, a.view(), Lines { numbers, first: 5, terms }, c.view_mut());
            for ((i, j), &found) in c.indexed_iter() {
                let mut sum = 0.0;
                for term in 0..terms.count() {
                    let (y, x, z) = (term / inner / middle, term / inner % middle, term % inner);
                    let at = 5 + y * terms.outer.step + x * terms.middle.step + z * terms.inner.step + j;
                    sum += a[[i, term]].as_f64() * numbers[at].as_f64();
                }
                close(found, sum);
            }
            // Lines of A and of B, blocks by blocks, each with its own steps.
            let (a_firsts, b_firsts): (Vec<_>, Vec<_>) =
                ((0..rows).map(|i| 2 * i).collect(), (0..columns.min(9)).map(|j| j + 1).collect());
            let sizes = [outer, middle, LINE];
            let of_b = filled::<T>(1, 10 + (outer + middle) * 40 + LINE, 6);
            let of_a = filled::<T>(1, 2 * rows + (outer + middle) * 50 + LINE, 7);
            let [of_a, of_b] = [&of_a, &of_b].map(|numbers| numbers.as_slice().expect("a row"));
            let a = Operand { numbers: of_a, firsts: &a_firsts, steps: [50, 17] };
            let b = Operand { numbers: of_b, firsts: &b_firsts, steps: [40, 19] };
            let mut c = Array2::from_elem((rows, b_firsts.len()), T::one());
            T::dots(tier, a, b, sizes, c.view_mut());
            for ((i, j), &found) in c.indexed_iter() {
                let mut sum = 1.0;
                for (block, line) in (0..outer).flat_map(|block| (0..middle).map(move |line| (block, line))) {
                    for k in 0..LINE {
                        let at_a = a_firsts[i] + block * 50 + line * 17 + k;
                        let at_b = b_firsts[j] + block * 40 + line * 19 + k;
                        sum += of_a[at_a].as_f64() * of_b[at_b].as_f64();
                    }
                }
                close(found, sum);
            }
        }
    }

    /// The plain product, in f64.
    fn reference<T: Scalar>(a: &Array2<T>, b: &Array2<T>, c: &Array2<T>) -> Array2<f64> {
        let wide = |matrix: &Array2<T>| matrix.mapv(Scalar::as_f64);
        let (a, b, mut c) = (wide(a), wide(b), wide(c));
        for ((i, j), sum) in c.indexed_iter_mut() {
            for k in 0..a.ncols() {
                *sum += a[[i, k]] * b[[k, j]];
            }
        }
        c
    }

    /// Every tier gives the plain product, for A as it lies and transposed, and for C as it lies and transposed.
    fn check<T: Scalar>(m: usize, n: usize, k: usize, tolerance: f64) {
        let (a, b, c) = (filled::<T>(m, k, 1), filled::<T>(k, n, 2), filled::<T>(m, n, 3));
        let expected = reference(&a, &b, &c);
        for tier in Tier::available() {
            let mut memory = vec![T::nan(); packed_length::<T>(tier, k, n)];
            Panels::new(tier, k, n, &mut memory).fill_from(b.view());
            let packed = Packed::new(tier, k, n, &memory);
            for transposed in [false, true] {
                let (mut a_copy, mut c_copy) = (a.clone(), c.clone());
                if transposed {
                    a_copy = Array2::from_shape_vec((k, m), a.t().iter().copied().collect()).expect("shape");
                    a_copy.swap_axes(0, 1);
                    c_copy = Array2::from_shape_vec((n, m), c.t().iter().copied().collect()).expect("shape");
                    c_copy.swap_axes(0, 1);
                }
                T::multiply(tier, a_copy.view(), packed, c_copy.view_mut(), Gradients::Accumulate);
                for (found, expected) in c_copy.iter().zip(&expected) {
                    let error = (found.as_f64() - expected).abs();
                    assert!(
                        error <= tolerance * (k as f64 + 1.0),
                        "{tier:?} {m}x{n}x{k}: {found} for {expected}"
                    );
                }
            }
            let (mut whole, mut memory) = (c.clone(), vec![T::nan(); memory_length::<T>(tier, k, n)]);
            multiply(tier, a.view(), b.view(), whole.view_mut(), &mut memory);
            for (found, expected) in whole.iter().zip(&expected) {
                assert!(
                    (found.as_f64() - expected).abs() <= tolerance * (k as f64 + 1.0),
                    "{tier:?} {m}x{n}x{k}"
                );
            }
            let (row, column) = (a.row(0).to_vec(), b.column(0).to_vec());
            let exact: f64 = row.iter().zip(&column).map(|(a, b)| a.as_f64() * b.as_f64()).sum();
            assert!((T::dot(tier, &row, &column).as_f64() - exact).abs() <= tolerance * (k as f64 + 1.0));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_tier_multiplies_in_f32(m in 1_usize..110, n in 1_usize..40, k in 1_usize..300) {
            check::<f32>(m, n, k, 1e-6);
        }

        #[test]
        fn every_tier_multiplies_in_f64(m in 1_usize..110, n in 1_usize..40, k in 1_usize..300) {
            check::<f64>(m, n, k, 1e-14);
        }
    }
}
