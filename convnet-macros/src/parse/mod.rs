//! Tokens to tree: definitions first, then their chains.
//!
//! What can be read is read, so that one mistake does not hide the next: a chain is split at its arrows, and an element
//! that cannot be read is reported and guessed, which marks its network as not whole.

mod arguments;
mod asserts;
mod blocks;
mod branches;
mod calls;
mod chain;
mod cursor;
mod expression;
mod layer;
mod numbers;
mod options;
mod scope;
mod unknown;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Path, Visibility};

use crate::ast::{Chain, Definition, Source};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use cursor::Cursor;
use scope::Scope;

/// How deep groups may be nested.
const NESTING_LIMIT: usize = 64;

/// Reads everything that stands in a macro call.
pub(crate) fn source(input: TokenStream, errors: &Diagnostics) -> Source {
    let mut source = Source { blocks: Vec::new(), definitions: Vec::new() };
    if let Some(place) = nested_too_deeply(&input) {
        let message = format!("groups are nested more than {NESTING_LIMIT} deep");
        errors.push(Diagnostic::new(place, message).help("write a repeated group as `[ ... ]*n`"));
        return source;
    }
    let tokens: Vec<TokenTree> = without_invisible_groups(input).into_iter().collect();
    let declared = scope::declared_blocks(&tokens);
    let scope = Scope { errors, blocks: &declared, parameters: &[] };
    let mut cursor = Cursor::new(&tokens);
    while !cursor.is_at_end() {
        if cursor.peek_word("assert") {
            assertion(&mut cursor, source.definitions.last_mut(), &scope);
        } else if let Some(semicolon) = cursor.take_punct(';') {
            errors
                .push(Diagnostic::new(semicolon.span(), "nothing stands before this `;`").help("remove it"));
        } else if !definition(&mut cursor, &mut source, &scope) {
            cursor.skip_to_definition();
        }
    }
    if source.definitions.is_empty() && errors.count() == 0 {
        errors.push(
            Diagnostic::new(Span::call_site(), "there is no network here")
                .help("write one: `network! { INPUT[32x32x3] -> CONV3-64 -> RELU -> POOL2 -> FC10 }`"),
        );
    }
    source
}

/// What stands in a group without delimiters, a `macro_rules!` put there: `$filters:literal` is such a group.
fn without_invisible_groups(tokens: TokenStream) -> TokenStream {
    let flat = |token: TokenTree| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            without_invisible_groups(group.stream())
        }
        TokenTree::Group(group) if has_invisible_group(&group) => {
            let mut visible = Group::new(group.delimiter(), without_invisible_groups(group.stream()));
            visible.set_span(group.span());
            TokenTree::from(visible).into()
        }
        token => token.into(),
    };
    tokens.into_iter().flat_map(flat).collect()
}

fn has_invisible_group(group: &Group) -> bool {
    group.delimiter() == Delimiter::None
        || group
            .stream()
            .into_iter()
            .any(|token| matches!(token, TokenTree::Group(group) if has_invisible_group(&group)))
}

/// Finds a group that is nested too deeply, without recursion: the stack of the compiler is not ours to spend.
fn nested_too_deeply(input: &TokenStream) -> Option<Place> {
    let mut levels = vec![input.clone().into_iter()];
    while let Some(level) = levels.last_mut() {
        match level.next() {
            Some(TokenTree::Group(group)) if levels.len() > NESTING_LIMIT => {
                return Some(group.span().into());
            }
            Some(TokenTree::Group(group)) => levels.push(group.stream().into_iter()),
            Some(_) => {}
            None => {
                levels.pop();
            }
        }
    }
    None
}

fn assertion(cursor: &mut Cursor<'_>, network: Option<&mut Definition>, scope: &Scope<'_>) {
    let errors = scope.errors;
    let word = Place::of(&cursor.rest()[..1]);
    let (statement, lacks_semicolon) = cursor.statement();
    if lacks_semicolon {
        errors.push(
            Diagnostic::new(Place::of(statement), "this assert has no end").help("an assert ends in `;`"),
        );
    }
    match (asserts::assertion(statement, scope), network) {
        (Ok(assert), Some(network)) => network.asserts.push(assert),
        (Ok(_), None) => errors.push(
            Diagnostic::new(word, "this assert stands before any network")
                .help("asserts follow the network that they check"),
        ),
        (Err(error), _) => errors.push(error),
    }
}

/// Reads one definition, of a network or a block; false if it is none, which was then reported.
fn definition(cursor: &mut Cursor<'_>, source: &mut Source, scope: &Scope<'_>) -> bool {
    let attributes = attributes(cursor, scope.errors);
    if let (Some(attribute), true) = (attributes.first(), cursor.peek_word("assert")) {
        let message = "an assert takes neither documentation nor attributes";
        scope.errors.push(Diagnostic::new(attribute.span(), message).help("write it as a comment, `//`"));
        return true;
    }
    let visibility = visibility(cursor);
    if let Some(keyword) = cursor.take_word("block") {
        if !matches!(visibility, Visibility::Inherited) {
            let message = "a block belongs to the macro call that it stands in, and has no visibility";
            scope.errors.push(Diagnostic::new(visibility.span(), message).help("remove it"));
        }
        let block = blocks::block(&keyword, attributes, cursor, &source.blocks, scope);
        let is_read = block.is_some();
        source.blocks.extend(block);
        return is_read;
    }
    let Some(network) = network(attributes, visibility, cursor, scope) else {
        return false;
    };
    if is_there_already(&network, &source.definitions) {
        let message = format!("there are two networks `{}` in this call", network.name);
        let help = "name them: `struct Name { INPUT[32x32x3] -> ... }`";
        scope.errors.push(Diagnostic::new(network.place, message).help(help));
    } else {
        source.definitions.push(network);
    }
    true
}

