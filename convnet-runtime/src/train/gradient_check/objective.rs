//! A loss as a function of one number that is moved.

use ndarray::{Array4, ArrayView4};
use num_traits::Float;

use super::Smoothness;
use super::choice::IMAGES;
use crate::error::Error;
use crate::kinks::Kinks;
use crate::losses::Loss;
use crate::network::{Network, Statistics, Step};
use crate::observer::Unobserved;
use crate::scalar::Scalar;
use crate::workspace::TrainingWorkspace;

/// The number that is moved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Coordinate {
    Parameter(usize),
    Pixel(usize),
}

/// A loss, somewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    /// Where the number came to lie, rounded as its scalar is.
    pub(super) position: f64,
    pub(super) loss: f64,
    pub(super) kinks: Kinks,
}

/// What is differentiated.
pub(super) trait Objective {
    /// The loss where everything is at its place.
    fn value(&self) -> f64;

    /// The kinks there, as far as this number decides them.
    fn kinks(&self, at: Coordinate) -> Kinks;

    /// Whether there are any.
    fn smoothness(&self) -> Smoothness;

    /// How far two neighbouring gradients of about 1 are apart.
    fn epsilon(&self) -> f64;

    /// What one rounding makes of the loss, as far as it is computed anew when this number is moved.
    fn rounding(&self, at: Coordinate) -> f64;

    /// The loss, up to what this number has no part in, with the number moved by this much, which is then put back.
    fn moved(&mut self, at: Coordinate, by: f64) -> Result<Value, Error>;
}

/// A tensor whose gradient is checked.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) gradient: Vec<f64>,
    /// Its first number.
    pub(super) first: Coordinate,
}

impl Subject {
    pub(super) fn coordinate(&self, position: usize) -> Coordinate {
        match self.first {
            Coordinate::Parameter(first) => Coordinate::Parameter(first + position),
            Coordinate::Pixel(first) => Coordinate::Pixel(first + position),
        }
    }

    /// These positions, after that of the first gradient that is not finite, if there is one.
    pub(super) fn with_what_is_not_finite(&self, positions: Vec<usize>) -> impl Iterator<Item = usize> {
        let found = self.gradient.iter().position(|gradient| !gradient.is_finite());
        found.into_iter().chain(positions.into_iter().filter(move |&position| Some(position) != found))
    }
}

/// The data loss of a network on a batch.
pub(super) struct OfNetwork<'a, 't, N: Network, L: Loss<N::Scalar>> {
    network: &'a mut N,
    images: Array4<N::Scalar>,
    targets: L::Targets<'t>,
    loss: &'a L,
    workspace: TrainingWorkspace<N::Scalar>,
    step: Step,
    value: (f64, Kinks),
}

impl<'a, 't, N: Network, L: Loss<N::Scalar>> OfNetwork<'a, 't, N, L> {
    /// The loss, and every tensor with its gradient, the images last.
    pub(super) fn new(
        network: &'a mut N,
        images: ArrayView4<'_, N::Scalar>,
        targets: L::Targets<'t>,
        loss: &'a L,
        seed: u64,
    ) -> Result<(Self, Vec<Subject>), Error> {
        let images = images.as_standard_layout().into_owned();
        let mut workspace = TrainingWorkspace::new(N::ARCHITECTURE, images.dim().0.max(1))?;
        workspace.record_kinks(true);
        let step = Step { seed, statistics: Statistics::Frozen, ..Step::default() };
        let mut objective =
            Self { network, images, targets, loss, workspace, step, value: (0.0, Kinks::NONE) };
        objective.value = objective.evaluate()?;
        let subjects = objective.subjects()?;
        Ok((objective, subjects))
    }

    fn evaluate(&mut self) -> Result<(f64, Kinks), Error> {
        let Self { network, images, targets, loss, workspace, step, .. } = self;
        let value = network.gradients(images.view(), *targets, *loss, workspace, *step, &mut Unobserved)?;
        Ok((value.mean.as_f64(), workspace.kinks().expect("they are recorded")))
    }

    fn subjects(&mut self) -> Result<Vec<Subject>, Error> {
        let exact = |numbers: &[N::Scalar]| numbers.iter().map(|number| number.as_f64()).collect();
        let of_parameters = self.workspace.gradients().iter().map(|(tensor, gradient)| Subject {
            name: tensor.to_string(),
            shape: tensor.shape().to_vec(),
            gradient: exact(gradient),
            first: Coordinate::Parameter(tensor.offset),
        });
        let mut subjects: Vec<_> = of_parameters.collect();
        let gradient = self.network.input_gradient(&mut self.workspace)?;
        subjects.push(Subject {
            name: IMAGES.to_owned(),
            shape: gradient.shape().to_vec(),
            gradient: exact(gradient.as_slice().expect("a workspace is in standard layout")),
            first: Coordinate::Pixel(0),
        });
        Ok(subjects)
    }

    fn number(&mut self, at: Coordinate) -> &mut N::Scalar {
        match at {
            Coordinate::Parameter(i) => &mut self.network.parameters_mut().as_mut_slice()[i],
            Coordinate::Pixel(i) => &mut self.images.as_slice_mut().expect("standard layout")[i],
        }
    }
}

impl<N: Network, L: Loss<N::Scalar>> Objective for OfNetwork<'_, '_, N, L> {
    fn value(&self) -> f64 {
        self.value.0
    }

    fn kinks(&self, _: Coordinate) -> Kinks {
        self.value.1
    }

    fn smoothness(&self) -> Smoothness {
        if self.value.1 == Kinks::NONE { Smoothness::Smooth } else { Smoothness::Kinked }
    }

    fn epsilon(&self) -> f64 {
        N::Scalar::epsilon().as_f64()
    }

    fn rounding(&self, _: Coordinate) -> f64 {
        self.epsilon() * self.value().abs()
    }

    fn moved(&mut self, at: Coordinate, by: f64) -> Result<Value, Error> {
        let original = *self.number(at);
        let moved = original + N::Scalar::from_f64(by);
        *self.number(at) = moved;
        let value = self.evaluate();
        *self.number(at) = original;
        let (loss, kinks) = value?;
        Ok(Value { position: moved.as_f64(), loss, kinks })
    }
}
