//! A training in a checkpoint: everything that it takes to go on, bit for bit.

use super::epoch::Sums;
use super::{LabelLoss, Position, Trainer};
use crate::checkpoint::network::{AVERAGE, AVERAGE_STATE};
use crate::checkpoint::{Checkpoint, Matched, Tensor, network};
use crate::error::Error;
use crate::network::Network;
use crate::optimizers::Optimizer;
use crate::scalar::Scalar;
use crate::schedules::{Scheduler, SchedulerState};

/// Names of tensors beside the network's, whose names hold no `/`.
const OPTIMIZER: &str = "optimizer/";
const PENDING: &str = "training/pending gradients";

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// The network, what the update rule and the schedule keep, the running average, and how far the training has come: a trainer
    /// made with the same options goes on from it ([`resume`](Self::resume)) as if there had been no break. Chance needs no
    /// more than the seed and these counts.
    pub fn checkpoint(&self) -> Checkpoint {
        let mut checkpoint = network::of_network(&self.network);
        let mut number = |name: &str, number: u64| {
            checkpoint.metadata.insert(format!("training.{name}"), number.to_string())
        };
        number("seed", self.seed);
        number("batch", self.batch() as u64);
        number("accumulated batches", self.accumulated as u64);
        let Position { epoch, images, step, pending } = self.at;
        for (name, count) in
            [("epoch", epoch), ("images", images as u64), ("step", step), ("pending batches", pending as u64)]
        {
            number(name, count);
        }
        // Bits, since a number that is read back from decimals may be another.
        let Sums { images, loss, regularization, right } = self.sums;
        number("epoch.images", images as u64);
        number("epoch.right", right as u64);
        if let Some(of_epoch) = self.of_epoch {
            number("images of an epoch", of_epoch as u64);
        }
        for (name, sum) in
            [("epoch.loss", loss), ("epoch.regularization", regularization), ("penalty", self.penalty)]
        {
            number(name, sum.to_bits());
        }
        let kept = self.optimizer.kept();
        number("optimizer.updates", kept.updates);
        number("learning rate", self.optimizer.learning_rate().to_bits());
        if let Some(momentum) = self.optimizer.momentum() {
            number("momentum", momentum.to_bits());
        }
        if let Some(average) = &self.average {
            number("average.updates", average.updates);
        }
        if let Some(scheduler) = self.scheduler.as_ref().filter(|it| it.schedule().looks_at_errors()) {
            let SchedulerState { best, bad_epochs, reductions } = scheduler.state();
            // NaN stands for none: no validation error is.
            number("schedule.best", best.unwrap_or(f64::NAN).to_bits());
            number("schedule.bad epochs", bad_epochs.into());
            number("schedule.reductions", reductions.into());
        }
        checkpoint.metadata.insert("training.optimizer".to_owned(), self.optimizer.name().to_owned());
        for (name, numbers) in kept.tensors {
            checkpoint.tensors.push(flat(format!("{OPTIMIZER}{name}"), numbers));
        }
        if let Some(average) = &self.average {
            checkpoint.tensors.push(flat(AVERAGE.to_owned(), &average.parameters));
            checkpoint.tensors.push(flat(AVERAGE_STATE.to_owned(), &average.state));
        }
        if pending > 0 {
            checkpoint.tensors.push(flat(PENDING.to_owned(), self.workspace.gradients().as_slice()));
        }
        checkpoint
    }
}

