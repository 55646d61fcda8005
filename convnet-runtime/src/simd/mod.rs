//! Instruction tiers: what the machine offers, chosen once, and the micro-kernels written for each.
//!
//! A tier is a value that one must hold: that of AVX2 exists only on a machine that has AVX2 and FMA.
#![allow(unsafe_code, reason = "intrinsics, behind tokens that prove that the machine has them")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod kernel;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod prefetch;
mod vector;
pub(crate) mod winograd;

use std::sync::OnceLock;

use crate::error::Error;
use crate::gemm::{Kernel, MicroKernel};

/// The environment variable that forces a tier.
pub const TIER_VARIABLE: &str = "CONVNET_TIER";

/// An instruction tier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tier(Set);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Set {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon(neon::Neon),
}

impl Tier {
    /// Plain Rust, which the compiler vectorises for the target's baseline.
    pub const PORTABLE: Self = Self(Set::Portable);

    /// Every tier that this machine has, the fastest last.
    pub fn available() -> Vec<Self> {
        let mut tiers = vec![Self::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        {
            tiers.extend(avx2::Avx2::detect().map(|isa| Self(Set::Avx2(isa))));
            tiers.extend(avx512::Avx512::detect().map(|isa| Self(Set::Avx512(isa))));
        }
        #[cfg(target_arch = "aarch64")]
        tiers.extend(neon::Neon::detect().map(|isa| Self(Set::Neon(isa))));
        tiers
    }

    /// The tier that kernels use: the fastest, or the one that [`CONVNET_TIER`](TIER_VARIABLE) names (`portable`,
    /// `avx2`, `avx512`, `neon`). Read once.
    ///
    /// # Errors
    /// [`Error::Tier`] if the variable names a tier that does not exist or that this machine lacks.
    pub fn current() -> Result<Self, Error> {
        static CURRENT: OnceLock<Result<Tier, String>> = OnceLock::new();
        let current = CURRENT.get_or_init(|| match std::env::var(TIER_VARIABLE) {
            Ok(name) => Self::available().into_iter().find(|tier| tier.name() == name).ok_or(name),
            Err(_) => Ok(Self::available().pop().unwrap_or(Self::PORTABLE)),
        });
        current.clone().map_err(|name| Error::Tier { name, available: Self::available() })
    }

    /// The current tier; the portable one in place of an error, which workspaces report.
    pub(crate) fn fastest() -> Self {
        static FASTEST: OnceLock<Tier> = OnceLock::new();
        *FASTEST.get_or_init(|| Self::current().unwrap_or(Self::PORTABLE))
    }

    /// `portable`, `avx2`, `avx512` or `neon`.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(_) => "avx512",
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => "neon",
        }
    }

    /// What `f` gives, compiled with the tier's instructions where it is inlined: a closure that is more than a few lines says
    /// `#[inline(always)]`.
    pub(crate) fn vectorized<R>(self, f: impl FnOnce() -> R) -> R {
        match self.0 {
            Set::Portable => f(),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(isa) => isa.vectorized(f),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(isa) => isa.vectorized(f),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(isa) => isa.vectorized(f),
        }
    }

    pub(crate) fn f32_kernel(self) -> &'static dyn Kernel<f32> {
        match self.0 {
            Set::Portable => const { &MicroKernel(portable::F32) },
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(isa) => isa.f32_kernel(),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(isa) => isa.f32_kernel(),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(isa) => isa.f32_kernel(),
        }
    }

    pub(crate) fn f64_kernel(self) -> &'static dyn Kernel<f64> {
        match self.0 {
            Set::Portable => const { &MicroKernel(portable::F64) },
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(isa) => isa.f64_kernel(),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(isa) => isa.f64_kernel(),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(isa) => isa.f64_kernel(),
        }
    }
}
