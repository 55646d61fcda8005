//! SOFTMAX: cross-entropy between the label and the normalized exponentials of the scores.

use convnet_geometry::Volume;

use super::weights::Weights;
use super::{Evaluation, Loss, LossValue, Tally, check_labels, rows};
use crate::error::Error;
use crate::scalar::Scalar;

/// Softmax cross-entropy: `L_i = -log(exp(s_y) / sum_j exp(s_j))`, the notes' chapter on linear classification.
///
/// The largest score is subtracted first, so that no exponential overflows. Targets are labels, one for each image.
///
/// * Smoothing by e (Szegedy et al. 2016) compares the probabilities with `1 - e + e/K` for the label and `e/K` for every
///   other of the K classes, in the place of 1 and 0.
/// * An image's loss is multiplied by the weight of its label's class. The mean divides by the number of images, where
///   PyTorch's `CrossEntropyLoss` divides by the sum of their weights; and a smoothed image has one weight, where PyTorch
///   weights each term by its class.
///
/// ```
/// use convnet_runtime::losses::{Loss, Softmax};
/// use ndarray::Array4;
///
/// let loss = Softmax::new(0.1)?.with_class_weights(&[1.0, 4.0])?;
/// let found = loss.of_scores(Array4::<f64>::zeros((3, 1, 1, 2)).view(), &[0, 1, 0])?;
/// let ln_2 = 2_f64.ln();
/// assert!((found.mean - 2.0 * ln_2).abs() < 1e-12 && (found.per_image[1] - 4.0 * ln_2).abs() < 1e-12);
/// # Ok::<(), convnet_runtime::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Softmax {
    smoothing: f64,
    weights: Weights,
}

impl Softmax {
    /// The loss with labels smoothed by this; by 0, as they are.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not at least 0 and below 1.
    pub fn new(smoothing: f64) -> Result<Self, Error> {
        if (0.0..1.0).contains(&smoothing) {
            return Ok(Self::checked(smoothing));
        }
        Err(Error::Option { option: "smoothing", value: smoothing, expected: "at least 0 and below 1" })
    }

    /// The loss with numbers that the macro has checked.
    #[doc(hidden)]
    pub const fn checked(smoothing: f64) -> Self {
        Self { smoothing, weights: Weights::NONE }
    }

    /// The loss with a weight for each class.
    ///
    /// # Errors
    /// [`Error::Weight`] for one that is not from 0 to 1e12, [`Error::NoWeight`] if none is above 0.
    pub fn with_class_weights(self, weights: &[f64]) -> Result<Self, Error> {
        Ok(Self { weights: Weights::new("SOFTMAX", weights)?, ..self })
    }

    /// How much of each label is spread over all classes.
    pub const fn smoothing(&self) -> f64 {
        self.smoothing
    }

    /// The weight of each class, if they were given.
    pub fn class_weights(&self) -> Option<&[f64]> {
        self.weights.get()
    }
}

impl<T: Scalar> Loss<T> for Softmax {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        check_labels("SOFTMAX", output, images, labels)?;
        self.weights.check("SOFTMAX", "classes", output.depth)
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        let mut tally = Tally::new(at.per_image);
        for (scores, gradient, &label) in rows(at.scores, at.gradient, at.targets) {
            let (smoothing, weight) = (self.smoothing, self.weights.of(label));
            tally.add(CrossEntropy { label, smoothing, weight, images: at.images }.of(scores, gradient));
            tally.end_image();
        }
        tally.mean(at.images)
    }
}

/// The cross-entropy of one image, as a part of the mean over several.
pub(super) struct CrossEntropy {
    /// The score that should be the largest.
    pub(super) label: usize,
    pub(super) smoothing: f64,
    pub(super) weight: f64,
    /// How many images the gradient is divided by.
    pub(super) images: usize,
}

impl CrossEntropy {
    /// `-w sum_j q_j log(exp(s_j) / sum_k exp(s_k))` with the targets q, and its gradient `w (p_j - q_j) / N`.
    pub(super) fn of<T: Scalar>(&self, scores: &[T], gradient: &mut [T]) -> f64 {
        let Self { label, smoothing, weight, images } = *self;
        let max = scores.iter().fold(T::neg_infinity(), |max, &score| max.max(score));
        for (power, &score) in gradient.iter_mut().zip(scores) {
            *power = (score - max).exp();
        }
        let whole: f64 = gradient.iter().map(|power| power.as_f64()).sum();
        let sum = T::from_f64(whole);
        let (weighted, images) = (T::from_f64(weight), T::from_f64(images as f64));
        let share = smoothing / scores.len() as f64;
        let (spread, kept) = (weighted * T::from_f64(share), weighted * T::from_f64(1.0 - smoothing));
        gradient.iter_mut().for_each(|power| *power = weighted * (*power / sum) / images - spread / images);
        gradient[label] -= kept / images;
        // The largest power is 1: the logarithm of 1 and what is beside it, however little that is.
        let log_sum = (whole - 1.0).ln_1p();
        if smoothing == 0.0 {
            return weight * (log_sum - (scores[label] - max).as_f64());
        }
        // Differences from the largest score, so that none of the sums is larger than the loss itself.
        let below: f64 = scores.iter().map(|&score| (score - max).as_f64()).sum();
        let target = (1.0 - smoothing) * (scores[label] - max).as_f64() + share * below;
        weight * (log_sum - target)
    }
}
