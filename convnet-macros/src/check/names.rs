//! Rules on the names of layers.

use std::collections::HashMap;

use proc_macro2::Ident;

use crate::ast::Chain;
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::unroll::Node;
use crate::vocabulary::is_rusts;

/// What a network has methods or constants of already.
const TAKEN: [&str; 20] = [
    "new",
    "report",
    "memory",
    "loss",
    "loss_mut",
    "parameters",
    "parameters_mut",
    "state",
    "state_mut",
    "infer",
    "gradients",
    "input_gradient",
    "into_inference",
    "into_fully_convolutional",
    "custom_pass",
    "clone",
    "fmt",
    "input",
    "output",
    "architecture",
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
    // The constants of layers are their names in capitals.
    let key = |name: &str| accessor(name).to_uppercase();
    let mut seen: HashMap<String, Vec<Named<'_>>> = HashMap::new();
    each_name(nodes, &mut |layer| seen.entry(key(layer.name)).or_default().push(layer));
    each_name(nodes, &mut |layer| {
        // The first of several takes them out.
        let Some(same) = seen.remove(&key(layer.name)).filter(|same| same.len() > 1) else { return };
        let (count, name) = (same.len(), accessor(layer.name));
        let other = same.iter().find(|other| !std::ptr::eq(other.written, layer.written));
        errors.push(match other {
            None => Diagnostic::new(layer.place, format!("{count} layers are called `{name}`"))
                .help("a name that is fixed in a repeated group would name several layers: remove it"),
            Some(other) => {
                let line = layer.place.line();
                let message = format!("{count} layers are called `{name}`, the first in line {line}");
                Diagnostic::new(other.place, message).help("rename one of them")
            }
        });
    });
}

/// Whether a layer cannot have a name: a method or a constant of the network has it, or it is one of Rust's words.
pub(crate) fn is_taken(name: &str) -> bool {
    is_rusts(name) || has_network(name)
}

/// Whether a network has a method, or, in capitals, a constant of this name.
fn has_network(name: &str) -> bool {
    TAKEN.contains(&name.to_lowercase().as_str())
}

fn is_free(name: &Ident, errors: &Diagnostics) {
    let text = name.to_string();
    let problem = if is_rusts(&text) {
        "it is a word of Rust's"
    } else if has_network(&text) {
        "networks have a method or a constant of this name"
    } else {
        return;
    };
    let message = format!("a layer cannot be called `{name}`: {problem}");
    errors.push(Diagnostic::new(name.span(), message).help(format!("write `@{text}1`, say")));
}

/// A layer with its name.
struct Named<'n> {
    name: &'n str,
    place: Place,
    /// What it is in the source, to be told from another.
    written: *const (),
}

/// Calls `f` with every layer that has a name.
fn each_name<'n>(nodes: &'n [Node<'_>], f: &mut dyn FnMut(Named<'n>)) {
    for node in nodes {
        match node {
            Node::Layer(step) => f(Named {
                name: &step.name,
                place: step.layer.place,
                written: std::ptr::from_ref(step.written).cast(),
            }),
            Node::Custom(step) => f(Named {
                name: &step.name,
                place: step.place,
                written: std::ptr::from_ref(step.custom).cast(),
            }),
            Node::Fork(fork) => {
                let written = std::ptr::from_ref(fork.written).cast();
                f(Named { name: &fork.name, place: fork.place, written });
                fork.branches.iter().for_each(|branch| each_name(branch, f));
            }
            Node::Expect(_) => {}
        }
    }
}
