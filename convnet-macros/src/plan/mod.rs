//! The whole network, worked out: what code is generated from.

mod layout;
mod lifetimes;

use convnet_geometry::{Architecture, GeometryError, Layer, LayerKind, LossKind, Offsets, Place};
use proc_macro2::Span;
use syn::Path;

use crate::ast::Definition;

pub(crate) use layout::lay_out;

/// A network with all its geometry, names and offsets.
pub(crate) struct Plan<'a> {
    pub(crate) definition: &'a Definition,
    /// The struct's name.
    pub(crate) name: String,
    /// Volumes: first the input, last the scores.
    pub(crate) places: Vec<Place>,
    pub(crate) layers: Vec<PlannedLayer<'a>>,
    pub(crate) backward: Backward,
    pub(crate) loss: PlannedLoss,
}

/// One layer, ready to be generated.
pub(crate) struct PlannedLayer<'a> {
    /// `conv1`, or `plain2.conv1`.
    pub(crate) name: String,
    /// `CONV3-64 s2`.
    pub(crate) notation: String,
    /// The word in the source that it comes from.
    pub(crate) span: Span,
    /// The type of a user's own layer.
    pub(crate) custom: Option<&'a Path>,
    pub(crate) kind: LayerKind,
    pub(crate) inputs: Vec<usize>,
    pub(crate) output: usize,
    pub(crate) offsets: Offsets,
}

/// The gradients that the backward passes compute, in their order.
#[derive(Default)]
pub(crate) struct Backward {
    /// Those of a step of training: down to the layers with parameters.
    pub(crate) step: Vec<Gradient>,
    /// Those that are left for the gradient by the images.
    pub(crate) to_input: Vec<Gradient>,
}

/// One gradient of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gradient {
    /// By its parameters.
    Parameters(usize),
    /// By its input.
    Input(usize),
    /// By one of the branches that it joins.
    Branch(usize, usize),
}

/// The loss at the end.
#[derive(Clone)]
pub(crate) struct PlannedLoss {
    pub(crate) kind: LossKind,
    /// The numbers that its keyword may have in parentheses, in that order: the margin of a support vector machine, say.
    pub(crate) numbers: Vec<f64>,
    /// The type or tree that the user names.
    pub(crate) path: Option<Path>,
}

impl Plan<'_> {
    /// The description of the network that its report is printed from, handed to `use_it`.
    pub(crate) fn with_architecture<R>(
        &self,
        use_it: impl FnOnce(&Architecture<'_>) -> R,
    ) -> Result<R, GeometryError> {
        let layers: Vec<Layer<'_>> = self.layers.iter().map(PlannedLayer::entry).collect();
        let architecture = Architecture::check(&self.name, &self.places, &layers, self.loss.kind)?;
        Ok(use_it(&architecture))
    }
}

impl PlannedLayer<'_> {
    fn entry(&self) -> Layer<'_> {
        let Self { name, notation, kind, inputs, output, offsets, .. } = self;
        Layer { name, notation, kind: *kind, inputs, output: *output, offsets: *offsets }
    }
}
