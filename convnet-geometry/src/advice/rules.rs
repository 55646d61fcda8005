//! The rules, a function each with its sentence above it.

use alloc::vec;
use alloc::vec::Vec;

use super::Advice;
use crate::activation::{Activation, Function};
use crate::architecture::LossKind;
use crate::graph::{longest_paths, source, sources};
use crate::join::Join;
use crate::layer::{Layer, LayerKind};
use crate::rule::Rounding;
use crate::volume::{Extent, Volume};
use crate::window::Window;

/// Up to so many layers of weights the gradient gets through sigmoids.
const SHALLOW: u32 = 3;

/// What the notes would say of these layers, in their order.
pub(crate) fn of<'a>(
    input: Volume,
    layers: &'a [Layer<'a>],
    loss: LossKind,
) -> impl Iterator<Item = Advice<'a>> + use<'a> {
    let depths = longest_paths(layers, |layer| u32::from(layer.kind.weights() > 0));
    let depth = depths.iter().copied().max().unwrap_or(0);
    let unbroken = unbroken(layers);
    let of_layers = (0..layers.len()).flat_map(move |i| {
        let layer = &layers[i];
        let first = depths[i] <= 1;
        let of_one = [
            size(layer, first),
            stack(layer, first),
            shrinks(layer),
            rounded(layer),
            sigmoid(layer, depths[i], depth),
            response_norm(layer),
            dropout_beside_batch_norm(layers, i),
            dropout_before_l2(layer, loss),
        ];
        let next = unbroken.iter().filter(|(first, _)| *first == i).map(|(_, next)| layers[*next].name);
        let no_activation = next.map(|next| Advice::NoActivation { layer: layer.name, next });
        of_one.into_iter().flatten().chain(no_activation).collect::<Vec<_>>()
    });
    let of_loss = (loss == LossKind::L2).then_some(Advice::L2Loss);
    of_input(input, layers).into_iter().chain(of_layers).chain(of_loss)
}

/// The input layer should be divisible by 2 many times: at least as often as layers halve it.
fn of_input<'a>(input: Volume, layers: &[Layer<'_>]) -> Option<Advice<'a>> {
    let possible = input.width.trailing_zeros().min(input.height.trailing_zeros());
    let has_windows = layers.iter().any(|layer| layer.kind.window().is_some());
    if possible == 0 {
        return has_windows.then_some(Advice::OddInput { input });
    }
    let halvings = longest_paths(layers, halvings).into_iter().max().unwrap_or(0);
    (halvings > possible).then_some(Advice::HalvedTooOften { input, possible, halvings })
}

/// How often a layer's stride halves the plane. A window over the whole plane ends it, and need not divide it.
fn halvings(layer: &Layer<'_>) -> u32 {
    let (Some(window), Some(input)) = (layer.kind.window(), layer.kind.input()) else {
        return 0;
    };
    if window.filter == input.extent() {
        return 0;
    }
    window.stride.width.trailing_zeros().max(window.stride.height.trailing_zeros())
}

/// Convolutions should use small filters, of 3x3 or at most 5x5, 7x7 only on the image; poolings 2x2 or 3x3.
fn size<'a>(layer: &Layer<'a>, first: bool) -> Option<Advice<'a>> {
    let Window { filter, .. } = layer.kind.window()?;
    let side = filter.width.max(filter.height);
    match layer.kind {
        // A window over the whole plane is a global pooling, or a fully connected layer, and meant.
        _ if layer.kind.input()?.extent() == filter => None,
        LayerKind::Convolution(_) if stack(layer, first).is_some() => None,
        LayerKind::Convolution(_) if side > if first { 7 } else { 5 } => {
            Some(Advice::LargeFilter { layer: layer.name, filter })
        }
        LayerKind::Pooling(_) if side > 3 => Some(Advice::LargePool { layer: layer.name, window: filter }),
        _ => None,
    }
}

/// A stack of 3x3 filters sees as much as one of 7x7 with fewer weights and more activations.
fn stack<'a>(layer: &Layer<'a>, first: bool) -> Option<Advice<'a>> {
    let LayerKind::Convolution(convolution) = layer.kind else {
        return None;
    };
    let Window { filter, stride, dilation, .. } = convolution.window();
    let plain = stride == Extent::square(1) && dilation == stride && filter.is_square();
    let side = filter.width;
    let whole_plane = convolution.input().extent() == filter;
    if first || !plain || whole_plane || side < 5 || side.is_multiple_of(2) || convolution.groups() > 1 {
        return None;
    }
    let (depth, filters) = (convolution.group_depth(), convolution.filters());
    let fewer = Stack { side, depth, filters }.weights() < convolution.weights() as u128;
    fewer.then_some(Advice::CouldBeStacked { layer: layer.name, side, depth, filters })
}

