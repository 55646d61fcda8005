//! Every rule on a record in which it sees something, and on one in which it does not.

use super::{list, of, unsaid};
use crate::monitor::{
    EpochRecord, Histogram, LayerRecord, Record, Rule, Run, Split, StepRecord, Stop, Summary, TensorRecord,
};

/// Steps in an epoch of these records.
const STEPS: u64 = 20;

/// A record of ten epochs whose loss is a function of the time from 0 to 1, with updates of such a size and accuracies by
/// the epoch.
fn record(loss: impl Fn(f64) -> f64, ratio: f64, accuracies: impl Fn(u64) -> [f64; 2]) -> Record {
    let total = 10 * STEPS;
    let steps = (1..=total).map(|step| {
        let time = step as f64 / total as f64;
        StepRecord {
            step,
            epoch: 10.0 * time,
            loss: loss(time),
            learning_rate: 0.01,
            ..StepRecord::default()
        }
    });
    let epochs = (1..=10).map(|epoch| {
        let [training_accuracy, validation] = accuracies(epoch);
        EpochRecord {
            epoch,
            step: epoch * STEPS,
            loss: loss(epoch as f64 / 10.0),
            training_accuracy,
            validation_accuracy: Some(validation),
            learning_rate: 0.01,
            tensors: vec![tensor("conv1.weights", ratio, 0.01), tensor("conv1.bias", 0.5, 0.01)],
            ..EpochRecord::default()
        }
    });
    Record { steps: steps.collect(), epochs: epochs.collect(), ..Record::default() }
}

/// A tensor with updates and gradients of such sizes.
fn tensor(name: &str, ratio: f64, gradient: f64) -> TensorRecord {
    let gradient = Histogram::of([-gradient, gradient]);
    TensorRecord {
        name: name.to_owned(),
        ratio,
        gradient,
        weights: Histogram::of([-0.1, 0.1]),
        ..TensorRecord::default()
    }
}

fn good() -> Record {
    record(
        |time| 2.3 * (-4.0 * time).exp() + 0.05,
        1e-3,
        |epoch| {
            let accuracy = 1.0 - 0.5 / epoch as f64;
            [accuracy, accuracy - 0.02]
        },
    )
}

/// The same as a good record, but for its last epoch.
fn with_last(change: impl FnOnce(&mut EpochRecord)) -> Record {
    let mut record = good();
    if let Some(last) = record.epochs.last_mut() {
        last.tensors.clear();
        change(last);
    }
    record
}

/// The rules that see something.
fn rules(record: &Record) -> Vec<Rule> {
    of(record).into_iter().map(|warning| warning.rule).collect()
}

/// What the one warning says.
fn text(record: &Record, rule: Rule) -> String {
    assert_eq!(rules(record), [rule], "{:?}", of(record));
    of(record)[0].to_string()
}

#[test]
fn a_good_training_and_an_empty_one_are_left_alone() {
    assert_eq!(of(&good()), []);
    assert_eq!(of(&Record::default()), []);
    assert_eq!(of(&Record { steps: good().steps, ..Record::default() }), []);
}

#[test]
fn a_loss_that_rises_or_explodes() {
    let low = |_| [0.5, 0.45];
    let rises = text(&record(|time| 2.0 + (2.0 * time - 1.0).abs(), 1e-3, low), Rule::RateTooHigh);
    assert!(rises.contains("rises") && rises.contains("now 0.01"), "{rises}");
    let explodes = text(&record(|time| 2.0 * (3.0 * time).exp(), 1e-3, low), Rule::RateTooHigh);
    assert!(explodes.contains("explodes"), "{explodes}");
    // Noise on a loss that is nearly 0.
    let noise = |time: f64| 2.0 * (-20.0 * time).exp() + 0.01 * (1.0 + time);
    assert_eq!(of(&record(noise, 1e-3, |_| [0.99, 0.98])), []);
}

