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

mod pack;

use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};

use crate::scalar::Scalar;
use crate::simd::Tier;

pub use pack::Packed;
pub(crate) use pack::{Panels, packed_length};

/// Rows of B that are multiplied at a time: a panel of that many rows stays in the first-level cache.
pub(crate) const DEPTH_BLOCK: usize = 256;

/// Rows of A that are multiplied at a time: with [`DEPTH_BLOCK`] columns they stay in the second-level cache. A multiple
/// of every tile's rows.
pub(crate) const ROW_BLOCK: usize = 96;

/// The most rows that a tile may have.
const STRIP_ROWS: usize = 6;

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
        rows.for_each(|(a, c)| T::multiply(tier, a, packed, c));
    }
}

/// The product as one tier does it.
pub(crate) trait Kernel<T>: Sync {
    /// Columns of a panel of B.
    fn columns(&self) -> usize;

    /// `C += A * B`.
    fn multiply(&self, a: ArrayView2<'_, T>, b: Packed<'_, T>, c: ArrayViewMut2<'_, T>);

    /// The inner product of two slices of equal length.
    fn dot(&self, a: &[T], b: &[T]) -> T;
}

/// One tile of the product: `C[rows x columns] += A[rows x depth] * B[depth x panel]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<T> {
    /// Rows, at most [`TileKernel::ROWS`] and at least 1.
    pub(crate) rows: usize,
    /// Columns that C has, at most [`TileKernel::COLUMNS`]; B has all of them.
    pub(crate) columns: usize,
    /// Terms of each sum.
    pub(crate) depth: usize,
    pub(crate) a: *const T,
    pub(crate) a_strides: [isize; 2],
    pub(crate) b: *const T,
    pub(crate) c: *mut T,
    pub(crate) c_strides: [isize; 2],
}

impl<T: Scalar> Tile<T> {
    /// All of A and C as one tile without a B, to take tiles from.
    fn over(a: &ArrayView2<'_, T>, c: &mut ArrayViewMut2<'_, T>) -> Self {
        let (rows, columns) = c.dim();
        let [a_strides, c_strides] = [a.strides(), c.strides()].map(|strides| [strides[0], strides[1]]);
        let (a, b, c) = (a.as_ptr(), std::ptr::null(), c.as_mut_ptr());
        Self { rows, columns, depth: 0, a, a_strides, b, c, c_strides }
    }

    /// Where A's number at row `i`, column `k` lies.
    #[inline(always)]
    #[expect(clippy::cast_possible_wrap, reason = "indices are below isize::MAX, as all slices' lengths are")]
    pub(crate) fn a_at(&self, i: usize, k: usize) -> *const T {
        self.a.wrapping_offset(i as isize * self.a_strides[0] + k as isize * self.a_strides[1])
    }

    /// Where C's number at row `i`, column `j` lies.
    #[inline(always)]
    #[expect(clippy::cast_possible_wrap, reason = "indices are below isize::MAX, as all slices' lengths are")]
    pub(crate) fn c_at(&self, i: usize, j: usize) -> *mut T {
        self.c.wrapping_offset(i as isize * self.c_strides[0] + j as isize * self.c_strides[1])
    }

    /// Adds the tile's columns of `sums` to row `i` of C.
    ///
    /// # Safety
    /// C has `rows` x `columns` numbers at its strides, and nobody else uses them.
    #[inline(always)]
    pub(crate) unsafe fn add_row(&self, i: usize, sums: &[T]) {
        for (j, &sum) in sums.iter().enumerate().take(self.columns) {
            // SAFETY: as the caller vouches.
            unsafe { *self.c_at(i, j) += sum };
        }
    }
}

/// What a tier provides: one tile of a product.
pub(crate) trait TileKernel<T>: Copy + Sync {
    /// Rows of a tile, at most [`STRIP_ROWS`].
    const ROWS: usize;
    /// Columns of a tile, and of a panel of B.
    const COLUMNS: usize;

    /// Computes one tile.
    ///
    /// # Safety
    /// `a` has `rows` x `depth` numbers and `c` `rows` x `columns` numbers at their strides, `b` has `depth` x
    /// `COLUMNS` adjacent ones; nobody else uses those of `c`.
    unsafe fn run(self, tile: Tile<T>);

