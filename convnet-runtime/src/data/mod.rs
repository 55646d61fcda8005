//! Images with labels, from files to batches.

mod batches;
mod images;
mod scaling;

#[cfg(feature = "idx")]
pub mod idx;

pub use batches::Batches;
pub use images::LabelledImages;
pub use scaling::Scaling;
