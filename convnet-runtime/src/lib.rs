//! The CPU runtime of [convnet](https://docs.rs/convnet): what the code that `network!` generates calls.
//!
//! Use it through the facade `convnet`, which re-exports what a program needs. In reading order:
//! [`scalar`](Scalar), [`simd`] and [`gemm`] (matrix products), [`layers`], [`losses`], [`Parameters`] and
//! [`Initialization`], the [workspaces](workspace), the [`Network`] trait, [`inference`] of trained networks, [`data`],
//! [`optimizers`], [`schedules`], [`regularization`] and [`train`].
//!
//! * Volumes are N x H x W x D, row-major, depth innermost.
//! * All memory of a step lives in a workspace; after the first step nothing is allocated.
//! * Results do not depend on the number of threads.

mod error;
mod fully_connected;
mod init;
mod kinks;
mod memory;
mod names;
mod network;
mod observer;
mod parallel;
mod parameters;
mod random;
mod scalar;
mod short;
mod views;

#[cfg(feature = "checkpoint")]
pub mod checkpoint;
pub mod data;
pub mod gemm;
pub mod inference;
pub mod layers;
pub mod losses;
pub mod reference;
pub mod simd;
pub mod workspace;

#[cfg(feature = "train")]
mod picture;

#[cfg(feature = "train")]
pub mod monitor;
#[cfg(feature = "train")]
pub mod optimizers;
#[cfg(feature = "train")]
pub mod regularization;
#[cfg(feature = "train")]
pub mod schedules;
#[cfg(feature = "train")]
pub mod train;

pub use error::{Error, ImageSizeError};
pub use fully_connected::FullyConnected;
pub use init::{Initialization, Weights};
pub use kinks::Kinks;
pub use network::{Gradients, Network, Statistics, Step};
pub use observer::{FirstNonFinite, Observer, Unobserved};
#[cfg(feature = "threads")]
pub use parallel::set_threads;
pub use parameters::Parameters;
#[cfg(feature = "train")]
pub use picture::Picture;
pub use random::Draw;
pub use scalar::Scalar;
pub use views::{
    BatchNormParameters, ConvolutionParameters, CustomParameters, DenseParameters, LocalParameters,
    PReluParameters,
};
