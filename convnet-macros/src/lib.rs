//! The `network!` macro of [convnet](https://docs.rs/convnet), which documents it.
//!
//! The stages of one expansion, a file each: `parse` (tokens to `ast`), `check` (the tree to a list of steps),
//! `infer` (steps to a `plan`, with all geometry), `codegen` (the plan to code); `diagnostics` are collected on
//! the way, and where there are any, `fallback` emits a stub beside them, and `editor` what an editor asks for. `vocabulary` is the table of keywords.

mod ast;
mod check;
mod codegen;
mod diagnostics;
mod editor;
mod expand;
mod fallback;
mod infer;
mod parse;
mod plan;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
mod unroll;
mod vocabulary;

use proc_macro::TokenStream;

/// Writes a convolutional network in the notation of the CS231n notes.
///
/// See the documentation of the crate `convnet` for the language.
#[proc_macro]
pub fn network(input: TokenStream) -> TokenStream {
    expand::network(input.into()).into()
}
