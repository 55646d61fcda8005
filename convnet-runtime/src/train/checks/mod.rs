//! The notes' sanity checks, before a training takes hours: "Before the learning: sanity checks tips/tricks".

mod gradients;
mod initial_loss;
mod overfit;
mod regularization;

use std::fmt;

use ndarray::{Array4, ArrayView4};

use super::{LabelLoss, Trainer};
use crate::data::{Batches, Dataset, Prepare, TrainingSet};
use crate::error::Error;
use crate::network::Network;
use crate::optimizers::Optimizer;

/// What sanity checks found, a line each.
#[derive(Clone, PartialEq, Debug)]
pub struct SanityChecks(Vec<SanityCheck>);

/// One of them.
#[derive(Clone, PartialEq, Debug)]
pub struct SanityCheck {
    /// What was looked at.
    pub what: &'static str,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// Whether that will do.
    pub passed: bool,
    /// What usually causes a difference.
    pub causes: &'static str,
}

impl SanityChecks {
    /// Whether all were passed.
    pub fn passed(&self) -> bool {
        self.0.iter().all(|check| check.passed)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &SanityCheck> {
        self.0.iter()
    }
}

impl fmt::Display for SanityChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, check)| {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{check}")
        })
    }
}

impl fmt::Display for SanityCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, expected, found, passed, causes } = self;
        let verdict = if *passed { "ok  " } else { "FAIL" };
        write!(f, "{verdict}  {what}: found {found}, expected {expected}")?;
        if !passed {
            write!(f, "\n      usual causes: {causes}")?;
        }
        Ok(())
    }
}

/// Images that are looked at, at most: so few that they can be learned by heart.
const IMAGES: usize = 20;

/// What checks look at: some preprocessed images and their labels.
struct Sample<T> {
    images: Array4<T>,
    labels: Vec<usize>,
}

impl<T> Sample<T> {
    fn batch(&self) -> (ArrayView4<'_, T>, &[usize]) {
        (self.images.view(), &self.labels)
    }
}

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// Checks what the notes advise to check first, on a few images of the training set: the initial loss, that
    /// regularisation raises it, that the gradients agree with differences of the loss, and that so few images can be learned
    /// by heart. The network, its optimizer and all counts are afterwards as they were.
    ///
    /// It is meant for a network that was not trained yet: the initial loss of another one is not that of chance.
    ///
    /// # Errors
    /// Those of reading images and of [`Network::gradients`]. A check that fails is no error.
    pub fn check<D: Dataset>(
        &mut self,
        training: &TrainingSet<D>,
        preprocessing: &impl Prepare,
    ) -> Result<SanityChecks, Error> {
        self.check_on(training.data(), preprocessing)
    }

    pub(super) fn check_on(
        &mut self,
        training: &dyn Dataset,
        preprocessing: &dyn Prepare,
    ) -> Result<SanityChecks, Error> {
        super::evaluate::check_classes::<N>(self.network.loss(), training)?;
        let mut batches = Batches::new(training, preprocessing, IMAGES.min(self.batch()))?;
        batches.shuffle(self.seed, 0);
        let Some((images, labels)) = batches.next()? else { return Err(Error::EmptyData) };
        let sample = Sample { images: images.to_owned(), labels: labels.to_vec() };
        let (parameters, state) =
            (self.network.parameters().as_slice().to_vec(), self.network.state().as_slice().to_vec());
        let waiting = (self.at.pending > 0).then(|| self.workspace.gradients().as_slice().to_vec());
        let checks = self.all_checks(&sample);
        if let Some(waiting) = waiting {
            self.workspace.gradients_mut().as_mut_slice().copy_from_slice(&waiting);
        }
        self.network.parameters_mut().as_mut_slice().copy_from_slice(&parameters);
        self.network.state_mut().as_mut_slice().copy_from_slice(&state);
        checks
    }

    fn all_checks(&mut self, sample: &Sample<N::Scalar>) -> Result<SanityChecks, Error> {
        Ok(SanityChecks(vec![
            self.check_initial_loss(sample)?,
            self.check_regularization()?,
            self.check_gradients(sample)?,
            self.check_overfitting(sample)?,
        ]))
    }
}
