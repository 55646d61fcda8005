//! What a chain may name: the blocks of the macro call, the parameters of the block that it stands in.

use proc_macro2::{Delimiter, Ident, TokenTree};

use super::cursor::between_commas;
use crate::diagnostics::Diagnostics;
use crate::vocabulary::edit_distance;

/// What is known where a chain is read.
pub(super) struct Scope<'a> {
    pub(super) errors: &'a Diagnostics,
    /// Every block of the macro call: its name, and how many parameters it has.
    pub(super) blocks: &'a [(String, usize)],
    /// The parameters of the block that is read; none in a network.
    pub(super) parameters: &'a [Ident],
}

impl Scope<'_> {
    pub(super) fn has_parameter(&self, name: &Ident) -> bool {
        self.parameters.iter().any(|parameter| parameter == name)
    }

    /// How many parameters the block of this name has.
    pub(super) fn block(&self, name: &Ident) -> Option<usize> {
        self.blocks.iter().find(|(block, _)| name == block).map(|(_, parameters)| *parameters)
    }

    /// The block that a word was probably meant to be.
    pub(super) fn nearest_block(&self, word: &str) -> Option<&str> {
        let names = self.blocks.iter().map(|(name, _)| name.as_str());
        let nearest = names.min_by_key(|name| edit_distance(word, name))?;
        (edit_distance(word, nearest) <= 1 + word.len() / 4).then_some(nearest)
    }
}

/// The blocks that a macro call declares, found before anything is read: a block may be used above its definition.
pub(super) fn declared_blocks(tokens: &[TokenTree]) -> Vec<(String, usize)> {
    let mut blocks = Vec::new();
    for window in tokens.windows(3) {
        let [TokenTree::Ident(keyword), TokenTree::Ident(name), after] = window else { continue };
        if keyword != "block" {
            continue;
        }
        let parameters = match after {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                between_commas(&tokens).count()
            }
            _ => 0,
        };
        blocks.push((name.to_string(), parameters));
    }
    blocks
}
