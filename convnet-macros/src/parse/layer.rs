//! One layer: a keyword, its numbers, its options, its arguments.

use proc_macro2::{Delimiter, Ident, TokenTree};

use super::cursor::Cursor;
use super::{numbers, options};
use crate::ast::{Argument, Layer, Numbers};
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::{self, Form, Keyword, Word};

/// Reads a layer up to its expected volume or the end.
pub(super) fn layer(cursor: &mut Cursor<'_>) -> Result<Layer, Diagnostic> {
    let tokens = cursor.rest();
    let word = cursor.take_ident().expect("a layer begins with a word");
    let text = word.to_string();
    let (keyword, on_word) = match vocabulary::look_up(&text) {
        Word::Known(keyword, on_word) => (keyword, on_word),
        Word::Reserved(name) => {
            let message =
                format!("`{name}` is part of the notation, but this version has no layer for it yet");
            return Err(Diagnostic::new(word.span(), message));
        }
        Word::Unknown => return Err(unknown(&word, cursor)),
    };
    let numbers = keyword_numbers(keyword, &word, on_word, cursor)?;
    let options = options::options(cursor)?;
    let arguments = arguments(keyword, cursor)?;
    let taken = &tokens[..tokens.len() - cursor.rest().len()];
    Ok(Layer { keyword, word, numbers, options, arguments, place: Place::of(taken) })
}

/// The layer that a word was probably meant to be, without its numbers: what a stub needs of a layer that was not read.
pub(super) fn guess(word: &Ident) -> Option<Layer> {
    let text = word.to_string();
    let keyword = match vocabulary::look_up(&text) {
        Word::Known(keyword, _) => keyword,
        Word::Unknown if text.starts_with(|c: char| c.is_ascii_uppercase()) => vocabulary::nearest(&text)?.0,
        Word::Unknown | Word::Reserved(_) => return None,
    };
    Some(Layer {
        keyword,
        word: word.clone(),
        numbers: Numbers::None,
        options: Vec::new(),
        arguments: Vec::new(),
        place: word.span().into(),
    })
}

/// A word that is no keyword: names the nearest.
fn unknown(word: &Ident, cursor: &Cursor<'_>) -> Diagnostic {
    let text = word.to_string();
    let error = Diagnostic::new(word.span(), format!("there is no layer `{text}`"));
    let Some((keyword, on_word)) = vocabulary::nearest(&text) else {
        let names: Vec<_> = vocabulary::KEYWORDS.iter().map(|keyword| keyword.name).collect();
        return error.help(format!("the layers are {}", names.join(", ")));
    };
    let suggestion = match (keyword.form, in_parentheses(cursor)) {
        (Form::Bare | Form::Arguments | Form::Volume, _) => keyword.name.to_owned(),
        (form, Some(numbers)) if on_word.is_empty() => with_numbers(keyword, form, &numbers),
        (form, _) if on_word.is_empty() => form.example(keyword.name),
        _ => format!("{}{on_word}", keyword.name),
    };
    error.help(format!("did you mean `{suggestion}`?"))
}

/// The numbers of `CONV(3, 64)`, as other libraries would write it.
fn in_parentheses(cursor: &Cursor<'_>) -> Option<Vec<String>> {
    let group = cursor.clone().take_group(Delimiter::Parenthesis)?;
    let literal = |token: &TokenTree| matches!(token, TokenTree::Literal(_)).then(|| token.to_string());
    Some(group.stream().into_iter().filter_map(|token| literal(&token)).collect())
}

fn with_numbers(keyword: &Keyword, form: Form, numbers: &[String]) -> String {
    match (form, numbers) {
        (Form::WindowAndCount, [filter, count, ..]) => format!("{}{filter}-{count}", keyword.name),
        (Form::Window | Form::Count, [number, ..]) => format!("{}{number}", keyword.name),
        _ => form.example(keyword.name),
    }
}

