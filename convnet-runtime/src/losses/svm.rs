//! SVM: the multiclass support vector machine loss of Weston and Watkins.

use convnet_geometry::Volume;

use super::weights::{Weights, checked_factor};
use super::{Evaluation, Loss, LossValue, Tally, check_labels, rows};
use crate::error::Error;
use crate::scalar::Scalar;

/// Multiclass SVM: `L_i = sum over j != y of max(0, s_j - s_y + delta)`, the notes' chapter on linear classification.
///
/// Targets are labels, one for each image. A margin of exactly 0 has gradient 0.
///
/// An image's loss is multiplied by the weight of its label's class; the mean divides by the number of images.
#[derive(Clone, PartialEq, Debug)]
pub struct Svm {
    delta: f64,
    weights: Weights,
}

impl Svm {
    /// The loss with this margin.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not above 0 and at most 1e12.
    pub fn new(delta: f64) -> Result<Self, Error> {
        checked_factor("delta", delta).map(Self::checked)
    }

    /// The loss with a margin that the macro has checked.
    #[doc(hidden)]
    pub const fn checked(delta: f64) -> Self {
        Self { delta, weights: Weights::NONE }
    }

    /// The loss with a weight for each class.
    ///
    /// # Errors
    /// [`Error::Weight`] for one that is not from 0 to 1e12, [`Error::NoWeight`] if none is above 0.
    pub fn with_class_weights(self, weights: &[f64]) -> Result<Self, Error> {
        Ok(Self { weights: Weights::new("SVM", weights)?, ..self })
    }

    /// The margin by which the right score should exceed all others.
    pub const fn delta(&self) -> f64 {
        self.delta
    }

    /// The weight of each class, if they were given.
    pub fn class_weights(&self) -> Option<&[f64]> {
        self.weights.get()
    }
}

impl Default for Svm {
    /// `delta` 1, which the notes say can be fixed without loss.
    fn default() -> Self {
        Self::checked(1.0)
    }
}

impl<T: Scalar> Loss<T> for Svm {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        check_labels("SVM", output, images, labels)?;
        self.weights.check("SVM", "classes", output.depth)
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        violations(at, self.delta, &self.weights, |margin| (margin, T::one()))
    }
}

/// The mean of a penalty, given with its derivative, of every margin `s_j - s_y + delta` above 0.
pub(super) fn violations<T: Scalar>(
    mut at: Evaluation<'_, T, &[usize]>,
    delta: f64,
    weights: &Weights,
    penalty: impl Fn(T) -> (T, T),
) -> LossValue<T> {
    let (images, delta) = (T::from_f64(at.images as f64), T::from_f64(delta));
    let mut tally = Tally::new(at.per_image);
    for (scores, gradient, &label) in rows(at.scores, at.gradient, at.targets) {
        let (weight, mut slopes) = (weights.of(label), 0.0);
        let weighted = T::from_f64(weight);
        for (j, (gradient, &score)) in gradient.iter_mut().zip(scores).enumerate() {
            let margin = score - scores[label] + delta;
            // NaN counts, so that it does not vanish.
            let is_violated = j != label && (margin > T::zero() || margin.is_nan());
            let (loss, slope) = if is_violated { penalty(margin) } else { (T::zero(), T::zero()) };
            tally.add(weight * loss.as_f64());
            *gradient = weighted * slope / images;
            slopes += slope.as_f64();
            if let Some(kinks) = at.kinks.as_deref_mut() {
                kinks.decision(is_violated);
            }
        }
        gradient[label] = weighted * -T::from_f64(slopes) / images;
        tally.end_image();
    }
    tally.mean(at.images)
}
