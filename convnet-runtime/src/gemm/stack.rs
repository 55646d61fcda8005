//! Products of as many matrices as Winograd's tiles have places: each is small, so that what it costs to begin one counts.

use super::tile::{Steps, TILE_COLUMNS, TILE_ROWS, Terms, Tile, TileFinish, TileKernel};
use super::{Kernel, MicroKernel, Packed, packed_steps};
use crate::scalar::Scalar;

/// Matrices of one size, evenly apart.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// From a matrix to the next.
    pub(crate) apart: usize,
    /// From a row to the next.
    pub(crate) row: usize,
    /// From a column to the next.
    pub(crate) column: usize,
}

impl Stack {
    /// How many numbers so many matrices of so many rows and columns reach over.
    fn reach(&self, [count, rows, columns]: [usize; 3]) -> usize {
        let last = |count: usize, step| count.checked_sub(1).and_then(|last| last.checked_mul(step));
        let steps = [(count, self.apart), (rows, self.row), (columns, self.column)];
        let reach =
            steps.into_iter().try_fold(1_usize, |sum, (count, step)| sum.checked_add(last(count, step)?));
        reach.expect("matrices within a slice")
    }
}

/// `C_i = A_i * B_i`, or `C_i += A_i * B_i`.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a, T> {
    /// How many there are.
    pub(crate) count: usize,
    /// Rows of each A and C.
    pub(crate) rows: usize,
    /// Columns of each A, rows of each B.
    pub(crate) depth: usize,
    pub(crate) a: (&'a [T], Stack),
    /// All B, one below the other.
    pub(crate) b: Packed<'a, T>,
    /// From the first row of a B to that of the next.
    pub(crate) b_apart: usize,
    /// How the C lie, whose columns are adjacent.
    pub(crate) c: Stack,
    pub(crate) adds: bool,
}

