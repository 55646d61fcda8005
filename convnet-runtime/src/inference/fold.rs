//! What inference does not need: batch normalization behind weights, dropout, DropConnect's scale.
//!
//! Behind a layer of weights `y = scale * (w x + b - mean) / sqrt(variance + epsilon) + shift` is a layer of weights, too:
//! with `f = scale / sqrt(variance + epsilon)` its weights are `f * w`, its bias is `f * (b - mean) + shift`.

use std::ops::Range;

use convnet_geometry::{
    BatchNorm, Convolution, ConvolutionSpec, Dense, DenseSpec, LayerKind, Local, Offsets,
};

use super::executor::{Origin, Parsed};
use super::graph::{Graph, Node};
use crate::memory::{Buffer, zeros};
use crate::scalar::Scalar;

/// Where the parameters of a layer come from.
enum Numbers<T> {
    /// A range of the network's own.
    Own(Range<usize>),
    /// New ones.
    New(Vec<T>),
}

impl<T: Scalar> Numbers<T> {
    fn get<'a>(&'a self, parameters: &'a [T]) -> &'a [T] {
        match self {
            Self::Own(range) => &parameters[range.clone()],
            Self::New(numbers) => numbers,
        }
    }
}

/// The layers that are left, while others are folded into them.
struct Folding<T> {
    graph: Graph,
    parameters: Vec<Numbers<T>>,
    states: Vec<Range<usize>>,
    origins: Vec<Origin<T>>,
}

/// The network that infers the same without batch normalization behind weights, dropout and DropConnect.
pub(super) fn fold<T: Scalar>(parsed: Parsed<T>) -> Parsed<T> {
    let Parsed { graph, parameters, state, origins } = parsed;
    let readers = graph.readers();
    let Graph { name, input, nodes } = graph;
    let empty = Graph { name, input, nodes: Vec::with_capacity(nodes.len()) };
    let mut to = Folding { graph: empty, parameters: Vec::new(), states: Vec::new(), origins: Vec::new() };
    // The value that each old one has become, whether one layer alone reads it, and where the next layer's numbers begin.
    let mut values = vec![(0, readers[0] == 1)];
    let (mut offsets, last) = (Offsets::FIRST, nodes.len() - 1);
    for (index, (mut node, origin)) in nodes.into_iter().zip(origins).enumerate() {
        let counts = node.kind.counts();
        let own = offsets.parameters..offsets.parameters + counts.parameters();
        let own_state = offsets.state..offsets.state + counts.state;
        offsets = offsets.after(&counts).expect("the architecture was counted");
        let (_, input_is_read_once) = values[node.inputs[0]];
        let is_read_once = readers[index + 1] == 1;
        node.inputs.iter_mut().for_each(|input| *input = values[*input].0);
        let is_folded = match node.kind {
            // A network has at least one layer.
            LayerKind::Dropout(_) => index < last || !to.graph.nodes.is_empty(),
            LayerKind::BatchNorm(layer) => {
                let affine = Affine::of(&layer, &parameters[own.clone()], &state[own_state.clone()]);
                input_is_read_once && to.normalize(&affine, node.inputs[0], &parameters)
            }
            _ => false,
        };
        values.push(if is_folded {
            (node.inputs[0], input_is_read_once && is_read_once)
        } else {
            (to.push(node, origin, (own, own_state), &parameters), is_read_once)
        });
    }
    to.finish(parameters, &state)
}

impl<T: Scalar> Folding<T> {
    /// Takes a layer over; DropConnect's scale goes into its weights. Returns its value.
    fn push(
        &mut self,
        mut node: Node,
        origin: Origin<T>,
        (own, state): (Range<usize>, Range<usize>),
        parameters: &[T],
    ) -> usize {
        let mut numbers = Numbers::Own(own.clone());
        if let LayerKind::Dense(dense) = node.kind
            && let Some(keep) = dense.keep()
        {
            let (keep, mut scaled) = (T::from_f64(keep.get()), parameters[own].to_vec());
            scaled[..dense.weights()].iter_mut().for_each(|weight| *weight *= keep);
            let spec = DenseSpec {
                input: dense.input(),
                outputs: dense.outputs(),
                bias: dense.has_bias(),
                keep: None,
            };
            (numbers, node.kind) = (Numbers::New(scaled), LayerKind::Dense(spec.geometry()));
            node.notation = format!("FC{}{}", dense.outputs(), if dense.has_bias() { "" } else { " nobias" });
        }
        self.parameters.push(numbers);
        self.states.push(state);
        self.origins.push(origin);
        self.graph.nodes.push(node);
        self.graph.nodes.len()
    }

