//! Micro-kernels for NEON: tiles of 12 rows and two vectors of columns, 24 of the 32 registers. Tested in emulation.

use std::arch::aarch64::{
    float32x4_t, float64x2_t, vaddq_f32, vaddq_f64, vbslq_f32, vbslq_f64, vcleq_f32, vcleq_f64, vdupq_n_f32,
    vdupq_n_f64, vfmaq_f32, vfmaq_f64, vld1q_f32, vld1q_f64, vmulq_f32, vmulq_f64, vst1q_f32, vst1q_f64,
    vsubq_f32, vsubq_f64,
};
use std::arch::is_aarch64_feature_detected;

use super::kernel::{self, tier, tile_kernel, vector};
use super::vector::Vector;
use super::winograd::{self, Tiles, Transform};
use crate::gemm::{Dots, Kernel, MicroKernel, Tile, TileKernel};

tier!(
    /// Proof that the machine has NEON, as every one of this architecture does that runs an ordinary system.
    Neon, "neon", is_aarch64_feature_detected, "neon"
);

tile_kernel!(Neon, "neon", f32, float32x4_t, float32x4_t, 6, 1 2 3 4 5 6 7 8 9 10 11; 12);
tile_kernel!(Neon, "neon", f64, float64x2_t, float64x2_t, 6, 1 2 3 4 5 6 7 8 9 10 11; 12);

vector!(float32x4_t, f32, 4, vld1q_f32, vst1q_f32, vdupq_n_f32, vaddq_f32, vsubq_f32, vmulq_f32, {
    #[inline(always)]
    unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: as the caller vouches.
        unsafe { vfmaq_f32(term, self, factor) }
    }

    #[inline(always)]
    unsafe fn relu(self) -> Self {
        // SAFETY: as the caller vouches. NaN is not less or equal, and stays.
        unsafe {
            let zero = vdupq_n_f32(0.0);
            vbslq_f32(vcleq_f32(self, zero), zero, self)
        }
    }
});

vector!(float64x2_t, f64, 2, vld1q_f64, vst1q_f64, vdupq_n_f64, vaddq_f64, vsubq_f64, vmulq_f64, {
    #[inline(always)]
    unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: as the caller vouches.
        unsafe { vfmaq_f64(term, self, factor) }
    }

    #[inline(always)]
    unsafe fn relu(self) -> Self {
        // SAFETY: as the caller vouches. NaN is not less or equal, and stays.
        unsafe {
            let zero = vdupq_n_f64(0.0);
            vbslq_f64(vcleq_f64(self, zero), zero, self)
        }
    }
});
