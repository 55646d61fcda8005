//! Rules on chains: what stands where.

use super::layers;
use crate::ast::{Chain, Element, ElementKind, Numbers, volume_text};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::vocabulary::Meaning;

/// Rules on every chain, a network's or a block's.
pub(super) fn rules(chain: &Chain, errors: &Diagnostics) {
    for element in chain.elements() {
        a_layer_of_ones_own_has_its_volume_written(element, errors);
        what_is_named_is_a_layer(element, errors);
        if let ElementKind::Layer(layer) = &element.kind {
            layers::structure(layer, errors);
        }
    }
    the_identity_stands_alone(chain, errors);
}

/// The layer that an element is.
fn meaning(element: &Element) -> Option<Meaning> {
    match &element.kind {
        ElementKind::Layer(layer) => Some(layer.keyword.meaning),
        _ => None,
    }
}

/// `ID` is a whole branch: in a chain it would do nothing.
fn the_identity_stands_alone(chain: &Chain, errors: &Diagnostics) {
    let alone: Vec<_> = chain
        .elements()
        .filter(|element| matches!(element.kind, ElementKind::Branches(_)))
        .flat_map(|element| element.chains())
        .filter(|chain| chain.elements.len() == 1)
        .map(|chain| std::ptr::from_ref(&chain.elements[0]))
        .collect();
    for element in chain.elements().filter(|element| meaning(element) == Some(Meaning::Identity)) {
        if !alone.contains(&std::ptr::from_ref(element)) {
            errors.push(
                Diagnostic::new(
                    element.place,
                    "`ID` is the branch that does nothing, and stands alone in one",
                )
                .help("remove it, or write `ADD{ CONV3-64 | ID }`"),
            );
        }
    }
}

/// Nothing is known of a layer of one's own but what is written.
fn a_layer_of_ones_own_has_its_volume_written(element: &Element, errors: &Diagnostics) {
    let ElementKind::Custom(custom) = &element.kind else { return };
    if element.annotation.is_none() {
        let path = crate::ast::path_text(&custom.path);
        let message = format!("the volume that `({path})` gives is not written");
        errors.push(
            Diagnostic::new(element.place, message)
                .help(format!("write `{custom} : [WxHxD]`: nothing is inferred of a layer of your own")),
        );
    }
}

/// Layers, blocks and branches have names; inputs, losses and groups have none.
fn what_is_named_is_a_layer(element: &Element, errors: &Diagnostics) {
    let Some(name) = &element.name else { return };
    let is_nameless = match &element.kind {
        ElementKind::Group { .. } => true,
        ElementKind::Layer(layer) => {
            let meaning = layer.keyword.meaning;
            meaning.loss().is_some() || matches!(meaning, Meaning::Input | Meaning::Identity)
        }
        ElementKind::Call(_) | ElementKind::Branches(_) | ElementKind::Custom(_) => false,
    };
    if is_nameless {
        errors.push(
            Diagnostic::new(
                name.span(),
                format!("`@{name}` names nothing: layers, blocks and branches have names"),
            )
            .help("write it behind a layer: `CONV3-64 @stem`"),
        );
    }
}

/// A network begins with its input, which stands nowhere else.
pub(super) fn input_stands_first_and_once(chain: &Chain, errors: &Diagnostics) {
    let Some(first) = chain.elements.first() else { return };
    if meaning(first) != Some(Meaning::Input) {
        let has_input = chain.layers().any(|layer| layer.keyword.meaning == Meaning::Input);
        let help = if has_input { "move it to the beginning" } else { "write `INPUT[32x32x3] -> ...`" };
        errors.push(
            Diagnostic::new(first.place, "a network begins with `INPUT[width x height x depth]`").help(help),
        );
        return;
    }
    for layer in chain.layers().filter(|layer| layer.keyword.meaning == Meaning::Input).skip(1) {
        let error = Diagnostic::new(layer.place, "`INPUT` stands once, at the beginning");
        errors.push(match &layer.numbers {
            Numbers::Volume(volume) => {
                let volume = volume_text(volume);
                error.help(format!("to state the volume in between, write `: {volume}` behind a layer"))
            }
            _ => error,
        });
    }
}

/// A loss is the last element, outside all groups.
pub(super) fn loss_stands_last_and_once(chain: &Chain, errors: &Diagnostics) {
    let last = chain.elements.last().and_then(|element| match &element.kind {
        ElementKind::Layer(layer) => Some(layer),
        _ => None,
    });
    for layer in chain.layers().filter(|layer| layer.keyword.meaning.loss().is_some()) {
        let is_last = last.is_some_and(|last| std::ptr::eq(last, layer));
        if !is_last {
            let message =
                format!("the loss `{}` stands last, once, outside all groups and branches", layer.head());
            errors.push(
                Diagnostic::new(layer.place, message).help("move it to the end of the chain, or remove it"),
            );
        }
    }
}
