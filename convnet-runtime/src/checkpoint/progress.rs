//! How far a training run is, as the name of a file.

use std::cmp::Ordering;

use crate::error::Error;

/// What all names end with.
const EXTENSION: &str = ".safetensors";

/// From here on a loss is written with an exponent: names have at most 255 bytes.
const LARGE: f64 = 1e6;

/// How far a training run is, and how good.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// The epoch that has ended, or is under way if there is a step.
    pub epoch: u64,
    /// The step, in the middle of an epoch.
    pub step: Option<u64>,
    /// How good it is, if that is known.
    pub score: Option<Score>,
}

/// How good a network is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Score {
    /// The score on the validation set, by which the best are found. Names have all its digits: at least four behind the
    /// point, and as many as it takes to tell it from every other number.
    Validation(f64),
    /// The training loss, where there is no validation; it is for the reader, to four digits behind the point.
    Training(f64),
}

impl Progress {
    /// At the end of an epoch.
    pub fn epoch(epoch: u64) -> Self {
        Self { epoch, step: None, score: None }
    }

    /// The same in the middle of the epoch, after this step.
    pub fn step(self, step: u64) -> Self {
        Self { step: Some(step), ..self }
    }

    /// The same with a score on the validation set.
    pub fn validation(self, score: f64) -> Self {
        Self { score: Some(Score::Validation(score)), ..self }
    }

    /// The same with a training loss.
    pub fn loss(self, loss: f64) -> Self {
        Self { score: Some(Score::Training(loss)), ..self }
    }

    /// The name of its file: `epoch-0012-val-0.9134.safetensors`, `epoch-0012-loss-0.1234.safetensors` or
    /// `epoch-0012-step-003400.safetensors`.
    ///
    /// # Errors
    /// [`Error::Option`] if the score or the loss is not finite.
    pub fn name(&self) -> Result<String, Error> {
        let step = self.step.map(|step| format!("-step-{step:06}")).unwrap_or_default();
        let score = match self.score {
            None => String::new(),
            Some(Score::Validation(score)) => {
                format!("-val-{}", all_digits(finite("validation score", score)?))
            }
            Some(Score::Training(loss)) => format!("-loss-{}", four_digits(finite("training loss", loss)?)),
        };
        Ok(format!("epoch-{:04}{step}{score}{EXTENSION}", self.epoch))
    }

    /// What a name says, if it is exactly one that [`Progress::name`] makes.
    pub fn of(name: &str) -> Option<Self> {
        let (epoch, rest) = number(name.strip_suffix(EXTENSION)?.strip_prefix("epoch-")?)?;
        let (step, rest) = match rest.strip_prefix("-step-").and_then(number) {
            Some((step, rest)) => (Some(step), rest),
            None => (None, rest),
        };
        let score = if let Some(score) = rest.strip_prefix("-val-") {
            Some(Score::Validation(score.parse().ok()?))
        } else if let Some(loss) = rest.strip_prefix("-loss-") {
            Some(Score::Training(loss.parse().ok()?))
        } else if rest.is_empty() {
            None
        } else {
            return None;
        };
        let progress = Self { epoch, step, score };
        (progress.name().ok()? == name).then_some(progress)
    }

    /// The score on the validation set, if there is one.
    pub fn validation_score(&self) -> Option<f64> {
        if let Some(Score::Validation(score)) = self.score { Some(score) } else { None }
    }

    /// Which comes first in a run: the end of an epoch comes after all its steps.
    pub fn order(&self, other: &Self) -> Ordering {
        let position = |progress: &Self| (progress.epoch, progress.step.is_none(), progress.step);
        position(self).cmp(&position(other))
    }
}

/// The number that a text begins with, and what is behind it.
fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, rest))
}

fn finite(option: &'static str, value: f64) -> Result<f64, Error> {
    let expected = "a checkpoint is saved under a finite number";
    // A negative zero would be another name for the same score.
    if value.is_finite() { Ok(value + 0.0) } else { Err(Error::Option { option, value, expected }) }
}

/// A number from which exactly it can be read again, with at least four digits behind the point.
fn all_digits(number: f64) -> String {
    let digits = format!("{number:?}");
    match digits.split_once('.') {
        Some((_, behind)) if behind.len() < 4 && !behind.contains('e') => format!("{number:.4}"),
        _ => digits,
    }
}

/// A number with four digits behind the point.
fn four_digits(number: f64) -> String {
    // What is decided by the rounded number is decided again alike when the name is read.
    let rounded = format!("{number:.4}").parse().unwrap_or(number) + 0.0;
    if rounded.abs() < LARGE { format!("{rounded:.4}") } else { format!("{rounded:.4e}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(progress: Progress) -> String {
        progress.name().expect("a finite score")
    }

    #[test]
    fn names() {
        let end = Progress::epoch(12);
        assert_eq!(name(end.validation(0.9134)), "epoch-0012-val-0.9134.safetensors");
        assert_eq!(name(end.validation(0.5)), "epoch-0012-val-0.5000.safetensors");
        assert_eq!(name(end.validation(0.913_412)), "epoch-0012-val-0.913412.safetensors");
        assert_eq!(name(end.validation(-1.5e-7)), "epoch-0012-val--1.5e-7.safetensors");
        assert_eq!(name(end.loss(0.123_44)), "epoch-0012-loss-0.1234.safetensors");
        assert_eq!(name(end.loss(999_999.999_99)), "epoch-0012-loss-1.0000e6.safetensors");
        assert_eq!(name(end.loss(-1e-9)), "epoch-0012-loss-0.0000.safetensors");
        assert_eq!(name(end.step(3400)), "epoch-0012-step-003400.safetensors");
        assert_eq!(name(Progress::epoch(0)), "epoch-0000.safetensors");
        let error = end.validation(f64::NAN).name().expect_err("no name");
        assert_eq!(error.to_string(), "validation score is NaN: a checkpoint is saved under a finite number");
    }

    #[test]
    fn names_of_others() {
        for name in [
            "epoch-12-val-0.9134.safetensors",
            "epoch-0012-val-0.91.safetensors",
            "epoch-0012-val-nan.safetensors",
            "epoch-0012-val-.safetensors",
            "epoch-0012-val-0.9134.safetensors.bak",
            "epoch-0012-val-0.9134-copy.safetensors",
            "epoch-0012-step-3400.safetensors",
            "epoch-+012.safetensors",
            "epoch-00012.safetensors",
            "epoch-99999999999999999999.safetensors",
            "epoch-.safetensors",
            "Epoch-0012.safetensors",
            "best.safetensors",
            "",
        ] {
            assert_eq!(Progress::of(name), None, "{name}");
        }
    }

    #[test]
    fn the_order_of_a_run() {
        let run =
            [Progress::epoch(1), Progress::epoch(2).step(9), Progress::epoch(2).step(10), Progress::epoch(2)];
        assert!(run.is_sorted_by(|a, b| a.order(b) == Ordering::Less));
    }

    proptest! {
        #[test]
        fn every_name_is_read_again(epoch: u64, step: Option<u64>, score: f64, validates: bool) {
            let progress = Progress { epoch, step, score: None };
            let progress = match (score.is_finite(), validates) {
                (false, _) => progress,
                (true, true) => progress.validation(score),
                (true, false) => progress.loss(score),
            };
            let text = name(progress);
            prop_assert!(text.len() < 128, "{text}");
            let read = Progress::of(&text);
            prop_assert_eq!(read.map(|read| read.order(&progress)), Some(Ordering::Equal));
            prop_assert_eq!(read.and_then(|read| read.validation_score()), progress.validation_score());
        }
    }
}
