//! No loss: a network for inference only.

use convnet_geometry::Volume;

use super::{Evaluation, Loss, LossValue};
use crate::error::Error;
use crate::scalar::Scalar;

/// The loss of a network whose output no loss was written for, and whose shape is not that of class scores.
///
/// It has no targets, so that nothing can be trained with it; any other loss can be given to
/// [`Network::gradients`](crate::Network::gradients).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoLoss;

/// Targets that do not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoTargets {}

impl<T: Scalar> Loss<T> for NoLoss {
    type Targets<'a> = NoTargets;

    fn check(&self, _: Volume, _: usize, targets: NoTargets) -> Result<(), Error> {
        match targets {}
    }

    fn evaluate(&self, at: Evaluation<'_, T, NoTargets>) -> LossValue<T> {
        match at.targets {}
    }
}
