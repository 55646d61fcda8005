//! The networks of burn's layers.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d, Relu};
use burn::tensor::{Device, Tensor};
use harness::nets;

/// Layers, one after the other.
#[derive(Module, Debug)]
pub struct Model {
    layers: Vec<Layer>,
}

#[derive(Module, Debug)]
enum Layer {
    Convolution(Conv2d),
    Normalization(BatchNorm),
    Relu(Relu),
    MaxPool(MaxPool2d),
    GlobalAverage(AdaptiveAvgPool2d),
    FullyConnected(Linear),
    Sum(Sum),
}

#[derive(Module, Debug)]
struct Sum {
    branch: Model,
    shortcut: Model,
}

impl Model {
    pub fn new(layers: &[nets::Layer], device: &Device) -> Self {
        Self { layers: layers.iter().map(|layer| Layer::new(layer, device)).collect() }
    }

    /// Scores, `[N, classes]`, of images `[N, C, H, W]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.volumes(images).flatten(1, 3)
    }

    fn volumes(&self, input: Tensor<4>) -> Tensor<4> {
        self.layers.iter().fold(input, |input, layer| layer.forward(input))
    }
}

impl Layer {
    fn new(layer: &nets::Layer, device: &Device) -> Self {
        match *layer {
            nets::Layer::Convolution(it) => Self::Convolution(
                Conv2dConfig::new([it.inputs, it.filters], [it.size; 2])
                    .with_stride([it.stride; 2])
                    .with_padding(padding(it.padding))
                    .with_bias(it.bias)
                    .init(device),
            ),
            nets::Layer::Normalization { channels } => {
                Self::Normalization(BatchNormConfig::new(channels).init(device))
            }
            nets::Layer::Relu => Self::Relu(Relu::new()),
            nets::Layer::MaxPool { size, stride, padding: zeros } => Self::MaxPool(
                MaxPool2dConfig::new([size; 2]).with_strides([stride; 2]).with_padding(padding(zeros)).init(),
            ),
            nets::Layer::GlobalAverage => Self::GlobalAverage(AdaptiveAvgPool2dConfig::new([1, 1]).init()),
            nets::Layer::FullyConnected { inputs, outputs } => {
                Self::FullyConnected(LinearConfig::new(inputs, outputs).init(device))
            }
            nets::Layer::Sum { ref branch, ref shortcut } => {
                Self::Sum(Sum { branch: Model::new(branch, device), shortcut: Model::new(shortcut, device) })
            }
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Convolution(layer) => layer.forward(input),
            Self::Normalization(layer) => layer.forward(input),
            Self::Relu(layer) => layer.forward(input),
            Self::MaxPool(layer) => layer.forward(input),
            Self::GlobalAverage(layer) => layer.forward(input),
            Self::FullyConnected(layer) => {
                let scores = layer.forward(input.flatten::<2>(1, 3));
                let [count, outputs] = scores.dims();
                scores.reshape([count, outputs, 1, 1])
            }
            Self::Sum(Sum { branch, shortcut }) => branch.volumes(input.clone()) + shortcut.volumes(input),
        }
    }
}

fn padding(zeros: usize) -> PaddingConfig2d {
    PaddingConfig2d::Explicit(zeros, zeros, zeros, zeros)
}
