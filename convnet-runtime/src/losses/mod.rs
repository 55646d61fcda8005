//! Losses: how far the scores of a batch are from what they should be, and which way is down.
//!
//! The data loss is averaged over the images of the batch. Each loss is checked against its plain form in
//! [`reference`](crate::reference).

mod hierarchical;
mod hinge;
mod logistic;
mod none;
mod one_vs_all;
mod regression;
mod softmax;
mod squared_svm;
mod structured;
mod svm;
#[cfg(test)]
mod tests;
mod tree;
mod value;
mod weights;

use convnet_geometry::Volume;
use ndarray::{Array1, Array4, ArrayView4};

use crate::error::Error;
use crate::kinks::Kinks;
use crate::scalar::Scalar;

pub use hierarchical::HierarchicalSoftmax;
pub use hinge::Hinge;
pub use logistic::Logistic;
pub use none::{NoLoss, NoTargets};
pub use one_vs_all::OneVsAll;
pub use regression::{L1, L2};
pub use softmax::Softmax;
pub use squared_svm::SquaredSvm;
pub use structured::{Structure, Structured};
pub use svm::Svm;
pub use tree::{Node, Tree};
pub use value::{LossValue, ScoredBatch, Tally};

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
    /// Where the data loss of each image goes, before averaging, if it is asked for: N numbers, overwritten. A
    /// [`Tally`] does it. The mean does not depend on it.
    pub per_image: Option<&'a mut [T]>,
}

/// A loss on the scores of a batch.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no loss: it does not implement `Loss<{T}>`",
    note = "implement it for every scalar: `impl<T: convnet::Scalar> convnet::losses::Loss<T> for {Self} {{ ... }}`"
)]
pub trait Loss<T: Scalar>: Send + Sync {
    /// What the scores are compared with: a label for each image, say.
    type Targets<'a>: Copy + Send + Sync;

    /// How many classes scores of this volume tell apart: one each, unless the loss knows better.
    fn classes(&self, output: Volume) -> usize {
        output.count()
    }

    /// The class that the scores of one image speak for, and its probability: the largest score, the first of equals, and
    /// its softmax probability, unless the loss knows better.
    fn prediction(&self, scores: &[T]) -> (usize, f64) {
        let mut best = (0, T::neg_infinity());
        for (class, &score) in scores.iter().enumerate() {
            if score > best.1 {
                best = (class, score);
            }
        }
        let sum: f64 = scores.iter().map(|&score| (score - best.1).exp().as_f64()).sum();
        (best.0, 1.0 / sum)
    }

    /// The probability of every class, given the scores of one image: their softmax, unless the loss knows better.
    fn probabilities(&self, scores: &[T]) -> Vec<f64> {
        let largest = scores.iter().fold(T::neg_infinity(), |largest, &score| largest.max(score));
        let powers: Vec<_> = scores.iter().map(|&score| (score - largest).exp().as_f64()).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    }