    /// Folds batch normalization into the layer that makes this value; whether that is a layer of weights.
    fn normalize(&mut self, affine: &Affine<'_, T>, value: usize, parameters: &[T]) -> bool {
        let Some(index) = value.checked_sub(1) else { return false };
        let Some(kind) = with_bias(&self.graph.nodes[index].kind) else { return false };
        let before = self.graph.nodes[index].kind.counts();
        let (weights, biases) = self.parameters[index].get(parameters).split_at(before.weights);
        let mut numbers = Vec::with_capacity(kind.parameters());
        numbers.extend_from_slice(weights);
        numbers.extend_from_slice(biases);
        numbers.resize(kind.parameters(), T::zero());
        let (weights, biases) = numbers.split_at_mut(before.weights);
        let taps = weights.len() / biases.len();
        for (row, (weights, bias)) in weights.chunks_exact_mut(taps).zip(biases).enumerate() {
            affine.apply(row % affine.means.len(), weights, bias);
        }
        self.parameters[index] = Numbers::New(numbers);
        let node = &mut self.graph.nodes[index];
        (node.kind, node.notation) = (kind, node.notation.replace(" nobias", ""));
        true
    }

    /// Lays the numbers of the layers one after the other: in the buffer where they lie, if none has changed.
    fn finish(self, parameters: Buffer<T>, state: &[T]) -> Parsed<T> {
        let Self { graph, parameters: numbers, states, origins } = self;
        let is_unchanged = numbers.iter().all(|numbers| matches!(numbers, Numbers::Own(_)));
        let parameters = if is_unchanged && graph.parameters() == parameters.len() {
            parameters
        } else {
            gather(numbers.iter().map(|numbers| numbers.get(&parameters)))
        };
        let state = gather(states.into_iter().map(|range| &state[range]));
        Parsed { graph, parameters, state, origins }
    }
}

/// Slices, one after the other.
fn gather<'a, T: Scalar>(slices: impl Iterator<Item = &'a [T]> + Clone) -> Buffer<T> {
    let mut to = zeros(slices.clone().map(<[T]>::len).sum());
    let mut rest = &mut to[..];
    for slice in slices {
        let (here, after) = rest.split_at_mut(slice.len());
        here.copy_from_slice(slice);
        rest = after;
    }
    to
}

/// The same layer of weights with biases; nothing for other layers.
fn with_bias(kind: &LayerKind) -> Option<LayerKind> {
    let filters = |layer: &Convolution| {
        let (input, window, filters) = (layer.input(), layer.window(), layer.filters());
        ConvolutionSpec::new(input, window, filters).groups(layer.groups())
    };
    Some(match kind {
        LayerKind::Convolution(layer) => LayerKind::Convolution(filters(layer).geometry()),
        LayerKind::Local(layer) => LayerKind::Local(Local::new(filters(layer.shared()))),
        LayerKind::Dense(layer) => LayerKind::Dense(dense(layer)),
        _ => return None,
    })
}

fn dense(layer: &Dense) -> Dense {
    DenseSpec::new(layer.input(), layer.outputs()).geometry()
}

/// Batch normalization by running statistics: `factor * x + shift` a channel.
struct Affine<'a, T> {
    epsilon: f64,
    scales: &'a [T],
    shifts: &'a [T],
    means: &'a [T],
    variances: &'a [T],
}

impl<'a, T: Scalar> Affine<'a, T> {
    fn of(layer: &BatchNorm, parameters: &'a [T], state: &'a [T]) -> Self {
        let (scales, shifts) = parameters.split_at(layer.volume.depth);
        let (means, variances) = state.split_at(layer.volume.depth);
        Self { epsilon: layer.epsilon.get(), scales, shifts, means, variances }
    }

    /// Turns the weights and the bias of an output of this channel into those of its normalized form.
    fn apply(&self, channel: usize, weights: &mut [T], bias: &mut T) {
        let deviation = (self.variances[channel].as_f64() + self.epsilon).sqrt();
        let factor = self.scales[channel].as_f64() / deviation;
        weights.iter_mut().for_each(|weight| *weight = T::from_f64(weight.as_f64() * factor));
        let centred = bias.as_f64() - self.means[channel].as_f64();
        *bias = T::from_f64(centred * factor + self.shifts[channel].as_f64());
    }
}
