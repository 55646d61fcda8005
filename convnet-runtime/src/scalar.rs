//! The two kinds of numbers that networks are made of.

use std::iter::Sum;

use convnet_geometry::{
    Activation, BatchNorm, Convolution, Dense, Dropout, FractionalPooling, Local, Maxout, PRelu, Pooling,
    ResponseNorm,
};
use ndarray::{ArrayView2, ArrayViewMut2, NdFloat};
use rand_distr::{Distribution, StandardNormal};

use crate::gemm::{Cells, Finish, Lines, Operand, Packed, Products, Rows, Transformed};
use crate::layers::{Runs, RunsInPlace};
use crate::network::Gradients;
use crate::simd::Tier;
use crate::simd::winograd::Transform;
#[cfg(feature = "train")]
use crate::{optimizers, regularization};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32`, which networks compute in, or `f64`, which gradients are checked in. Sealed.
pub trait Scalar:
    NdFloat
    + Default
    + Sum
    + Kernels
    + Runs<Convolution>
    + Runs<Local>
    + Runs<Pooling>
    + Runs<FractionalPooling>
    + Runs<Dense>
    + Runs<PRelu>
    + Runs<Maxout>
    + Runs<BatchNorm>
    + Runs<ResponseNorm>
    + RunsInPlace<Activation>
    + RunsInPlace<Dropout>
    + sealed::Sealed
{
    /// The nearest number.
    fn from_f64(value: f64) -> Self;

    /// The number as `f64`, exact.
    fn as_f64(self) -> f64;

    /// Its bits, for fingerprints and comparisons.
    fn bits(self) -> u64;

    /// A draw from the standard normal distribution.
    fn standard_normal<R: rand::Rng>(random: &mut R) -> Self;
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
}

/// Loops over numbers that are compiled in this crate, for the reason that [`Runs`] gives.
#[doc(hidden)]
pub trait Kernels: Sized {
    /// Columns of a packed panel.
    fn panel_width(tier: Tier) -> usize;

    /// `C += A * B`, or `C = A * B`.
    fn multiply(
        tier: Tier,
        a: ArrayView2<'_, Self>,
        b: Packed<'_, Self>,
        c: ArrayViewMut2<'_, Self>,
        mode: Gradients,
    );

    /// A product whose rows lie anywhere: row `i` of A times B becomes row `c_rows[i]` of C.
    fn product(
        tier: Tier,
        a: Rows<'_, Self>,
        b: Packed<'_, Self>,
        c: ArrayViewMut2<'_, Self>,
        c_rows: &[usize],
        finish: Finish<'_, Self>,
    );

    /// As many products as there are matrices.
    fn products(tier: Tier, products: Products<'_, Self>, to: &mut [Self]);

    /// `C = A * B`, the rows of B being lines.
    fn lines(tier: Tier, a: ArrayView2<'_, Self>, b: Lines<'_, Self>, c: ArrayViewMut2<'_, Self>);

    /// Adds inner products of lines: so many blocks of so many lines of so many numbers.
    fn dots(
        tier: Tier,
        a: Operand<'_, Self>,
        b: Operand<'_, Self>,
        sizes: [usize; 3],
        c: ArrayViewMut2<'_, Self>,
    );

    /// Transforms all channels of a tile of Winograd's.
    fn transform(
        tier: Tier,
        by: Transform,
        from: Cells<'_, Self>,
        to: Transformed<'_, Self>,
        finish: Finish<'_, Self>,
    );

    /// The inner product of slices of equal length.
    fn dot(tier: Tier, a: &[Self], b: &[Self]) -> Self;

    /// Whether every number is finite.
    fn all_finite(numbers: &[Self]) -> bool;

    /// `to = a + b`, number by number, and 0 in place of what is not above it, if so asked.
    fn add_two(a: &[Self], b: &[Self], to: &mut [Self], relu: bool);

    /// `to += from`, number by number.
    fn add_all(to: &mut [Self], from: &[Self]);

    /// Copies, or adds, the channels of each pixel: rows of `from.1` numbers from `from.2` on to rows of `to.1` numbers from
    /// `to.2` on, `channels` of them.
    fn channels(
        to: (&mut [Self], usize, usize),
        from: (&[Self], usize, usize),
        channels: usize,
        mode: Gradients,
    );

    /// `(byte - mean) * scale`.
    fn scale_bytes(bytes: &[u8], mean: Self, scale: Self, to: &mut [Self]);

    /// `(byte - mean) * scale`, means and scales, which are equally many, coming again and again; in `f64`, rounded once.
    fn scale_each_byte(bytes: &[u8], means: &[f64], scales: &[f64], to: &mut [Self]);

    /// `average += share * (to - average)`.
    fn move_towards(average: &mut [Self], to: &[Self], share: Self);

    /// `x -= rate * dx`.
    fn descend(x: &mut [Self], dx: &[Self], rate: Self);

    /// `v = kept * v - rate * dx; x += v`.
    fn descend_with_velocity(x: &mut [Self], v: &mut [Self], dx: &[Self], rate: Self, kept: Self);

    /// `v' = kept * v - rate * dx; x += (1 + kept) * v' - kept * v`.
    fn descend_looking_ahead(x: &mut [Self], v: &mut [Self], dx: &[Self], rate: Self, kept: Self);

    /// `cache += dx^2; x -= rate * dx / (sqrt(cache) + epsilon)`.
    fn adagrad(x: &mut [Self], cache: &mut [Self], dx: &[Self], rate: Self, epsilon: Self);

    /// `cache` moves by its shares, the one that is kept and the one that is new, and
    /// `x -= rate * dx / (sqrt(cache) + epsilon)`.
    fn rms_prop(
        x: &mut [Self],
        cache: &mut [Self],
        dx: &[Self],
        rate_and_epsilon: (Self, Self),
        shares: [Self; 2],
    );

    /// `m` and `v` move by their shares, each the one that is kept and the one that is new, are divided by their corrections,
    /// and `x = remaining * x - rate * m / (sqrt(v) + epsilon)`: without weight decay all of x remains, 1.
    fn adam(
        x: &mut [Self],
        moments: [&mut [Self]; 2],
        dx: &[Self],
        rate_epsilon_and_remaining: (Self, Self, Self),
        shares_and_corrections: ([[Self; 2]; 2], [Self; 2]),
    );

    /// The inner product of slices of equal length, in `f64`.
    #[cfg(feature = "train")]
    fn inner(a: &[Self], b: &[Self]) -> f64;

    /// `x *= by`.
    #[cfg(feature = "train")]
    fn scale(x: &mut [Self], by: Self);

    /// Moves what is below `-bound` or above `bound` there; NaN and infinities stay.
    #[cfg(feature = "train")]
    fn clip(x: &mut [Self], bound: Self);

    /// The sums of `|x|` and `x^2`.
    #[cfg(feature = "train")]
    fn magnitudes(x: &[Self]) -> [f64; 2];

    /// `dx += l2 * x + l1 * sign(x)`; the sums of `|x|` and `x^2`.
    #[cfg(feature = "train")]
    fn add_penalty(dx: &mut [Self], x: &[Self], l1: Self, l2: Self) -> [f64; 2];

    /// Scales each row of so many numbers back to the norm `bound`, if it is above.
    #[cfg(feature = "train")]
    fn clamp_rows(x: &mut [Self], row: usize, bound: f64);
}

/// The number, but 0 in place of one that is not normal: what a rule keeps of a gradient that stays away shrinks until it is one,
/// and then an update takes several times as long (`benches/denormals.rs`). NaN stays.
#[inline(always)]
fn normal<T: Scalar>(number: T) -> T {
    if number.abs() < T::min_positive_value() { T::zero() } else { number }
}

/// Compiles the kernels for a scalar.
macro_rules! compile_kernels {
    ($scalar:ty, $kernel:ident) => {
        impl Kernels for $scalar {
            fn panel_width(tier: Tier) -> usize {
                tier.$kernel().columns()
            }

            fn multiply(
                tier: Tier,
                a: ArrayView2<'_, Self>,
                b: Packed<'_, Self>,
                c: ArrayViewMut2<'_, Self>,
                mode: Gradients,
            ) {
                tier.$kernel().multiply(a, b, c, mode);
            }

            fn product(
                tier: Tier,
                a: Rows<'_, Self>,
                b: Packed<'_, Self>,
                c: ArrayViewMut2<'_, Self>,
                c_rows: &[usize],
                finish: Finish<'_, Self>,
            ) {
                tier.$kernel().product(a, b, c, c_rows, finish);
            }

            fn products(tier: Tier, products: Products<'_, Self>, to: &mut [Self]) {
                tier.$kernel().products(products, to);
            }

            fn lines(tier: Tier, a: ArrayView2<'_, Self>, b: Lines<'_, Self>, c: ArrayViewMut2<'_, Self>) {
                tier.$kernel().lines(a, b, c);
            }

            fn dots(
                tier: Tier,
                a: Operand<'_, Self>,
                b: Operand<'_, Self>,
                sizes: [usize; 3],
                c: ArrayViewMut2<'_, Self>,
            ) {
                tier.$kernel().dots(a, b, sizes, c);
            }

            fn transform(
                tier: Tier,
                by: Transform,
                from: Cells<'_, Self>,
                to: Transformed<'_, Self>,
                finish: Finish<'_, Self>,
            ) {
                tier.$kernel().transform(by, from, to, finish);
            }

            fn dot(tier: Tier, a: &[Self], b: &[Self]) -> Self {
                tier.$kernel().dot(a, b)
            }

            fn all_finite(numbers: &[Self]) -> bool {
                // x * 0 is 0 for finite numbers and NaN for all others, and adds up without a branch; in many sums, since
                // one alone would wait for each addition.
                const LANES: usize = 32;
                Tier::fastest().vectorized(
                    #[inline(always)]
                    || {
                        let (blocks, rest) = numbers.as_chunks::<LANES>();
                        let mut sums = [0.0; LANES];
                        for block in blocks {
                            sums.iter_mut().zip(block).for_each(|(sum, number)| *sum += number * 0.0);
                        }
                        let rest: Self = rest.iter().map(|number| number * 0.0).sum();
                        sums.iter().sum::<Self>() + rest == 0.0
                    },
                )
            }

            fn add_two(a: &[Self], b: &[Self], to: &mut [Self], relu: bool) {
                let numbers = to.iter_mut().zip(a.iter().zip(b));
                if relu {
                    numbers.for_each(|(to, (&a, &b))| *to = if a + b <= 0.0 { 0.0 } else { a + b });
                } else {
                    numbers.for_each(|(to, (&a, &b))| *to = a + b);
                }
            }

            fn add_all(to: &mut [Self], from: &[Self]) {
                for (to, &from) in to.iter_mut().zip(from) {
                    *to += from;
                }
            }

            fn channels(
                (to, to_depth, to_first): (&mut [Self], usize, usize),
                (from, from_depth, from_first): (&[Self], usize, usize),
                channels: usize,
                mode: Gradients,
            ) {
                for (to, from) in to.chunks_exact_mut(to_depth).zip(from.chunks_exact(from_depth)) {
                    let (to, from) = (&mut to[to_first..][..channels], &from[from_first..][..channels]);
                    match mode {
                        Gradients::Overwrite => to.copy_from_slice(from),
                        Gradients::Accumulate => Self::add_all(to, from),
                    }
                }
            }

            fn scale_bytes(bytes: &[u8], mean: Self, scale: Self, to: &mut [Self]) {
                for (to, &byte) in to.iter_mut().zip(bytes) {
                    *to = (Self::from(byte) - mean) * scale;
                }
            }

            #[allow(
                clippy::cast_possible_truncation,
                reason = "rounding to the nearest f32; there is nothing to round in f64"
            )]
            fn scale_each_byte(bytes: &[u8], means: &[f64], scales: &[f64], to: &mut [Self]) {
                Tier::fastest().vectorized(
                    #[inline(always)]
                    || {
                        for (bytes, to) in bytes.chunks(means.len()).zip(to.chunks_mut(means.len())) {
                            let numbers = to.iter_mut().zip(bytes).zip(means.iter().zip(scales));
                            for ((to, &byte), (mean, scale)) in numbers {
                                *to = ((f64::from(byte) - mean) * scale) as Self;
                            }
                        }
                    },
                );
            }

            fn move_towards(average: &mut [Self], to: &[Self], share: Self) {
                average.iter_mut().zip(to).for_each(|(average, &to)| *average += share * (to - *average));
            }

            fn descend(x: &mut [Self], dx: &[Self], rate: Self) {
                for (x, &dx) in x.iter_mut().zip(dx) {
                    *x -= rate * dx;
                }
            }

            fn descend_with_velocity(x: &mut [Self], v: &mut [Self], dx: &[Self], rate: Self, kept: Self) {
                Tier::fastest().vectorized(
                    #[inline(always)]
                    || {
                        for ((x, v), &dx) in x.iter_mut().zip(v).zip(dx) {
                            *v = normal(kept * *v - rate * dx);
                            *x += *v;
                        }
                    },
                );
            }

            fn descend_looking_ahead(x: &mut [Self], v: &mut [Self], dx: &[Self], rate: Self, kept: Self) {
                Tier::fastest().vectorized(
                    #[inline(always)]
                    || {
                        for ((x, v), &dx) in x.iter_mut().zip(v).zip(dx) {
                            let before = *v;
                            *v = normal(kept * before - rate * dx);
                            *x += (1.0 + kept) * *v - kept * before;
                        }
                    },
                );
            }

            fn adagrad(x: &mut [Self], cache: &mut [Self], dx: &[Self], rate: Self, epsilon: Self) {
                Tier::fastest().vectorized(
                    #[inline(always)]
                    || {
                        for ((x, cache), &dx) in x.iter_mut().zip(cache).zip(dx) {
                            *cache += dx * dx;
                            // Beside a gradient, a root of 0 would not be what is left of a small number.
                            *cache = if dx == 0.0 { normal(*cache) } else { *cache };
                            *x -= rate * dx / (cache.sqrt() + epsilon);
                        }
                    },
                );
            }

            fn rms_prop(
                x: &mut [Self],
                cache: &mut [Self],
                dx: &[Self],
                (rate, epsilon): (Self, Self),
                [kept, new]: [Self; 2],
            ) {
                Tier::fastest().vectorized(
                    #[inline(always)]
                    || {
                        for ((x, cache), &dx) in x.iter_mut().zip(cache).zip(dx) {
                            // Beside a gradient, a root of 0 would not be what is left of a small number.
                            *cache = kept * *cache + new * dx * dx;
                            *cache = if dx == 0.0 { normal(*cache) } else { *cache };
                            *x -= rate * dx / (cache.sqrt() + epsilon);
                        }
                    },
                );
            }

            fn adam(
                x: &mut [Self],
                [m, v]: [&mut [Self]; 2],
                dx: &[Self],
                (rate, epsilon, remaining): (Self, Self, Self),
                ([[m_kept, m_new], [v_kept, v_new]], [m_correction, v_correction]): (
                    [[Self; 2]; 2],
                    [Self; 2],
                ),
            ) {
                Tier::fastest().vectorized(
                    #[inline(always)]
                    || {
                        for ((x, (m, v)), &dx) in x.iter_mut().zip(m.iter_mut().zip(v)).zip(dx) {
                            *m = normal(m_kept * *m + m_new * dx);
                            // The first moment is gone before: beside one, a root of 0 would not be what is left of a small
                            // number.
                            *v = v_kept * *v + v_new * dx * dx;
                            *v = if *m == 0.0 { normal(*v) } else { *v };
                            let step = rate * (*m / m_correction) / ((*v / v_correction).sqrt() + epsilon);
                            *x = remaining * *x - step;
                        }
                    },
                );
            }

            #[cfg(feature = "train")]
            fn inner(a: &[Self], b: &[Self]) -> f64 {
                optimizers::inner(a, b)
            }

            #[cfg(feature = "train")]
            fn scale(x: &mut [Self], by: Self) {
                x.iter_mut().for_each(|x| *x *= by);
            }

            #[cfg(feature = "train")]
            fn clip(x: &mut [Self], bound: Self) {
                x.iter_mut().for_each(|x| *x = if x.is_finite() { x.clamp(-bound, bound) } else { *x });
            }

            #[cfg(feature = "train")]
            fn magnitudes(x: &[Self]) -> [f64; 2] {
                regularization::magnitudes(x)
            }

            #[cfg(feature = "train")]
            fn add_penalty(dx: &mut [Self], x: &[Self], l1: Self, l2: Self) -> [f64; 2] {
                regularization::add_penalty(dx, x, l1, l2)
            }

            #[cfg(feature = "train")]
            fn clamp_rows(x: &mut [Self], row: usize, bound: f64) {
                regularization::clamp_rows(x, row, bound);
            }
        }
    };
}

compile_kernels!(f32, f32_kernel);
compile_kernels!(f64, f64_kernel);
