//! LOCAL: a convolution whose filters are not shared: each position has its own.

use crate::checked;
use crate::convolution::{Convolution, ConvolutionSpec};
use crate::counts::Counts;
use crate::error::{GeometryError, Quantity};
use crate::volume::Volume;

/// A locally connected layer that fits. Its window, groups and output are a convolution's; each position of the output
/// has filters, and biases, of its own.
///
/// Weights are `[H, W, K, F_height, F_width, D/G]` with H and W the output's, biases `[H, W, K]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Local {
    window: Convolution,
}

impl Local {
    /// Computes and checks the geometry.
    ///
    /// # Errors
    /// What does not fit in the convolution, or a count that overflows.
    pub const fn check(spec: ConvolutionSpec) -> Result<Self, GeometryError> {
        let window = checked::ok!(spec.check());
        let count = checked::ok!(window.output().checked_count());
        let weights = checked::ok!(checked::product(Quantity::Parameters, &[window.taps(), count]));
        checked::ok!(checked::sum(Quantity::Parameters, weights, count));
        Ok(Self { window })
    }

    /// [`check`](Self::check) for constants: a mistake is an error of the compiler.
    ///
    /// # Panics
    /// If the geometry is not valid.
    pub const fn new(spec: ConvolutionSpec) -> Self {
        match Self::check(spec) {
            Ok(geometry) => geometry,
            Err(_) => panic!("not a valid locally connected layer"),
        }
    }

    /// The volume that it takes.
    pub const fn input(&self) -> Volume {
        self.window.input()
    }

    /// The volume that it gives.
    pub const fn output(&self) -> Volume {
        self.window.output()
    }

    /// The convolution that it would be if its filters were shared.
    pub const fn shared(&self) -> &Convolution {
        &self.window
    }

    /// The number of weights: those of a filter for each number of the output.
    pub const fn weights(&self) -> usize {
        self.window.taps() * self.output().count()
    }

    /// The number of biases: one for each number of the output, or none.
    pub const fn biases(&self) -> usize {
        if self.window.has_bias() { self.output().count() } else { 0 }
    }

    /// Weights and biases; each weight is used once for each image.
    pub const fn counts(&self) -> Counts {
        Counts { weights: self.weights(), biases: self.biases(), macs: self.weights() as u64, ..Counts::NONE }
    }
}
