//! Mistakes, collected: each points at the user's own tokens, and all are reported at once.

use std::cell::RefCell;
use std::fmt::Write as _;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// The tokens that a message points at: from the first to the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    first: Span,
    last: Span,
}

impl Place {
    /// From one span to another.
    pub(crate) fn between(first: Span, last: Span) -> Self {
        Self { first, last }
    }

    /// The tokens of a slice; the macro call itself if there is none.
    pub(crate) fn of(tokens: &[TokenTree]) -> Self {
        let span = |token: Option<&TokenTree>| token.map_or_else(Span::call_site, TokenTree::span);
        Self { first: span(tokens.first()), last: span(tokens.last()) }
    }

    /// The line in which it begins, counted from 1.
    pub(crate) fn line(self) -> usize {
        self.first.start().line
    }

    /// From this place's first token to that place's last.
    pub(crate) fn to(self, end: Self) -> Self {
        Self { first: self.first, last: end.last }
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { first: span, last: span }
    }
}

/// One mistake: what is wrong, and what would repair it.
#[derive(Clone, Debug)]
pub(crate) struct Diagnostic {
    place: Place,
    message: String,
    helps: Vec<String>,
}

impl Diagnostic {
    /// A mistake at these tokens.
    pub(crate) fn new(place: impl Into<Place>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into(), helps: Vec::new() }
    }

    /// With more at the end of the message.
    pub(crate) fn and(mut self, more: &str) -> Self {
        self.message.push_str(more);
        self
    }

    /// With a line that says what would repair it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    /// With such a line if there is none.
    pub(crate) fn or_help(self, help: impl Into<String>) -> Self {
        if self.helps.is_empty() { self.help(help) } else { self }
    }

    /// With several such lines.
    pub(crate) fn helps(mut self, helps: impl IntoIterator<Item = String>) -> Self {
        self.helps.extend(helps);
        self
    }

    /// A `compile_error!` that rustc underlines from the first token to the last.
    fn into_tokens(self) -> TokenStream {
        let mut text = self.message;
        for help in self.helps {
            // Writing to a string cannot fail.
            let _ = write!(text, "\nhelp: {help}");
        }
        // rustc points at the first token, rust-analyzer at the last word; hovering would show `core` beside the layer.
        let core = Ident::new("core", Span::call_site());
        let path = quote_spanned!(self.place.first=> ::#core::compile_error!);
        let mut message = Group::new(Delimiter::Brace, quote!(#text));
        message.set_span(self.place.last);
        quote!(#path #message)
    }
}

/// The mistakes found so far. Dropping them unread is a mistake of ours.
pub(crate) struct Diagnostics {
    found: RefCell<Option<Vec<Diagnostic>>>,
}

impl Diagnostics {
    pub(crate) fn new() -> Self {
        Self { found: RefCell::new(Some(Vec::new())) }
    }

    /// Adds one.
    pub(crate) fn push(&self, diagnostic: Diagnostic) {
        self.found.borrow_mut().as_mut().expect("not yet drained").push(diagnostic);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.found.borrow().as_ref().map_or(0, Vec::len)
    }

    /// All of them, as tokens.
    pub(crate) fn drain(self) -> TokenStream {
        let found = self.found.borrow_mut().take();
        found.into_iter().flatten().map(Diagnostic::into_tokens).collect()
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        let unread = self.found.borrow().as_ref().is_some_and(|found| !found.is_empty());
        assert!(!unread || std::thread::panicking(), "diagnostics were dropped unread");
    }
}
