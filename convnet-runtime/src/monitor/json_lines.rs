//! A record as a file of JSON lines: an event a line, appended as it happens.
//!
//! ```
//! use convnet_runtime::monitor::{Event, Record, StepRecord, json_lines};
//!
//! # fn main() -> Result<(), convnet_runtime::Error> {
//! # let folder = tempfile::tempdir().expect("a folder");
//! # let path = folder.path().join("record.jsonl");
//! let mut writer = json_lines::Writer::append(&path)?;
//! writer.write(&Event::Step(StepRecord { step: 1, loss: 2.3, ..StepRecord::default() }))?;
//! let record: Record = json_lines::read(&path)?.collect::<Result<_, _>>()?;
//! assert_eq!(record.steps[0].loss, 2.3);
//! # Ok(())
//! # }
//! ```

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Event;
use crate::error::Error;

/// Appends events to a file. Each is there, whole, when [`write`](Self::write) returns.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
}

impl Writer {
    /// A writer at the end of a file, which is made if it is not there.
    ///
    /// A last line that was not finished is ended, so that it spoils none but itself.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened.
    pub fn append(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        match open(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(Error::Io { path, source }),
        }
    }

    /// Writes an event, as one line.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn write(&mut self, event: &Event) -> Result<(), Error> {
        let mut line = serde_json::to_vec(event).expect("events are plain data");
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.flush());
        written.map_err(Error::io(&self.path))
    }
}

/// The file, with its last line ended.
fn open(path: &Path) -> std::io::Result<File> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

/// The events of a file, read one by one.
///
/// A line that cannot be read is an error, after which the next one follows: who wants all or nothing collects a `Result`, who
/// wants what there is sorts the errors out.
///
/// # Errors
/// [`Error::Io`] if the file cannot be opened.
pub fn read(path: impl AsRef<Path>) -> Result<Events, Error> {
    let path = path.as_ref().to_owned();
    match File::open(&path) {
        Ok(file) => Ok(Events { path, file: Some(BufReader::new(file)), line: 0 }),
        Err(source) => Err(Error::Io { path, source }),
    }
}

/// What [`read`] gives: [`Error::Line`] for a line that is no event, [`Error::Io`] for a failure that ends it.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    /// Nothing after a failure.
    file: Option<BufReader<File>>,
    /// The lines read so far.
    line: u64,
}

impl Events {
    /// The next line that is not blank.
    fn line(&mut self) -> Option<std::io::Result<Vec<u8>>> {
        let file = self.file.as_mut()?;
        loop {
            let mut line = Vec::new();
            match file.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => self.line += 1,
                Err(error) => return Some(Err(error)),
            }
            if !line.trim_ascii().is_empty() {
                return Some(Ok(line));
            }
        }
    }
}

impl Iterator for Events {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Result<Event, Error>> {
        let line = match self.line()? {
            Ok(line) => line,
            Err(source) => {
                self.file = None;
                return Some(Err(Error::Io { path: self.path.clone(), source }));
            }
        };
        let event = serde_json::from_slice(&line);
        Some(event.map_err(|error| {
            // The error's own line is that of this one line, and says nothing.
            let reason = error.to_string().replace(" at line 1 column ", " at column ");
            Error::Line { path: self.path.clone(), line: self.line, reason }
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Writer, read};
    use crate::error::Error;
    use crate::monitor::{Event, Record, StepRecord};

    fn step(step: u64) -> Event {
        Event::Step(StepRecord { step, loss: 1.0 / step as f64, ..StepRecord::default() })
    }

    #[test]
    fn a_second_writer_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record.jsonl");
        for i in 1..4 {
            let mut writer = Writer::append(&path).expect("a file");
            writer.write(&step(2 * i - 1)).expect("a line");
            // What was written can be read while the writer is open.
            assert_eq!(read(&path).expect("the file").count() as u64, 2 * i - 1);
            writer.write(&step(2 * i)).expect("a line");
        }
        let events: Result<Vec<Event>, _> = read(&path).expect("the file").collect();
        assert_eq!(events.expect("events"), (1..7).map(step).collect::<Vec<_>>());
        assert_eq!(fs::read_to_string(&path).expect("text").lines().count(), 6);
    }

    #[test]
    fn a_line_that_is_no_event_is_named_and_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record.jsonl");
        let lines =
            [&b"\n"[..], b"{\"event\":\"holiday\"}\n", b"{\"event\":\"step\",\"st", b"\n\xff\n"].concat();
        fs::write(&path, lines).expect("a file");
        Writer::append(&path).and_then(|mut writer| writer.write(&step(1))).expect("a line");
        let (good, bad): (Vec<_>, Vec<_>) = read(&path).expect("the file").partition(Result::is_ok);
        assert_eq!(good.len(), 1);
        let lines: Vec<u64> = bad
            .iter()
            .filter_map(|error| if let Err(Error::Line { line, .. }) = error { Some(*line) } else { None })
            .collect();
        assert_eq!(lines, [2, 3, 4]);
        let message = bad.into_iter().next().and_then(Result::err).expect("an error").to_string();
        assert!(message.contains("record.jsonl, line 2: ") && message.contains("holiday"), "{message}");
        assert!(!message.contains("at line 1"), "{message}");
    }

    #[test]
    fn a_last_line_that_was_not_finished_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record.jsonl");
        fs::write(&path, "{\"event\":\"st").expect("a file");
        Writer::append(&path).and_then(|mut writer| writer.write(&step(1))).expect("a line");
        let record: Record = read(&path).expect("the file").filter_map(Result::ok).collect();
        assert_eq!(record.steps.len(), 1);
        let all: Result<Record, Error> = read(&path).expect("the file").collect();
        assert!(matches!(all, Err(Error::Line { line: 1, .. })));
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_with_its_name() {
        let error = read("no/such.jsonl").expect_err("no file");
        assert!(error.to_string().starts_with("no/such.jsonl: "), "{error}");
        assert!(Writer::append("no/such.jsonl").is_err());
        // A folder can be opened, but not read.
        assert!(matches!(read(".").expect("a folder").next(), Some(Err(Error::Io { .. }))));
        assert_eq!(read(".").expect("a folder").count(), 1);
    }
}
