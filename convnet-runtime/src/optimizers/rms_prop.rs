//! Gradient descent by a running mean of squared gradients, in the notes' form.

use convnet_geometry::UpdateRule;

use super::{Kept, Optimizer, Rate, check_epsilon, check_share, one_pass, shares, taken};
use crate::error::Error;
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// `cache = decay * cache + (1 - decay) * dx^2; x -= learning_rate * dx / (sqrt(cache) + epsilon)`: the notes' chapter on
/// parameter updates, after Hinton's lecture.
#[derive(Clone, Debug)]
pub struct RmsProp<T = f32> {
    rate: Rate,
    decay: f64,
    epsilon: f64,
    cache: Vec<T>,
}

impl<T: Scalar> RmsProp<T> {
    /// With this learning rate and this share of the cache kept at each update, the notes' 0.9, 0.99 or 0.999; epsilon is
    /// 1e-8.
    ///
    /// # Errors
    /// [`Error::Option`] if the rate is negative or not finite, or the decay not from 0 up to, but not including, 1.
    pub fn new(learning_rate: f64, decay: f64) -> Result<Self, Error> {
        let (rate, decay) = (Rate::new(learning_rate)?, check_share("decay", decay)?);
        Ok(Self { rate, decay, epsilon: 1e-8, cache: Vec::new() })
    }

    /// The same with another epsilon, which keeps the quotient finite.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not finite and above 0.
    pub fn epsilon(self, epsilon: f64) -> Result<Self, Error> {
        Ok(Self { epsilon: check_epsilon::<T>(epsilon)?, ..self })
    }

    /// The same that goes on from this cache, one number for each parameter.
    pub fn with_cache(self, cache: Vec<T>) -> Self {
        Self { cache, ..self }
    }

    /// The running mean of every parameter's squared gradient; empty before the first update.
    pub fn cache(&self) -> &[T] {
        &self.cache
    }
}

impl<T: Scalar> Optimizer<T> for RmsProp<T> {
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error> {
        let (epsilon, shares) = (T::from_f64(self.epsilon), shares(self.decay));
        let numbers = (parameters, &mut self.cache);
        one_pass(self.rate, numbers, gradients, 4, |parameters, cache, gradients, rate| {
            T::rms_prop(parameters, cache, gradients, (rate, epsilon), shares);
        })
    }

    fn learning_rate(&self) -> f64 {
        self.rate.get()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), Error> {
        self.rate.set(learning_rate)
    }

    fn rule(&self) -> UpdateRule {
        UpdateRule::RmsProp
    }

    fn kept(&self) -> Kept<'_, T> {
        Kept::new(&[("cache", &self.cache)], 0)
    }

    fn restore(&mut self, tensors: &[(String, Vec<T>)], _updates: u64) -> Result<(), Error> {
        [self.cache] = taken(self.name(), ["cache"], tensors)?;
        Ok(())
    }
}
