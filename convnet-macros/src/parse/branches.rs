//! `CAT{ a | b }` and `ADD{ a | b }`.

use proc_macro2::{Delimiter, Group, Ident, TokenTree};

use super::chain;
use super::cursor::Cursor;
use super::scope::Scope;
use crate::ast::{Branches, Chain};
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::{Keyword, Meaning};

/// Reads branches, whose keyword comes next.
pub(super) fn branches(
    keyword: &'static Keyword,
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
) -> Result<Branches, Diagnostic> {
    let word = cursor.take_ident().expect("branches begin with a word");
    let Meaning::Join(join) = keyword.meaning else { unreachable!("`{word}` joins branches") };
    let name = keyword.name;
    let group = group(keyword, &word, cursor, scope)?;
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    // In parentheses, which were complained of, branches are separated as others separate them.
    let is_bar = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => {
            punct.as_char() == '|' || (punct.as_char() == ',' && group.delimiter() != Delimiter::Brace)
        }
        _ => false,
    };
    let branches: Vec<&[TokenTree]> = tokens.split(is_bar).collect();
    let bars: Vec<&TokenTree> = tokens.iter().filter(|token| is_bar(token)).collect();
    if bars.is_empty() {
        let message = format!("`{name}` joins at least two branches, separated by `|`");
        let help = format!("write `{}`; `ID` is the branch that does nothing", keyword.example());
        let place = Place::between(word.span(), group.span());
        scope.errors.push(Diagnostic::new(place, message).help(help));
    }
    let chain = |(index, branch): (usize, &[TokenTree])| {
        let around = group.span().into();
        if branch.is_empty() {
            if !bars.is_empty() {
                scope.errors.push(empty(name, index, &bars));
            }
            return Chain { elements: Vec::new(), place: around };
        }
        chain::chain(branch, around, scope)
    };
    let chains = branches.into_iter().enumerate().map(chain).collect();
    Ok(Branches { join, keyword, word, chains })
}

/// The braces around branches; others are complained of, and taken for them.
fn group(
    keyword: &Keyword,
    word: &Ident,
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
) -> Result<Group, Diagnostic> {
    let error = |place: Place| {
        Diagnostic::new(place, format!("`{}` needs its branches in braces", keyword.name))
            .help(format!("write `{}`", keyword.example()))
    };
    let Some(TokenTree::Group(group)) = cursor.peek() else { return Err(error(word.span().into())) };
    cursor.next();
    if group.delimiter() != Delimiter::Brace {
        scope.errors.push(error(Place::between(word.span(), group.span())));
    }
    Ok(group.clone())
}

/// A branch with nothing in it, between two bars or beside one.
fn empty(name: &str, index: usize, bars: &[&TokenTree]) -> Diagnostic {
    let [before, behind] = [index.checked_sub(1), Some(index)].map(|bar| bars.get(bar?));
    let help = match (before, behind) {
        (Some(_), Some(_)) => "write `ID` for the branch that does nothing",
        _ => "remove this `|`, or write `ID`, the branch that does nothing",
    };
    let (first, last) = (before.or(behind), behind.or(before));
    let span = |bar: Option<&&TokenTree>| bar.map_or_else(proc_macro2::Span::call_site, |bar| bar.span());
    Diagnostic::new(
        Place::between(span(first), span(last)),
        format!("branch {} of `{name}` is empty", index + 1),
    )
    .help(help)
}
