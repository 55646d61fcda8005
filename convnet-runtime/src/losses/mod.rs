//! Losses: how far the scores of a batch are from what they should be, and which way is down.
//!
//! The data loss is averaged over the images of the batch. Each loss is checked against its plain form in
//! [`reference`](crate::reference).

mod none;
mod softmax;
mod svm;
#[cfg(test)]
mod tests;

use convnet_geometry::Volume;

use crate::error::Error;
use crate::kinks::Kinks;
use crate::scalar::Scalar;

pub use none::{NoLoss, NoTargets};
pub use softmax::Softmax;
pub use svm::Svm;

/// The value of a loss.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LossValue<T> {
    /// The data loss, averaged over the batch.
    pub mean: T,
}

/// What a loss is evaluated on.
#[derive(Debug)]
pub struct Evaluation<'a, T, Targets> {
    /// `[N, H, W, D]` of the last layer's output.
    pub scores: &'a [T],
    /// What they should be.
    pub targets: Targets,
    /// N.
    pub images: usize,
    /// The gradient of the mean loss by the scores: overwritten.
    pub gradient: &'a mut [T],
    /// Where decisions are recorded, if they are.
    pub kinks: Option<&'a mut Kinks>,
}

/// A loss on the scores of a batch.
pub trait Loss<T: Scalar>: Send + Sync {
    /// What the scores are compared with: a label for each image, say.
    type Targets<'a>: Copy + Send + Sync;

    /// Whether these targets fit these scores; asked before anything is computed.
    ///
    /// # Errors
    /// What does not fit, and which image's.
    fn check(&self, output: Volume, images: usize, targets: Self::Targets<'_>) -> Result<(), Error>;

    /// The mean loss and its gradient, in one pass. The targets have been checked.
    fn evaluate(&self, at: Evaluation<'_, T, Self::Targets<'_>>) -> LossValue<T>;
}

/// Checks labels: one for each image, each a class.
///
/// # Errors
/// [`Error::LossShape`], [`Error::TargetCount`] or [`Error::Label`].
pub(crate) fn check_labels(
    loss: &'static str,
    output: Volume,
    images: usize,
    labels: &[usize],
) -> Result<(), Error> {
    if output.width * output.height != 1 || output.depth < 2 {
        return Err(Error::LossShape { loss, output });
    }
    if labels.len() != images {
        return Err(Error::TargetCount { images, targets: labels.len() });
    }
    let classes = output.depth;
    match labels.iter().position(|&label| label >= classes) {
        Some(image) => Err(Error::Label { image, label: labels[image], classes }),
        None => Ok(()),
    }
}

/// Each image's scores, its row of the gradient, and its label.
fn rows<'a, T>(
    scores: &'a [T],
    gradient: &'a mut [T],
    labels: &'a [usize],
) -> impl Iterator<Item = (&'a [T], &'a mut [T], usize)> {
    let classes = scores.len() / labels.len();
    let rows = scores.chunks_exact(classes).zip(gradient.chunks_exact_mut(classes));
    rows.zip(labels).map(|((scores, gradient), &label)| (scores, gradient, label))
}
