//! L2 and L1: regression, the distance between the output and real numbers.

use convnet_geometry::Volume;
use ndarray::ArrayView4;

use super::{Evaluation, Loss, LossValue, check_numbers, terms};
use crate::error::Error;
use crate::scalar::Scalar;

/// Squared distance: `L_i = sum_j (f_j - y_j)^2`, without a factor of 1/2, the notes' chapter on losses.
///
/// Targets are `[N, H, W, D]`, as the output, and finite.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct L2;

/// Absolute distance: `L_i = sum_j |f_j - y_j|`, the notes' chapter on losses.
///
/// Targets are `[N, H, W, D]`, as the output, and finite. An output that equals its target has gradient 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct L1;

impl<T: Scalar> Loss<T> for L2 {
    type Targets<'a> = &'a [T];

    fn check(&self, output: Volume, images: usize, targets: &[T]) -> Result<(), Error> {
        check_targets("L2", output, images, targets)
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[T]>) -> LossValue<T> {
        distances(at, |difference| (difference * difference, difference + difference))
    }
}

impl<T: Scalar> Loss<T> for L1 {
    type Targets<'a> = &'a [T];

    fn check(&self, output: Volume, images: usize, targets: &[T]) -> Result<(), Error> {
        check_targets("L1", output, images, targets)
    }

    fn evaluate(&self, mut at: Evaluation<'_, T, &[T]>) -> LossValue<T> {
        if let Some(kinks) = at.kinks.take() {
            let outputs = at.scores.iter().zip(at.targets);
            outputs.for_each(|(output, target)| kinks.decision(output > target));
        }
        distances(at, |difference| {
            // The sign of 0 is 1 in Rust; that of NaN is NaN, which so does not vanish.
            let sign = if difference == T::zero() { T::zero() } else { difference.signum() };
            (difference.abs(), sign)
        })
    }
}

/// The mean over the images of a distance, given with its derivative, of every `f - y`.
fn distances<T: Scalar>(at: Evaluation<'_, T, &[T]>, distance: impl Fn(T) -> (T, T)) -> LossValue<T> {
    terms(at, |_, output, &target| {
        let (loss, slope) = distance(output - target);
        (loss.as_f64(), slope)
    })
}

/// Checks targets: one for each number of the output, each finite.
///
/// # Errors
/// [`Error::TargetNumbers`] or [`Error::NonFiniteTarget`].
fn check_targets<T: Scalar>(
    loss: &'static str,
    output: Volume,
    images: usize,
    targets: &[T],
) -> Result<(), Error> {
    check_numbers(loss, output, images, targets.len())?;
    if T::all_finite(targets) {
        return Ok(());
    }
    let shape = (images, output.height, output.width, output.depth);
    let targets = ArrayView4::from_shape(shape, targets).expect("a target for each number");
    let bad = targets.indexed_iter().find(|(_, value)| !value.is_finite());
    let ((image, row, column, channel), value) = bad.expect("a number that is not finite");
    Err(Error::NonFiniteTarget { image, row, column, channel, value: value.as_f64() })
}
