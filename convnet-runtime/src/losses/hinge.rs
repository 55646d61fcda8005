//! HINGE: a binary support vector machine for each attribute.

use convnet_geometry::Volume;

use super::{Evaluation, Loss, LossValue, check_numbers};
use crate::error::Error;
use crate::kinks::Kinks;
use crate::scalar::Scalar;

/// Attributes by binary hinges: `L_i = sum_j max(0, 1 - t_j s_j)` with `t_j = 1` where the attribute is present and -1
/// where it is not, the notes' chapter on losses.
///
/// An image may have any number of attributes, also none. Targets are `[N, H, W, D]`, as the scores: `true` for an
/// attribute that is present. A term of exactly 0 has gradient 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hinge;

impl<T: Scalar> Loss<T> for Hinge {
    type Targets<'a> = &'a [bool];

    fn check(&self, output: Volume, images: usize, targets: &[bool]) -> Result<(), Error> {
        check_numbers("HINGE", output, images, targets.len())
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[bool]>) -> LossValue<T> {
        let scores = at.scores.iter().zip(at.gradient).zip(at.targets);
        hinges(scores.map(|((&score, gradient), &target)| (score, gradient, target)), at.images, at.kinks)
    }
}

/// The mean over the images of `max(0, 1 - t s)`: for each score its place in the gradient, and whether `t` is 1 or -1.
pub(super) fn hinges<'a, T: Scalar>(
    scores: impl Iterator<Item = (T, &'a mut T, bool)>,
    images: usize,
    mut kinks: Option<&mut Kinks>,
) -> LossValue<T> {
    let (count, mut total) = (T::from_f64(images as f64), 0.0);
    for (score, gradient, is_present) in scores {
        let t = if is_present { T::one() } else { -T::one() };
        let margin = T::one() - t * score;
        // NaN counts, so that it does not vanish.
        let is_violated = margin > T::zero() || margin.is_nan();
        *gradient = if is_violated { -t / count } else { T::zero() };
        if is_violated {
            total += margin.as_f64();
        }
        if let Some(kinks) = kinks.as_deref_mut() {
            kinks.decision(is_violated);
        }
    }
    LossValue::mean_of(total, images)
}
