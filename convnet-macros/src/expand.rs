//! One expansion, a line a stage.

use proc_macro2::TokenStream;

use crate::diagnostics::Diagnostics;
use crate::{check, codegen, editor, fallback, infer, parse};

/// Expands the tokens inside `network! { ... }`.
pub(crate) fn network(input: TokenStream) -> TokenStream {
    let errors = Diagnostics::new();
    let source = parse::source(input.clone(), &errors);
    let blocks = check::blocks(&source, &errors).then_some(&source.blocks[..]);
    let code = source.definitions.iter().map(|definition| {
        let spec = check::definition(definition, blocks, &errors)?;
        let plan = infer::plan(&spec, &errors)?;
        Some(codegen::network(&plan))
    });
    // A network with a mistake becomes a stub, whatever the others are.
    let code: TokenStream = std::iter::zip(&source.definitions, code.collect::<Vec<_>>())
        .map(|(definition, code)| code.unwrap_or_else(|| fallback::stub(definition, &source.blocks)))
        .collect();
    // First, so that it stands at the same place with and without the word that is being completed.
    let words = (errors.count() > 0).then(|| editor::words(input, &source.definitions));
    let items = blocks.map(|_| codegen::blocks::items(&source));
    let errors = errors.drain();
    quote::quote!(#words #errors #items #code)
}
