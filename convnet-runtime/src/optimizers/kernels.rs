//! The loops over numbers, compiled in this crate by way of [`Kernels`](crate::scalar::Kernels).

use crate::scalar::Scalar;

/// Sums that are taken side by side: one alone would wait for itself.
const LANES: usize = 8;

/// The inner product, in `f64`.
pub(crate) fn inner<T: Scalar>(a: &[T], b: &[T]) -> f64 {
    let mut sums = [0.0; LANES];
    let ((a_chunks, a_rest), (b_chunks, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane].as_f64() * b[lane].as_f64();
        }
    }
    for (sum, (a, b)) in sums.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *sum += a.as_f64() * b.as_f64();
    }
    sums.iter().sum()
}
