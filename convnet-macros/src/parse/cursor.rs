//! A position in a slice of tokens.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenTree};

/// Steps through tokens.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [TokenTree],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(tokens: &'a [TokenTree]) -> Self {
        Self { rest: tokens }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tokens not yet taken.
    pub(super) fn rest(&self) -> &'a [TokenTree] {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<&'a TokenTree> {
        self.rest.first()
    }

    pub(super) fn next(&mut self) -> Option<&'a TokenTree> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn peek_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(ident)) if ident == word)
    }

    pub(super) fn peek_punct(&self, punct: char) -> bool {
        matches!(self.peek(), Some(TokenTree::Punct(found)) if found.as_char() == punct)
    }

    pub(super) fn take_word(&mut self, word: &str) -> Option<Ident> {
        if self.peek_word(word) { self.take_ident() } else { None }
    }

    pub(super) fn take_ident(&mut self) -> Option<Ident> {
        let Some(TokenTree::Ident(ident)) = self.peek() else { return None };
        self.next();
        Some(ident.clone())
    }

    pub(super) fn take_punct(&mut self, punct: char) -> Option<Punct> {
        let Some(TokenTree::Punct(found)) = self.peek() else { return None };
        if found.as_char() != punct {
            return None;
        }
        self.next();
        Some(found.clone())
    }

    pub(super) fn peek_group(&self, delimiter: Delimiter) -> Option<&'a Group> {
        match self.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
            _ => None,
        }
    }

    pub(super) fn take_group(&mut self, delimiter: Delimiter) -> Option<Group> {
        let group = self.peek_group(delimiter)?.clone();
        self.next();
        Some(group)
    }

    /// `#[...]`.
    pub(super) fn take_attribute(&mut self) -> Option<(Punct, Group)> {
        let mut ahead = self.clone();
        let hash = ahead.take_punct('#')?;
        let group = ahead.take_group(Delimiter::Bracket)?;
        *self = ahead;
        Some((hash, group))
    }

    /// The tokens before the next semicolon, which is taken too; all that are left if there is none.
    pub(super) fn until_semicolon(&mut self) -> &'a [TokenTree] {
        let is_semicolon =
            |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
        let end = self.rest.iter().position(is_semicolon).unwrap_or(self.rest.len());
        let (statement, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        statement
    }

    /// [`until_semicolon`](Self::until_semicolon), or until another definition or assert begins; and whether the semicolon
    /// is missing between them.
    pub(super) fn statement(&mut self) -> (&'a [TokenTree], bool) {
        let all = self.rest;
        let statement = self.until_semicolon();
        let Some(next) = (1..statement.len()).find(|&at| begins_definition(statement, at)) else {
            return (statement, false);
        };
        let (statement, rest) = all.split_at(next);
        self.rest = rest;
        (statement, true)
    }

    /// Passes by what cannot be read, up to where another definition begins.
    pub(super) fn skip_to_definition(&mut self) {
        let next =
            (0..self.rest.len()).find(|&at| begins_definition(self.rest, at)).unwrap_or(self.rest.len());
        self.rest = &self.rest[next..];
    }

    /// The tokens before the next `->`, or `=>` for it, and the arrow if there is one; it is taken too.
    pub(super) fn until_arrow(&mut self) -> (&'a [TokenTree], Option<&'a [TokenTree]>) {
        let is_arrow = |pair: &[TokenTree]| match pair {
            [TokenTree::Punct(dash), TokenTree::Punct(head)] => {
                matches!(dash.as_char(), '-' | '=')
                    && dash.spacing() == Spacing::Joint
                    && head.as_char() == '>'
            }
            _ => false,
        };
        let Some(at) = self.rest.windows(2).position(is_arrow) else {
            return (std::mem::take(&mut self.rest), None);
        };
        let (segment, rest) = self.rest.split_at(at);
        let (arrow, rest) = rest.split_at(2);
        self.rest = rest;
        (segment, Some(arrow))
    }
}

/// The parts between commas, the empty ones left out: a trailing comma is no mistake.
pub(super) fn between_commas(tokens: &[TokenTree]) -> impl Iterator<Item = &[TokenTree]> {
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    tokens.split(is_comma).filter(|part| !part.is_empty())
}

/// Whether a definition, or an assert, begins here: a name may be one of these words too.
fn begins_definition(tokens: &[TokenTree], at: usize) -> bool {
    let is_inside = at > 0
        && matches!(&tokens[at - 1], TokenTree::Punct(punct) if matches!(punct.as_char(), '@' | '>' | '|' | '='));
    let is_followed = |by: fn(&TokenTree) -> bool| tokens.get(at + 1).is_some_and(by);
    match &tokens[at] {
        TokenTree::Ident(word) if ["struct", "block", "assert"].iter().any(|first| word == first) => {
            !is_inside && is_followed(|token| matches!(token, TokenTree::Ident(_)))
        }
        TokenTree::Ident(word) => !is_inside && word == "pub",
        TokenTree::Punct(punct) => punct.as_char() == '#',
        _ => false,
    }
}
