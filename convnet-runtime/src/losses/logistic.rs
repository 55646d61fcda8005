//! LOGISTIC: a logistic regression for each attribute.

use convnet_geometry::Volume;

use super::weights::{AttributeWeights, Weights, checked_factor};
use super::{Evaluation, Loss, LossValue, check_numbers, terms};
use crate::error::Error;
use crate::scalar::Scalar;

/// Attributes by logistic regression: `L_i = sum_j log(1 + exp(-t_j s_j))` with `t_j = 1` where the attribute is
/// present and -1 where it is not, the notes' chapter on losses.
///
/// That is the cross-entropy between the targets and the sigmoids of the scores. An image may have any number of
/// attributes, also none. Targets are `[N, H, W, D]`, as the scores: `true` for an attribute that is present.
///
/// A term is multiplied by the weight of its attribute, and by that of positives where the attribute is present. The mean
/// divides by the number of images, not by a sum of weights, nor by the number of attributes.
#[derive(Clone, PartialEq, Debug)]
pub struct Logistic {
    weights: AttributeWeights,
}

impl Logistic {
    /// The loss with numbers that the macro has checked.
    #[doc(hidden)]
    pub const fn checked(positive: f64) -> Self {
        Self { weights: AttributeWeights::with_positive(positive) }
    }

    /// The loss with a weight for each attribute, in the order of the output's numbers, `[H, W, D]`.
    ///
    /// # Errors
    /// [`Error::Weight`] for one that is not from 0 to 1e12, [`Error::NoWeight`] if none is above 0.
    pub fn with_attribute_weights(mut self, weights: &[f64]) -> Result<Self, Error> {
        self.weights.each = Weights::new("LOGISTIC", weights)?;
        Ok(self)
    }

    /// The loss with this weight of attributes that are present: above 1 where they are rare.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not above 0 and at most 1e12.
    pub fn with_positive_weight(mut self, weight: f64) -> Result<Self, Error> {
        self.weights.positive = checked_factor("the weight of positives", weight)?;
        Ok(self)
    }

    /// The weight of attributes that are present.
    pub const fn positive_weight(&self) -> f64 {
        self.weights.positive
    }

    /// The weight of each attribute, if they were given.
    pub fn attribute_weights(&self) -> Option<&[f64]> {
        self.weights.each.get()
    }
}

impl Default for Logistic {
    /// Attributes that count alike.
    fn default() -> Self {
        Self::checked(1.0)
    }
}

impl<T: Scalar> Loss<T> for Logistic {
    type Targets<'a> = &'a [bool];

    fn check(&self, output: Volume, images: usize, targets: &[bool]) -> Result<(), Error> {
        check_numbers("LOGISTIC", output, images, targets.len())?;
        self.weights.each.check("LOGISTIC", "attributes", output.count())
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[bool]>) -> LossValue<T> {
        terms(at, |attribute, score, &is_present| {
            let weight = self.weights.of(attribute, is_present);
            let t = if is_present { T::one() } else { -T::one() };
            let (loss, slope) = softplus(-t * score);
            (weight * loss.as_f64(), T::from_f64(weight) * (-t * slope))
        })
    }
}

/// `log(1 + exp(x))` and its derivative, the sigmoid of x.
///
/// The exponent is never above 0, so that nothing overflows.
fn softplus<T: Scalar>(x: T) -> (T, T) {
    let power = (-x.abs()).exp();
    let sigmoid = if x > T::zero() { T::one() } else { power } / (T::one() + power);
    (x.max(T::zero()) + power.ln_1p(), sigmoid)
}
