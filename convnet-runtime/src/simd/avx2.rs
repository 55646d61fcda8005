//! Micro-kernels for AVX2 with FMA: tiles of 6 rows and two vectors of columns, 12 of the 16 registers.

use std::arch::x86_64::{
    __m256, __m256d, _CMP_NLE_UQ, _mm256_add_pd, _mm256_add_ps, _mm256_and_pd, _mm256_and_ps, _mm256_cmp_pd,
    _mm256_cmp_ps, _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_mul_pd,
    _mm256_mul_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_setzero_pd, _mm256_setzero_ps, _mm256_storeu_pd,
    _mm256_storeu_ps, _mm256_sub_pd, _mm256_sub_ps,
};

use super::vector::Vector;
use super::winograd::{self, Tiles, Transform};
use crate::gemm::{Kernel, MicroKernel, Terms, Tile, TileFinish, TileKernel};
use crate::short;

/// Proof that the machine has AVX2 and FMA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }

    /// What `f` gives, compiled with AVX2 where it is inlined. (Nothing is contracted to FMA: bits are those of plain Rust.)
    #[expect(clippy::unused_self, reason = "who holds the token may have the instructions")]
    pub(crate) fn vectorized<R>(self, f: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        // SAFETY: `self` proves AVX2 and FMA.
        unsafe { with_avx2(f) }
    }

    #[expect(clippy::unused_self, reason = "who holds the token may have the kernel")]
    pub(crate) fn f32_kernel(self) -> &'static dyn Kernel<f32> {
        const { &MicroKernel(Self(())) }
    }

    #[expect(clippy::unused_self, reason = "who holds the token may have the kernel")]
    pub(crate) fn f64_kernel(self) -> &'static dyn Kernel<f64> {
        const { &MicroKernel(Self(())) }
    }
}

/// Runs a block for each row of a tile, its number being a constant: sums that are indexed by anything else live in memory, and
/// are stored term by term.
macro_rules! each_row {
    ($rows:ident, $row:ident, $block:block) => {
        each_row!(@ $rows, $row, $block, 0 1 2 3 4 5);
    };
    (@ $rows:ident, $row:ident, $block:block, $($number:literal)*) => {
        $(if $rows > $number {
            const $row: usize = $number;
            $block
        })*
    };
}

