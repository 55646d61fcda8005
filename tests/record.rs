//! A whole record through a file of JSON lines.

mod synthetic;

use convnet::monitor::{Event, Record, json_lines};

#[test]
fn a_record_comes_back_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("record.jsonl");
    let events = synthetic::events(synthetic::EPOCHS, 0);
    let mut writer = json_lines::Writer::append(&path).expect("a file");
    events.iter().for_each(|event| writer.write(event).expect("a line"));
    let back: Result<Vec<Event>, _> = json_lines::read(&path).expect("the file").collect();
    assert!(back.expect("events") == events);
    assert_eq!(std::fs::read_to_string(&path).expect("text").lines().count(), events.len());
}

#[test]
fn a_training_that_overfits_is_told_so() {
    let record: Record = synthetic::events(synthetic::EPOCHS, 0).into_iter().collect();
    let titles: Vec<_> = record.warnings.iter().map(|warning| warning.rule.title()).collect();
    assert_eq!(titles, ["Dead ReLUs", "Overfitting"], "{:?}", record.warnings);
}
