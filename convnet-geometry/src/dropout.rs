//! DROPOUT: some numbers are dropped while training.

use crate::counts::Counts;
use crate::real::Real;
use crate::volume::Volume;

/// Inverted dropout: while training a number is kept with probability `keep`, and then divided by it; inference changes
/// nothing (Srivastava et al. 2014; the notes' chapter on regularization).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Dropout {
    /// The volume that it takes and gives.
    pub volume: Volume,
    /// The probability of keeping a number, the notes' p.
    pub keep: Real,
}

impl Dropout {
    /// Dropout on a volume.
    pub const fn new(volume: Volume, keep: f64) -> Self {
        Self { volume, keep: Real::new(keep) }
    }

    /// The volume that it takes.
    pub const fn input(&self) -> Volume {
        self.volume
    }

    /// The volume that it gives.
    pub const fn output(&self) -> Volume {
        self.volume
    }

    /// It has no parameters; what it dropped is drawn again.
    pub const fn counts(&self) -> Counts {
        Counts::NONE
    }
}
