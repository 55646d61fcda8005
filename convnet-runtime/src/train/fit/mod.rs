//! A whole training: epochs, validation, and what looks on.

mod callback;
mod checkpoints;
mod console;
mod early_stopping;
mod inside;
mod interrupt;
mod prefetch;
mod recorder;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use convnet_geometry::Architecture;

use crate::data::{Augmentation, Batches, Dataset, Prepare, Preprocessing, TrainingSet, ValidationSet};
use crate::error::Error;
use crate::monitor::{EpochRecord, Run, StepRecord, Stop};
use crate::network::Network;
use crate::optimizers::Optimizer;

use super::epoch::Progress;
use super::{LabelLoss, Position, Trainer, evaluate};
pub use callback::{Callback, Control};
pub use checkpoints::Checkpoints;
pub use console::OnConsole;
pub use early_stopping::EarlyStopping;
pub use interrupt::Interrupt;
use prefetch::Prefetched;
pub use recorder::Recorder;

/// How a training ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Why.
    pub stop: Stop,
    /// The record of the last epoch that is over; none if there was none.
    pub last: Option<EpochRecord>,
}

/// A training that is about to begin: [`Trainer::fit`] makes it, [`run`](Self::run) runs it.
#[must_use = "a training begins with `run`"]
pub struct Fit<'a, N: Network, O> {
    trainer: &'a mut Trainer<N, O>,
    training: &'a dyn Dataset,
    validation: Option<&'a dyn Dataset>,
    preprocessing: Preprocessing,
    augmentation: Option<Augmentation>,
    epochs: u64,
    callbacks: Vec<Box<dyn Callback<N, O> + 'a>>,
    interrupt: Option<Interrupt>,
    /// The parameters before the last step of an epoch, if that is to be looked into.
    before: Vec<N::Scalar>,
}

/// Epochs of a training that does not say how many.
const EPOCHS: u64 = 10;

/// The share of the smoothed loss that the next step leaves.
const SMOOTHING: f64 = 0.98;

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// A training on these images, for 10 epochs if it is told nothing else. A trainer that has trained before goes on where
    /// it was: so many epochs are counted from its first one.
    ///
    /// # Errors
    /// [`Error::PreprocessingShape`] if the preprocessing is for images of another shape.
    pub fn fit<'a, D: Dataset>(
        &'a mut self,
        training: &'a TrainingSet<D>,
        preprocessing: &impl Prepare,
    ) -> Result<Fit<'a, N, O>, Error> {
        Ok(Fit {
            trainer: self,
            training: training.data(),
            validation: None,
            preprocessing: preprocessing.for_images(training.shape())?,
            augmentation: None,
            epochs: EPOCHS,
            callbacks: Vec::new(),
            interrupt: None,
            before: Vec::new(),
        })
    }
}

