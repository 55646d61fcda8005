//! A folder: what is kept, what is removed, and what is found after a failure.

use std::io::ErrorKind;
use std::path::Path;

use super::model::{Fault, Model};
use super::{number_of, numbered};
use crate::checkpoint::{Better, Keeper, Progress, Search};
use crate::error::Error;

/// The scores of a run, of epochs 1, 2 and so on.
const SCORES: [f64; 7] = [0.5, 0.9, 0.7, 0.625, 0.8, 0.9, 0.6];

fn keeper(model: &Model) -> Keeper {
    Keeper::open_in(Box::new(model.clone()), "runs").and_then(|keeper| keeper.keep_last(2)).expect("a keeper")
}

/// Saves an epoch of the run.
fn save(keeper: &Keeper, epoch: u64) -> Result<(), Error> {
    let score = SCORES[usize::try_from(epoch).expect("an epoch") - 1];
    let saved = keeper.save(&numbered(epoch), Progress::epoch(epoch).validation(score))?;
    saved.not_removed.into_iter().next().map_or(Ok(()), Err)
}

/// A run of so many epochs.
fn run(epochs: u64) -> (Model, Keeper) {
    let model = Model::default();
    let keeper = keeper(&model);
    (1..=epochs).for_each(|epoch| save(&keeper, epoch).expect("a save"));
    (model, keeper)
}

/// The number of what was found, and the names of what was skipped.
fn outcome(search: Search) -> (Option<u64>, Vec<String>) {
    let number = search.found.map(|found| {
        let number = number_of(&found.checkpoint);
        assert_eq!(found.progress.epoch, number);
        number
    });
    (number, search.skipped.iter().map(|skipped| skipped.path.display().to_string()).collect())
}

#[test]
fn the_last_and_the_best_are_kept() {
    let (model, keeper) = run(7);
    assert_eq!(
        model.names(),
        [
            "runs/epoch-0002-val-0.9000.safetensors",
            "runs/epoch-0006-val-0.9000.safetensors",
            "runs/epoch-0007-val-0.6000.safetensors",
        ]
    );
    assert_eq!(outcome(keeper.newest().expect("a search")), (Some(7), vec![]));
    assert_eq!(outcome(keeper.best().expect("a search")), (Some(2), vec![]), "of equals the earliest");
}

#[test]
fn options() {
    let model = Model::default();
    let lower = keeper(&model).keep_last(1).expect("an option").keep_best(2).prefer(Better::Lower);
    (1..=7).for_each(|epoch| save(&lower, epoch).expect("a save"));
    let epochs: Vec<_> = lower.list().expect("a list").iter().map(|kept| kept.progress.epoch).collect();
    assert_eq!(epochs, [7, 1], "the last, which is also the second best, and the best");
    let last = run(0).1.keep_best(0);
    (1..=7).for_each(|epoch| save(&last, epoch).expect("a save"));
    assert_eq!(last.list().expect("a list").len(), 2);
    let error = last.keep_last(0).expect_err("none");
    assert_eq!(error.to_string(), "keep_last is 0: at least 1, to go on from");
}

#[test]
fn files_of_others_stay() {
    let model = Model::default();
    let others = [
        "runs/best.safetensors",
        "runs/epoch-0001-val-0.1.safetensors",
        "runs/epoch-0001-val-0.1000-copy.safetensors",
        "runs/epoch-1.safetensors",
        "runs/.mine.safetensors.17.tmp",
        "runs/.epoch-0001-val-0.1000.safetensors.tmp",
        "elsewhere/epoch-0001.safetensors",
    ];
    others.iter().for_each(|other| model.put(other, b"theirs"));
    model.put("runs/.epoch-0001-val-0.1000.safetensors.17.tmp", b"ours");
    let keeper = keeper(&model);
    (1..=7).for_each(|epoch| save(&keeper, epoch).expect("a save"));
    others.iter().for_each(|other| assert_eq!(model.get(Path::new(other)), b"theirs"));
    assert_eq!(model.names().len(), others.len() + 3);
}

#[test]
fn a_broken_one_is_skipped_and_reported() {
    let (model, keeper) = run(7);
    let [second, sixth, seventh] = model.names().try_into().expect("three");
    let mut bytes = model.get(Path::new(&seventh));
    *bytes.last_mut().expect("bytes") ^= 4;
    model.put(&seventh, &bytes);
    let search = keeper.newest().expect("a search");
    let reason = search.skipped[0].reason.to_string();
    assert!(reason.starts_with(&seventh) && reason.contains("tensor `fc1.weights`"), "{reason}");
    assert_eq!(outcome(search), (Some(6), vec![seventh.clone()]));
    model.put(&second, b"");
    assert_eq!(outcome(keeper.best().expect("a search")), (Some(6), vec![second.clone()]));
    model.put(&sixth, &bytes[..bytes.len() - 1]);
    assert_eq!(outcome(keeper.newest().expect("a search")), (None, vec![seventh, sixth, second]));
    assert_eq!(outcome(run(0).1.newest().expect("a search")), (None, vec![]));
}

