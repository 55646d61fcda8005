//! Blocks, for editors: an item for each, which each use of it names, so that going to its definition works.

use proc_macro2::TokenStream;
use quote::quote;

use super::{facade, keywords_of};
use crate::ast::{Block, Call, Chain, Definition, ElementKind, Source};

/// One item a block, with its documentation, its keywords, and the uses of blocks wherever they stand.
pub(crate) fn items(source: &Source) -> TokenStream {
    // Where there is no network, a mistake was reported. One that is there in any case knows the facade.
    let is_there = |definition: &&Definition| definition.conditions().next().is_none();
    let definition = source.definitions.iter().find(is_there).or(source.definitions.first());
    let (Some(definition), false) = (definition, source.blocks.is_empty()) else {
        return TokenStream::new();
    };
    let facade = facade(definition);
    let items = source.blocks.iter().map(|Block { attributes, name, chain, .. }| {
        let words = chain.elements().filter_map(keywords_of);
        quote! {
            #(#attributes)*
            const #name: &[rt::dsl::Keyword] = &[#(#words),*];
        }
    });
    let chains = source.blocks.iter().map(|block| &block.chain);
    let chains = chains.chain(source.definitions.iter().map(|definition| &definition.chain));
    let uses = chains.flat_map(Chain::elements).filter_map(|element| match &element.kind {
        ElementKind::Call(Call { name, .. }) => Some(name),
        _ => None,
    });
    quote! {
        #[allow(non_upper_case_globals, dead_code)]
        const _: () = {
            use #facade::__private as rt;
            #(#items)*
            const _: &[&[rt::dsl::Keyword]] = &[#(#uses),*];
        };
    }
}