    /// The inner product of two slices of equal length.
    fn dot(self, a: &[T], b: &[T]) -> T;
}

/// The loops around a tier's micro-kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MicroKernel<K>(pub(crate) K);

impl<T: Scalar, K: TileKernel<T>> Kernel<T> for MicroKernel<K> {
    fn columns(&self) -> usize {
        K::COLUMNS
    }

    fn multiply(&self, a: ArrayView2<'_, T>, b: Packed<'_, T>, c: ArrayViewMut2<'_, T>) {
        let ((rows, depth), columns) = (a.dim(), c.ncols());
        assert_eq!(
            (rows, depth, columns),
            (c.nrows(), b.rows(), b.columns()),
            "the matrices do not fit together"
        );
        assert_eq!(b.panel_width(), K::COLUMNS, "B was packed for another tier");
        const { assert!(K::ROWS <= STRIP_ROWS, "a strip has room for a tile's rows") };
        if a.strides()[1] == 1 {
            self.by_panels(a, b, c);
        } else {
            self.by_strips(a, b, c);
        }
    }

    fn dot(&self, a: &[T], b: &[T]) -> T {
        assert_eq!(a.len(), b.len(), "an inner product of unequal lengths");
        self.0.dot(a, b)
    }
}

impl<K> MicroKernel<K> {
    /// For an A whose rows are adjacent numbers: it is read where it lies. A panel's block of B stays in the first-level
    /// cache while A's block passes by.
    fn by_panels<T: Scalar>(&self, a: ArrayView2<'_, T>, b: Packed<'_, T>, mut c: ArrayViewMut2<'_, T>)
    where
        K: TileKernel<T>,
    {
        let (rows, columns) = c.dim();
        let whole = Tile::over(&a, &mut c);
        // Loop 3: blocks of k.
        for k in (0..a.ncols()).step_by(DEPTH_BLOCK) {
            let depth = DEPTH_BLOCK.min(a.ncols() - k);
            // Loop 2: panels of B, columns of C.
            for j in (0..columns).step_by(K::COLUMNS) {
                let panel = b.panel(j / K::COLUMNS, k, depth).as_ptr();
                // Loop 1: tiles down the rows of A and C.
                for i in (0..rows).step_by(K::ROWS) {
                    let (tile_rows, tile_columns) = (K::ROWS.min(rows - i), K::COLUMNS.min(columns - j));
                    let (a, c) = (whole.a_at(i, k), whole.c_at(i, j));
                    let tile =
                        Tile { rows: tile_rows, columns: tile_columns, depth, a, b: panel, c, ..whole };
                    // SAFETY: i, j and k and the sizes beside them lie within the views of A and C, whose strides
                    // ndarray vouches for; C is borrowed mutably; `panel` holds depth x COLUMNS numbers.
                    unsafe { self.0.run(tile) };
                }
            }
        }
    }

    /// For an A whose columns are adjacent numbers, as a transposed matrix has: a strip of as many rows as a tile is
    /// copied, so that every line of the cache is used whole, and serves all panels of B.
    fn by_strips<T: Scalar>(&self, a: ArrayView2<'_, T>, b: Packed<'_, T>, mut c: ArrayViewMut2<'_, T>)
    where
        K: TileKernel<T>,
    {
        let mut strip = [T::zero(); STRIP_ROWS * DEPTH_BLOCK];
        let (rows, columns) = c.dim();
        let whole = Tile::over(&a, &mut c);
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
                // Loop 1: panels of B, columns of C.
                for j in (0..columns).step_by(K::COLUMNS) {
                    let (tile_columns, c) = (K::COLUMNS.min(columns - j), whole.c_at(i, j));
                    let (a, b) = (strip.as_ptr(), b.panel(j / K::COLUMNS, k, depth).as_ptr());
                    let a_strides = [1, const { K::ROWS.cast_signed() }];
                    let tile =
                        Tile { rows: tile_rows, columns: tile_columns, depth, a, a_strides, b, c, ..whole };
                    // SAFETY: as above for B and C; the strip holds depth x ROWS numbers, ROWS being its column stride.
                    unsafe { self.0.run(tile) };
                }
            }
        }
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
                T::multiply(tier, a_copy.view(), packed, c_copy.view_mut());
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
