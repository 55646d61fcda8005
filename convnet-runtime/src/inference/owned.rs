//! An architecture that owns what it describes: made when the program runs, gone with the network it belongs to.

use convnet_geometry::{Architecture, GeometryError, Layer, LayerKind, LossKind, Offsets, Place};
use self_cell::self_cell;

/// A layer with names and indices of its own.
pub(super) struct OwnedLayer {
    pub(super) name: String,
    pub(super) notation: String,
    pub(super) kind: LayerKind,
    pub(super) inputs: Vec<usize>,
    pub(super) output: usize,
}

/// What an architecture describes.
pub(super) struct Parts {
    pub(super) name: String,
    pub(super) places: Vec<Place>,
    pub(super) layers: Vec<OwnedLayer>,
}

type Layers<'a> = Vec<Layer<'a>>;

self_cell!(
    /// The layers as an architecture lists them, beside what they borrow.
    struct Listed {
        owner: Parts,
        #[covariant]
        dependent: Layers,
    }
);

self_cell!(
    /// A checked architecture beside what it borrows.
    pub(super) struct OwnedArchitecture {
        owner: Listed,
        #[covariant]
        dependent: Architecture,
    }
);

impl OwnedArchitecture {
    /// Lists and checks the parts.
    pub(super) fn check(parts: Parts) -> Result<Self, GeometryError> {
        let listed = Listed::try_new(parts, list)?;
        Self::try_new(listed, |listed| {
            let Parts { name, places, .. } = listed.borrow_owner();
            Architecture::check(name, places, listed.borrow_dependent(), LossKind::None)
        })
    }

    /// The architecture.
    pub(super) fn get(&self) -> &Architecture<'_> {
        self.borrow_dependent()
    }
}

/// The layers, their numbers one after the other.
fn list(parts: &Parts) -> Result<Layers<'_>, GeometryError> {
    let mut offsets = Offsets::FIRST;
    let layers = parts.layers.iter().map(|layer| {
        let OwnedLayer { name, notation, kind, inputs, output } = layer;
        let own = offsets;
        offsets = offsets.after(&kind.counts())?;
        Ok(Layer { name, notation, kind: *kind, inputs, output: *output, offsets: own })
    });
    layers.collect()
}
