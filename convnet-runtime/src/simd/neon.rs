//! Micro-kernels for NEON: tiles of 12 rows and two vectors of columns, 24 of the 32 registers. Tested in emulation.

use std::arch::aarch64::{
    float32x4_t, float64x2_t, vaddq_f32, vaddq_f64, vbslq_f32, vbslq_f64, vcleq_f32, vcleq_f64, vdupq_n_f32,
    vdupq_n_f64, vfmaq_f32, vfmaq_f64, vld1q_f32, vld1q_f64, vmulq_f32, vmulq_f64, vst1q_f32, vst1q_f64,
    vsubq_f32, vsubq_f64,
};

use super::kernel::{self, tile_kernel, vector};
use super::vector::Vector;
use super::winograd::{self, Tiles, Transform};
use crate::gemm::{Dots, Kernel, MicroKernel, Tile, TileKernel};

/// Proof that the machine has NEON, as every one of this architecture does that runs an ordinary system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Neon(());

impl Neon {
    pub(crate) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }

    /// What `f` gives, compiled with NEON where it is inlined.
    #[expect(clippy::unused_self, reason = "who holds the token may have the instructions")]
    pub(crate) fn vectorized<R>(self, f: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "neon")]
        fn with_neon<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        // SAFETY: `self` proves NEON.
        unsafe { with_neon(f) }
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