#[test]
fn steps_in_an_epoch_come_before_its_end() {
    let (_, keeper) = run(1);
    let at = |progress| keeper.save(&numbered(2), progress).expect("a save");
    at(Progress::epoch(2).step(100));
    at(Progress::epoch(2).step(1_000_000));
    assert_eq!(keeper.newest().expect("a search").found.expect("one").progress.step, Some(1_000_000));
    let saved = at(Progress::epoch(2).loss(0.25));
    assert_eq!(saved.path, Path::new("runs/epoch-0002-loss-0.2500.safetensors"));
    assert_eq!(saved.removed, [Path::new("runs/epoch-0002-step-000100.safetensors")]);
    // Without a score there is no best.
    assert_eq!(keeper.best().expect("a search").found.expect("one").progress.epoch, 1);
}

#[test]
fn an_epoch_that_is_saved_again_is_replaced() {
    let (model, keeper) = run(3);
    keeper.save(&numbered(3), Progress::epoch(3).validation(0.75)).expect("a save");
    keeper.save(&numbered(3), Progress::epoch(3).validation(0.75)).expect("the same name");
    assert_eq!(
        model.names(),
        ["runs/epoch-0002-val-0.9000.safetensors", "runs/epoch-0003-val-0.7500.safetensors"]
    );
}

#[test]
fn a_run_does_not_mix_with_a_later_one() {
    let (model, keeper) = run(5);
    let before = model.names();
    let error = save(&keeper, 3).expect_err("an earlier epoch");
    assert!(error.to_string().contains("`epoch-0005-val-0.8000.safetensors`, which is later"), "{error}");
    assert_eq!(model.names(), before);
    let removed = keeper.remove_after(&Progress::epoch(2)).expect("removed");
    assert_eq!(removed.len(), 2);
    save(&keeper, 3).expect("nothing is later");
    assert_eq!(outcome(keeper.newest().expect("a search")), (Some(3), vec![]));
}

#[test]
fn one_that_cannot_be_removed_does_not_spoil_a_save() {
    let (model, keeper) = run(4);
    save(&keeper, 5).expect("a save");
    model.set_fault(None);
    save(&keeper, 6).expect("a save");
    let remove = model.log().iter().position(|&operation| operation == "remove").expect("a removal");
    model.set_fault(Some(Fault::Fail(remove, ErrorKind::PermissionDenied)));
    let saved = keeper.save(&numbered(7), Progress::epoch(7).validation(0.6)).expect("a save");
    assert_eq!(saved.removed.len(), 0);
    assert!(saved.not_removed[0].to_string().contains("epoch-0005"), "{}", saved.not_removed[0]);
    assert_eq!(outcome(keeper.newest().expect("a search")), (Some(7), vec![]));
}

/// The epochs of a run that were saved when the machine stopped at an operation, or that failed.
fn interrupted(model: &Model, fault: Fault) -> u64 {
    model.set_fault(Some(fault));
    let Ok(keeper) = Keeper::open_in(Box::new(model.clone()), "runs") else { return 0 };
    let keeper = keeper.keep_last(2).expect("an option");
    (1..=7).take_while(|&epoch| save(&keeper, epoch).is_ok()).last().unwrap_or(0)
}

/// What was saved is there: the newest is the last that was saved, or the one that was under way; the best is as good as
/// the best that was saved.
fn check(model: &Model, saved: u64) {
    let keeper = keeper(model);
    let (newest, skipped) = outcome(keeper.newest().expect("a search"));
    assert_eq!(skipped, [] as [&str; 0]);
    assert!(newest.unwrap_or(0) == saved || newest == Some(saved + 1), "{newest:?} after {saved}");
    let score = |epoch: u64| SCORES[usize::try_from(epoch).expect("an epoch") - 1];
    let best = outcome(keeper.best().expect("a search")).0.map_or(0.0, score);
    assert!((1..=saved).all(|epoch| score(epoch) <= best), "{best} after {saved}");
    assert!(model.names().iter().all(|name| !name.contains("tmp")), "{:?}", model.names());
}

#[test]
fn the_machine_may_stop_anywhere_in_a_run() {
    let model = Model::default();
    assert_eq!(interrupted(&model, Fault::Stop(usize::MAX)), 7);
    let operations = model.log().len();
    for at in 0..=operations {
        let model = Model::default();
        let saved = interrupted(&model, Fault::Stop(at));
        model.after_power_failure().iter().for_each(|after| check(after, saved));
    }
}

#[test]
fn every_operation_of_a_run_may_fail() {
    let model = Model::default();
    interrupted(&model, Fault::Stop(usize::MAX));
    for at in 0..model.log().len() {
        let model = Model::default();
        let saved = interrupted(&model, Fault::Fail(at, ErrorKind::Other));
        model.set_fault(None);
        check(&model, saved);
    }
}
