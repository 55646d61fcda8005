//! One layer: a keyword, its numbers, its options, its arguments.

use proc_macro2::{Delimiter, Ident, TokenTree};

use super::cursor::Cursor;
use super::scope::Scope;
use super::{arguments, numbers, options, unknown};
use crate::ast::{Layer, Number, Numbers};
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::{self, Form, Keyword, Meaning, Word};

/// Reads a layer up to its expected volume or the end.
pub(super) fn layer(cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<Layer, Diagnostic> {
    let tokens = cursor.rest();
    let word = cursor.take_ident().expect("a layer begins with a word");
    let text = word.to_string();
    let (keyword, on_word) = match vocabulary::look_up(&text) {
        Word::Known(keyword, on_word) => (keyword, on_word),
        Word::Unknown => return Err(unknown::layer(&word, cursor, scope)),
    };
    let numbers = keyword_numbers(keyword, &word, on_word, cursor, scope)?;
    let arguments = arguments::arguments(keyword, &word, cursor, scope)?;
    let options = options::options(cursor, scope)?;
    let taken = &tokens[..tokens.len() - cursor.rest().len()];
    Ok(Layer { keyword, word, numbers, options, arguments, place: Place::of(taken) })
}

/// The layer that a word was probably meant to be, without its numbers: what a stub needs of a layer that was not read.
pub(super) fn guess(word: &Ident) -> Option<Layer> {
    let text = word.to_string();
    let keyword = match vocabulary::look_up(&text) {
        Word::Known(keyword, _) => keyword,
        Word::Unknown if text.starts_with(|c: char| c.is_ascii_uppercase()) => vocabulary::nearest(&text)?.0,
        // `conv3`, but no option that is close to a keyword.
        Word::Unknown => match vocabulary::look_up(&text.to_ascii_uppercase()) {
            Word::Known(keyword, _) => keyword,
            Word::Unknown => return None,
        },
    };
    Some(Layer::bare(keyword, word))
}

/// Whether parentheses hold what others write there, and no arithmetic of ours: a list, or nothing but literals.
fn is_foreign(cursor: &Cursor<'_>) -> bool {
    let Some(group) = cursor.peek_group(Delimiter::Parenthesis) else { return false };
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let separates =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | '='));
    let is_literal = |token: &TokenTree| matches!(token, TokenTree::Literal(_));
    tokens.iter().any(separates) || (!tokens.is_empty() && tokens.iter().all(is_literal))
}

fn keyword_numbers(
    keyword: &'static Keyword,
    word: &Ident,
    on_word: &str,
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
) -> Result<Numbers, Diagnostic> {
    let (name, place) = (keyword.name, Place::from(word.span()));
    let example = keyword.example();
    let wrong = |problem: String| Diagnostic::new(place, problem).help(format!("write `{example}`"));
    let sides = match keyword.form {
        Form::Bare | Form::Branches if on_word.is_empty() => return Ok(Numbers::None),
        Form::Bare | Form::Branches => return Err(wrong(format!("`{name}` takes no number"))),
        Form::Volume if !on_word.is_empty() => {
            return Err(wrong(format!("the volume of `{name}` is written in brackets")));
        }
        Form::Volume => {
            return match cursor.take_group(Delimiter::Bracket) {
                Some(group) => Ok(Numbers::Volume(numbers::volume(&group, scope)?)),
                None => Err(wrong(format!("`{name}` needs the volume of an image"))),
            };
        }
        Form::WindowAndCount | Form::Window | Form::Count => {
            if on_word.is_empty() && is_foreign(cursor) {
                return Err(missing_numbers(keyword, word, cursor));
            }
            numbers::sides(on_word, place, cursor, scope)
                .map_err(|error| error.or_help(format!("write `{example}`")))?
        }
    };
    if sides.is_empty() {
        return Err(missing_numbers(keyword, word, cursor));
    }
    let extent =
        numbers::extent(sides, place).map_err(|error| error.or_help(format!("write `{example}`")))?;
    match keyword.form {
        Form::Count if extent.height.is_some() => {
            Err(wrong(format!("`{name}` takes one number, found `{on_word}`")))
        }
        Form::Count => Ok(Numbers::Count(extent.width)),
        Form::Window => Ok(Numbers::Window(extent)),
        _ => {
            let count = count(&format!("{name}{extent}"), word, cursor, scope)?;
            Ok(Numbers::WindowAndCount(extent, count))
        }
    }
}

