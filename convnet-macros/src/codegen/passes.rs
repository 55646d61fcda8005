//! Forward and backward: one call a layer.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::constant;
use crate::plan::{Plan, PlannedLayer};

/// `infer`.
pub(super) fn infer(plan: &Plan<'_>) -> TokenStream {
    let calls = plan.layers.iter().enumerate().map(|(index, layer)| forward(index, layer));
    quote! {
        workspace.run(Self::ARCHITECTURE, self.parameters.as_slice(), images, observer, |pass| {
            #(#calls)*
        })
    }
}

/// `gradients`: backward down to the first layer with parameters, whose input needs no gradient.
pub(super) fn gradients(plan: &Plan<'_>) -> TokenStream {
    let forward = plan.layers.iter().enumerate().map(|(index, layer)| forward(index, layer));
    let first = plan.first_trained();
    let trained = first.map_or(0..0, |first| first..plan.layers.len());
    let backward: Vec<_> = trained.rev().map(|index| backward(index, &plan.layers[index], first)).collect();
    let pass = if backward.is_empty() { quote!(_) } else { quote!(pass) };
    quote! {
        let batch = rt::Batch { images, targets, loss, step };
        let forward = |pass: &mut rt::ForwardPass<'_, T>| {
            #(#forward)*
        };
        let backward = |#pass: &mut rt::BackwardPass<'_, T>| {
            #(#backward)*
        };
        workspace.step(Self::ARCHITECTURE, &self.parameters, batch, observer, forward, backward)
    }
}

/// `input_gradient`: from the first layer with parameters to the images.
pub(super) fn input_gradient(plan: &Plan<'_>) -> TokenStream {
    let last = plan.first_trained().unwrap_or(plan.layers.len() - 1);
    let calls = (0..=last).rev().map(|index| {
        let layer = &plan.layers[index];
        let (index, name) = (Literal::usize_unsuffixed(index), constant(layer));
        if layer.kind.is_in_place() {
            quote!(pass.in_place(#index, &rt::Relu);)
        } else {
            quote!(pass.input(#index, &Self::#name);)
        }
    });
    quote! {
        workspace.input_gradient(Self::ARCHITECTURE, &self.parameters, |pass| {
            #(#calls)*
        })
    }
}

fn forward(index: usize, layer: &PlannedLayer<'_>) -> TokenStream {
    let (index, name) = (Literal::usize_unsuffixed(index), constant(layer));
    if layer.kind.is_in_place() {
        quote!(pass.in_place(#index, &rt::Relu);)
    } else {
        quote!(pass.forward(#index, &Self::#name);)
    }
}

fn backward(index: usize, layer: &PlannedLayer<'_>, first_trained: Option<usize>) -> TokenStream {
    let (at, name) = (Literal::usize_unsuffixed(index), constant(layer));
    if layer.kind.is_in_place() {
        return quote!(pass.in_place(#at, &rt::Relu););
    }
    let parameters = (layer.kind.weights() > 0).then(|| quote!(pass.parameters(#at, &Self::#name);));
    let input = (first_trained != Some(index)).then(|| quote!(pass.input(#at, &Self::#name);));
    quote!(#parameters #input)
}
