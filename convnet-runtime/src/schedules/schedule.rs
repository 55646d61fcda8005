//! What becomes of a learning rate as epochs go by.

use std::fmt;

use super::{OneCycle, Plateau, check_epochs, check_factor, check_portion, half_wave};
use crate::error::Error;
use crate::optimizers::options::check_size;

/// A rule by which the learning rate changes, whatever it is at first.
#[derive(Clone, PartialEq, Debug)]
pub struct Schedule {
    shape: Shape,
    warm_up: Option<WarmUp>,
}

#[derive(Clone, PartialEq, Debug)]
enum Shape {
    Constant,
    Step { factor: f64, every: u32 },
    At { factor: f64, epochs: Vec<u32> },
    Exponential { decay: f64 },
    Inverse { decay: f64 },
    Cosine { minimum: f64, epochs: u32 },
    OneCycle(OneCycle),
    Plateau(Plateau),
}

/// A straight line at the beginning.
#[derive(Clone, Copy, PartialEq, Debug)]
struct WarmUp {
    epochs: f64,
    /// The share of the rate that it begins with.
    from: f64,
}

impl WarmUp {
    fn share(self, epoch: f64) -> f64 {
        if epoch < self.epochs { self.from + (1.0 - self.from) * epoch / self.epochs } else { 1.0 }
    }
}

impl From<Shape> for Schedule {
    fn from(shape: Shape) -> Self {
        Self { shape, warm_up: None }
    }
}

impl Schedule {
    /// The same rate at all times.
    pub fn constant() -> Self {
        Shape::Constant.into()
    }

    /// `rate * factor^floor(t / every)`: the notes halve every 5 epochs, or multiply by 0.1 every 20.
    ///
    /// # Errors
    /// [`Error::Option`] if the factor is not above 0 and below 1, or the epochs are 0.
    pub fn step(factor: f64, every: u32) -> Result<Self, Error> {
        let every = check_epochs("the epochs of a step", every)?;
        Ok(Shape::Step { factor: check_factor(factor)?, every }.into())
    }

    /// `rate * factor` from the first of these epochs on, `rate * factor^2` from the second on, and so forth.
    ///
    /// # Errors
    /// [`Error::Option`] if the factor is not above 0 and below 1, or an epoch is not after the one before it, the first one
    /// not after 0.
    pub fn at(factor: f64, epochs: &[u32]) -> Result<Self, Error> {
        let before = std::iter::once(&0).chain(epochs);
        if let Some((_, &epoch)) = before.zip(epochs).find(|(before, epoch)| before >= epoch) {
            let (option, value) = ("an epoch at which the rate changes", epoch.into());
            return Err(Error::Option { option, value, expected: "above 0, and above the one before" });
        }
        Ok(Shape::At { factor: check_factor(factor)?, epochs: epochs.to_vec() }.into())
    }

    /// `rate * e^(-decay * t)`: the notes' exponential decay.
    ///
    /// # Errors
    /// [`Error::Option`] if the decay is negative or not finite.
    pub fn exponential(decay: f64) -> Result<Self, Error> {
        Ok(Shape::Exponential { decay: check_size("decay", decay)? }.into())
    }

    /// `rate / (1 + decay * t)`: the notes' 1/t decay.
    ///
    /// # Errors
    /// [`Error::Option`] if the decay is negative or not finite.
    pub fn inverse(decay: f64) -> Result<Self, Error> {
        Ok(Shape::Inverse { decay: check_size("decay", decay)? }.into())
    }

    /// `minimum + (rate - minimum) * (1 + cos(pi * t / epochs)) / 2` up to the last of the epochs, and the minimum afterwards
    /// (Loshchilov and Hutter 2017, without restarts).
    ///
    /// # Errors
    /// [`Error::Option`] if the epochs are 0, or the minimum is negative or not finite.
    pub fn cosine(epochs: u32, minimum: f64) -> Result<Self, Error> {
        let epochs = check_epochs("the epochs of a cosine", epochs)?;
        Ok(Shape::Cosine { minimum: check_size("the minimum of the rate", minimum)?, epochs }.into())
    }

