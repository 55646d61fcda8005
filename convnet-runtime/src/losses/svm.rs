//! SVM: the multiclass support vector machine loss of Weston and Watkins.

use convnet_geometry::Volume;

use super::{Evaluation, Loss, LossValue, check_labels, rows};
use crate::error::Error;
use crate::scalar::Scalar;

/// Multiclass SVM: `L_i = sum over j != y of max(0, s_j - s_y + delta)`, the notes' chapter on linear classification.
///
/// Targets are labels, one for each image. A margin of exactly 0 has gradient 0.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Svm {
    delta: f64,
}

impl Svm {
    /// The loss with this margin.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not finite and above 0.
    pub fn new(delta: f64) -> Result<Self, Error> {
        if delta.is_finite() && delta > 0.0 {
            return Ok(Self { delta });
        }
        Err(Error::Option { option: "delta", value: delta, expected: "a finite number above 0" })
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

impl Default for Svm {
    /// `delta` 1, which the notes say can be fixed without loss.
    fn default() -> Self {
        Self { delta: 1.0 }
    }
}

impl<T: Scalar> Loss<T> for Svm {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        check_labels("SVM", output, images, labels)
    }

    fn evaluate(&self, mut at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        let (images, delta) = (T::from_f64(at.images as f64), T::from_f64(self.delta));
        let mut total = T::zero();
        for (scores, gradient, label) in rows(at.scores, at.gradient, at.targets) {
            let mut violated = T::zero();
            for (j, (gradient, &score)) in gradient.iter_mut().zip(scores).enumerate() {
                let margin = score - scores[label] + delta;
                // NaN counts, so that it does not vanish.
                let is_violated = j != label && (margin > T::zero() || margin.is_nan());
                *gradient = if is_violated { T::one() / images } else { T::zero() };
                if is_violated {
                    total += margin;
                    violated += T::one();
                }
                if let Some(kinks) = at.kinks.as_deref_mut() {
                    kinks.decision(is_violated);
                }
            }
            gradient[label] = -violated / images;
        }
        LossValue { mean: total / images }
    }
}
