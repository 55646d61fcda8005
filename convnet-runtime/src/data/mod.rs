//! Images with labels, from files to batches.
//!
//! A [`Dataset`] gives images one by one. What it may be used for is a type: a [`TrainingSet`] is trained on, a
//! [`ValidationSet`] is looked at while training, a [`TestSet`] is evaluated at the end.

mod batches;
mod dataset;
mod images;
mod roles;
mod scaling;
mod splits;
mod subset;

#[cfg(feature = "train")]
pub mod augmentation;
#[cfg(feature = "cifar")]
pub mod cifar;
#[cfg(feature = "idx")]
pub mod emnist;
#[cfg(any(feature = "cifar", feature = "idx", feature = "image"))]
mod files;
#[cfg(feature = "image")]
pub mod folder;
#[cfg(feature = "idx")]
pub mod idx;
pub mod preprocessing;

#[cfg(feature = "train")]
pub use augmentation::{Augmentation, Augmenter, Fill, contact_sheet};
pub use batches::{Batch, BatchMemory, Batches};
pub use dataset::Dataset;
pub use images::LabelledImages;
pub use preprocessing::{Per, Prepare, Preprocess, Preprocessing, PreprocessingParts};
#[cfg(feature = "train")]
pub(crate) use roles::evaluated;
pub use roles::{Evaluated, TestSet, TrainingSet, ValidationSet};
pub use scaling::Scaling;
pub use subset::Subset;
