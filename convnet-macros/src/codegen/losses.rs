//! The loss: its type, its value, and what is checked of what the user names.

use convnet_geometry::LossKind;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::geometry;
use crate::plan::{Plan, PlannedLoss};

/// The variant of the loss's kind, and the type of a loss of ours, which are called the same.
fn name(kind: LossKind) -> Ident {
    let name = match kind {
        LossKind::None => "NoLoss",
        LossKind::Softmax => "Softmax",
        LossKind::Svm => "Svm",
        LossKind::SquaredSvm => "SquaredSvm",
        LossKind::OneVsAll => "OneVsAll",
        LossKind::Logistic => "Logistic",
        LossKind::Hinge => "Hinge",
        LossKind::L2 => "L2",
        LossKind::L1 => "L1",
        LossKind::HierarchicalSoftmax => "HierarchicalSoftmax",
        LossKind::Structured => "Structured",
        LossKind::Custom => "Custom",
        other => unreachable!("{other:?} has no code"),
    };
    Ident::new(name, Span::call_site())
}

/// The type of the loss, in the facade's module `losses` or among generated code's names.
pub(crate) fn ty(loss: &PlannedLoss, module: &TokenStream) -> TokenStream {
    let name = name(loss.kind);
    match (loss.kind, &loss.path) {
        (LossKind::Custom, Some(path)) => quote!(#path),
        // What is wrong with the user's type is said at its path.
        (LossKind::Structured, Some(path)) => {
            let module = module.clone().into_iter().map(|mut token| {
                token.set_span(path.span());
                token
            });
            let module: TokenStream = module.collect();
            quote_spanned!(path.span()=> #module::Structured<#path>)
        }
        _ => quote!(#module::#name),
    }
}

/// The value of the loss.
pub(super) fn value(loss: &PlannedLoss) -> TokenStream {
    let ty = ty(loss, &quote!(rt));
    match (loss.kind, &loss.path) {
        (LossKind::HierarchicalSoftmax, Some(_)) => quote!(#ty::new(Self::LOSS)),
        _ if loss.numbers.is_empty() => quote!(<#ty as ::core::default::Default>::default()),
        _ => {
            let numbers = loss.numbers.iter().copied().map(Literal::f64_unsuffixed);
            quote!(#ty::checked(#(#numbers),*))
        }
    }
}

/// `LossKind` in the architecture.
pub(super) fn kind(loss: &PlannedLoss) -> TokenStream {
    let name = if loss.kind == LossKind::None {
        quote!(None)
    } else {
        quote::ToTokens::to_token_stream(&name(loss.kind))
    };
    quote!(rt::LossKind::#name)
}

/// What is checked where the user's own types are known: a tree has as many scores as the network.
pub(super) fn checks(plan: &Plan<'_>) -> Option<TokenStream> {
    let tree = plan.loss.path.as_ref().filter(|_| plan.loss.kind == LossKind::HierarchicalSoftmax)?;
    let output = plan.places[plan.places.len() - 1].volume;
    let scores = geometry::count(output.depth);
    let message = format!(
        "the tree of `HSOFTMAX` has another number of scores than the {} that the network gives: end in `FCn` with n = `{}.scores()`",
        output.depth,
        crate::ast::path_text(tree),
    );
    let name = &plan.definition.name;
    // A constant that the loss's value names as well, so that what is no tree is one mistake.
    let reference = quote_spanned!(tree.span()=> &#tree);
    let check = quote_spanned! {tree.span()=>
        const _: () = ::core::assert!(<#name<f32>>::LOSS.scores() == #scores, #message);
    };
    Some(quote! {
        impl<T: rt::Scalar> #name<T> {
            const LOSS: &'static rt::Tree = #reference;
        }
        #check
    })
}
