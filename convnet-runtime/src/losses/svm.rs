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

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        violations(at, self.delta, |margin| (margin, T::one()))
    }
}

/// A margin that can be used.
///
/// # Errors
/// [`Error::Option`] if it is not finite and above 0.
pub(super) fn checked_margin(delta: f64) -> Result<f64, Error> {
    if delta.is_finite() && delta > 0.0 {
        return Ok(delta);
    }
    Err(Error::Option { option: "delta", value: delta, expected: "a finite number above 0" })
}

/// The mean of a penalty, given with its derivative, of every margin `s_j - s_y + delta` above 0.
pub(super) fn violations<T: Scalar>(
    mut at: Evaluation<'_, T, &[usize]>,
    delta: f64,
    penalty: impl Fn(T) -> (T, T),
) -> LossValue<T> {
    let (images, delta) = (T::from_f64(at.images as f64), T::from_f64(delta));
    let mut total = 0.0;
    for (scores, gradient, &label) in rows(at.scores, at.gradient, at.targets) {
        let mut slopes = 0.0;
        for (j, (gradient, &score)) in gradient.iter_mut().zip(scores).enumerate() {
            let margin = score - scores[label] + delta;
            // NaN counts, so that it does not vanish.
            let is_violated = j != label && (margin > T::zero() || margin.is_nan());
            let (loss, slope) = if is_violated { penalty(margin) } else { (T::zero(), T::zero()) };
            total += loss.as_f64();
            *gradient = slope / images;
            slopes += slope.as_f64();
            if let Some(kinks) = at.kinks.as_deref_mut() {
                kinks.decision(is_violated);
            }
        }
        gradient[label] = -T::from_f64(slopes) / images;
    }
    LossValue::mean_of(total, at.images)
}
