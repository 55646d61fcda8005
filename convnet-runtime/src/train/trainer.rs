//! What trains a network, and what it does at every step.

use super::LabelLoss;
use super::average::Average;
use super::clip::Clipping;
use super::epoch::Sums;
use super::frozen::Frozen;
use crate::error::Error;
use crate::network::Network;
use crate::optimizers::Optimizer;
use crate::regularization::{Regularization, Regularizer};
use crate::schedules::{MomentumSchedule, Schedule, Scheduler};
use crate::workspace::TrainingWorkspace;

/// Trains a network on labelled images: by whole trainings ([`fit`](Self::fit)), by epochs ([`epoch`](Self::epoch)) or step
/// by step ([`step`](Self::step)).
///
/// The same seed gives the same parameters, bit for bit, whatever the number of threads.
#[derive(Debug)]
pub struct Trainer<N: Network, O> {
    pub(super) network: N,
    pub(super) loss: N::Loss,
    pub(super) optimizer: O,
    pub(super) regularizer: Option<Regularizer>,
    pub(super) clipping: Option<Clipping>,
    pub(super) frozen: Option<Frozen<N::Scalar>>,
    pub(super) average: Option<Average<N::Scalar>>,
    pub(super) scheduler: Option<Scheduler>,
    pub(super) momentum: Option<MomentumSchedule>,
    /// Batches whose gradients make one update.
    pub(super) accumulated: usize,
    pub(super) workspace: TrainingWorkspace<N::Scalar>,
    /// The network's state before the step, to go back to when it fails.
    pub(super) state: Vec<N::Scalar>,
    pub(super) seed: u64,
    /// How far it has come.
    pub(super) at: Position,
    /// What the images of the running epoch add up to.
    pub(super) sums: Sums,
    /// How many images the running epoch has; none before its first step.
    pub(super) of_epoch: Option<usize>,
    /// The regularisation loss of the last update.
    pub(super) penalty: f64,
}

/// How far a training has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    /// Epochs that are over.
    pub epoch: u64,
    /// Images of the running epoch that were seen.
    pub images: usize,
    /// Steps, that is batches, of all epochs.
    pub step: u64,
    /// Batches whose gradients wait for their update.
    pub pending: usize,
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
        Ok(Self {
            loss: network.loss().clone(),
            state: network.state().as_slice().to_vec(),
            network,
            optimizer,
            regularizer: None,
            clipping: None,
            frozen: None,
            average: None,
            scheduler: None,
            momentum: None,
            accumulated: 1,
            workspace,
            seed,
            at: Position::default(),
            sums: Sums::default(),
            of_epoch: None,
            penalty: 0.0,
        })
    }

    /// Regularises every update from now on: the gradient is added before the update, the max norm kept after it.
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

    /// With learning rates by a schedule, whose base is the optimizer's rate as it is now.
    ///
    /// # Errors
    /// Those of [`Scheduler::new`].
    pub fn with_schedule(self, schedule: Schedule) -> Result<Self, Error> {
        let scheduler = Scheduler::new(schedule, self.optimizer.learning_rate())?;
        Ok(Self { scheduler: Some(scheduler), ..self })
    }

    /// With a momentum that changes over the epochs, as the notes raise it from 0.5 to 0.99.
    ///
    /// # Errors
    /// [`Error::NoMomentum`] if the update rule has none.
    pub fn with_momentum(mut self, schedule: MomentumSchedule) -> Result<Self, Error> {
        self.optimizer.set_momentum(schedule.momentum(0.0))?;
        Ok(Self { momentum: Some(schedule), ..self })
    }

    /// With gradients clipped before each update, after the regularisation's were added.
    pub fn with_clipping(self, clipping: Clipping) -> Self {
        Self { clipping: Some(clipping), ..self }
    }

    /// With updates by the mean gradient of so many batches: as one batch as many times as large, in the memory of one. (Not
    /// for batch normalization, whose statistics stay those of each batch; and a last batch that is smaller counts as much as
    /// the others.) What is left at the end of an epoch makes an update of its own.
    ///
    /// # Errors
    /// [`Error::Option`] for 0.
    pub fn with_accumulation(self, batches: usize) -> Result<Self, Error> {
        if batches == 0 {
            let expected = "at least 1 batch makes an update";
            return Err(Error::Option { option: "batches of an update", value: 0.0, expected });
        }
        Ok(Self { accumulated: batches, ..self })
    }

    /// With layers that stay as they are: `conv1` is all of a layer, `conv1.bias` one of its tensors, `plain2` every layer in a
    /// block or branch. Running statistics of frozen layers stay too, though their batch normalization goes on taking each
    /// batch's own.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for a name that nothing has.
    pub fn with_frozen(self, names: &[&str]) -> Result<Self, Error> {
        let frozen = Frozen::new(&self.network, names)?;
        Ok(Self { frozen: Some(frozen), ..self })
    }

    /// With a running average of the parameters, of which this share is kept at each update: 0.999, typically. Validation and
    /// [`averaged`](Self::into_averaged) use it; the training goes on from the parameters themselves.
    ///
    /// # Errors
    /// [`Error::Option`] if the share is not from 0 up to, but not including, 1.
    pub fn with_average(self, decay: f64) -> Result<Self, Error> {
        let average = Average::new(&self.network, decay)?;
        Ok(Self { average: Some(average), ..self })
    }
}

impl<N: Network, O> Trainer<N, O> {
    /// The regularisation loss of the last update, before it; 0 without regularisation.
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

    /// The network with the running average of its parameters, to keep; as it is without one.
    pub fn into_averaged(mut self) -> N {
        if let Some(average) = &mut self.average {
            average.swap(&mut self.network);
        }
        self.network
    }

    /// Calls `f` with the network as it is validated: with the running average of its parameters, if there is one.
    pub(super) fn with_averaged<R>(&mut self, f: impl FnOnce(&N) -> R) -> R {
        let Self { average, network, .. } = self;
        average.iter_mut().for_each(|average| average.swap(network));
        let result = f(network);
        average.iter_mut().for_each(|average| average.swap(network));
        result
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &O {
        &self.optimizer
    }

    /// The optimizer, to change its learning rate. A schedule sets it anew at each step.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }

    /// How far it has come.
    pub fn position(&self) -> Position {
        self.at
    }

    /// The most images of a batch.
    pub fn batch(&self) -> usize {
        self.workspace.capacity()
    }
}
