//! The two kinds of numbers that networks are made of.

use std::iter::Sum;

use ndarray::{ArrayView2, ArrayViewMut2, NdFloat};
use rand_distr::{Distribution, StandardNormal};

use crate::gemm::Packed;
use crate::simd::Tier;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32`, which networks compute in, or `f64`, which gradients are checked in. Sealed.
pub trait Scalar: NdFloat + Default + Sum + sealed::Sealed {
    /// The nearest number.
    fn from_f64(value: f64) -> Self;

    /// The number as `f64`, exact.
    fn as_f64(self) -> f64;

    /// Its bits, for fingerprints and comparisons.
    fn bits(self) -> u64;

    /// A draw from the standard normal distribution.
    fn standard_normal<R: rand::Rng>(random: &mut R) -> Self;

    #[doc(hidden)]
    fn panel_width(tier: Tier) -> usize;

    #[doc(hidden)]
    fn multiply(tier: Tier, a: ArrayView2<'_, Self>, b: Packed<'_, Self>, c: ArrayViewMut2<'_, Self>);

    #[doc(hidden)]
    fn dot(tier: Tier, a: &[Self], b: &[Self]) -> Self;
}

impl Scalar for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest f32 is what this is for")]
    fn from_f64(value: f64) -> Self {
        value as Self
    }

    fn as_f64(self) -> f64 {
        self.into()
    }

    fn bits(self) -> u64 {
        self.to_bits().into()
    }

    fn standard_normal<R: rand::Rng>(random: &mut R) -> Self {
        StandardNormal.sample(random)
    }

    fn panel_width(tier: Tier) -> usize {
        tier.f32_kernel().columns()
    }

    fn multiply(tier: Tier, a: ArrayView2<'_, Self>, b: Packed<'_, Self>, c: ArrayViewMut2<'_, Self>) {
        tier.f32_kernel().multiply(a, b, c);
    }

    fn dot(tier: Tier, a: &[Self], b: &[Self]) -> Self {
        tier.f32_kernel().dot(a, b)
    }
}

impl Scalar for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }

    fn as_f64(self) -> f64 {
        self
    }

    fn bits(self) -> u64 {
        self.to_bits()
    }

    fn standard_normal<R: rand::Rng>(random: &mut R) -> Self {
        StandardNormal.sample(random)
    }

    fn panel_width(tier: Tier) -> usize {
        tier.f64_kernel().columns()
    }

    fn multiply(tier: Tier, a: ArrayView2<'_, Self>, b: Packed<'_, Self>, c: ArrayViewMut2<'_, Self>) {
        tier.f64_kernel().multiply(a, b, c);
    }

    fn dot(tier: Tier, a: &[Self], b: &[Self]) -> Self {
        tier.f64_kernel().dot(a, b)
    }
}
