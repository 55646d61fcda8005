//! BN and LRN: layers that bring numbers to a common scale.

use crate::counts::Counts;
use crate::real::Real;
use crate::volume::Volume;

/// BN: batch normalization, per channel (Ioffe and Szegedy 2015).
///
/// Training normalizes by the mean and the biased variance of the batch over N, H and W, and moves the running ones:
/// `running = momentum * running + (1 - momentum) * batch`. Inference normalizes by the running ones.
///
/// The running variance is biased too, as in CS231n and ONNX; torch's is unbiased, and its momentum is 1 minus this one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BatchNorm {
    /// The volume that it takes and gives.
    pub volume: Volume,
    /// How much of the running statistics a step keeps.
    pub momentum: Real,
    /// Added to the variance, inside the square root.
    pub epsilon: Real,
}

impl BatchNorm {
    /// The share of running statistics kept, if none is written.
    pub const MOMENTUM: f64 = 0.9;
    /// What is added to the variance, if nothing is written.
    pub const EPSILON: f64 = 1e-5;

    /// Batch normalization of a volume.
    pub const fn new(volume: Volume, momentum: f64, epsilon: f64) -> Self {
        Self { volume, momentum: Real::new(momentum), epsilon: Real::new(epsilon) }
    }

    /// The volume that it takes.
    pub const fn input(&self) -> Volume {
        self.volume
    }

    /// The volume that it gives.
    pub const fn output(&self) -> Volume {
        self.volume
    }

    /// A scale and a shift a channel, their running mean and variance, and those of the batch.
    pub const fn counts(&self) -> Counts {
        let channels = self.volume.depth;
        let pairs = channels.saturating_mul(2);
        Counts { scales: channels, shifts: channels, state: pairs, statistics: pairs, ..Counts::NONE }
    }
}

/// LRN: local response normalization across channels (Krizhevsky et al. 2012).
///
/// `y_c = x_c / (k + a * sum of x_j^2)^beta`, the sum over the `n` channels around `c`; `a` is `alpha`, or `alpha/n`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ResponseNorm {
    /// The volume that it takes and gives.
    pub volume: Volume,
    /// How many channels are summed: `n/2` on either side.
    pub n: usize,
    /// Added to the sum.
    pub k: Real,
    /// What the sum is multiplied by.
    pub alpha: Real,
    /// The exponent.
    pub beta: Real,
    /// Whether `alpha` is divided by `n`, as in Caffe and torch.
    pub over_n: bool,
}

impl ResponseNorm {
    /// AlexNet's: `n = 5, k = 2, alpha = 1e-4, beta = 0.75`.
    pub const fn new(volume: Volume) -> Self {
        let (k, alpha, beta) = (Real::new(2.0), Real::new(1e-4), Real::new(0.75));
        Self { volume, n: 5, k, alpha, beta, over_n: false }
    }

    /// The volume that it takes.
    pub const fn input(&self) -> Volume {
        self.volume
    }

    /// The volume that it gives.
    pub const fn output(&self) -> Volume {
        self.volume
    }

    /// What the sum of squares is multiplied by.
    pub const fn factor(&self) -> f64 {
        if self.over_n { self.alpha.get() / self.n as f64 } else { self.alpha.get() }
    }

    /// It has no parameters and keeps nothing.
    pub const fn counts(&self) -> Counts {
        Counts::NONE
    }
}
