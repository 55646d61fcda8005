//! Gradient descent by the sum of squared gradients, in the notes' form.

use convnet_geometry::UpdateRule;

use super::{Kept, Optimizer, Rate, check_epsilon, one_pass, taken};
use crate::error::Error;
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// `cache += dx^2; x -= learning_rate * dx / (sqrt(cache) + epsilon)`: the notes' chapter on parameter updates, after Duchi
/// and others 2011.
///
/// Steps only become smaller, which for deep networks stops learning too early: [`RmsProp`](super::RmsProp) forgets.
#[derive(Clone, Debug)]
pub struct Adagrad<T = f32> {
    rate: Rate,
    epsilon: f64,
    cache: Vec<T>,
}

impl<T: Scalar> Adagrad<T> {
    /// With this learning rate; epsilon is 1e-8.
    ///
    /// # Errors
    /// [`Error::Option`] if the rate is negative or not finite.
    pub fn new(learning_rate: f64) -> Result<Self, Error> {
        Ok(Self { rate: Rate::new(learning_rate)?, epsilon: 1e-8, cache: Vec::new() })
    }

    /// The same with another epsilon, which keeps the quotient finite.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not finite and above 0.
    pub fn epsilon(self, epsilon: f64) -> Result<Self, Error> {
        Ok(Self { epsilon: check_epsilon::<T>(epsilon)?, ..self })
    }

    /// The sum of every parameter's squared gradients; empty before the first update.
    pub fn cache(&self) -> &[T] {
        &self.cache
    }
}

impl<T: Scalar> Optimizer<T> for Adagrad<T> {
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error> {
        let epsilon = T::from_f64(self.epsilon);
        let numbers = (parameters, &mut self.cache);
        one_pass(self.rate, numbers, gradients, 4, |parameters, cache, gradients, rate| {
            T::adagrad(parameters, cache, gradients, rate, epsilon);
        })
    }

    fn learning_rate(&self) -> f64 {
        self.rate.get()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), Error> {
        self.rate.set(learning_rate)
    }

    fn rule(&self) -> UpdateRule {
        UpdateRule::Adagrad
    }

    fn kept(&self) -> Kept<'_, T> {
        Kept::new(&[("cache", &self.cache)], 0)
    }

    fn restore(&mut self, tensors: &[(String, Vec<T>)], _updates: u64) -> Result<(), Error> {
        [self.cache] = taken(self.name(), ["cache"], tensors)?;
        Ok(())
    }
}
