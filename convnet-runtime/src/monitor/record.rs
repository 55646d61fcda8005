//! What happens in a training, as plain data.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::number;
use super::{Histogram, Png, Warning};

/// Something that happens in a training: a line of its record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A training begins, or goes on after an interruption.
    Run(Box<Run>),
    /// A step was made.
    Step(StepRecord),
    /// An epoch is over.
    Epoch(Box<EpochRecord>),
    /// Something looks wrong.
    Warning(Box<Warning>),
    /// The training is over.
    Summary(Box<Summary>),
}

/// What is trained, and how.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    /// The name of the network.
    pub network: String,
    /// Its layers, in the notation.
    pub notation: String,
    /// How many numbers it learns.
    pub parameters: u64,
    /// The optimizer, with its options.
    pub optimizer: String,
    /// How the learning rate changes.
    pub schedule: String,
    /// Images in a step.
    pub batch: usize,
    /// The seed of all chance.
    pub seed: u64,
    /// How many images are trained on.
    pub images: u64,
    /// How many epochs are planned, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u64>,
    /// How many classes there are.
    pub classes: usize,
    /// Their names, in their order; empty if they have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class_names: Vec<String>,
    /// When it began, in seconds since 1970, UTC.
    pub start: u64,
}

impl Run {
    /// The name of a class; its number if it has none.
    pub fn class_name(&self, class: usize) -> String {
        self.class_names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}

/// One step. Losses and accuracy are those of its batch before the update.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct StepRecord {
    /// The step, counted from 1 through all epochs.
    pub step: u64,
    /// Epochs done after it: 1.5 is the middle of the second.
    #[serde(with = "number")]
    pub epoch: f64,
    /// The data loss.
    #[serde(with = "number")]
    pub loss: f64,
    /// A running mean of the data loss.
    #[serde(with = "number")]
    pub smoothed_loss: f64,
    /// The regularisation loss; 0 without regularisation.
    #[serde(with = "number")]
    pub regularization_loss: f64,
    /// The learning rate of the update.
    #[serde(with = "number")]
    pub learning_rate: f64,
    /// The share of images classified rightly.
    #[serde(with = "number")]
    pub accuracy: f64,
}

/// What an epoch came to.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, counted from 1.
    pub epoch: u64,
    /// Its last step.
    pub step: u64,
    /// The mean data loss of its images, each before the update that it led to.
    #[serde(with = "number")]
    pub loss: f64,
    /// The share of training images classified rightly, each before the update that it led to.
    #[serde(with = "number")]
    pub training_accuracy: f64,
    /// The data loss of the validation images, if there are any.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// The share of validation images classified rightly, if there are any.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// The learning rate of its last step.
    #[serde(with = "number")]
    pub learning_rate: f64,
    /// How long it took.
    #[serde(with = "number")]
    pub seconds: f64,
    /// Images trained on in a second.
    #[serde(with = "number")]
    pub images_per_second: f64,
    /// Every tensor that was looked at, in the network's order.
    #[serde(default)]
    pub tensors: Vec<TensorRecord>,
    /// Every layer that was looked at, in the network's order.
    #[serde(default)]
    pub layers: Vec<LayerRecord>,
}

/// A tensor of parameters at the end of an epoch.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TensorRecord {
    /// Its name, such as `conv1.weights`.
    pub name: String,
    /// The Euclidean norm of its numbers.
    #[serde(with = "number")]
    pub weight_norm: f64,
    /// The Euclidean norm of the last update.
    #[serde(with = "number")]
    pub update_norm: f64,
    /// The update's norm divided by the numbers': about 1e-3 is healthy.
    #[serde(with = "number")]
    pub ratio: f64,
    /// The numbers of its last gradient.
    pub gradient: Histogram,
    /// Its own numbers.
    pub weights: Histogram,
}

impl TensorRecord {
    /// Whether it holds weights. Biases and the like begin at 0 or 1, and are judged otherwise.
    pub fn is_weights(&self) -> bool {
        self.name.ends_with(".weights")
    }
}

/// A layer's output at the end of an epoch, on the images that were looked at.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LayerRecord {
    /// Its name.
    pub name: String,
    /// The numbers of its output.
    pub activation: Histogram,
    /// Of a RELU: the share of units that were 0 for every image.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<f64>,
    /// Of a SIGMOID or TANH: the share of numbers in the outermost 3 % of the range, at either end: for TANH those beyond
    /// 0.97 in magnitude.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub saturated: Option<f64>,
}

/// What a training came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Why it stopped.
    pub stop: Stop,
    /// The images of the confusion matrix and the mistakes.
    pub split: Split,
    /// How many images of a class (row) were taken for a class (column), `[K][K]`.
    #[serde(default)]
    pub confusion: Vec<Vec<u64>>,
    /// The mistakes that the network was surest of, the surest first.
    #[serde(default)]
    pub mistakes: Vec<Mistake>,
    /// The first layer's filters, if they can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
}

