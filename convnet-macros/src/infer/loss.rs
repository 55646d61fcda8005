//! The loss at the end.

use convnet_geometry::{LossKind, Volume};

use crate::check::Spec;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::plan::PlannedLoss;

/// The loss of the network: what is written, or softmax where the output has the shape of class scores.
pub(super) fn loss(spec: &Spec<'_>, output: Option<Volume>, errors: &Diagnostics) -> PlannedLoss {
    let none = PlannedLoss { kind: LossKind::None, numbers: Vec::new(), path: None };
    let Some(output) = output else { return none };
    let is_scores = output.width == 1 && output.height == 1 && output.depth >= 2;
    let Some(layer) = &spec.loss else {
        let kind = if is_scores { LossKind::Softmax } else { LossKind::None };
        return PlannedLoss { kind, ..none };
    };
    let kind = layer.keyword.meaning.loss().expect("the loss is one");
    if !is_scores && compares_classes(kind) {
        let message =
            format!("`{}` needs scores of [1x1xK] with K at least 2, but gets {output}", layer.head());
        let classes = if output.depth < 2 { 10 } else { output.depth };
        let help = format!(
            "end in `FC{classes}`, or remove `{}` to use the network for inference only",
            layer.head()
        );
        errors.push(Diagnostic::new(layer.place, message).help(help));
    }
    let numbers = layer.keyword.parameters.iter().filter(|parameter| parameter.range().is_some());
    let numbers = numbers.map(|parameter| layer.real(parameter.name)).collect();
    PlannedLoss { kind, numbers, path: layer.path().cloned() }
}

/// Whether a loss compares the scores of classes with a label.
fn compares_classes(kind: LossKind) -> bool {
    matches!(
        kind,
        LossKind::Softmax
            | LossKind::Svm
            | LossKind::SquaredSvm
            | LossKind::OneVsAll
            | LossKind::HierarchicalSoftmax
    )
}
