//! Micro-kernels in plain Rust, shaped so that LLVM keeps the tile in registers and vectorises its columns.

use crate::gemm::{Tile, TileKernel};
use crate::scalar::Scalar;

/// A tile of `ROWS` x `COLUMNS`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable<const ROWS: usize, const COLUMNS: usize>;

/// Eight 128-bit registers of results.
pub(crate) const F32: Portable<4, 8> = Portable;
/// Eight 128-bit registers of results.
pub(crate) const F64: Portable<4, 4> = Portable;

impl<T: Scalar, const ROWS: usize, const COLUMNS: usize> TileKernel<T> for Portable<ROWS, COLUMNS> {
    const ROWS: usize = ROWS;
    const COLUMNS: usize = COLUMNS;

    unsafe fn run(self, tile: Tile<T>) {
        let mut sums = [[T::zero(); COLUMNS]; ROWS];
        for k in 0..tile.depth {
            // SAFETY: the caller vouches for `depth` rows of COLUMNS numbers behind `b`.
            let row = unsafe { tile.b.add(k * COLUMNS).cast::<[T; COLUMNS]>().read_unaligned() };
            for (i, sums) in sums.iter_mut().enumerate() {
                // A row that the tile lacks repeats its last one, and is not stored.
                let i = i.min(tile.rows - 1);
                // SAFETY: the caller vouches for `rows` x `depth` numbers behind `a`.
                let a = unsafe { tile.a_at(i, k).read() };
                for (sum, &b) in sums.iter_mut().zip(&row) {
                    *sum += a * b;
                }
            }
        }
        for (i, sums) in sums.iter().enumerate().take(tile.rows) {
            // SAFETY: the caller vouches for `rows` x `columns` numbers behind `c`.
            unsafe { tile.add_row(i, sums) };
        }
    }

    fn dot(self, a: &[T], b: &[T]) -> T {
        const LANES: usize = 8;
        let mut sums = [T::zero(); LANES];
        let (a_lanes, a_rest) = a.as_chunks::<LANES>();
        let (b_lanes, b_rest) = b.as_chunks::<LANES>();
        for (a, b) in a_lanes.iter().zip(b_lanes) {
            for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
                *sum += a * b;
            }
        }
        let rest: T = a_rest.iter().zip(b_rest).map(|(&a, &b)| a * b).sum();
        sums.into_iter().sum::<T>() + rest
    }
}
