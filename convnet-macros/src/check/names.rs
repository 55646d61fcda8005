//! Rules on the names of layers.

use std::collections::HashMap;

use proc_macro2::Ident;

use crate::ast::Chain;
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::unroll::Node;

/// What a network has methods or constants of already.
const TAKEN: [&str; 14] = [
    "new",
    "report",
    "memory",
    "loss",
    "parameters",
    "parameters_mut",
    "state",
    "state_mut",
    "infer",
    "gradients",
    "input_gradient",
    "clone",
    "fmt",
    "input",
];

/// The accessor of a layer: `plain2_conv1`.
pub(crate) fn accessor(name: &str) -> String {
    name.replace('.', "_")
}

/// A name is one of Rust's, no method of the network has it, and no other layer.
pub(super) fn are_different_and_free(nodes: &[Node<'_>], chain: &Chain, errors: &Diagnostics) {
    let before = errors.count();
    for name in chain.elements().filter_map(|element| element.name.as_ref()) {
        is_free(name, errors);
    }
    if errors.count() > before {
        return;
    }
    let mut seen = HashMap::new();
    each_name(nodes, &mut |name, _| {
        // The constants of layers are their names in capitals.
        *seen.entry(accessor(name).to_uppercase()).or_insert(0_usize) += 1;
    });
    let mut reported = Vec::new();
    each_name(nodes, &mut |name, place| {
        let key = accessor(name).to_uppercase();
        if seen[&key] > 1 && !reported.contains(&key) {
            let message = format!("{} layers are called `{}`", seen[&key], accessor(name));
            errors.push(Diagnostic::new(place, message).help(
                "a name that is fixed inside a repeated group would name several layers; change or remove it",
            ));
            reported.push(key);
        }
    });
}

fn is_free(name: &Ident, errors: &Diagnostics) {
    let text = name.to_string();
    let problem = if syn::parse_str::<Ident>(&text).is_err() || text.starts_with("r#") {
        "it is a word of Rust's"
    } else if TAKEN.contains(&text.as_str()) {
        "networks have a method of this name"
    } else {
        return;
    };
    let message = format!("a layer cannot be called `{name}`: {problem}");
    errors.push(Diagnostic::new(name.span(), message).help(format!("`@{text}1`, say")));
}

/// Calls `f` with the name of every layer, and where it stands.
fn each_name<'n>(nodes: &'n [Node<'_>], f: &mut dyn FnMut(&'n str, Place)) {
    for node in nodes {
        match node {
            Node::Layer(step) => f(&step.name, step.layer.place),
            Node::Custom(step) => f(&step.name, step.place),
            Node::Fork(fork) => {
                f(&fork.name, fork.place);
                fork.branches.iter().for_each(|branch| each_name(branch, f));
            }
            Node::Expect(_) => {}
        }
    }
}
