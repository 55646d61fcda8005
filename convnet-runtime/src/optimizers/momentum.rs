//! Gradient descent with momentum, in the notes' form.

use convnet_geometry::UpdateRule;

use super::{Kept, Optimizer, Rate, check_share, one_pass, taken};
use crate::error::Error;
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// `v = momentum * v - learning_rate * dx; x += v`: the notes' chapter on parameter updates.
///
/// The velocity carries the learning rate, so that a change of rate acts on later gradients only. (PyTorch's velocity
/// is free of it, and differs as soon as the rate changes.)
#[derive(Clone, Debug)]
pub struct Momentum<T = f32> {
    rate: Rate,
    /// The share of the velocity that is kept.
    kept: f64,
    velocity: Vec<T>,
}

impl<T: Scalar> Momentum<T> {
    /// With this learning rate, and this share of its velocity kept at each update: 0.9, typically.
    ///
    /// # Errors
    /// [`Error::Option`] if the rate is negative or not finite, or the momentum not from 0 up to, but not including, 1.
    pub fn new(learning_rate: f64, momentum: f64) -> Result<Self, Error> {
        let rate = Rate::new(learning_rate)?;
        let momentum = check_share("momentum", momentum)?;
        Ok(Self { rate, kept: momentum, velocity: Vec::new() })
    }

    /// The velocity of every parameter; empty before the first update.
    pub fn velocity(&self) -> &[T] {
        &self.velocity
    }
}

impl<T: Scalar> Optimizer<T> for Momentum<T> {
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error> {
        let kept = T::from_f64(self.kept);
        let numbers = (parameters, &mut self.velocity);
        one_pass(self.rate, numbers, gradients, 1, |parameters, velocity, gradients, rate| {
            T::descend_with_velocity(parameters, velocity, gradients, rate, kept);
        })
    }

    fn learning_rate(&self) -> f64 {
        self.rate.get()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), Error> {
        self.rate.set(learning_rate)
    }

    fn momentum(&self) -> Option<f64> {
        Some(self.kept)
    }

    fn set_momentum(&mut self, momentum: f64) -> Result<(), Error> {
        self.kept = check_share("momentum", momentum)?;
        Ok(())
    }

    fn rule(&self) -> UpdateRule {
        UpdateRule::Momentum
    }

    fn kept(&self) -> Kept<'_, T> {
        Kept::new(&[("velocity", &self.velocity)], 0)
    }

    fn restore(&mut self, tensors: &[(String, Vec<T>)], _updates: u64) -> Result<(), Error> {
        [self.velocity] = taken(self.name(), ["velocity"], tensors)?;
        Ok(())
    }
}
