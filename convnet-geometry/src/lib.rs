//! The arithmetic of convolutional networks.
//!
//! Here stands, once, the rule of the CS231n notes for the size of a window's output, `(W - F + 2P)/S + 1`, and
//! everything that follows from it: volumes, parameter counts, memory, multiply-accumulates, receptive fields. The
//! `network!` macro uses it while a program compiles, the runtime for what is only known when the program runs.
//!
//! Everything is plain data: `no_std`, without dependencies (but `serde`, if the feature of that name is on), `const fn` where the language lets it be, every
//! product and sum checked. A layer's geometry ([`Convolution`], [`Pooling`], [`Dense`]) is validated once, when it
//! is made, and `Copy` from then on; [`Architecture`] is the checked description of a whole network.
//!
//! ```
//! use convnet_geometry::{ConvolutionSpec, Volume, Window};
//!
//! // The first layer of AlexNet, as the notes compute it: (227 - 11 + 0)/4 + 1 = 55.
//! let spec = ConvolutionSpec::new(Volume::new(227, 227, 3), Window::square(11).stride(4), 96);
//! let layer = spec.check()?;
//! assert_eq!(layer.output(), Volume::new(55, 55, 96));
//! assert_eq!(layer.parameters(), 34_944);
//!
//! // On 224x224 it does not fit, and the error writes the sum out.
//! let spec = ConvolutionSpec::new(Volume::new(224, 224, 3), Window::square(11).stride(4), 96);
//! assert_eq!(
//!     spec.check().unwrap_err().to_string(),
//!     "the window does not fit across the width: (224 - 11 + 0)/4 + 1 = 54.25 is not a whole number",
//! );
//! # Ok::<(), convnet_geometry::GeometryError>(())
//! ```
#![no_std]

#[cfg(test)]
extern crate std;

extern crate alloc;

mod activation;
mod advice;
mod algorithm;
mod architecture;
mod checked;
mod convolution;
mod counts;
mod custom;
mod dense;
mod dropout;
mod error;
mod fractional;
mod graph;
mod join;
mod layer;
mod local;
mod maxout;
mod memory;
mod normalization;
mod numbers;
mod pattern;
mod placement;
mod pooling;
mod real;
mod receptive_field;
mod repair;
mod report;
mod resize;
mod rule;
mod tensor;
mod volume;
mod window;

pub use activation::{Activation, Function, Needs, PRelu};
pub use advice::Advice;
pub use algorithm::{Algorithm, ConvolutionAlgorithm, DenseAlgorithm, Pass, SMALL_BATCH, winograd_outputs};
pub use architecture::{Architecture, LossKind, Place};
pub use convolution::{Convolution, ConvolutionSpec};
pub use counts::Counts;
pub use custom::Custom;
pub use dense::{Dense, DenseSpec};
pub use dropout::Dropout;
pub use error::{GeometryError, Quantity};
pub use fractional::FractionalPooling;
pub use join::{Join, Joint};
pub use layer::{Layer, LayerKind, Offsets};
pub use local::Local;
pub use maxout::Maxout;
pub use memory::{Memory, UpdateRule};
pub use normalization::{BatchNorm, ResponseNorm};
pub use numbers::{Bytes, Grouped, Rounded};
pub use pattern::Pattern;
pub use placement::{Lifetime, place, place_forward};
pub use pooling::{Average, Pool, Pooling, PoolingSpec};
pub use real::Real;
pub use receptive_field::ReceptiveField;
pub use repair::{Repair, Repairs};
pub use report::{Figures, Report, Totals};
pub use rule::{AxisWindow, Misfit, Rounding, output_size};
pub use tensor::{Role, Tensor};
pub use volume::{Extent, Volume};
pub use window::{Axis, Padding, Window};
