//! How many layers a network has, before any of them is made.

use std::collections::HashMap;

use super::{DEPTH_LIMIT, bind, block, is_layer};
use crate::ast::{Bindings, Block, Call, Chain, Element, ElementKind};

/// How many layers a chain makes, as often as they are repeated: counted before anything is unrolled.
pub(crate) fn count(chain: &Chain, blocks: &[Block]) -> usize {
    Counter::new(blocks).chain(chain, &Bindings::new())
}

/// How many layers an element of a network makes.
pub(crate) fn count_element(element: &Element, blocks: &[Block]) -> usize {
    Counter::new(blocks).element(element, &Bindings::new())
}

/// Counts layers; each use of a block with the same numbers once.
pub(super) struct Counter<'a> {
    blocks: &'a [Block],
    known: HashMap<(String, Vec<usize>), usize>,
    /// How many uses of blocks stand around.
    depth: usize,
}

/// How many different uses of blocks are worth counting: a network of more than that is refused anyway.
const USE_LIMIT: usize = 20_000;

impl<'a> Counter<'a> {
    pub(super) fn new(blocks: &'a [Block]) -> Self {
        Self { blocks, known: HashMap::new(), depth: 0 }
    }

    pub(super) fn chain(&mut self, chain: &Chain, bindings: &Bindings) -> usize {
        let elements = chain.elements.iter();
        elements.fold(0, |sum: usize, element| sum.saturating_add(self.element(element, bindings)))
    }

    pub(super) fn element(&mut self, element: &Element, bindings: &Bindings) -> usize {
        match &element.kind {
            ElementKind::Layer(layer) => usize::from(is_layer(layer)),
            ElementKind::Custom(_) => 1,
            ElementKind::Group { chain, repeat } => {
                let times = repeat.as_ref().map_or(Some(1), |repeat| repeat.evaluate(bindings).ok());
                self.chain(chain, bindings).saturating_mul(times.unwrap_or(1))
            }
            ElementKind::Branches(branches) => {
                let branches = branches.chains.iter();
                branches.fold(1, |sum: usize, chain| sum.saturating_add(self.chain(chain, bindings)))
            }
            ElementKind::Call(call) => self.call(call, bindings),
        }
    }

    fn call(&mut self, call: &Call, bindings: &Bindings) -> usize {
        let Some(block) = block(call, self.blocks) else { return 0 };
        let Ok(bindings) = bind(block, call, bindings) else { return 0 };
        let key = (call.name.to_string(), bindings.iter().map(|(_, value)| *value).collect());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        // What uses itself, which is refused elsewhere, ends here.
        if self.known.len() >= USE_LIMIT || self.depth >= DEPTH_LIMIT {
            return usize::MAX;
        }
        self.depth += 1;
        let count = self.chain(&block.chain, &bindings);
        self.depth -= 1;
        self.known.insert(key, count);
        count
    }
}