impl<'a, N, O> Fit<'a, N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// So many epochs in all.
    pub fn epochs(self, epochs: u64) -> Self {
        Self { epochs, ..self }
    }

    /// Validates after each epoch: what schedules, early stopping and the best checkpoint go by.
    pub fn validation<D: Dataset>(self, validation: &'a ValidationSet<D>) -> Self {
        Self { validation: Some(validation.data()), ..self }
    }

    /// Changes the images that it trains on, anew in each epoch; those of the validation stay as they are.
    pub fn augmentation(self, augmentation: Augmentation) -> Self {
        Self { augmentation: Some(augmentation), ..self }
    }

    /// With another one that looks on; they are called in the order in which they were added. [`EarlyStopping`], which gives the
    /// network its best parameters in the end, comes before what looks at the network then.
    pub fn callback(mut self, callback: impl Callback<N, O> + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Ends the training after the step in which it is interrupted.
    pub fn interrupt(self, interrupt: Interrupt) -> Self {
        Self { interrupt: Some(interrupt), ..self }
    }

    /// Trains.
    ///
    /// # Errors
    /// Those of [`Trainer::epoch`], of reading images, of validation, and of what looks on.
    pub fn run(mut self) -> Result<Outcome, Error> {
        let outcome = self.all();
        if let Err(error) = &outcome {
            let Self { trainer, callbacks, .. } = &mut self;
            callbacks.iter_mut().for_each(|callback| callback.failed(trainer, error));
        }
        outcome
    }

    /// The training, which [`run`](Self::run) tells of errors.
    fn all(&mut self) -> Result<Outcome, Error> {
        self.trainer.check_length(self.training)?;
        let scheduler = self.trainer.scheduler.as_ref();
        if self.validation.is_none() && scheduler.is_some_and(|it| it.schedule().looks_at_errors()) {
            return Err(Error::NoValidation { what: "a schedule on a plateau" });
        }
        evaluate::check_classes::<N>(self.trainer.network.loss(), self.training)?;
        if let Some(validation) = self.validation {
            evaluate::check_classes::<N>(self.trainer.network.loss(), validation)?;
        }
        let run = self.description();
        for callback in &mut self.callbacks {
            callback.begin(self.trainer, &run)?;
        }
        let mut outcome = Outcome { stop: Stop::Finished, last: None };
        let mut smoothed = Smoothed::default();
        while outcome.stop == Stop::Finished && self.trainer.at.epoch < self.epochs {
            let start = Instant::now();
            let images = self.training.len() - self.trainer.at.images;
            if let Some(stop) = self.train(&mut smoothed)? {
                outcome.stop = stop;
                break;
            }
            let record = self.finish(start, images)?;
            for callback in &mut self.callbacks {
                if let Control::Stop(stop) = callback.epoch(self.trainer, &record)?
                    && outcome.stop == Stop::Finished
                {
                    outcome.stop = stop;
                }
            }
            outcome.last = Some(record);
        }
        for callback in &mut self.callbacks {
            callback.end(self.trainer, &outcome)?;
        }
        Ok(outcome)
    }

    /// What is about to be trained, for the record.
    fn description(&self) -> Run {
        let architecture = N::ARCHITECTURE;
        Run {
            network: architecture.name().to_owned(),
            notation: notation(architecture),
            parameters: architecture.parameters() as u64,
            optimizer: self.trainer.optimizer.name().to_owned(),
            schedule: self
                .trainer
                .scheduler
                .as_ref()
                .map_or_else(|| "constant".to_owned(), |it| it.schedule().to_string()),
            batch: self.trainer.batch(),
            seed: self.trainer.seed,
            images: self.training.len() as u64,
            epochs: Some(self.epochs),
            classes: self.training.classes(),
            class_names: self.training.class_names().to_vec(),
            start: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        }
    }

    /// Trains on what is left of the running epoch; why it ended in its middle, if it did.
    fn train(&mut self, smoothed: &mut Smoothed) -> Result<Option<Stop>, Error> {
        let trainer = &mut *self.trainer;
        let (of_epoch, epoch) = (self.training.len(), trainer.at.epoch);
        let mut batches = Batches::new(self.training, &self.preprocessing, trainer.batch())?;
        batches.shuffle(trainer.seed, epoch);
        batches.skip(trainer.at.images);
        if let Some(augmentation) = &self.augmentation {
            batches.augment(augmentation, trainer.seed, epoch)?;
        }
        let looks_inside = self.callbacks.iter().any(|callback| callback.looks_inside());
        let Self { callbacks, interrupt, before, .. } = self;
        std::thread::scope(|scope| {
            let mut batches = Prefetched::start(batches, scope)?;
            while let Some((images, labels)) = batches.next()? {
                if looks_inside && trainer.at.images + labels.len() == of_epoch {
                    before.clear();
                    before.extend_from_slice(trainer.network.parameters().as_slice());
                }
                let progress = trainer.next_step(images, labels, of_epoch)?;
                let record = smoothed.record(trainer.at, of_epoch, &progress, trainer.penalty);
                let mut stop = None;
                for callback in callbacks.iter_mut() {
                    if let Control::Stop(reason) = callback.step(trainer, &record)? {
                        stop = stop.or(Some(reason));
                    }
                }
                if stop.is_some() {
                    return Ok(stop);
                }
                if interrupt.as_ref().is_some_and(Interrupt::is_asked_for) {
                    return Ok(Some(Stop::Interrupted));
                }
            }
            Ok(None)
        })
    }

    /// Ends an epoch: validation, schedule, record.
    fn finish(&mut self, start: Instant, images: usize) -> Result<EpochRecord, Error> {
        let trainer = &mut *self.trainer;
        let summary = trainer.finish_epoch()?;
        let seconds = start.elapsed().as_secs_f64();
        let (preprocessing, batch) = (&self.preprocessing, trainer.batch());
        let validation = self
            .validation
            .map(|data| trainer.with_averaged(|network| evaluate::on(network, data, preprocessing, batch)));
        let validation = validation.transpose()?;
        let learning_rate = trainer.optimizer.learning_rate();
        if let (Some(scheduler), Some(validation)) = (&mut trainer.scheduler, validation) {
            scheduler.validated(1.0 - validation.accuracy);
        }
        let (tensors, layers) = if self.before.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            let before = std::mem::take(&mut self.before);
            (inside::tensors(trainer, &before), inside::layers(trainer, self.training, preprocessing)?)
        };
        Ok(EpochRecord {
            epoch: summary.epoch,
            step: trainer.at.step,
            loss: summary.loss,
            training_accuracy: summary.accuracy,
            validation_loss: validation.map(|validation| validation.loss),
            validation_accuracy: validation.map(|validation| validation.accuracy),
            learning_rate,
            seconds,
            images_per_second: images as f64 / seconds,
            tensors,
            layers,
        })
    }
}