/// Whether another network has this one's name. Conditions may choose between networks of one name.
fn is_there_already(network: &Definition, others: &[Definition]) -> bool {
    let is_conditional = |definition: &Definition| definition.conditions().next().is_some();
    let same = |other: &Definition| other.name == network.name && !is_conditional(other);
    !is_conditional(network) && others.iter().any(same)
}

/// Reads one network behind its attributes and visibility; nothing if it is none, which was then reported.
fn network(
    attributes: Vec<Attribute>,
    visibility: Visibility,
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
) -> Option<Definition> {
    let errors = scope.errors;
    let (attributes, facade) = facade(attributes, errors);
    let Some(keyword) = cursor.take_word("struct") else {
        if !matches!(visibility, Visibility::Inherited) {
            let place = Place::of(&cursor.rest()[..cursor.rest().len().min(1)]);
            let message = "expected `struct` and the network's name behind the visibility";
            errors.push(Diagnostic::new(place, message).help("`pub struct Net { INPUT[32x32x3] -> ... }`"));
            return None;
        }
        let before = errors.count();
        let chain = chain::chain(cursor.until_semicolon(), Span::call_site().into(), scope);
        let is_whole = errors.count() == before;
        let place = chain.place;
        return Some(Definition { chain, is_whole, place, ..nameless(attributes, facade) });
    };
    let Some(name) = cursor.take_ident() else {
        errors.push(Diagnostic::new(keyword.span(), "expected the network's name behind `struct`"));
        return None;
    };
    if name == "T" {
        let message = "a network cannot be called `T`: that is its scalar's name";
        errors.push(Diagnostic::new(name.span(), message).help("`struct Net { ... }`, say"));
        return None;
    }
    let Some(body) = cursor.take_group(Delimiter::Brace) else {
        let message = format!("expected the layers of `{name}` in braces");
        errors.push(
            Diagnostic::new(name.span(), message)
                .help(format!("`struct {name} {{ INPUT[32x32x3] -> CONV3-64 -> RELU -> FC10 }}`")),
        );
        return None;
    };
    let before = errors.count();
    let chain = body_chain(&body, scope);
    let is_whole = errors.count() == before;
    let place = name.span().into();
    Some(Definition { attributes, facade, visibility, name, chain, asserts: Vec::new(), is_whole, place })
}

fn body_chain(body: &Group, scope: &Scope<'_>) -> Chain {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    chain::chain(&tokens, body.span().into(), scope)
}

fn nameless(attributes: Vec<Attribute>, facade: Option<Path>) -> Definition {
    Definition {
        attributes,
        facade,
        visibility: syn::parse_quote!(pub),
        name: Ident::new("Net", Span::call_site()),
        chain: Chain { elements: Vec::new(), place: Span::call_site().into() },
        asserts: Vec::new(),
        is_whole: true,
        place: Span::call_site().into(),
    }
}

fn attributes(cursor: &mut Cursor<'_>, errors: &Diagnostics) -> Vec<Attribute> {
    let mut tokens = TokenStream::new();
    while let Some((hash, group)) = cursor.take_attribute() {
        tokens.extend(quote!(#hash #group));
    }
    Attribute::parse_outer.parse2(tokens).unwrap_or_else(|error| {
        errors.push(Diagnostic::new(error.span(), error.to_string()));
        Vec::new()
    })
}

/// Takes `#[convnet(crate = path)]` out of the attributes.
fn facade(attributes: Vec<Attribute>, errors: &Diagnostics) -> (Vec<Attribute>, Option<Path>) {
    let (ours, others): (Vec<_>, Vec<_>) =
        attributes.into_iter().partition(|attribute| attribute.path().is_ident("convnet"));
    let mut facade = None;
    for attribute in ours {
        let parsed = attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("expected `#[convnet(crate = path::to::convnet)]`"));
            }
            facade = Some(meta.value()?.call(Path::parse_mod_style)?);
            Ok(())
        });
        if let Err(error) = parsed {
            errors.push(Diagnostic::new(error.span(), error.to_string()));
        }
    }
    (others, facade)
}

fn visibility(cursor: &mut Cursor<'_>) -> Visibility {
    let Some(word) = cursor.take_word("pub") else {
        return Visibility::Inherited;
    };
    let scope = cursor.take_group(Delimiter::Parenthesis);
    syn::parse2(quote!(#word #scope)).unwrap_or_else(|_| syn::parse_quote!(pub))
}
