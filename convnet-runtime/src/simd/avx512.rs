//! Micro-kernels for AVX-512: tiles of 12 rows and two vectors of columns, 24 of the 32 registers. Of up to 8 columns (4 in
//! `f64`) vectors are half as long, of which most machines compute twice as many.

use std::arch::x86_64::{
    __m256, __m256d, __m512, __m512d, _CMP_NLE_UQ, _mm512_add_pd, _mm512_add_ps, _mm512_cmp_pd_mask,
    _mm512_cmp_ps_mask, _mm512_fmadd_pd, _mm512_fmadd_ps, _mm512_loadu_pd, _mm512_loadu_ps,
    _mm512_mask_storeu_pd, _mm512_mask_storeu_ps, _mm512_maskz_loadu_pd, _mm512_maskz_loadu_ps,
    _mm512_maskz_mov_pd, _mm512_maskz_mov_ps, _mm512_mul_pd, _mm512_mul_ps, _mm512_set1_pd, _mm512_set1_ps,
    _mm512_setzero_pd, _mm512_setzero_ps, _mm512_storeu_pd, _mm512_storeu_ps, _mm512_sub_pd, _mm512_sub_ps,
};

use super::kernel::{self, tier, tile_kernel, vector};
use super::prefetch::prefetch;
use super::vector::Vector;
use super::winograd::{self, Tiles, Transform};
use crate::gemm::{Dots, Kernel, MicroKernel, Tile, TileKernel};

tier!(
    /// Proof that the machine has AVX-512 F, VL, BW and DQ, besides AVX2 and FMA.
    Avx512, "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma", is_x86_feature_detected,
    "avx512f" "avx512vl" "avx512bw" "avx512dq" "avx2" "fma"
);

tile_kernel!(
    Avx512, "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma", f32, __m512, __m256, 6, 1 2 3 4 5 6 7 8 9 10 11; 12
);
tile_kernel!(
    Avx512, "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma", f64, __m512d, __m256d, 6, 1 2 3 4 5 6 7 8 9 10 11; 12
);

vector!(
    __m512,
    f32,
    16,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_set1_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    {
        #[inline(always)]
        fn prefetch(from: *const f32, to_write: bool) {
            prefetch(from.cast(), to_write);
        }

        #[inline(always)]
        unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
            // SAFETY: as the caller vouches.
            unsafe { _mm512_fmadd_ps(self, factor, term) }
        }

        #[inline(always)]
        unsafe fn relu(self) -> Self {
            // SAFETY: as the caller vouches. Not less or equal, so that NaN stays.
            unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_NLE_UQ>(self, _mm512_setzero_ps()), self) }
        }

        #[inline(always)]
        unsafe fn load_first(from: *const f32, count: usize) -> Self {
            // SAFETY: as the caller vouches.
            unsafe { _mm512_maskz_loadu_ps(u16::MAX >> (16 - count), from) }
        }

        #[inline(always)]
        unsafe fn store_first(self, to: *mut f32, count: usize) {
            // SAFETY: as the caller vouches.
            unsafe { _mm512_mask_storeu_ps(to, u16::MAX >> (16 - count), self) }
        }
    }
);

vector!(
    __m512d,
    f64,
    8,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_set1_pd,
    _mm512_add_pd,
    _mm512_sub_pd,
    _mm512_mul_pd,
    {
        #[inline(always)]
        fn prefetch(from: *const f64, to_write: bool) {
            prefetch(from.cast(), to_write);
        }

        #[inline(always)]
        unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
            // SAFETY: as the caller vouches.
            unsafe { _mm512_fmadd_pd(self, factor, term) }
        }

        #[inline(always)]
        unsafe fn relu(self) -> Self {
            // SAFETY: as the caller vouches. Not less or equal, so that NaN stays.
            unsafe { _mm512_maskz_mov_pd(_mm512_cmp_pd_mask::<_CMP_NLE_UQ>(self, _mm512_setzero_pd()), self) }
        }

        #[inline(always)]
        unsafe fn load_first(from: *const f64, count: usize) -> Self {
            // SAFETY: as the caller vouches.
            unsafe { _mm512_maskz_loadu_pd(u8::MAX >> (8 - count), from) }
        }

        #[inline(always)]
        unsafe fn store_first(self, to: *mut f64, count: usize) {
            // SAFETY: as the caller vouches.
            unsafe { _mm512_mask_storeu_pd(to, u8::MAX >> (8 - count), self) }
        }
    }
);
