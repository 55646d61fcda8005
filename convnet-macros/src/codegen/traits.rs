//! The implementations of traits, whose signatures networks and their stubs share.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::Definition;

/// What stands inside the functions.
pub(crate) struct Bodies {
    /// `type Loss`.
    pub(crate) loss_type: TokenStream,
    /// `const ARCHITECTURE`, without its `&`.
    pub(crate) architecture: TokenStream,
    pub(crate) new: TokenStream,
    pub(crate) loss: TokenStream,
    pub(crate) loss_mut: TokenStream,
    pub(crate) infer: TokenStream,
    pub(crate) gradients: TokenStream,
    pub(crate) input_gradient: TokenStream,
    /// The forward passes of users' own layers, if there are any.
    pub(crate) custom_pass: Option<TokenStream>,
    pub(crate) clone: TokenStream,
    pub(crate) debug: TokenStream,
}

/// `Network`, and `Clone` and `Debug` unless the user derives them.
pub(crate) fn implement(definition: &Definition, bodies: &Bodies) -> TokenStream {
    let name = &definition.name;
    let Bodies { loss_type, architecture, new, loss, loss_mut, .. } = bodies;
    let Bodies { infer, gradients, input_gradient, clone, debug, .. } = bodies;
    let custom_pass = bodies.custom_pass.as_ref().map(|passes| {
        quote! {
            fn custom_pass(index: usize) -> rt::Option<rt::CustomPass<T>> {
                #passes
            }
        }
    });
    let clone = (!derives(definition, "Clone")).then(|| {
        quote! {
            impl<T: rt::Scalar> ::core::clone::Clone for #name<T> {
                fn clone(&self) -> Self {
                    #clone
                }
            }
        }
    });
    // In one line: nobody wants to see a hundred million numbers.
    let debug = (!derives(definition, "Debug")).then(|| {
        quote! {
            impl<T: rt::Scalar> ::core::fmt::Debug for #name<T> {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    #debug
                }
            }
        }
    });
    quote! {
        impl<T: rt::Scalar> rt::Network for #name<T> {
            type Scalar = T;
            type Loss = #loss_type;

            const ARCHITECTURE: &'static rt::Architecture<'static> = &#architecture;

            fn new(seed: u64, initialization: &rt::Initialization) -> rt::Result<Self, rt::Error> {
                #new
            }

            fn loss(&self) -> &Self::Loss {
                #loss
            }

            fn loss_mut(&mut self) -> &mut Self::Loss {
                #loss_mut
            }

            fn parameters(&self) -> &rt::Parameters<T> {
                &self.parameters
            }

            fn parameters_mut(&mut self) -> &mut rt::Parameters<T> {
                &mut self.parameters
            }

            fn state(&self) -> &rt::Parameters<T> {
                &self.state
            }

            fn state_mut(&mut self) -> &mut rt::Parameters<T> {
                &mut self.state
            }

            fn infer<'w>(
                &self,
                images: rt::ArrayView4<'_, T>,
                workspace: &'w mut rt::InferenceWorkspace<T>,
                observer: &mut dyn rt::Observer<T>,
            ) -> rt::Result<rt::ArrayView4<'w, T>, rt::Error> {
                #infer
            }

            fn gradients<L: rt::Loss<T>>(
                &mut self,
                images: rt::ArrayView4<'_, T>,
                targets: L::Targets<'_>,
                loss: &L,
                workspace: &mut rt::TrainingWorkspace<T>,
                step: rt::Step,
                observer: &mut dyn rt::Observer<T>,
            ) -> rt::Result<rt::LossValue<T>, rt::Error> {
                #gradients
            }

            fn input_gradient<'w>(
                &self,
                workspace: &'w mut rt::TrainingWorkspace<T>,
            ) -> rt::Result<rt::ArrayView4<'w, T>, rt::Error> {
                #input_gradient
            }

            #custom_pass
        }

        #clone
        #debug
    }
}

/// Whether the user derives a trait that we would implement.
fn derives(definition: &Definition, derived: &str) -> bool {
    let lists = definition.attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    lists
        .flat_map(|list| {
            quote!(#list).to_string().split([' ', '(', ')', ',']).map(str::to_owned).collect::<Vec<_>>()
        })
        .any(|word| word == derived)
}
