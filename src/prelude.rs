//! What almost every program needs.
//!
//! ```
//! use convnet::{network, prelude::*};
//!
//! network! { struct Tiny { INPUT[8x8x1] -> CONV3-4 -> RELU -> POOL2 -> FC3 } }
//!
//! let net = Tiny::new(7);
//! assert_eq!(net.parameters().len(), Tiny::PARAMETERS);
//! ```

pub use convnet_geometry::{Architecture, UpdateRule, Volume};
pub use convnet_runtime::data::{Dataset, LabelledImages, Scaling, TestSet, TrainingSet, ValidationSet};
pub use convnet_runtime::losses::{Loss, Softmax, Svm};
#[cfg(feature = "train")]
pub use convnet_runtime::optimizers::{Adagrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RmsProp, Sgd};
#[cfg(feature = "train")]
pub use convnet_runtime::regularization::{Penalty, Regularization};
#[cfg(feature = "train")]
pub use convnet_runtime::schedules::{MomentumSchedule, Schedule, Scheduler};
#[cfg(feature = "train")]
pub use convnet_runtime::train::{Trainer, evaluate, predict};
pub use convnet_runtime::workspace::{InferenceWorkspace, TrainingWorkspace};
pub use convnet_runtime::{Error, Initialization, Network, Observer, Scalar, Step, Unobserved, Weights};
