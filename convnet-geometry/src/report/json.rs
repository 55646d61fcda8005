//! The report for machines: its fields and their names, which are stable.
//!
//! Counts are of one image; memory is in bytes of f32 (`scalar_bytes`). A layer's own fields are there for every kind of
//! layer, 0 or null where they have no meaning, so that rows can be read as a table.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Serialize, Serializer};

use super::Report;
use super::figures::{Figures, SCALAR, Totals};
use crate::advice::Advice;
use crate::algorithm::{Pass, SMALL_BATCH};
use crate::architecture::{Architecture, LossKind};
use crate::graph::source;
use crate::join::Join;
use crate::layer::{Layer, LayerKind};
use crate::memory::{Memory, UpdateRule};
use crate::pooling::Pool;
use crate::receptive_field::ReceptiveField;
use crate::rule::Rounding;
use crate::tensor::Tensor;
use crate::volume::{Extent, Volume};
use crate::window::{Padding, Window};

/// The whole document.
#[derive(Serialize)]
struct Document<'a> {
    name: &'a str,
    input: VolumeFields,
    output: VolumeFields,
    /// `softmax`, or null.
    loss: Option<&'static str>,
    layers: Vec<LayerFields<'a>>,
    totals: TotalsFields,
    /// The notes' pattern with its numbers, or null.
    pattern: Option<String>,
    advice: Vec<AdviceFields<'a>>,
    memory: MemoryFields,
}

#[derive(Serialize)]
struct VolumeFields {
    width: usize,
    height: usize,
    depth: usize,
}

#[derive(Serialize)]
struct ExtentFields {
    width: usize,
    height: usize,
}

#[derive(Serialize)]
struct PaddingFields {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

#[derive(Serialize)]
struct WindowFields {
    filter: ExtentFields,
    stride: ExtentFields,
    dilation: ExtentFields,
    padding: PaddingFields,
    /// `exact`, `floor` or `ceil`.
    rounding: &'static str,
    groups: usize,
}

/// How a layer is computed in batches of 32 images and more; null where there is but one way.
#[derive(Serialize)]
struct AlgorithmFields {
    forward: String,
    by_parameters: String,
    by_input: String,
}

/// An input of a layer: its place among the volumes, the layer that made it (null: the network's input).
#[derive(Serialize)]
struct InputFields<'a> {
    place: usize,
    layer: Option<&'a str>,
    volume: VolumeFields,
}

/// A row of the wide table.
#[derive(Serialize)]
struct LayerFields<'a> {
    name: &'a str,
    notation: &'a str,
    /// `convolution`, `max_pooling`, `sum`...
    kind: &'static str,
    inputs: Vec<InputFields<'a>>,
    output: VolumeFields,
    output_place: usize,
    in_place: bool,
    window: Option<WindowFields>,
    algorithms: Option<AlgorithmFields>,
    neurons: u64,
    connections: u64,
    weights: usize,
    biases: usize,
    scales: usize,
    shifts: usize,
    slopes: usize,
    own: usize,
    parameters: usize,
    unshared: u64,
    memory_bytes: u64,
    state: usize,
    switches: usize,
    saved: usize,
    statistics: usize,
    macs: u64,
    /// Null: the whole image.
    receptive_field: Option<FieldFields>,
    tensors: Vec<TensorFields>,
    state_tensors: Vec<TensorFields>,
}

#[derive(Serialize)]
struct FieldFields {
    size: ExtentFields,
    step: ExtentFields,
}

#[derive(Serialize)]
struct TensorFields {
    name: String,
    role: &'static str,
    shape: Vec<usize>,
    offset: usize,
    count: usize,
    fan_in: usize,
}

#[derive(Serialize)]
struct TotalsFields {
    neurons: u64,
    connections: u64,
    weights: u64,
    biases: u64,
    others: u64,
    parameters: u64,
    unshared: u64,
    memory_bytes: u64,
    state: usize,
    macs: u64,
}

#[derive(Serialize)]
struct AdviceFields<'a> {
    /// `odd_input`: the same for all advice of a kind.
    rule: &'static str,
    layer: Option<&'a str>,
    text: String,
}

