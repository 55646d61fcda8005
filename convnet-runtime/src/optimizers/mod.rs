//! Update rules: one pass over flat slices of parameters, gradients and what the rule keeps.

mod adam;
mod momentum;
mod rms_prop;
mod sgd;

use convnet_geometry::UpdateRule;

use crate::error::Error;
use crate::memory::fill_with_zeros;
use crate::parameters::Parameters;
use crate::scalar::Scalar;

pub use adam::{Adam, Moments};
pub use momentum::Momentum;
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

    /// What it keeps, for memory estimates.
    fn rule(&self) -> UpdateRule;
}

fn check_rate(learning_rate: f64) -> Result<f64, Error> {
    if learning_rate.is_finite() && learning_rate >= 0.0 {
        return Ok(learning_rate);
    }
    Err(Error::Option {
        option: "learning_rate",
        value: learning_rate,
        expected: "a finite number, at least 0",
    })
}

/// The learning rate as the network's scalar, in which it may be too large.
fn rate<T: Scalar>(learning_rate: f64) -> Result<T, Error> {
    let rate = T::from_f64(learning_rate);
    if rate.is_finite() {
        return Ok(rate);
    }
    let expected = "a number that the network's scalar can hold";
    Err(Error::Option { option: "learning_rate", value: learning_rate, expected })
}

fn check_count(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::ParameterCount { expected, found }) }
}

/// The share of what a rule keeps that stays at each update.
fn check_share(option: &'static str, share: f64) -> Result<f64, Error> {
    if (0.0..1.0).contains(&share) {
        return Ok(share);
    }
    Err(Error::Option { option, value: share, expected: "at least 0 and less than 1" })
}

/// What stays of a running mean at an update, and what is new: its difference from 1 is taken in `f64`, in which something is
/// left of it.
fn shares<T: Scalar>(kept: f64) -> [T; 2] {
    [T::from_f64(kept), T::from_f64(1.0 - kept)]
}

/// An epsilon that the network's scalar can hold.
fn check_epsilon<T: Scalar>(epsilon: f64) -> Result<f64, Error> {
    let scalar = T::from_f64(epsilon);
    if scalar.is_finite() && scalar > T::zero() {
        return Ok(epsilon);
    }
    let expected = "a finite number above 0, in the network's scalar too";
    Err(Error::Option { option: "epsilon", value: epsilon, expected })
}

/// Makes zeros of what a rule keeps, before the first update; afterwards there must be as many as parameters.
fn or_zeros<T: Scalar>(kept: &mut Vec<T>, parameters: usize) -> Result<(), Error> {
    if kept.is_empty() {
        fill_with_zeros(kept, parameters);
    }
    check_count(parameters, kept.len())
}
