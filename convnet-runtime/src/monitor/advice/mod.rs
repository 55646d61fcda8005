//! What looks wrong in a training, in words: the signs that the CS231n notes tell one to look for while it runs.
//!
//! Each rule is a function with its sentence above it, which sees the record so far and warns or does not. The rules know no
//! certainty: they say what was seen, what it usually means and what to try.

mod classes;
mod curve;
mod layers;
mod loss;
#[cfg(test)]
mod tests;

use super::{EpochRecord, Record, Rule, Warning};

/// Everything that looks wrong in a record as it stands, the gravest first.
pub fn of(record: &Record) -> Vec<Warning> {
    let rules: [fn(&Record) -> Option<Warning>; 10] = [
        layers::non_finite,
        loss::rate_too_high,
        loss::rate_too_low,
        layers::dead,
        layers::saturated,
        layers::vanishing,
        layers::exploding,
        loss::overfitting,
        loss::capacity_too_small,
        classes::never_predicted,
    ];
    rules.iter().filter_map(|rule| rule(record)).collect()
}

/// What looks wrong and is not yet among the record's warnings: each rule is said once, the first time that it applies.
pub fn unsaid(record: &Record) -> Vec<Warning> {
    let said = |rule: Rule| record.warnings.iter().any(|warning| warning.rule == rule);
    of(record).into_iter().filter(|warning| !said(warning.rule)).collect()
}

/// A warning of a rule: what was seen, what it means, what to try.
fn warning(record: &Record, rule: Rule, [seen, meaning, remedy]: [String; 3]) -> Warning {
    let epoch = record.epochs.last().map_or(0, |epoch| epoch.epoch);
    Warning { rule, epoch, seen, meaning, remedy }
}

/// The median ratio of updates to weights in an epoch; nothing if no tensor of weights was looked at.
fn median_ratio(epoch: &EpochRecord) -> Option<f64> {
    let weights = epoch.tensors.iter().filter(|tensor| tensor.is_weights() && tensor.ratio.is_finite());
    let mut ratios: Vec<f64> = weights.map(|tensor| tensor.ratio).collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}

/// A share as a percentage.
fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// How many names are listed before the others are only counted.
const LISTED: usize = 4;

/// Names, the first few of them.
fn list(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    let listed = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => listed,
        others => format!("{listed} and {others} more"),
    }
}
