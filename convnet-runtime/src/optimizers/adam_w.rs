//! Adam with weight decay that its means do not see.

use convnet_geometry::{Role, UpdateRule};

use super::{Adam, Kept, Moments, Optimizer, check_size};
use crate::error::Error;
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// `x -= learning_rate * weight_decay * x`, and then a step of [`Adam`]: Loshchilov and Hutter 2019, in PyTorch's form.
///
/// An L2 penalty's gradient is divided, in Adam, by the size of the gradients, so that weights with large gradients are
/// hardly kept small. Here every weight decays by the same share, and a penalty is not needed.
///
/// It acts on weights: not on biases, scales, shifts, slopes or parameters of a layer of one's own, unless
/// [`also_on`](Self::also_on) says so.
#[derive(Clone, Debug)]
pub struct AdamW<T = f32> {
    adam: Adam<T>,
    weight_decay: f64,
    also: Vec<Role>,
}

impl<T: Scalar> AdamW<T> {
    /// With this learning rate, and this weight decay: 0.01, typically. Everything else as [`Adam`] has it.
    ///
    /// # Errors
    /// [`Error::Option`] if one of them is negative or not finite.
    pub fn new(learning_rate: f64, weight_decay: f64) -> Result<Self, Error> {
        let weight_decay = check_size("weight_decay", weight_decay)?;
        Ok(Self { adam: Adam::new(learning_rate)?, weight_decay, also: Vec::new() })
    }

    /// The same with other shares of the two means kept at each update.
    ///
    /// # Errors
    /// [`Error::Option`] if one of them is not from 0 up to, but not including, 1.
    pub fn betas(self, beta1: f64, beta2: f64) -> Result<Self, Error> {
        Ok(Self { adam: self.adam.betas(beta1, beta2)?, ..self })
    }

    /// The same with another epsilon, which keeps the quotient finite.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not finite and above 0.
    pub fn epsilon(self, epsilon: f64) -> Result<Self, Error> {
        Ok(Self { adam: self.adam.epsilon(epsilon)?, ..self })
    }

    /// The same, in which tensors that play this part decay too: `Role::Bias`, say.
    ///
    /// # Errors
    /// [`Error::UnlearnedRole`] if it is the part of a tensor that is not learned, such as a running mean.
    pub fn also_on(mut self, role: Role) -> Result<Self, Error> {
        if matches!(role, Role::Mean | Role::Variance | Role::OwnState) {
            return Err(Error::UnlearnedRole { role });
        }
        self.also.push(role);
        Ok(self)
    }

    /// The share of itself that a weight loses at each update, before it is multiplied by the learning rate.
    pub fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    /// What it keeps.
    pub fn moments(&self) -> &Moments<T> {
        self.adam.moments()
    }
}

impl<T: Scalar> Optimizer<T> for AdamW<T> {
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error> {
        let Self { adam, weight_decay, also } = self;
        // Taken in f64, in which something is left of it.
        let remaining = T::from_f64(1.0 - adam.learning_rate() * *weight_decay);
        adam.descend(parameters, gradients, |role| {
            if role == Role::Weights || also.contains(&role) { remaining } else { T::one() }
        })
    }

    fn learning_rate(&self) -> f64 {
        self.adam.learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), Error> {
        self.adam.set_learning_rate(learning_rate)
    }

    fn rule(&self) -> UpdateRule {
        UpdateRule::AdamW
    }

    fn kept(&self) -> Kept<'_, T> {
        self.adam.kept()
    }

    fn restore(&mut self, tensors: &[(String, Vec<T>)], updates: u64) -> Result<(), Error> {
        let moments = Moments::taken(self.name(), tensors, updates)?;
        self.adam.set_moments(moments);
        Ok(())
    }
}
