//! How far a training has come, on the terminal.

use super::{Callback, Control, Outcome};
use crate::error::Error;
use crate::monitor::{Console, EpochRecord, Run, StepRecord};
use crate::network::Network;
use crate::train::Trainer;

/// Shows how far a training has come: a bar on a terminal, plain lines elsewhere.
#[derive(Debug)]
pub struct OnConsole {
    console: Console,
    epochs: u64,
    images: u64,
    /// The epoch that is shown; none before the first step.
    shown: Option<u64>,
}

impl OnConsole {
    /// On the standard error stream.
    #[expect(
        clippy::new_without_default,
        reason = "what it shows depends on the terminal: no value is the default"
    )]
    pub fn new() -> Self {
        Self { console: Console::new(), epochs: 0, images: 0, shown: None }
    }
}

impl<N: Network, O> Callback<N, O> for OnConsole {
    fn begin(&mut self, _: &mut Trainer<N, O>, run: &Run) -> Result<(), Error> {
        (self.epochs, self.images, self.shown) = (run.epochs.unwrap_or(0), run.images, None);
        Ok(())
    }

    fn step(&mut self, trainer: &mut Trainer<N, O>, record: &StepRecord) -> Result<Control, Error> {
        let epoch = trainer.position().epoch + 1;
        if self.shown.replace(epoch) != Some(epoch) {
            self.console.epoch_started(epoch, self.epochs, self.images);
        }
        self.console.step(record, trainer.position().images as u64);
        Ok(Control::GoOn)
    }

    fn epoch(&mut self, _: &mut Trainer<N, O>, record: &EpochRecord) -> Result<Control, Error> {
        self.console.epoch_finished(record);
        Ok(Control::GoOn)
    }

    fn end(&mut self, _: &mut Trainer<N, O>, outcome: &Outcome) -> Result<(), Error> {
        self.console.note(&outcome.stop.to_string());
        Ok(())
    }
}
