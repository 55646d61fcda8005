//! Options behind a layer: `s2`, `p3:2`, `floor`.

use convnet_geometry::{Extent, Padding};
use proc_macro2::{Delimiter, Group, Ident, TokenTree};

use super::cursor::Cursor;
use super::numbers;
use crate::ast::{LayerOption, OptionValue};
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::{self, OptionKind, Word, edit_distance};

/// Every option's word, letters only.
const WORDS: [&str; 4] = ["floor", "ceil", "nobias", "uncounted"];

/// Reads options as long as words follow.
pub(super) fn options(cursor: &mut Cursor<'_>) -> Result<Vec<LayerOption>, Diagnostic> {
    let mut options = Vec::new();
    while let Some(TokenTree::Ident(_)) = cursor.peek() {
        let tokens = cursor.rest();
        let word = cursor.take_ident().expect("a word was seen");
        let value = option(&word, cursor)?;
        let place = Place::of(&tokens[..tokens.len() - cursor.rest().len()]);
        options.push(LayerOption { value, place });
    }
    Ok(options)
}

fn option(word: &Ident, cursor: &mut Cursor<'_>) -> Result<OptionValue, Diagnostic> {
    let text = word.to_string();
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'x');
    let digits = &text[letters.len()..];
    let Some(kind) = OptionKind::of(letters).filter(|kind| takes_number(*kind) || digits.is_empty()) else {
        return Err(unknown(word));
    };
    let wrong =
        |problem: String| Diagnostic::new(word.span(), problem).help(format!("write `{}`", kind.example()));
    if digits.is_empty() && takes_number(kind) {
        if let (OptionKind::Padding, Some(group)) = (kind, cursor.take_group(Delimiter::Parenthesis)) {
            return Ok(OptionValue::Padding(padding_per_side(&group)?));
        }
        return Err(wrong(format!("`{text}` needs a number")));
    }
    Ok(match kind {
        OptionKind::Stride => OptionValue::Stride(numbers::extent(digits).map_err(wrong)?),
        OptionKind::Dilation => OptionValue::Dilation(numbers::extent(digits).map_err(wrong)?),
        OptionKind::Groups => OptionValue::Groups(numbers::whole(digits).map_err(wrong)?),
        OptionKind::Padding => {
            OptionValue::Padding(padding(numbers::extent(digits).map_err(wrong)?, word, cursor)?)
        }
        OptionKind::Floor => OptionValue::Floor,
        OptionKind::Ceil => OptionValue::Ceil,
        OptionKind::NoBias => OptionValue::NoBias,
        OptionKind::Uncounted => OptionValue::Uncounted,
    })
}

fn takes_number(kind: OptionKind) -> bool {
    matches!(kind, OptionKind::Stride | OptionKind::Padding | OptionKind::Dilation | OptionKind::Groups)
}

fn unknown(word: &Ident) -> Diagnostic {
    let text = word.to_string();
    let is_layer = matches!(vocabulary::look_up(&text), Word::Known(..) | Word::Reserved(_))
        || (text.starts_with(|c: char| c.is_ascii_uppercase()) && vocabulary::nearest(&text).is_some());
    if is_layer {
        return Diagnostic::new(word.span(), format!("an arrow is missing before `{text}`"))
            .help(format!("write `-> {text}`"));
    }
    let error = Diagnostic::new(word.span(), format!("there is no option `{text}`"));
    match WORDS.into_iter().min_by_key(|option| edit_distance(&text, option)) {
        Some(nearest) if edit_distance(&text, nearest) <= 2 => error.help(format!("did you mean `{nearest}`?")),
        _ => error.help("options are `s2` (stride), `p1` (padding), `d2` (dilation), `g2` (groups), `floor`, `ceil`, `nobias`, `uncounted`"),
    }
}

/// `p1`, `p1x0` or, before a colon and a number, `p3:2`.
fn padding(before: Extent, word: &Ident, cursor: &mut Cursor<'_>) -> Result<Padding, Diagnostic> {
    let after = match cursor.rest() {
        [TokenTree::Punct(colon), TokenTree::Literal(after), ..] if colon.as_char() == ':' => after,
        _ => return Ok(Padding::per_axis(before)),
    };
    cursor.next();
    cursor.next();
    if !before.is_square() {
        let place = Place::between(word.span(), after.span());
        return Err(Diagnostic::new(place, "padding is either per axis or before:after, not both")
            .help("write `p(left=1,right=0,top=0,bottom=1)`"));
    }
    Ok(Padding::uneven(before.width, numbers::literal(after)?.value))
}

/// `p(left=1,right=0,top=0,bottom=1)`; sides that are not named have none.
fn padding_per_side(group: &Group) -> Result<Padding, Diagnostic> {
    let mut sides: [Option<usize>; 4] = [None; 4];
    let names = ["left", "right", "top", "bottom"];
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    for side in tokens.split(is_comma).filter(|side| !side.is_empty()) {
        let error = |message: String| {
            Diagnostic::new(Place::of(side), message).help("write `p(left=1,right=0,top=0,bottom=1)`")
        };
        let [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(value)] = side else {
            return Err(error("expected `side=number`".to_owned()));
        };
        let Some(index) = names.iter().position(|side| name == side) else {
            return Err(error(format!("there is no side `{name}`")));
        };
        if sides[index].replace(numbers::literal(value)?.value).is_some() {
            return Err(error(format!("`{name}` is given twice")));
        }
    }
    let [left, right, top, bottom] = sides.map(Option::unwrap_or_default);
    Ok(Padding { left, right, top, bottom })
}
