//! What is done to images before a network sees them: the notes' chapter on data preprocessing.
//!
//! A [`Preprocess`] says what; fitted on the training images, and on no others, it is a [`Preprocessing`], which is applied to
//! all images alike and saved with the network.
//!
//! ```
//! use convnet_runtime::data::{LabelledImages, Per, Preprocess, TrainingSet};
//! use ndarray::Array4;
//!
//! let bytes = Array4::from_shape_fn((2, 2, 2, 3), |(n, h, w, d)| (40 * n + 20 * h + 10 * w + d) as u8);
//! let training = TrainingSet::new(LabelledImages::new(bytes, vec![0, 1], 2)?);
//! let recipe = Preprocess::Normalize { mean: Per::Number, deviation: Per::Channel };
//! let preprocessing = recipe.fit(&training)?;
//! assert_eq!(preprocessing.description(), "mean image, deviation per channel");
//! # Ok::<(), convnet_runtime::Error>(())
//! ```

#[cfg(feature = "pca")]
mod components;
mod covariance;
mod fitted;
mod kind;
mod parts;
mod recipe;
mod rows;
mod statistics;
#[cfg(test)]
mod tests;

#[cfg(feature = "pca")]
pub use components::PrincipalComponents;
pub use covariance::covariance;
pub use fitted::{Prepare, Preprocessing};
pub use kind::Per;
pub use parts::PreprocessingParts;
pub use recipe::Preprocess;
pub use statistics::Statistics;
