//! Plain gradient descent.

use convnet_geometry::UpdateRule;

use super::{Optimizer, PIECE, check_count, check_rate, rate};
use crate::error::Error;
use crate::parallel::{self, Work};
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// `x += -learning_rate * dx`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sgd {
    learning_rate: f64,
}

impl Sgd {
    /// With this learning rate.
    ///
    /// # Errors
    /// [`Error::Option`] if it is negative or not finite.
    pub fn new(learning_rate: f64) -> Result<Self, Error> {
        Ok(Self { learning_rate: check_rate(learning_rate)? })
    }
}

impl<T: Scalar> Optimizer<T> for Sgd {
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error> {
        check_count(parameters.len(), gradients.len())?;
        let (rate, gradients) = (rate::<T>(self.learning_rate)?, gradients.as_slice());
        let work = Work(gradients.len() as u64);
        parallel::chunks(parameters.as_mut_slice(), PIECE, work, |index, parameters| {
            T::descend(parameters, &gradients[index * PIECE..], rate);
        });
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), Error> {
        self.learning_rate = check_rate(learning_rate)?;
        Ok(())
    }

    fn rule(&self) -> UpdateRule {
        UpdateRule::Sgd
    }
}
