//! Words that are no layer: misspelt, or another library's.

use proc_macro2::{Delimiter, Ident, TokenTree};

use super::cursor::Cursor;
use super::numbers;
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::{self, Form, Keyword, Meaning, ParameterKind};

/// A word that is neither keyword nor block: names the nearest.
pub(super) fn layer(word: &Ident, cursor: &mut Cursor<'_>, scope: &Scope<'_>) -> Diagnostic {
    let (word, place, written) = behind_dots(word, cursor);
    let text = word.to_string();
    if text.starts_with(|c: char| c.is_ascii_lowercase())
        && vocabulary::keyword(&text.to_uppercase()).is_none()
        && let Some(block) = scope.nearest_block(&text)
    {
        return Diagnostic::new(place, format!("there is no block `{text}`"))
            .help(format!("did you mean `{block}`?"));
    }
    let error = Diagnostic::new(place, format!("there is no layer `{written}`"));
    if let Some(written) = with_parameter(&text, scope) {
        return error.help(format!("write `{written}`: a parameter stands in parentheses"));
    }
    if let Some(instead) = vocabulary::instead(&text) {
        return error.help(instead);
    }
    let Some((keyword, on_word)) = vocabulary::nearest(&text) else {
        let names: Vec<_> = vocabulary::KEYWORDS.iter().map(|keyword| keyword.name).collect();
        return error.help(format!("the layers and losses are {}", names.join(", ")));
    };
    let numbers = in_parentheses(cursor).map(|numbers| in_our_order(&text, numbers));
    let suggestion = match numbers {
        Some(numbers) if on_word.is_empty() => with_numbers(keyword, &numbers),
        _ if on_word.is_empty() => keyword.example(),
        _ if !keyword.form.is_numbered() => keyword.example(),
        _ => format!("{}{on_word}", keyword.name),
    };
    let error = error.help(format!("did you mean `{suggestion}`?"));
    if keyword.meaning == Meaning::Dropout {
        return error.help("`keep` is the probability of keeping a number, others mean that of dropping it");
    }
    error
}

/// The last word of `nn.Linear`, with the place and the text of the whole.
fn behind_dots(word: &Ident, cursor: &mut Cursor<'_>) -> (Ident, Place, String) {
    let (mut last, mut place, mut written) = (word.clone(), Place::from(word.span()), word.to_string());
    while let [TokenTree::Punct(dot), TokenTree::Ident(next), ..] = cursor.rest() {
        if dot.as_char() != '.' {
            break;
        }
        (last, place, written) = (next.clone(), place.to(next.span().into()), format!("{written}.{next}"));
        cursor.next();
        cursor.next();
    }
    (last, place, written)
}

/// `CONVf` as `CONV(f)`.
fn with_parameter(text: &str, scope: &Scope<'_>) -> Option<String> {
    scope.parameters.iter().find_map(|parameter| {
        let rest = text.strip_suffix(&parameter.to_string())?;
        let name = rest.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'x');
        let keyword = vocabulary::keyword(name)?;
        keyword.form.is_numbered().then(|| format!("{rest}({parameter})"))
    })
}

/// The numbers of `CONV(3, 64)`, as other libraries would write it.
pub(super) fn in_parentheses(cursor: &Cursor<'_>) -> Option<Vec<String>> {
    let group = cursor.peek_group(Delimiter::Parenthesis)?;
    let number = |token: &TokenTree| {
        let text = numbers::text(token);
        text.starts_with(|c: char| c.is_ascii_digit()).then_some(text)
    };
    Some(group.stream().into_iter().filter_map(|token| number(&token)).collect())
}

/// The numbers of another library's layer in the order in which we write them.
fn in_our_order(foreign: &str, numbers: Vec<String>) -> Vec<String> {
    let order: &[usize] = match foreign {
        // Keras: filters, size.
        "Conv2D" | "LocallyConnected2D" => &[1, 0],
        // PyTorch: the depth of the input, filters, size.
        "Conv2d" => &[2, 1],
        // PyTorch: inputs, outputs.
        "Linear" => &[1],
        // The channels, which need not be written.
        "BatchNorm1d" | "BatchNorm2d" => &[],
        _ => return numbers,
    };
    order.iter().map_while(|&index| numbers.get(index).cloned()).collect()
}

/// A keyword with numbers that were written for it, as far as there are enough.
pub(super) fn with_numbers(keyword: &Keyword, numbers: &[String]) -> String {
    let takes_number =
        keyword.parameters.iter().any(|parameter| matches!(parameter.kind, ParameterKind::Positional { .. }));
    match (keyword.form, numbers) {
        (Form::WindowAndCount, [filter, count, ..]) => format!("{}{filter}-{count}", keyword.name),
        (Form::Window | Form::Count, [number, ..]) => format!("{}{number}", keyword.name),
        (Form::Bare, [number]) if takes_number => format!("{}({number})", keyword.name),
        _ => keyword.example(),
    }
}
