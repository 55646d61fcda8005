//! How two gradients are compared: the relative error, and what rounding leaves to be seen of it.

use super::verdict::Smoothness;

/// How many roundings a number is taken to be off by: it is the end of thousands of operations, whose errors partly cancel.
const ROUNDINGS: f64 = 8.0;

/// The part of the largest gradient of a tensor below which another cannot be told from rounding.
const FLOOR: f64 = 1e-4;

/// Rounding is an estimate: a difference this many times larger is not explained by it.
const BEYOND: f64 = 10.0;

/// A gradient by differences.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numeric {
    Slope(Slope),
    /// None: a kink lies between the evaluations.
    Crossing,
    /// None: the step is so small that the number stays where it is.
    Unmoved,
}

/// A slope, and what rounding may make of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slope {
    pub(super) value: f64,
    pub(super) noise: f64,
}

impl Slope {
    /// From two losses, either of which is known up to so many times `rounding`, and where the number was in each.
    pub(super) fn between(losses: [f64; 2], positions: [f64; 2], rounding: f64) -> Self {
        let distance = positions[0] - positions[1];
        Self { value: (losses[0] - losses[1]) / distance, noise: 2.0 * ROUNDINGS * rounding / distance }
    }

    /// What the slopes over h and over 2h tend to (Richardson).
    fn extrapolated(near: Self, far: Self) -> Self {
        Self { value: (4.0 * near.value - far.value) / 3.0, noise: (4.0 * near.noise + far.noise) / 3.0 }
    }
}

impl Numeric {
    pub(super) fn slope(self) -> Option<f64> {
        if let Self::Slope(slope) = self { Some(slope.value) } else { None }
    }

    /// What those over h and over 2h tend to, if both are there.
    pub(super) fn extrapolated(near: Self, far: Self) -> Self {
        match (near, far) {
            (Self::Slope(near), Self::Slope(far)) => Self::Slope(Slope::extrapolated(near, far)),
            (Self::Slope(_), none) | (none, _) => none,
        }
    }
}

/// Whether a difference that rounding explains counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rounding {
    /// It does not: a check.
    Forgiven,
    /// It does: a sweep, which is to show where rounding begins.
    Counted,
}

/// What the gradients of one tensor are compared by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    pub(super) rounding: Rounding,
    /// The relative error of which rounding may hide no more than this.
    pub(super) resolution: f64,
    /// The relative error of one rounding of an analytic gradient.
    pub(super) epsilon: f64,
    /// The least that a difference is divided by.
    pub(super) floor: f64,
    pub(super) smoothness: Smoothness,
}

impl Measure {
    /// The least that differences of a tensor with these gradients are divided by.
    pub(super) fn floor(gradient: &[f64]) -> f64 {
        let finite = gradient.iter().filter(|gradient| gradient.is_finite());
        let largest = finite.fold(0.0, |largest: f64, gradient| largest.max(gradient.abs()));
        (FLOOR * largest).max(f64::MIN_POSITIVE)
    }

    /// What rounding makes of the difference of both.
    fn noise(self, analytic: f64, numeric: Slope) -> f64 {
        numeric.noise + ROUNDINGS * self.epsilon * analytic.abs()
    }

    /// Whether rounding hides too much of both for them to be compared, and explains their difference.
    pub(super) fn hides(self, analytic: f64, numeric: Slope) -> bool {
        let noise = self.noise(analytic, numeric);
        let (difference, size) = difference_and_size(analytic, numeric);
        noise > self.resolution * size && difference <= BEYOND * noise
    }

    /// The relative error.
    pub(super) fn error(self, analytic: f64, numeric: Slope) -> f64 {
        let noise = self.noise(analytic, numeric);
        let (difference, size) = difference_and_size(analytic, numeric);
        let counted = match self.rounding {
            // Not by way of `max`, which would take 0 for NaN.
            Rounding::Forgiven if difference <= noise => 0.0,
            Rounding::Forgiven => difference - noise,
            Rounding::Counted => difference,
        };
        counted / size.max(self.floor)
    }
}

fn difference_and_size(analytic: f64, numeric: Slope) -> (f64, f64) {
    ((analytic - numeric.value).abs(), analytic.abs().max(numeric.value.abs()))
}
