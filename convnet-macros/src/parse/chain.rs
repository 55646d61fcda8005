//! Chains: elements between arrows, groups and their repeats, branches, names, expected volumes.

use proc_macro2::{Delimiter, Group, TokenTree};

use super::cursor::Cursor;
use super::scope::Scope;
use super::{branches, calls, layer, numbers, options};
use crate::ast::{Annotation, Chain, Element, ElementKind, Number};
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::{self, Form, Keyword, OptionKind, Word};

/// Reads a chain; what could not be read was reported, and is guessed. `around` is pointed at if the chain is empty.
pub(super) fn chain(tokens: &[TokenTree], around: Place, scope: &Scope<'_>) -> Chain {
    if tokens.is_empty() {
        scope.errors.push(
            Diagnostic::new(around, "there is no layer here")
                .help("a chain is written `CONV3-64 -> RELU -> POOL2`"),
        );
        return Chain { elements: Vec::new(), place: around };
    }
    let mut cursor = Cursor::new(tokens);
    let mut elements = Vec::new();
    let mut last_arrow: Option<&[TokenTree]> = None;
    loop {
        let (segment, arrow) = cursor.until_arrow();
        if segment.is_empty() {
            scope.errors.push(stray_arrow(last_arrow, arrow));
        } else {
            elements.extend(element(segment, scope));
        }
        let Some(tokens) = arrow else { break };
        if matches!(&tokens[0], TokenTree::Punct(punct) if punct.as_char() == '=') {
            scope.errors.push(
                Diagnostic::new(Place::of(tokens), "layers are joined by `->`").help("write `->` for `=>`"),
            );
        }
        last_arrow = arrow;
        if cursor.is_at_end() {
            // An arrow with nothing on either side is reported by now.
            if !segment.is_empty() {
                scope.errors.push(stray_arrow(last_arrow, None));
            }
            break;
        }
    }
    Chain { elements, place: Place::of(tokens) }
}

/// An arrow with nothing on one of its sides.
fn stray_arrow(before: Option<&[TokenTree]>, after: Option<&[TokenTree]>) -> Diagnostic {
    match (before, after) {
        (None, Some(arrow)) => Diagnostic::new(Place::of(arrow), "nothing stands before this arrow")
            .help("a network begins with its input: `INPUT[32x32x3] -> ...`"),
        (Some(_), Some(arrow)) => Diagnostic::new(Place::of(arrow), "a layer is missing between two arrows")
            .help("remove one of them"),
        (Some(arrow), None) => Diagnostic::new(Place::of(arrow), "nothing follows this arrow")
            .help("remove it, or write the layer that it leads to"),
        (None, None) => unreachable!("an empty segment has an arrow on one side"),
    }
}

/// Reads one element: everything between two arrows. Behind one that could not be read stand guesses, for the stub.
fn element(segment: &[TokenTree], scope: &Scope<'_>) -> Vec<Element> {
    let mut cursor = Cursor::new(segment);
    let before = scope.errors.count();
    let kind = match kind(&mut cursor, scope) {
        Ok(kind) => kind,
        Err(error) => {
            scope.errors.push(error);
            return guesses(segment);
        }
    };
    // Behind the mistaken use of a block stands what was meant for its parentheses.
    let is_read = scope.errors.count() == before || !matches!(kind, ElementKind::Call(_));
    let tail = tail(&mut cursor, scope).and_then(|tail| {
        if is_read {
            nothing_else(&cursor, &kind, scope)?;
        }
        Ok(tail)
    });
    let (name, annotation) = tail.unwrap_or_else(|error| {
        scope.errors.push(error);
        (None, None)
    });
    let mut elements = vec![Element { kind, name, annotation, place: Place::of(segment) }];
    elements.extend(guesses(cursor.rest()));
    elements
}

