//! Do the gradients agree with differences of the loss?

use super::{Sample, SanityCheck};
use crate::error::Error;
use crate::network::{Network, Statistics, Step};
use crate::observer::Unobserved;
use crate::optimizers::Optimizer;
use crate::scalar::Scalar;
use crate::train::{LabelLoss, Trainer};

/// By what share of itself the loss is to change: well above the rounding of `f32`, well below what would cross many kinks.
const CHANGE: f64 = 0.01;

/// The relative error that rounding and kinks explain.
const TOLERANCE: f64 = 0.05;

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// Along the gradient itself, the slope of the loss is its square: `(L(x + h g) - L(x - h g)) / 2h = g . g`.
    ///
    /// That is all that a network's own numbers allow: [`GradientChecker`](crate::train::GradientChecker) looks at single ones,
    /// in `f64`.
    pub(super) fn check_gradients(&mut self, sample: &Sample<N::Scalar>) -> Result<SanityCheck, Error> {
        let loss = self.loss_at(sample)?;
        let direction: Vec<f64> = self.workspace.gradients().as_slice().iter().map(|g| g.as_f64()).collect();
        let slope: f64 = direction.iter().map(|g| g * g).sum();
        let causes = "a backward pass of a layer or loss of one's own that is wrong, initial weights that are all 0 or so large \
             that nothing has a slope; `GradientChecker` says which tensor it is";
        let what = "gradients agree with differences of the loss";
        let expected = format!("a relative error below {TOLERANCE}");
        if !(slope.is_finite() && slope > 0.0) {
            let found = format!("gradients whose squares sum to {slope}");
            return Ok(SanityCheck { what, expected, found, passed: false, causes });
        }
        let h = 0.5 * CHANGE * loss.abs().max(f64::MIN_POSITIVE) / slope;
        let before = self.network.parameters().as_slice().to_vec();
        let mut at = |h: f64| -> Result<f64, Error> {
            let moved = before.iter().zip(&direction).map(|(x, g)| N::Scalar::from_f64(x.as_f64() + h * g));
            let parameters = self.network.parameters_mut().as_mut_slice();
            parameters.iter_mut().zip(moved).for_each(|(x, moved)| *x = moved);
            self.loss_at(sample)
        };
        let difference = (at(h)? - at(-h)?) / (2.0 * h);
        self.network.parameters_mut().as_mut_slice().copy_from_slice(&before);
        let error = (difference - slope).abs() / slope.max(difference.abs());
        Ok(SanityCheck { what, expected, found: format!("{error:.1e}"), passed: error < TOLERANCE, causes })
    }

    /// The loss where the parameters are, and its gradients in the workspace: with the same draws of chance each time.
    pub(super) fn loss_at(&mut self, sample: &Sample<N::Scalar>) -> Result<f64, Error> {
        let (images, labels) = sample.batch();
        let step = Step { seed: self.seed, statistics: Statistics::Frozen, ..Step::default() };
        self.gradients(images, labels, step, &mut Unobserved)
    }
}
