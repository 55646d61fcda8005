//! HINGE: a binary support vector machine for each attribute.

use convnet_geometry::Volume;

use super::weights::{AttributeWeights, Weights, checked_factor};
use super::{Evaluation, Loss, LossValue, check_numbers, terms};
use crate::error::Error;
use crate::kinks::Kinks;
use crate::scalar::Scalar;

/// Attributes by binary hinges: `L_i = C sum_j max(0, 1 - t_j s_j)` with `t_j = 1` where the attribute is present and -1
/// where it is not, the notes' chapters on linear classification and on losses.
///
/// C is the notes' weight of the data against the regularization, 1 unless it is given. An image may have any number of
/// attributes, also none. Targets are `[N, H, W, D]`, as the scores: `true` for an attribute that is present. A term of
/// exactly 0 has gradient 0.
///
/// A term is multiplied by the weight of its attribute, and by that of positives where the attribute is present. The mean
/// divides by the number of images, not by a sum of weights.
#[derive(Clone, PartialEq, Debug)]
pub struct Hinge {
    c: f64,
    weights: AttributeWeights,
}

impl Hinge {
    /// The loss with the notes' C.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not above 0 and at most 1e12.
    pub fn new(c: f64) -> Result<Self, Error> {
        Ok(Self::checked(checked_factor("C", c)?, 1.0))
    }

    /// The loss with numbers that the macro has checked.
    #[doc(hidden)]
    pub const fn checked(c: f64, positive: f64) -> Self {
        Self { c, weights: AttributeWeights::with_positive(positive) }
    }

    /// The loss with a weight for each attribute, in the order of the output's numbers, `[H, W, D]`.
    ///
    /// # Errors
    /// [`Error::Weight`] for one that is not from 0 to 1e12, [`Error::NoWeight`] if none is above 0.
    pub fn with_attribute_weights(mut self, weights: &[f64]) -> Result<Self, Error> {
        self.weights.each = Weights::new("HINGE", weights)?;
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

    /// C.
    pub const fn c(&self) -> f64 {
        self.c
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

impl Default for Hinge {
    /// C 1, and attributes that count alike.
    fn default() -> Self {
        Self::checked(1.0, 1.0)
    }
}

impl<T: Scalar> Loss<T> for Hinge {
    type Targets<'a> = &'a [bool];

    fn check(&self, output: Volume, images: usize, targets: &[bool]) -> Result<(), Error> {
        check_numbers("HINGE", output, images, targets.len())?;
        self.weights.each.check("HINGE", "attributes", output.count())
    }

    fn evaluate(&self, mut at: Evaluation<'_, T, &[bool]>) -> LossValue<T> {
        let mut kinks = at.kinks.take();
        terms(at, |attribute, score, &is_present| {
            let weight = self.c * self.weights.of(attribute, is_present);
            let (loss, slope) = hinge(score, is_present, kinks.as_deref_mut());
            (weight * loss.as_f64(), T::from_f64(weight) * slope)
        })
    }
}

/// `max(0, 1 - t s)` and its derivative, t being 1 or -1.
pub(super) fn hinge<T: Scalar>(score: T, is_present: bool, kinks: Option<&mut Kinks>) -> (T, T) {
    let t = if is_present { T::one() } else { -T::one() };
    let margin = T::one() - t * score;
    // NaN counts, so that it does not vanish.
    let is_violated = margin > T::zero() || margin.is_nan();
    if let Some(kinks) = kinks {
        kinks.decision(is_violated);
    }
    if is_violated { (margin, -t) } else { (T::zero(), T::zero()) }
}
