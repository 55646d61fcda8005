//! An epoch: every image once, batch after batch.

use ndarray::ArrayView4;

use super::{LabelLoss, Trainer, count_right};
use crate::data::{Batches, Dataset, Prepare};
use crate::error::Error;
use crate::network::Network;
use crate::optimizers::Optimizer;

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
    /// What this step alone came to.
    pub batch: BatchResult,
}

/// What one step came to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BatchResult {
    /// Its images.
    pub images: usize,
    /// Their mean data loss, before the update.
    pub loss: f64,
    /// How many of them were classified rightly.
    pub right: usize,
    /// The learning rate of its update.
    pub learning_rate: f64,
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

/// What the images of an epoch add up to.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Sums {
    pub(super) images: usize,
    pub(super) loss: f64,
    pub(super) regularization: f64,
    pub(super) right: usize,
}

impl Sums {
    fn add(&mut self, batch: BatchResult, regularization: f64) {
        self.images += batch.images;
        self.loss += batch.loss * batch.images as f64;
        self.regularization += regularization * batch.images as f64;
        self.right += batch.right;
    }

    /// The data loss, the regularisation loss and the share of images classified rightly.
    pub(super) fn means(&self) -> [f64; 3] {
        [self.loss, self.regularization, self.right as f64].map(|sum| sum / self.images as f64)
    }
}

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// Trains on every image once, in an order that depends on the seed and the epoch; calls `progress` after each step. An
    /// epoch that was left in its middle goes on where it was left.
    ///
    /// [`fit`](Self::fit) trains for many epochs, with batches that are prepared on another thread, validation and more.
    ///
    /// # Errors
    /// [`Error::Classes`], [`Error::ImageShape`] and others before the first step; [`Error::Diverged`] or
    /// [`Error::NonFinite`] at a step whose loss, state or gradients are not finite, which changes nothing;
    /// [`Error::BrokenUpdate`] at one whose update breaks the parameters.
    pub fn epoch(
        &mut self,
        data: &dyn Dataset,
        preprocessing: &dyn Prepare,
        mut progress: impl FnMut(Progress),
    ) -> Result<EpochSummary, Error> {
        super::evaluate::check_classes::<N>(self.network.loss(), data)?;
        self.check_length(data)?;
        let mut batches = Batches::new(data, preprocessing, self.workspace.capacity())?;
        batches.shuffle(self.seed, self.at.epoch);
        batches.skip(self.at.images);
        while let Some((images, labels)) = batches.next()? {
            progress(self.next_step(images, labels, data.len())?);
        }
        self.finish_epoch()
    }

    /// An epoch that was left in its middle goes on with as many images as it had.
    pub(super) fn check_length(&self, data: &dyn Dataset) -> Result<(), Error> {
        match self.of_epoch {
            Some(images) if images != data.len() => {
                let reason = format!(
                    "it was left in the middle of an epoch of {images} images, and is given {}: go on with the same data and split",
                    data.len()
                );
                Err(Error::NotResumable { reason })
            }
            _ => Ok(()),
        }
    }

    /// The next step of an epoch of so many images, at the rate that the schedule gives.
    pub(super) fn next_step(
        &mut self,
        images: ArrayView4<'_, N::Scalar>,
        labels: &[usize],
        of_epoch: usize,
    ) -> Result<Progress, Error> {
        self.of_epoch = Some(of_epoch);
        self.schedule(of_epoch)?;
        let loss = self.step(images, labels)?;
        let right = count_right(self.network.loss(), self.workspace.scores(), labels);
        let learning_rate = self.optimizer.learning_rate();
        let batch = BatchResult { images: labels.len(), loss, right, learning_rate };
        self.sums.add(batch, self.penalty);
        self.at.images = self.sums.images;
        let [loss, regularization, accuracy] = self.sums.means();
        let steps = |images: usize| images.div_ceil(self.workspace.capacity());
        let (step, steps) = (steps(self.sums.images), steps(of_epoch));
        Ok(Progress { step, steps, images: self.sums.images, loss, regularization, accuracy, batch })
    }

    /// Sets rate and momentum to what the schedules give.
    fn schedule(&mut self, of_epoch: usize) -> Result<(), Error> {
        let epochs = self.at.epoch as f64 + self.at.images as f64 / of_epoch as f64;
        if let Some(scheduler) = &self.scheduler {
            self.optimizer.set_learning_rate(scheduler.rate(epochs))?;
        }
        if let Some(momentum) = &self.momentum {
            self.optimizer.set_momentum(momentum.momentum(epochs))?;
        }
        Ok(())
    }

    /// Ends an epoch: what waits for an update makes one.
    pub(super) fn finish_epoch(&mut self) -> Result<EpochSummary, Error> {
        self.update()?;
        let [loss, regularization, accuracy] = std::mem::take(&mut self.sums).means();
        (self.at.images, self.of_epoch) = (0, None);
        self.at.epoch += 1;
        Ok(EpochSummary { epoch: self.at.epoch, loss, regularization, accuracy })
    }
}
