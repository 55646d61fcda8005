//! `train` and `check`.

use std::error::Error;
use std::path::Path;

use convnet_runtime::checkpoint::{Checkpoint, Checksums, Keeper, Model, Stored};
use convnet_runtime::data::{Dataset, Per, Preprocess, Preprocessing, TrainingSet, ValidationSet};
use convnet_runtime::monitor::Stop;
use convnet_runtime::train::{
    Checkpoints, EarlyStopping, Interrupt, LabelLoss, OnConsole, Outcome, Recorder, SanityChecks, Trainer,
    evaluate,
};
use convnet_runtime::{Initialization, Network, Weights};
use serde_json::json;

use super::options::{Begin, BeginOptions, CheckOptions, Prepare, TrainOptions};
use super::rules::{self, AnyRule};
use super::{Code, data, print_json};

/// What the model is called that a training makes, in its folder.
pub(super) const MODEL: &str = "model.safetensors";

/// Images of a batch of the last evaluation.
const BATCH: usize = 64;

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
    let mut stopping = options.patience.map(EarlyStopping::new).transpose()?;
    if options.resume {
        resume(&mut trainer, &keeper, &preprocessing)?;
        if let (Some(stopping), Some(best)) = (&mut stopping, keeper.best()?.found) {
            *stopping = stopping.clone().going_on::<N>(&best.checkpoint)?;
        }
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
        .callback(OnConsole::new());
    // Before what looks at the network in the end.
    if let Some(stopping) = stopping {
        fit = fit.callback(stopping);
    }
    fit = fit
        .callback(Checkpoints::new(keeper, &preprocessing, shape)?)
        .callback(Recorder::new(&options.out).examining(&validation, &preprocessing)?);
    if let Some(augmentation) = rules::augmentation(&options.augment)? {
        fit = fit.augmentation(augmentation);
    }
    let outcome = fit.run()?;
    if outcome.stop == Stop::Interrupted {
        eprintln!("saved; the same command with --resume goes on");
        return Ok(Code::Interrupted);
    }
    let class_names = training.class_names().to_vec();
    let model = Model { network: trainer.into_averaged(), preprocessing, class_names };
    finish(&model, &validation, &options.out, &outcome, options.json)?;
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
fn begin<N: Network>(options: &TrainOptions) -> Result<N, Box<dyn Error>> {
    let mut network: N = network(&options.begin)?;
    if let Some(path) = options.rule.from.as_ref().filter(|_| !options.resume) {
        let matched = network.take_matching(&Checkpoint::read(path, Checksums::IfPresent)?);
        if matched.taken.is_empty() {
            return Err(
                format!("{} has no tensor of a name and shape that the network has", path.display()).into()
            );
        }
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
fn resume<N>(
    trainer: &mut Trainer<N, AnyRule>,
    keeper: &Keeper,
    preprocessing: &Preprocessing,
) -> Result<(), Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let search = keeper.newest()?;
    search.skipped.iter().for_each(|skipped| eprintln!("left out: {}", skipped.reason));
    let folder = keeper.folder().display();
    let found = search.found.ok_or_else(|| format!("there is no checkpoint in {folder} to go on from"))?;
    if found.checkpoint.preprocessing()?.as_ref() != Some(preprocessing) {
        let message = "images were prepared otherwise, or were others: go on with the same data, --validation, --preprocess and --seed";
        return Err(format!("{}: {message}", found.path.display()).into());
    }
    trainer.resume(&found.checkpoint)?;
    // Those that cannot be read would stand in the way of what comes after this one.
    keeper.remove_after(&found.progress)?;
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

/// Saves the model, and says what it came to: the model's own validation, which need not be that of the last epoch.
fn finish<N, D: Dataset>(
    model: &Model<N>,
    validation: &ValidationSet<D>,
    out: &Path,
    outcome: &Outcome,
    as_json: bool,
) -> Result<(), Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let path = out.join(MODEL);
    model.save(&path)?;
    let found = evaluate(&model.network, validation, &model.preprocessing, BATCH)?;
    if as_json {
        print_json(&json!({
            "model": path,
            "stop": outcome.stop.to_string(),
            "epochs": outcome.last.as_ref().map(|last| last.epoch),
            "validation_accuracy": found.accuracy,
            "validation_loss": found.loss,
        }));
    } else {
        println!(
            "the model is {}, {:.2} % right on the validation images",
            path.display(),
            100.0 * found.accuracy
        );
        println!("{} shows how it was trained", out.join("report.html").display());
    }
    Ok(())
}
