//! How far to go along a line: to where the strong Wolfe conditions hold.
//!
//! Nocedal and Wright, Numerical Optimization, 2006: algorithm 3.5 looks for an interval that holds such a step, algorithm
//! 3.6 (`narrow`) for the step in it. Where the loss is not finite the step is too long. Where its decrease is lost in rounding
//! the slopes decide, which are more precise: Hager and Zhang 2005, the approximate Wolfe conditions.

use crate::error::Error;

/// The share of the decrease which the slope promises that there must be.
const DECREASE: f64 = 1e-4;
/// The share of the first slope that may be left.
const FLATNESS: f64 = 0.9;
/// Losses that are looked at, at most.
const EVALUATIONS: usize = 25;

/// A place on the line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Place {
    /// How far it is, in lengths of the direction.
    pub(super) step: f64,
    /// The loss there.
    pub(super) loss: f64,
    /// The inner product of gradient and direction.
    pub(super) slope: f64,
}

/// Looks for a step from `start`, whose slope is negative; `evaluate` says what is at a step. What is returned was evaluated
/// last; nothing is, if no step makes the loss smaller. Losses that differ by up to `rounding` may be equal.
///
/// # Errors
/// Those of `evaluate`.
pub(super) fn search(
    start: Place,
    first: f64,
    rounding: f64,
    evaluate: impl FnMut(f64) -> Result<Place, Error>,
) -> Result<Option<Place>, Error> {
    Search { start, rounding, evaluate, left: EVALUATIONS }.widen(first)
}

struct Search<F> {
    start: Place,
    rounding: f64,
    evaluate: F,
    /// Evaluations that are left.
    left: usize,
}

impl<F: FnMut(f64) -> Result<Place, Error>> Search<F> {
    /// Longer and longer steps, until one is good or too long.
    fn widen(mut self, first: f64) -> Result<Option<Place>, Error> {
        let (mut before, mut step) = (self.start, first);
        while let Some(place) = self.at(step)? {
            if self.descends(place) && self.is_flat(place) {
                return Ok(Some(place));
            }
            if !self.descends(place) || place.loss >= before.loss {
                return self.narrow(before, place);
            }
            if place.slope >= 0.0 {
                return self.narrow(place, before);
            }
            step = beyond(before, place);
            before = place;
        }
        self.settle(before)
    }

    /// Steps between two, of which `low` has the lower loss and leads down towards `high`.
    fn narrow(mut self, mut low: Place, mut high: Place) -> Result<Option<Place>, Error> {
        while let Some(place) = self.at(between(low, high))? {
            if self.descends(place) && self.is_flat(place) {
                return Ok(Some(place));
            }
            if !self.descends(place) || place.loss >= low.loss {
                high = place;
                continue;
            }
            if place.slope * (high.step - low.step) >= 0.0 {
                high = low;
            }
            low = place;
        }
        self.settle(low)
    }

    /// What is there, unless enough was looked at.
    fn at(&mut self, step: f64) -> Result<Option<Place>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        (self.evaluate)(step).map(Some)
    }

    /// The best place that was found, where the slope may be steeper than it should be.
    fn settle(mut self, best: Place) -> Result<Option<Place>, Error> {
        if best.step > 0.0 { (self.evaluate)(best.step).map(Some) } else { Ok(None) }
    }

    fn descends(&self, place: Place) -> bool {
        let Place { loss, slope, .. } = self.start;
        let is_lower = place.loss <= loss + DECREASE * place.step * slope;
        let may_be_lower =
            (place.loss - loss).abs() <= self.rounding && place.slope <= (2.0 * DECREASE - 1.0) * slope;
        // A loss or a slope that is NaN does not.
        (is_lower || may_be_lower) && place.slope.is_finite()
    }

    fn is_flat(&self, place: Place) -> bool {
        place.slope.abs() <= FLATNESS * self.start.slope.abs()
    }
}

/// Where the cubic through two places, with their slopes, is lowest; not finite if it is nowhere.
fn lowest(a: Place, b: Place) -> f64 {
    let width = b.step - a.step;
    let mean = a.slope + b.slope - 3.0 * (b.loss - a.loss) / width;
    let root = (mean * mean - a.slope * b.slope).sqrt().copysign(width);
    b.step - width * (b.slope + root - mean) / (b.slope - a.slope + 2.0 * root)
}

