//! Every kernel in plain loops: the specification that the fast ones are tested against.
//!
//! Nothing here is fast, and nothing outside tests calls it. Formulas are those of the CS231n notes, or of the paper that
//! is named; volumes are `[N, H, W, D]`, filters `[K, F_height, F_width, D/G]`, as everywhere.

mod activation;
mod convolution;
mod dense;
mod dropout;
mod fractional;
mod join;
mod local;
mod losses;
mod maxout;
mod normalization;
mod pooling;
mod regularization;

pub use activation::{activation, activation_gradient, prelu, prelu_gradients, relu, relu_gradient};
pub use convolution::{convolution, convolution_gradients};
pub use dense::{dense, dense_gradients};
pub use dropout::{drop_connect, dropout};
pub use fractional::{fractional_pooling, fractional_pooling_gradient};
pub use join::{join, join_gradients};
pub use local::{local, local_gradients};
pub use losses::{
    hierarchical_softmax, hinge, l1, l2, logistic, one_vs_all, softmax, squared_svm, structured, svm,
};
pub use maxout::{maxout, maxout_gradient};
pub use normalization::{
    BatchNormGradients, Normalized, batch_norm, batch_norm_gradients, normalize, response_norm,
    response_norm_gradient,
};
pub use pooling::{pooling, pooling_gradient};
pub use regularization::{max_norm, penalty};
