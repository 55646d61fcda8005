//! One layer of a network, as its architecture lists it.

use crate::convolution::Convolution;
use crate::dense::Dense;
use crate::error::GeometryError;
use crate::pooling::{Pool, Pooling};
use crate::tensor::{Role, Tensor};
use crate::volume::Volume;
use crate::window::Window;

/// What a layer computes, with its checked geometry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LayerKind {
    /// CONV.
    Convolution(Convolution),
    /// POOL or AVGPOOL.
    Pooling(Pooling),
    /// FC.
    Dense(Dense),
    /// RELU on a volume, in place.
    Relu(Volume),
}

impl LayerKind {
    /// The volume that the layer takes.
    pub const fn input(&self) -> Volume {
        match self {
            Self::Convolution(layer) => layer.input(),
            Self::Pooling(layer) => layer.input(),
            Self::Dense(layer) => layer.input(),
            Self::Relu(volume) => *volume,
        }
    }

    /// The volume that the layer gives.
    pub const fn output(&self) -> Volume {
        match self {
            Self::Convolution(layer) => layer.output(),
            Self::Pooling(layer) => layer.output(),
            Self::Dense(layer) => layer.output(),
            Self::Relu(volume) => *volume,
        }
    }

    /// The number of weights.
    pub const fn weights(&self) -> usize {
        match self {
            Self::Convolution(layer) => layer.weights(),
            Self::Dense(layer) => layer.weights(),
            Self::Pooling(_) | Self::Relu(_) => 0,
        }
    }

    /// The number of biases.
    pub const fn biases(&self) -> usize {
        match self {
            Self::Convolution(layer) => layer.biases(),
            Self::Dense(layer) => layer.biases(),
            Self::Pooling(_) | Self::Relu(_) => 0,
        }
    }

    /// Multiply-accumulates for one image; comparisons and additions of pooling and activations are not counted.
    pub const fn macs(&self) -> u64 {
        match self {
            Self::Convolution(layer) => layer.macs(),
            Self::Dense(layer) => layer.macs(),
            Self::Pooling(_) | Self::Relu(_) => 0,
        }
    }

    /// Positions that the forward pass of training keeps for the backward pass, for one image: the switches of
    /// maximum pooling.
    pub const fn switches(&self) -> usize {
        match self {
            Self::Pooling(layer) if matches!(layer.pool(), Pool::Max) => layer.output().count(),
            _ => 0,
        }
    }

    /// The window that slides over the input, if there is one.
    pub const fn window(&self) -> Option<Window> {
        match self {
            Self::Convolution(layer) => Some(layer.window()),
            Self::Pooling(layer) => Some(layer.window()),
            Self::Dense(_) | Self::Relu(_) => None,
        }
    }

    /// Whether the layer overwrites its input with its output.
    pub const fn is_in_place(&self) -> bool {
        matches!(self, Self::Relu(_))
    }
}

/// One layer: its name, its notation, its geometry, and where its input, output and parameters lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layer<'a> {
    /// Kind and ordinal, `conv1`: the name of its accessor and of its tensors.
    pub name: &'a str,
    /// As the source writes it: `CONV3-64`.
    pub notation: &'a str,
    /// What it computes.
    pub kind: LayerKind,
    /// Index of its input among the architecture's places.
    pub input: usize,
    /// Index of its output; the input's if it works in place.
    pub output: usize,
    /// Where its parameters begin in the flat buffer.
    pub parameters: usize,
    /// Where its switches begin among those of one image.
    pub switches: usize,
}

impl<'a> Layer<'a> {
    /// Where the layer's parameters lie in the flat buffer.
    pub const fn range(&self) -> core::ops::Range<usize> {
        self.parameters..self.parameters + self.kind.weights() + self.kind.biases()
    }

    /// The layer's learnable tensors, in the order in which they lie in the flat buffer.
    pub fn tensors(&self) -> impl Iterator<Item = Tensor<'a>> + use<'a> {
        let bias_at = self.parameters + self.kind.weights();
        let weights = match &self.kind {
            LayerKind::Convolution(layer) => {
                let filter = layer.window().filter;
                let sizes = [layer.filters(), filter.height, filter.width, layer.group_depth()];
                Some(Tensor::filters(self.name, self.parameters, sizes))
            }
            LayerKind::Dense(layer) => {
                Some(Tensor::matrix(self.name, self.parameters, layer.outputs(), layer.inputs()))
            }
            LayerKind::Pooling(_) | LayerKind::Relu(_) => None,
        };
        let biases = self.kind.biases();
        let bias = (biases > 0).then(|| Tensor::vector(self.name, Role::Bias, bias_at, biases));
        weights.into_iter().chain(bias)
    }

    /// Whether the layer takes this volume.
    pub(crate) const fn accepts(&self, input: Volume) -> Result<(), GeometryError> {
        let expected = self.kind.input();
        if expected.same(input) { Ok(()) } else { Err(GeometryError::Volumes { expected, found: input }) }
    }
}