/// A step between two places, not too near to either.
fn between(low: Place, high: Place) -> f64 {
    let width = high.step - low.step;
    let share = (lowest(low, high) - low.step) / width;
    low.step + width * if share.is_finite() { share.clamp(0.1, 0.9) } else { 0.5 }
}

/// A step beyond a place, up to ten times as long.
fn beyond(before: Place, place: Place) -> f64 {
    let step = lowest(before, place);
    if step > place.step { step.clamp(1.1 * place.step, 10.0 * place.step) } else { 4.0 * place.step }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches along a function from 0, given with its slope.
    fn along(first: f64, f: impl Fn(f64) -> (f64, f64)) -> (Option<Place>, usize) {
        let mut count = 0;
        let at = |step| {
            let (loss, slope) = f(step);
            Place { step, loss, slope }
        };
        let found = search(at(0.0), first, 0.0, |step| {
            count += 1;
            Ok(at(step))
        });
        (found.expect("no error"), count)
    }

    fn check(first: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
        let (found, count) = along(first, &f);
        let (found, (loss, slope)) = (found.expect("a step"), f(0.0));
        assert!(found.loss <= loss + DECREASE * found.step * slope, "{found:?} from {first}");
        assert!(found.slope.abs() <= FLATNESS * slope.abs(), "{found:?} from {first}");
        assert!(count <= 15, "{count} evaluations from {first}");
        found.step
    }

    #[test]
    fn steps_keep_the_conditions_wherever_they_begin() {
        for first in [1e-6, 1e-3, 0.1, 1.0, 10.0, 1e3, 1e6] {
            check(first, |x| ((x - 1.0).powi(2), 2.0 * (x - 1.0)));
            check(first, |x| ((x - 1.0).powi(4), 4.0 * (x - 1.0).powi(3)));
            check(first, |x| (-(x / (x * x + 2.0)), (x * x - 2.0) / (x * x + 2.0).powi(2)));
            // Many minima.
            check(first, |x| (0.1 * x * x - x.sin(), 0.2 * x - x.cos()));
        }
    }

    /// The cubic of a parabola is the parabola: from a step that is too long it leads to the minimum.
    #[test]
    fn a_parabola_takes_two_evaluations() {
        let (found, count) = along(3.0, |x| ((x - 1.0).powi(2), 2.0 * (x - 1.0)));
        assert!((found.expect("a step").step - 1.0).abs() < 1e-12 && count == 2, "{found:?}, {count}");
        let (found, count) = along(0.01, |x| ((x - 0.08).powi(2), 2.0 * (x - 0.08)));
        assert!((found.expect("a step").step - 0.01).abs() < 1e-12 && count == 1, "{found:?}, {count}");
    }

    #[test]
    fn a_loss_that_is_not_finite_is_too_far() {
        for beyond in [f64::NAN, f64::INFINITY] {
            check(10.0, |x| if x > 2.0 { (beyond, beyond) } else { ((x - 1.0).powi(2), 2.0 * (x - 1.0)) });
            // A gradient alone that is not finite.
            check(10.0, |x| if x > 2.0 { (-9.0, beyond) } else { ((x - 1.0).powi(2), 2.0 * (x - 1.0)) });
        }
    }

    /// A parabola so flat that its loss is the same everywhere around, but for rounding that goes the wrong way: the slopes
    /// alone lead to its minimum.
    #[test]
    fn where_losses_are_rounded_slopes_decide() {
        let loss = |step| if step > 0.0 { 1.0 + f64::EPSILON } else { 1.0 };
        let at = |step| Place { step, loss: loss(step), slope: 2e-18 * (step - 1.0) };
        let search = |rounding| {
            let mut count = 0;
            let found = search(at(0.0), 1.5, rounding, |step| {
                count += 1;
                Ok(at(step))
            });
            (found.expect("no error").map(|place| place.step), count)
        };
        assert_eq!(search(1e-15), (Some(1.5), 1));
        assert_eq!(search(0.0), (None, EVALUATIONS));
    }

    #[test]
    fn where_nothing_is_lower_nothing_is_found() {
        let (found, count) = along(1.0, |x| (x, -1.0));
        assert_eq!((found, count), (None, EVALUATIONS));
    }

    /// A line that falls for ever: the farthest place, evaluated once more.
    #[test]
    fn what_was_found_is_taken_when_enough_was_looked_at() {
        let (found, count) = along(1.0, |x| (-x, -1.0));
        assert!(found.expect("a step").step > 1e6 && count == EVALUATIONS + 1, "{found:?}, {count}");
    }
}
