//! The asserts that follow a network.

use convnet_geometry::{Bytes, Grouped};

use crate::ast::Claim;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::plan::Plan;

/// Checks what the author asserts of the network.
pub(super) fn asserts(plan: &Plan<'_>, errors: &Diagnostics) {
    let found = plan.with_architecture(|architecture| {
        (architecture.parameters() as u64, architecture.output(), architecture.training_numbers() as u64)
    });
    let (parameters, output, numbers) = found.expect("the network was checked");
    for assert in &plan.definition.asserts {
        let error = match assert.claim {
            Claim::Parameters(claimed) if claimed != parameters => {
                let message = format!(
                    "`{}` has {} parameters, not {}",
                    plan.name,
                    Grouped(parameters),
                    Grouped(claimed)
                );
                let sums = plan
                    .layers
                    .iter()
                    .filter(|layer| layer.kind.parameters() > 0)
                    .map(|layer| format!("{} {}", layer.name, Grouped(layer.kind.parameters() as u64)));
                Diagnostic::new(assert.place, message).help(format!("they are {}", sum(sums.collect())))
            }
            Claim::Output(claimed) if claimed != output => {
                let message = format!("the output of `{}` is {output}, not {claimed}", plan.name);
                Diagnostic::new(assert.place, message).help("change the assert, or the last layers")
            }
            Claim::Memory(limit) if numbers.saturating_mul(4) > limit => {
                let message = format!(
                    "`{}` takes {} an image, more than {}: {} numbers of 4 bytes",
                    plan.name,
                    Bytes(numbers.saturating_mul(4)),
                    Bytes(limit),
                    Grouped(numbers)
                );
                let largest =
                    plan.places.iter().map(|place| place.volume).max_by_key(|volume| volume.count());
                let help = largest.map(|volume| {
                    format!("its largest volume is {volume}: pool earlier, or use fewer filters")
                });
                Diagnostic::new(assert.place, message).helps(help)
            }
            _ => continue,
        };
        errors.push(error);
    }
}

/// The terms of a sum: those at its ends, if there are many.
fn sum(terms: Vec<String>) -> String {
    const SHOWN: usize = 12;
    if terms.len() <= SHOWN {
        return terms.join(" + ");
    }
    let (first, last) = (&terms[..SHOWN / 2], &terms[terms.len() - SHOWN / 2..]);
    format!(
        "{} + ... + {} ({} layers; `report()` lists them)",
        first.join(" + "),
        last.join(" + "),
        terms.len()
    )
}
