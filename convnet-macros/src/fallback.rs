//! A stub for a network with a mistake: the same names and types, so that the code that uses it adds no errors of its own.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::ast::{Chain, Definition, ElementKind, Layer};
use crate::codegen::traits::{self, Bodies};
use crate::codegen::{conditions, facade};
use crate::vocabulary::Meaning;

/// How many elements a stub has accessors for.
const ELEMENT_LIMIT: usize = 1000;

/// The stub. It never runs: a compile error stands beside it.
pub(crate) fn stub(definition: &Definition) -> TokenStream {
    let Definition { attributes, visibility, name, .. } = definition;
    let facade = facade(definition);
    let conditions = conditions(definition);
    let accessors = accessors(&definition.chain).into_iter().map(|(name, view)| {
        quote! {
            pub fn #name(&self) -> #view<'_, T> {
                ::core::unreachable!()
            }
        }
    });
    let svm = definition.chain.elements.last().is_some_and(|last| {
        matches!(&last.kind, ElementKind::Layer(Layer { keyword, .. }) if keyword.meaning == Meaning::Svm)
    });
    let never = quote!(::core::unreachable!());
    let bodies = Bodies {
        loss_type: if svm { quote!(rt::Svm) } else { quote!(rt::Softmax) },
        architecture: quote!(rt::Architecture::STUB),
        new: never.clone(),
        loss: never.clone(),
        infer: never.clone(),
        gradients: never.clone(),
        input_gradient: never.clone(),
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

/// The accessors that the network would have had, as far as its layers could be read.
fn accessors(chain: &Chain) -> Vec<(Ident, TokenStream)> {
    let (mut convolutions, mut dense, mut accessors) = (0, 0, Vec::new());
    collect(chain, &mut { ELEMENT_LIMIT }, &mut |layer| {
        let (stem, ordinal, view) = match layer.keyword.meaning {
            Meaning::Convolution => ("conv", &mut convolutions, quote!(rt::ConvolutionParameters)),
            Meaning::Dense => ("fc", &mut dense, quote!(rt::DenseParameters)),
            _ => return,
        };
        *ordinal += 1;
        accessors.push((Ident::new(&format!("{stem}{ordinal}"), layer.word.span()), view));
    });
    accessors
}

/// A stub need not be as large as a network that repeats too often: `left` is how many elements are still looked at.
fn collect<'a>(chain: &'a Chain, left: &mut usize, use_layer: &mut dyn FnMut(&'a Layer)) {
    for element in &chain.elements {
        match &element.kind {
            ElementKind::Layer(layer) => use_layer(layer),
            ElementKind::Group { chain, repeat } => {
                for _ in 0..repeat.map_or(1, |repeat| repeat.value) {
                    collect(chain, left, use_layer);
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        return;
                    }
                }
            }
        }
        *left = left.saturating_sub(1);
    }
}
