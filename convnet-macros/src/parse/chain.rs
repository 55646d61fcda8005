//! Chains: elements between arrows, groups and their repeats, expected volumes.

use proc_macro2::{Delimiter, Group, TokenTree};

use super::cursor::Cursor;
use super::{layer, numbers};
use crate::ast::{Annotation, Chain, Element, ElementKind};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};

/// Reads a chain; nothing if any of its elements could not be read. `around` is pointed at if the chain is empty.
pub(super) fn chain(tokens: &[TokenTree], around: Place, errors: &Diagnostics) -> Option<Chain> {
    if tokens.is_empty() {
        errors.push(
            Diagnostic::new(around, "there is no layer here")
                .help("a chain is written `CONV3-64 -> RELU -> POOL2`"),
        );
        return None;
    }
    let before = errors.count();
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
        if arrow.is_none() {
            break;
        }
        last_arrow = arrow;
        if cursor.is_at_end() {
            errors.push(stray_arrow(last_arrow, None));
            break;
        }
    }
    (errors.count() == before).then(|| Chain { elements, place: Place::of(tokens) })
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

/// Reads one element: everything between two arrows.
fn element(segment: &[TokenTree], errors: &Diagnostics) -> Option<Element> {
    let mut cursor = Cursor::new(segment);
    let kind = match cursor.peek()? {
        TokenTree::Ident(_) => match layer::layer(&mut cursor) {
            Ok(layer) => ElementKind::Layer(layer),
            Err(error) => {
                errors.push(error);
                return None;
            }
        },
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            cursor.next();
            repeated(group, &mut cursor, errors)?
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            let message = "braces stand behind `struct Name`, groups are written in brackets";
            errors.push(Diagnostic::new(group.span(), message).help("`[CONV3-64 -> RELU]*2`"));
            return None;
        }
        TokenTree::Group(group) => {
            let message = "a layer of one's own is part of the notation, but this version has none yet";
            errors.push(Diagnostic::new(group.span(), message));
            return None;
        }
        other => {
            let message = format!("expected a layer, found `{other}`");
            errors.push(
                Diagnostic::new(other.span(), message)
                    .help("`CONV3-64`, `POOL2`, `FC10`, `RELU`, `[ ... ]*2`"),
            );
            return None;
        }
    };
    let annotation =
        match annotation(&mut cursor).and_then(|annotation| nothing_else(&cursor).map(|()| annotation)) {
            Ok(annotation) => annotation,
            Err(error) => {
                errors.push(error);
                return None;
            }
        };
    Some(Element { kind, annotation, place: Place::of(segment) })
}

/// `[ chain ]*n`, the bracket already taken.
fn repeated(group: &Group, cursor: &mut Cursor<'_>, errors: &Diagnostics) -> Option<ElementKind> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let chain = chain(&tokens, group.span().into(), errors);
    let Some(star) = cursor.take_punct('*') else {
        return Some(ElementKind::Group { chain: chain?, repeat: None });
    };
    let repeat = match cursor.next() {
        Some(TokenTree::Literal(literal)) => numbers::literal(literal),
        Some(other) => {
            Err(Diagnostic::new(other.span(), format!("expected a number of repeats, found `{other}`"))
                .help("`[ ... ]*2`"))
        }
        None => {
            Err(Diagnostic::new(star.span(), "expected a number of repeats behind `*`").help("`[ ... ]*2`"))
        }
    };
    match repeat {
        Ok(repeat) => Some(ElementKind::Group { chain: chain?, repeat: Some(repeat) }),
        Err(error) => {
            errors.push(error);
            None
        }
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

fn nothing_else(cursor: &Cursor<'_>) -> Result<(), Diagnostic> {
    let Some(first) = cursor.peek() else {
        return Ok(());
    };
    let error = match first {
        TokenTree::Punct(punct) if punct.as_char() == '=' => {
            Diagnostic::new(Place::of(cursor.rest()), "layers are joined by `->`").help("write `->` for `=>`")
        }
        TokenTree::Punct(punct) if punct.as_char() == ';' => {
            Diagnostic::new(punct.span(), "no `;` stands inside the braces of a network")
                .help("remove it; asserts follow the closing brace")
        }
        TokenTree::Punct(punct) if punct.as_char() == '*' => {
            Diagnostic::new(punct.span(), "only a group in brackets can be repeated")
                .help("write `[CONV3-64 -> RELU]*2`")
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
