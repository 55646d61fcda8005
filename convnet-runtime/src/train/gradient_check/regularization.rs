//! The gradient of a regularisation, checked apart from that of the data.

use super::objective::{Coordinate, Objective, Subject, Value};
use super::{GradientCheck, GradientChecker, Smoothness};
use crate::error::Error;
use crate::kinks::Kinks;
use crate::network::Network;
use crate::parameters::Parameters;
use crate::regularization::{Regularization, Regularizer};
use crate::scalar::Scalar;

/// The regularisation loss of parameters.
struct OfPenalty<T> {
    parameters: Parameters<T>,
    regularizer: Regularizer,
    loss: f64,
}

impl<T: Scalar> Objective for OfPenalty<T> {
    fn value(&self) -> f64 {
        self.loss
    }

    /// The side of `|w|` that a number is on, where that is part of the loss.
    fn kinks(&self, at: Coordinate) -> Kinks {
        let (number, mut kinks) = (number(at), Kinks::NONE);
        if self.regularizer.has_kink_at(number) {
            kinks.signs(&[self.parameters.as_slice()[number]]);
        }
        kinks
    }

    fn smoothness(&self) -> Smoothness {
        if self.regularizer.has_kinks() { Smoothness::Kinked } else { Smoothness::Smooth }
    }

    fn epsilon(&self) -> f64 {
        T::epsilon().as_f64()
    }

    fn rounding(&self, at: Coordinate) -> f64 {
        // It is summed in f64, whatever the weights are in.
        f64::EPSILON * self.regularizer.loss_near(&self.parameters, number(at)).abs()
    }

    fn moved(&mut self, at: Coordinate, by: f64) -> Result<Value, Error> {
        let number = number(at);
        let original = self.parameters.as_slice()[number];
        self.parameters.as_mut_slice()[number] = original + T::from_f64(by);
        let position = self.parameters.as_slice()[number].as_f64();
        let (loss, kinks) = (self.regularizer.loss_near(&self.parameters, number), self.kinks(at));
        self.parameters.as_mut_slice()[number] = original;
        Ok(Value { position, loss, kinks })
    }
}

/// Its place among the parameters.
fn number(at: Coordinate) -> usize {
    let (Coordinate::Parameter(number) | Coordinate::Pixel(number)) = at;
    number
}

impl GradientChecker {
    /// Checks the gradient of a regularisation at a network's parameters, without any data.
    ///
    /// A weight so near to 0 that a step h passes it is a crossing, under L1: `|w|` has a kink there. The warm-up, which
    /// needs images, is left out.
    ///
    /// # Errors
    /// Those of [`Regularization::of`], and for options and names those of [`check`](Self::check).
    pub fn check_regularization<N: Network>(
        &self,
        network: &N,
        regularization: &Regularization,
    ) -> Result<GradientCheck, Error> {
        self.validate(N::ARCHITECTURE)?;
        let mut regularizer = regularization.of(N::ARCHITECTURE)?;
        let parameters = network.parameters().clone();
        let mut gradients = Parameters::zeros(N::ARCHITECTURE);
        let loss = regularizer.add_gradient(&parameters, &mut gradients)?;
        let subjects = gradients.iter().map(|(tensor, gradient)| Subject {
            name: tensor.to_string(),
            shape: tensor.shape().to_vec(),
            gradient: gradient.iter().map(|number| number.as_f64()).collect(),
            first: Coordinate::Parameter(tensor.offset),
        });
        let subjects: Vec<_> = subjects.collect();
        self.compare(&mut OfPenalty { parameters, regularizer, loss }, &subjects)
    }
}