/// The 3x3 convolutions that see as much as one of `side`: the first on `depth` channels, all with as many filters.
#[derive(Clone, Copy)]
pub(super) struct Stack {
    pub(super) side: usize,
    pub(super) depth: usize,
    pub(super) filters: usize,
}

impl Stack {
    /// How many there are: two for 5x5, three for 7x7.
    pub(super) const fn layers(self) -> usize {
        (self.side - 1) / 2
    }

    /// The weights of all of them.
    pub(super) fn weights(self) -> u128 {
        let (depth, filters) = (self.depth as u128, self.filters as u128);
        9 * filters * (depth + (self.layers() as u128 - 1) * filters)
    }
}

/// Convolutions should keep the size, and poolings alone halve it.
fn shrinks<'a>(layer: &Layer<'a>) -> Option<Advice<'a>> {
    let LayerKind::Convolution(convolution) = layer.kind else {
        return None;
    };
    let (input, output) = (convolution.input().extent(), convolution.output().extent());
    let shrinks = output.width < input.width || output.height < input.height;
    // Down to 1x1 it is a fully connected layer written as a convolution.
    let to_a_point = output == Extent::square(1);
    (convolution.window().stride == Extent::square(1) && shrinks && !to_a_point).then_some(Advice::Shrinks {
        layer: layer.name,
        input,
        output,
    })
}

/// Sizes should be such that windows fit.
fn rounded<'a>(layer: &Layer<'a>) -> Option<Advice<'a>> {
    let window = layer.kind.window()?.rounding(Rounding::Exact);
    window.output(layer.kind.input()?).is_err().then_some(Advice::Rounded { layer: layer.name })
}

/// Every layer of weights but the last should be followed by an activation, in every branch: the pairs that are not.
fn unbroken(layers: &[Layer<'_>]) -> Vec<(usize, usize)> {
    // For each layer the layers of weights that it is a linear function of.
    let mut linear: Vec<Vec<usize>> = Vec::with_capacity(layers.len());
    let mut pairs = Vec::new();
    for (index, layer) in layers.iter().enumerate() {
        let mut reached: Vec<usize> =
            sources(layers, index).flatten().flat_map(|source| linear[source].iter().copied()).collect();
        reached.sort_unstable();
        reached.dedup();
        let has_weights = layer.kind.weights() > 0;
        pairs.extend(reached.iter().filter(|_| has_weights).map(|&first| (first, index)));
        linear.push(match has_weights {
            true => vec![index],
            false if is_linear(&layer.kind) => reached,
            false => Vec::new(),
        });
    }
    pairs
}

/// Whether a layer without weights keeps what it takes linear, in inference. A sum is left out: other branches of it
/// are not linear.
fn is_linear(kind: &LayerKind) -> bool {
    match kind {
        LayerKind::BatchNorm(_) | LayerKind::Dropout(_) => true,
        LayerKind::Joint(joint) => joint.join == Join::Stack,
        _ => false,
    }
}

/// Sigmoids saturate, which kills the gradient, the more so the deeper the network; the last layer may be one.
fn sigmoid<'a>(layer: &Layer<'a>, before: u32, depth: u32) -> Option<Advice<'a>> {
    let is_sigmoid =
        matches!(layer.kind, LayerKind::Activation(Activation { function: Function::Sigmoid, .. }));
    let is_hidden = before < depth;
    (is_sigmoid && is_hidden && depth > SHALLOW).then_some(Advice::HiddenSigmoid { layer: layer.name, depth })
}

/// Local response normalization has fallen out of favour.
fn response_norm<'a>(layer: &Layer<'a>) -> Option<Advice<'a>> {
    matches!(layer.kind, LayerKind::ResponseNorm(_)).then_some(Advice::ResponseNorm { layer: layer.name })
}

/// Batch normalization regularizes by itself, and dropout changes the variance that it has measured.
fn dropout_beside_batch_norm<'a>(layers: &'a [Layer<'a>], index: usize) -> Option<Advice<'a>> {
    let (layer, before) = (&layers[index], &layers[source(layers, index, 0)?]);
    let (layer, norm) = match (&layer.kind, &before.kind) {
        (LayerKind::Dropout(_), LayerKind::BatchNorm(_)) => (layer.name, before.name),
        (LayerKind::BatchNorm(_), LayerKind::Dropout(_)) => (before.name, layer.name),
        _ => return None,
    };
    Some(Advice::DropoutBesideBatchNorm { layer, norm })
}

/// The L2 loss asks for exact numbers, which dropout takes away.
fn dropout_before_l2<'a>(layer: &Layer<'a>, loss: LossKind) -> Option<Advice<'a>> {
    let drops = matches!(layer.kind, LayerKind::Dropout(_)) && loss == LossKind::L2;
    drops.then_some(Advice::DropoutBeforeL2 { layer: layer.name })
}
