//! OVA: one binary support vector machine for each class, against all others.

use convnet_geometry::Volume;

use super::hinge::hinge;
use super::weights::Weights;
use super::{Evaluation, Loss, LossValue, Tally, check_labels, rows};
use crate::error::Error;
use crate::scalar::Scalar;

/// One against all: `L_i = sum_j max(0, 1 - t_j s_j)` with `t_j = 1` for the label and -1 for every other class, the
/// notes' chapter on linear classification.
///
/// Each class is told from all others by itself: scores of different classes are not compared. Targets are labels, one
/// for each image. A term of exactly 0 has gradient 0.
///
/// An image's loss is multiplied by the weight of its label's class; the mean divides by the number of images.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OneVsAll {
    weights: Weights,
}

impl OneVsAll {
    /// The loss with a weight for each class.
    ///
    /// # Errors
    /// [`Error::Weight`] for one that is not from 0 to 1e12, [`Error::NoWeight`] if none is above 0.
    pub fn with_class_weights(self, weights: &[f64]) -> Result<Self, Error> {
        Ok(Self { weights: Weights::new("OVA", weights)? })
    }

    /// The weight of each class, if they were given.
    pub fn class_weights(&self) -> Option<&[f64]> {
        self.weights.get()
    }
}

impl<T: Scalar> Loss<T> for OneVsAll {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        check_labels("OVA", output, images, labels)?;
        self.weights.check("OVA", "classes", output.depth)
    }

    fn evaluate(&self, mut at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        let (images, mut tally) = (T::from_f64(at.images as f64), Tally::new(at.per_image));
        for (scores, gradient, &label) in rows(at.scores, at.gradient, at.targets) {
            let weight = self.weights.of(label);
            for (class, (&score, gradient)) in scores.iter().zip(gradient).enumerate() {
                let (loss, slope) = hinge(score, class == label, at.kinks.as_deref_mut());
                tally.add(weight * loss.as_f64());
                *gradient = T::from_f64(weight) * slope / images;
            }
            tally.end_image();
        }
        tally.mean(at.images)
    }
}
