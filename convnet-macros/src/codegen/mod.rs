//! The plan to code: a struct, its constants and accessors, straight-line passes over the runtime's kernels.

mod docs;
mod geometry;
mod passes;
pub(crate) mod traits;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Attribute;

use crate::ast::Definition;
use crate::plan::{Plan, PlannedLayer, PlannedLoss};
use traits::Bodies;

/// All code of one network.
pub(crate) fn network(plan: &Plan<'_>) -> TokenStream {
    let structure = structure(plan);
    let keywords = keywords(plan);
    let constants = constants(plan);
    let layers = layers(plan);
    let implementation = implementation(plan);
    let facade = facade(plan.definition);
    let conditions = conditions(plan.definition);
    quote! {
        #structure

        #(#conditions)*
        const _: () = {
            use #facade::__private as rt;
            #keywords
            #constants
            #layers
            #implementation
        };
    }
}

/// The path of the facade crate.
pub(crate) fn facade(definition: &Definition) -> TokenStream {
    definition.facade.as_ref().map_or_else(|| quote!(::convnet), |path| quote!(#path))
}

/// The `#[cfg]`s of the struct: what is not there has no implementations.
pub(crate) fn conditions(definition: &Definition) -> impl Iterator<Item = &Attribute> {
    definition.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
}

fn structure(plan: &Plan<'_>) -> TokenStream {
    let Definition { attributes, visibility, name, .. } = plan.definition;
    let facade = facade(plan.definition);
    let table = docs::table(plan);
    let loss = loss_type(plan.loss, &quote!(#facade::losses));
    quote! {
        #(#attributes)*
        #table
        #visibility struct #name<T = f32> {
            parameters: #facade::Parameters<T>,
            state: #facade::Parameters<T>,
            loss: #loss,
        }
    }
}

/// The type of the loss, in the facade's module `losses` or among generated code's names.
fn loss_type(loss: PlannedLoss, module: &TokenStream) -> TokenStream {
    match loss {
        PlannedLoss::None => quote!(#module::NoLoss),
        PlannedLoss::Softmax => quote!(#module::Softmax),
        PlannedLoss::Svm { .. } => quote!(#module::Svm),
    }
}

fn loss_value(loss: PlannedLoss) -> TokenStream {
    match loss {
        PlannedLoss::Svm { delta } => {
            let delta = Literal::f64_unsuffixed(delta);
            quote!(rt::Svm::with_checked_margin(#delta))
        }
        other => loss_type(other, &quote!(rt)),
    }
}

/// Names each keyword's documentation, with the span of the word in the source: what an editor shows on hovering.
fn keywords(plan: &Plan<'_>) -> TokenStream {
    let names = plan.definition.chain.layers().map(|layer| {
        let name = Ident::new(layer.keyword.name, layer.word.span());
        quote!(rt::dsl::#name)
    });
    quote!(const _: &[rt::dsl::Keyword] = &[#(#names),*];)
}

/// Constants, and what of a network can be asked without one.
fn constants(plan: &Plan<'_>) -> TokenStream {
    let name = &plan.definition.name;
    let input = geometry::volume(plan.places[0].volume);
    let output = geometry::volume(plan.places[plan.places.len() - 1].volume);
    let parameters =
        geometry::count(plan.layers.iter().map(|layer| layer.kind.weights() + layer.kind.biases()).sum());
    quote! {
        impl #name {
            /// The volume of one image.
            pub const INPUT: rt::Volume = #input;
            /// The volume of the scores.
            pub const OUTPUT: rt::Volume = #output;
            /// The number of learnable parameters.
            pub const PARAMETERS: usize = #parameters;

            /// A network with fresh parameters, of He's initialisation; the same seed gives the same bits.
            pub fn new(seed: u64) -> Self {
                <Self as rt::Network>::new(seed, &rt::Initialization::He).expect("He's initialisation has no options")
            }

            /// The table of the network: volumes, memory, weights, receptive fields.
            pub fn report() -> rt::Report<'static> {
                <Self as rt::Network>::ARCHITECTURE.report()
            }

            /// The memory that training with this batch and update rule takes.
            pub fn memory(batch: usize, optimizer: rt::UpdateRule) -> rt::Memory {
                <Self as rt::Network>::ARCHITECTURE.memory(batch, optimizer, rt::size_of::<f32>())
            }
        }
    }
}

/// The description of the network, its geometries by the names of their constants.
fn architecture(plan: &Plan<'_>) -> TokenStream {
    let places = plan.places.iter().map(geometry::place);
    let layers = plan.layers.iter().map(|layer| {
        let PlannedLayer { name, notation, kind, input, output, parameters, switches, .. } = layer;
        let kind = geometry::kind(kind, &constant(layer));
        let [parameters, switches] = [parameters, switches].map(|offset| geometry::count(*offset));
        let [input, output] = [input, output].map(|index| Literal::usize_unsuffixed(*index));
        quote! {
            rt::Layer {
                name: #name,
                notation: #notation,
                kind: #kind,
                input: #input,
                output: #output,
                parameters: #parameters,
                switches: #switches,
            }
        }
    });
    let text = &plan.name;
    let loss = match plan.loss {
        PlannedLoss::None => quote!(None),
        PlannedLoss::Softmax => quote!(Softmax),
        PlannedLoss::Svm { .. } => quote!(Svm),
    };
    quote!(rt::Architecture::new(#text, &[#(#places),*], &[#(#layers),*], rt::LossKind::#loss))
}

/// One constant for each layer that has a geometry, one accessor for each that has parameters.
fn layers(plan: &Plan<'_>) -> TokenStream {
    let name = &plan.definition.name;
    let geometries = plan.layers.iter().filter(|layer| !layer.kind.is_in_place()).map(|layer| {
        let (constant, ty, value) =
            (constant(layer), geometry::ty(&layer.kind), geometry::value(&layer.kind));
        quote!(const #constant: #ty = #value;)
    });
    let lines = docs::layers(plan);
    let accessors =
        plan.layers.iter().zip(lines).filter(|(layer, _)| layer.kind.weights() > 0).map(|(layer, line)| {
            let accessor = Ident::new(&layer.name, layer.word.span());
            let (constant, view) = (constant(layer), geometry::view(&layer.kind));
            let first = geometry::count(layer.parameters);
            let last = geometry::count(layer.parameters + layer.kind.weights() + layer.kind.biases());
            quote! {
                #[doc = #line]
                pub fn #accessor(&self) -> #view<'_, T> {
                    #view::new(&Self::#constant, &self.parameters.as_slice()[#first..#last])
                }
            }
        });
    quote! {
        impl<T: rt::Scalar> #name<T> {
            #(#geometries)*

            #(#accessors)*
        }
    }
}

/// The traits: `Network`, and what any value should have.
fn implementation(plan: &Plan<'_>) -> TokenStream {
    let loss = loss_value(plan.loss);
    let bodies = Bodies {
        loss_type: loss_type(plan.loss, &quote!(rt)),
        architecture: architecture(plan),
        new: quote! {
            let parameters = initialization.parameters(Self::ARCHITECTURE, seed)?;
            rt::Result::Ok(Self { parameters, state: rt::Parameters::none(), loss: #loss })
        },
        loss: quote!(&self.loss),
        infer: passes::infer(plan),
        gradients: passes::gradients(plan),
        input_gradient: passes::input_gradient(plan),
        clone: quote! {
            Self { parameters: self.parameters.clone(), state: self.state.clone(), loss: self.loss.clone() }
        },
        debug: quote!(::core::fmt::Display::fmt(&<Self as rt::Network>::ARCHITECTURE.summary(), f)),
    };
    traits::implement(plan.definition, &bodies)
}

/// `CONV1`: the constant of a layer's geometry.
fn constant(layer: &PlannedLayer<'_>) -> Ident {
    format_ident!("{}", layer.name.to_uppercase())
}
