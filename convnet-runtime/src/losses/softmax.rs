//! SOFTMAX: cross-entropy between the label and the normalized exponentials of the scores.

use convnet_geometry::Volume;

use super::{Evaluation, Loss, LossValue, check_labels, rows};
use crate::error::Error;
use crate::scalar::Scalar;

/// Softmax cross-entropy: `L_i = -log(exp(s_y) / sum_j exp(s_j))`, the notes' chapter on linear classification.
///
/// The largest score is subtracted first, so that no exponential overflows. Targets are labels, one for each image.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Softmax;

impl<T: Scalar> Loss<T> for Softmax {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        check_labels("SOFTMAX", output, images, labels)
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        let images = T::from_f64(at.images as f64);
        let rows = rows(at.scores, at.gradient, at.targets);
        let total = rows
            .map(|(scores, gradient, &label)| cross_entropy(scores, gradient, label, images).as_f64())
            .sum();
        LossValue::mean_of(total, at.images)
    }
}

/// `-log(exp(s_y) / sum_j exp(s_j))`, and its gradient divided by the number of images.
pub(super) fn cross_entropy<T: Scalar>(scores: &[T], gradient: &mut [T], label: usize, images: T) -> T {
    let max = scores.iter().fold(T::neg_infinity(), |max, &score| max.max(score));
    for (power, &score) in gradient.iter_mut().zip(scores) {
        *power = (score - max).exp();
    }
    let sum = T::from_f64(gradient.iter().map(|power| power.as_f64()).sum());
    gradient.iter_mut().for_each(|power| *power = *power / sum / images);
    gradient[label] -= T::one() / images;
    sum.ln() - (scores[label] - max)
}
