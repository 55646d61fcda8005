//! Update rules: one pass over flat slices of parameters, gradients and what the rule keeps.
//!
//! The notes' chapter on parameter updates: [`Sgd`], [`Momentum`] and [`Nesterov`] take the same step for every parameter,
//! [`Adagrad`], [`RmsProp`], [`Adam`] and [`AdamW`] one that each parameter's gradients scale. [`schedules`](crate::schedules)
//! change rate and momentum as training goes on. [`Lbfgs`] is no rule for batches but minimises the loss of a whole data set.
//! [`clipping`] shortens gradients before an update.

mod adagrad;
mod adam;
mod adam_w;
pub mod clipping;
mod kept;
mod kernels;
mod lbfgs;
mod momentum;
mod nesterov;
pub(crate) mod options;
mod rms_prop;
mod sgd;

use convnet_geometry::UpdateRule;

use crate::error::Error;
use crate::parameters::Parameters;
use crate::scalar::Scalar;
use kept::{check_count, one_pass, or_zeros, taken};
use options::{Rate, check_bound, check_epsilon, check_share, check_size, shares};

pub use adagrad::Adagrad;
pub use adam::{Adam, Moments};
pub use adam_w::AdamW;
pub use kept::Kept;
pub(crate) use kernels::inner;
pub use lbfgs::{Lbfgs, Minimum, Stop};
pub use momentum::Momentum;
pub use nesterov::Nesterov;
pub use rms_prop::RmsProp;
pub use sgd::Sgd;

/// Numbers in one piece of an update.
const PIECE: usize = 1 << 14;

/// Moves parameters against their gradients.
pub trait Optimizer<T: Scalar>: Send {
    /// One update.
    ///
    /// # Errors
    /// [`Error::ParameterCount`] if parameters and gradients, or those of earlier updates, differ in number.
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error>;

    /// The step that the next update takes.
    fn learning_rate(&self) -> f64;

    /// Changes the step from the next update on.
    ///
    /// # Errors
    /// [`Error::Option`] if it is negative or not finite.
    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), Error>;

    /// The share of its velocity that a rule keeps at each update, if it has a velocity. The running means of [`Adam`] are
    /// none.
    fn momentum(&self) -> Option<f64> {
        None
    }

    /// Changes the momentum from the next update on; the notes raise it as training goes on, from 0.5 to 0.99, say.
    ///
    /// # Errors
    /// [`Error::NoMomentum`] if the rule has none; [`Error::Option`] if it is not from 0 up to, but not including, 1.
    fn set_momentum(&mut self, momentum: f64) -> Result<(), Error> {
        let _ = momentum;
        Err(Error::NoMomentum { rule: self.name() })
    }

    /// What it keeps, for memory estimates.
    fn rule(&self) -> UpdateRule;

    /// The rule's name, in snake case: `momentum`, `rms_prop`.
    fn name(&self) -> &'static str {
        self.rule().name()
    }

    /// What it keeps, to be saved: with the same options, and this [restored](Self::restore), a rule goes on bit for bit.
    fn kept(&self) -> Kept<'_, T>;

    /// Goes on from what a rule of this kind [kept](Self::kept), its tensors by name, in any order; from the beginning, if
    /// there are none. Another network's are refused by the next update.
    ///
    /// # Errors
    /// [`Error::Kept`] if there are tensors of other names, or some are missing, or they are not equally long: then
    /// nothing changes.
    fn restore(&mut self, tensors: &[(String, Vec<T>)], updates: u64) -> Result<(), Error>;
}

/// A rule that is chosen when the program runs.
impl<T: Scalar, O: Optimizer<T> + ?Sized> Optimizer<T> for Box<O> {
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error> {
        (**self).update(parameters, gradients)
    }

    fn learning_rate(&self) -> f64 {
        (**self).learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), Error> {
        (**self).set_learning_rate(learning_rate)
    }

    fn momentum(&self) -> Option<f64> {
        (**self).momentum()
    }

    fn set_momentum(&mut self, momentum: f64) -> Result<(), Error> {
        (**self).set_momentum(momentum)
    }

    fn rule(&self) -> UpdateRule {
        (**self).rule()
    }

    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn kept(&self) -> Kept<'_, T> {
        (**self).kept()
    }

    fn restore(&mut self, tensors: &[(String, Vec<T>)], updates: u64) -> Result<(), Error> {
        (**self).restore(tensors, updates)
    }
}
