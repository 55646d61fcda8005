//! L2, L1 and max norm.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::scalar::Scalar;

/// `0.5 * l2 * sum of w^2 + l1 * sum of |w|`, and its gradient; the sign of 0 is 0.
pub fn penalty<T: Scalar>(weights: ArrayView1<'_, T>, l1: T, l2: T) -> (T, Array1<T>) {
    let half = T::from_f64(0.5);
    let loss = weights.iter().map(|&w| half * l2 * w * w + l1 * w.abs()).sum();
    let sign = |w: T| if w == T::zero() { w } else { w.signum() };
    (loss, weights.mapv(|w| l2 * w + l1 * sign(w)))
}

/// The weights of neurons, a row each, scaled back to the norm `bound` if theirs is larger.
pub fn max_norm<T: Scalar>(weights: ArrayView2<'_, T>, bound: T) -> Array2<T> {
    let mut clamped = weights.to_owned();
    for mut row in clamped.outer_iter_mut() {
        let norm = row.iter().map(|&w| w * w).sum::<T>().sqrt();
        if norm > bound {
            row.mapv_inplace(|w| w * bound / norm);
        }
    }
    clamped
}
