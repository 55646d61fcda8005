//! A bar on a terminal.

use convnet_geometry::Grouped;
use std::fmt::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::words;
use crate::monitor::{EpochRecord, StepRecord};

/// A bar for each epoch, which leaves a line behind.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    epochs: u64,
}

impl Bar {
    pub(super) fn new(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, target).with_style(style());
        Self { bar, epochs: 0 }
    }

    pub(super) fn epoch_started(&mut self, epoch: u64, epochs: u64, images: u64) {
        self.epochs = epochs;
        self.bar.set_length(images);
        self.bar.set_message("");
        self.bar.set_prefix(words::of_epochs(epoch, epochs));
        self.bar.reset();
    }

    pub(super) fn step(&mut self, step: &StepRecord, done: u64) {
        self.bar.set_message(words::figures(step.smoothed_loss, step.accuracy));
        self.bar.set_position(done);
    }

    pub(super) fn epoch_finished(&mut self, epoch: &EpochRecord) {
        self.bar.println(words::epoch(epoch, self.epochs));
        self.bar.finish_and_clear();
    }

    pub(super) fn note(&mut self, note: &str) {
        self.bar.println(note);
    }
}

/// Epoch, bar, images, loss and accuracy, images in a second, time left.
fn style() -> ProgressStyle {
    let template = "{prefix} {bar:24} {done}  {msg}  {rate}  {left}";
    // A terminal that cannot be written to shows nothing, which is nobody's business.
    let done = |state: &ProgressState, to: &mut dyn Write| {
        let _ = write!(to, "{}/{}", Grouped(state.pos()), Grouped(state.len().unwrap_or(0)));
    };
    let rate = |state: &ProgressState, to: &mut dyn Write| {
        let _ = to.write_str(&words::rate(state.per_sec()));
    };
    let left = |state: &ProgressState, to: &mut dyn Write| {
        let _ = write!(to, "{} left", words::time(state.eta().as_secs_f64()));
    };
    let style = ProgressStyle::with_template(template).expect("a template of ours");
    style.with_key("done", done).with_key("rate", rate).with_key("left", left)
}
