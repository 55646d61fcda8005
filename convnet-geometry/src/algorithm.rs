//! How a layer is computed: chosen by its geometry and the batch, when the program is compiled.

use core::fmt;

use crate::convolution::Convolution;
use crate::layer::LayerKind;
use crate::volume::{Extent, Volume};
use crate::window::Window;

/// A layer's passes, each of which may be computed in its own way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pass {
    /// The output.
    Forward,
    /// The gradient by the parameters.
    ByParameters,
    /// The gradient by the input.
    ByInput,
}

impl Pass {
    /// Every pass.
    pub const ALL: [Self; 3] = [Self::Forward, Self::ByParameters, Self::ByInput];
}

/// How a convolution is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConvolutionAlgorithm {
    /// A product with the windows where they lie, or on a copy of their rows where some reach into the padding: for every
    /// convolution.
    Direct,
    /// Winograd's, by tiles of 4 x 4 outputs of 3 x 3 filters, or 2 x 2 of 5 x 5: with stride 1, in one group, without dilation.
    /// A number that is not finite spreads over all outputs of its tiles.
    Winograd,
    /// Rows of pixels, channel by channel: with stride 1 in one group, for volumes of a few channels.
    /// A number that is not finite may spread over the gradients of all taps.
    Planes,
    /// All channels of a pixel at once, each with its own filter: where every group has one channel and one filter.
    Depthwise,
}

impl fmt::Display for ConvolutionAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Direct => "direct",
            Self::Winograd => "Winograd",
            Self::Planes => "planes",
            Self::Depthwise => "depthwise",
        })
    }
}

/// Images of a small batch: all larger ones have the same algorithms.
pub const SMALL_BATCH: usize = 32;

/// Tiles of one image, or of a batch, from which Winograd's transforms of filters cost less than they save.
const MANY_OF_IMAGE: usize = 5;
const MANY_OF_BATCH: usize = SMALL_BATCH;

/// Channels and filters from which it saves something.
const DEEP: usize = 8;

/// Channels that are too few for a vector of them to be well used, and pixels that are enough.
const FEW: usize = 10;
const WIDE: usize = 12;

impl ConvolutionAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Winograd, Self::Planes, Self::Depthwise];

    /// The algorithm chosen for this geometry, a batch of this size and a pass.
    pub const fn of(geometry: &Convolution, images: usize, pass: Pass) -> Self {
        let (input, output) = (geometry.input(), geometry.output());
        // What a product's columns would be, and the rows of pixels that can be them instead.
        let (channels, width) = match pass {
            Pass::Forward | Pass::ByParameters => (output.depth, output.width),
            Pass::ByInput => (input.depth, input.width),
        };
        if geometry.groups() > 1 && Self::Depthwise.is_admissible(geometry) {
            Self::Depthwise
        } else if Self::Planes.is_admissible(geometry) && channels < FEW && width >= WIDE {
            Self::Planes
        } else if is_worth_transforming(geometry, images) {
            Self::Winograd
        } else {
            Self::Direct
        }
    }

    /// Whether it computes convolutions of this geometry.
    pub const fn is_admissible(self, geometry: &Convolution) -> bool {
        match self {
            Self::Direct => true,
            Self::Winograd => winograd_outputs(geometry).is_some(),
            Self::Planes => geometry.groups() == 1 && is_square(geometry.window().stride, 1),
            Self::Depthwise => geometry.group_depth() == 1 && geometry.group_filters() == 1,
        }
    }
}

/// Outputs of a tile of Winograd's, along an axis: for filters of 3 x 3 or 5 x 5 with stride 1, which see all channels.
pub const fn winograd_outputs(convolution: &Convolution) -> Option<usize> {
    let Window { filter, stride, dilation, .. } = convolution.window();
    if convolution.groups() != 1 || !is_square(stride, 1) || !is_square(dilation, 1) {
        return None;
    }
    match filter {
        Extent { width: 3, height: 3 } => Some(4),
        Extent { width: 5, height: 5 } => Some(2),
        _ => None,
    }
}

const fn is_square(extent: Extent, side: usize) -> bool {
    extent.width == side && extent.height == side
}

/// Whether Winograd's algorithm is faster than a direct convolution, for a batch of this size.
const fn is_worth_transforming(convolution: &Convolution, images: usize) -> bool {
    let Some(outputs) = winograd_outputs(convolution) else { return false };
    let Volume { width, height, .. } = convolution.output();
    let tiles = width.div_ceil(outputs) * height.div_ceil(outputs);
    let is_deep = convolution.input().depth >= DEEP && convolution.filters() >= DEEP;
    is_deep && (tiles >= MANY_OF_IMAGE || tiles.saturating_mul(images) >= MANY_OF_BATCH)
}

/// How a fully connected layer is computed: chosen by the batch alone.
///
/// Each computes batches of any size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DenseAlgorithm {
    /// Image by image, an inner product for each output; the gradient by the input as a sum of the weights' rows.
    InnerProducts,
    /// A matrix product over the batch.
    Product,
}

impl fmt::Display for DenseAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::InnerProducts => "inner products",
            Self::Product => "product",
        })
    }
}

/// Images of which the gradient by the input is a sum of the weights' rows: packing weights costs more than it saves.
const FEW_IMAGES: usize = 8;

impl DenseAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 2] = [Self::InnerProducts, Self::Product];

    /// The algorithm chosen for a batch of this size and a pass. (There is but one for the gradient by the weights.)
    pub const fn of(images: usize, pass: Pass) -> Self {
        let few = match pass {
            Pass::Forward => 1,
            Pass::ByParameters => 0,
            Pass::ByInput => FEW_IMAGES,
        };
        if images <= few { Self::InnerProducts } else { Self::Product }
    }
}

/// The algorithm of a layer that has several, for a batch of some size and a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Algorithm {
    /// A convolution's.
    Convolution(ConvolutionAlgorithm),
    /// A fully connected layer's.
    Dense(DenseAlgorithm),
}

impl Algorithm {
    /// The one chosen; nothing for a layer that has but one.
    pub const fn of(layer: &LayerKind, images: usize, pass: Pass) -> Option<Self> {
        match layer {
            LayerKind::Convolution(layer) => {
                Some(Self::Convolution(ConvolutionAlgorithm::of(layer, images, pass)))
            }
            LayerKind::Dense(_) => Some(Self::Dense(DenseAlgorithm::of(images, pass))),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Convolution(algorithm) => algorithm.fmt(f),
            Self::Dense(algorithm) => algorithm.fmt(f),
        }
    }
}
