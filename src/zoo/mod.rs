//! The architectures that the notes study, each in a few lines of their notation.
//!
//! Every network is a plain struct, as [`network!`](crate::network) makes it, whose source is worth reading: its parameters
//! are asserted there, and `report()` prints its table. They have fresh parameters: nothing here is trained.
//!
//! The feature `zoo` switches them on; without it they cost nothing.
//!
//! ```
//! use convnet::zoo::{LeNet5, Vgg16};
//!
//! println!("{}", Vgg16::report());
//! assert_eq!(Vgg16::PARAMETERS, 138_357_544);
//! let net = LeNet5::new(7);
//! assert_eq!(net.conv1().weights().dim(), (6, 5, 5, 1));
//! ```

mod alexnet;
mod googlenet;
mod lenet;
mod patterns;
mod resnet;
mod resnet_cifar;
mod vgg;
mod zfnet;

pub use alexnet::{AlexNet, AlexNetSingle};
pub use googlenet::GoogLeNet;
pub use lenet::LeNet5;
pub use patterns::{LinearClassifier, OneConvBetweenPools, OneConvolution, TwoConvsBetweenPools};
pub use resnet::{ResNet18, ResNet34, ResNet50, ResNet101, ResNet152};
pub use resnet_cifar::{ResNet20, ResNet56};
pub use vgg::{Vgg11, Vgg13, Vgg16, Vgg19};
pub use zfnet::ZfNet;
