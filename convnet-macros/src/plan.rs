//! The whole network, worked out: what code is generated from.

use convnet_geometry::{
    Architecture, GeometryError, Layer, LayerKind, Lifetime, LossKind, Place, Quantity, Volume, place,
};
use proc_macro2::Ident;

use crate::ast::Definition;

/// A network with all its geometry, names and offsets.
pub(crate) struct Plan<'a> {
    pub(crate) definition: &'a Definition,
    /// The struct's name.
    pub(crate) name: String,
    /// Volumes: first the input, last the scores.
    pub(crate) places: Vec<Place>,
    pub(crate) layers: Vec<PlannedLayer<'a>>,
    pub(crate) loss: PlannedLoss,
}

/// One layer, ready to be generated.
#[derive(Debug)]
pub(crate) struct PlannedLayer<'a> {
    /// `conv1`.
    pub(crate) name: String,
    /// `CONV3-64 s2`.
    pub(crate) notation: String,
    /// The word in the source that it comes from.
    pub(crate) word: &'a Ident,
    pub(crate) kind: LayerKind,
    pub(crate) input: usize,
    pub(crate) output: usize,
    pub(crate) parameters: usize,
    pub(crate) switches: usize,
}

/// The loss at the end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlannedLoss {
    None,
    Softmax,
    Svm { delta: f64 },
}

impl PlannedLoss {
    pub(crate) fn kind(self) -> LossKind {
        match self {
            Self::None => LossKind::None,
            Self::Softmax => LossKind::Softmax,
            Self::Svm { .. } => LossKind::Svm,
        }
    }
}

impl Plan<'_> {
    /// The first layer with parameters: the backward pass ends there, unless the input's gradient is wanted.
    pub(crate) fn first_trained(&self) -> Option<usize> {
        self.layers.iter().position(|layer| layer.kind.weights() > 0)
    }

    /// The description of the network that its report is printed from, handed to `use_it`.
    pub(crate) fn with_architecture<R>(
        &self,
        use_it: impl FnOnce(&Architecture<'_>) -> R,
    ) -> Result<R, GeometryError> {
        let layers: Vec<Layer<'_>> = self.layers.iter().map(PlannedLayer::entry).collect();
        let architecture = Architecture::check(&self.name, &self.places, &layers, self.loss.kind())?;
        Ok(use_it(&architecture))
    }
}

impl PlannedLayer<'_> {
    fn entry(&self) -> Layer<'_> {
        let Self { name, notation, kind, input, output, parameters, switches, .. } = self;
        Layer {
            name,
            notation,
            kind: *kind,
            input: *input,
            output: *output,
            parameters: *parameters,
            switches: *switches,
        }
    }
}

/// Where each volume lies in each kind of workspace.
pub(crate) fn places(volumes: &[Volume], layers: &[PlannedLayer<'_>]) -> Result<Vec<Place>, GeometryError> {
    let sizes: Vec<usize> = volumes.iter().map(|volume| volume.checked_count()).collect::<Result<_, _>>()?;
    let overflow = GeometryError::Overflow { what: Quantity::Memory };
    sizes.iter().try_fold(0_usize, |sum, &size| sum.checked_add(size)).ok_or(overflow)?;
    let inference = offsets(&forward_lifetimes(&sizes, layers));
    let gradient = offsets(&backward_lifetimes(&sizes, layers));
    let mut training = 0;
    let mut places = Vec::new();
    for (i, &volume) in volumes.iter().enumerate() {
        places.push(Place { volume, training, inference: inference[i], gradient: gradient[i] });
        training += sizes[i];
    }
    Ok(places)
}

fn offsets(lifetimes: &[Lifetime]) -> Vec<usize> {
    let mut offsets = vec![0; lifetimes.len()];
    place(lifetimes, &mut offsets);
    offsets
}

/// Each volume lives from the layer that writes it to the last one that reads it.
fn forward_lifetimes(sizes: &[usize], layers: &[PlannedLayer<'_>]) -> Vec<Lifetime> {
    let mut lifetimes: Vec<_> =
        sizes.iter().map(|&size| Lifetime { size, from: usize::MAX, to: 0 }).collect();
    touch(&mut lifetimes, 0, 0);
    for (step, layer) in (1..).zip(layers) {
        touch(&mut lifetimes, layer.input, step);
        touch(&mut lifetimes, layer.output, step);
    }
    touch(&mut lifetimes, sizes.len() - 1, layers.len() + 1);
    lifetimes
}

/// Gradients flow from the last layer to the first. That by the output of the first layer with parameters is kept: the
/// gradient of the input is computed from it, as often as it is asked for.
fn backward_lifetimes(sizes: &[usize], layers: &[PlannedLayer<'_>]) -> Vec<Lifetime> {
    let mut lifetimes: Vec<_> =
        sizes.iter().map(|&size| Lifetime { size, from: usize::MAX, to: 0 }).collect();
    touch(&mut lifetimes, sizes.len() - 1, 0);
    for (step, layer) in (1..).zip(layers.iter().rev()) {
        touch(&mut lifetimes, layer.output, step);
        touch(&mut lifetimes, layer.input, step);
    }
    let first_trained = layers.iter().find(|layer| layer.kind.weights() > 0);
    touch(&mut lifetimes, first_trained.map_or(sizes.len() - 1, |layer| layer.output), layers.len() + 1);
    touch(&mut lifetimes, 0, layers.len() + 1);
    lifetimes
}

fn touch(lifetimes: &mut [Lifetime], volume: usize, step: usize) {
    let Lifetime { from, to, .. } = &mut lifetimes[volume];
    *from = step.min(*from);
    *to = step.max(*to);
}
