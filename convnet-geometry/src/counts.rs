//! What a layer needs of numbers: parameters, state, and what its forward pass keeps for its backward pass.

use crate::checked;
use crate::error::{GeometryError, Quantity};

/// The numbers of one layer, by the part that they play.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Filters or templates.
    pub weights: usize,
    /// Added to what the weights give.
    pub biases: usize,
    /// Multiplied per channel (batch normalization's gamma), as many as [`shifts`](Self::shifts).
    pub scales: usize,
    /// Added per channel (batch normalization's beta).
    pub shifts: usize,
    /// Slopes of a parametric activation.
    pub slopes: usize,
    /// Parameters of a user's own layer.
    pub own: usize,
    /// Numbers that training keeps from step to step but does not optimise: running statistics.
    pub state: usize,
    /// Positions that training keeps for the backward pass, for one image: the switches of maximum pooling.
    pub switches: usize,
    /// Numbers that training keeps for the backward pass, for one image.
    pub saved: usize,
    /// Numbers that training keeps for the backward pass, for the whole batch: its statistics.
    pub statistics: usize,
    /// Multiply-accumulates for one image, forward; comparisons, additions and divisions are not counted.
    pub macs: u64,
}

impl Counts {
    /// A layer that computes and keeps nothing.
    pub const NONE: Self = Self {
        weights: 0,
        biases: 0,
        scales: 0,
        shifts: 0,
        slopes: 0,
        own: 0,
        state: 0,
        switches: 0,
        saved: 0,
        statistics: 0,
        macs: 0,
    };

    /// All learnable parameters.
    ///
    /// # Errors
    /// [`GeometryError::Overflow`].
    pub const fn checked_parameters(&self) -> Result<usize, GeometryError> {
        let parts = [self.weights, self.biases, self.scales, self.shifts, self.slopes, self.own];
        let (mut sum, mut i) = (0, 0);
        while i < parts.len() {
            sum = checked::ok!(checked::sum(Quantity::Parameters, sum, parts[i]));
            i += 1;
        }
        Ok(sum)
    }

    /// All learnable parameters of a layer that was checked.
    pub const fn parameters(&self) -> usize {
        self.weights + self.biases + self.scales + self.shifts + self.slopes + self.own
    }
}
