//! Rates that become smaller whenever the validation error stops falling.

use std::fmt;

use super::{SchedulerState, check_epochs, check_factor};
use crate::error::Error;
use crate::optimizers::options::check_size;

/// The rate is multiplied by a factor after some epochs in a row whose validation error was not lower than the best one so
/// far; these are counted anew after each reduction.
///
/// The notes: "watch the validation error while training with a fixed learning rate, and reduce the learning rate by a
/// constant (e.g. 0.5) whenever the validation error stops improving."
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Plateau {
    factor: f64,
    patience: u32,
    minimum: f64,
    threshold: f64,
}

impl Plateau {
    /// With this factor, after so many epochs without a lower error.
    ///
    /// # Errors
    /// [`Error::Option`] if the factor is not above 0 and below 1, or the patience is 0.
    pub fn new(factor: f64, patience: u32) -> Result<Self, Error> {
        let (factor, patience) = (check_factor(factor)?, check_epochs("patience", patience)?);
        Ok(Self { factor, patience, minimum: 0.0, threshold: 0.0 })
    }

    /// The same with a rate below which it does not go.
    ///
    /// # Errors
    /// [`Error::Option`] if it is negative or not finite.
    pub fn minimum(self, rate: f64) -> Result<Self, Error> {
        Ok(Self { minimum: check_size("the minimum of the rate", rate)?, ..self })
    }

    /// The same, to which an error is lower only if it is by more than this.
    ///
    /// # Errors
    /// [`Error::Option`] if it is negative or not finite.
    pub fn threshold(self, difference: f64) -> Result<Self, Error> {
        Ok(Self { threshold: check_size("the threshold of the error", difference)?, ..self })
    }

    /// The lowest rate.
    pub(super) fn lowest(&self) -> f64 {
        self.minimum
    }

    /// The rate after so many reductions.
    pub(super) fn rate(&self, base: f64, reductions: u32) -> f64 {
        (base * self.factor.powf(reductions.into())).max(self.minimum.min(base))
    }

    /// Counts an epoch with this error. One that is NaN is not lower than any.
    pub(super) fn see(&self, error: f64, state: &mut SchedulerState) {
        if !error.is_nan() && state.best.is_none_or(|best| error < best - self.threshold) {
            state.best = Some(error);
            state.bad_epochs = 0;
            return;
        }
        state.bad_epochs = state.bad_epochs.saturating_add(1);
        if state.bad_epochs >= self.patience {
            state.bad_epochs = 0;
            state.reductions = state.reductions.saturating_add(1);
        }
    }
}

impl fmt::Display for Plateau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { factor, patience, .. } = self;
        write!(f, "times {factor} after {patience} epochs without a lower validation error")
    }
}