/// The notes' memory question, for one image.
#[derive(Serialize)]
struct MemoryFields {
    scalar_bytes: u64,
    training_numbers: usize,
    inference_numbers: usize,
    gradient_numbers: usize,
    /// An entry for each update rule, for a batch of 1, in bytes.
    training: Vec<TrainingFields>,
}

#[derive(Serialize)]
struct TrainingFields {
    update_rule: &'static str,
    batch: usize,
    volumes: u64,
    volume_gradients: u64,
    switches: u64,
    parameters: u64,
    parameter_gradients: u64,
    optimizer: u64,
    total: u64,
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::of(*self).serialize(serializer)
    }
}

impl<'a> Document<'a> {
    fn of(report: Report<'a>) -> Self {
        let architecture = report.architecture;
        let layers = report.figures().enumerate();
        Self {
            name: architecture.name(),
            input: architecture.input().into(),
            output: architecture.output().into(),
            loss: loss(architecture.loss()),
            layers: layers.map(|(index, figures)| LayerFields::of(architecture, index, &figures)).collect(),
            totals: TotalsFields::of(&report.totals(), architecture.state()),
            pattern: architecture.pattern().map(|pattern| pattern.to_string()),
            advice: architecture.advice().map(AdviceFields::of).collect(),
            memory: MemoryFields::of(architecture),
        }
    }
}

impl<'a> LayerFields<'a> {
    fn of(architecture: &Architecture<'a>, index: usize, figures: &Figures<'a>) -> Self {
        let layer = figures.layer;
        let counts = layer.kind.counts();
        Self {
            name: layer.name,
            notation: layer.notation,
            kind: kind(&layer.kind),
            inputs: inputs(architecture, index),
            output: layer.kind.output().into(),
            output_place: layer.output,
            in_place: layer.is_in_place(),
            window: layer.kind.window().map(|window| WindowFields::of(&window, &layer.kind)),
            algorithms: AlgorithmFields::of(figures),
            neurons: figures.neurons,
            connections: figures.connections,
            weights: counts.weights,
            biases: counts.biases,
            scales: counts.scales,
            shifts: counts.shifts,
            slopes: counts.slopes,
            own: counts.own,
            parameters: counts.parameters(),
            unshared: figures.unshared,
            memory_bytes: figures.memory,
            state: counts.state,
            switches: counts.switches,
            saved: counts.saved,
            statistics: counts.statistics,
            macs: counts.macs,
            receptive_field: FieldFields::of(figures.sees),
            tensors: layer.tensors().map(TensorFields::of).collect(),
            state_tensors: layer.state_tensors().map(TensorFields::of).collect(),
        }
    }
}

fn inputs<'a>(architecture: &Architecture<'a>, index: usize) -> Vec<InputFields<'a>> {
    let (layers, places): (&'a [Layer<'a>], _) = (architecture.layers(), architecture.places());
    let input = |(i, &place): (usize, &usize)| InputFields {
        place,
        layer: source(layers, index, i).map(|source| layers[source].name),
        volume: places[place].volume.into(),
    };
    layers[index].inputs.iter().enumerate().map(input).collect()
}

impl WindowFields {
    fn of(window: &Window, kind: &LayerKind) -> Self {
        let Window { filter, stride, dilation, padding, rounding } = *window;
        let groups = match kind {
            LayerKind::Convolution(layer) => layer.groups(),
            LayerKind::Local(layer) => layer.shared().groups(),
            _ => 1,
        };
        let rounding = match rounding {
            Rounding::Exact => "exact",
            Rounding::Floor => "floor",
            Rounding::Ceil => "ceil",
        };
        let (filter, stride, dilation) = (filter.into(), stride.into(), dilation.into());
        Self { filter, stride, dilation, padding: padding.into(), rounding, groups }
    }
}

impl AlgorithmFields {
    fn of(figures: &Figures<'_>) -> Option<Self> {
        let of = |pass| figures.algorithm(SMALL_BATCH, pass).map(|algorithm| algorithm.to_string());
        Some(Self {
            forward: of(Pass::Forward)?,
            by_parameters: of(Pass::ByParameters)?,
            by_input: of(Pass::ByInput)?,
        })
    }
}

