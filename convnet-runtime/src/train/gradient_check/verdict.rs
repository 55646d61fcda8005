//! How the notes judge a relative error.

use std::fmt;

/// Whether the loss that was checked has kinks: maxima, signs, margins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Smoothness {
    /// It has none: tanh and softmax, say.
    Smooth,
    /// It has some: ReLU, maximum pooling or the SVM's hinge.
    Kinked,
}

/// What a relative error means: the scale of the notes' chapter on gradient checks, from good to bad.
///
/// Errors build up from layer to layer: by the images of a network of ten layers even 1e-2 may be in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// No number was compared: every one lies next to a kink, or its gradient is below rounding.
    Unknown,
    /// 1e-7 or less.
    Happy,
    /// 1e-4 or less, which is usually okay for a loss with kinks.
    Okay,
    /// 1e-4 or less, which is too high for a loss without kinks.
    TooHigh,
    /// 1e-2 or less.
    Uncomfortable,
    /// Above 1e-2, or NaN.
    Wrong,
}

impl Verdict {
    /// The verdict on a relative error.
    pub fn on(error: f64, smoothness: Smoothness) -> Self {
        match smoothness {
            _ if error <= 1e-7 => Self::Happy,
            Smoothness::Kinked if error <= 1e-4 => Self::Okay,
            Smoothness::Smooth if error <= 1e-4 => Self::TooHigh,
            _ if error <= 1e-2 => Self::Uncomfortable,
            _ => Self::Wrong,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unknown => "nothing compared",
            Self::Happy => "happy",
            Self::Okay => "okay with kinks",
            Self::TooHigh => "too high without kinks",
            Self::Uncomfortable => "uncomfortable",
            Self::Wrong => "probably wrong",
        })
    }
}
