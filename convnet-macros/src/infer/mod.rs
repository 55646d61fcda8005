//! Geometry: every volume, every count. The rule itself is `convnet-geometry`'s.

mod asserts;
mod flow;
mod geometry;
mod joints;
mod loss;
mod misfits;
mod repairs;
mod trial;

use crate::check::Spec;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::plan::{self, Plan};

/// Works a network out; nothing if something does not fit, which was then reported.
pub(crate) fn plan<'a>(spec: &Spec<'a>, errors: &Diagnostics) -> Option<Plan<'a>> {
    let before = errors.count();
    let (output, kinds) = flow::flow(spec, errors);
    let loss = loss::loss(spec, output, errors);
    if errors.count() > before {
        return None;
    }
    match plan::lay_out(spec, &kinds, loss) {
        Ok(plan) => {
            asserts::asserts(&plan, errors);
            (errors.count() == before).then_some(plan)
        }
        Err(error) => {
            let whole = spec.definition.chain.place;
            errors.push(Diagnostic::new(whole, error.to_string()).help("no machine could hold this network"));
            None
        }
    }
}
