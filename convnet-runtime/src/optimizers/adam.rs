//! Adam: gradient descent by running means of gradients and of their squares, in the notes' form.

use std::ops::Range;

use convnet_geometry::{Role, Tensor, UpdateRule};

use super::{Kept, Optimizer, PIECE, Rate, check_count, check_epsilon, check_share, or_zeros, shares, taken};
use crate::error::Error;
use crate::parallel::{self, Work};
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// `m = beta1 * m + (1 - beta1) * dx; v = beta2 * v + (1 - beta2) * dx^2; x -= learning_rate * m / (sqrt(v) + epsilon)`, with
/// `m` and `v` divided by `1 - beta1^t` and `1 - beta2^t` in the t-th update: the notes' chapter on parameter updates, after
/// Kingma and Ba 2014.
#[derive(Clone, Debug)]
pub struct Adam<T = f32> {
    rate: Rate,
    betas: [f64; 2],
    epsilon: f64,
    /// Whether the means are divided by what they have seen so far.
    corrects: bool,
    moments: Moments<T>,
}

/// The names of what Adam keeps.
const FIRST: &str = "first moment";
const SECOND: &str = "second moment";

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

impl<T: Scalar> Moments<T> {
    /// What was kept, by the names that Adam gives it.
    pub(super) fn taken(
        rule: &'static str,
        tensors: &[(String, Vec<T>)],
        updates: u64,
    ) -> Result<Self, Error> {
        let [first, second] = taken(rule, [FIRST, SECOND], tensors)?;
        Ok(Self { first, second, updates })
    }
}

impl<T: Scalar> Adam<T> {
    /// With this learning rate, the paper's and the notes' betas of 0.9 and 0.999, and an epsilon of 1e-8.
    ///
    /// # Errors
    /// [`Error::Option`] if the rate is negative or not finite.
    pub fn new(learning_rate: f64) -> Result<Self, Error> {
        let rate = Rate::new(learning_rate)?;
        let moments = Moments { first: Vec::new(), second: Vec::new(), updates: 0 };
        Ok(Self { rate, betas: [0.9, 0.999], epsilon: 1e-8, corrects: true, moments })
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

    /// Goes on from these moments.
    pub(super) fn set_moments(&mut self, moments: Moments<T>) {
        self.moments = moments;
    }

    /// What the means are divided by in update `t`, from 1.
    fn corrections(&self, t: u64) -> [f64; 2] {
        self.betas.map(|beta| if self.corrects { 1.0 - beta.powf(t as f64) } else { 1.0 })
    }

    /// One update, which begins with what weight decay leaves of a tensor, by the part that it plays: all of it is 1.
    pub(super) fn descend(
        &mut self,
        parameters: &mut Parameters<T>,
        gradients: &Parameters<T>,
        remaining: impl Fn(Role) -> T + Sync,
    ) -> Result<(), Error> {
        check_count(parameters.len(), gradients.len())?;
        check_count(self.moments.first.len(), self.moments.second.len())?;
        let rate = self.rate.scalar::<T>()?;
        or_zeros(&mut self.moments.first, parameters.len())?;
        or_zeros(&mut self.moments.second, parameters.len())?;
        let corrections = self.corrections(self.moments.updates + 1).map(T::from_f64);
        let (epsilon, shares) = (T::from_f64(self.epsilon), self.betas.map(shares));
        let Moments { first, second, updates } = &mut self.moments;
        *updates += 1;
        let (gradients, work) = (gradients.as_slice(), Work::of(gradients.len(), 8));
        let moments = [&mut first[..], &mut second[..]];
        let (tensors, parameters) = parameters.parts_mut();
        parallel::chunk_triples(parameters, moments, PIECE, work, |index, parameters, moments| {
            let begin = index * PIECE;
            let [first, second] = moments;
            for (role, part) in parts(tensors, begin..begin + parameters.len()) {
                let moments = [&mut first[part.clone()], &mut second[part.clone()]];
                let constants = (rate, epsilon, remaining(role));
                let gradients = &gradients[begin + part.start..];
                T::adam(&mut parameters[part], moments, gradients, constants, (shares, corrections));
            }
        });
        Ok(())
    }
}

/// The parts of a piece that belong to one tensor each, counted from its beginning, with what that is.
fn parts(tensors: &[Tensor<'static>], piece: Range<usize>) -> impl Iterator<Item = (Role, Range<usize>)> {
    let Range { start, end } = piece;
    let first = tensors.partition_point(|tensor| tensor.range().end <= start);
    let inside = tensors[first..].iter().take_while(move |tensor| tensor.offset < end);
    inside.map(move |tensor| {
        let of_tensor = tensor.range();
        (tensor.role, of_tensor.start.max(start) - start..of_tensor.end.min(end) - start)
    })
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    fn update(&mut self, parameters: &mut Parameters<T>, gradients: &Parameters<T>) -> Result<(), Error> {
        self.descend(parameters, gradients, |_| T::one())
    }

    fn learning_rate(&self) -> f64 {
        self.rate.get()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), Error> {
        self.rate.set(learning_rate)
    }

    fn rule(&self) -> UpdateRule {
        UpdateRule::Adam
    }

    fn kept(&self) -> Kept<'_, T> {
        let Moments { first, second, updates } = &self.moments;
        Kept::new(&[(FIRST, first), (SECOND, second)], *updates)
    }

    fn restore(&mut self, tensors: &[(String, Vec<T>)], updates: u64) -> Result<(), Error> {
        self.moments = Moments::taken(self.name(), tensors, updates)?;
        Ok(())
    }
}
