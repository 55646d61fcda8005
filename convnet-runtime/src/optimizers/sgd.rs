//! Plain gradient descent.

use convnet_geometry::UpdateRule;

use super::{Kept, Optimizer, PIECE, Rate, check_count, taken};
use crate::error::Error;
use crate::parallel::{self, Work};
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// `x += -learning_rate * dx`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sgd {
    rate: Rate,
}

impl Sgd {
    /// With this learning rate.
    ///
    /// # Errors
    /// [`Error::Option`] if it is negative or not finite.
    pub fn new(learning_rate: f64) -> Result<Self, Error> {
        Ok(Self { rate: Rate::new(learning_rate)? })
    }
}

impl<T: Scalar> Optimizer<T> for Sgd {
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error> {
        check_count(parameters.len(), gradients.len())?;
        let (rate, gradients) = (self.rate.scalar::<T>()?, gradients.as_slice());
        let work = Work(gradients.len() as u64);
        parallel::chunks(parameters.as_mut_slice(), PIECE, work, |index, parameters| {
            T::descend(parameters, &gradients[index * PIECE..], rate);
        });
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.rate.get()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), Error> {
        self.rate.set(learning_rate)
    }

    fn rule(&self) -> UpdateRule {
        UpdateRule::Sgd
    }

    fn kept(&self) -> Kept<'_, T> {
        Kept::new(&[], 0)
    }

    fn restore(&mut self, tensors: &[(String, Vec<T>)], _updates: u64) -> Result<(), Error> {
        let [] = taken(UpdateRule::Sgd.name(), [], tensors)?;
        Ok(())
    }
}
