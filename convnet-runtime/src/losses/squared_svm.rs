//! SVM2: the multiclass support vector machine with squared margins.

use convnet_geometry::Volume;

use super::svm::violations;
use super::weights::{Weights, checked_factor};
use super::{Evaluation, Loss, LossValue, check_labels};
use crate::error::Error;
use crate::scalar::Scalar;

/// Squared multiclass SVM (L2-SVM): `L_i = sum over j != y of max(0, s_j - s_y + delta)^2`, the notes' chapter on
/// linear classification.
///
/// It punishes large violations more than [`Svm`](super::Svm) does. Targets are labels, one for each image.
///
/// An image's loss is multiplied by the weight of its label's class; the mean divides by the number of images.
#[derive(Clone, PartialEq, Debug)]
pub struct SquaredSvm {
    delta: f64,
    weights: Weights,
}

impl SquaredSvm {
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
        Ok(Self { weights: Weights::new("SVM2", weights)?, ..self })
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

impl Default for SquaredSvm {
    /// `delta` 1, as for [`Svm`](super::Svm).
    fn default() -> Self {
        Self::checked(1.0)
    }
}

impl<T: Scalar> Loss<T> for SquaredSvm {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        check_labels("SVM2", output, images, labels)?;
        self.weights.check("SVM2", "classes", output.depth)
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        violations(at, self.delta, &self.weights, |margin| (margin * margin, margin + margin))
    }
}