    /// Whether these targets fit these scores; asked before anything is computed.
    ///
    /// # Errors
    /// What does not fit, and which image's.
    fn check(&self, output: Volume, images: usize, targets: Self::Targets<'_>) -> Result<(), Error>;

    /// The mean loss and its gradient, in one pass. The targets have been checked.
    fn evaluate(&self, at: Evaluation<'_, T, Self::Targets<'_>>) -> LossValue<T>;

    /// Checks scores `[N, H, W, D]` that are at hand against their targets, and gives their loss, that of each image, and
    /// the gradient, all in memory of their own.
    ///
    /// ```
    /// use convnet_runtime::losses::{Loss, Svm};
    /// use ndarray::arr1;
    ///
    /// // The notes' scores of a cat, a car and a frog.
    /// let scores = arr1(&[3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1]).into_shape_with_order((3, 1, 1, 3))?;
    /// let found = Svm::default().of_scores(scores.view(), &[0, 1, 2])?;
    /// let rounded = found.per_image.mapv(|loss: f64| (10.0 * loss).round() / 10.0);
    /// assert_eq!(rounded, arr1(&[2.9, 0.0, 12.9]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] for scores without numbers, and those of [`check`](Self::check).
    fn of_scores(
        &self,
        scores: ArrayView4<'_, T>,
        targets: Self::Targets<'_>,
    ) -> Result<ScoredBatch<T>, Error> {
        let (images, height, width, depth) = scores.dim();
        if scores.is_empty() {
            return Err(Error::EmptyBatch);
        }
        self.check(Volume::new(width, height, depth), images, targets)?;
        let scores = scores.as_standard_layout();
        let (mut per_image, mut gradient) =
            (Array1::from_elem(images, T::nan()), Array4::zeros(scores.dim()));
        let at = Evaluation {
            scores: scores.as_slice().expect("standard layout"),
            targets,
            images,
            gradient: gradient.as_slice_mut().expect("standard layout"),
            kinks: None,
            per_image: Some(per_image.as_slice_mut().expect("standard layout")),
        };
        let mean = self.evaluate(at).mean;
        Ok(ScoredBatch { mean, per_image, gradient })
    }
}

/// Checks labels: one for each image, each with a score of its own.
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
    check_classes(output.depth, images, labels)
}

/// Checks labels: one for each image, each one of so many classes.
///
/// # Errors
/// [`Error::TargetCount`] or [`Error::Label`].
fn check_classes(classes: usize, images: usize, labels: &[usize]) -> Result<(), Error> {
    check_count(images, labels.len())?;
    match labels.iter().position(|&label| label >= classes) {
        Some(image) => Err(Error::Label { image, label: labels[image], classes }),
        None => Ok(()),
    }
}

/// Checks that there is an image, and a target for each.
///
/// # Errors
/// [`Error::EmptyBatch`] or [`Error::TargetCount`].
fn check_count(images: usize, targets: usize) -> Result<(), Error> {
    match images {
        0 => Err(Error::EmptyBatch),
        images if images == targets => Ok(()),
        images => Err(Error::TargetCount { images, targets }),
    }
}

/// Checks that there is a target for each number of the output.
///
/// # Errors
/// [`Error::TargetNumbers`].
fn check_numbers(loss: &'static str, output: Volume, images: usize, targets: usize) -> Result<(), Error> {
    if images == 0 {
        return Err(Error::EmptyBatch);
    }
    if Some(targets) == images.checked_mul(output.count()) {
        return Ok(());
    }
    Err(Error::TargetNumbers { loss, images, output, targets })
}

/// Each image's scores, its row of the gradient, and its target.
fn rows<'a, T, Target>(
    scores: &'a [T],
    gradient: &'a mut [T],
    targets: &'a [Target],
) -> impl Iterator<Item = (&'a [T], &'a mut [T], &'a Target)> {
    let each = scores.len() / targets.len();
    let rows = scores.chunks_exact(each).zip(gradient.chunks_exact_mut(each));
    rows.zip(targets).map(|((scores, gradient), target)| (scores, gradient, target))
}

/// The mean over the images of a sum of terms, one for each number of the output: `f` gives the loss and its derivative by
/// the score, from the number's place in the output, the score and its target.
fn terms<T: Scalar, Target>(
    at: Evaluation<'_, T, &[Target]>,
    mut f: impl FnMut(usize, T, &Target) -> (f64, T),
) -> LossValue<T> {
    let (images, mut tally) = (T::from_f64(at.images as f64), Tally::new(at.per_image));
    let each = at.scores.len() / at.images;
    let targets = at.targets.chunks_exact(each);
    for ((scores, gradient), targets) in
        at.scores.chunks_exact(each).zip(at.gradient.chunks_exact_mut(each)).zip(targets)
    {
        for (i, ((&score, gradient), target)) in scores.iter().zip(gradient).zip(targets).enumerate() {
            let (loss, slope) = f(i, score, target);
            tally.add(loss);
            *gradient = slope / images;
        }
        tally.end_image();
    }
    tally.mean(at.images)
}
