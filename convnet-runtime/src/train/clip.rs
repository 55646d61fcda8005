//! Gradients that are clipped before each update.

use crate::error::Error;
use crate::optimizers::clipping;
use crate::optimizers::options::check_bound;
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// How gradients are clipped: of each update's, after those of the regularisation were added.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Clipping(Kind);

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Norm(f64),
    Value(f64),
}

impl Clipping {
    /// All gradients scaled by one number, so that their norm is at most this: [`clipping::by_global_norm`].
    ///
    /// # Errors
    /// [`Error::Option`] if it is not finite and above 0.
    pub fn norm(bound: f64) -> Result<Self, Error> {
        check_bound("the bound of the global norm", bound)?;
        Ok(Self(Kind::Norm(bound)))
    }

    /// Each number moved to this, or its negative, if it lies beyond: [`clipping::by_value`].
    ///
    /// # Errors
    /// [`Error::Option`] if it is not finite and above 0.
    pub fn value(bound: f64) -> Result<Self, Error> {
        check_bound("the bound of values", bound)?;
        Ok(Self(Kind::Value(bound)))
    }

    pub(super) fn clip<T: Scalar>(self, gradients: &mut Parameters<T>) -> Result<(), Error> {
        match self.0 {
            Kind::Norm(bound) => clipping::by_global_norm(gradients, bound)?,
            Kind::Value(bound) => clipping::by_value(gradients, bound)?,
        };
        Ok(())
    }
}
