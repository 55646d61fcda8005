//! Changes to a layer that make it fit, each tried out.

use convnet_geometry::{GeometryError, LayerKind, Repair, Repairs, Volume};

use super::flow::try_flow;
use super::geometry;
use crate::ast::Numbers;
use crate::unroll::{Node, Step};
use crate::vocabulary::OptionKind;

/// The changes that make a layer fit wherever it stands: in a repeated group, or in a block, a change acts everywhere.
///
/// The layer is, or stands in, number `index` of the whole network; `inputs` are the volumes before each of its nodes so
/// far. What is proposed fits from its first place to its last, and where branches meet behind it.
pub(super) fn of(
    step: &Step<'_>,
    input: Volume,
    index: usize,
    whole: &[Node<'_>],
    inputs: &[Option<Volume>],
) -> Vec<String> {
    let (Numbers::WindowAndCount(..) | Numbers::Window(_)) = step.layer.numbers else {
        return Vec::new();
    };
    let holds = |node: &Node<'_>| contains(node, step);
    let (Some(first), Some(last)) = (whole.iter().position(holds), whole.iter().rposition(holds)) else {
        return Vec::new();
    };
    let Some(Some(before)) = inputs.get(first.min(index)) else { return Vec::new() };
    let pooling = !geometry::convolves(&step.layer);
    let window = geometry::window(&step.layer);
    let line = |(repair, _)| {
        let output = tried(step, repair, &whole[first..=last], *before)?;
        Some(repaired(step, repair, output))
    };
    Repairs::new(input, window, pooling).iter().filter_map(line).collect()
}

/// What comes out of this very layer after a change to it wherever it stands; nothing if something then does not fit.
fn tried(step: &Step<'_>, repair: Repair, nodes: &[Node<'_>], before: Volume) -> Option<Volume> {
    let mut output = None;
    let mut change = |other: &Step<'_>, volume: Volume| -> Result<LayerKind, GeometryError> {
        let is_it = std::ptr::eq(other.written, step.written);
        let kind = geometry::kind(&other.layer, volume, is_it.then_some(repair))?;
        if std::ptr::eq(other, step) {
            output = Some(kind.output());
        }
        Ok(kind)
    };
    try_flow(nodes, before, &mut change)?;
    output
}

/// Whether a node is the layer, or holds it in a branch, as it stands in the source.
fn contains(node: &Node<'_>, step: &Step<'_>) -> bool {
    match node {
        Node::Layer(other) => std::ptr::eq(other.written, step.written),
        Node::Fork(fork) => fork.branches.iter().flatten().any(|node| contains(node, step)),
        Node::Custom(_) | Node::Expect(_) => false,
    }
}

/// `CONV3-8 s1` gives [8x8x8].
fn repaired(step: &Step<'_>, repair: Repair, output: Volume) -> String {
    let rounding = [OptionKind::Floor, OptionKind::Ceil];
    let (without, why): (&[OptionKind], _) = match repair {
        Repair::Stride(_) => (&[OptionKind::Stride], ""),
        Repair::Padding(_) => (&[OptionKind::Padding], ""),
        Repair::Floor => (&rounding, ", without the last, partial window"),
        Repair::Ceil => (&rounding, ", with a last, partial window"),
        _ => (&[], ""),
    };
    // As it stands in the source, parameters of a block included.
    let notation = step.written.notation_with(without, &repair.to_string());
    format!("`{notation}` gives {output}{why}")
}
