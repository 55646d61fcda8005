//! One cycle: up to a peak, and down to almost nothing.

use std::fmt;

use super::{MomentumSchedule, check_epochs, check_portion, half_wave};
use crate::error::Error;
use crate::optimizers::options::check_share;

/// The rate rises in a straight line to its peak, which is the base rate, and falls from there along half a cosine, far below
/// where it began (Smith 2018, with the form of the descent that PyTorch has too). Afterwards it stays.
///
/// The peak may be several times what a constant rate could be. While rates are high they regularise, so that other
/// regularisation, the momentum included, had better be lower: [`momentum`](Self::momentum) runs the other way.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OneCycle {
    epochs: f64,
    /// The share of the epochs in which the rate rises.
    rising: f64,
    /// The shares of the peak at the beginning and at the end.
    ends: [f64; 2],
}

impl OneCycle {
    /// A cycle of so many epochs, those of the whole training: rising for 30 % of them, from a 25th of the peak, and falling
    /// to a ten-thousandth of that.
    ///
    /// # Errors
    /// [`Error::Option`] if there are none.
    pub fn new(epochs: u32) -> Result<Self, Error> {
        let epochs = check_epochs("the epochs of one cycle", epochs)?.into();
        Ok(Self { epochs, rising: 0.3, ends: [4e-2, 4e-6] })
    }

    /// The same, rising for this share of the epochs.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not from 0 up to, but not including, 1.
    pub fn rising(self, share: f64) -> Result<Self, Error> {
        Ok(Self { rising: check_share("the share of rising epochs", share)?, ..self })
    }

    /// The same, from and to these shares of the peak.
    ///
    /// # Errors
    /// [`Error::Option`] if one of them is not from 0 to 1.
    pub fn between(self, from: f64, to: f64) -> Result<Self, Error> {
        let from = check_portion("the share of the peak that a cycle begins with", from)?;
        Ok(Self { ends: [from, check_portion("the share of the peak that a cycle ends with", to)?], ..self })
    }

    /// A momentum that falls from the second number to the first while the rate rises, and rises while that falls: 0.85 and
    /// 0.95, typically.
    ///
    /// # Errors
    /// [`Error::Option`] if one of them is not from 0 up to, but not including, 1.
    pub fn momentum(self, low: f64, high: f64) -> Result<MomentumSchedule, Error> {
        MomentumSchedule::against(self, low, high)
    }

    /// What the rate at the peak is multiplied by.
    pub(super) fn share(&self, epoch: f64) -> f64 {
        let end = self.ends[usize::from(epoch >= self.epochs * self.rising)];
        end + (1.0 - end) * self.height(epoch)
    }

    /// How near the peak is: from 0 to 1, and back to 0.
    pub(super) fn height(&self, epoch: f64) -> f64 {
        let peak = self.epochs * self.rising;
        if epoch < peak { epoch / peak } else { half_wave((epoch - peak) / (self.epochs - peak)) }
    }
}

impl fmt::Display for OneCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one cycle of {} epochs, rising for {:.1}", self.epochs, self.rising * self.epochs)
    }
}
