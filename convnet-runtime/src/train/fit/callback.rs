//! What looks on while a network is trained, and may end it.

use crate::error::Error;
use crate::monitor::{EpochRecord, Run, StepRecord, Stop};
use crate::network::Network;
use crate::train::Trainer;

use super::Outcome;

/// Whether a training goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Control {
    /// It does.
    GoOn,
    /// It ends, for this reason.
    Stop(Stop),
}

/// Looks on while a network is trained, and may change the trainer or end the training.
///
/// Everything around the steps is one: early stopping, checkpoints, the progress on the terminal, the records.
pub trait Callback<N: Network, O> {
    /// Before the first step.
    ///
    /// # Errors
    /// What must not go on: the training ends with it.
    fn begin(&mut self, trainer: &mut Trainer<N, O>, run: &Run) -> Result<(), Error> {
        let _ = (trainer, run);
        Ok(())
    }

    /// After each step.
    ///
    /// # Errors
    /// What must not go on: the training ends with it.
    fn step(&mut self, trainer: &mut Trainer<N, O>, record: &StepRecord) -> Result<Control, Error> {
        let _ = (trainer, record);
        Ok(Control::GoOn)
    }

    /// After each epoch, validated.
    ///
    /// # Errors
    /// What must not go on: the training ends with it.
    fn epoch(&mut self, trainer: &mut Trainer<N, O>, record: &EpochRecord) -> Result<Control, Error> {
        let _ = (trainer, record);
        Ok(Control::GoOn)
    }

    /// After the last step, whatever ended the training but an error.
    ///
    /// # Errors
    /// What went wrong.
    fn end(&mut self, trainer: &mut Trainer<N, O>, outcome: &Outcome) -> Result<(), Error> {
        let _ = (trainer, outcome);
        Ok(())
    }

    /// After an error that ended the training.
    fn failed(&mut self, trainer: &mut Trainer<N, O>, error: &Error) {
        let _ = (trainer, error);
    }

    /// Whether records of epochs should say what the tensors and the layers look like: that takes a look at every parameter,
    /// and an inference, once an epoch.
    fn looks_inside(&self) -> bool {
        false
    }
}
