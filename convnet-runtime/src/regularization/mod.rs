//! Regularisation: what keeps weights small, apart from the data.
//!
//! The notes' chapter on linear classification (L2), and the one on setting up data and loss (L1, elastic net, max norm):
//! the loss is the data loss plus a sum over weights, `0.5 * l2 * w^2 + l1 * |w|`, and after an update the weights of each
//! neuron are scaled back to a largest norm. A [`Penalty`] says how much, a [`Regularization`] where: everywhere, and
//! otherwise in layers that are named. A [`Regularizer`] has looked up the names in a network; the
//! [trainer](crate::train::Trainer::with_regularization) makes its own.
//!
//! ```
//! use convnet_runtime::regularization::{Penalty, Regularization};
//!
//! let regularization = Regularization::new(Penalty::l2(5e-4)?.with_max_norm(3.0)?)
//!     .layer("fc1", Penalty::elastic_net(1e-5, 1e-3)?)
//!     .layer("fc2", Penalty::NONE);
//! # Ok::<(), convnet_runtime::Error>(())
//! ```

mod kernels;
mod penalty;
mod regularizer;
#[cfg(test)]
mod tests;

pub(crate) use kernels::{add_penalty, clamp_rows, magnitudes};
pub use penalty::{Penalty, Regularization};
pub use regularizer::Regularizer;
