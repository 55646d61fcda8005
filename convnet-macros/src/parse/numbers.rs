//! Numbers and volumes. `32x32x3` is one token of Rust's; `0x32x3` and `5e3x2` are others than they look.

use convnet_geometry::{Extent, Volume};
use proc_macro2::{Group, Literal, TokenTree};

use crate::ast::Number;
use crate::diagnostics::Diagnostic;

/// A whole number that stands alone.
pub(super) fn literal(literal: &Literal) -> Result<Number, Diagnostic> {
    let place = literal.span().into();
    match whole(&literal.to_string()) {
        Ok(value) => Ok(Number { value, place }),
        Err(problem) => Err(Diagnostic::new(place, problem)),
    }
}

/// Digits, which may be grouped by `_`.
pub(super) fn whole(text: &str) -> Result<usize, String> {
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

/// `3` or `3x5`, width first.
pub(super) fn extent(text: &str) -> Result<Extent, String> {
    match text.split_once('x') {
        None => Ok(Extent::square(whole(text)?)),
        Some((width, height)) => Ok(Extent { width: whole(width)?, height: whole(height)? }),
    }
}

/// `[WxHxD]`.
pub(super) fn volume(group: &Group) -> Result<Volume, Diagnostic> {
    let text: String = group.stream().into_iter().map(|token| token.to_string()).collect();
    let error = |message: String| Diagnostic::new(group.span(), message);
    let written = "a volume is written [width x height x depth], such as [32x32x3]";
    if text.starts_with("0x") || text.starts_with("0X") {
        let message = format!("Rust reads `{text}` as a hexadecimal number, and no volume has a width of 0");
        return Err(error(message).help(written));
    }
    if text.contains(',') || text.contains('*') {
        let repaired = text.replace([',', '*'], "x");
        return Err(
            error(format!("`[{text}]` is no volume")).help(format!("write `[{repaired}]`: {written}"))
        );
    }
    let sides: Vec<&str> = text.split('x').collect();
    let [width, height, depth] = sides[..] else {
        let found = if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
        return Err(error(format!("expected the three sides of a volume, found {found}")).help(written));
    };
    let side = |text: &str| whole(text).map_err(|problem| error(problem).help(written));
    Ok(Volume::new(side(width)?, side(height)?, side(depth)?))
}

/// A token as its author wrote it, a group by its brackets alone.
pub(super) fn text(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(_) => "[ ... ]".to_owned(),
        other => other.to_string(),
    }
}