impl FieldFields {
    fn of(field: ReceptiveField) -> Option<Self> {
        match field {
            ReceptiveField::Pixels { size, step } => Some(Self { size: size.into(), step: step.into() }),
            ReceptiveField::WholeImage => None,
        }
    }
}

impl TensorFields {
    fn of(tensor: Tensor<'_>) -> Self {
        Self {
            name: tensor.to_string(),
            role: tensor.role.name(),
            shape: tensor.shape().to_vec(),
            offset: tensor.offset,
            count: tensor.count(),
            fan_in: tensor.fan_in,
        }
    }
}

impl TotalsFields {
    fn of(totals: &Totals, state: usize) -> Self {
        let Totals { neurons, connections, weights, biases, others, parameters, unshared, memory, macs } =
            *totals;
        let memory_bytes = memory;
        Self {
            neurons,
            connections,
            weights,
            biases,
            others,
            parameters,
            unshared,
            memory_bytes,
            state,
            macs,
        }
    }
}

impl<'a> AdviceFields<'a> {
    fn of(advice: Advice<'a>) -> Self {
        Self { rule: advice.rule(), layer: advice.layer(), text: advice.to_string() }
    }
}

impl MemoryFields {
    fn of(architecture: &Architecture<'_>) -> Self {
        Self {
            scalar_bytes: SCALAR,
            training_numbers: architecture.training_numbers(),
            inference_numbers: architecture.inference_numbers(),
            gradient_numbers: architecture.gradient_numbers(),
            training: UpdateRule::ALL.map(|rule| TrainingFields::of(architecture, rule)).into(),
        }
    }
}

impl TrainingFields {
    fn of(architecture: &Architecture<'_>, rule: UpdateRule) -> Self {
        let memory = architecture.memory(1, rule, size_of::<f32>());
        let Memory { volumes, volume_gradients, switches, parameters, parameter_gradients, optimizer } =
            memory;
        Self {
            update_rule: rule.name(),
            batch: 1,
            volumes,
            volume_gradients,
            switches,
            parameters,
            parameter_gradients,
            optimizer,
            total: memory.total(),
        }
    }
}

impl From<Volume> for VolumeFields {
    fn from(Volume { width, height, depth }: Volume) -> Self {
        Self { width, height, depth }
    }
}

impl From<Extent> for ExtentFields {
    fn from(Extent { width, height }: Extent) -> Self {
        Self { width, height }
    }
}

impl From<Padding> for PaddingFields {
    fn from(Padding { left, right, top, bottom }: Padding) -> Self {
        Self { left, right, top, bottom }
    }
}

fn loss(loss: LossKind) -> Option<&'static str> {
    Some(match loss {
        LossKind::None => return None,
        LossKind::Softmax => "softmax",
        LossKind::Svm => "svm",
        LossKind::SquaredSvm => "squared_svm",
        LossKind::OneVsAll => "one_vs_all",
        LossKind::Logistic => "logistic",
        LossKind::Hinge => "hinge",
        LossKind::L2 => "l2",
        LossKind::L1 => "l1",
        LossKind::HierarchicalSoftmax => "hierarchical_softmax",
        LossKind::Structured => "structured",
        LossKind::Custom => "custom",
    })
}

fn kind(kind: &LayerKind) -> &'static str {
    match kind {
        LayerKind::Convolution(_) => "convolution",
        LayerKind::Local(_) => "local",
        LayerKind::Pooling(layer) => match layer.pool() {
            Pool::Max => "max_pooling",
            Pool::Average(_) => "average_pooling",
            Pool::L2 => "l2_pooling",
            Pool::Stochastic => "stochastic_pooling",
        },
        LayerKind::FractionalPooling(_) => "fractional_pooling",
        LayerKind::Dense(_) => "fully_connected",
        LayerKind::Activation(_) => "activation",
        LayerKind::PRelu(_) => "prelu",
        LayerKind::Maxout(_) => "maxout",
        LayerKind::BatchNorm(_) => "batch_norm",
        LayerKind::ResponseNorm(_) => "response_norm",
        LayerKind::Dropout(_) => "dropout",
        LayerKind::Joint(joint) => match joint.join {
            Join::Stack => "stack",
            Join::Sum => "sum",
        },
        LayerKind::Custom(_) => "custom",
    }
}
