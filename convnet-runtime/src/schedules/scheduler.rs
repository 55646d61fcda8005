//! What the learning rate is now.

use super::Schedule;
use crate::error::Error;
use crate::optimizers::options::check_size;

/// A schedule at work: asked for the rate before a step, told the validation error after an epoch.
#[derive(Clone, PartialEq, Debug)]
pub struct Scheduler {
    schedule: Schedule,
    base: f64,
    state: SchedulerState,
}

/// What a scheduler has learned from validation errors, to be saved with a network.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct SchedulerState {
    /// The lowest error that there was.
    pub best: Option<f64>,
    /// Epochs since then, or since the rate was last reduced.
    pub bad_epochs: u32,
    /// How often the rate was reduced.
    pub reductions: u32,
}

impl Scheduler {
    /// This schedule with this rate to begin with, or at its peak.
    ///
    /// # Errors
    /// [`Error::Option`] if the rate is negative or not finite, or below the schedule's minimum.
    pub fn new(schedule: Schedule, base: f64) -> Result<Self, Error> {
        check_size("learning_rate", base)?;
        if base < schedule.lowest() {
            let expected = "at least the minimum of the schedule";
            return Err(Error::Option { option: "learning_rate", value: base, expected });
        }
        Ok(Self { schedule, base, state: SchedulerState::default() })
    }

    /// The rate of the next step, after so many epochs, with fractions: `epoch + step / steps`, both counted from 0.
    pub fn rate(&self, epochs_done: f64) -> f64 {
        self.schedule.reduced(self.base, epochs_done, self.state.reductions)
    }

    /// Hears the validation error of an epoch, or its validation loss: whatever falls as training goes on. Schedules that
    /// look at none do nothing.
    pub fn validated(&mut self, error: f64) {
        if let Some(plateau) = self.schedule.plateau() {
            plateau.see(error, &mut self.state);
        }
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The rate to begin with, or at its peak.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// What it has learned so far.
    pub fn state(&self) -> SchedulerState {
        self.state
    }

    /// Goes on from what a scheduler like this had learned.
    ///
    /// # Errors
    /// [`Error::Option`] if the best error is NaN, or if there is anything to go on from and the schedule does not look at
    /// errors; then nothing changes.
    pub fn restore(&mut self, state: SchedulerState) -> Result<(), Error> {
        if let Some(value) = state.best.filter(|best| best.is_nan()) {
            return Err(Error::Option { option: "the best error", value, expected: "a number" });
        }
        if self.schedule.plateau().is_none() && state != SchedulerState::default() {
            let (option, value) = ("the number of reductions", state.reductions.into());
            let expected = "to be restored only by a schedule that looks at the validation error";
            return Err(Error::Option { option, value, expected });
        }
        self.state = state;
        Ok(())
    }
}
