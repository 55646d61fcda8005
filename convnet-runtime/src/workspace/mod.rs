//! All memory of a step: made once, used for any batch up to its capacity.

mod images;
mod inference;
mod noise;
mod scratch;
mod training;

pub(crate) use images::{check_memory, same_counts};
pub use inference::{InferencePass, InferenceWorkspace};
pub(crate) use scratch::Workers;
pub use training::{BackwardPass, Batch, ForwardPass, TrainingWorkspace};
