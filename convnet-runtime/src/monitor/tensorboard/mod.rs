//! Event files that TensorBoard shows: losses, accuracies, rates and ratios as scalars, histograms, and pictures.
//!
//! Such a file is a series of frames (`frame.rs`), each around a message in protocol buffers' encoding (`protobuf.rs`,
//! `messages.rs`).
//! Tags are grouped by what stands before their `/`:
//!
//! | tag | what |
//! |---|---|
//! | `loss/step`, `loss/smoothed`, `loss/regularization`, `accuracy/step`, `learning_rate` | after each step |
//! | `loss/training`, `loss/validation`, `accuracy/training`, `accuracy/validation`, `images_per_second` | after each epoch |
//! | `update_ratio/conv1.weights`, `weights/conv1.weights`, `gradients/conv1.weights` | of each tensor after each epoch |
//! | `activations/relu1`, `dead/relu1`, `saturated/tanh1` | of each layer after each epoch |
//! | `filters/conv1`, `mistakes/0` | pictures at the end |

mod frame;
mod messages;
mod protobuf;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use self::messages::Value;
use super::{EpochRecord, Event, LayerRecord, StepRecord, Summary, TensorRecord};
use crate::error::Error;

/// Writes a record as an event file.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    /// The last step seen, at which the summary belongs.
    step: u64,
}

impl Writer {
    /// A new event file in a folder, which is made if it is not there. TensorBoard is given that folder, or one above it.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be made or written.
    pub fn create(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let (path, file) = new_file(folder)?;
        let mut writer = Self { path, file, step: 0 };
        writer.append(&messages::version(now()))?;
        Ok(writer)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what TensorBoard can show of an event, all of it before this returns.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn write(&mut self, event: &Event) -> Result<(), Error> {
        let values = match event {
            Event::Step(step) => {
                self.step = step.step;
                of_step(step)
            }
            Event::Epoch(epoch) => {
                self.step = epoch.step;
                of_epoch(epoch)
            }
            Event::Summary(summary) => of_summary(summary),
            Event::Run(run) => vec![text("network", format!("    {}", run.notation.replace('\n', "\n    ")))],
            Event::Warning(warning) => vec![text("warnings", warning.to_string())],
        };
        if values.is_empty() { Ok(()) } else { self.append(&messages::summary(now(), self.step, &values)) }
    }

    /// Appends a message, in its frame.
    fn append(&mut self, message: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(&frame::around(message)).and_then(|()| self.file.flush());
        written.map_err(Error::io(&self.path))
    }
}

/// A file `events.out.tfevents.<seconds>.<host>.<process>.<number>` that was not there.
fn new_file(folder: &Path) -> Result<(PathBuf, File), Error> {
    let stem = format!("events.out.tfevents.{:010.0}.{}.{}", now().floor(), host(), std::process::id());
    let mut number = 0_u64;
    loop {
        let path = folder.join(format!("{stem}.{number}"));
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(source) => return Err(Error::Io { path, source }),
        }
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

/// The name of this machine, as far as a file's name can hold it. Nothing depends on it.
fn host() -> String {
    let named = ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(|variable| std::env::var(variable).ok());
    let name = named.or_else(|| fs::read_to_string("/proc/sys/kernel/hostname").ok()).unwrap_or_default();
    let name: String = name.chars().filter(|&c| c.is_ascii_alphanumeric() || c == '-').take(64).collect();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

fn scalar(tag: impl Into<String>, number: f64) -> Value<'static> {
    Value::Scalar { tag: tag.into(), number }
}

fn text(tag: &'static str, text: String) -> Value<'static> {
    Value::Text { tag, text }
}

fn of_step(step: &StepRecord) -> Vec<Value<'static>> {
    vec![
        scalar("loss/step", step.loss),
        scalar("loss/smoothed", step.smoothed_loss),
        scalar("loss/regularization", step.regularization_loss),
        scalar("learning_rate", step.learning_rate),
        scalar("accuracy/step", step.accuracy),
    ]
}

fn of_epoch(epoch: &EpochRecord) -> Vec<Value<'_>> {
    let scalars = [
        ("loss/training", Some(epoch.loss)),
        ("loss/validation", epoch.validation_loss),
        ("accuracy/training", Some(epoch.training_accuracy)),
        ("accuracy/validation", epoch.validation_accuracy),
        ("images_per_second", Some(epoch.images_per_second)),
    ];
    let scalars = scalars.into_iter().filter_map(|(tag, number)| Some(scalar(tag, number?)));
    scalars
        .chain(epoch.tensors.iter().flat_map(of_tensor))
        .chain(epoch.layers.iter().flat_map(of_layer))
        .collect()
}

fn of_tensor(tensor: &TensorRecord) -> [Value<'_>; 3] {
    let name = &tensor.name;
    [
        scalar(format!("update_ratio/{name}"), tensor.ratio),
        Value::Histogram { tag: format!("weights/{name}"), histogram: &tensor.weights },
        Value::Histogram { tag: format!("gradients/{name}"), histogram: &tensor.gradient },
    ]
}

fn of_layer(layer: &LayerRecord) -> impl Iterator<Item = Value<'_>> {
    let name = &layer.name;
    let activations = Value::Histogram { tag: format!("activations/{name}"), histogram: &layer.activation };
    let shares = [("dead", layer.dead), ("saturated", layer.saturated)];
    let shares =
        shares.into_iter().filter_map(move |(what, share)| Some(scalar(format!("{what}/{name}"), share?)));
    std::iter::once(activations).chain(shares)
}

fn of_summary(summary: &Summary) -> Vec<Value<'_>> {
    let filters = summary.filters.iter();
    let filters = filters
        .map(|filters| Value::Image { tag: format!("filters/{}", filters.layer), png: &filters.picture });
    let mistakes = summary.mistakes.iter().enumerate();
    let mistakes =
        mistakes.map(|(i, mistake)| Value::Image { tag: format!("mistakes/{i}"), png: &mistake.image });
    filters.chain(mistakes).collect()
}
