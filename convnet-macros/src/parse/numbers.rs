//! Numbers and volumes. `32x32x3` is one token of Rust's; `0x32x3` and `5e3x2` are others than they look.

use proc_macro2::{Delimiter, Group, Literal, TokenTree};

use super::cursor::Cursor;
use super::expression;
use super::scope::Scope;
use crate::ast::{Number, Sides};
use crate::diagnostics::{Diagnostic, Place};

/// A whole number that stands alone.
pub(super) fn literal(literal: &Literal) -> Result<Number, Diagnostic> {
    let place = literal.span().into();
    match whole(&literal.to_string()) {
        Ok(value) => Ok(Number::literal(value, place)),
        Err(problem) => Err(Diagnostic::new(place, problem)),
    }
}

/// Digits, which may be grouped by `_`.
fn whole(text: &str) -> Result<usize, String> {
    let digits: String = text.chars().filter(|&c| c != '_').collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(
            match digits
                .split_at(digits.len() - digits.trim_start_matches(|c: char| c.is_ascii_digit()).len())
            {
                (number, suffix) if !number.is_empty() && !suffix.starts_with(['x', 'e', 'b', 'o', '.']) => {
                    format!("`{text}` is no number: a blank is missing between `{number}` and `{suffix}`")
                }
                _ => format!("`{text}` is no whole number"),
            },
        );
    }
    digits.parse().map_err(|_| format!("{text} is too large: the largest number is {}", usize::MAX))
}

/// A number behind `-` or `*`, or an argument of a block: digits, a parameter, or arithmetic in parentheses. Nothing if
/// no number stands there.
pub(super) fn number(cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<Option<Number>, Diagnostic> {
    let number = match cursor.peek() {
        Some(TokenTree::Literal(digits)) => literal(digits),
        Some(TokenTree::Ident(name)) => expression::parameter(name, scope),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            expression::parenthesized(group, scope)
        }
        _ => return Ok(None),
    };
    // What is no number was meant to be one.
    cursor.next();
    number.map(Some)
}

/// `3x5`, `(f)`, `3x(g)`: the numbers on a word, whose own digits are `on_word`, joined by `x`.
pub(super) fn sides(
    on_word: &str,
    place: Place,
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
) -> Result<Vec<Number>, Diagnostic> {
    let mut sides = Vec::new();
    let mut text = on_word.to_owned();
    loop {
        // Here `text` begins with a side, or is empty where one in parentheses must follow.
        let mut parts = text.split('x');
        let last = parts.next_back().unwrap_or_default();
        for part in parts {
            sides.push(part_number(part, place)?);
        }
        if !last.is_empty() {
            sides.push(part_number(last, place)?);
            return Ok(sides);
        }
        let Some(group) = cursor.take_group(Delimiter::Parenthesis) else {
            // Nothing at all, or an `x` with nothing behind it.
            return if sides.is_empty() { Ok(sides) } else { Err(missing_side(place)) };
        };
        sides.push(expression::parenthesized(&group, scope)?);
        match cursor.peek() {
            Some(TokenTree::Ident(word)) if is_continued(&word.to_string()) => {
                text = word.to_string().split_off(1);
                cursor.next();
                if text.is_empty() && !matches!(cursor.peek(), Some(TokenTree::Group(_))) {
                    return Err(missing_side(place));
                }
            }
            _ => return Ok(sides),
        }
    }
}

/// Whether a word goes on behind `(f)`: `x`, `x5`.
fn is_continued(word: &str) -> bool {
    word.strip_prefix('x').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'x'))
}

fn missing_side(place: Place) -> Diagnostic {
    Diagnostic::new(place, "a size is missing beside `x`").help("write both sides: `3x5`, width first")
}

fn part_number(text: &str, place: Place) -> Result<Number, Diagnostic> {
    match whole(text) {
        Ok(value) => Ok(Number::literal(value, place)),
        Err(problem) => Err(Diagnostic::new(place, problem)),
    }
}

/// One side for both axes, or two, width first.
pub(super) fn extent(sides: Vec<Number>, place: Place) -> Result<Sides, Diagnostic> {
    let mut sides = sides.into_iter();
    match (sides.next(), sides.next(), sides.next()) {
        (Some(width), height, None) => Ok(Sides { width, height }),
        _ => Err(Diagnostic::new(place, "a window has two sides, width and height").help("write `3x5`")),
    }
}

/// `[WxHxD]`.
pub(super) fn volume(group: &Group, scope: &Scope<'_>) -> Result<[Number; 3], Diagnostic> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let text: String = tokens.iter().map(ToString::to_string).collect();
    let error = |message: String| Diagnostic::new(group.span(), message);
    let written = "a volume is written [width x height x depth], such as [32x32x3]";
    if text.starts_with("0x") || text.starts_with("0X") {
        let message = format!("Rust reads `{text}` as a hexadecimal number, and no volume has a width of 0");
        return Err(error(message).help(written));
    }
    let has =
        |symbol| tokens.iter().any(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == symbol));
    if has(',') || has('*') {
        let repaired = text.replace([',', '*'], "x");
        return Err(
            error(format!("`[{text}]` is no volume")).help(format!("write `[{repaired}]`: {written}"))
        );
    }
    if tokens.len() > 1 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'x') {
        return Err(error("a volume is written without blanks".to_owned()).help(format!("write `[{text}]`")));
    }
    let mut cursor = Cursor::new(&tokens);
    let first = match cursor.peek() {
        Some(TokenTree::Group(_)) | None => String::new(),
        Some(first) => {
            cursor.next();
            first.to_string()
        }
    };
    let sides =
        sides(&first, group.span().into(), &mut cursor, scope).map_err(|error| error.or_help(written))?;
    if let (Ok(volume), true) = (<[Number; 3]>::try_from(sides), cursor.is_at_end()) {
        return Ok(volume);
    }
    let found = if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
    Err(error(format!("expected the three sides of a volume, found {found}")).help(written))
}

/// A token as its author wrote it, a group by its brackets alone.
pub(super) fn text(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "( ... )",
            Delimiter::Brace => "{ ... }",
            Delimiter::Bracket | Delimiter::None => "[ ... ]",
        }
        .to_owned(),
        other => other.to_string(),
    }
}
