//! Training: epochs of steps, evaluation, the gradient check.

mod evaluate;
mod gradient_check;
mod trainer;

use ndarray::ArrayView4;

use crate::losses::Loss;
use crate::scalar::Scalar;

pub use evaluate::{Evaluation, Prediction, evaluate, predict};
pub use gradient_check::{GradientCheck, GradientChecker};
pub use trainer::{EpochSummary, Progress, Trainer};

/// A loss whose targets are labels, one for each image.
pub trait LabelLoss<T: Scalar>: for<'a> Loss<T, Targets<'a> = &'a [usize]> {}

impl<T: Scalar, L: for<'a> Loss<T, Targets<'a> = &'a [usize]>> LabelLoss<T> for L {}

/// How many images have the largest score for their label.
pub(crate) fn count_right<T: Scalar>(scores: ArrayView4<'_, T>, labels: &[usize]) -> usize {
    scores.outer_iter().zip(labels).filter(|(scores, label)| best(scores) == **label).count()
}

/// The class with the largest score; the first of equals.
pub(crate) fn best<'a, T: Scalar>(scores: impl IntoIterator<Item = &'a T>) -> usize {
    let mut best = (0, T::neg_infinity());
    for (class, &score) in scores.into_iter().enumerate() {
        if score > best.1 {
            best = (class, score);
        }
    }
    best.0
}
