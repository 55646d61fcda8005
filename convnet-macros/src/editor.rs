//! What an editor is told of a call with a mistake, so that hovering and completion work while a network is being written.
//!
//! It looks at the tokens alone: nothing of them may be readable yet, and rust-analyzer puts a word of its own at the
//! cursor before it asks what could stand there.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote;

use crate::ast::Definition;
use crate::codegen;
use crate::vocabulary::{self, Word};

/// Names every word of the call among the facade's `dsl`: a keyword's item has its documentation, and a word that is none
/// is completed to one. rustc, for which it would be one more mistake, never sees it.
///
/// Completion adds a word at the cursor, and asks what `dsl` is at that word's place in the expansion without it: hence one
/// more word at the end, so that every word has one behind it.
pub(crate) fn words(input: TokenStream, definitions: &[Definition]) -> TokenStream {
    let words = layer_words(input);
    let facade = definitions.first().map_or_else(|| quote!(::convnet), codegen::facade);
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            const _: &[#facade::dsl::Keyword] = &[#(#facade::dsl::#words,)* #facade::dsl::INPUT];
        };
    }
}

/// Every keyword, without its numbers, and every other word where a layer may stand.
fn layer_words(input: TokenStream) -> Vec<Ident> {
    let mut words = Vec::new();
    // Without recursion, since nothing has limited the nesting. A level is its tokens, and whether a layer may stand next.
    let mut levels = vec![(input.into_iter(), true)];
    while let Some((level, is_layer)) = levels.last_mut() {
        let Some(token) = level.next() else {
            levels.pop();
            continue;
        };
        let is_layer = std::mem::replace(is_layer, precedes_layer(&token));
        match token {
            TokenTree::Ident(word) => words.extend(layer_word(word, is_layer)),
            TokenTree::Group(group) if is_chain(group.delimiter(), is_layer) => {
                levels.push((group.stream().into_iter(), true));
            }
            _ => {}
        }
    }
    words
}

/// Whether a layer may follow: behind the `>` of an arrow, the `|` of a branch, the `=` of a block.
fn precedes_layer(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), '>' | '|' | '='))
}

/// Whether layers stand in a group: brackets in another place hold a volume or an attribute, parentheses options.
fn is_chain(delimiter: Delimiter, is_layer: bool) -> bool {
    delimiter == Delimiter::Brace || delimiter == Delimiter::Bracket && is_layer
}

/// The word as an item of `dsl`, if it could be one.
fn layer_word(word: Ident, is_layer: bool) -> Option<Ident> {
    match vocabulary::look_up(&word.to_string()) {
        Word::Known(keyword, _) => Some(Ident::new(keyword.name, word.span())),
        // Rust's own words, `struct` or a mistaken `type`, would be a mistake in the path.
        Word::Unknown if is_layer => syn::parse2(TokenTree::Ident(word).into()).ok(),
        Word::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::layer_words;

    #[track_caller]
    fn are_named(tokens: &str, expected: &[&str]) {
        let words = layer_words(tokens.parse().expect("tokens"));
        assert_eq!(words.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{tokens}");
    }

    #[test]
    fn keywords_wherever_they_stand() {
        are_named(
            "INPUT[8x8x3] -> CONV3-4 s2 -> [POOL2]*2 -> SVM(delta=1)",
            &["INPUT", "CONV", "POOL", "SVM"],
        );
        are_named("pub struct Net { INPUT[8x8x3] RELU FC10 nobias }", &["INPUT", "RELU", "FC"]);
    }

    #[test]
    fn other_words_where_a_layer_may_stand() {
        are_named("CO", &["CO"]);
        are_named("struct Net { IN } assert parameters == 3;", &["IN"]);
        are_named("INPUT[w] -> CO : [h] -> [x s2 -> { a(k) | b } ]", &["INPUT", "CO", "x", "a", "b"]);
        are_named("#[doc = text] block plain(k) = CO -> RELU;", &["CO", "RELU"]);
    }

    #[test]
    fn no_words_of_rust() {
        are_named("-> type -> struct -> _ -> self", &[]);
    }
}
