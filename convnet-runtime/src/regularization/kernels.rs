//! The loops over numbers, compiled in this crate by way of [`Kernels`](crate::scalar::Kernels).

use crate::scalar::Scalar;

/// Sums that are taken side by side: one alone would wait for itself.
const LANES: usize = 8;

/// The sums of |x| and of x^2, in `f64`.
pub(crate) fn magnitudes<T: Scalar>(numbers: &[T]) -> [f64; 2] {
    let (mut absolute, mut squares) = ([0.0; LANES], [0.0; LANES]);
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            let x = chunk[lane].as_f64();
            absolute[lane] += x.abs();
            squares[lane] += x * x;
        }
    }
    for (lane, x) in rest.iter().map(|x| x.as_f64()).enumerate() {
        absolute[lane] += x.abs();
        squares[lane] += x * x;
    }
    [absolute.iter().sum(), squares.iter().sum()]
}

/// `dx += l2 * x + l1 * sign(x)`, and the [`magnitudes`] of x while it is in the cache.
pub(crate) fn add_penalty<T: Scalar>(gradient: &mut [T], numbers: &[T], l1: T, l2: T) -> [f64; 2] {
    for (gradient, &x) in gradient.iter_mut().zip(numbers) {
        let sign = if x > T::zero() {
            l1
        } else if x < T::zero() {
            -l1
        } else {
            T::zero()
        };
        // A weight that is NaN makes its gradient NaN, whatever l2 is.
        *gradient += l2 * x + sign;
    }
    magnitudes(numbers)
}

/// Scales rows of numbers whose norm is above the bound back to it. A row that is not finite is left for others to find.
pub(crate) fn clamp_rows<T: Scalar>(numbers: &mut [T], row: usize, bound: f64) {
    for row in numbers.chunks_exact_mut(row) {
        let norm = norm(row);
        if norm > bound && norm.is_finite() {
            let scale = T::from_f64(bound / norm);
            row.iter_mut().for_each(|x| *x *= scale);
        }
    }
}

/// The square root of the sum of squares, even where that sum overflows.
fn norm<T: Scalar>(row: &[T]) -> f64 {
    let [_, squares] = magnitudes(row);
    if squares.is_finite() {
        return squares.sqrt();
    }
    let largest = row.iter().fold(0.0, |largest: f64, x| largest.max(x.as_f64().abs()));
    largest * row.iter().map(|x| (x.as_f64() / largest).powi(2)).sum::<f64>().sqrt()
}
