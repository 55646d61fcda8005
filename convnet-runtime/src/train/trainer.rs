//! The loop: batches, gradients, updates.

use ndarray::ArrayView4;

use super::{LabelLoss, count_right};
use crate::data::{Batches, Dataset, Scaling};
use crate::error::Error;
use crate::network::{Network, Statistics, Step};
use crate::observer::{FirstNonFinite, Observer, Unobserved};
use crate::optimizers::Optimizer;
use crate::parallel;
use crate::parameters::Parameters;
use crate::regularization::{Regularization, Regularizer};
use crate::scalar::Scalar;
use crate::workspace::TrainingWorkspace;

/// Trains a network on labelled images, an epoch at a time.
///
/// The same seed gives the same parameters, bit for bit, whatever the number of threads.
#[derive(Debug)]
pub struct Trainer<N: Network, O> {
    network: N,
    loss: N::Loss,
    optimizer: O,
    regularizer: Option<Regularizer>,
    /// The regularisation loss of the last step.
    penalty: f64,
    workspace: TrainingWorkspace<N::Scalar>,
    /// The network's state before the step, to go back to when it fails.
    state: Vec<N::Scalar>,
    seed: u64,
    epoch: u64,
    step: u64,
}

/// How far an epoch has come, after each of its steps.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// The step within the epoch, counted from 1.
    pub step: usize,
    /// How many steps the epoch has.
    pub steps: usize,
    /// Images seen in this epoch.
    pub images: usize,
    /// The mean data loss of the epoch so far.
    pub loss: f64,
    /// The mean regularisation loss of the epoch so far; 0 without regularisation.
    pub regularization: f64,
    /// The share of images classified rightly in the epoch so far, each before the update that it led to.
    pub accuracy: f64,
}