#[test]
fn a_loss_that_stays_high_under_large_updates() {
    let plateau = |time: f64| 1.5 + 0.8 * (-20.0 * time).exp();
    let said = text(&record(plateau, 5e-2, |_| [0.5, 0.4]), Rule::RateTooHigh);
    assert!(said.contains("stays at 1.500") && said.contains("5.0 %"), "{said}");
    assert_eq!(of(&record(plateau, 5e-3, |_| [0.5, 0.45])), []);
}

#[test]
fn a_loss_that_falls_along_a_line_under_small_updates() {
    let line = |time: f64| 2.3 - 0.5 * time;
    let said = text(&record(line, 2e-5, |epoch| [0.02 * epoch as f64; 2]), Rule::RateTooLow);
    assert!(said.contains("along a line") && said.contains("0.0020 %"), "{said}");
    let slowly = text(&record(|time| 2.3 - 0.1 * time.sqrt(), 2e-5, |_| [0.2; 2]), Rule::RateTooLow);
    assert!(slowly.contains("slowly"), "{slowly}");
    assert_eq!(of(&record(line, 1e-3, |epoch| [0.02 * epoch as f64; 2])), []);
    // A schedule has lowered the rate.
    let mut lowered = record(line, 2e-5, |epoch| [0.02 * epoch as f64; 2]);
    lowered.epochs[0].learning_rate = 0.1;
    assert_eq!(of(&lowered), []);
}

#[test]
fn a_gap_that_grows() {
    let gap = |epoch: u64| [0.6 + 0.04 * epoch as f64, 0.6 + 0.01 * epoch as f64];
    let falling = |time: f64| 2.0 * (-4.0 * time).exp();
    let mut overfits = record(falling, 1e-3, gap);
    let said = text(&overfits, Rule::Overfitting);
    assert!(said.contains("100.0 %") && said.contains("70.0 %") && said.contains("30.0 points"), "{said}");
    for epoch in &mut overfits.epochs {
        epoch.validation_loss = Some(1.0 + (epoch.epoch as f64 - 4.0).abs());
    }
    assert!(text(&overfits, Rule::Overfitting).contains("lowest, 1.000, in epoch 4, and is now 7.000"));
    // A gap that is small, and one that does not grow.
    assert_eq!(of(&record(falling, 1e-3, |epoch| gap(epoch).map(|x| 0.8 + x / 10.0))), []);
    assert_eq!(of(&record(falling, 1e-3, |_| [0.9, 0.75])), []);
}

#[test]
fn a_network_that_cannot_fit_its_images() {
    let flat = |time: f64| 1.2 + (-20.0 * time).exp();
    let said = text(&record(flat, 1e-3, |_| [0.55, 0.54]), Rule::CapacityTooSmall);
    assert!(said.contains("55.0 %") && said.contains("1.200"), "{said}");
    assert_eq!(of(&record(flat, 1e-3, |_| [0.9, 0.89])), []);
    assert_eq!(of(&record(|time| 2.0 - time, 1e-3, |_| [0.55, 0.54])), []);
}

/// A layer with such shares of dead units and of saturated numbers.
fn layer(name: &str, dead: Option<f64>, saturated: Option<f64>) -> LayerRecord {
    LayerRecord { name: name.to_owned(), dead, saturated, ..LayerRecord::default() }
}

#[test]
fn relus_that_are_dead() {
    let layers = |share| vec![layer("relu1", Some(0.1), None), layer("relu2", Some(share), None)];
    let said = text(&with_last(|epoch| epoch.layers = layers(0.55)), Rule::DeadUnits);
    assert!(said.contains("relu2 (55.0 %)") && !said.contains("relu1"), "{said}");
    assert_eq!(of(&with_last(|epoch| epoch.layers = layers(0.4))), []);
    assert_eq!(of(&with_last(|epoch| epoch.layers = layers(f64::NAN))), []);
}

