//! Options of update rules: what is in range, and what becomes of them in the network's scalar.

use crate::error::Error;
use crate::scalar::Scalar;

/// A learning rate: finite and not negative.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Rate(f64);

impl Rate {
    pub(super) fn new(learning_rate: f64) -> Result<Self, Error> {
        check_size("learning_rate", learning_rate).map(Self)
    }

    pub(super) fn get(self) -> f64 {
        self.0
    }

    /// Another rate in its place; if that is none, it stays.
    pub(super) fn set(&mut self, learning_rate: f64) -> Result<(), Error> {
        *self = Self::new(learning_rate)?;
        Ok(())
    }

    /// The rate as the network's scalar, in which it may be too large.
    pub(super) fn scalar<T: Scalar>(self) -> Result<T, Error> {
        let rate = T::from_f64(self.0);
        if rate.is_finite() {
            return Ok(rate);
        }
        let expected = "a number that the network's scalar can hold";
        Err(Error::Option { option: "learning_rate", value: self.0, expected })
    }
}

/// A strength: finite and not negative.
pub(crate) fn check_size(option: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(Error::Option { option, value, expected: "a finite number, at least 0" })
}

/// A share that is not all: of what a rule keeps at each update, say.
pub(crate) fn check_share(option: &'static str, share: f64) -> Result<f64, Error> {
    if (0.0..1.0).contains(&share) {
        return Ok(share);
    }
    Err(Error::Option { option, value: share, expected: "at least 0 and less than 1" })
}

/// What stays of a running mean at an update, and what is new: its difference from 1 is taken in `f64`, in which something is
/// left of it.
pub(super) fn shares<T: Scalar>(kept: f64) -> [T; 2] {
    [T::from_f64(kept), T::from_f64(1.0 - kept)]
}

/// An epsilon that the network's scalar can hold.
pub(super) fn check_epsilon<T: Scalar>(epsilon: f64) -> Result<f64, Error> {
    let scalar = T::from_f64(epsilon);
    if scalar.is_finite() && scalar > T::zero() {
        return Ok(epsilon);
    }
    let expected = "a finite number above 0, in the network's scalar too";
    Err(Error::Option { option: "epsilon", value: epsilon, expected })
}

/// A bound, which nothing is to exceed.
pub(crate) fn check_bound(option: &'static str, bound: f64) -> Result<f64, Error> {
    if bound.is_finite() && bound > 0.0 {
        return Ok(bound);
    }
    Err(Error::Option { option, value: bound, expected: "a finite number above 0" })
}
