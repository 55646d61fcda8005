//! Chains: elements between arrows, groups and their repeats, expected volumes.

use proc_macro2::{Delimiter, Group, TokenTree};

use super::cursor::Cursor;
use super::{layer, numbers};
use crate::ast::{Annotation, Chain, Element, ElementKind, Number};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};

/// Reads a chain; what could not be read was reported, and is guessed. `around` is pointed at if the chain is empty.
pub(super) fn chain(tokens: &[TokenTree], around: Place, errors: &Diagnostics) -> Chain {
    if tokens.is_empty() {
        errors.push(
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
            errors.push(stray_arrow(last_arrow, arrow));
        } else {
            elements.extend(element(segment, errors));
        }
        let Some(tokens) = arrow else { break };
        if matches!(&tokens[0], TokenTree::Punct(punct) if punct.as_char() == '=') {
            errors.push(
                Diagnostic::new(Place::of(tokens), "layers are joined by `->`").help("write `->` for `=>`"),
            );
        }
        last_arrow = arrow;
        if cursor.is_at_end() {
            // An arrow with nothing on either side is reported by now.
            if !segment.is_empty() {
                errors.push(stray_arrow(last_arrow, None));
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
fn element(segment: &[TokenTree], errors: &Diagnostics) -> Vec<Element> {
    let mut cursor = Cursor::new(segment);
    let kind = match kind(&mut cursor, errors) {
        Ok(kind) => kind,
        Err(error) => {
            errors.push(error);
            return guesses(segment);
        }
    };
    let annotation = annotation(&mut cursor).and_then(|annotation| {
        nothing_else(&cursor, &kind)?;
        Ok(annotation)
    });
    let annotation = annotation.unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    let mut elements = vec![Element { kind, annotation, place: Place::of(segment) }];
    elements.extend(guesses(cursor.rest()));
    elements
}

/// The layers that these tokens were probably meant to be.
fn guesses(tokens: &[TokenTree]) -> Vec<Element> {
    let words = tokens.iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word),
        _ => None,
    });
    let layers = words.filter_map(layer::guess);
    layers
        .map(|layer| Element { annotation: None, place: layer.place, kind: ElementKind::Layer(layer) })
        .collect()
}

fn kind(cursor: &mut Cursor<'_>, errors: &Diagnostics) -> Result<ElementKind, Diagnostic> {
    let Some(first) = cursor.peek() else { unreachable!("a segment is not empty") };
    Err(match first {
        TokenTree::Ident(_) => return layer::layer(cursor).map(ElementKind::Layer),
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            cursor.next();
            return Ok(repeated(group, cursor, errors));
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            let message = "braces stand behind `struct Name`, groups are written in brackets";
            Diagnostic::new(group.span(), message).help("write `[CONV3-64 -> RELU]*2`")
        }
        TokenTree::Group(group) => {
            let message = "a layer of one's own is part of the notation, but this version has none yet";
            Diagnostic::new(group.span(), message)
        }
        other => Diagnostic::new(other.span(), format!("expected a layer, found `{other}`"))
            .help("layers are written `CONV3-64`, `POOL2`, `FC10`, `RELU`, groups `[CONV3-64 -> RELU]*2`"),
    })
}

/// `[ chain ]*n`, the bracket already taken.
fn repeated(group: &Group, cursor: &mut Cursor<'_>, errors: &Diagnostics) -> ElementKind {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let chain = chain(&tokens, group.span().into(), errors);
    let repeat = repeat(cursor).unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    ElementKind::Group { chain, repeat }
}

/// `*n`, if there is a star.
fn repeat(cursor: &mut Cursor<'_>) -> Result<Option<Number>, Diagnostic> {
    let Some(star) = cursor.take_punct('*') else {
        return Ok(None);
    };
    match cursor.next() {
        Some(TokenTree::Literal(literal)) => numbers::literal(literal).map(Some),
        Some(other) => {
            let message = format!("expected a number of repeats, found `{}`", numbers::text(other));
            Err(Diagnostic::new(other.span(), message).help("write `[CONV3-64 -> RELU]*2`"))
        }
        None => Err(Diagnostic::new(star.span(), "expected a number of repeats behind `*`")
            .help("write `[CONV3-64 -> RELU]*2`")),
    }
}

/// `: [WxHxD]`, if there is a colon.
fn annotation(cursor: &mut Cursor<'_>) -> Result<Option<Annotation>, Diagnostic> {
    let Some(colon) = cursor.take_punct(':') else {
        return Ok(None);
    };
    let Some(group) = cursor.take_group(Delimiter::Bracket) else {
        return Err(Diagnostic::new(colon.span(), "expected the volume in brackets behind `:`")
            .help("`POOL2 : [16x16x64]`"));
    };
    let volume = numbers::volume(&group)?;
    Ok(Some(Annotation { volume, place: group.span().into() }))
}

fn nothing_else(cursor: &Cursor<'_>, kind: &ElementKind) -> Result<(), Diagnostic> {
    let Some(first) = cursor.peek() else {
        return Ok(());
    };
    let error = match first {
        TokenTree::Punct(punct) if punct.as_char() == ';' => {
            Diagnostic::new(punct.span(), "no `;` stands inside the braces of a network")
                .help("remove it; asserts follow the closing brace")
        }
        TokenTree::Punct(punct) if punct.as_char() == '*' => {
            let help = match (kind, cursor.rest()) {
                (ElementKind::Layer(layer), [_, TokenTree::Literal(repeat), ..]) => {
                    format!("write `[{}]*{repeat}`", layer.notation())
                }
                _ => "write `[CONV3-64 -> RELU]*2`".to_owned(),
            };
            Diagnostic::new(punct.span(), "only a group in brackets can be repeated, once").help(help)
        }
        TokenTree::Ident(_) | TokenTree::Group(_) => Diagnostic::new(
            Place::of(&cursor.rest()[..1]),
            format!("expected `->` before `{}`", numbers::text(first)),
        ),
        other => {
            Diagnostic::new(other.span(), format!("unexpected `{other}`")).help("layers are joined by `->`")
        }
    };
    Err(error)
}
