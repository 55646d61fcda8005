//! One expansion, a line a stage.

use proc_macro2::TokenStream;

use crate::diagnostics::Diagnostics;
use crate::{check, codegen, editor, fallback, infer, parse};

/// Expands the tokens inside `network! { ... }`.
pub(crate) fn network(input: TokenStream) -> TokenStream {
    let errors = Diagnostics::new();
    let definitions = parse::definitions(input.clone(), &errors);
    let code = definitions.iter().map(|definition| {
        let spec = check::definition(definition, &errors)?;
        let plan = infer::plan(spec, &errors)?;
        Some(codegen::network(&plan))
    });
    // A network with a mistake becomes a stub, whatever the others are.
    let code: TokenStream = std::iter::zip(&definitions, code.collect::<Vec<_>>())
        .map(|(definition, code)| code.unwrap_or_else(|| fallback::stub(definition)))
        .collect();
    // First, so that it stands at the same place with and without the word that is being completed.
    let words = if errors.count() > 0 { editor::words(input, &definitions) } else { TokenStream::new() };
    let errors = errors.drain();
    quote::quote!(#words #errors #code)
}
