//! A training that is killed loses nothing that was said to be saved, and goes on to the same bits.
//!
//! `CONVNET_KILLS` says how often it is killed: 10 times in the suite; `scripts/kill_training.sh` does it 200 times.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use convnet::checkpoint::Keeper;
use convnet::data::{LabelledImages, TrainingSet};
use convnet::monitor::EpochRecord;
use convnet::train::{Callback, Checkpoints, Control, Recorder};
use convnet::{network, prelude::*};
use ndarray::Array4;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

network! {
    struct Small { INPUT[8x8x1] -> CONV3-8 -> BN -> RELU -> POOL2 -> DROPOUT(keep=0.8) -> FC32 -> RELU -> FC2 }
}

/// Tells the child where to save.
const FOLDER: &str = "CONVNET_KILL_FOLDER";

/// Epochs after which a training is over.
const EPOCHS: u64 = 60;

fn training() -> TrainingSet<LabelledImages> {
    let images = Array4::from_shape_fn((96, 8, 8, 1), |(n, y, x, _)| {
        let on = if n % 2 == 0 { x } else { y } % 2 == 0;
        u8::try_from((n * 37 + y * 11 + x * 7) % 100 + if on { 100 } else { 0 }).expect("a byte")
    });
    let labels = (0..96).map(|n| n % 2).collect();
    TrainingSet::new(LabelledImages::new(images, labels, 2).expect("images"))
}

fn trainer() -> Trainer<Small, Adam> {
    Trainer::new(Small::new(3), Adam::new(1e-3).expect("a rate"), 16, 3).expect("a trainer")
}

/// Says what is saved: behind the checkpoints' callback, it is called when they are.
struct Say;

impl<N: Network, O> Callback<N, O> for Say {
    fn epoch(&mut self, _: &mut Trainer<N, O>, record: &EpochRecord) -> Result<Control, Error> {
        let mut out = std::io::stdout();
        writeln!(out, "saved {}", record.epoch).and_then(|()| out.flush()).expect("somebody reads it");
        Ok(Control::GoOn)
    }
}

/// Trains on, from the newest checkpoint in the folder.
fn train_on(folder: &Path) -> Vec<u8> {
    let keeper = Keeper::open(folder).expect("a folder");
    let search = keeper.newest().expect("a folder that can be read");
    assert!(search.skipped.is_empty(), "{:?}", search.skipped);
    let (mut trainer, training) = (trainer(), training());
    if let Some(found) = search.found {
        trainer.resume(&found.checkpoint).expect("the same training");
    }
    let scaling = Scaling::fit(training.data()).expect("images");
    let checkpoints = Checkpoints::new(keeper, &scaling, [8, 8, 1]).expect("a shape that fits");
    let fit = trainer.fit(&training, &scaling).expect("a shape that fits").epochs(EPOCHS);
    fit.callback(checkpoints).callback(Recorder::new(folder)).callback(Say).run().expect("a training");
    trainer.checkpoint().to_bytes().expect("bytes")
}

/// The child: not a test of its own.
#[test]
#[ignore = "the process that is killed"]
fn child() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        train_on(&PathBuf::from(folder));
        println!("over");
    }
}

fn spawn(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", "child", "--ignored", "--nocapture"]).env(FOLDER, folder);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a process")
}

#[test]
fn a_killed_training_loses_nothing() {
    let kills = std::env::var("CONVNET_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10);
    let folder = std::env::temp_dir().join(format!("convnet-kill-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let mut random = ChaCha8Rng::seed_from_u64(231);
    let (mut killed, mut run) = (0, 0);
    while killed < kills {
        // One training after another, each killed until it is over.
        let folder = folder.join(run.to_string());
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut last = 0;
        loop {
            let mut process = spawn(&folder);
            let output = process.stdout.take().expect("it is piped");
            let pause = Duration::from_micros(random.random_range(0..150_000));
            let reader =
                std::thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).collect());
            std::thread::sleep(pause);
            let _ = process.kill();
            process.wait().expect("it has ended");
            let lines: Vec<String> = reader.join().expect("no panic");
            let saved = lines.iter().filter_map(|line| line.strip_prefix("saved ")?.parse().ok()).max();
            last = last.max(saved.unwrap_or(0));
            let found =
                Keeper::open(&folder).and_then(|keeper| keeper.newest()).expect("a folder that can be read");
            assert!(found.skipped.is_empty(), "after {killed} kills: {:?}", found.skipped);
            let newest = found.found.map_or(0, |found| found.progress.epoch);
            assert!(newest >= last, "after {killed} kills: {last} was saved, {newest} is there");
            if lines.iter().any(|line| line == "over") {
                break;
            }
            killed += 1;
            if killed == kills {
                break;
            }
        }
        run += 1;
    }
    // Whatever happened on the way, the end is that of a training without a break.
    let broken = train_on(&folder.join((run - 1).to_string()));
    let whole = folder.join("whole");
    std::fs::create_dir_all(&whole).expect("a folder");
    assert!(broken == train_on(&whole), "another end");
    let _ = std::fs::remove_dir_all(&folder);
}