/// The `-64` of `CONV3-64`, which is `head`.
fn count(head: &str, word: &Ident, cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Result<Number, Diagnostic> {
    let help = format!("write `{head}-64` for 64 filters");
    let Some(dash) = cursor.take_punct('-') else {
        let message = format!("`{head}` says the size of the filters, but not their number");
        return Err(Diagnostic::new(word.span(), message).help(help));
    };
    if let Some(number) = numbers::number(cursor, scope).map_err(|error| error.or_help(help.clone()))? {
        return no_arithmetic(head, number, cursor, scope);
    }
    if let Some(other) = cursor.next() {
        let message = format!("expected the number of filters, found `{}`", numbers::text(other));
        return Err(Diagnostic::new(other.span(), message).help(help));
    }
    let place = Place::between(word.span(), dash.span());
    Err(Diagnostic::new(place, "the number of filters is missing").help(help))
}

/// `CONV3-k/4` means `CONV3-(k/4)`.
fn no_arithmetic(
    head: &str,
    number: Number,
    cursor: &Cursor<'_>,
    scope: &Scope<'_>,
) -> Result<Number, Diagnostic> {
    let (sign, right) = match cursor.rest() {
        [TokenTree::Punct(sign), right, ..] => (sign.as_char(), right),
        _ => return Ok(number),
    };
    let is_literal = matches!(number.value, crate::ast::Value::Literal(_));
    let is_arithmetic = match right {
        // Behind a number `*` is an attempt to repeat a layer, which has a message of its own.
        TokenTree::Literal(_) => matches!(sign, '/' | '+' | '-') || (sign == '*' && !is_literal),
        TokenTree::Ident(name) if scope.has_parameter(name) => matches!(sign, '/' | '+' | '-' | '*'),
        _ => matches!(sign, '/' | '+'),
    };
    if !is_arithmetic {
        return Ok(number);
    }
    let place = number.place.to(right.span().into());
    let right = numbers::text(right);
    let error = Diagnostic::new(place, "arithmetic stands in parentheses")
        .help(format!("write `{head}-({number}{sign}{right})`"));
    Err(if sign == '*' {
        error.help(format!("to repeat the layer, write `[{head}-{number}]*{right}`"))
    } else {
        error
    })
}

fn missing_numbers(keyword: &Keyword, word: &Ident, cursor: &Cursor<'_>) -> Diagnostic {
    let name = keyword.name;
    if cursor.peek_punct('?') {
        let end = Place::of(&cursor.rest()[..1]);
        return Diagnostic::new(
            Place::from(word.span()).to(end),
            format!("`{name}?` leaves open whether to pool"),
        )
        .help("write `POOL2`, or nothing");
    }
    if let Some(given) = unknown::in_parentheses(cursor) {
        let end = Place::of(&cursor.rest()[..1]);
        let message = format!("the numbers of `{name}` are written on to it, without parentheses");
        return Diagnostic::new(Place::from(word.span()).to(end), message)
            .help(format!("write `{}`", unknown::with_numbers(keyword, &given)));
    }
    let needs = match keyword.form {
        Form::WindowAndCount => "the size and the number of its filters",
        Form::Window => "the size of its window",
        _ if keyword.meaning == Meaning::Maxout => "the number of channels that compete",
        _ => "the number of its outputs",
    };
    Diagnostic::new(word.span(), format!("`{name}` needs {needs}"))
        .help(format!("write `{}`", keyword.example()))
}
