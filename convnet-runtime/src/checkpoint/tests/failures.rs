//! One file: the old checkpoint or the new one, whatever happens.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::model::{Fault, Model};
use super::{number_of, numbered};
use crate::checkpoint::{Checkpoint, Checksums, Stage, Storage};
use crate::error::Error;

const PATH: &str = "runs/net.safetensors";

/// A file system with checkpoint 1 on its disk.
fn with_first() -> Model {
    let model = Model::default();
    numbered(1).save_in(&model, Path::new(PATH)).expect("a save");
    model.set_fault(None);
    model
}

fn read(model: &Model) -> u64 {
    number_of(
        &Checkpoint::read_in(model, Path::new(PATH), Checksums::Required).expect("a readable checkpoint"),
    )
}

/// Saves checkpoint 2 over checkpoint 1.
fn save_second(model: &Model) -> Result<(), Error> {
    numbered(2).save_in(model, Path::new(PATH))
}

/// The operations of a save that succeeds.
fn operations() -> Vec<&'static str> {
    let model = with_first();
    save_second(&model).expect("a save");
    assert_eq!(read(&model), 2);
    model.log()
}

#[test]
fn a_save_in_order() {
    let operations = operations();
    let writes = operations.iter().filter(|&&operation| operation == "write").count();
    assert_eq!(writes, 3, "the header and two tensors");
    let others: Vec<_> = operations.into_iter().filter(|&operation| operation != "write").collect();
    assert_eq!(others, ["list", "create", "sync", "rename", "sync folder"]);
}

#[test]
fn a_save_that_returns_survives_a_power_failure() {
    let model = with_first();
    save_second(&model).expect("a save");
    model.after_power_failure().iter().for_each(|model| assert_eq!(read(model), 2));
}

#[test]
fn every_operation_may_fail() {
    for (at, operation) in operations().into_iter().enumerate() {
        let model = with_first();
        model.set_fault(Some(Fault::Fail(at, ErrorKind::Other)));
        let stage = match save_second(&model) {
            Ok(()) => {
                assert_eq!(operation, "list", "its failure does not matter");
                continue;
            }
            Err(Error::Save { stage, .. }) => stage,
            Err(error) => panic!("{error}"),
        };
        let expected = match operation {
            "create" => Stage::Creating,
            "write" => Stage::Writing,
            "sync" => Stage::Syncing,
            "rename" => Stage::Renaming,
            _ => Stage::SyncingFolder,
        };
        assert_eq!(stage, expected);
        assert_eq!(read(&model), if stage == Stage::SyncingFolder { 2 } else { 1 }, "{operation}");
        assert_eq!(model.names(), [PATH], "no temporary file is left");
        for after in model.after_power_failure() {
            let read = read(&after);
            assert!(read == 1 || stage == Stage::SyncingFolder, "{read} after {operation}");
        }
        model.set_fault(None);
        save_second(&model).expect("the next save");
        assert_eq!(read(&model), 2);
    }
}

#[test]
fn the_machine_may_stop_before_every_operation() {
    for at in 0..=operations().len() {
        let model = with_first();
        model.set_fault(Some(Fault::Stop(at)));
        let saved = save_second(&model).is_ok();
        for after in model.after_power_failure() {
            let read = read(&after);
            assert!(read == 2 || !saved && read == 1, "{read} after {at} operations");
            numbered(3).save_in(&after, Path::new(PATH)).expect("a save after the restart");
            assert_eq!(self::read(&after), 3);
            assert_eq!(after.names(), [PATH], "what was left is removed");
        }
    }
}

#[test]
fn a_panic_leaves_the_old_one_and_no_temporary_file() {
    for at in 0..operations().len() {
        let model = with_first();
        model.set_fault(Some(Fault::Panic(at)));
        catch_unwind(AssertUnwindSafe(|| save_second(&model))).expect_err("a panic");
        assert!([1, 2].contains(&read(&model)));
        assert_eq!(model.names(), [PATH]);
    }
}

#[test]
fn the_disk_may_be_full_after_every_byte() {
    let length = numbered(2).to_bytes().expect("bytes").len();
    for room in 0..=length {
        let model = with_first();
        model.set_room(Some(room));
        let saved = save_second(&model);
        assert_eq!(saved.is_ok(), room == length, "{room} of {length}");
        assert_eq!(read(&model), if room == length { 2 } else { 1 });
        assert_eq!(model.names(), [PATH]);
    }
}

#[test]
fn messages_say_what_holds_and_what_to_do() {
    let message = |at, kind| {
        let model = with_first();
        model.set_fault(Some(Fault::Fail(at, kind)));
        save_second(&model).expect_err("a failure").to_string()
    };
    let kept = "A checkpoint that was there before is kept";
    assert_eq!(
        message(2, ErrorKind::StorageFull),
        format!(
            "{PATH}: the checkpoint could not be written: no storage space. {kept}. Free space on the disk and save again"
        )
    );
    assert_eq!(
        message(1, ErrorKind::PermissionDenied),
        format!(
            "{PATH}: the checkpoint could not be begun: permission denied. {kept}. Save into a folder that this user may write to"
        )
    );
    assert_eq!(
        message(7, ErrorKind::Other),
        format!(
            "{PATH}: the checkpoint was saved, but its name could not be brought to the disk: other error. It is in its place \
             and complete, but may be lost if the power fails. Save again, or on another disk"
        )
    );
}

#[test]
fn a_file_that_is_being_saved_is_not_abandoned() {
    let model = with_first();
    let temporary = format!("runs/.net.safetensors.{}.tmp", std::process::id());
    let held = model.create(Path::new(&temporary)).expect("a file");
    let error = save_second(&model).expect_err("somebody saves it");
    assert!(error.to_string().contains("saved once at a time"), "{error}");
    drop(held);
    save_second(&model).expect("nobody does any more");
    assert_eq!(model.names(), [PATH]);
}

#[test]
fn temporary_files_of_others_stay() {
    let model = with_first();
    let others =
        ["runs/.other.safetensors.17.tmp", "runs/.net.safetensors.tmp", "runs/net.safetensors.17.tmp"];
    others.iter().for_each(|other| model.put(other, b"theirs"));
    model.put("runs/.net.safetensors.17.tmp", b"ours");
    save_second(&model).expect("a save");
    let mut expected = others.to_vec();
    expected.push(PATH);
    expected.sort_unstable();
    assert_eq!(model.names(), expected);
    others.iter().for_each(|other| assert_eq!(model.get(Path::new(other)), b"theirs"));
}

#[test]
fn a_checkpoint_that_no_file_can_hold_touches_nothing() {
    let model = with_first();
    let mut wrong = numbered(2);
    wrong.tensors[1].shape = vec![7];
    let error = wrong.save_in(&model, Path::new(PATH)).expect_err("a wrong shape");
    assert_eq!(error.to_string(), "tensor `fc1.weights`: 6 numbers do not have the shape [7]");
    assert!(model.log().is_empty());
}

#[test]
fn a_path_without_a_name() {
    let error = numbered(1).save_in(&Model::default(), Path::new("runs/..")).expect_err("no name");
    assert!(error.to_string().contains("ends without the name of a file"), "{error}");
}