/// What an epoch came to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EpochSummary {
    /// The epoch, counted from 1.
    pub epoch: u64,
    /// The mean data loss of its images, each before the update that it led to.
    pub loss: f64,
    /// The mean regularisation loss, before each update, an image counting as one; 0 without regularisation. What is
    /// descended is the sum of both losses.
    pub regularization: f64,
    /// The share of images classified rightly, each before the update that it led to.
    pub accuracy: f64,
}

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// A trainer of this network, for batches of up to `batch` images; `seed` decides the order of the images.
    ///
    /// # Errors
    /// Those of [`TrainingWorkspace::new`].
    pub fn new(network: N, optimizer: O, batch: usize, seed: u64) -> Result<Self, Error> {
        let workspace = TrainingWorkspace::new(N::ARCHITECTURE, batch)?;
        let (loss, state) = (network.loss().clone(), network.state().as_slice().to_vec());
        let (regularizer, penalty) = (None, 0.0);
        Ok(Self { network, loss, optimizer, regularizer, penalty, workspace, state, seed, epoch: 0, step: 0 })
    }

    /// Regularises every step from now on: the gradient is added before the update, the max norm kept after it.
    ///
    /// ```
    /// # use convnet_runtime::{Error, Network, losses::Softmax, optimizers::Sgd, train::Trainer};
    /// use convnet_runtime::regularization::{Penalty, Regularization};
    ///
    /// # fn f<N: Network<Scalar = f32, Loss = Softmax>>(trainer: Trainer<N, Sgd>) -> Result<(), Error> {
    /// let regularization = Regularization::new(Penalty::l2(5e-4)?).layer("fc3", Penalty::NONE);
    /// let trainer = trainer.with_regularization(regularization)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`Regularization::of`].
    pub fn with_regularization(self, regularization: impl Into<Regularization>) -> Result<Self, Error> {
        let regularizer = regularization.into().of(N::ARCHITECTURE)?;
        Ok(Self { regularizer: Some(regularizer), ..self })
    }

    /// With Gaussian noise of this standard deviation on every image that it trains on, a regulariser, in the units of the
    /// scaled images.
    ///
    /// # Errors
    /// [`Error::Option`] if it is negative or not finite.
    pub fn with_input_noise(mut self, deviation: f64) -> Result<Self, Error> {
        self.workspace.set_input_noise(deviation)?;
        Ok(self)
    }

    /// Trains on every image once, in an order that depends on the seed and the epoch; calls `progress` after each step.
    ///
    /// # Errors
    /// [`Error::Classes`], [`Error::ImageShape`] and others before the first step; [`Error::Diverged`] or
    /// [`Error::NonFinite`] at a step whose loss, state or gradients are not finite, which changes nothing;
    /// [`Error::BrokenUpdate`] at one whose update breaks the parameters; those of [`Dataset::read`] at one whose images cannot
    /// be read.
    pub fn epoch(
        &mut self,
        data: &dyn Dataset,
        scaling: &Scaling,
        mut progress: impl FnMut(Progress),
    ) -> Result<EpochSummary, Error> {
        super::evaluate::check_classes::<N>(self.network.loss(), data)?;
        let mut batches = Batches::new(data, *scaling, self.workspace.capacity())?;
        batches.shuffle(self.seed, self.epoch);
        let steps = batches.per_epoch();
        let mut sums = Sums::default();
        for step in 1..=steps {
            let Some((images, labels)) = batches.next()? else { break };
            let loss = self.step(images, labels)?;
            let right = count_right(self.network.loss(), self.workspace.scores(), labels);
            sums.add(labels.len(), loss, self.penalty, right);
            let [loss, regularization, accuracy] = sums.means();
            progress(Progress { step, steps, images: sums.images, loss, regularization, accuracy });
        }
        self.epoch += 1;
        let [loss, regularization, accuracy] = sums.means();
        Ok(EpochSummary { epoch: self.epoch, loss, regularization, accuracy })
    }

    /// Trains on one batch, `[N, H, W, D]` with as many labels; returns its data loss before the update.
    /// [`regularization_loss`](Self::regularization_loss) is the other part of the loss.
    ///
    /// # Errors
    /// Those of [`Network::gradients`]; [`Error::Diverged`] or [`Error::NonFinite`] if the loss, the state after it or a
    /// gradient is not finite, and then no parameter changes; [`Error::BrokenUpdate`] if the update makes one that is
    /// not. A step that fails leaves the state, such as running statistics, as it was.
    pub fn step(&mut self, images: ArrayView4<'_, N::Scalar>, labels: &[usize]) -> Result<f64, Error> {
        self.state.copy_from_slice(self.network.state().as_slice());
        let value = self.descend(images, labels).inspect_err(|_| restore(&mut self.network, &self.state))?;
        self.step += 1;
        Ok(value)
    }

    /// A step that leaves the state moved if it fails.
    fn descend(&mut self, images: ArrayView4<'_, N::Scalar>, labels: &[usize]) -> Result<f64, Error> {
        let step = Step { seed: self.seed, number: self.step, ..Step::default() };
        let value = self.gradients(images, labels, step, &mut Unobserved)?;
        if !value.is_finite() {
            return Err(self.diagnose(images, labels, step, value));
        }
        let penalty = self.regularize()?;
        if let Some((tensor, value)) = last_non_finite(self.network.state()) {
            return Err(Error::NonFinite { step: self.step, what: format!("`{tensor}`"), value });
        }
        if let Some((tensor, value)) = last_non_finite(self.workspace.gradients()) {
            let what = format!("the gradient of `{tensor}`");
            return Err(Error::NonFinite { step: self.step, what, value });
        }
        self.optimizer.update(self.network.parameters_mut(), self.workspace.gradients())?;
        if let Some(regularizer) = &self.regularizer {
            regularizer.project(self.network.parameters_mut())?;
        }
        if let Some((tensor, value)) = last_non_finite(self.network.parameters()) {
            return Err(Error::BrokenUpdate { step: self.step, tensor, value });
        }
        self.penalty = penalty;
        Ok(value)
    }

    /// Adds the gradient of the regularisation; its loss.
    fn regularize(&mut self) -> Result<f64, Error> {
        let Some(regularizer) = &mut self.regularizer else { return Ok(0.0) };
        let value = self.workspace.regularize(self.network.parameters(), regularizer)?;
        if value.is_finite() {
            return Ok(value);
        }
        Err(Error::NonFinite { step: self.step, what: "the regularisation loss".to_owned(), value })
    }

    /// The regularisation loss of the last step, before its update; 0 without regularisation.
    pub fn regularization_loss(&self) -> f64 {
        self.penalty
    }

    /// The network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// The network, to keep.
    pub fn into_network(self) -> N {
        self.network
    }

    /// The optimizer, to change its learning rate.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }

    fn gradients(
        &mut self,
        images: ArrayView4<'_, N::Scalar>,
        labels: &[usize],
        step: Step,
        observer: &mut dyn Observer<N::Scalar>,
    ) -> Result<f64, Error> {
        let Self { network, loss, workspace, .. } = self;
        Ok(network.gradients(images, labels, loss, workspace, step, observer)?.mean.as_f64())
    }

    /// Repeats a step whose loss is not finite from the state that it began with, looking at every volume.
    fn diagnose(
        &mut self,
        images: ArrayView4<'_, N::Scalar>,
        labels: &[usize],
        step: Step,
        loss: f64,
    ) -> Error {
        restore(&mut self.network, &self.state);
        let (mut observer, frozen) =
            (FirstNonFinite::default(), Step { statistics: Statistics::Frozen, ..step });
        let repeated = self.gradients(images, labels, frozen, &mut observer);
        match (repeated, observer.found()) {
            (Err(error), _) => error,
            (Ok(_), Some((layer, value))) => Error::Diverged { step: step.number, layer, value },
            (Ok(_), None) => Error::NonFinite { step: step.number, what: "the loss".to_owned(), value: loss },
        }
    }
}

/// What the images of an epoch add up to.
#[derive(Clone, Copy, Default)]
struct Sums {
    images: usize,
    loss: f64,
    regularization: f64,
    right: usize,
}

impl Sums {
    fn add(&mut self, images: usize, loss: f64, regularization: f64, right: usize) {
        self.images += images;
        self.loss += loss * images as f64;
        self.regularization += regularization * images as f64;
        self.right += right;
    }

    /// The data loss, the regularisation loss and the share of images classified rightly.
    fn means(&self) -> [f64; 3] {
        [self.loss, self.regularization, self.right as f64].map(|sum| sum / self.images as f64)
    }
}

/// Gives a network the state that it had.
fn restore<N: Network>(network: &mut N, state: &[N::Scalar]) {
    network.state_mut().as_mut_slice().copy_from_slice(state);
}

/// Numbers that are looked over in one piece.
const PIECE: usize = 1 << 16;

/// The last tensor with a number that is not finite: gradients flow backward, so that it is the first to show one.
fn last_non_finite<T: Scalar>(numbers: &Parameters<T>) -> Option<(String, f64)> {
    if parallel::all(numbers.as_slice(), PIECE, T::all_finite) {
        return None;
    }
    let bad = |numbers: &[T]| numbers.iter().find(|number| !number.is_finite()).map(|number| number.as_f64());
    numbers.iter().filter_map(|(tensor, numbers)| Some((tensor.to_string(), bad(numbers)?))).last()
}
