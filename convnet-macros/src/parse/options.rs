//! Options behind a layer: `s2`, `p3:2`, `floor`.

use proc_macro2::{Delimiter, Group, Ident, TokenTree};

use super::cursor::{Cursor, between_commas};
use super::scope::Scope;
use super::{arguments, numbers};
use crate::ast::{LayerOption, Number, OptionValue, Padding, Sides};
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::{self, OptionKind, Word, edit_distance};

/// Reads options as long as words follow.
pub(super) fn options(cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<Vec<LayerOption>, Diagnostic> {
    let mut options = Vec::new();
    while let Some(TokenTree::Ident(_)) = cursor.peek() {
        let tokens = cursor.rest();
        let word = cursor.take_ident().expect("a word was seen");
        let value = option(&word, cursor, scope)?;
        let place = Place::of(&tokens[..tokens.len() - cursor.rest().len()]);
        options.push(LayerOption { value, place });
    }
    Ok(options)
}

fn option(word: &Ident, cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<OptionValue, Diagnostic> {
    let text = word.to_string();
    let Some((kind, digits)) = OptionKind::of_word(&text) else { return Err(unknown(word, scope)) };
    if let (OptionKind::Padding, Some(group), true) =
        (kind, cursor.peek_group(Delimiter::Parenthesis), digits.is_empty())
        && names_sides(group)
    {
        cursor.next();
        return Ok(OptionValue::Padding(padding_per_side(group, scope)?));
    }
    if kind == OptionKind::DropConnect {
        return drop_connect(word, cursor, scope);
    }
    if !kind.takes_number() {
        return Ok(match kind {
            OptionKind::Floor => OptionValue::Floor,
            OptionKind::Ceil => OptionValue::Ceil,
            OptionKind::NoBias => OptionValue::NoBias,
            _ => OptionValue::Uncounted,
        });
    }
    let place = Place::from(word.span());
    let example = format!("write `{}`", kind.example());
    let sides =
        numbers::sides(digits, place, cursor, scope).map_err(|error| error.or_help(example.clone()))?;
    if sides.is_empty() {
        return Err(Diagnostic::new(place, format!("`{text}` needs a number")).help(example));
    }
    let extent = numbers::extent(sides, place)?;
    Ok(match kind {
        OptionKind::Stride => OptionValue::Stride(extent),
        OptionKind::Dilation => OptionValue::Dilation(extent),
        OptionKind::Padding => OptionValue::Padding(padding(extent, word, cursor, scope)?),
        _ => match extent {
            Sides { width, height: None } => OptionValue::Groups(width),
            Sides { .. } => return Err(Diagnostic::new(place, "groups are one number").help(example)),
        },
    })
}

/// `dropconnect(keep=0.5)`.
fn drop_connect(word: &Ident, cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<OptionValue, Diagnostic> {
    let example = OptionKind::DropConnect.example();
    let missing = || {
        let message = "`dropconnect` needs the probability of keeping a weight";
        Diagnostic::new(word.span(), message).help(format!("write `{example}`"))
    };
    let group = cursor.take_group(Delimiter::Parenthesis).ok_or_else(missing)?;
    let forms = format!("`{example}`");
    let read = arguments::read(&group, "dropconnect", vocabulary::KEEP, &forms, scope)?;
    let keep = read.into_iter().next().map(|argument| argument.value);
    keep.map(OptionValue::DropConnect).ok_or_else(missing)
}

/// A word that is no option: a layer before which an arrow is missing, or nothing.
pub(super) fn unknown(word: &Ident, scope: &Scope<'_>) -> Diagnostic {
    let text = word.to_string();
    let is_layer = matches!(vocabulary::look_up(&text), Word::Known(..))
        || scope.block(word).is_some()
        || (text.starts_with(|c: char| c.is_ascii_uppercase()) && vocabulary::nearest(&text).is_some());
    if is_layer {
        return Diagnostic::new(word.span(), format!("an arrow is missing before `{text}`"))
            .help(format!("write `-> {text}`"));
    }
    if text == "assert" {
        return Diagnostic::new(word.span(), "`;` is missing before `assert`")
            .help("a network without a name ends in `;`, then its asserts follow");
    }
    let error = Diagnostic::new(word.span(), format!("there is no option `{text}`"));
    // `sk`: a parameter is written in parentheses.
    let with_parameter = scope.parameters.iter().find_map(|parameter| {
        let option = text.strip_suffix(&parameter.to_string())?;
        OptionKind::of(option).filter(|kind| kind.takes_number()).map(|_| format!("{option}({parameter})"))
    });
    if let Some(written) = with_parameter {
        return error.help(format!("write `{written}`: a parameter stands in parentheses"));
    }
    let words = OptionKind::ALL.into_iter().filter(|kind| !kind.takes_number()).map(OptionKind::word);
    match words.min_by_key(|option| edit_distance(&text, option)) {
        Some(nearest) if edit_distance(&text, nearest) <= 2 => error.help(format!("did you mean `{nearest}`?")),
        _ => error.help(
            "options are `s2` (stride), `p1` (padding), `d2` (dilation), `g2` (groups), `floor`, `ceil`, `nobias`, `uncounted`, `dropconnect(keep=0.5)`",
        ),
    }
}

/// `p1`, `p1x0` or, before a colon and a number, `p3:2`.
fn padding(
    before: Sides,
    word: &Ident,
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
) -> Result<Padding, Diagnostic> {
    let is_uneven = match cursor.rest() {
        [TokenTree::Punct(colon), TokenTree::Literal(_), ..] => colon.as_char() == ':',
        [TokenTree::Punct(colon), TokenTree::Group(group), ..] => {
            colon.as_char() == ':' && group.delimiter() == Delimiter::Parenthesis
        }
        _ => false,
    };
    if !is_uneven {
        return match cursor.rest() {
            [TokenTree::Punct(colon), TokenTree::Ident(name), ..]
                if colon.as_char() == ':' && scope.has_parameter(name) =>
            {
                Err(Diagnostic::new(name.span(), "a parameter stands in parentheses")
                    .help(format!("write `p{before}:({name})`")))
            }
            _ => Ok(Padding::PerAxis(before)),
        };
    }
    cursor.next();
    let after = numbers::number(cursor, scope)?.expect("a number was seen");
    if before.height.is_none() {
        return Ok(Padding::Uneven(before.width, after));
    }
    let place = Place::from(word.span()).to(after.place);
    Err(Diagnostic::new(place, "padding is either per axis or before:after, not both")
        .help("write `p(left=1,right=0,top=0,bottom=1)`"))
}

/// Whether these parentheses name sides, and are not arithmetic.
fn names_sides(group: &Group) -> bool {
    group.stream().into_iter().any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '='))
}

/// `p(left=1,right=0,top=0,bottom=1)`; sides that are not named have none.
fn padding_per_side(group: &Group, scope: &Scope<'_>) -> Result<Padding, Diagnostic> {
    let mut sides: [Option<Number>; 4] = [const { None }; 4];
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    for side in between_commas(&tokens) {
        let error = |message: String| {
            Diagnostic::new(Place::of(side), message).help("write `p(left=1,right=0,top=0,bottom=1)`")
        };
        let [TokenTree::Ident(name), TokenTree::Punct(_), value @ ..] = side else {
            return Err(error("expected `side=number`".to_owned()));
        };
        let Some(index) = Padding::SIDES.iter().position(|side| name == side) else {
            return Err(error(format!("there is no side `{name}`")));
        };
        let mut value = Cursor::new(value);
        let number = match numbers::number(&mut value, scope)? {
            Some(number) if value.is_at_end() => number,
            _ => return Err(error("expected `side=number`".to_owned())),
        };
        if sides[index].replace(number).is_some() {
            return Err(error(format!("`{name}` is given twice")));
        }
    }
    Ok(Padding::PerSide(sides))
}