/// Writes the tile kernel and the dot product of one scalar, for which only the names of the intrinsics differ.
macro_rules! kernels {
    ($scalar:ty, $lanes:literal, $vector:ty, $tile:ident, $dot:ident, $load:ident, $store:ident, $set1:ident,
     $zero:ident, $fma:ident, $add:ident, $subtract:ident,
     $multiply:ident, $and:ident, $compare:ident, $transform:ident, $finish:ident) => {
        impl TileKernel<$scalar> for Avx2 {
            const ROWS: usize = 6;
            const COLUMNS: usize = 2 * $lanes;

            unsafe fn run(self, tile: &Tile<$scalar>) {
                // SAFETY: `self` proves AVX2 and FMA; the tile is as the caller vouches.
                unsafe {
                    match (tile.rows, tile.columns > $lanes) {
                        (1, true) => $tile::<1, 2>(tile),
                        (2, true) => $tile::<2, 2>(tile),
                        (3, true) => $tile::<3, 2>(tile),
                        (4, true) => $tile::<4, 2>(tile),
                        (5, true) => $tile::<5, 2>(tile),
                        (_, true) => $tile::<6, 2>(tile),
                        (1, false) => $tile::<1, 1>(tile),
                        (2, false) => $tile::<2, 1>(tile),
                        (3, false) => $tile::<3, 1>(tile),
                        (4, false) => $tile::<4, 1>(tile),
                        (5, false) => $tile::<5, 1>(tile),
                        (_, false) => $tile::<6, 1>(tile),
                    }
                }
            }

            unsafe fn transform(self, by: Transform, tiles: &Tiles<'_, $scalar>) {
                // SAFETY: `self` proves AVX2 and FMA; the tiles are as the caller vouches.
                unsafe { $transform(by, tiles) }
            }

            fn dot(self, a: &[$scalar], b: &[$scalar]) -> $scalar {
                // SAFETY: `self` proves AVX2 and FMA.
                unsafe { $dot(a, b) }
            }
        }

        #[target_feature(enable = "avx2,fma")]
        unsafe fn $transform(by: Transform, tiles: &Tiles<'_, $scalar>) {
            // SAFETY: as the caller vouches.
            unsafe { winograd::transform::<$scalar, $vector>(by, tiles) }
        }

        impl Vector<$scalar> for $vector {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn load(from: *const $scalar) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $scalar) {
                // SAFETY: as the caller vouches.
                unsafe { $store(to, self) }
            }

            #[inline(always)]
            unsafe fn splat(number: $scalar) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $set1(number) }
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $add(self, other) }
            }

            #[inline(always)]
            unsafe fn subtract(self, other: Self) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $subtract(self, other) }
            }

            #[inline(always)]
            unsafe fn multiply(self, other: Self) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $multiply(self, other) }
            }

            #[inline(always)]
            unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $fma(self, factor, term) }
            }

            #[inline(always)]
            unsafe fn relu(self) -> Self {
                // SAFETY: as the caller vouches. Not less or equal, so that NaN stays.
                unsafe { $and(self, $compare::<_CMP_NLE_UQ>(self, $zero())) }
            }
        }

        /// A tile of `ROWS` rows and `VECTORS` vectors of columns.
        ///
        /// # Safety
        /// As [`TileKernel::run`], on a machine with AVX2 and FMA.
        #[target_feature(enable = "avx2,fma")]
        unsafe fn $tile<const ROWS: usize, const VECTORS: usize>(tile: &Tile<$scalar>) {
            let mut sums: [[$vector; VECTORS]; ROWS] = [[$zero(); VECTORS]; ROWS];
            let Terms { outer, middle, inner } = tile.terms;
            let mut b = tile.b;
            for y in 0..outer.count {
                for x in 0..middle.count {
                    let mut at = y * outer.step + x * middle.step;
                    for _ in 0..inner.count {
                        let mut row = [$zero(); VECTORS];
                        for (v, lanes) in row.iter_mut().enumerate() {
                            // SAFETY: the caller vouches for two vectors behind `b` for each term.
                            *lanes = unsafe { $load(b.add(v * $lanes)) };
                        }
                        for (sums, a) in sums.iter_mut().zip(&tile.a) {
                            // SAFETY: the caller vouches for the terms of each row.
                            let a = $set1(unsafe { a.add(at).read() });
                            for (sum, &lanes) in sums.iter_mut().zip(&row) {
                                *sum = $fma(a, lanes, *sum);
                            }
                        }
                        b = b.wrapping_add(2 * $lanes);
                        at += inner.step;
                    }
                }
            }
            if tile.columns == VECTORS * $lanes && tile.c_step == 1 {
                each_row!(ROWS, I, {
                    for v in 0..VECTORS {
                        // SAFETY: the caller vouches for `rows` x `columns` numbers of C, here adjacent, and for the
                        // biases.
                        unsafe {
                            let at = tile.c[I].add(v * $lanes);
                            $store(at, $finish(tile, sums[I][v], at, v));
                        }
                    }
                });
                return;
            }
            // By way of a copy that has all columns.
            each_row!(ROWS, I, {
                let mut row = [0.0; 2 * $lanes];
                // SAFETY: a row has room for two vectors, the caller vouches for `rows` x `columns` numbers of C, and for
                // the biases.
                unsafe {
                    if tile.c_step != 1 {
                        for v in 0..VECTORS {
                            $store(row.as_mut_ptr().add(v * $lanes), sums[I][v]);
                        }
                        tile.finish_row(I, &row);
                    } else {
                        let c = std::slice::from_raw_parts_mut(tile.c[I], tile.columns);
                        if tile.finish == TileFinish::Add {
                            short::copy(c, &mut row[..tile.columns]);
                        }
                        for v in 0..VECTORS {
                            let at = row.as_mut_ptr().add(v * $lanes);
                            $store(at, $finish(tile, sums[I][v], at, v));
                        }
                        short::copy(&row[..tile.columns], c);
                    }
                }
            });
        }

        /// What becomes of vector `v` of a row, which is to be written to `at`.
        ///
        /// # Safety
        /// As the tile's caller vouches; `at` has room for a vector.
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn $finish(tile: &Tile<$scalar>, sum: $vector, at: *const $scalar, v: usize) -> $vector {
            // SAFETY: as the caller vouches.
            unsafe {
                match tile.finish {
                    TileFinish::Add => $add($load(at), sum),
                    TileFinish::Store { relu } => {
                        let sum = $add(sum, $load(tile.bias.add(v * $lanes)));
                        if relu { sum.relu() } else { sum }
                    }
                }
            }
        }

        #[target_feature(enable = "avx2,fma")]
        fn $dot(a: &[$scalar], b: &[$scalar]) -> $scalar {
            const UNROLLED: usize = 4;
            let (a_blocks, a_rest) = a.as_chunks::<{ UNROLLED * $lanes }>();
            let (b_blocks, b_rest) = b.as_chunks::<{ UNROLLED * $lanes }>();
            let mut sums = [$zero(); UNROLLED];
            for (a, b) in a_blocks.iter().zip(b_blocks) {
                for (v, sum) in sums.iter_mut().enumerate() {
                    let (a, b) = (a.as_ptr().wrapping_add(v * $lanes), b.as_ptr().wrapping_add(v * $lanes));
                    // SAFETY: both blocks hold UNROLLED vectors.
                    let (a, b) = unsafe { ($load(a), $load(b)) };
                    *sum = $fma(a, b, *sum);
                }
            }
            let sum = $add($add(sums[0], sums[1]), $add(sums[2], sums[3]));
            let mut lanes = [0.0; $lanes];
            // SAFETY: there is room for one vector.
            unsafe { $store(lanes.as_mut_ptr(), sum) };
            let rest: $scalar = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
            lanes.iter().sum::<$scalar>() + rest
        }
    };
}

kernels!(
    f32,
    8,
    __m256,
    tile_f32,
    dot_f32,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_set1_ps,
    _mm256_setzero_ps,
    _mm256_fmadd_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_and_ps,
    _mm256_cmp_ps,
    transform_f32,
    finish_f32
);
kernels!(
    f64,
    4,
    __m256d,
    tile_f64,
    dot_f64,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_set1_pd,
    _mm256_setzero_pd,
    _mm256_fmadd_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_and_pd,
    _mm256_cmp_pd,
    transform_f64,
    finish_f64
);
