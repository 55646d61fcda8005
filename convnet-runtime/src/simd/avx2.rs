//! Micro-kernels for AVX2 with FMA: tiles of 6 rows and two vectors of columns, 12 of the 16 registers.

use std::arch::x86_64::{
    __m256, __m256d, _CMP_NLE_UQ, _mm256_add_pd, _mm256_add_ps, _mm256_and_pd, _mm256_and_ps, _mm256_cmp_pd,
    _mm256_cmp_ps, _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_mul_pd,
    _mm256_mul_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_setzero_pd, _mm256_setzero_ps, _mm256_storeu_pd,
    _mm256_storeu_ps, _mm256_sub_pd, _mm256_sub_ps,
};

use super::kernel::{self, tier, tile_kernel, vector};
use super::prefetch::prefetch;
use super::vector::Vector;
use super::winograd::{self, Tiles, Transform};
use crate::gemm::{Dots, Kernel, MicroKernel, Tile, TileKernel};

tier!(
    /// Proof that the machine has AVX2 and FMA.
    Avx2, "avx2,fma", is_x86_feature_detected, "avx2" "fma"
);

tile_kernel!(Avx2, "avx2,fma", f32, __m256, __m256, 2, 1 2 3 4 5; 6);
tile_kernel!(Avx2, "avx2,fma", f64, __m256d, __m256d, 2, 1 2 3 4 5; 6);

vector!(
    __m256,
    f32,
    8,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_set1_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    {
        #[inline(always)]
        fn prefetch(from: *const f32, to_write: bool) {
            prefetch(from.cast(), to_write);
        }

        #[inline(always)]
        unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
            // SAFETY: as the caller vouches.
            unsafe { _mm256_fmadd_ps(self, factor, term) }
        }

        #[inline(always)]
        unsafe fn relu(self) -> Self {
            // SAFETY: as the caller vouches. Not less or equal, so that NaN stays.
            unsafe { _mm256_and_ps(self, _mm256_cmp_ps::<_CMP_NLE_UQ>(self, _mm256_setzero_ps())) }
        }
    }
);

vector!(
    __m256d,
    f64,
    4,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_set1_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    {
        #[inline(always)]
        fn prefetch(from: *const f64, to_write: bool) {
            prefetch(from.cast(), to_write);
        }

        #[inline(always)]
        unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
            // SAFETY: as the caller vouches.
            unsafe { _mm256_fmadd_pd(self, factor, term) }
        }

        #[inline(always)]
        unsafe fn relu(self) -> Self {
            // SAFETY: as the caller vouches. Not less or equal, so that NaN stays.
            unsafe { _mm256_and_pd(self, _mm256_cmp_pd::<_CMP_NLE_UQ>(self, _mm256_setzero_pd())) }
        }
    }
);