/// Why a training stopped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Stop {
    /// All epochs were done.
    Finished,
    /// The validation images have not become better for so many epochs.
    NoImprovement {
        /// How many.
        epochs: u64,
    },
    /// The user stopped it.
    Interrupted,
    /// An error ended it.
    Failed {
        /// Its message.
        error: String,
    },
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("all epochs are done"),
            Self::NoImprovement { epochs: 1 } => f.write_str("no improvement in the last epoch"),
            Self::NoImprovement { epochs } => write!(f, "no improvement in the last {epochs} epochs"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Failed { error } => write!(f, "an error: {error}"),
        }
    }
}

/// Images by their role.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Those that are trained on.
    Training,
    /// Those that decisions are made by.
    Validation,
    /// Those that are kept for the end.
    Test,
}

/// An image that was taken for another class than its own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Mistake {
    /// The image.
    pub image: Png,
    /// Its index in the data set.
    pub index: usize,
    /// Its class.
    pub label: usize,
    /// The class that it was taken for.
    pub predicted: usize,
    /// How probable the network found that.
    #[serde(with = "number")]
    pub probability: f64,
}

/// The filters of a layer, as a picture.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Filters {
    /// The layer.
    pub layer: String,
    /// Its filters, side by side.
    pub picture: Png,
}

/// A training as far as it has come: its events, put together.
///
/// Collect it from events, or let it grow by [`push`](Self::push).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Record {
    /// What is trained.
    pub run: Option<Run>,
    /// Every step that was recorded, in their order.
    pub steps: Vec<StepRecord>,
    /// Every epoch, in their order.
    pub epochs: Vec<EpochRecord>,
    /// What looked wrong, in the order in which it was seen.
    pub warnings: Vec<Warning>,
    /// What it came to.
    pub summary: Option<Summary>,
}

impl Record {
    /// Adds an event. A step or epoch that is there already was made anew, after an interruption: it replaces itself and
    /// all behind it.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Run(run) => (self.run, self.summary) = (Some(*run), None),
            Event::Step(step) => {
                self.steps.truncate(self.steps.partition_point(|earlier| earlier.step < step.step));
                self.steps.push(step);
            }
            Event::Epoch(epoch) => {
                self.epochs.truncate(self.epochs.partition_point(|earlier| earlier.epoch < epoch.epoch));
                self.epochs.push(*epoch);
            }
            Event::Warning(warning) => self.warnings.push(*warning),
            Event::Summary(summary) => self.summary = Some(*summary),
        }
    }
}

impl Extend<Event> for Record {
    fn extend<I: IntoIterator<Item = Event>>(&mut self, events: I) {
        events.into_iter().for_each(|event| self.push(event));
    }
}

impl FromIterator<Event> for Record {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        let mut record = Self::default();
        record.extend(events);
        record
    }
}

#[cfg(test)]
mod tests {
    use super::{EpochRecord, Event, Record, Run, StepRecord, Stop};

    fn step(step: u64, loss: f64) -> Event {
        Event::Step(StepRecord { step, loss, ..StepRecord::default() })
    }

    fn epoch(epoch: u64, loss: f64) -> Event {
        Event::Epoch(Box::new(EpochRecord { epoch, loss, ..EpochRecord::default() }))
    }

    #[test]
    fn what_is_made_anew_replaces_what_was() {
        let before = (1..=6).map(|i| step(i, 1.0)).chain([epoch(1, 1.0), epoch(2, 1.0)]);
        let again = [Event::Run(Box::default()), step(4, 2.0), epoch(2, 2.0), step(5, 2.0)];
        let record: Record = before.chain(again).collect();
        let losses: Vec<_> = record.steps.iter().map(|step| step.loss).collect();
        assert_eq!(losses, [1.0, 1.0, 1.0, 2.0, 2.0]);
        assert_eq!(record.epochs.iter().map(|epoch| epoch.loss).collect::<Vec<_>>(), [1.0, 2.0]);
    }

    #[test]
    fn events_are_tagged_objects() {
        let json = serde_json::to_value(step(3, f64::NAN)).expect("plain data");
        assert_eq!(json["event"], "step");
        assert_eq!((json["step"].as_u64(), json["loss"].as_str()), (Some(3), Some("NaN")));
        let epoch = serde_json::to_value(epoch(1, 0.5)).expect("plain data");
        assert!(epoch.get("validation_loss").is_none(), "{epoch}");
    }

    #[test]
    fn classes_without_names_are_called_by_their_numbers() {
        let run = Run { class_names: vec!["cat".to_owned()], ..Run::default() };
        assert_eq!([run.class_name(0), run.class_name(1)], ["cat", "1"]);
    }

    #[test]
    fn reasons_are_words() {
        let reasons =
            [Stop::NoImprovement { epochs: 1 }, Stop::NoImprovement { epochs: 5 }].map(|s| s.to_string());
        assert_eq!(reasons, ["no improvement in the last epoch", "no improvement in the last 5 epochs"]);
    }
}
