//! Steps h from large to small: where the formula is off, and where rounding is.

use std::fmt;

use ndarray::ArrayView4;

use super::measure::Rounding;
use super::report::write_table;
use super::{GradientCheck, GradientChecker, TensorCheck};
use crate::error::Error;
use crate::losses::Loss;
use crate::network::Network;

/// Gradient checks of the same numbers at several steps h.
///
/// The error falls with h^2 as long as the formula is what is off, and rises with 1/h where the rounding of the loss is:
/// a U, at whose bottom h should be. Unlike in a check, what rounding explains counts here; gradients that are below it are
/// left out, so that an h at which nothing is seen has no error. Its `Display` is a table with a line for each tensor, and a
/// column for each h: its largest error, or why there is none, `kinks` or `rounding`.
#[derive(Clone, PartialEq, Debug)]
pub struct StepSweep {
    /// A check at each step, in the order in which they were given.
    pub checks: Vec<GradientCheck>,
}

impl GradientChecker {
    /// Steps for a [`sweep`](Self::sweep).
    pub const STEPS: [f64; 5] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7];

    /// Checks the same numbers at each of these steps h, [`STEPS`](Self::STEPS) for one.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub fn sweep<N: Network, L: Loss<N::Scalar>>(
        &self,
        network: &mut N,
        images: ArrayView4<'_, N::Scalar>,
        targets: L::Targets<'_>,
        loss: &L,
        steps: &[f64],
    ) -> Result<StepSweep, Error> {
        self.prepared(network, images, targets, loss, |objective, subjects| {
            let check = |&step: &f64| {
                let checker = self.clone().step(step);
                checker.validate(N::ARCHITECTURE)?;
                checker.compare_with(Rounding::Counted, objective, subjects)
            };
            Ok(StepSweep { checks: steps.iter().map(check).collect::<Result<_, _>>()? })
        })
    }
}

impl StepSweep {
    /// The check whose largest error is the least: its step is the one to take. It is one of those that compared at least
    /// half as many numbers as the one that compared the most, and whose error is a number.
    pub fn best(&self) -> Option<&GradientCheck> {
        least(self.checks.iter().map(|check| (check, check.compared(), check.error())))
    }

    /// Each step with the largest error in the tensor of this name, where any of its numbers was compared.
    pub fn errors(&self, tensor: &str) -> Vec<(f64, f64)> {
        let error = |check: &GradientCheck| Some((check.step, check.tensor(tensor)?.worst?.error));
        self.checks.iter().filter_map(error).collect()
    }

    /// The step with the least error in the tensor of this name, chosen as [`best`](Self::best) is.
    pub fn best_for(&self, tensor: &str) -> Option<f64> {
        let of = |check: &GradientCheck| {
            let found = check.tensor(tensor)?;
            Some((check.step, found.compared, found.error()))
        };
        least(self.checks.iter().filter_map(of))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.checks.first().into_iter().flat_map(|check| &check.tensors).map(|tensor| &tensor.name[..])
    }
}

impl fmt::Display for StepSweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.checks.iter().map(|check| format!("h = {:e}", check.step));
        let titles = line("tensor", steps, "best h".to_owned());
        let rows: Vec<_> = std::iter::once(titles).chain(self.names().map(|name| self.cells(name))).collect();
        write_table(f, &rows)?;
        match self.best() {
            Some(best) => write!(f, "best h: {:e}, whose largest error is {:.1e}", best.step, best.error()),
            None => write!(f, "nothing was compared"),
        }
    }
}

impl StepSweep {
    fn cells(&self, tensor: &str) -> Vec<String> {
        let errors = self.checks.iter().map(|check| check.tensor(tensor).map_or_else(String::new, cell));
        let best = self.best_for(tensor).map(|step| format!("{step:e}"));
        line(tensor, errors, best.unwrap_or_default())
    }
}

fn cell(found: &TensorCheck) -> String {
    match found.worst {
        Some(worst) => format!("{:.1e}", worst.error),
        None if found.crossings > found.below_rounding => "kinks".to_owned(),
        None => "rounding".to_owned(),
    }
}

/// What has the least error, given with how many numbers were compared: one among a few may be right by chance.
fn least<T>(found: impl Iterator<Item = (T, usize, f64)> + Clone) -> Option<T> {
    let most = found.clone().map(|(_, compared, _)| compared).max()?;
    let candidates = found.filter(|&(_, compared, error)| 2 * compared >= most && !error.is_nan());
    candidates.min_by(|(.., a), (.., b)| a.total_cmp(b)).map(|(found, ..)| found)
}

fn line(first: &str, cells: impl Iterator<Item = String>, last: String) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(cells).chain([last]).collect()
}