/// A tensor of one dimension.
fn flat<T: Scalar>(name: String, numbers: &[T]) -> Tensor {
    Tensor::new(name, [numbers.len()], network::data_of(numbers))
}

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// Goes on from a [`checkpoint`](Self::checkpoint) of a trainer that was made as this one: of the same network, seed, batch,
    /// accumulation and update rule. Regularisation, schedules, clipping and frozen layers are this trainer's own.
    ///
    /// # Errors
    /// [`Error::OtherNetwork`] if it is another network's, [`Error::NotResumable`] if it holds a network alone, or another
    /// training's: the message says what differs. Then nothing changes.
    pub fn resume(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        network::check(&self.network, checkpoint)?;
        let saved = Saved(checkpoint);
        saved.same("seed", self.seed)?;
        saved.same("batch", self.batch() as u64)?;
        saved.same("accumulated batches", self.accumulated as u64)?;
        let rule = saved.text("optimizer")?;
        if rule != self.optimizer.name() {
            return Err(differs("the update rule", rule, self.optimizer.name()));
        }
        let at = Position {
            epoch: saved.number("epoch")?,
            images: saved.count("images")?,
            step: saved.number("step")?,
            pending: saved.count("pending batches")?,
        };
        if at.pending >= self.accumulated {
            return Err(not_resumable(format!(
                "{} batches wait for an update of {}",
                at.pending, self.accumulated
            )));
        }
        let of_epoch = if at.images > 0 { Some(saved.count("images of an epoch")?) } else { None };
        let sums = Sums {
            images: saved.count("epoch.images")?,
            right: saved.count("epoch.right")?,
            loss: saved.float("epoch.loss")?,
            regularization: saved.float("epoch.regularization")?,
        };
        let (penalty, rate) = (saved.float("penalty")?, saved.float("learning rate")?);
        let momentum = self.optimizer.momentum().map(|_| saved.float("momentum")).transpose()?;
        if !(rate.is_finite()
            && rate >= 0.0
            && momentum.is_none_or(|momentum| (0.0..1.0).contains(&momentum)))
        {
            return Err(not_resumable(format!("its learning rate is {rate}, its momentum {momentum:?}")));
        }
        let scheduler = self.resumed_scheduler(&saved)?;
        let parameters = self.network.parameters().len();
        let average = if self.average.is_some() {
            let state = self.network.state().len();
            let (of_parameters, of_state) =
                (saved.flat(AVERAGE, parameters)?, saved.flat(AVERAGE_STATE, state)?);
            Some((saved.number("average.updates")?, of_parameters, of_state))
        } else {
            None
        };
        let pending = if at.pending > 0 { Some(saved.flat(PENDING, parameters)?) } else { None };
        let kept = saved.kept(parameters)?;
        let updates = saved.number("optimizer.updates")?;
        // The rule refuses what it cannot use, and is then as it was; nothing fails behind it.
        self.optimizer.restore(&kept, updates)?;
        self.optimizer.set_learning_rate(rate)?;
        if let Some(momentum) = momentum {
            self.optimizer.set_momentum(momentum)?;
        }
        network::take_matching(&mut self.network, checkpoint, &mut Matched::default());
        if let Some(frozen) = &mut self.frozen {
            frozen.hold(&self.network);
        }
        if let (Some(average), Some((updates, parameters, state))) = (&mut self.average, average) {
            (average.updates, average.parameters, average.state) = (updates, parameters, state);
        }
        if let Some(pending) = pending {
            self.workspace.gradients_mut().as_mut_slice().copy_from_slice(&pending);
        }
        (self.at, self.sums, self.penalty, self.scheduler) = (at, sums, penalty, scheduler);
        self.of_epoch = of_epoch;
        Ok(())
    }

    /// This trainer's own schedule, with what the checkpoint's has seen of validation errors if both look at them.
    fn resumed_scheduler(&self, saved: &Saved<'_>) -> Result<Option<Scheduler>, Error> {
        let mut scheduler = self.scheduler.clone();
        if let Some(scheduler) = scheduler.as_mut().filter(|it| it.schedule().looks_at_errors())
            && saved.has("schedule.best")
        {
            scheduler.restore(SchedulerState {
                best: Some(saved.float("schedule.best")?).filter(|best| !best.is_nan()),
                bad_epochs: saved.small("schedule.bad epochs")?,
                reductions: saved.small("schedule.reductions")?,
            })?;
        }
        Ok(scheduler)
    }
}

/// What a training has written into a checkpoint.
struct Saved<'c>(&'c Checkpoint);

impl<'c> Saved<'c> {
    fn text(&self, name: &str) -> Result<&'c str, Error> {
        let name = format!("training.{name}");
        let text = self.0.metadata.get(&name).ok_or_else(|| not_resumable(format!("it has no `{name}`")))?;
        Ok(text)
    }

    fn has(&self, name: &str) -> bool {
        self.0.metadata.contains_key(&format!("training.{name}"))
    }

    fn number(&self, name: &str) -> Result<u64, Error> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|_| not_resumable(format!("its `training.{name}` is {text:?}, which is no count")))
    }

    fn count(&self, name: &str) -> Result<usize, Error> {
        let number = self.number(name)?;
        usize::try_from(number).map_err(|_| not_resumable(format!("its `training.{name}` is {number}")))
    }

    fn small(&self, name: &str) -> Result<u32, Error> {
        let number = self.number(name)?;
        u32::try_from(number).map_err(|_| not_resumable(format!("its `training.{name}` is {number}")))
    }

    fn float(&self, name: &str) -> Result<f64, Error> {
        Ok(f64::from_bits(self.number(name)?))
    }

    fn same(&self, name: &str, ours: u64) -> Result<(), Error> {
        let theirs = self.number(name)?;
        if theirs == ours { Ok(()) } else { Err(differs(name, &theirs.to_string(), &ours.to_string())) }
    }

    fn flat<T: Scalar>(&self, name: &str, length: usize) -> Result<Vec<T>, Error> {
        let tensor = self.0.get(name).ok_or_else(|| not_resumable(format!("it has no `{name}`")))?;
        let numbers = network::numbers_of::<T>(&tensor.data).filter(|numbers| numbers.len() == length);
        numbers.ok_or_else(|| not_resumable(format!("its `{name}` does not fit the network")))
    }

    /// What the update rule kept, without its prefix.
    fn kept<T: Scalar>(&self, length: usize) -> Result<Vec<(String, Vec<T>)>, Error> {
        let names = self.0.tensors.iter().map(|tensor| &tensor.name);
        let kept = names.filter_map(|name| Some((name, name.strip_prefix(OPTIMIZER)?)));
        kept.map(|(name, rest)| Ok((rest.to_owned(), self.flat(name, length)?))).collect()
    }
}

fn not_resumable(reason: String) -> Error {
    Error::NotResumable { reason }
}

fn differs(what: &str, theirs: &str, ours: &str) -> Error {
    not_resumable(format!(
        "its training had {what} of {theirs}, this trainer has {ours}: make it with the same"
    ))
}
