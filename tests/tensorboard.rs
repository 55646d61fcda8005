//! The event files, read by TensorBoard itself.
//!
//! `CONVNET_TENSORBOARD_PYTHON` names a Python with the package `tensorboard`; without it, `python3` is tried.

mod synthetic;

use std::path::Path;
use std::process::Command;

use convnet::monitor::{Event, json_lines, tensorboard};

/// A Python that can read event files.
fn python() -> Option<String> {
    let named = std::env::var("CONVNET_TENSORBOARD_PYTHON");
    let python = named.clone().unwrap_or_else(|_| "python3".to_owned());
    let found =
        Command::new(&python).args(["-c", "import tensorboard"]).output().is_ok_and(|o| o.status.success());
    assert!(
        found || named.is_err(),
        "CONVNET_TENSORBOARD_PYTHON={python}: no Python with the package `tensorboard`"
    );
    found.then_some(python)
}

#[test]
fn tensorboard_reads_what_was_written() {
    let Some(python) = python() else {
        eprintln!(
            "skipped: no python3 with the package `tensorboard`; CONVNET_TENSORBOARD_PYTHON may name one"
        );
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("record.jsonl");
    let mut lines = json_lines::Writer::append(&record).expect("a file");
    let mut events = tensorboard::Writer::create(folder.path().join("events")).expect("a file");
    for event in synthetic::events(synthetic::EPOCHS, 0) {
        lines.write(&event).expect("a line");
        events.write(&event).expect("an event");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read_events.py");
    let output = Command::new(python).arg(script).args([events.path(), &record]).output().expect("a process");
    let [said, complained] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "{said}\n{complained}");
    println!("{said}");
}

#[test]
fn writers_do_not_share_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let [first, second] = [0, 1].map(|_| tensorboard::Writer::create(folder.path()).expect("a file"));
    assert_ne!(first.path(), second.path());
    let name = first.path().file_name().and_then(|name| name.to_str()).expect("a name");
    let parts: Vec<_> = name.split('.').collect();
    assert_eq!(parts[..3], ["events", "out", "tfevents"], "{name}");
    assert!(
        parts[3].len() == 10 && parts[3].parse::<u64>().is_ok_and(|seconds| seconds > 1_700_000_000),
        "{name}"
    );
    // The version, in its frame, is there from the beginning.
    let bytes = std::fs::read(first.path()).expect("bytes");
    assert_eq!(bytes[..12], [24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22]);
    assert!(bytes[12..].windows(13).any(|window| window == b"brain.Event:2"));
    assert_eq!(bytes.len(), 12 + 24 + 4);
}

#[test]
fn a_folder_that_cannot_be_is_an_error() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let error = tensorboard::Writer::create(file.path()).expect_err("a file is no folder");
    assert!(error.to_string().contains(&file.path().display().to_string()), "{error}");
}

#[test]
fn an_event_without_anything_to_show_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = tensorboard::Writer::create(folder.path()).expect("a file");
    let before = std::fs::metadata(writer.path()).expect("a file").len();
    let summary = synthetic::events(synthetic::EPOCHS, 0).pop();
    let Some(Event::Summary(mut summary)) = summary else { panic!("a training ends with its summary") };
    (summary.filters, summary.mistakes) = (None, vec![]);
    writer.write(&Event::Summary(summary)).expect("nothing");
    assert_eq!(std::fs::metadata(writer.path()).expect("a file").len(), before);
}
