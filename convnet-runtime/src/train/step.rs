//! One step: a batch's gradients, and the update when there are enough of them.

use ndarray::ArrayView4;

use super::{LabelLoss, Trainer};
use crate::error::Error;
use crate::network::{Gradients, Network, Statistics, Step};
use crate::observer::{FirstNonFinite, Observer, Unobserved};
use crate::optimizers::{Optimizer, clipping};
use crate::parallel;
use crate::parameters::Parameters;
use crate::scalar::Scalar;

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// Trains on one batch, `[N, H, W, D]` with as many labels; returns its data loss before the update.
    /// [`regularization_loss`](Self::regularization_loss) is the other part of the loss. With
    /// [accumulation](Self::with_accumulation), the last of so many batches makes the update.
    ///
    /// # Errors
    /// Those of [`Network::gradients`]; [`Error::Diverged`] or [`Error::NonFinite`] if the loss, the state after it or a
    /// gradient is not finite, and then no parameter changes; [`Error::BrokenUpdate`] if the update makes one that is
    /// not. A step that fails leaves the state, such as running statistics, as it was; gradients that waited for their update
    /// are lost with it.
    pub fn step(&mut self, images: ArrayView4<'_, N::Scalar>, labels: &[usize]) -> Result<f64, Error> {
        self.state.copy_from_slice(self.network.state().as_slice());
        let value = self.descend(images, labels).inspect_err(|_| {
            restore(&mut self.network, &self.state);
            self.at.pending = 0;
        })?;
        self.at.step += 1;
        Ok(value)
    }

    /// A step that leaves the state moved if it fails.
    fn descend(&mut self, images: ArrayView4<'_, N::Scalar>, labels: &[usize]) -> Result<f64, Error> {
        let gradients = if self.at.pending > 0 { Gradients::Accumulate } else { Gradients::Overwrite };
        let step = Step { seed: self.seed, number: self.at.step, gradients, ..Step::default() };
        let value = self.gradients(images, labels, step, &mut Unobserved)?;
        if !value.is_finite() {
            return Err(self.diagnose(images, labels, step, value));
        }
        if let Some((tensor, value)) = last_non_finite(self.network.state()) {
            return Err(Error::NonFinite { step: self.at.step, what: format!("`{tensor}`"), value });
        }
        self.at.pending += 1;
        if self.at.pending == self.accumulated {
            self.update()?;
        }
        Ok(value)
    }

    /// The update by the gradients that wait for it, if there are any.
    pub(super) fn update(&mut self) -> Result<(), Error> {
        let batches = std::mem::take(&mut self.at.pending);
        if batches == 0 {
            return Ok(());
        }
        if batches > 1 {
            clipping::scale(self.workspace.gradients_mut(), 1.0 / batches as f64);
        }
        let penalty = self.regularize()?;
        if let Some((tensor, value)) = last_non_finite(self.workspace.gradients()) {
            let what = format!("the gradient of `{tensor}`");
            return Err(Error::NonFinite { step: self.at.step, what, value });
        }
        if let Some(frozen) = &self.frozen {
            frozen.clear(self.workspace.gradients_mut());
        }
        if let Some(clipping) = self.clipping {
            clipping.clip(self.workspace.gradients_mut())?;
        }
        self.optimizer.update(self.network.parameters_mut(), self.workspace.gradients())?;
        if let Some(regularizer) = &self.regularizer {
            regularizer.project(self.network.parameters_mut())?;
        }
        if let Some(frozen) = &self.frozen {
            frozen.restore(&mut self.network);
        }
        if let Some((tensor, value)) = last_non_finite(self.network.parameters()) {
            return Err(Error::BrokenUpdate { step: self.at.step, tensor, value });
        }
        if let Some(average) = &mut self.average {
            average.add(&self.network);
        }
        self.penalty = penalty;
        Ok(())
    }

    /// Adds the gradient of the regularisation; its loss.
    fn regularize(&mut self) -> Result<f64, Error> {
        let Some(regularizer) = &mut self.regularizer else { return Ok(0.0) };
        let value = regularizer.add_gradient(self.network.parameters(), self.workspace.gradients_mut())?;
        if value.is_finite() {
            return Ok(value);
        }
        Err(Error::NonFinite { step: self.at.step, what: "the regularisation loss".to_owned(), value })
    }

    pub(super) fn gradients(
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
