//! Forward and backward: one call a layer.

use convnet_geometry::LayerKind;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::constant;
use crate::plan::{Gradient, Plan, PlannedLayer};

/// `infer`.
pub(super) fn infer(plan: &Plan<'_>) -> TokenStream {
    let calls = plan.layers.iter().enumerate().map(|(index, layer)| forward(index, layer));
    quote! {
        let numbers = (&self.parameters, &self.state);
        workspace.run(Self::ARCHITECTURE, numbers, images, observer, |pass| {
            #(#calls)*
        })
    }
}

/// `gradients`: backward down to the first layers with parameters, whose inputs need no gradient.
pub(super) fn gradients(plan: &Plan<'_>) -> TokenStream {
    let forward = plan.layers.iter().enumerate().map(|(index, layer)| forward(index, layer));
    let backward: Vec<_> = plan.backward.step.iter().map(|gradient| backward(*gradient, plan)).collect();
    let pass = if backward.is_empty() { quote!(_) } else { quote!(pass) };
    quote! {
        let batch = rt::Batch { images, targets, loss, step };
        let forward = |pass: &mut rt::ForwardPass<'_, T>| {
            #(#forward)*
        };
        let backward = |#pass: &mut rt::BackwardPass<'_, T>| {
            #(#backward)*
        };
        let numbers = (&self.parameters, &mut self.state);
        workspace.step(Self::ARCHITECTURE, numbers, batch, observer, forward, backward)
    }
}

/// `input_gradient`: from the first layers with parameters to the images.
pub(super) fn input_gradient(plan: &Plan<'_>) -> TokenStream {
    let calls: Vec<_> = plan.backward.to_input.iter().map(|gradient| backward(*gradient, plan)).collect();
    let pass = if calls.is_empty() { quote!(_) } else { quote!(pass) };
    quote! {
        workspace.input_gradient(Self::ARCHITECTURE, &self.parameters, |#pass| {
            #(#calls)*
        })
    }
}

fn forward(index: usize, layer: &PlannedLayer<'_>) -> TokenStream {
    let (index, name) = (Literal::usize_unsuffixed(index), constant(layer));
    match (&layer.kind, layer.custom) {
        (LayerKind::Joint(_), _) => quote!(pass.join(#index);),
        (_, Some(path)) => quote!(pass.custom::<#path>(#index);),
        (kind, None) if kind.can_be_in_place() => quote!(pass.in_place(#index, &Self::#name);),
        _ => quote!(pass.forward(#index, &Self::#name);),
    }
}

fn backward(gradient: Gradient, plan: &Plan<'_>) -> TokenStream {
    let (Gradient::Parameters(index) | Gradient::Input(index) | Gradient::Branch(index, _)) = gradient;
    let layer = &plan.layers[index];
    let (at, name) = (Literal::usize_unsuffixed(index), constant(layer));
    match (gradient, layer.custom) {
        (Gradient::Branch(_, branch), _) => {
            let branch = Literal::usize_unsuffixed(branch);
            quote!(pass.branch(#at, #branch);)
        }
        (Gradient::Parameters(_), Some(path)) => quote!(pass.custom_parameters::<#path>(#at);),
        (Gradient::Parameters(_), None) => quote!(pass.parameters(#at, &Self::#name);),
        (Gradient::Input(_), Some(path)) => quote!(pass.custom_input::<#path>(#at);),
        (Gradient::Input(_), None) if layer.kind.can_be_in_place() => {
            quote!(pass.in_place(#at, &Self::#name);)
        }
        (Gradient::Input(_), None) => quote!(pass.input(#at, &Self::#name);),
    }
}
