//! A stub for a network with a mistake: the same names and types, so that the code that uses it adds no errors of its own.

use convnet_geometry::LossKind;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::ast::{Block, Definition};
use crate::check::{accessor, is_taken};
use crate::codegen::traits::{self, Bodies};
use crate::codegen::{facade, losses};
use crate::diagnostics::Diagnostics;
use crate::plan::PlannedLoss;
use crate::unroll::{self, Node};
use crate::vocabulary::Meaning;

/// How many elements a stub has accessors for.
const ELEMENT_LIMIT: usize = 1000;

/// The stub. It never runs: a compile error stands beside it.
pub(crate) fn stub(definition: &Definition, blocks: &[Block]) -> TokenStream {
    let Definition { attributes, visibility, name, .. } = definition;
    let facade = facade(definition);
    let conditions = definition.conditions();
    let accessors = accessors(definition, blocks).into_iter().map(|(name, view)| {
        quote! {
            pub fn #name(&self) -> #view<'_, T> {
                ::core::unreachable!()
            }
        }
    });
    let loss = loss(definition);
    let never = quote!(::core::unreachable!());
    let bodies = Bodies {
        loss_type: losses::ty(&loss, &quote!(rt)),
        architecture: quote!(rt::Architecture::STUB),
        new: never.clone(),
        loss: never.clone(),
        loss_mut: never.clone(),
        infer: never.clone(),
        gradients: never.clone(),
        input_gradient: never.clone(),
        custom_pass: None,
        clone: never.clone(),
        debug: never,
    };
    let traits = traits::implement(definition, &bodies);
    quote! {
        #(#attributes)*
        #visibility struct #name<T = f32> {
            parameters: #facade::Parameters<T>,
            state: #facade::Parameters<T>,
        }

        #(#conditions)*
        #[allow(unused_variables, dead_code, unused_imports, missing_docs)]
        const _: () = {
            use #facade::__private as rt;

            impl #name {
                pub const INPUT: rt::Volume = rt::Volume::new(1, 1, 1);
                pub const OUTPUT: rt::Volume = rt::Volume::new(1, 1, 1);
                pub const PARAMETERS: usize = 0;

                pub fn new(seed: u64) -> Self {
                    ::core::unreachable!()
                }

                pub fn report() -> rt::Report<'static> {
                    ::core::unreachable!()
                }

                pub fn memory(batch: usize, optimizer: rt::UpdateRule) -> rt::Memory {
                    ::core::unreachable!()
                }
            }

            impl<T: rt::Scalar> #name<T> {
                #(#accessors)*
            }

            #traits
        };
    }
}

/// The loss as far as it could be read: what compares the network's scores with targets is compiled against its type.
fn loss(definition: &Definition) -> PlannedLoss {
    let written = definition.chain.layers().find(|layer| layer.keyword.meaning.loss().is_some());
    let path = written.and_then(|layer| layer.path().cloned());
    let kind = written.and_then(|layer| layer.keyword.meaning.loss()).unwrap_or(LossKind::Softmax);
    let kind = match kind {
        LossKind::Custom | LossKind::Structured if path.is_none() => LossKind::Softmax,
        kind => kind,
    };
    PlannedLoss { kind, numbers: Vec::new(), path }
}

/// The accessors that the network would have had, as far as its layers could be read.
fn accessors(definition: &Definition, blocks: &[Block]) -> Vec<(Ident, TokenStream)> {
    let mut accessors: Vec<(Ident, TokenStream)> = Vec::new();
    // What is wrong with it was reported.
    let ignored = Diagnostics::new();
    let nodes = unroll::nodes(&definition.chain, blocks, ELEMENT_LIMIT, &ignored);
    drop(ignored.drain());
    collect(&nodes, &mut |name, view, span| {
        let name = accessor(name);
        // A name that cannot be had was reported.
        if !is_taken(&name) && accessors.iter().all(|(other, _)| *other != name) {
            accessors.push((Ident::new(&name, span), view));
        }
    });
    accessors
}

/// Calls `f` with the name, the view and the place of every layer that has parameters.
fn collect(nodes: &[Node<'_>], f: &mut dyn FnMut(&str, TokenStream, Span)) {
    for node in nodes {
        match node {
            Node::Layer(step) => {
                if let Some(view) = view(step.layer.keyword.meaning) {
                    f(&step.name, view, step.layer.word.span());
                }
            }
            Node::Custom(step) => f(&step.name, quote!(rt::CustomParameters), Span::call_site()),
            Node::Fork(fork) => fork.branches.iter().for_each(|branch| collect(branch, f)),
            Node::Expect(_) => {}
        }
    }
}

/// The view of a layer's parameters, if it has any.
fn view(meaning: Meaning) -> Option<TokenStream> {
    Some(match meaning {
        Meaning::Convolution => quote!(rt::ConvolutionParameters),
        Meaning::Local => quote!(rt::LocalParameters),
        Meaning::Dense => quote!(rt::DenseParameters),
        Meaning::PRelu => quote!(rt::PReluParameters),
        Meaning::BatchNorm => quote!(rt::BatchNormParameters),
        _ => return None,
    })
}
