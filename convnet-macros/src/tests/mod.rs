//! What a network expands to, what any tokens at all expand to, and what the notation's numbers come to.

mod any_tokens;
mod expansions;
mod limits;
mod numbers;
mod others_stay;
mod proposals;

use proc_macro2::TokenStream;

use crate::expand;

fn expansion(notation: &str) -> TokenStream {
    expand::network(notation.parse().expect("the notation is made of Rust's tokens"))
}

/// The expansion as rustfmt would write it.
fn code(notation: &str) -> String {
    prettyplease::unparse(&syn::parse2(expansion(notation)).expect("items"))
}

/// The messages of an expansion.
pub(crate) fn messages(expansion: TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(expansion).expect("items");
    let message = |item| match item {
        syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "compile_error" => {
            Some(item.mac.parse_body::<syn::LitStr>().ok()?.value())
        }
        _ => None,
    };
    file.items.into_iter().filter_map(message).collect()
}

/// The messages of a mistaken network.
fn mistakes(notation: &str) -> Vec<String> {
    messages(expansion(notation))
}
