//! SVM2: the multiclass support vector machine with squared margins.

use convnet_geometry::Volume;

use super::svm::{checked_margin, violations};
use super::{Evaluation, Loss, LossValue, check_labels};
use crate::error::Error;
use crate::scalar::Scalar;

/// Squared multiclass SVM (L2-SVM): `L_i = sum over j != y of max(0, s_j - s_y + delta)^2`, the notes' chapter on
/// linear classification.
///
/// It punishes large violations more than [`Svm`](super::Svm) does. Targets are labels, one for each image.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SquaredSvm {
    delta: f64,
}

impl SquaredSvm {
    /// The loss with this margin.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not finite and above 0.
    pub fn new(delta: f64) -> Result<Self, Error> {
        checked_margin(delta).map(|delta| Self { delta })
    }

    /// The loss with a margin that the macro has checked.
    #[doc(hidden)]
    pub const fn with_checked_margin(delta: f64) -> Self {
        Self { delta }
    }

    /// The margin by which the right score should exceed all others.
    pub const fn delta(&self) -> f64 {
        self.delta
    }
}

impl Default for SquaredSvm {
    /// `delta` 1, as for [`Svm`](super::Svm).
    fn default() -> Self {
        Self { delta: 1.0 }
    }
}

impl<T: Scalar> Loss<T> for SquaredSvm {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        check_labels("SVM2", output, images, labels)
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        violations(at, self.delta, |margin| (margin * margin, margin + margin))
    }
}
