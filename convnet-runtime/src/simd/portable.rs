//! Micro-kernels in plain Rust, shaped so that LLVM keeps the tile in registers and vectorises its columns.

use super::kernel;
use super::vector::Plain;
use super::winograd::{self, Tiles, Transform};
use crate::gemm::{Dots, Terms, Tile, TileKernel};
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

    unsafe fn run(self, tile: &Tile<T>) {
        let mut sums = [[T::zero(); COLUMNS]; ROWS];
        let Terms { outer, middle, inner } = tile.terms;
        let [b_outer, b_middle, b_inner] = tile.b_steps;
        for y in 0..outer.count {
            for x in 0..middle.count {
                let mut at = y * outer.step + x * middle.step;
                let mut b = tile.b.wrapping_add(y * b_outer + x * b_middle);
                for _ in 0..inner.count {
                    // SAFETY: the caller vouches for COLUMNS numbers behind `b` for each term.
                    let row = unsafe { b.cast::<[T; COLUMNS]>().read_unaligned() };
                    for (i, sums) in sums.iter_mut().enumerate() {
                        // A row that the tile lacks repeats its last one, and is not stored.
                        let i = i.min(tile.rows - 1);
                        // SAFETY: the caller vouches for the terms of each row.
                        let a = unsafe { tile.a[i].add(at).read() };
                        for (sum, &b) in sums.iter_mut().zip(&row) {
                            *sum += a * b;
                        }
                    }
                    b = b.wrapping_add(b_inner);
                    at += inner.step;
                }
            }
        }
        for (i, sums) in sums.iter().enumerate().take(tile.rows) {
            // SAFETY: the caller vouches for `rows` x `columns` numbers of C, and for the biases.
            unsafe { tile.finish_row(i, sums) };
        }
    }

    unsafe fn dots(self, tile: &Dots<T>) {
        // SAFETY: as the caller vouches.
        unsafe { kernel::dots::<T, Plain<T, 4>, 1>(tile) }
    }

    unsafe fn transform(self, by: Transform, tiles: &Tiles<'_, T>) {
        // SAFETY: as the caller vouches.
        unsafe { winograd::transform::<T, Plain<T, 4>, Plain<T, 4>>(by, tiles) }
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
