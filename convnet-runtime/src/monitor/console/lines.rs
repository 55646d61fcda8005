//! Plain lines, for files and pipes.

use convnet_geometry::Grouped;
use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant};

use super::words;
use crate::monitor::{EpochRecord, StepRecord};

/// A line for each epoch, and some within long ones.
pub(super) struct Lines {
    to: Box<dyn Write + Send>,
    interval: Duration,
    epoch: u64,
    epochs: u64,
    images: u64,
    /// When the epoch began.
    began: Instant,
    /// When the last line was written.
    said: Instant,
}

impl Lines {
    pub(super) fn new(to: Box<dyn Write + Send>, interval: Duration) -> Self {
        let now = Instant::now();
        Self { to, interval, epoch: 0, epochs: 0, images: 0, began: now, said: now }
    }

    pub(super) fn epoch_started(&mut self, epoch: u64, epochs: u64, images: u64) {
        (self.epoch, self.epochs, self.images) = (epoch, epochs, images);
        self.began = Instant::now();
    }

    pub(super) fn step(&mut self, step: &StepRecord, done: u64) {
        if self.said.elapsed() < self.interval {
            return;
        }
        let rate = done as f64 / self.began.elapsed().as_secs_f64();
        let left = words::time(self.images.saturating_sub(done) as f64 / rate);
        let line = format!(
            "{}  {}/{} images  {}  {}  {left} left",
            words::of_epochs(self.epoch, self.epochs),
            Grouped(done),
            Grouped(self.images),
            words::figures(step.smoothed_loss, step.accuracy),
            words::rate(rate),
        );
        self.note(&line);
    }

    pub(super) fn epoch_finished(&mut self, epoch: &EpochRecord) {
        self.note(&words::epoch(epoch, self.epochs));
    }

    pub(super) fn note(&mut self, note: &str) {
        // In one piece, so that lines of other threads do not come between; a failure is nobody's business.
        let _ = self.to.write_all(format!("{note}\n").as_bytes()).and_then(|()| self.to.flush());
        self.said = Instant::now();
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("epoch", &self.epoch)
            .field("epochs", &self.epochs)
            .finish_non_exhaustive()
    }
}
