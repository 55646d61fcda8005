//! Rules on blocks.

use crate::ast::{Block, ElementKind};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::unroll::{self, DEPTH_LIMIT};
use crate::vocabulary::Meaning;

/// `INPUT` and the loss stand in a network, once.
pub(super) fn input_and_loss_stand_in_networks(block: &Block, errors: &Diagnostics) {
    for layer in block.chain.layers() {
        let meaning = layer.keyword.meaning;
        if meaning == Meaning::Input || meaning.loss().is_some() {
            let message = format!("`{}` stands in a network, not in a block", layer.head());
            errors.push(
                Diagnostic::new(layer.place, message)
                    .help(format!("move it to the network that uses `{}`", block.name)),
            );
        }
    }
}

/// No block uses itself, by whatever detour; and the detours are not too long.
pub(super) fn no_block_uses_itself(blocks: &[Block], errors: &Diagnostics) {
    let mut depths = vec![Depth::Unknown; blocks.len()];
    let before = errors.count();
    for index in 0..blocks.len() {
        depth(index, blocks, &mut depths, errors, before);
    }
}

/// How many blocks of a detour a message names.
const SHOWN: usize = 6;

/// How deep the blocks are nested that a block uses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Unknown,
    /// It is being looked at: a use of it now is one by itself.
    Asked,
    Known(usize),
}

/// Follows what a block uses, as far as it is not known. Where there were no more than `before` mistakes, no block uses
/// itself, and depth is a mistake of its own.
fn depth(index: usize, blocks: &[Block], depths: &mut [Depth], errors: &Diagnostics, before: usize) {
    if let Depth::Known(_) = depths[index] {
        return;
    }
    // Without recursion: a thousand blocks that use each other are no reason to run out of stack.
    let mut path = vec![(index, 0, uses(&blocks[index], blocks))];
    depths[index] = Depth::Asked;
    while let Some((block, deepest, uses_left)) = path.last_mut() {
        let Some((used, place)) = uses_left.pop() else {
            let known = *deepest + 1;
            let finished = *block;
            if known == DEPTH_LIMIT + 1 && errors.count() == before {
                let message = format!("blocks use each other more than {DEPTH_LIMIT} deep");
                errors.push(
                    Diagnostic::new(blocks[finished].name.span(), message)
                        .help("write the chain of one of them where it is used"),
                );
            }
            depths[finished] = Depth::Known(known);
            path.pop();
            if let Some((_, deepest, _)) = path.last_mut() {
                *deepest = known.max(*deepest);
            }
            continue;
        };
        match depths[used] {
            Depth::Known(known) => *deepest = known.max(*deepest),
            Depth::Asked => {
                let name = &blocks[used].name;
                let between = path.iter().skip_while(|(block, ..)| *block != used).skip(1);
                let between: Vec<_> =
                    between.take(SHOWN).map(|(block, ..)| format!("`{}`", blocks[*block].name)).collect();
                let detour = match &between[..] {
                    [] => String::new(),
                    between => format!(" by way of {}", between.join(", ")),
                };
                let message = format!("block `{name}` uses itself{detour}");
                errors.push(Diagnostic::new(place, message).help("repeat a chain with `[ ... ]*n`"));
            }
            Depth::Unknown => {
                depths[used] = Depth::Asked;
                path.push((used, 0, uses(&blocks[used], blocks)));
            }
        }
    }
}

/// The blocks that a block uses, and where.
fn uses(block: &Block, blocks: &[Block]) -> Vec<(usize, Place)> {
    let calls = block.chain.elements().filter_map(|element| match &element.kind {
        ElementKind::Call(call) => Some(call),
        _ => None,
    });
    let index = |call: &crate::ast::Call| {
        let used = unroll::block(call, blocks)?;
        blocks.iter().position(|block| std::ptr::eq(block, used))
    };
    calls.filter_map(|call| Some((index(call)?, call.place))).collect()
}
