//! What generated code names: not for people.

pub use convnet_geometry::{
    Architecture, Average, Convolution, ConvolutionSpec, Dense, DenseSpec, Layer, LayerKind, LossKind,
    Memory, Padding, Place, Pool, Pooling, PoolingSpec, Report, Rounding, UpdateRule, Volume, Window,
};
pub use convnet_runtime::layers::Relu;
pub use convnet_runtime::losses::{Loss, LossValue, NoLoss, Softmax, Svm};
pub use convnet_runtime::workspace::{
    BackwardPass, Batch, ForwardPass, InferenceWorkspace, TrainingWorkspace,
};
pub use convnet_runtime::{
    ConvolutionParameters, DenseParameters, Error, Initialization, Network, Observer, Parameters, Scalar,
    Step,
};
pub use core::mem::size_of;
pub use core::result::Result;
pub use ndarray::ArrayView4;

pub use crate::dsl;
