//! How far a training has come: a bar on a terminal, plain lines elsewhere.

mod bar;
mod lines;
mod words;

use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

use indicatif::ProgressDrawTarget;

use self::bar::Bar;
use self::lines::Lines;
use super::{EpochRecord, StepRecord};

/// How often a line is written within an epoch.
const INTERVAL: Duration = Duration::from_secs(30);

/// Shows how far a training has come, on the standard error stream or elsewhere. What cannot be shown is left out: a training
/// does not end because nobody can see it.
#[derive(Debug)]
pub struct Console(Display);

#[derive(Debug)]
enum Display {
    Bar(Bar),
    Lines(Lines),
}

impl Console {
    /// On the standard error stream: a bar if that is a terminal, or else a line for each epoch, and one every 30 seconds.
    #[expect(
        clippy::new_without_default,
        reason = "what it shows depends on the terminal: no value is the default"
    )]
    pub fn new() -> Self {
        if stderr().is_terminal() {
            Self::bar(ProgressDrawTarget::stderr())
        } else {
            Self::lines(stderr(), INTERVAL)
        }
    }

    /// A bar on any terminal.
    pub fn bar(target: ProgressDrawTarget) -> Self {
        Self(Display::Bar(Bar::new(target)))
    }

    /// Lines on any stream: one for each epoch, and one within it whenever the last is so long ago.
    pub fn lines(to: impl Write + Send + 'static, interval: Duration) -> Self {
        Self(Display::Lines(Lines::new(Box::new(to), interval)))
    }

    /// An epoch begins, of so many planned, on so many images.
    pub fn epoch_started(&mut self, epoch: u64, epochs: u64, images: u64) {
        match &mut self.0 {
            Display::Bar(bar) => bar.epoch_started(epoch, epochs, images),
            Display::Lines(lines) => lines.epoch_started(epoch, epochs, images),
        }
    }

    /// A step was made; so many images of the epoch are done.
    pub fn step(&mut self, step: &StepRecord, images_done: u64) {
        match &mut self.0 {
            Display::Bar(bar) => bar.step(step, images_done),
            Display::Lines(lines) => lines.step(step, images_done),
        }
    }

    /// An epoch is over.
    pub fn epoch_finished(&mut self, epoch: &EpochRecord) {
        match &mut self.0 {
            Display::Bar(bar) => bar.epoch_finished(epoch),
            Display::Lines(lines) => lines.epoch_finished(epoch),
        }
    }

    /// Says something, such as a warning, on lines of its own.
    pub fn note(&mut self, note: &str) {
        match &mut self.0 {
            Display::Bar(bar) => bar.note(note),
            Display::Lines(lines) => lines.note(note),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::Console;
    use crate::monitor::{EpochRecord, StepRecord};

    /// A stream whose text can be read.
    #[derive(Clone, Default)]
    struct Stream(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Stream {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().map_err(|_| io::Error::other("poisoned"))?.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Stream {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("text")
        }
    }

    fn step(loss: f64) -> StepRecord {
        StepRecord { smoothed_loss: loss, accuracy: 0.875, ..StepRecord::default() }
    }

    fn epoch(epoch: u64) -> EpochRecord {
        EpochRecord {
            epoch,
            loss: 0.25,
            training_accuracy: 0.915,
            validation_loss: Some(0.375),
            validation_accuracy: Some(0.9),
            learning_rate: 0.005,
            seconds: 75.0,
            images_per_second: 12_345.6,
            ..EpochRecord::default()
        }
    }

    #[test]
    fn lines_say_each_epoch() {
        let stream = Stream::default();
        let mut console = Console::lines(stream.clone(), Duration::from_hours(1));
        console.epoch_started(1, 3, 60_000);
        console.step(&step(1.0), 30_000);
        console.epoch_finished(&epoch(1));
        console.note("two\nlines");
        let text = stream.text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1..], ["two", "lines"]);
        assert_eq!(
            lines[0],
            "epoch 1/3  loss 0.2500  accuracy 91.5 %  validation loss 0.3750  validation accuracy 90.0 %  rate 5.00e-3  12,346 \
             images/s  1 min 15 s  2 min 30 s left"
        );
    }

    #[test]
    fn lines_within_an_epoch_keep_their_distance() {
        let stream = Stream::default();
        let mut often = Console::lines(stream.clone(), Duration::ZERO);
        often.epoch_started(2, 3, 1000);
        often.step(&step(1.0), 100);
        often.step(&step(f64::NAN), 1000);
        let text = stream.text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].starts_with("epoch 2/3  100/1,000 images  loss 1.0000  accuracy 87.5 %  "),
            "{text}"
        );
        assert!(lines[1].contains("1,000/1,000 images  loss NaN"), "{text}");
    }

    #[test]
    fn a_stream_that_is_gone_stops_nothing() {
        struct Gone;
        impl io::Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        let mut console = Console::lines(Gone, Duration::ZERO);
        // An epoch that nobody announced, too.
        console.step(&step(1.0), 100);
        console.epoch_finished(&epoch(1));
        console.note("unheard");
    }

    #[test]
    fn a_bar_shows_the_epoch_and_leaves_its_line() {
        let terminal = InMemoryTerm::new(12, 140);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255);
        let mut console = Console::bar(target);
        console.epoch_started(1, 3, 60_000);
        console.step(&step(1.0), 30_000);
        console.note("a note");
        std::thread::sleep(Duration::from_millis(20));
        console.step(&step(0.5), 45_000);
        let shown = terminal.contents();
        assert!(shown.starts_with("a note\n"), "{shown}");
        assert!(shown.contains("epoch 1/3") && shown.contains("45,000/60,000"), "{shown}");
        assert!(shown.contains("loss 0.5000  accuracy 87.5 %") && shown.contains("left"), "{shown}");
        console.epoch_finished(&epoch(1));
        let shown = terminal.contents();
        assert!(shown.starts_with("a note\nepoch 1/3  loss 0.2500"), "{shown}");
        assert!(!shown.contains("45,000"), "{shown}");
        console.epoch_started(2, 3, 60_000);
        std::thread::sleep(Duration::from_millis(20));
        console.step(&step(0.25), 15_000);
        assert!(terminal.contents().contains("epoch 2/3"), "{}", terminal.contents());
    }
}
