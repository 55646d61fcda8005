//! Vectors: some numbers that are computed with together, in the form that a tier has for them.

use crate::scalar::Scalar;
use crate::short;

/// The most numbers that a vector may have.
pub(crate) const MOST_LANES: usize = 16;

/// Some adjacent numbers.
///
/// # Safety
/// Every function wants a machine that has the tier's instructions.
pub(crate) trait Vector<T: Scalar>: Copy {
    /// How many they are, at most [`MOST_LANES`].
    const LANES: usize;

    /// The numbers from `from` on.
    unsafe fn load(from: *const T) -> Self;

    /// Writes the numbers to `to`.
    unsafe fn store(self, to: *mut T);

    /// The first numbers from `from` on, so many, and any in the other places.
    #[inline(always)]
    unsafe fn load_first(from: *const T, count: usize) -> Self {
        let mut numbers = [T::zero(); MOST_LANES];
        // SAFETY: as the caller vouches; a vector fits into `numbers`.
        unsafe {
            short::copy(std::slice::from_raw_parts(from, count), &mut numbers[..count]);
            Self::load(numbers.as_ptr())
        }
    }

    /// Writes the first numbers to `to`, so many.
    #[inline(always)]
    unsafe fn store_first(self, to: *mut T, count: usize) {
        let mut numbers = [T::zero(); MOST_LANES];
        // SAFETY: as the caller vouches; a vector fits into `numbers`.
        unsafe {
            self.store(numbers.as_mut_ptr());
            short::copy(&numbers[..count], std::slice::from_raw_parts_mut(to, count));
        }
    }

    /// Asks for the cache's line of `from`, which need not be anybody's, before it is read; or written, if so said.
    #[inline(always)]
    fn prefetch(_from: *const T, _to_write: bool) {}

    /// One number in all places.
    unsafe fn splat(number: T) -> Self;

    /// The sum of its numbers, in their order.
    #[inline(always)]
    unsafe fn sum(self) -> T {
        let mut lanes = [T::zero(); MOST_LANES];
        // SAFETY: as the caller vouches; a vector fits into `lanes`.
        unsafe { self.store(lanes.as_mut_ptr()) };
        lanes[..Self::LANES].iter().copied().sum()
    }

    unsafe fn add(self, other: Self) -> Self;

    unsafe fn subtract(self, other: Self) -> Self;

    unsafe fn multiply(self, other: Self) -> Self;

    /// `self * factor + term`, rounded once or twice.
    unsafe fn multiply_add(self, factor: Self, term: Self) -> Self;

    /// 0 in place of what is not above it; NaN stays.
    unsafe fn relu(self) -> Self;
}

/// Numbers in plain Rust, which the compiler vectorises if they are a power of two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain<T, const LANES: usize>([T; LANES]);

impl<T: Scalar, const LANES: usize> Plain<T, LANES> {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        let mut numbers = self.0;
        numbers.iter_mut().zip(other.0).for_each(|(a, b)| *a = f(*a, b));
        Self(numbers)
    }
}

impl<T: Scalar, const LANES: usize> Vector<T> for Plain<T, LANES> {
    const LANES: usize = LANES;

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: as the caller vouches.
        Self(unsafe { from.cast::<[T; LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: as the caller vouches.
        unsafe { to.cast::<[T; LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn splat(number: T) -> Self {
        Self([number; LANES])
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn subtract(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn multiply(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn multiply_add(self, factor: Self, term: Self) -> Self {
        self.zip(factor, |a, b| a * b).zip(term, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn relu(self) -> Self {
        self.zip(self, |a, _| if a <= T::zero() { T::zero() } else { a })
    }
}
