//! What a rule needs no geometry for, checked by rules: each has its sentence above it. Sizes are
//! [`infer`](crate::infer)'s.

mod blocks;
mod chains;
mod layers;
mod names;

use std::collections::HashSet;

use convnet_geometry::{Grouped, Volume};

use crate::ast::{Block, Chain, Definition, Element, ElementKind, Layer, Numbers, Source};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::unroll::{self, Node};

pub(crate) use names::{accessor, is_taken};

/// How many layers a network may have.
const LAYER_LIMIT: usize = 10_000;

/// A checked network: its layers in order, repeats unrolled.
pub(crate) struct Spec<'a> {
    pub(crate) definition: &'a Definition,
    pub(crate) input: Volume,
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) loss: Option<Layer>,
}

/// Checks the blocks of a macro call, whether they are used or not; false if a rule is broken, which was then reported.
pub(crate) fn blocks(source: &Source, errors: &Diagnostics) -> bool {
    let before = errors.count();
    for block in &source.blocks {
        blocks::input_and_loss_stand_in_networks(block, errors);
        rules(&block.chain, block.is_whole, errors);
        literal_values(&block.chain, errors);
    }
    blocks::no_block_uses_itself(&source.blocks, errors);
    errors.count() == before && source.blocks.iter().all(|block| block.is_whole)
}

/// Checks one network; nothing if a rule is broken, which was then reported.
pub(crate) fn definition<'a>(
    definition: &'a Definition,
    blocks: Option<&'a [Block]>,
    errors: &Diagnostics,
) -> Option<Spec<'a>> {
    let before = errors.count();
    let chain = &definition.chain;
    rules(chain, definition.is_whole, errors);
    if !definition.is_whole {
        literal_values(chain, errors);
        return None;
    }
    // A block that begins with an input was complained of.
    let begins_with_a_mistake = blocks.is_none()
        && matches!(chain.elements.first(), Some(Element { kind: ElementKind::Call(_), .. }));
    if !begins_with_a_mistake {
        chains::input_stands_first_and_once(chain, errors);
    }
    chains::loss_stands_last_and_once(chain, errors);
    // Where a block has a mistake, what uses it cannot be judged.
    let uses_blocks = chain.elements().any(|element| matches!(element.kind, ElementKind::Call(_)));
    if blocks.is_none() && uses_blocks {
        literal_values(chain, errors);
        return None;
    }
    let blocks = blocks.unwrap_or_default();
    let count = unroll::count(chain, blocks);
    some_layer_stands_between(chain, count, errors);
    layers_are_few_enough(chain, blocks, count, errors);
    if errors.count() > before {
        literal_values(chain, errors);
        return None;
    }
    let first = chain.elements.first()?;
    let ElementKind::Layer(Layer { numbers: Numbers::Volume(_), .. }) = first.kind else { return None };
    let nodes = unroll::nodes(chain, blocks, usize::MAX, errors);
    let [input, loss] =
        [chain.layers().next(), chain.layers().find(|layer| layer.keyword.meaning.loss().is_some())];
    let resolve = |layer: &Layer| layer.resolve(&Vec::new()).map_err(|error| errors.push(error)).ok();
    let (input, loss) = (input.and_then(resolve), loss.and_then(resolve));
    let input = input?;
    let mut mistaken = HashSet::new();
    layers::values(&input, "", errors);
    loss.iter().for_each(|loss| layers::values(loss, "", errors));
    each_layer(&nodes, &mut |step| {
        // Each use of a block has numbers of its own; a mistake is reported in the first that makes it.
        let (written, so_far) = (std::ptr::from_ref(step.written), errors.count());
        if !mistaken.contains(&written) {
            layers::values(&step.layer, &unroll::describe(&step.at), errors);
        }
        if errors.count() > so_far {
            mistaken.insert(written);
        }
    });
    names::are_different_and_free(&nodes, chain, errors);
    let Numbers::Volume(sides) = &input.numbers else { return None };
    let [width, height, depth] = sides.each_ref().map(crate::ast::Number::get);
    (errors.count() == before).then_some(Spec {
        definition,
        input: Volume::new(width, height, depth),
        nodes,
        loss,
    })
}

/// Rules on a chain. Where not all of it could be read, what stands where is a guess: only the layers are judged.
fn rules(chain: &Chain, is_whole: bool, errors: &Diagnostics) {
    if is_whole {
        chains::rules(chain, errors);
    } else {
        chain.layers().for_each(|layer| layers::structure(layer, errors));
    }
}

/// Rules on the numbers of layers in which no parameters stand: such layers are judged without being used.
fn literal_values(chain: &Chain, errors: &Diagnostics) {
    let literal = chain.layers().filter_map(|layer| layer.resolve(&Vec::new()).ok());
    literal.for_each(|layer| layers::values(&layer, "", errors));
}

/// Calls `f` with every layer, those in branches too.
fn each_layer<'a, 'n>(nodes: &'n [Node<'a>], f: &mut dyn FnMut(&'n unroll::Step<'a>)) {
    for node in nodes {
        match node {
            Node::Layer(step) => f(step),
            Node::Fork(fork) => fork.branches.iter().for_each(|branch| each_layer(branch, f)),
            Node::Custom(_) | Node::Expect(_) => {}
        }
    }
}

/// Between input and loss stands at least one layer that is not repeated zero times.
fn some_layer_stands_between(chain: &Chain, layers: usize, errors: &Diagnostics) {
    if layers == 0 {
        errors.push(
            Diagnostic::new(chain.place, "this network has no layer")
                .help("write one behind the input: `INPUT[32x32x3] -> FC10`"),
        );
    }
}

/// Repeats multiply, and so do blocks; the product is counted before anything is unrolled.
fn layers_are_few_enough(chain: &Chain, blocks: &[Block], layers: usize, errors: &Diagnostics) {
    if layers > LAYER_LIMIT {
        let place = widest(chain, blocks).unwrap_or(chain.place);
        let number =
            if layers == usize::MAX { "countless".to_owned() } else { Grouped(layers as u64).to_string() };
        let message = format!("the repeats make {number} layers, more than {}", Grouped(LAYER_LIMIT as u64));
        errors.push(Diagnostic::new(place, message).help("repeat less often"));
    }
}

/// The element that makes most layers: the number of its repeats, if it has one.
fn widest(chain: &Chain, blocks: &[Block]) -> Option<Place> {
    let groups = chain.elements.iter().filter_map(|element| {
        let place = match &element.kind {
            ElementKind::Group { repeat: Some(repeat), .. } => repeat.place,
            ElementKind::Call(call) => call.place,
            _ => return None,
        };
        Some((unroll::count_element(element, blocks), place))
    });
    groups.max_by_key(|(layers, _)| *layers).map(|(_, place)| place)
}
