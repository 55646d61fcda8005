//! Learning rates and momenta that change as training goes on.
//!
//! The notes' chapter on annealing the learning rate: a [`Schedule`] says what becomes of a rate as epochs go by, and a
//! [`Scheduler`] what the rate is now, also where that depends on the validation error. A [`MomentumSchedule`] does the same
//! for the momentum. Time is counted in epochs, with fractions, so that rates may change from step to step.
//!
//! ```
//! use convnet_runtime::schedules::{Schedule, Scheduler};
//!
//! // Halved every 5 epochs, after rising for half an epoch from a tenth.
//! let schedule = Schedule::step(0.5, 5)?.with_warm_up(0.5, 0.1)?;
//! let scheduler = Scheduler::new(schedule, 0.1)?;
//! assert_eq!(scheduler.rate(2.0), 0.1);
//! assert_eq!(scheduler.rate(5.0), 0.05);
//! # Ok::<(), convnet_runtime::Error>(())
//! ```

mod momentum;
mod one_cycle;
mod plateau;
mod schedule;
mod scheduler;

use std::f64::consts::PI;

use crate::error::Error;

pub use momentum::MomentumSchedule;
pub use one_cycle::OneCycle;
pub use plateau::Plateau;
pub use schedule::Schedule;
pub use scheduler::{Scheduler, SchedulerState};

/// A share that may be all.
fn check_portion(option: &'static str, value: f64) -> Result<f64, Error> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(Error::Option { option, value, expected: "from 0 to 1" })
}

/// What a rate is multiplied by, so that it becomes smaller.
fn check_factor(value: f64) -> Result<f64, Error> {
    if value > 0.0 && value < 1.0 {
        return Ok(value);
    }
    Err(Error::Option { option: "factor", value, expected: "above 0 and below 1" })
}

/// A number of epochs that is not 0.
fn check_epochs(option: &'static str, epochs: u32) -> Result<u32, Error> {
    if epochs > 0 {
        return Ok(epochs);
    }
    Err(Error::Option { option, value: 0.0, expected: "at least 1 epoch" })
}

/// Half a wave: from 1 at the beginning, where `share` is 0, down to 0 at the end, where it is 1, and then 0.
fn half_wave(share: f64) -> f64 {
    0.5 * (1.0 + (PI * share.clamp(0.0, 1.0)).cos())
}
