//! LOGISTIC: a logistic regression for each attribute.

use convnet_geometry::Volume;

use super::{Evaluation, Loss, LossValue, check_numbers};
use crate::error::Error;
use crate::scalar::Scalar;

/// Attributes by logistic regression: `L_i = sum_j log(1 + exp(-t_j s_j))` with `t_j = 1` where the attribute is
/// present and -1 where it is not, the notes' chapter on losses.
///
/// That is the cross-entropy between the targets and the sigmoids of the scores. An image may have any number of
/// attributes, also none. Targets are `[N, H, W, D]`, as the scores: `true` for an attribute that is present.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Logistic;

impl<T: Scalar> Loss<T> for Logistic {
    type Targets<'a> = &'a [bool];

    fn check(&self, output: Volume, images: usize, targets: &[bool]) -> Result<(), Error> {
        check_numbers("LOGISTIC", output, images, targets.len())
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[bool]>) -> LossValue<T> {
        let images = T::from_f64(at.images as f64);
        let mut total = 0.0;
        for ((&score, gradient), &is_present) in at.scores.iter().zip(at.gradient).zip(at.targets) {
            let t = if is_present { T::one() } else { -T::one() };
            let (loss, slope) = softplus(-t * score);
            total += loss.as_f64();
            *gradient = -t * slope / images;
        }
        LossValue::mean_of(total, at.images)
    }
}

/// `log(1 + exp(x))` and its derivative, the sigmoid of x.
///
/// The exponent is never above 0, so that nothing overflows.
fn softplus<T: Scalar>(x: T) -> (T, T) {
    let power = (-x.abs()).exp();
    let sigmoid = if x > T::zero() { T::one() } else { power } / (T::one() + power);
    (x.max(T::zero()) + power.ln_1p(), sigmoid)
}
