//! Momenta that change as training goes on.

use super::{OneCycle, check_epochs};
use crate::error::Error;
use crate::optimizers::options::check_share;

/// A rule by which the momentum changes.
///
/// The notes anneal it over many epochs, from 0.5 to 0.99, say. A trainer gives it to
/// [`set_momentum`](crate::optimizers::Optimizer::set_momentum) before each step.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MomentumSchedule(Shape);

#[derive(Clone, Copy, PartialEq, Debug)]
enum Shape {
    Linear { from: f64, to: f64, epochs: u32 },
    Against { cycle: OneCycle, low: f64, high: f64 },
}

impl MomentumSchedule {
    /// From one momentum to another in a straight line, over so many epochs; afterwards it stays.
    ///
    /// # Errors
    /// [`Error::Option`] if the epochs are 0, or a momentum is not from 0 up to, but not including, 1.
    pub fn linear(from: f64, to: f64, epochs: u32) -> Result<Self, Error> {
        let (from, to) = (check_share("momentum", from)?, check_share("momentum", to)?);
        Ok(Self(Shape::Linear { from, to, epochs: check_epochs("the epochs of the momentum", epochs)? }))
    }

    /// Low where the rate of a cycle is high.
    pub(super) fn against(cycle: OneCycle, low: f64, high: f64) -> Result<Self, Error> {
        let (low, high) = (check_share("momentum", low)?, check_share("momentum", high)?);
        Ok(Self(Shape::Against { cycle, low, high }))
    }

    /// The momentum after so many epochs, with fractions. Times before 0 count as 0.
    pub fn momentum(&self, epoch: f64) -> f64 {
        let t = epoch.max(0.0);
        match self.0 {
            Shape::Linear { from, to, epochs } => between(from, to, (t / f64::from(epochs)).min(1.0)),
            Shape::Against { cycle, low, high } => between(high, low, cycle.height(t)),
        }
    }
}

/// What lies on the way from one number to another: exactly those at the ends.
fn between(from: f64, to: f64, share: f64) -> f64 {
    from * (1.0 - share) + to * share
}