fn keyword_numbers(
    keyword: &'static Keyword,
    word: &Ident,
    on_word: &str,
    cursor: &mut Cursor<'_>,
) -> Result<Numbers, Diagnostic> {
    let name = keyword.name;
    let example = keyword.form.example(name);
    let wrong = |problem: String| Diagnostic::new(word.span(), problem).help(format!("write `{example}`"));
    if on_word.is_empty() && matches!(keyword.form, Form::WindowAndCount | Form::Window | Form::Count) {
        return Err(missing_numbers(keyword, word, cursor));
    }
    match keyword.form {
        Form::Bare | Form::Arguments if on_word.is_empty() => Ok(Numbers::None),
        Form::Bare | Form::Arguments => Err(wrong(format!("`{name}` takes no number"))),
        Form::Volume if !on_word.is_empty() => {
            Err(wrong(format!("the volume of `{name}` is written in brackets")))
        }
        Form::Volume => match cursor.take_group(Delimiter::Bracket) {
            Some(group) => Ok(Numbers::Volume(numbers::volume(&group)?)),
            None => Err(wrong(format!("`{name}` needs the volume of an image"))),
        },
        Form::Count => Ok(Numbers::Count(numbers::whole(on_word).map_err(wrong)?)),
        Form::Window => Ok(Numbers::Window(numbers::extent(on_word).map_err(wrong)?)),
        Form::WindowAndCount => {
            let filter = numbers::extent(on_word).map_err(wrong)?;
            let count = count(name, word, on_word, cursor)?;
            Ok(Numbers::WindowAndCount(filter, count))
        }
    }
}

/// The `-64` of `CONV3-64`.
fn count(name: &str, word: &Ident, on_word: &str, cursor: &mut Cursor<'_>) -> Result<usize, Diagnostic> {
    let Some(dash) = cursor.take_punct('-') else {
        return Err(Diagnostic::new(
            word.span(),
            format!("`{word}` says the size of the filters, but not their number"),
        )
        .help(format!("write `{name}{on_word}-64` for 64 filters")));
    };
    match cursor.next() {
        Some(TokenTree::Literal(literal)) => Ok(numbers::literal(literal)?.value),
        Some(other) => {
            let message = format!("expected the number of filters, found `{}`", numbers::text(other));
            Err(Diagnostic::new(other.span(), message)
                .help(format!("write `{name}{on_word}-64` for 64 filters")))
        }
        None => {
            Err(Diagnostic::new(Place::between(word.span(), dash.span()), "the number of filters is missing")
                .help(format!("write `{name}{on_word}-64` for 64 filters")))
        }
    }
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
    if let Some(given) = in_parentheses(cursor) {
        let end = Place::of(&cursor.rest()[..1]);
        let message = format!("the numbers of `{name}` are written on to it, without parentheses");
        return Diagnostic::new(Place::from(word.span()).to(end), message)
            .help(format!("write `{}`", with_numbers(keyword, keyword.form, &given)));
    }
    let needs = match keyword.form {
        Form::WindowAndCount => "the size and the number of its filters",
        Form::Window => "the size of its window",
        _ => "the number of its outputs",
    };
    Diagnostic::new(word.span(), format!("`{name}` needs {needs}"))
        .help(format!("write `{}`", keyword.form.example(name)))
}

/// `(delta=1)`.
fn arguments(keyword: &Keyword, cursor: &mut Cursor<'_>) -> Result<Vec<Argument>, Diagnostic> {
    let Some(group) = cursor.take_group(Delimiter::Parenthesis) else {
        return Ok(Vec::new());
    };
    let example = format!("`{}(delta=1)`", keyword.name);
    if keyword.form != Form::Arguments {
        return Err(Diagnostic::new(
            group.span(),
            format!("`{}` takes nothing in parentheses", keyword.name),
        ));
    }
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let mut arguments = Vec::new();
    for tokens in tokens.split(is_comma).filter(|tokens| !tokens.is_empty()) {
        let place = Place::of(tokens);
        let [TokenTree::Ident(name), TokenTree::Punct(equals), value @ ..] = tokens else {
            return Err(Diagnostic::new(place, "expected `name=value`").help(format!("write {example}")));
        };
        let text: String = value.iter().map(ToString::to_string).collect();
        let value = text.parse().ok().filter(|_| equals.as_char() == '=');
        let Some(value) = value else {
            return Err(Diagnostic::new(place, format!("expected a number behind `{name}=`"))
                .help(format!("write {example}")));
        };
        if name != "delta" {
            return Err(Diagnostic::new(name.span(), format!("`{}` has no option `{name}`", keyword.name))
                .help(format!("write {example}")));
        }
        arguments.push(Argument { name: name.to_string(), value, place });
    }
    Ok(arguments)
}
