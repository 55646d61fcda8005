//! Exact arithmetic in parentheses: `(2*k)`, `(k/4 + 1)`.

use proc_macro2::{Delimiter, Group, TokenTree};

use super::cursor::Cursor;
use super::numbers;
use super::scope::Scope;
use crate::ast::{Number, Operator, Value};
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::edit_distance;

/// Reads what stands in parentheses.
pub(super) fn parenthesized(group: &Group, scope: &Scope<'_>) -> Result<Number, Diagnostic> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut cursor = Cursor::new(&tokens);
    let wrong = |place: Place, message: &str| {
        Diagnostic::new(place, message).help("write a parameter, a number, or `+ - * /` of them: `(2*k)`")
    };
    if cursor.is_at_end() {
        return Err(wrong(group.span().into(), "there is no number in these parentheses"));
    }
    let number = sum(&mut cursor, scope)?;
    match cursor.peek() {
        None => Ok(number),
        Some(extra) => Err(wrong(
            Place::of(&cursor.rest()[..1]),
            &format!("`{}` is no part of a number", numbers::text(extra)),
        )),
    }
}

fn sum(cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<Number, Diagnostic> {
    let mut left = product(cursor, scope)?;
    while let Some(operator) = operator(cursor, false) {
        left = arithmetic(left, operator, product(cursor, scope)?)?;
    }
    Ok(left)
}

fn product(cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<Number, Diagnostic> {
    let mut left = operand(cursor, scope)?;
    while let Some(operator) = operator(cursor, true) {
        left = arithmetic(left, operator, operand(cursor, scope)?)?;
    }
    Ok(left)
}

fn operator(cursor: &mut Cursor<'_>, is_product: bool) -> Option<Operator> {
    let Some(TokenTree::Punct(punct)) = cursor.peek() else { return None };
    let operator = Operator::of(punct.as_char()).filter(|operator| operator.is_product() == is_product)?;
    cursor.next();
    Some(operator)
}

/// How many signs of a number may wait for one another.
const DEPTH_LIMIT: usize = 64;

fn arithmetic(left: Number, operator: Operator, right: Number) -> Result<Number, Diagnostic> {
    let place = left.place.to(right.place);
    let number = Number { value: Value::Arithmetic(Box::new(left), operator, Box::new(right)), place };
    if number.depth() > DEPTH_LIMIT {
        let message = format!("this number has more than {DEPTH_LIMIT} signs, one behind another");
        return Err(
            Diagnostic::new(place, message).help("write it in fewer, or give it a parameter of its own")
        );
    }
    Ok(number)
}

fn operand(cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<Number, Diagnostic> {
    let place = Place::of(&cursor.rest()[..cursor.rest().len().min(1)]);
    match cursor.next() {
        Some(TokenTree::Literal(literal)) => numbers::literal(literal),
        Some(TokenTree::Ident(name)) => parameter(name, scope),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            parenthesized(group, scope)
        }
        Some(other) => {
            Err(Diagnostic::new(place, format!("expected a number, found `{}`", numbers::text(other))))
        }
        None => Err(Diagnostic::new(place, "a number is missing behind the last sign")),
    }
}

/// A parameter of the block that is read.
pub(super) fn parameter(name: &proc_macro2::Ident, scope: &Scope<'_>) -> Result<Number, Diagnostic> {
    if scope.has_parameter(name) {
        return Ok(Number { value: Value::Parameter(name.to_string()), place: name.span().into() });
    }
    let error = Diagnostic::new(name.span(), format!("there is no parameter `{name}`"));
    let text = name.to_string();
    let distance = |parameter: &&proc_macro2::Ident| edit_distance(&text, &parameter.to_string());
    let nearest = scope.parameters.iter().min_by_key(distance);
    if let Some(nearest) = nearest.filter(|nearest| distance(nearest) < 1 + text.len() / 2) {
        return Err(error.help(format!("did you mean `{nearest}`?")));
    }
    let names: Vec<_> = scope.parameters.iter().map(|parameter| format!("`{parameter}`")).collect();
    Err(if names.is_empty() {
        error.help(format!("parameters belong to blocks: `block name({name}) = CONV3-{name} -> RELU;`"))
    } else {
        error.help(format!("this block has {}", names.join(", ")))
    })
}
