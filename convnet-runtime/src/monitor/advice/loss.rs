//! Rules on loss and accuracy: the learning rate and the size of the network.

use super::curve::{PARTS, lowest, parts};
use super::{median_ratio, percent, warning};
use crate::monitor::{EpochRecord, Record, Rule, Warning};

/// Updates above this share of the weights are large, by the notes' rule of thumb of 1e-3.
const LARGE_RATIO: f64 = 1e-2;
/// Updates below this share of the weights are small.
const SMALL_RATIO: f64 = 1e-4;

/// A learning rate is too high if the loss explodes or rises, or stays high while updates are large.
pub(super) fn rate_too_high(record: &Record) -> Option<Warning> {
    let seen = rises(record).or_else(|| stays_high(record))?;
    let meaning = "Steps this large jump over the valleys that they should descend into.".to_owned();
    let rate = record.steps.last().map(|step| step.learning_rate);
    let rate = rate.map_or(String::new(), |rate| format!(" (now {rate})"));
    let remedy = format!(
        "Divide the learning rate{rate} by 3 to 10; if that does not help, look at the scale of the images and of the initial \
         weights."
    );
    Some(warning(record, Rule::RateTooHigh, [seen, meaning, remedy]))
}

/// The loss is well above the lowest that it has been: by a fifth, and by more than noise on a loss that is nearly 0.
fn rises(record: &Record) -> Option<String> {
    let parts = parts(record)?;
    let (first, last, lowest) = (parts[0], parts[PARTS - 1], lowest(parts));
    let risen = last - lowest;
    (risen > 0.2 * lowest && risen > 0.05 * first).then(|| {
        let verb = if last > 2.0 * first { "explodes" } else { "rises" };
        format!("The training loss {verb}: it was {lowest:.3} and is now {last:.3}, on average over a tenth of all steps.")
    })
}

/// The loss has fallen by less than 2 % in three epochs, to no less than a quarter of what it began with, and updates are
/// large.
fn stays_high(record: &Record) -> Option<String> {
    let [.., before, _, last] = &record.epochs[..] else { return None };
    let first = parts(record)?[0];
    let ratio = median_ratio(last).filter(|&ratio| ratio > LARGE_RATIO)?;
    let high = last.loss > 0.25 * first && last.loss > 0.98 * before.loss;
    high.then(|| {
        format!(
            "The training loss stays at {:.3} (it began with {first:.3}), and an update moves weights by {} of their norm, \
             where about 0.1 % is healthy.",
            last.loss,
            percent(ratio)
        )
    })
}

/// A learning rate is too low if the loss falls slowly, or almost along a line, while updates are small.
pub(super) fn rate_too_low(record: &Record) -> Option<Warning> {
    let (parts, last) = (parts(record)?, record.epochs.last()?);
    let ratio = median_ratio(last).filter(|&ratio| ratio < SMALL_RATIO)?;
    let (first, middle, end) = (parts[0], parts[PARTS / 2], parts[PARTS - 1]);
    let fallen = (first - end) / first;
    // A curve that bends falls far less in its second half.
    let straight = fallen > 0.05 && middle - end > 0.6 * (first - middle);
    let slow = fallen < 0.3;
    // A schedule that has lowered the rate made updates small on purpose.
    let lowered = record.epochs.iter().any(|epoch| epoch.learning_rate > 2.0 * last.learning_rate);
    if lowered || end < 0.25 * first || !(straight || slow) {
        return None;
    }
    let how = if straight { "almost along a line" } else { "slowly" };
    let seen = format!(
        "The training loss falls {how}, from {first:.3} to {end:.3}, and an update moves weights by {:.4} % of their norm, \
         where about 0.1 % is healthy.",
        100.0 * ratio
    );
    let meaning = "Steps this small would take very long to get anywhere.".to_owned();
    let remedy = format!("Multiply the learning rate (now {}) by 3 to 10.", last.learning_rate);
    Some(warning(record, Rule::RateTooLow, [seen, meaning, remedy]))
}

/// The accuracies of an epoch on training and validation images, if there are any of the latter.
fn accuracies(epoch: &EpochRecord) -> Option<[f64; 2]> {
    epoch.validation_accuracy.map(|validation| [epoch.training_accuracy, validation])
}

/// A network overfits if it classifies training images far better than validation images, and ever more so.
pub(super) fn overfitting(record: &Record) -> Option<Warning> {
    let count = record.epochs.len();
    if count < 3 {
        return None;
    }
    let [training, validation] = accuracies(record.epochs.last()?)?;
    let [earlier_training, earlier_validation] = accuracies(&record.epochs[(count - 1) / 2])?;
    let (gap, earlier) = (training - validation, earlier_training - earlier_validation);
    if gap < 0.1 || gap < earlier + 0.02 {
        return None;
    }
    let seen = format!(
        "Training accuracy is {}, validation accuracy {}: a gap of {:.1} points, which was {:.1} in epoch {}.{}",
        percent(training),
        percent(validation),
        100.0 * gap,
        100.0 * earlier,
        record.epochs[(count - 1) / 2].epoch,
        validation_loss_rises(record).unwrap_or_default()
    );
    let meaning = "The network learns its training images by heart.".to_owned();
    let remedy =
        "Regularise more (L2, dropout), augment the images or find more of them, or stop earlier.".to_owned();
    Some(warning(record, Rule::Overfitting, [seen, meaning, remedy]))
}

/// A sentence on the validation loss, if it is more than 5 % above the lowest that it has been.
fn validation_loss_rises(record: &Record) -> Option<String> {
    let losses = record.epochs.iter().filter_map(|epoch| Some((epoch.epoch, epoch.validation_loss?)));
    let (epoch, lowest) = losses.filter(|(_, loss)| loss.is_finite()).min_by(|a, b| a.1.total_cmp(&b.1))?;
    let last = record.epochs.last()?.validation_loss?;
    (last > 1.05 * lowest).then(|| {
        format!(" The validation loss was lowest, {lowest:.3}, in epoch {epoch}, and is now {last:.3}.")
    })
}

/// A network is too small if training and validation accuracy are about the same, and low, and the loss no longer falls
/// though updates are of a healthy size.
pub(super) fn capacity_too_small(record: &Record) -> Option<Warning> {
    let [.., before, _, last] = &record.epochs[..] else { return None };
    let [training, validation] = accuracies(last)?;
    let flat = (last.loss - before.loss).abs() < 0.02 * before.loss;
    let healthy = median_ratio(last).is_none_or(|ratio| (SMALL_RATIO..=LARGE_RATIO).contains(&ratio));
    if training > 0.75 || (training - validation).abs() > 0.03 || !flat || !healthy {
        return None;
    }
    let seen = format!(
        "Training accuracy ({}) and validation accuracy ({}) are about the same, and low; the training loss has stayed at \
         {:.3} for three epochs.",
        percent(training),
        percent(validation),
        last.loss
    );
    let meaning = "The network does not even fit the images that it is trained on: it is too small for them."
        .to_owned();
    let remedy = "Use more filters or layers, or regularise less. First see whether it can learn 20 images by heart: if not, \
                  something else is wrong."
        .to_owned();
    Some(warning(record, Rule::CapacityTooSmall, [seen, meaning, remedy]))
}
