//! What generated code names: not for people.

pub use convnet_geometry::{
    Activation, Architecture, Average, BatchNorm, Convolution, ConvolutionSpec, Custom, Dense, DenseSpec,
    Dropout, FractionalPooling, Function, Join, Joint, Layer, LayerKind, Local, LossKind, Maxout, Memory,
    Offsets, PRelu, Padding, Place, Pool, Pooling, PoolingSpec, Real, Report, ResponseNorm, Rounding,
    UpdateRule, Volume, Window,
};
pub use convnet_runtime::inference::CustomPass;
pub use convnet_runtime::layers::CustomLayer;
pub use convnet_runtime::losses::{
    HierarchicalSoftmax, Hinge, L1, L2, Logistic, Loss, LossValue, NoLoss, OneVsAll, Softmax, SquaredSvm,
    Structured, Svm, Tree,
};
pub use convnet_runtime::workspace::{
    BackwardPass, Batch, ForwardPass, InferenceWorkspace, TrainingWorkspace,
};
pub use convnet_runtime::{
    BatchNormParameters, ConvolutionParameters, CustomParameters, DenseParameters, Error, Initialization,
    LocalParameters, Network, Observer, PReluParameters, Parameters, Scalar, Step,
};
pub use core::mem::size_of;
pub use core::option::Option;
pub use core::result::Result;
pub use ndarray::ArrayView4;

pub use crate::dsl;
