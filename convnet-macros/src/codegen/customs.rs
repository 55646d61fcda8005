//! Users' own layers: what is written of them is checked against their types, and they fill their own parameters.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::geometry;
use crate::ast::path_text;
use crate::plan::{Plan, PlannedLayer};

fn customs<'p, 'a>(plan: &'p Plan<'a>) -> impl Iterator<Item = (&'p PlannedLayer<'a>, &'a syn::Path)> {
    plan.layers.iter().filter_map(|layer| Some((layer, layer.custom?)))
}

/// Constant asserts: the type's constants are what the notation says.
pub(super) fn checks(plan: &Plan<'_>) -> TokenStream {
    let mut seen = Vec::new();
    let checks = customs(plan).flat_map(|(layer, path)| {
        let counts = layer.kind.counts();
        let claims = (path_text(path), layer.kind.output(), counts.own, counts.state);
        if seen.contains(&claims) {
            return Vec::new();
        }
        seen.push(claims);
        let constants = quote!(<#path as rt::CustomLayer<f32>>);
        let (output, parameters, state) = (
            geometry::volume(layer.kind.output()),
            geometry::count(counts.own),
            geometry::count(counts.state),
        );
        let text = path_text(path);
        let written = [
            (
                quote!(#constants::OUTPUT.same(#output)),
                format!("gives `: {}`, which is not its `OUTPUT`", layer.kind.output()),
            ),
            (
                quote!(#constants::PARAMETERS == #parameters),
                format!("has `parameters={}`, which is not its `PARAMETERS`", counts.own),
            ),
            (
                quote!(#constants::STATE == #state),
                format!("has `state={}`, which is not its `STATE`", counts.state),
            ),
        ];
        let check = |(holds, problem): (TokenStream, String)| {
            let message = format!("the notation says that the layer `({text})` {problem}");
            quote_spanned!(path.span()=> const _: () = ::core::assert!(#holds, #message);)
        };
        written.map(check).to_vec()
    });
    checks.collect()
}

/// The pattern of fresh parameters, and what fills those of users' own layers.
pub(super) fn initialize(plan: &Plan<'_>) -> (TokenStream, TokenStream) {
    let calls: Vec<_> = customs(plan)
        .filter(|(layer, _)| layer.kind.parameters() > 0)
        .map(|(layer, path)| {
            let first = geometry::count(layer.offsets.parameters);
            let last = geometry::count(layer.offsets.parameters + layer.kind.parameters());
            quote!(<#path as rt::CustomLayer<T>>::initialize(&mut parameters.as_mut_slice()[#first..#last]);)
        })
        .collect();
    let pattern = if calls.is_empty() { quote!(parameters) } else { quote!(mut parameters) };
    (pattern, quote!(#(#calls)*))
}

/// The forward pass of a layer by its index, for executors that do not know its type.
pub(super) fn passes(plan: &Plan<'_>) -> Option<TokenStream> {
    let customs = plan.layers.iter().enumerate().filter_map(|(index, layer)| Some((index, layer.custom?)));
    let arms: Vec<_> = customs
        .map(|(index, path)| {
            let index = Literal::usize_unsuffixed(index);
            quote!(#index => rt::Option::Some(<#path as rt::CustomLayer<T>>::forward),)
        })
        .collect();
    (!arms.is_empty()).then(|| {
        quote! {
            match index {
                #(#arms)*
                _ => rt::Option::None,
            }
        }
    })
}
