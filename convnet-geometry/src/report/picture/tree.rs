//! The network as a picture shows it: chains of volumes and forks.

use alloc::vec;
use alloc::vec::Vec;

use crate::architecture::Architecture;
use crate::graph::{source, sources};
use crate::layer::{Layer, LayerKind};

/// Elements from left to right.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) elements: Vec<Element>,
}

/// A part of a chain.
pub(super) enum Element {
    /// A volume.
    Solid(Solid),
    /// Branches that leave the volume before and meet again.
    Fork(Fork),
}

/// A volume, and the layers after it that keep its size.
pub(super) struct Solid {
    pub(super) body: Body,
    /// Indices of the layers drawn as bands.
    pub(super) bands: Vec<usize>,
}

impl Solid {
    const fn of(body: Body) -> Self {
        Self { body, bands: Vec::new() }
    }
}

/// What made a volume.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing: it is the network's input.
    Input,
    /// This layer.
    Layer(usize),
    /// The volume is the one before the chain: a branch that begins with bands.
    Bands,
}

/// Branches and what they meet in.
pub(super) struct Fork {
    /// One that does nothing is empty.
    pub(super) branches: Vec<Chain>,
    pub(super) joint: Solid,
    /// The joint of the last of the forks alike that this one stands for, and their number.
    pub(super) last: usize,
    pub(super) times: usize,
}

/// The whole network.
pub(super) fn of(architecture: &Architecture<'_>) -> Chain {
    let layers = architecture.layers();
    let grower = Grower { layers, before: before(layers) };
    let mut chain = Chain::default();
    chain.elements.push(Element::Solid(Solid::of(Body::Input)));
    grower.grow(&mut chain, None, layers.len() - 1);
    chain
}

/// For each layer the one before it in its chain; for a joint the one that its branches leave.
fn before(layers: &[Layer<'_>]) -> Vec<Option<usize>> {
    let mut before: Vec<Option<usize>> = Vec::with_capacity(layers.len());
    for index in 0..layers.len() {
        // Layers run in order: of the ends of the branches the latest goes back until all have met.
        let mut ends: Vec<_> = sources(layers, index).collect();
        while let Some((latest, end)) = ends.iter().copied().enumerate().max_by_key(|&(_, end)| end) {
            match end {
                Some(end) if ends.iter().any(|&other| other != Some(end)) => ends[latest] = before[end],
                _ => break,
            }
        }
        before.push(ends.first().copied().flatten());
    }
    before
}

/// Grows chains from the end to the beginning.
struct Grower<'a> {
    layers: &'a [Layer<'a>],
    before: Vec<Option<usize>>,
}

impl Grower<'_> {
    /// Appends the layers after `from`, up to `to`.
    fn grow(&self, chain: &mut Chain, from: Option<usize>, to: usize) {
        let mut path = vec![];
        let mut cursor = Some(to);
        while let Some(index) = cursor.filter(|_| cursor > from) {
            path.push(index);
            cursor = self.before[index];
        }
        path.reverse();
        for index in path {
            match &self.layers[index].kind {
                LayerKind::Joint(_) => self.push_fork(chain, index),
                kind if is_band(kind) => push_band(chain, index),
                _ => chain.elements.push(Element::Solid(Solid::of(Body::Layer(index)))),
            }
        }
        self.fold(chain);
    }

    fn push_fork(&self, chain: &mut Chain, joint: usize) {
        let from = self.before[joint];
        let branch = |input: usize| {
            let mut branch = Chain::default();
            if let Some(end) = source(self.layers, joint, input) {
                self.grow(&mut branch, from, end);
            }
            branch
        };
        let branches = (0..self.layers[joint].inputs.len()).map(branch).collect();
        let meeting = Solid::of(Body::Layer(joint));
        chain.elements.push(Element::Fork(Fork { branches, joint: meeting, last: joint, times: 1 }));
    }

    /// Makes one of forks that follow each other and are alike.
    fn fold(&self, chain: &mut Chain) {
        let mut folded: Vec<Element> = Vec::with_capacity(chain.elements.len());
        for element in chain.elements.drain(..) {
            match (folded.last_mut(), element) {
                (Some(Element::Fork(before)), Element::Fork(fork)) if self.forks_alike(before, &fork) => {
                    before.last = fork.last;
                    before.times += fork.times;
                }
                (_, element) => folded.push(element),
            }
        }
        chain.elements = folded;
    }

    fn forks_alike(&self, a: &Fork, b: &Fork) -> bool {
        a.branches.len() == b.branches.len()
            && self.solids_alike(&a.joint, &b.joint)
            && a.branches.iter().zip(&b.branches).all(|(a, b)| self.chains_alike(a, b))
    }

    fn chains_alike(&self, a: &Chain, b: &Chain) -> bool {
        let alike = |(a, b): (&Element, &Element)| match (a, b) {
            (Element::Solid(a), Element::Solid(b)) => self.solids_alike(a, b),
            (Element::Fork(a), Element::Fork(b)) => a.times == b.times && self.forks_alike(a, b),
            _ => false,
        };
        a.elements.len() == b.elements.len() && a.elements.iter().zip(&b.elements).all(alike)
    }

    fn solids_alike(&self, a: &Solid, b: &Solid) -> bool {
        let layers_alike = |a: usize, b: usize| {
            let (a, b) = (&self.layers[a], &self.layers[b]);
            a.kind == b.kind && a.notation == b.notation
        };
        let bodies_alike = match (a.body, b.body) {
            (Body::Layer(a), Body::Layer(b)) => layers_alike(a, b),
            (a, b) => a == b,
        };
        let mut bands = a.bands.iter().zip(&b.bands);
        bodies_alike && a.bands.len() == b.bands.len() && bands.all(|(&a, &b)| layers_alike(a, b))
    }
}

/// Whether a layer is drawn as a band: it keeps the size of its volume, and is no layer of weights.
pub(super) fn is_band(kind: &LayerKind) -> bool {
    matches!(
        kind,
        LayerKind::Activation(_)
            | LayerKind::PRelu(_)
            | LayerKind::BatchNorm(_)
            | LayerKind::ResponseNorm(_)
            | LayerKind::Dropout(_)
    )
}

fn push_band(chain: &mut Chain, index: usize) {
    match chain.elements.last_mut() {
        Some(Element::Solid(solid) | Element::Fork(Fork { joint: solid, .. })) => solid.bands.push(index),
        None => chain.elements.push(Element::Solid(Solid { body: Body::Bands, bands: vec![index] })),
    }
}
