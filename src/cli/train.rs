//! `train` and `check`.

use std::error::Error;
use std::path::Path;

use convnet_runtime::checkpoint::{Checkpoint, Checksums, Keeper, Model, Stored};
use convnet_runtime::data::{Dataset, Per, Preprocess, Preprocessing, TrainingSet};
use convnet_runtime::monitor::Stop;
use convnet_runtime::train::{
    Checkpoints, EarlyStopping, Interrupt, LabelLoss, OnConsole, Outcome, Recorder, SanityChecks, Trainer,
};
use convnet_runtime::{Initialization, Network, Weights};
use serde_json::json;

use super::options::{Begin, BeginOptions, CheckOptions, Prepare, TrainOptions};
use super::rules::{self, AnyRule};
use super::{Code, data, print_json};

/// What the model is called that a training makes, in its folder.
pub(super) const MODEL: &str = "model.safetensors";

/// Where checkpoints lie in it.
pub(super) const CHECKPOINTS: &str = "checkpoints";

pub(super) fn check<N>(options: &CheckOptions) -> Result<Code, Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let (training, _) = data::read::<N>(&options.data)?;
    let training = TrainingSet::new(training);
    let preprocessing = prepare(options.begin.preprocess).fit(&training)?;
    let rule = convnet_runtime::optimizers::Sgd::new(0.0)?;
    let network: N = network(&options.begin)?;
    let mut trainer = Trainer::new(network, rule, options.begin.batch, options.begin.seed)?;
    let checks = trainer.check(&training, &preprocessing)?;
    if options.json {
        let lines = checks.iter().map(|check| {
            json!({ "check": check.what, "expected": check.expected, "found": check.found, "passed": check.passed })
        });
        print_json(&lines.collect());
    } else {
        println!("{checks}");
    }
    Ok(if checks.passed() { Code::Done } else { Code::CheckFailed })
}

pub(super) fn train<N>(options: &TrainOptions) -> Result<Code, Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let (images, _) = data::read::<N>(&options.data)?;
    let (shape, seed) = (images.shape(), options.begin.seed);
    let (training, validation) = TrainingSet::new(images).split_stratified(options.validation, seed)?;
    eprintln!("{} images to train on, {} to validate", training.len(), validation.len());
    let preprocessing = prepare(options.begin.preprocess).fit(&training)?;
    let (batch, keeper) = (options.begin.batch, Keeper::open(options.out.join(CHECKPOINTS))?);
    let mut trainer = rules::trainer(begin::<N>(options)?, &options.rule, (batch, options.epochs, seed))?;
    if options.resume {
        resume(&mut trainer, &keeper)?;
    } else if !keeper.list()?.is_empty() {
        let folder = options.out.display();
        return Err(format!(
            "{folder} holds a training already: --resume goes on with it, another --out begins anew"
        )
        .into());
    } else if !options.unchecked {
        let checks = trainer.check(&training, &preprocessing)?;
        warn(&checks);
    }
    let interrupt = Interrupt::new();
    let asked = interrupt.clone();
    ctrlc::set_handler(move || asked.ask())?;
    let mut fit = trainer
        .fit(&training, &preprocessing)?
        .validation(&validation)
        .epochs(options.epochs.into())
        .interrupt(interrupt)
        .callback(OnConsole::new())
        .callback(Checkpoints::new(keeper, &preprocessing, shape)?)
        .callback(Recorder::new(&options.out).examining(&validation, &preprocessing)?);
    if let Some(augmentation) = rules::augmentation(&options.augment)? {
        fit = fit.augmentation(augmentation);
    }
    if let Some(patience) = options.patience {
        fit = fit.callback(EarlyStopping::new(patience)?);
    }
    let outcome = fit.run()?;
    if outcome.stop == Stop::Interrupted {
        eprintln!("saved; the same command with --resume goes on");
        return Ok(Code::Interrupted);
    }
    let class_names = training.class_names().to_vec();
    finish(trainer, preprocessing, class_names, &options.out, &outcome, options.json)?;
    Ok(Code::Done)
}

/// A network with fresh parameters.
fn network<N: Network>(options: &BeginOptions) -> Result<N, convnet_runtime::Error> {
    let weights = match options.weights {
        Begin::He => Weights::He,
        Begin::Glorot => Weights::Glorot,
        Begin::Small => Weights::SMALL,
    };
    N::new(options.seed, &Initialization::new(weights))
}

/// The network that is trained: with a checkpoint's parameters where they match, if one was given.
fn begin<N: Network>(options: &TrainOptions) -> Result<N, convnet_runtime::Error> {
    let mut network: N = network(&options.begin)?;
    if let Some(path) = &options.rule.from {
        let matched = network.take_matching(&Checkpoint::read(path, Checksums::IfPresent)?);
        eprintln!("{matched}");
    }
    Ok(network)
}

fn prepare(preprocess: Prepare) -> Preprocess {
    match preprocess {
        Prepare::PerChannel => Preprocess::Normalize { mean: Per::Channel, deviation: Per::Channel },
        Prepare::MeanPerChannel => Preprocess::MEAN_PER_CHANNEL,
        Prepare::MeanImage => Preprocess::MEAN_IMAGE,
        Prepare::One => Preprocess::Normalize { mean: Per::Dataset, deviation: Per::Dataset },
        Prepare::Range => Preprocess::Range(Per::Dataset),
    }
}

/// Goes on from the newest checkpoint that can be read.
fn resume<N>(trainer: &mut Trainer<N, AnyRule>, keeper: &Keeper) -> Result<(), Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let search = keeper.newest()?;
    search.skipped.iter().for_each(|skipped| eprintln!("left out: {}", skipped.reason));
    let folder = keeper.folder().display();
    let found = search.found.ok_or_else(|| format!("there is no checkpoint in {folder} to go on from"))?;
    trainer.resume(&found.checkpoint)?;
    eprintln!("goes on from {}", found.path.display());
    Ok(())
}

/// Says what sanity checks found: a failure is the user's to judge.
fn warn(checks: &SanityChecks) {
    eprintln!("{checks}");
    if !checks.passed() {
        eprintln!("training all the same; Ctrl-C ends it");
    }
}

/// Saves the model, and says what it came to.
fn finish<N>(
    trainer: Trainer<N, AnyRule>,
    preprocessing: Preprocessing,
    class_names: Vec<String>,
    out: &Path,
    outcome: &Outcome,
    as_json: bool,
) -> Result<(), Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let path = out.join(MODEL);
    Model { network: trainer.into_averaged(), preprocessing, class_names }.save(&path)?;
    let last = outcome.last.as_ref();
    if as_json {
        print_json(&json!({
            "model": path,
            "stop": outcome.stop.to_string(),
            "epochs": last.map(|last| last.epoch),
            "training_accuracy": last.map(|last| last.training_accuracy),
            "validation_accuracy": last.and_then(|last| last.validation_accuracy),
            "validation_loss": last.and_then(|last| last.validation_loss),
        }));
    } else {
        println!(
            "the model is {}; {} shows how it was trained",
            path.display(),
            out.join("report.html").display()
        );
    }
    Ok(())
}
