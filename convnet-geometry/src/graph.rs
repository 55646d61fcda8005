//! Which layer made what a layer takes. Layers that work in place share a place, so that places alone do not tell.

use alloc::vec::Vec;

use crate::layer::Layer;

/// The layer that made an input of layer `index`: the last one before it that wrote its place. Nothing made the
/// network's input.
pub(crate) fn source(layers: &[Layer<'_>], index: usize, input: usize) -> Option<usize> {
    let place = layers[index].inputs[input];
    layers[..index].iter().rposition(|layer| layer.output == place)
}

/// The layers that made all inputs of layer `index`.
pub(crate) fn sources(layers: &[Layer<'_>], index: usize) -> impl Iterator<Item = Option<usize>> {
    (0..layers[index].inputs.len()).map(move |input| source(layers, index, input))
}

/// For each layer the largest sum of `weight` along a path from the input through it.
pub(crate) fn longest_paths(layers: &[Layer<'_>], weight: impl Fn(&Layer<'_>) -> u32) -> Vec<u32> {
    let mut paths: Vec<u32> = Vec::with_capacity(layers.len());
    for (index, layer) in layers.iter().enumerate() {
        let before = sources(layers, index).map(|source| source.map_or(0, |source| paths[source])).max();
        paths.push(before.unwrap_or(0) + weight(layer));
    }
    paths
}