/// The layers that these tokens were probably meant to be.
fn guesses(tokens: &[TokenTree]) -> Vec<Element> {
    let words = tokens.iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word),
        _ => None,
    });
    // What joins branches has none to guess.
    let layers = words.filter_map(layer::guess).filter(|layer| layer.keyword.form != Form::Branches);
    layers
        .map(|layer| Element {
            name: None,
            annotation: None,
            place: layer.place,
            kind: ElementKind::Layer(layer),
        })
        .collect()
}

fn kind(cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<ElementKind, Diagnostic> {
    let Some(first) = cursor.peek() else { unreachable!("a segment is not empty") };
    Err(match first {
        TokenTree::Ident(word) => return named(word, cursor, scope),
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            cursor.next();
            return Ok(repeated(group, cursor, scope));
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
            cursor.next();
            return calls::custom(group, scope).map(ElementKind::Custom);
        }
        TokenTree::Group(group) => {
            cursor.next();
            scope.errors.push(
                Diagnostic::new(group.span(), "a group is written in brackets").help(
                    "write `[ ... ]` for `{ ... }`: braces stand behind `struct Name`, `CAT` and `ADD`",
                ),
            );
            return Ok(repeated(group, cursor, scope));
        }
        TokenTree::Punct(punct) if punct.as_char() == '|' => {
            Diagnostic::new(punct.span(), "`|` separates branches, and there are none here")
                .help("branches stand in braces: `CAT{ CONV1-8 | CONV3-8 }`")
        }
        other => Diagnostic::new(other.span(), format!("expected a layer, found `{other}`"))
            .help("layers are written `CONV3-64`, `POOL2`, `FC10`, `RELU`, groups `[CONV3-64 -> RELU]*2`"),
    })
}

/// What begins with a word: a block, branches, or a layer.
fn named(
    word: &proc_macro2::Ident,
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
) -> Result<ElementKind, Diagnostic> {
    if let Some(parameters) = scope.block(word) {
        return Ok(ElementKind::Call(calls::call(cursor, parameters, scope)));
    }
    let text = word.to_string();
    let keyword = match vocabulary::look_up(&text) {
        Word::Known(keyword, "") => Some(keyword),
        Word::Known(..) => None,
        Word::Unknown => misspelt_branches(word, cursor, scope),
    };
    match keyword {
        Some(keyword) if keyword.form == Form::Branches => {
            branches::branches(keyword, cursor, scope).map(ElementKind::Branches)
        }
        _ => layer::layer(cursor, scope).map(ElementKind::Layer),
    }
}

/// What `CONCATENATE{ a | b }` was meant to be, which is complained of.
fn misspelt_branches(
    word: &proc_macro2::Ident,
    cursor: &Cursor<'_>,
    scope: &Scope<'_>,
) -> Option<&'static Keyword> {
    let [_, TokenTree::Group(group), ..] = cursor.rest() else { return None };
    let (keyword, _) = vocabulary::nearest(&word.to_string())?;
    if keyword.form != Form::Branches || group.delimiter() != Delimiter::Brace {
        return None;
    }
    scope.errors.push(
        Diagnostic::new(word.span(), format!("there is no layer `{word}`"))
            .help(format!("did you mean `{}`?", keyword.name)),
    );
    Some(keyword)
}