#[test]
fn layers_that_are_saturated() {
    let layers = |share| vec![layer("tanh1", None, Some(0.6)), layer("tanh2", None, Some(share))];
    let said = text(&with_last(|epoch| epoch.layers = layers(0.9)), Rule::Saturated);
    assert!(said.contains("tanh2 (90.0 %), tanh1 (60.0 %)"), "{said}");
    assert_eq!(of(&with_last(|epoch| epoch.layers = vec![layer("tanh1", None, Some(0.3))])), []);
}

#[test]
fn gradients_that_vanish_or_explode() {
    let ends = |first: f64, last: f64| {
        let tensors = [("a.weights", first), ("b.weights", 1.0), ("b.bias", 1e9), ("c.weights", last)];
        with_last(|epoch| epoch.tensors = tensors.map(|(name, size)| tensor(name, 1e-3, size)).to_vec())
    };
    let said = text(&ends(1e-7, 1e-2), Rule::VanishingGradients);
    assert!(said.contains("a.weights are 1.0e-7") && said.contains("c.weights 1.0e-2"), "{said}");
    text(&ends(1e2, 1e-2), Rule::ExplodingGradients);
    assert_eq!(of(&ends(1e-3, 1e-2)), []);
    assert_eq!(of(&ends(0.0, 0.0)), []);
}

#[test]
fn numbers_that_are_not_finite() {
    let mut diverged = good();
    diverged.steps[33].loss = f64::NAN;
    assert!(text(&diverged, Rule::NonFinite).contains("The loss of step 34 is NaN"));
    let broken = |name: &str| TensorRecord {
        weights: Histogram::of([0.0, f64::INFINITY, 1.0]),
        ..tensor(name, 1e-3, 0.1)
    };
    let said = text(&with_last(|epoch| epoch.tensors = vec![broken("fc1.weights")]), Rule::NonFinite);
    assert!(said.contains("In epoch 10, 1 of 3 numbers of fc1.weights are not finite"), "{said}");
    let said = text(&with_last(|epoch| epoch.validation_loss = Some(f64::INFINITY)), Rule::NonFinite);
    assert!(said.contains("validation loss of epoch 10 is inf"), "{said}");
}

#[test]
fn classes_that_are_never_predicted() {
    let with = |confusion: [[u64; 3]; 3]| {
        let confusion = confusion.map(Vec::from).to_vec();
        let summary =
            Summary { stop: Stop::Finished, split: Split::Test, confusion, mistakes: vec![], filters: None };
        let run = Run { class_names: ["cat", "dog", "eel"].map(str::to_owned).to_vec(), ..Run::default() };
        Record { run: Some(run), summary: Some(summary), ..good() }
    };
    let said = text(&with([[5, 0, 1], [3, 0, 2], [0, 0, 9]]), Rule::NeverPredicted);
    assert!(said.contains("1 of 3 classes") && said.contains("dog (5 images)"), "{said}");
    // No image of the class was there.
    assert_eq!(of(&with([[5, 0, 1], [0, 0, 0], [0, 0, 9]])), []);
    // Rows of a file may be too short.
    let mut ragged = with([[1, 1, 1]; 3]);
    ragged.summary.iter_mut().for_each(|summary| summary.confusion[0].clear());
    assert_eq!(of(&ragged), []);
}

#[test]
fn a_rule_is_said_once() {
    let mut record = with_last(|epoch| epoch.layers = vec![layer("relu1", Some(0.9), None)]);
    let first = unsaid(&record);
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].epoch, 10);
    record.warnings.extend(first);
    assert_eq!(unsaid(&record), []);
}

#[test]
fn long_lists_are_counted() {
    let names = |count: usize| list((0..count).map(|i| i.to_string()));
    assert_eq!([names(2), names(4), names(6)], ["0, 1", "0, 1, 2, 3", "0, 1, 2, 3 and 2 more"]);
}
