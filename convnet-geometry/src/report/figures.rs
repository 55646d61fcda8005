//! What is counted of a layer, beside what its kind says: the columns of the wide table.

use alloc::vec;
use alloc::vec::Vec;

use crate::algorithm::{Algorithm, Pass};
use crate::architecture::Architecture;
use crate::layer::{Layer, LayerKind};
use crate::receptive_field::ReceptiveField;
use crate::window::Window;

/// Bytes of a number in every report: it is an `f32`.
pub(super) const SCALAR: u64 = 4;

/// What is counted of one layer, for one image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Figures<'a> {
    /// The layer.
    pub layer: &'a Layer<'a>,
    /// Numbers that weights make: the output of CONV, LOCAL and FC, none of other layers, whose numbers belong to the
    /// neurons before them.
    pub neurons: u64,
    /// Numbers that the outputs see, and their biases: outputs x (inputs that each sees + 1 if it has a bias). Poolings
    /// see the cells of their window; other layers without weights have none.
    pub connections: u64,
    /// The parameters that the layer would have if no filter were shared: neurons x (weights of one + 1 if it has a bias).
    pub unshared: u64,
    /// Bytes of its output in f32; 0 if it works in place.
    pub memory: u64,
    /// What a neuron of its output sees of the image.
    pub sees: ReceptiveField,
}

impl<'a> Figures<'a> {
    fn of(layer: &'a Layer<'a>, sees: ReceptiveField) -> Self {
        let outputs = layer.kind.output().count() as u64;
        let seen = seen_by_one(&layer.kind) as u64;
        let bias = u64::from(layer.kind.biases() > 0);
        let connections = if seen > 0 { outputs.saturating_mul(seen + bias) } else { 0 };
        let (neurons, unshared) = if layer.kind.weights() > 0 { (outputs, connections) } else { (0, 0) };
        let memory = if layer.is_in_place() { 0 } else { outputs.saturating_mul(SCALAR) };
        Self { layer, neurons, connections, unshared, memory, sees }
    }

    /// How one of its passes is computed for a batch of this size; nothing for a layer that has but one way. Batches of more than
    /// [`SMALL_BATCH`](crate::SMALL_BATCH) images are all computed alike.
    pub const fn algorithm(&self, images: usize, pass: Pass) -> Option<Algorithm> {
        Algorithm::of(&self.layer.kind, images, pass)
    }

    /// Parameters that are neither weights nor biases: scales, shifts, slopes, and those of a user's own layer.
    pub const fn others(&self) -> u64 {
        let kind = &self.layer.kind;
        (kind.parameters() - kind.weights() - kind.biases()) as u64
    }
}

/// How many numbers one output sees.
fn seen_by_one(kind: &LayerKind) -> usize {
    match kind {
        LayerKind::Convolution(layer) => layer.taps(),
        LayerKind::Local(layer) => layer.shared().taps(),
        LayerKind::Dense(layer) => layer.inputs(),
        LayerKind::Pooling(layer) => {
            let Window { filter, .. } = layer.window();
            filter.width * filter.height
        }
        _ => 0,
    }
}

pub(super) fn of<'a>(architecture: &Architecture<'a>) -> impl Iterator<Item = Figures<'a>> + use<'a> {
    let fields = receptive_fields(architecture);
    architecture.layers().iter().zip(fields).map(|(layer, sees)| Figures::of(layer, sees))
}

/// What the neurons of each layer see.
fn receptive_fields(architecture: &Architecture<'_>) -> Vec<ReceptiveField> {
    let mut places = vec![ReceptiveField::PIXEL; architecture.places().len()];
    let through = |layer: &Layer<'_>| {
        let inputs = layer.inputs.iter().map(|&input| places[input]);
        let sees = inputs.reduce(ReceptiveField::with).unwrap_or(ReceptiveField::PIXEL).through(&layer.kind);
        places[layer.output] = sees;
        sees
    };
    architecture.layers().iter().map(through).collect()
}

/// The sums over all layers, for one image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Totals {
    /// Neurons, the numbers of the input not among them.
    pub neurons: u64,
    /// Connections.
    pub connections: u64,
    /// Weights.
    pub weights: u64,
    /// Biases.
    pub biases: u64,
    /// Other parameters.
    pub others: u64,
    /// All parameters.
    pub parameters: u64,
    /// The parameters if no filter were shared, the others among them.
    pub unshared: u64,
    /// Bytes of all volumes in f32, the input's among them.
    pub memory: u64,
    /// Multiply-accumulates, forward.
    pub macs: u64,
}

impl Totals {
    pub(super) fn of(architecture: &Architecture<'_>) -> Self {
        let sum = |column: fn(Figures<'_>) -> u64| of(architecture).map(column).fold(0, u64::saturating_add);
        let others = sum(|figures| figures.others());
        Self {
            neurons: sum(|figures| figures.neurons),
            connections: sum(|figures| figures.connections),
            weights: sum(|figures| figures.layer.kind.weights() as u64),
            biases: sum(|figures| figures.layer.kind.biases() as u64),
            others,
            parameters: architecture.parameters() as u64,
            unshared: sum(|figures| figures.unshared).saturating_add(others),
            memory: SCALAR.saturating_mul(architecture.training_numbers() as u64),
            macs: architecture.macs(),
        }
    }
}