/// The layers of a network as the notation writes them.
fn notation(architecture: &Architecture<'_>) -> String {
    let layers = architecture.layers().iter().map(|layer| format!(" -> {}", layer.notation));
    format!("INPUT{}{}", architecture.input(), layers.collect::<String>())
}

/// The loss of the steps so far, the later ones counting for more.
#[derive(Clone, Copy, Debug, Default)]
struct Smoothed {
    sum: f64,
    weight: f64,
}

impl Smoothed {
    fn record(&mut self, at: Position, of_epoch: usize, progress: &Progress, penalty: f64) -> StepRecord {
        let batch = progress.batch;
        self.sum = SMOOTHING * self.sum + (1.0 - SMOOTHING) * batch.loss;
        self.weight = SMOOTHING * self.weight + (1.0 - SMOOTHING);
        StepRecord {
            step: at.step,
            epoch: at.epoch as f64 + at.images as f64 / of_epoch as f64,
            loss: batch.loss,
            smoothed_loss: self.sum / self.weight,
            regularization_loss: penalty,
            learning_rate: batch.learning_rate,
            accuracy: batch.right as f64 / batch.images as f64,
        }
    }
}

/// Numbers of a network as they are validated, to keep and to put back.
impl<N, O> Trainer<N, O>
where
    N: Network,
{
    /// The parameters and the state: those of the running average, if there is one.
    pub(super) fn validated_numbers(&self) -> (Vec<N::Scalar>, Vec<N::Scalar>) {
        match &self.average {
            Some(average) => (average.parameters.clone(), average.state.clone()),
            None => (self.network.parameters().as_slice().to_vec(), self.network.state().as_slice().to_vec()),
        }
    }

    /// Gives the network, and its average, these parameters and this state.
    pub(super) fn put(&mut self, parameters: &[N::Scalar], state: &[N::Scalar]) {
        self.network.parameters_mut().as_mut_slice().copy_from_slice(parameters);
        self.network.state_mut().as_mut_slice().copy_from_slice(state);
        if let Some(average) = &mut self.average {
            average.parameters.copy_from_slice(parameters);
            average.state.copy_from_slice(state);
        }
    }
}
