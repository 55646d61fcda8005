//! Nodes to layers: where each volume lies, what may work in place, which gradients are needed.

use convnet_geometry::{GeometryError, LayerKind, Needs, Offsets, Volume};
use proc_macro2::Span;
use syn::Path;

use super::{Backward, Gradient, Plan, PlannedLayer, PlannedLoss, lifetimes};
use crate::ast::path_text;
use crate::check::Spec;
use crate::unroll::Node;

/// Lays a network out whose layers have these kinds, in the order in which they run.
pub(crate) fn lay_out<'a>(
    spec: &Spec<'a>,
    kinds: &[LayerKind],
    loss: PlannedLoss,
) -> Result<Plan<'a>, GeometryError> {
    let mut layout = Layout {
        kinds: kinds.iter(),
        volumes: vec![spec.input],
        writers: vec![Writer::FREE],
        layers: Vec::new(),
        offsets: Offsets::FIRST,
    };
    layout.chain(&spec.nodes, 0)?;
    let Layout { volumes, layers, .. } = layout;
    let backward = backward(volumes.len(), &layers);
    let places = lifetimes::places(&volumes, &layers, &backward)?;
    let name = spec.definition.name.to_string();
    let plan = Plan { definition: spec.definition, name, places, layers, backward, loss };
    plan.with_architecture(|_| ())?;
    Ok(plan)
}

/// What is known of a volume: who reads it, and what its last writer needs of it.
#[derive(Clone, Copy)]
struct Writer {
    /// What the backward passes of the layers that wrote it need of it.
    needs: Needs,
    /// Whether several branches read it.
    is_shared: bool,
}

impl Writer {
    const FREE: Self = Self { needs: Needs::Nothing, is_shared: false };
}

struct Layout<'a, 'k> {
    kinds: std::slice::Iter<'k, LayerKind>,
    volumes: Vec<Volume>,
    writers: Vec<Writer>,
    layers: Vec<PlannedLayer<'a>>,
    offsets: Offsets,
}

impl<'a> Layout<'a, '_> {
    /// Lays a chain out behind a place; returns its last.
    fn chain(&mut self, nodes: &[Node<'a>], place: usize) -> Result<usize, GeometryError> {
        nodes.iter().try_fold(place, |place, node| self.node(node, place))
    }

    fn node(&mut self, node: &Node<'a>, place: usize) -> Result<usize, GeometryError> {
        match node {
            Node::Expect(_) => Ok(place),
            Node::Layer(step) => {
                let (notation, span) = (step.layer.notation(), step.layer.word.span());
                self.layer(&step.name, notation, span, None, vec![place])
            }
            Node::Custom(step) => {
                let path = &step.custom.path;
                let notation = format!("({})", path_text(path));
                let span = path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span());
                self.layer(&step.name, notation, span, Some(path), vec![place])
            }
            Node::Fork(fork) => {
                self.writers[place].is_shared = true;
                let ends = fork.branches.iter().map(|branch| self.chain(branch, place));
                let ends = ends.collect::<Result<_, _>>()?;
                let keyword = fork.written.keyword.name;
                self.layer(&fork.name, keyword.to_owned(), fork.written.word.span(), None, ends)
            }
        }
    }

    fn layer(
        &mut self,
        name: &str,
        notation: String,
        span: Span,
        custom: Option<&'a Path>,
        inputs: Vec<usize>,
    ) -> Result<usize, GeometryError> {
        let kind = *self.kinds.next().expect("a kind for each layer");
        let Writer { needs, is_shared } = self.writers[inputs[0]];
        let in_place = kind.can_be_in_place() && !is_shared && kind.may_overwrite(needs);
        let output = if in_place { inputs[0] } else { self.volumes.len() };
        if in_place {
            // Both derivatives are computed from what stands there in the end.
            self.writers[output].needs = stronger(needs, kind.needs());
        } else {
            self.volumes.push(kind.output());
            self.writers.push(Writer { needs: kind.needs(), ..Writer::FREE });
        }
        let name = name.to_owned();
        let offsets = self.offsets;
        self.offsets = offsets.after(&kind.counts())?;
        self.layers.push(PlannedLayer { name, notation, span, custom, kind, inputs, output, offsets });
        Ok(output)
    }
}

fn stronger(a: Needs, b: Needs) -> Needs {
    match (a, b) {
        (Needs::Values, _) | (_, Needs::Values) => Needs::Values,
        (Needs::Signs, _) | (_, Needs::Signs) => Needs::Signs,
        (Needs::Nothing, Needs::Nothing) => Needs::Nothing,
    }
}

/// The gradients of a step: those by parameters, and those by volumes that parameters had a part in. The others lead from
/// the first layers with parameters to the images, and are computed when they are asked for.
///
/// A network without parameters computes them all at once.
fn backward(volumes: usize, layers: &[PlannedLayer<'_>]) -> Backward {
    let nothing_is_learned = layers.iter().all(|layer| layer.kind.parameters() == 0);
    let mut is_learned = vec![nothing_is_learned; volumes];
    for layer in layers {
        is_learned[layer.output] |=
            layer.kind.parameters() > 0 || layer.inputs.iter().any(|&input| is_learned[input]);
    }
    let mut backward = Backward::default();
    for (index, layer) in layers.iter().enumerate().rev() {
        if layer.kind.parameters() > 0 {
            backward.step.push(Gradient::Parameters(index));
        }
        for (branch, &input) in layer.inputs.iter().enumerate() {
            let gradient = match layer.kind {
                LayerKind::Joint(_) => Gradient::Branch(index, branch),
                _ => Gradient::Input(index),
            };
            let pass = if is_learned[input] { &mut backward.step } else { &mut backward.to_input };
            pass.push(gradient);
        }
    }
    backward
}
