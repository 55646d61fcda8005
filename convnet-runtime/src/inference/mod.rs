//! Networks for inference whose layers are known when the program runs: trained ones, folded, or on images of another size.
//!
//! [`Network::into_inference`](crate::Network::into_inference) makes an [`InferenceNetwork`]: batch normalization is folded
//! into the layer before it, dropout is gone. [`Network::into_fully_convolutional`](crate::Network::into_fully_convolutional)
//! makes a [`FullyConvolutional`], which evaluates larger images. [`StochasticInference`] averages many passes that draw.
//!
//! They run the same kernels as generated code, by the same calls: what was not folded or turned into another layer gives the
//! same bits.

mod executor;
mod fold;
mod fully_convolutional;
mod graph;
mod owned;
mod shifts;
mod stochastic;

pub use executor::{CustomPass, InferenceNetwork};
pub use fully_convolutional::FullyConvolutional;
pub use stochastic::{Averages, StochasticInference};
