//! The losses.

use ndarray::{Array2, ArrayView2};

use crate::scalar::Scalar;

/// The mean softmax cross-entropy of scores `[N, K]`, and its gradient by them.
pub fn softmax<T: Scalar>(scores: ArrayView2<'_, T>, labels: &[usize]) -> (T, Array2<T>) {
    let images = T::from_f64(labels.len() as f64);
    let mut gradient = Array2::zeros(scores.dim());
    let mut loss = T::zero();
    for (n, &label) in labels.iter().enumerate() {
        let max = scores.row(n).iter().fold(T::neg_infinity(), |max, &score| max.max(score));
        let sum: T = scores.row(n).iter().map(|&score| (score - max).exp()).sum();
        loss += sum.ln() - (scores[[n, label]] - max);
        for k in 0..scores.ncols() {
            let probability = (scores[[n, k]] - max).exp() / sum;
            gradient[[n, k]] = (probability - if k == label { T::one() } else { T::zero() }) / images;
        }
    }
    (loss / images, gradient)
}

/// The mean multiclass SVM loss of scores `[N, K]`, and its gradient by them.
pub fn svm<T: Scalar>(scores: ArrayView2<'_, T>, labels: &[usize], delta: T) -> (T, Array2<T>) {
    let images = T::from_f64(labels.len() as f64);
    let mut gradient = Array2::zeros(scores.dim());
    let mut loss = T::zero();
    for (n, &label) in labels.iter().enumerate() {
        for k in (0..scores.ncols()).filter(|&k| k != label) {
            let margin = scores[[n, k]] - scores[[n, label]] + delta;
            if margin > T::zero() || margin.is_nan() {
                loss += margin / images;
                gradient[[n, k]] += T::one() / images;
                gradient[[n, label]] -= T::one() / images;
            }
        }
    }
    (loss, gradient)
}
