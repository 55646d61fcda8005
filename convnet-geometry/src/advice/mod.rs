//! What the notes would advise against: their rules of thumb on the sizes of layers, activations and losses.

mod rules;
mod text;

pub(crate) use rules::of;

use crate::volume::{Extent, Volume};

/// A rule of thumb that a network does not follow. None is an error: AlexNet breaks three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Advice<'a> {
    /// The input cannot be halved.
    OddInput {
        /// Its size.
        input: Volume,
    },
    /// The input can be halved, but not as often as the layers halve it.
    HalvedTooOften {
        /// Its size.
        input: Volume,
        /// How often both sides divide by 2.
        possible: u32,
        /// How often the layers of one path halve it.
        halvings: u32,
    },
    /// A filter larger than 5x5 beyond the first layer, or than 7x7 in it.
    LargeFilter {
        /// The layer.
        layer: &'a str,
        /// Its filter.
        filter: Extent,
    },
    /// A filter beyond the first layer that a stack of 3x3 filters replaces with fewer weights.
    CouldBeStacked {
        /// The layer.
        layer: &'a str,
        /// F: a side of its filter.
        side: usize,
        /// Channels that one filter sees.
        depth: usize,
        /// K: the number of filters.
        filters: usize,
    },
    /// A convolution with stride 1 that shrinks the volume.
    Shrinks {
        /// The layer.
        layer: &'a str,
        /// From.
        input: Extent,
        /// To.
        output: Extent,
    },
    /// A pooling window larger than 3x3.
    LargePool {
        /// The layer.
        layer: &'a str,
        /// Its window.
        window: Extent,
    },
    /// Two layers of weights with no activation between them.
    NoActivation {
        /// The first.
        layer: &'a str,
        /// The second.
        next: &'a str,
    },
    /// Windows that do not fit and are cut or added.
    Rounded {
        /// The layer.
        layer: &'a str,
    },
    /// A hidden SIGMOID in a deep network.
    HiddenSigmoid {
        /// The layer.
        layer: &'a str,
        /// How many layers of weights the network is deep.
        depth: u32,
    },
    /// Local response normalization.
    ResponseNorm {
        /// The layer.
        layer: &'a str,
    },
    /// Dropout right before or after batch normalization.
    DropoutBesideBatchNorm {
        /// The dropout.
        layer: &'a str,
        /// The batch normalization.
        norm: &'a str,
    },
    /// Dropout in a network for regression with the L2 loss.
    DropoutBeforeL2 {
        /// The layer.
        layer: &'a str,
    },
    /// The L2 loss.
    L2Loss,
}

impl<'a> Advice<'a> {
    /// The layer that it is about; none if it is about the input or the loss.
    pub const fn layer(&self) -> Option<&'a str> {
        match *self {
            Self::OddInput { .. } | Self::HalvedTooOften { .. } | Self::L2Loss => None,
            Self::LargeFilter { layer, .. }
            | Self::CouldBeStacked { layer, .. }
            | Self::Shrinks { layer, .. }
            | Self::LargePool { layer, .. }
            | Self::NoActivation { layer, .. }
            | Self::Rounded { layer }
            | Self::HiddenSigmoid { layer, .. }
            | Self::ResponseNorm { layer }
            | Self::DropoutBesideBatchNorm { layer, .. }
            | Self::DropoutBeforeL2 { layer } => Some(layer),
        }
    }

    /// Its rule, in snake case: `odd_input`.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::OddInput { .. } => "odd_input",
            Self::HalvedTooOften { .. } => "halved_too_often",
            Self::LargeFilter { .. } => "large_filter",
            Self::CouldBeStacked { .. } => "could_be_stacked",
            Self::Shrinks { .. } => "shrinks",
            Self::LargePool { .. } => "large_pool",
            Self::NoActivation { .. } => "no_activation",
            Self::Rounded { .. } => "rounded",
            Self::HiddenSigmoid { .. } => "hidden_sigmoid",
            Self::ResponseNorm { .. } => "response_norm",
            Self::DropoutBesideBatchNorm { .. } => "dropout_beside_batch_norm",
            Self::DropoutBeforeL2 { .. } => "dropout_before_l2",
            Self::L2Loss => "l2_loss",
        }
    }
}
