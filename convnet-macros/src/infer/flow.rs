//! The way from input to scores, volume by volume.
//!
//! After a layer that does not fit the volume is unknown until one is expected or a layer makes a new one whatever it is
//! given, so that one mistake is one message.

use std::collections::HashSet;

use convnet_geometry::{LayerKind, Volume};

use super::trial::Whole;
use super::{geometry, joints, misfits, repairs};
use crate::ast::Numbers;
use crate::check::Spec;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::unroll::{CustomStep, Expectation, Fork, Node, Step, describe, is_repeated};
use crate::vocabulary::Meaning;

/// The volume of the scores, and the kind of each layer in the order in which they run: a joint after its branches.
pub(super) fn flow(spec: &Spec<'_>, errors: &Diagnostics) -> (Option<Volume>, Vec<LayerKind>) {
    let mut flow =
        Flow { errors, nodes: &spec.nodes, inputs: Vec::new(), kinds: Vec::new(), reported: HashSet::new() };
    let mut volume = Some(spec.input);
    for (index, node) in spec.nodes.iter().enumerate() {
        flow.inputs.push(volume);
        volume = flow.node(node, volume, index);
    }
    (volume, flow.kinds)
}

struct Flow<'a, 's> {
    errors: &'s Diagnostics,
    /// The network.
    nodes: &'s [Node<'a>],
    /// The volume before each node of the network so far.
    inputs: Vec<Option<Volume>>,
    kinds: Vec<LayerKind>,
    /// Layers and expected volumes already reported, so that a mistake in a repeated group is reported once.
    reported: HashSet<*const ()>,
}

impl<'a> Flow<'a, '_> {
    /// The network so far, for trying out changes.
    fn whole(&self) -> Whole<'_, 'a> {
        Whole { nodes: self.nodes, inputs: &self.inputs }
    }

    /// What comes out of a node, which is, or stands in, number `index` of the network.
    fn node(&mut self, node: &Node<'a>, input: Option<Volume>, index: usize) -> Option<Volume> {
        match node {
            Node::Layer(step) => self.layer(step, input, index),
            Node::Custom(step) => Some(self.custom(step, input)),
            Node::Expect(expectation) => Some(self.expect(expectation, input)),
            Node::Fork(fork) => self.fork(fork, input, index),
        }
    }

    fn layer(&mut self, step: &Step<'a>, input: Option<Volume>, index: usize) -> Option<Volume> {
        let Some(input) = input else {
            return match (&step.layer.numbers, step.layer.keyword.meaning) {
                (Numbers::Count(outputs), Meaning::Dense) => Some(Volume::new(1, 1, outputs.get())),
                _ => None,
            };
        };
        match geometry::kind(&step.layer, input, None) {
            Ok(kind) => {
                self.kinds.push(kind);
                Some(kind.output())
            }
            Err(error) => {
                if self.reported.insert(std::ptr::from_ref(step.written).cast()) {
                    let tried = repairs::of(step, input, index, self.whole());
                    self.errors.push(misfits::misfit(step, input, error, tried));
                }
                None
            }
        }
    }

    fn custom(&mut self, step: &CustomStep<'a>, input: Option<Volume>) -> Volume {
        if let Some(input) = input {
            match geometry::custom(step, input) {
                Ok(kind) => self.kinds.push(kind),
                Err(error) if self.reported.insert(std::ptr::from_ref(step.custom).cast()) => {
                    self.errors.push(Diagnostic::new(step.place, format!("this layer cannot be: {error}")));
                }
                Err(_) => {}
            }
        }
        step.output
    }

    fn expect(&mut self, expectation: &Expectation<'a>, input: Option<Volume>) -> Volume {
        let Expectation { annotation, volume: expected, at } = expectation;
        let found = input.filter(|found| found != expected);
        let mut is_new = || self.reported.insert(std::ptr::from_ref(*annotation).cast());
        if let Some(found) = found.filter(|_| is_new()) {
            let message = format!("expected {expected}, but the volume here is {found}{}", describe(at));
            // It was as expected in the first repetition.
            let help = if is_repeated(at) {
                "the volume is not the same in each repetition: remove this, or write the last one behind the group"
                    .to_owned()
            } else {
                format!("write `: {found}`, or change a layer before")
            };
            self.errors.push(Diagnostic::new(annotation.place, message).help(help));
        }
        *expected
    }

    fn fork(&mut self, fork: &Fork<'a>, input: Option<Volume>, index: usize) -> Option<Volume> {
        let outputs: Vec<Option<Volume>> = fork
            .branches
            .iter()
            .map(|branch| branch.iter().fold(input, |volume, node| self.node(node, volume, index)))
            .collect();
        let known: Vec<Volume> = outputs.iter().copied().flatten().collect();
        if known.len() < outputs.len() {
            // A branch with a mistake, which was reported: a sum is what its other branches are.
            let is_sum = fork.written.join == convnet_geometry::Join::Sum;
            return known.first().copied().filter(|_| is_sum);
        }
        match joints::joint(fork.written.join, &known) {
            Ok(joint) => {
                self.kinds.push(LayerKind::Joint(joint));
                Some(joint.output)
            }
            Err(error) => {
                if self.reported.insert(std::ptr::from_ref(fork.written).cast()) {
                    self.errors.push(joints::mismatch(fork, input, &known, error, (self.whole(), index)));
                }
                None
            }
        }
    }
}
