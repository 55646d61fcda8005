//! The uses of what a user names: blocks, `plain(16)`, and layers of one's own, `(path::ToType, parameters=64)`.

use proc_macro2::{Delimiter, Group, TokenTree};

use super::cursor::{Cursor, between_commas};
use super::scope::Scope;
use super::{arguments, numbers};
use crate::ast::{Call, Custom, Number};
use crate::diagnostics::{Diagnostic, Place};

/// Reads the use of a block of so many parameters, whose name comes next. Arguments that are missing or cannot be read
/// were reported, and are guessed.
pub(super) fn call(cursor: &mut Cursor<'_>, parameters: usize, scope: &Scope<'_>) -> Call {
    let name = cursor.take_ident().expect("the use of a block begins with its name");
    let group = cursor.take_group(Delimiter::Parenthesis);
    let place = Place::from(name.span());
    let place = group.as_ref().map_or(place, |group| place.to(group.span().into()));
    let tokens: Vec<TokenTree> = group.iter().flat_map(Group::stream).collect();
    let written = between_commas(&tokens);
    let mut arguments: Vec<Number> = written
        .map(|tokens| {
            argument(tokens, scope).unwrap_or_else(|error| {
                scope.errors.push(error);
                Number::literal(1, place)
            })
        })
        .collect();
    if arguments.len() != parameters || (group.is_some() && parameters == 0) {
        scope.errors.push(wrong_count(&name, place, parameters, arguments.len()));
        arguments.resize_with(parameters, || Number::literal(1, place));
    }
    Call { name, arguments, place }
}

fn wrong_count(name: &proc_macro2::Ident, place: Place, parameters: usize, given: usize) -> Diagnostic {
    let values: Vec<_> = (0..parameters).map(|i| (16 << i.min(8)).to_string()).collect();
    let (message, help) = match parameters {
        0 => (format!("`{name}` has no parameters"), format!("write `{name}`, without parentheses")),
        1 => (
            format!("`{name}` has 1 parameter, and is given {given}"),
            format!("write `{name}({})`, say", values.join(", ")),
        ),
        _ => (
            format!("`{name}` has {parameters} parameters, and is given {given}"),
            format!("write `{name}({})`, say", values.join(", ")),
        ),
    };
    Diagnostic::new(place, message).help(help)
}

/// A number, a parameter, or arithmetic, which needs no parentheses of its own here.
fn argument(tokens: &[TokenTree], scope: &Scope<'_>) -> Result<Number, Diagnostic> {
    let mut group = Group::new(Delimiter::Parenthesis, tokens.iter().cloned().collect());
    if let Some(first) = tokens.first() {
        group.set_span(first.span());
    }
    super::expression::parenthesized(&group, scope)
}

/// Reads a layer of one's own from its parentheses.
pub(super) fn custom(group: &Group, scope: &Scope<'_>) -> Result<Custom, Diagnostic> {
    const WRITTEN: &str = "write `(path::ToType, parameters=64, state=0) : [WxHxD]`";
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut parts = between_commas(&tokens);
    let path = parts.next().unwrap_or_default();
    let place = if path.is_empty() { group.span().into() } else { Place::of(path) };
    let path = arguments::path(path, place, "ToType").map_err(|error| error.help(WRITTEN))?;
    let mut numbers = [None, None];
    for part in parts.filter(|part| !part.is_empty()) {
        let error = |message: String| Diagnostic::new(Place::of(part), message).help(WRITTEN);
        let [TokenTree::Ident(name), TokenTree::Punct(equals), value @ ..] = part else {
            return Err(error("expected `parameters=number` or `state=number`".to_owned()));
        };
        let index = match name.to_string().as_str() {
            "parameters" if equals.as_char() == '=' => 0,
            "state" if equals.as_char() == '=' => 1,
            _ => return Err(error(format!("a layer of your own has no option `{name}`"))),
        };
        let mut value = Cursor::new(value);
        let number = match numbers::number(&mut value, scope)? {
            Some(number) if value.is_at_end() => number,
            _ => return Err(error(format!("expected a number behind `{name}=`"))),
        };
        if numbers[index].replace(number).is_some() {
            return Err(error(format!("`{name}` is given twice")));
        }
    }
    let [parameters, state] = numbers.map(|number| number.unwrap_or(Number::literal(0, place)));
    Ok(Custom { path, parameters, state })
}
