//! Weights of classes and attributes: how much each counts.

use std::sync::Arc;

use crate::error::Error;

/// The largest factor: the product of three leaves `f32` room for margins and batches.
const MOST: f64 = 1e12;

/// A weight for each class, or each attribute; 1 for all where none were given.
///
/// They are shared, so that a loss is cloned without a copy, and looking one up allocates nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Weights {
    each: Option<Arc<[f64]>>,
}

impl Weights {
    /// 1 for all.
    pub(super) const NONE: Self = Self { each: None };

    /// These weights, of this loss.
    ///
    /// # Errors
    /// [`Error::Weight`] for one that is not from 0 to 1e12, [`Error::NoWeight`] if none is above 0.
    pub(super) fn new(loss: &'static str, each: &[f64]) -> Result<Self, Error> {
        if let Some(index) = each.iter().position(|weight| !(0.0..=MOST).contains(weight)) {
            return Err(Error::Weight { loss, index, value: each[index] });
        }
        if each.iter().all(|&weight| weight == 0.0) {
            return Err(Error::NoWeight { loss, weights: each.len() });
        }
        Ok(Self { each: Some(each.into()) })
    }

    /// The weight of a class or an attribute.
    pub(super) fn of(&self, index: usize) -> f64 {
        self.each.as_ref().map_or(1.0, |each| each[index])
    }

    /// The weights, if there are any.
    pub(super) fn get(&self) -> Option<&[f64]> {
        self.each.as_deref()
    }

    /// Checks that there is one for each.
    ///
    /// # Errors
    /// [`Error::WeightCount`].
    pub(super) fn check(&self, loss: &'static str, of: &'static str, needed: usize) -> Result<(), Error> {
        match self.each.as_ref().map(|each| each.len()) {
            Some(weights) if weights != needed => Err(Error::WeightCount { loss, weights, of, needed }),
            _ => Ok(()),
        }
    }
}

/// How much attributes count: each by a weight of its own, and those that are present by one more.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct AttributeWeights {
    pub(super) each: Weights,
    pub(super) positive: f64,
}

impl AttributeWeights {
    /// Attributes that count alike, but for this weight of those that are present.
    pub(super) const fn with_positive(positive: f64) -> Self {
        Self { each: Weights::NONE, positive }
    }

    /// The weight of an attribute that is present, or is not.
    pub(super) fn of(&self, attribute: usize, is_present: bool) -> f64 {
        self.each.of(attribute) * if is_present { self.positive } else { 1.0 }
    }
}

/// A factor that a loss can be multiplied by.
///
/// # Errors
/// [`Error::Option`] if it is not above 0 and at most 1e12.
pub(super) fn checked_factor(option: &'static str, value: f64) -> Result<f64, Error> {
    if value > 0.0 && value <= MOST {
        return Ok(value);
    }
    Err(Error::Option { option, value, expected: "a number above 0 and at most 1e12" })
}
