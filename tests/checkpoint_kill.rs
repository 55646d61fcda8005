//! A process that saves checkpoints is killed at random moments: what it said was saved is there.

#![cfg(unix)]

mod common;

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use common::Folder;
use convnet::checkpoint::{Checkpoint, Checksums, Keeper, Progress, Tensor};

/// Names the folder that the process to be killed saves into.
const FOLDER: &str = "CONVNET_KILL_FOLDER";

/// How often a process is killed; 10 times if it is not set.
const KILLS: &str = "CONVNET_KILLS";

/// A checkpoint whose every number says its epoch.
fn of_epoch(epoch: u64) -> Checkpoint {
    let tensors = vec![
        Tensor::new("epoch", [], vec![epoch]),
        Tensor::new("weights", [50_000], vec![epoch as f32; 50_000]),
    ];
    Checkpoint { tensors, ..Checkpoint::default() }
}

fn epoch_of(checkpoint: &Checkpoint) -> u64 {
    let epoch = checkpoint.numbers::<u64>("epoch", &[]).expect("an epoch")[0];
    assert_eq!(*checkpoint, of_epoch(epoch));
    epoch
}

/// A score without an order, the best of them at every seventh epoch better than before.
fn score(epoch: u64) -> f64 {
    if epoch.is_multiple_of(7) { 1.0 - 1.0 / epoch as f64 } else { 0.01 * (epoch * 37 % 50) as f64 }
}

fn keeper(folder: &Path) -> Keeper {
    Keeper::open(folder.join("epochs")).and_then(|keeper| keeper.keep_last(3)).expect("a keeper")
}

/// What the killed process does: it goes on from what is there, saves, and says so. Without the variable this is no test.
#[test]
fn saves_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (folder, keeper) = (Path::new(&folder), keeper(Path::new(&folder)));
    let begun = keeper.newest().expect("a search").found.map_or(0, |found| epoch_of(&found.checkpoint));
    for epoch in begun + 1.. {
        keeper.save(&of_epoch(epoch), Progress::epoch(epoch).validation(score(epoch))).expect("a save");
        of_epoch(epoch).save(folder.join("latest.safetensors")).expect("a save");
        println!("\nsaved {epoch}");
        std::io::stdout().flush().expect("an output");
    }
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["saves_until_it_is_killed", "--exact", "--nocapture"]).env(FOLDER, folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("a process")
}

/// The epochs that a process says it has saved.
fn reports(output: ChildStdout) -> impl Iterator<Item = u64> {
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    lines.filter_map(|line| line.strip_prefix("saved ")?.parse().ok())
}

/// Kills a process some time after its first report: the last epoch that it reported.
fn kill_after(mut process: Child, delay: Duration) -> u64 {
    let mut reports = reports(process.stdout.take().expect("an output"));
    let first = reports.next().expect("a report");
    let reader = std::thread::spawn(move || reports.last());
    std::thread::sleep(delay);
    process.kill().expect("killed");
    process.wait().expect("ended");
    reader.join().expect("a reader").unwrap_or(first)
}

/// How many files saves have left that have not ended.
fn temporary_files(folder: &Path) -> usize {
    let paths = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a name").path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "tmp")).count()
}

/// Everything that was reported and is to be kept can be read.
fn check(folder: &Path, reported: u64) {
    let keeper = keeper(folder);
    let search = keeper.newest().expect("a search");
    assert!(search.skipped.is_empty(), "{:?}", search.skipped);
    let newest = epoch_of(&search.found.expect("a checkpoint").checkpoint);
    assert!((reported..=reported + 1).contains(&newest), "{newest} after {reported}");
    let kept = keeper.list().expect("a list");
    for kept in &kept {
        let read = Checkpoint::read(&kept.path, Checksums::Required).expect("a readable checkpoint");
        assert_eq!(epoch_of(&read), kept.progress.epoch);
    }
    let last = newest.saturating_sub(2).max(1)..=newest;
    assert!(last.clone().all(|epoch| kept.iter().any(|kept| kept.progress.epoch == epoch)), "{last:?}");
    let best = keeper.best().expect("a search").found.expect("the best").progress;
    let best = best.validation_score().expect("a score");
    assert!((1..=reported).all(|epoch| score(epoch) <= best), "{best} after {reported}");
    let latest = Checkpoint::read(folder.join("latest.safetensors"), Checksums::Required);
    assert!((reported..=reported + 1).contains(&epoch_of(&latest.expect("the latest"))));
    assert_eq!(temporary_files(keeper.folder()), 0, "the keeper removes them");
}

#[test]
fn what_was_saved_survives_a_kill() {
    let kills = std::env::var(KILLS).map_or(10, |kills| kills.parse().expect("a number of kills"));
    let (folder, random) = (Folder::new("kill"), RandomState::new());
    let (begin, mut reported, mut interrupted) = (Instant::now(), 0, 0);
    for kill in 0..kills {
        let delay = Duration::from_micros(random.hash_one(kill) % 60_000);
        let last = kill_after(start(folder.path()), delay);
        assert!(last > reported);
        reported = last;
        let left = temporary_files(folder.path()) + temporary_files(&folder.path().join("epochs"));
        interrupted += usize::from(left > 0);
        check(folder.path(), reported);
    }
    println!("{kills} kills, {interrupted} of them in a save, {reported} epochs, {:?}", begin.elapsed());
}