impl<K> MicroKernel<K> {
    pub(super) fn stacked<T: Scalar>(&self, products: Products<'_, T>, to: &mut [T])
    where
        K: TileKernel<T>,
    {
        let Products { count, rows, depth, a: (numbers, a), b, b_apart, c, adds } = products;
        let columns = b.columns();
        if count * rows * columns == 0 {
            return;
        }
        assert!(depth > 0, "sums of nothing");
        assert!(a.reach([count, rows, depth]) <= numbers.len(), "a row of A ends beyond its numbers");
        assert!(
            c.column == 1 && c.reach([count, rows, columns]) <= to.len(),
            "a row of C ends beyond its numbers"
        );
        assert_eq!(b.panel_width(), Kernel::<T>::columns(self), "B was packed for another tier");
        let (from, to, bias) = (numbers.as_ptr(), to.as_mut_ptr(), [T::zero(); TILE_COLUMNS]);
        let terms = Terms::run(Steps { count: depth, step: a.column });
        let mut tile = Tile {
            rows: 0,
            columns: 0,
            terms,
            a: [from; TILE_ROWS],
            b: from,
            b_steps: packed_steps::<T, K>(&terms),
            c: [to; TILE_ROWS],
            c_step: 1,
            finish: if adds { TileFinish::Add } else { TileFinish::Store { relu: false } },
            bias: bias.as_ptr(),
        };
        for index in 0..count {
            for j in (0..columns).step_by(K::COLUMNS) {
                tile.columns = K::COLUMNS.min(columns - j);
                tile.b = b.panel(j / K::COLUMNS, index * b_apart, depth).as_ptr();
                for i in (0..rows).step_by(K::ROWS) {
                    tile.rows = K::ROWS.min(rows - i);
                    let (first, to) = (
                        from.wrapping_add(index * a.apart + i * a.row),
                        to.wrapping_add(index * c.apart + i * c.row + j),
                    );
                    // Those that are lacking are not used.
                    tile.a = std::array::from_fn(|row| first.wrapping_add(row * a.row));
                    tile.c = std::array::from_fn(|row| to.wrapping_add(row * c.row));
                    // SAFETY: every A and C was found to lie within its numbers, C being borrowed mutably; the panel holds depth x
                    // COLUMNS numbers.
                    unsafe { self.0.run(&tile) };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::{Panels, packed_length};
    use crate::random::{self, Purpose};
    use crate::scalar::Kernels;
    use crate::simd::Tier;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn check<T: Scalar>(
        [count, rows, columns, depth]: [usize; 4],
        is_transposed: bool,
        adds: bool,
        tolerance: f64,
    ) {
        let mut random = random::stream(3, Purpose::Test, 0);
        let mut filled =
            |length: usize| -> Vec<T> { (0..length).map(|_| T::standard_normal(&mut random)).collect() };
        // Some numbers lie between the matrices, and some rows between those of B.
        let (row, column) = if is_transposed { (1, rows + 2) } else { (depth + 1, 1) };
        let a = Stack { apart: rows.max(depth + 1) * (rows + 2).max(depth) + 3, row, column };
        let c = Stack { apart: rows * (columns + 1) + 2, row: columns + 1, column: 1 };
        let (b_apart, numbers) = (depth + 1, filled(count * a.apart));
        let (b, before) = (filled(count * b_apart * columns), filled(count * c.apart));
        let b = Array2::from_shape_vec((count * b_apart, columns), b).expect("as many numbers");
        for tier in Tier::available() {
            let mut memory = vec![T::nan(); packed_length::<T>(tier, b.nrows(), columns)];
            Panels::new(tier, b.nrows(), columns, &mut memory).fill_from(b.view());
            let packed = Packed::new(tier, b.nrows(), columns, &memory);
            let mut found = before.clone();
            let products = Products { count, rows, depth, a: (&numbers, a), b: packed, b_apart, c, adds };
            T::products(tier, products, &mut found);
            let mut expected: Vec<_> = before.iter().map(|number| number.as_f64()).collect();
            for (index, i, j) in each(count, rows, columns) {
                let at = |k: usize| numbers[index * a.apart + i * a.row + k * a.column].as_f64();
                let sum: f64 = (0..depth).map(|k| at(k) * b[[index * b_apart + k, j]].as_f64()).sum();
                let to = &mut expected[index * c.apart + i * c.row + j];
                *to = if adds { *to + sum } else { sum };
            }
            for (found, expected) in found.iter().zip(&expected) {
                let error = (found.as_f64() - expected).abs();
                assert!(error <= tolerance * (depth as f64 + 1.0), "{tier:?}: {found} for {expected}");
            }
        }
    }

    /// Every product, row and column.
    fn each(count: usize, rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..count * rows * columns).map(move |at| (at / columns / rows, at / columns % rows, at % columns))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What lies between the matrices stays as it was.
        #[test]
        fn every_tier_gives_all_products(
            count in 1_usize..5, rows in 1_usize..40, columns in 1_usize..80, depth in 1_usize..30, is_transposed: bool, adds: bool,
        ) {
            check::<f32>([count, rows, columns, depth], is_transposed, adds, 1e-6);
            check::<f64>([count, rows, columns, depth], is_transposed, adds, 1e-14);
        }
    }

    #[test]
    #[should_panic(expected = "a row of A ends beyond its numbers")]
    fn numbers_that_are_lacking_are_noticed() {
        let tier = Tier::PORTABLE;
        let (memory, mut c) = (vec![0.0_f32; packed_length::<f32>(tier, 4, 3)], [0.0; 12]);
        let stack = |row| Stack { apart: 2 * row, row, column: 1 };
        let b = Packed::new(tier, 4, 3, &memory);
        let products = Products {
            count: 2,
            rows: 2,
            depth: 2,
            a: (&[0.0; 7], stack(2)),
            b,
            b_apart: 2,
            c: stack(3),
            adds: false,
        };
        <f32 as Kernels>::products(tier, products, &mut c);
    }
}
