//! A network as a graph of values, each made once: the form in which layers are changed, added and removed.

use convnet_geometry::{Architecture, LayerKind, Place, Volume, place_forward};

use super::owned::{OwnedArchitecture, OwnedLayer, Parts};
use crate::error::{Error, ImageSizeError};

/// A layer of a graph. It makes a value of its own, whether it will work in place or not.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) notation: String,
    pub(super) kind: LayerKind,
    /// The values that it takes: 0 is the images, `i + 1` what node `i` makes.
    pub(super) inputs: Vec<usize>,
}

/// The layers of a network in the order in which they run; the last one makes the scores.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) name: String,
    pub(super) input: Volume,
    pub(super) nodes: Vec<Node>,
}

impl Graph {
    /// The graph of an architecture.
    pub(super) fn of(architecture: &Architecture<'_>) -> Self {
        // The value that stands in each place at the moment.
        let mut current = vec![0; architecture.places().len()];
        let layers = architecture.layers().iter().zip(1..);
        let nodes = layers.map(|(layer, value)| {
            let inputs = layer.inputs.iter().map(|&place| current[place]).collect();
            current[layer.output] = value;
            let (name, notation) = (layer.name.to_owned(), layer.notation.to_owned());
            Node { name, notation, kind: layer.kind, inputs }
        });
        let nodes = nodes.collect();
        Self { name: architecture.name().to_owned(), input: architecture.input(), nodes }
    }

    /// The volume of a value.
    pub(super) fn volume(&self, value: usize) -> Volume {
        match value.checked_sub(1) {
            Some(node) => self.nodes[node].kind.output(),
            None => self.input,
        }
    }

    /// The last node that takes each value; none takes the scores.
    fn last_readers(&self) -> Vec<Option<usize>> {
        let mut last = vec![None; self.nodes.len() + 1];
        for (index, node) in self.nodes.iter().enumerate() {
            node.inputs.iter().for_each(|&input| last[input] = Some(index));
        }
        last
    }

    /// The number of learnable parameters.
    pub(super) fn parameters(&self) -> usize {
        self.nodes.iter().map(|node| node.kind.parameters()).sum()
    }

    /// How many inputs of nodes each value is.
    pub(super) fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.nodes.len() + 1];
        self.nodes.iter().flat_map(|node| &node.inputs).for_each(|&input| readers[input] += 1);
        readers
    }

    /// For each node, whether what it makes goes, by whatever layers, to where branches meet.
    pub(super) fn meets(&self) -> Vec<bool> {
        let mut values = vec![false; self.nodes.len() + 1];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            if values[index + 1] || matches!(node.kind, LayerKind::Joint(_)) {
                node.inputs.iter().for_each(|&input| values[input] = true);
            }
        }
        values.split_off(1)
    }

    /// The same layers on images of another size.
    pub(super) fn on(mut self, input: Volume) -> Result<Self, Error> {
        self.input = input;
        for index in 0..self.nodes.len() {
            let node = &self.nodes[index];
            let volumes: Vec<_> = node.inputs.iter().map(|&value| self.volume(value)).collect();
            let kind = node.kind.on(&volumes).map_err(|source| {
                let (layer, notation) = (node.name.clone(), node.notation.clone());
                let (image, volume, fitting) = (input, volumes[0], Vec::new());
                Error::ImageSize(Box::new(ImageSizeError { image, layer, notation, volume, source, fitting }))
            })?;
            self.nodes[index].kind = kind;
        }
        Ok(self)
    }

    /// Lays the values out for inference: a layer works in place if it can and nobody else needs its input any more.
    pub(super) fn lay_out(self) -> Result<OwnedArchitecture, Error> {
        let last_readers = self.last_readers();
        let (mut volumes, mut place_of) = (vec![self.input], vec![0]);
        let mut layers = Vec::with_capacity(self.nodes.len());
        for (index, Node { name, notation, kind, inputs }) in self.nodes.into_iter().enumerate() {
            let is_last_reader = last_readers[inputs[0]] == Some(index);
            let inputs: Vec<usize> = inputs.iter().map(|&value| place_of[value]).collect();
            let output = if kind.can_be_in_place() && is_last_reader {
                inputs[0]
            } else {
                volumes.push(kind.output());
                volumes.len() - 1
            };
            place_of.push(output);
            layers.push(OwnedLayer { name, notation, kind, inputs, output });
        }
        let places = places(&volumes, &layers);
        OwnedArchitecture::check(Parts { name: self.name, places, layers })
            .map_err(|source| Error::Architecture { source })
    }
}

/// Where volumes lie in inference.
fn places(volumes: &[Volume], layers: &[OwnedLayer]) -> Vec<Place> {
    // What cannot be counted is refused by the check that follows.
    let sizes: Vec<usize> =
        volumes.iter().map(|volume| volume.checked_count().unwrap_or(usize::MAX)).collect();
    let offsets = place_forward(&sizes, layers.iter().map(|layer| (&layer.inputs[..], layer.output)));
    let mut training = 0_usize;
    let places = volumes.iter().zip(sizes).zip(offsets).map(|((&volume, size), inference)| {
        let place = Place { training, ..Place::new(volume, inference, 0) };
        training = training.saturating_add(size);
        place
    });
    places.collect()
}
