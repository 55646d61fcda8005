//! The plan to code: a struct, its constants and accessors, straight-line passes over the runtime's kernels.

pub(crate) mod blocks;
mod customs;
mod docs;
mod geometry;
pub(crate) mod losses;
mod passes;
pub(crate) mod traits;

use convnet_geometry::LayerKind;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::ast::{Definition, Element, ElementKind};
use crate::check::accessor;
use crate::plan::{Plan, PlannedLayer};
use traits::Bodies;

/// All code of one network.
pub(crate) fn network(plan: &Plan<'_>) -> TokenStream {
    let structure = structure(plan);
    let keywords = keywords(plan);
    let constants = constants(plan);
    let layers = layers(plan);
    let implementation = implementation(plan);
    let facade = facade(plan.definition);
    let conditions = plan.definition.conditions();
    let (of_loss, of_customs) = (losses::checks(plan), customs::checks(plan));
    quote! {
        #structure

        #(#conditions)*
        const _: () = {
            use #facade::__private as rt;
            #keywords
            #constants
            #layers
            #implementation
            #of_loss
            #of_customs
        };
    }
}

/// The path of the facade crate.
pub(crate) fn facade(definition: &Definition) -> TokenStream {
    definition.facade.as_ref().map_or_else(|| quote!(::convnet), |path| quote!(#path))
}

fn structure(plan: &Plan<'_>) -> TokenStream {
    let Definition { attributes, visibility, name, .. } = plan.definition;
    let facade = facade(plan.definition);
    let table = docs::table(plan);
    let loss = losses::ty(&plan.loss, &quote!(#facade::losses));
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

/// Names each keyword's documentation, with the span of the word in the source: what an editor shows on hovering.
fn keywords(plan: &Plan<'_>) -> TokenStream {
    let words = plan.definition.chain.elements().filter_map(keywords_of);
    quote!(const _: &[rt::dsl::Keyword] = &[#(#words),*];)
}

/// The keyword of an element, if it has one.
pub(crate) fn keywords_of(element: &Element) -> Option<TokenStream> {
    let (keyword, word) = match &element.kind {
        ElementKind::Layer(layer) => (layer.keyword, &layer.word),
        ElementKind::Branches(branches) => (branches.keyword, &branches.word),
        ElementKind::Group { .. } | ElementKind::Call(_) | ElementKind::Custom(_) => return None,
    };
    let name = Ident::new(keyword.name, word.span());
    Some(quote!(rt::dsl::#name))
}

/// Constants, and what of a network can be asked without one.
fn constants(plan: &Plan<'_>) -> TokenStream {
    let name = &plan.definition.name;
    let input = geometry::volume(plan.places[0].volume);
    let output = geometry::volume(plan.places[plan.places.len() - 1].volume);
    let parameters = geometry::count(plan.layers.iter().map(|layer| layer.kind.parameters()).sum());
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
                <Self as rt::Network>::new(seed, &rt::Initialization::default()).expect("He's initialisation has no options")
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
        let PlannedLayer { name, notation, kind, inputs, output, .. } = layer;
        let kind = self::kind(layer, kind);
        let inputs = inputs.iter().map(|index| Literal::usize_unsuffixed(*index));
        let output = Literal::usize_unsuffixed(*output);
        quote!(rt::Layer::new(#name, #notation, #kind, &[#(#inputs),*], #output))
    });
    let text = &plan.name;
    let loss = losses::kind(&plan.loss);
    quote! {
        rt::Architecture::new(
            #text,
            &rt::Place::in_order([#(#places),*]),
            &rt::Layer::in_order([#(#layers),*]),
            #loss,
        )
    }
}

/// A layer's kind, its geometry by the name of its constant.
fn kind(layer: &PlannedLayer<'_>, kind: &LayerKind) -> TokenStream {
    let variant = geometry::variant(kind);
    if let LayerKind::Joint(_) = kind {
        let joint = geometry::value(kind, None);
        return quote!(rt::LayerKind::#variant(#joint));
    }
    let constant = constant(layer);
    quote!(rt::LayerKind::#variant(Self::#constant))
}

/// One constant for each layer that has a geometry, one accessor for each that has parameters.
fn layers(plan: &Plan<'_>) -> TokenStream {
    let name = &plan.definition.name;
    let has_geometry = |layer: &&PlannedLayer<'_>| !matches!(layer.kind, LayerKind::Joint(_));
    let geometries = plan.layers.iter().filter(has_geometry).map(|layer| {
        let (constant, ty) = (constant(layer), geometry::variant(&layer.kind));
        let value = geometry::value(&layer.kind, layer.custom);
        quote!(const #constant: rt::#ty = #value;)
    });
    let lines = docs::layers(plan);
    let has_parameters = |(layer, _): &(&PlannedLayer<'_>, String)| layer.kind.parameters() > 0;
    let accessors = plan.layers.iter().zip(lines).filter(has_parameters).map(|(layer, line)| {
        let accessor = Ident::new(&accessor(&layer.name), layer.span);
        let (constant, view) = (constant(layer), geometry::view(&layer.kind));
        let first = geometry::count(layer.offsets.parameters);
        let state = (layer.kind.counts().state > 0 || layer.custom.is_some()).then(|| {
            let first = geometry::count(layer.offsets.state);
            quote!(, (&self.state, #first))
        });
        quote! {
            #[doc = #line]
            pub fn #accessor(&self) -> #view<'_, T> {
                #view::new(&Self::#constant, (&self.parameters, #first) #state)
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
    let loss = losses::value(&plan.loss);
    let (parameters, customs) = customs::initialize(plan);
    let bodies = Bodies {
        loss_type: losses::ty(&plan.loss, &quote!(rt)),
        architecture: architecture(plan),
        new: quote! {
            let #parameters = initialization.parameters(Self::ARCHITECTURE, seed)?;
            #customs
            rt::Result::Ok(Self { parameters, state: rt::Parameters::state(Self::ARCHITECTURE), loss: #loss })
        },
        loss: quote!(&self.loss),
        loss_mut: quote!(&mut self.loss),
        infer: passes::infer(plan),
        gradients: passes::gradients(plan),
        input_gradient: passes::input_gradient(plan),
        custom_pass: customs::passes(plan),
        clone: quote! {
            Self { parameters: self.parameters.clone(), state: self.state.clone(), loss: self.loss.clone() }
        },
        debug: quote!(::core::fmt::Display::fmt(&<Self as rt::Network>::ARCHITECTURE.summary(), f)),
    };
    traits::implement(plan.definition, &bodies)
}

/// `CONV1`: the constant of a layer's geometry.
fn constant(layer: &PlannedLayer<'_>) -> Ident {
    format_ident!("{}", accessor(&layer.name).to_uppercase())
}
