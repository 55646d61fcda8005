//! Adam: gradient descent by running means of gradients and of their squares, in the notes' form.

use convnet_geometry::UpdateRule;

use super::{Optimizer, PIECE, check_count, check_epsilon, check_rate, check_share, or_zeros, rate, shares};
use crate::error::Error;
use crate::parallel::{self, Work};
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// `m = beta1 * m + (1 - beta1) * dx; v = beta2 * v + (1 - beta2) * dx^2; x -= learning_rate * m / (sqrt(v) + epsilon)`, with
/// `m` and `v` divided by `1 - beta1^t` and `1 - beta2^t` in the t-th update: the notes' chapter on parameter updates, after
/// Kingma and Ba 2014.
#[derive(Clone, Debug)]
pub struct Adam<T = f32> {
    learning_rate: f64,
    betas: [f64; 2],
    epsilon: f64,
    /// Whether the means are divided by what they have seen so far.
    corrects: bool,
    moments: Moments<T>,
}

/// What Adam keeps.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Moments<T> {
    /// The running mean of every parameter's gradient; empty before the first update.
    pub first: Vec<T>,
    /// The running mean of its square.
    pub second: Vec<T>,
    /// How many updates there were.
    pub updates: u64,
}

impl<T: Scalar> Adam<T> {
    /// With this learning rate, the paper's and the notes' betas of 0.9 and 0.999, and an epsilon of 1e-8.
    ///
    /// # Errors
    /// [`Error::Option`] if the rate is negative or not finite.
    pub fn new(learning_rate: f64) -> Result<Self, Error> {
        let learning_rate = check_rate(learning_rate)?;
        let moments = Moments { first: Vec::new(), second: Vec::new(), updates: 0 };
        Ok(Self { learning_rate, betas: [0.9, 0.999], epsilon: 1e-8, corrects: true, moments })
    }

    /// The same with other shares of the two means kept at each update.
    ///
    /// # Errors
    /// [`Error::Option`] if one of them is not from 0 up to, but not including, 1.
    pub fn betas(self, beta1: f64, beta2: f64) -> Result<Self, Error> {
        Ok(Self { betas: [check_share("beta1", beta1)?, check_share("beta2", beta2)?], ..self })
    }

    /// The same with another epsilon, which keeps the quotient finite.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not finite and above 0.
    pub fn epsilon(self, epsilon: f64) -> Result<Self, Error> {
        Ok(Self { epsilon: check_epsilon::<T>(epsilon)?, ..self })
    }

    /// The notes' simplified form: the means, which begin at 0, are taken as they are.
    pub fn without_correction(self) -> Self {
        Self { corrects: false, ..self }
    }

    /// The same that goes on from these moments, two numbers for each parameter: an update refuses others.
    pub fn with_moments(self, moments: Moments<T>) -> Self {
        Self { moments, ..self }
    }

    /// What it keeps.
    pub fn moments(&self) -> &Moments<T> {
        &self.moments
    }

    /// What the means are divided by in update `t`, from 1.
    fn corrections(&self, t: u64) -> [f64; 2] {
        self.betas.map(|beta| if self.corrects { 1.0 - beta.powf(t as f64) } else { 1.0 })
    }
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error> {
        check_count(parameters.len(), gradients.len())?;
        check_count(self.moments.first.len(), self.moments.second.len())?;
        let rate = rate::<T>(self.learning_rate)?;
        or_zeros(&mut self.moments.first, parameters.len())?;
        or_zeros(&mut self.moments.second, parameters.len())?;
        let corrections = self.corrections(self.moments.updates + 1).map(T::from_f64);
        let (epsilon, shares) = (T::from_f64(self.epsilon), self.betas.map(shares));
        let Moments { first, second, updates } = &mut self.moments;
        *updates += 1;
        let (gradients, work) = (gradients.as_slice(), Work::of(gradients.len(), 8));
        let moments = [&mut first[..], &mut second[..]];
        parallel::chunk_triples(
            parameters.as_mut_slice(),
            moments,
            PIECE,
            work,
            |index, parameters, moments| {
                let gradients = &gradients[index * PIECE..];
                T::adam(parameters, moments, gradients, (rate, epsilon), (shares, corrections));
            },
        );
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
        UpdateRule::Adam
    }
}