/// `[ chain ]*n`, the bracket already taken.
fn repeated(group: &Group, cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> ElementKind {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let chain = chain(&tokens, group.span().into(), scope);
    let repeat = repeat(cursor, scope).unwrap_or_else(|error| {
        scope.errors.push(error);
        None
    });
    ElementKind::Group { chain, repeat }
}

/// `*n`, if there is a star.
fn repeat(cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<Option<Number>, Diagnostic> {
    let Some(star) = cursor.take_punct('*') else {
        return Ok(None);
    };
    if let Some(number) = numbers::number(cursor, scope)? {
        return Ok(Some(number));
    }
    match cursor.next() {
        Some(other) => {
            let message = format!("expected a number of repeats, found `{}`", numbers::text(other));
            Err(Diagnostic::new(other.span(), message).help("write `[CONV3-64 -> RELU]*2`"))
        }
        None => Err(Diagnostic::new(star.span(), "the number of repeats is missing")
            .help("write `[CONV3-64 -> RELU]*2`")),
    }
}

/// `@stem : [WxHxD]`, either of them if it is there.
fn tail(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
) -> Result<(Option<proc_macro2::Ident>, Option<Annotation>), Diagnostic> {
    let name = match cursor.take_punct('@') {
        None => None,
        Some(at) => Some(cursor.take_ident().ok_or_else(|| {
            Diagnostic::new(at.span(), "expected the layer's name behind `@`").help("write `CONV3-64 @stem`")
        })?),
    };
    Ok((name, annotation(cursor, scope)?))
}

/// `: [WxHxD]`, if there is a colon.
fn annotation(cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<Option<Annotation>, Diagnostic> {
    let Some(colon) = cursor.take_punct(':') else {
        return Ok(None);
    };
    let Some(group) = cursor.take_group(Delimiter::Bracket) else {
        return Err(Diagnostic::new(colon.span(), "expected the volume in brackets behind `:`")
            .help("`POOL2 : [16x16x64]`"));
    };
    let volume = numbers::volume(&group, scope)?;
    Ok(Some(Annotation { volume, place: group.span().into() }))
}

fn nothing_else(cursor: &Cursor<'_>, kind: &ElementKind, scope: &Scope<'_>) -> Result<(), Diagnostic> {
    let Some(first) = cursor.peek() else {
        return Ok(());
    };
    let error = match first {
        TokenTree::Punct(punct) if punct.as_char() == ';' => {
            Diagnostic::new(punct.span(), "no `;` stands inside the braces of a network")
                .help("remove it; asserts and blocks stand outside the braces")
        }
        TokenTree::Punct(punct) if punct.as_char() == '*' => {
            let group = match kind {
                ElementKind::Layer(layer) => Some(layer.notation()),
                ElementKind::Call(call) => Some(call.notation()),
                ElementKind::Branches(branches) => Some(format!("{}{{ ... }}", branches.keyword.name)),
                ElementKind::Group { .. } | ElementKind::Custom(_) => None,
            };
            let help = match (group, cursor.rest()) {
                (Some(group), [_, TokenTree::Literal(repeat), ..]) => format!("write `[{group}]*{repeat}`"),
                _ => "write `[CONV3-64 -> RELU]*2`".to_owned(),
            };
            Diagnostic::new(punct.span(), "only a group in brackets can be repeated, once").help(help)
        }
        TokenTree::Punct(punct) if punct.as_char() == '|' => {
            Diagnostic::new(punct.span(), "`|` separates branches, which stand in braces")
                .help("write `CAT{ a | b }` to stack branches, `ADD{ a | b }` to sum them")
        }
        TokenTree::Punct(punct) if punct.as_char() == '@' => {
            Diagnostic::new(punct.span(), "a name stands behind the options and before `:`, once")
                .help("write `CONV3-64 s2 @stem : [16x16x64]`")
        }
        TokenTree::Ident(word) if OptionKind::of_word(&word.to_string()).is_some() => {
            stray_option(word, kind)
        }
        TokenTree::Ident(word) => options::unknown(word, scope),
        TokenTree::Group(group) => {
            let message = format!("expected `->` before `{}`", numbers::text(first));
            Diagnostic::new(group.span(), message).help("layers are joined by `->`")
        }
        other => {
            Diagnostic::new(other.span(), format!("unexpected `{other}`")).help("layers are joined by `->`")
        }
    };
    Err(error)
}

/// An option that stands where none can.
fn stray_option(word: &proc_macro2::Ident, kind: &ElementKind) -> Diagnostic {
    let (message, help) = match kind {
        ElementKind::Layer(_) => {
            ("an option stands before `@` and `:`", "write `CONV3-64 s2 @stem : [16x16x64]`")
        }
        ElementKind::Call(_) => ("a block has no options", "write it behind a layer of the block"),
        _ => ("only layers have options", "write it behind a layer: `CONV3-64 s2`"),
    };
    Diagnostic::new(word.span(), format!("{message}: `{word}`")).help(help)
}
