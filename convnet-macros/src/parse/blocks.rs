//! `block name(parameters) = chain;`.

use proc_macro2::{Delimiter, Group, Ident, TokenTree};
use syn::Attribute;

use super::cursor::{Cursor, between_commas};
use super::{chain, scope::Scope};
use crate::ast::{Block, Chain};
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::{self, OptionKind, Word};

const WRITTEN: &str = "a block is written `block name(k) = CONV3-k -> RELU;`";

/// Reads a block whose keyword was taken; nothing if it is none, which was then reported.
pub(super) fn block(
    keyword: &Ident,
    attributes: Vec<Attribute>,
    cursor: &mut Cursor<'_>,
    earlier: &[Block],
    scope: &Scope<'_>,
) -> Option<Block> {
    let errors = scope.errors;
    let before = errors.count();
    for attribute in attributes.iter().filter(|attribute| !attribute.path().is_ident("doc")) {
        let place = Place::between(attribute.pound_token.span, attribute.bracket_token.span.close());
        errors.push(
            Diagnostic::new(place, "a block takes documentation, and no other attributes").help("remove it"),
        );
    }
    let (statement, lacks_semicolon) = cursor.statement();
    let mut cursor = Cursor::new(statement);
    let Some(name) = cursor.take_ident() else {
        errors
            .push(Diagnostic::new(keyword.span(), "expected the block's name behind `block`").help(WRITTEN));
        return None;
    };
    if lacks_semicolon {
        errors.push(
            Diagnostic::new(name.span(), format!("block `{name}` has no end")).help("a block ends in `;`"),
        );
    }
    if let Some(taken) = taken(&name, false) {
        let message = format!("a block cannot be called `{name}`: {taken}");
        errors.push(Diagnostic::new(name.span(), message).help("choose another name"));
    }
    if let Some(first) = earlier.iter().find(|block| block.name == name) {
        let line = Place::from(first.name.span()).line();
        let message = format!("there are two blocks `{name}`, the first in line {line}");
        errors.push(Diagnostic::new(name.span(), message).help("rename one"));
    }
    let parameters = cursor.take_group(Delimiter::Parenthesis);
    let parameters = parameters.map_or_else(Vec::new, |group| self::parameters(&name, &group, scope));
    let equals = cursor.take_punct('=');
    if equals.is_none() {
        errors
            .push(Diagnostic::new(name.span(), format!("expected `=` behind `block {name}`")).help(WRITTEN));
    }
    let inner = Scope { errors, blocks: scope.blocks, parameters: &parameters };
    let chain = match (equals, cursor.peek()) {
        (Some(equals), _) => chain::chain(cursor.rest(), equals.span().into(), &inner),
        // The sign alone is missing.
        (None, Some(TokenTree::Ident(_) | TokenTree::Group(_))) => {
            chain::chain(cursor.rest(), name.span().into(), &inner)
        }
        (None, _) => Chain { elements: Vec::new(), place: name.span().into() },
    };
    Some(Block { attributes, name, chain, is_whole: errors.count() == before, parameters })
}

/// `(f, k)`.
fn parameters(block: &Ident, group: &Group, scope: &Scope<'_>) -> Vec<Ident> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    if tokens.is_empty() {
        let message = format!("block `{block}` has no parameters");
        let help = format!("write `block {block} = ...`, without parentheses");
        scope.errors.push(Diagnostic::new(group.span(), message).help(help));
    }
    let mut parameters: Vec<Ident> = Vec::new();
    for tokens in between_commas(&tokens) {
        if tokens.len() > 1 || !matches!(tokens[0], TokenTree::Ident(_)) {
            let message = "expected the name of a parameter, and nothing else";
            scope.errors.push(Diagnostic::new(Place::of(tokens), message).help(WRITTEN));
        }
        let TokenTree::Ident(name) = &tokens[0] else { continue };
        if let Some(taken) = taken(name, true) {
            let message = format!("a parameter cannot be called `{name}`: {taken}");
            scope.errors.push(Diagnostic::new(name.span(), message).help("choose another name"));
        }
        if parameters.contains(name) {
            let message = format!("there are two parameters `{name}`");
            scope.errors.push(Diagnostic::new(name.span(), message).help("rename one"));
        }
        parameters.push(name.clone());
    }
    parameters
}

/// Why a name cannot be had. A parameter stands in parentheses, so that it can be an option's letter: `s(s)`.
fn taken(name: &Ident, is_parameter: bool) -> Option<&'static str> {
    let text = name.to_string();
    if let Word::Known(..) = vocabulary::look_up(&text) {
        return Some("it is a keyword of the notation");
    }
    let is_option = OptionKind::of_word(&text).is_some();
    if text == "x" || (is_option && !(is_parameter && text.len() == 1)) {
        return Some("it is an option of the notation");
    }
    if matches!(text.as_str(), "assert" | "block") {
        return Some("it begins an assert or a block");
    }
    vocabulary::is_rusts(&text).then_some("it is a word of Rust's")
}
