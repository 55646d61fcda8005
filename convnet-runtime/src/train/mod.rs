//! Training: steps, epochs, whole trainings; checks before, validation on the way, evaluation after.
//!
//! [`Trainer`] is what trains; [`Trainer::fit`] is a whole training, on which [callbacks](Callback) look on: [`EarlyStopping`],
//! [`Checkpoints`], a [`Recorder`], the [`Progress`] on the terminal.

mod average;
mod checks;
mod clip;
mod epoch;
mod evaluate;
mod examine;
mod fit;
mod frozen;
mod gradient_check;
mod save;
mod step;
mod trainer;

use ndarray::ArrayView4;

use crate::losses::Loss;
use crate::scalar::Scalar;

pub use checks::{SanityCheck, SanityChecks};
pub use clip::Clipping;
pub use epoch::{BatchResult, EpochSummary, Progress};
pub use evaluate::{Evaluation, Prediction, evaluate, image_losses, predict};
pub use examine::{Confusion, Examination, examine};
pub use fit::{Callback, Checkpoints, Control, EarlyStopping, Fit, Interrupt, OnConsole, Outcome, Recorder};
pub use gradient_check::{
    Comparison, GradientCheck, GradientChecker, Smoothness, StepSweep, TensorCheck, Verdict,
};
pub use trainer::{Position, Trainer};

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
