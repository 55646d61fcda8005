//! Warnings: what was seen, what it usually means, what to try.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a warning is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Numbers that are NaN or infinite.
    NonFinite,
    /// Steps that are too large.
    RateTooHigh,
    /// Steps that are too small.
    RateTooLow,
    /// A network that learns its training images by heart.
    Overfitting,
    /// A network that cannot learn its training images.
    CapacityTooSmall,
    /// Layers of TANH or SIGMOID at the ends of their range.
    Saturated,
    /// ReLUs that never let anything through.
    DeadUnits,
    /// Gradients that become small on their way back.
    VanishingGradients,
    /// Gradients that become large on their way back.
    ExplodingGradients,
    /// Classes that are never predicted.
    NeverPredicted,
}

impl Rule {
    /// A warning of this rule in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::NonFinite => "Numbers that are not finite",
            Self::RateTooHigh => "Learning rate too high",
            Self::RateTooLow => "Learning rate too low",
            Self::Overfitting => "Overfitting",
            Self::CapacityTooSmall => "Capacity too small",
            Self::Saturated => "Saturated layers",
            Self::DeadUnits => "Dead ReLUs",
            Self::VanishingGradients => "Vanishing gradients",
            Self::ExplodingGradients => "Exploding gradients",
            Self::NeverPredicted => "Classes never predicted",
        }
    }
}

/// Something in a record that looks wrong.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Warning {
    /// What it is about.
    pub rule: Rule,
    /// Epochs that were finished when it was seen.
    pub epoch: u64,
    /// What was seen, with its numbers.
    pub seen: String,
    /// What that usually means.
    pub meaning: String,
    /// What to try.
    pub remedy: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {} {}", self.rule.title(), self.seen, self.meaning, self.remedy)
    }
}