    /// Up to a peak, the base rate, and down to almost nothing.
    pub fn one_cycle(cycle: OneCycle) -> Self {
        Shape::OneCycle(cycle).into()
    }

    /// Smaller whenever the validation error stops falling, which a [`Scheduler`](super::Scheduler) is told.
    pub fn on_plateau(plateau: Plateau) -> Self {
        Shape::Plateau(plateau).into()
    }

    /// The same times a share that rises in a straight line, over so many epochs, from this one to 1 (Goyal and others 2017).
    /// The schedule's own epochs are counted from the beginning all the same.
    ///
    /// At a share of 0 the first step would change nothing.
    ///
    /// # Errors
    /// [`Error::Option`] if the epochs are negative or not finite, or the share is not from 0 to 1.
    pub fn with_warm_up(self, epochs: f64, from: f64) -> Result<Self, Error> {
        let epochs = check_size("the epochs of warm-up", epochs)?;
        let from = check_portion("the share of the rate that warm-up begins with", from)?;
        Ok(Self { warm_up: Some(WarmUp { epochs, from }), ..self })
    }

    /// The rate after so many epochs, with fractions, where it is `base` to begin with, or at its peak; on a plateau's
    /// schedule the one before any reduction. Times before 0 count as 0.
    pub fn rate(&self, base: f64, epoch: f64) -> f64 {
        self.reduced(base, epoch, 0)
    }

    /// The rate after so many epochs and reductions.
    pub(super) fn reduced(&self, base: f64, epoch: f64, reductions: u32) -> f64 {
        // NaN counts as 0, too; and 0 times an infinity would be NaN.
        let t = if epoch > 0.0 { epoch.min(f64::MAX) } else { 0.0 };
        let rate = match &self.shape {
            Shape::Constant => base,
            Shape::Step { factor, every } => base * factor.powf((t / f64::from(*every)).floor()),
            Shape::At { factor, epochs } => {
                let past = epochs.partition_point(|&epoch| f64::from(epoch) <= t);
                base * factor.powf(past as f64)
            }
            Shape::Exponential { decay } => base * (-decay * t).exp(),
            Shape::Inverse { decay } => base / (1.0 + decay * t),
            Shape::Cosine { minimum, epochs } => {
                let lowest = minimum.min(base);
                lowest + (base - lowest) * half_wave(t / f64::from(*epochs))
            }
            Shape::OneCycle(cycle) => base * cycle.share(t),
            Shape::Plateau(plateau) => plateau.rate(base, reductions),
        };
        rate * self.warm_up.map_or(1.0, |warm_up| warm_up.share(t))
    }

    /// The rate that it does not go below.
    pub(super) fn lowest(&self) -> f64 {
        match &self.shape {
            Shape::Cosine { minimum, .. } => *minimum,
            Shape::Plateau(plateau) => plateau.lowest(),
            _ => 0.0,
        }
    }

    /// Whether it goes by the validation error: it does, on a plateau.
    pub fn looks_at_errors(&self) -> bool {
        self.plateau().is_some()
    }

    /// What it does on a plateau, if it looks at errors at all.
    pub(super) fn plateau(&self) -> Option<&Plateau> {
        match &self.shape {
            Shape::Plateau(plateau) => Some(plateau),
            _ => None,
        }
    }
}

/// In a few words, for records of a training.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            Shape::Constant => f.write_str("constant"),
            Shape::Step { factor, every } => write!(f, "times {factor} every {every} epochs"),
            Shape::At { factor, epochs } => write!(f, "times {factor} at the epochs {epochs:?}"),
            Shape::Exponential { decay } => write!(f, "times e^(-{decay} t)"),
            Shape::Inverse { decay } => write!(f, "divided by 1 + {decay} t"),
            Shape::Cosine { minimum, epochs } => write!(f, "a cosine to {minimum} over {epochs} epochs"),
            Shape::OneCycle(cycle) => cycle.fmt(f),
            Shape::Plateau(plateau) => plateau.fmt(f),
        }?;
        match self.warm_up {
            Some(WarmUp { epochs, .. }) => write!(f, ", warmed up for {epochs} epochs"),
            None => Ok(()),
        }
    }
}
