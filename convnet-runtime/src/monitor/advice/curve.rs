//! The loss of a training, without the noise of single batches: means over equal parts of it.

use crate::monitor::Record;

/// How many parts there are.
pub(super) const PARTS: usize = 10;

/// Fewer steps in a part say nothing.
const STEPS: usize = 5;

/// The mean data loss in [`PARTS`] equal parts of all steps, in their order; nothing if there are too few steps, or not one
/// finite loss in one of the parts.
pub(super) fn parts(record: &Record) -> Option<[f64; PARTS]> {
    let count = record.steps.len();
    if count < PARTS * STEPS {
        return None;
    }
    let mut means = [0.0; PARTS];
    for (i, mean) in means.iter_mut().enumerate() {
        let steps = &record.steps[i * count / PARTS..(i + 1) * count / PARTS];
        let losses = steps.iter().map(|step| step.loss).filter(|loss| loss.is_finite());
        let (sum, finite) = losses.fold((0.0, 0_u64), |(sum, count), loss| (sum + loss, count + 1));
        if finite == 0 {
            return None;
        }
        *mean = sum / finite as f64;
    }
    Some(means)
}

/// The smallest of some losses.
pub(super) fn lowest(losses: impl IntoIterator<Item = f64>) -> f64 {
    losses.into_iter().fold(f64::INFINITY, f64::min)
}
