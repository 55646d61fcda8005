//! OVA: one binary support vector machine for each class, against all others.

use convnet_geometry::Volume;

use super::hinge::hinges;
use super::{Evaluation, Loss, LossValue, check_labels, rows};
use crate::error::Error;
use crate::scalar::Scalar;

/// One against all: `L_i = sum_j max(0, 1 - t_j s_j)` with `t_j = 1` for the label and -1 for every other class, the
/// notes' chapter on linear classification.
///
/// Each class is told from all others by itself: scores of different classes are not compared. Targets are labels, one
/// for each image. A term of exactly 0 has gradient 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OneVsAll;

impl<T: Scalar> Loss<T> for OneVsAll {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        check_labels("OVA", output, images, labels)
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        let rows = rows(at.scores, at.gradient, at.targets);
        let scores = rows.flat_map(|(scores, gradient, &label)| {
            let classes = scores.iter().zip(gradient).enumerate();
            classes.map(move |(class, (&score, gradient))| (score, gradient, class == label))
        });
        hinges(scores, at.images, at.kinks)
    }
}
