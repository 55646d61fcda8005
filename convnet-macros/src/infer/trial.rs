//! Changes to a network, tried out before they are proposed.

use convnet_geometry::{GeometryError, LayerKind, Repair, Volume};

use super::geometry;
use super::joints::{self, Projection};
use crate::ast::{Branches, Layer};
use crate::unroll::{Fork, Node, Step, bindings};

/// A change to the source, which acts wherever the changed tokens stand: in each repetition, in each use of a block.
#[derive(Clone, Copy)]
pub(super) enum Change<'c> {
    /// Another window of a layer.
    Window(&'c Layer, Repair),
    /// A projection for the identities among these branches.
    Projection(&'c Branches, &'c Projection),
}

/// The network as far as it is known: its nodes, and the volume before each of the first of them.
#[derive(Clone, Copy)]
pub(super) struct Whole<'n, 'a> {
    pub(super) nodes: &'n [Node<'a>],
    pub(super) inputs: &'n [Option<Volume>],
}

impl Change<'_> {
    /// Whether the change fits wherever it acts, and where branches meet behind it; and whether the rest of the network
    /// fits too. `index` is the node in which the mistake was found.
    pub(super) fn fits(self, whole: Whole<'_, '_>, index: usize) -> Option<Fit> {
        let acts = |node: &Node<'_>| self.acts_on(node);
        let first = whole.nodes.iter().position(acts)?;
        let last = whole.nodes.iter().rposition(acts)?;
        let before = (*whole.inputs.get(first.min(index))?)?;
        let behind = self.chain(&whole.nodes[first..=last], before)?;
        Some(if self.chain(&whole.nodes[last + 1..], behind).is_some() { Fit::ToTheEnd } else { Fit::Here })
    }

    /// Whether the change acts on a node, or inside it.
    fn acts_on(self, node: &Node<'_>) -> bool {
        let is_it = match (self, node) {
            (Change::Window(layer, _), Node::Layer(step)) => std::ptr::eq(step.written, layer),
            (Change::Projection(branches, _), Node::Fork(fork)) => std::ptr::eq(fork.written, branches),
            _ => false,
        };
        let inside = |fork: &Fork<'_>| fork.branches.iter().flatten().any(|node| self.acts_on(node));
        is_it || matches!(node, Node::Fork(fork) if inside(fork))
    }

    /// What comes out of nodes; nothing if something does not fit.
    fn chain(self, nodes: &[Node<'_>], input: Volume) -> Option<Volume> {
        nodes.iter().try_fold(input, |volume, node| match node {
            Node::Layer(step) => self.layer(step, volume).ok().map(|kind| kind.output()),
            Node::Custom(step) => geometry::custom(step, volume).ok().map(|kind| kind.output()),
            Node::Expect(expectation) => (expectation.volume == volume).then_some(volume),
            Node::Fork(fork) => self.fork(fork, volume),
        })
    }

    /// The kind of a layer behind the change.
    pub(super) fn layer(self, step: &Step<'_>, input: Volume) -> Result<LayerKind, GeometryError> {
        let repair = match self {
            Change::Window(layer, repair) if std::ptr::eq(step.written, layer) => Some(repair),
            _ => None,
        };
        geometry::kind(&step.layer, input, repair)
    }

    fn fork(self, fork: &Fork<'_>, input: Volume) -> Option<Volume> {
        let mut outputs = Vec::new();
        for branch in &fork.branches {
            match self {
                Change::Projection(branches, projection)
                    if std::ptr::eq(fork.written, branches) && joints::is_identity(branch) =>
                {
                    outputs.push(projection.output(input, &bindings(&fork.at))?);
                }
                _ => match self.chain(branch, input) {
                    Some(output) => outputs.push(output),
                    // A mistake of its own, with a message of its own.
                    None if !branch.iter().any(|node| self.acts_on(node)) => {}
                    None => return None,
                },
            }
        }
        joints::joint(fork.written.join, &outputs).ok().map(|joint| joint.output)
    }
}

/// How far a change fits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// From the first place where it acts to the last.
    Here,
    /// Up to the scores.
    ToTheEnd,
}
