//! `CAT{ a | b }` and `ADD{ a | b }`.

use proc_macro2::{Delimiter, TokenTree};

use super::chain;
use super::cursor::Cursor;
use super::scope::Scope;
use crate::ast::Branches;
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
    let Some(group) = cursor.take_group(Delimiter::Brace) else {
        let message = format!("`{name}` needs its branches in braces");
        return Err(Diagnostic::new(word.span(), message).help(format!("write `{}`", keyword.example())));
    };
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_bar = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '|');
    let branches: Vec<&[TokenTree]> = tokens.split(is_bar).collect();
    if branches.len() < 2 {
        let message = format!("`{name}` joins at least two branches, separated by `|`");
        return Err(Diagnostic::new(Place::between(word.span(), group.span()), message)
            .help(format!("write `{}`; `ID` is the branch that does nothing", keyword.example())));
    }
    if let Some(empty) = branches.iter().position(|branch| branch.is_empty()) {
        let bars: Vec<&TokenTree> = tokens.iter().filter(|token| is_bar(token)).collect();
        let bar = bars.get(empty).or(bars.last()).map_or_else(|| group.span(), |bar| bar.span());
        return Err(Diagnostic::new(bar, format!("branch {} of `{name}` is empty", empty + 1))
            .help("write `ID` for the branch that does nothing"));
    }
    let chains = branches.into_iter().map(|branch| chain::chain(branch, group.span().into(), scope));
    Ok(Branches { join, keyword, word, chains: chains.collect() })
}
