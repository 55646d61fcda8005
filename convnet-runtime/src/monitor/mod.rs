//! Watching a training: its record, and what is made of it.
//!
//! A training says what happens in [`Event`]s. They are plain data, and everything else reads them:
//!
//! * [`json_lines`] keeps them in a file, one a line, and reads them back;
//! * [`Record`] puts them together; [`advice`] says in words what looks wrong in it;
//! * [`page`] draws it, in one HTML file that needs nothing else;
//! * `tensorboard` (a feature) writes them as TensorBoard's event files;
//! * [`Console`] shows how far a training has come.

pub mod advice;
mod console;
mod histogram;
pub mod json_lines;
mod number;
pub mod page;
mod picture;
mod record;
#[cfg(feature = "tensorboard")]
pub mod tensorboard;
mod warning;

pub use console::Console;
pub use histogram::{BINS, Histogram};
pub use picture::Png;
pub use record::{
    EpochRecord, Event, Filters, LayerRecord, Mistake, Record, Run, Split, StepRecord, Stop, Summary,
    TensorRecord,
};
pub use warning::{Rule, Warning};
