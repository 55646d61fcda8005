//! Training: epochs of steps, evaluation, the gradient check.

mod evaluate;
mod gradient_check;
mod trainer;

use ndarray::ArrayView4;

use crate::losses::Loss;
use crate::scalar::Scalar;

pub use evaluate::{Evaluation, Prediction, evaluate, image_losses, predict};
pub use gradient_check::{
    Comparison, GradientCheck, GradientChecker, Smoothness, StepSweep, TensorCheck, Verdict,
};
pub use trainer::{EpochSummary, Progress, Trainer};

/// A loss whose targets are labels, one for each image.
pub trait LabelLoss<T: Scalar>: for<'a> Loss<T, Targets<'a> = &'a [usize]> {}

impl<T: Scalar, L: for<'a> Loss<T, Targets<'a> = &'a [usize]>> LabelLoss<T> for L {}

/// How many images have scores that speak for their label.
pub(crate) fn count_right<T: Scalar>(
    loss: &impl LabelLoss<T>,
    scores: ArrayView4<'_, T>,
    labels: &[usize],
) -> usize {
    let scores = scores.to_slice().expect("a workspace is in standard layout");
    let images = scores.chunks_exact(scores.len() / labels.len());
    images.zip(labels).filter(|(scores, label)| loss.prediction(scores).0 == **label).count()
}
