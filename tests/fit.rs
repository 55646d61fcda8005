//! Whole trainings: what goes on where it was left goes on to the same bits, and everything around the steps does what it says.

use std::sync::{Arc, Mutex};

use convnet::checkpoint::{Checkpoint, Checksums, Keeper, Model, Stored};
use convnet::data::{Augmentation, LabelledImages, Preprocess, TrainingSet, ValidationSet};
use convnet::monitor::{EpochRecord, StepRecord, Stop};
use convnet::schedules::{MomentumSchedule, Plateau, Schedule};
use convnet::train::{Callback, Checkpoints, Clipping, Control, EarlyStopping, Interrupt, Recorder};
use convnet::{network, prelude::*};
use ndarray::Array4;

network! {
    /// Everything that keeps something from step to step, or draws.
    struct Small {
        INPUT[8x8x1] -> CONV3-4 -> BN -> RELU -> POOL2 -> DROPOUT(keep=0.8) -> FC12 -> RELU -> FC3
    }

    /// The same input, other layers.
    struct Other { INPUT[8x8x1] -> CONV3-4 -> BN -> RELU -> POOL2 -> FC13 -> RELU -> FC3 }
}

/// Stripes: vertical, horizontal or none.
fn stripes(count: usize, seed: usize) -> LabelledImages {
    let byte = |(n, y, x, _): (usize, usize, usize, usize)| {
        let noise = (n * 37 + y * 11 + x * 7 + seed * 101) % 53;
        let on = match n % 3 {
            0 => x % 2 == 0,
            1 => y % 2 == 0,
            _ => false,
        };
        u8::try_from(noise + if on { 150 } else { 40 }).expect("a byte")
    };
    let labels = (0..count).map(|n| n % 3).collect();
    let names = ["vertical", "horizontal", "none"].map(str::to_owned).to_vec();
    let images =
        LabelledImages::new(Array4::from_shape_fn((count, 8, 8, 1), byte), labels, 3).expect("images");
    images.with_class_names(names).expect("three names")
}

fn sets() -> (TrainingSet<LabelledImages>, ValidationSet<LabelledImages>) {
    (TrainingSet::new(stripes(70, 1)), ValidationSet::new(stripes(30, 2)))
}

const BATCH: usize = 16;
const SEED: u64 = 5;

fn with<O: Optimizer<f32>>(optimizer: O) -> Trainer<Small, O> {
    Trainer::new(Small::new(SEED), optimizer, BATCH, SEED).expect("a trainer")
}

/// A trainer of which everything is switched on.
fn trainer() -> Trainer<Small, Momentum> {
    with(Momentum::new(0.02, 0.5).expect("options"))
        .with_schedule(Schedule::on_plateau(Plateau::new(0.5, 1).expect("options")))
        .and_then(|trainer| trainer.with_momentum(MomentumSchedule::linear(0.5, 0.9, 4)?))
        .and_then(|trainer| trainer.with_regularization(Penalty::l2(1e-3)?))
        .and_then(|trainer| trainer.with_clipping(Clipping::norm(1.0)?).with_accumulation(2))
        .and_then(|trainer| trainer.with_average(0.9))
        .expect("options")
}

/// Bits of all that a trainer keeps.
fn bits<O: Optimizer<f32>>(trainer: &Trainer<Small, O>) -> Vec<u8> {
    trainer.checkpoint().to_bytes().expect("bytes")
}

/// Ends a training after so many steps.
struct StopAfter(u64);

impl<N: Network, O> Callback<N, O> for StopAfter {
    fn step(&mut self, _: &mut Trainer<N, O>, record: &StepRecord) -> Result<Control, Error> {
        Ok(if record.step == self.0 { Control::Stop(Stop::Interrupted) } else { Control::GoOn })
    }
}

#[test]
fn a_training_that_is_resumed_goes_on_to_the_same_bits() {
    let (training, validation) = sets();
    let preprocessing = Preprocess::MEAN_IMAGE.fit(&training).expect("images");
    let augmentation = Augmentation::new().flip(0.5).and_then(|it| it.shift(1)).expect("options");
    let run = |trainer: &mut Trainer<Small, Momentum>, steps: Option<u64>| {
        let fit = trainer.fit(&training, &preprocessing).expect("a shape that fits").validation(&validation);
        let fit = fit.augmentation(augmentation.clone()).epochs(6);
        match steps {
            Some(steps) => fit.callback(StopAfter(steps)).run(),
            None => fit.run(),
        }
        .expect("a training")
    };
    let mut whole = trainer();
    assert_eq!(run(&mut whole, None).stop, Stop::Finished);
    assert_eq!(whole.position().step, 30, "5 batches in each of 6 epochs");
    // At the end of an epoch, in its middle, and where a batch waits for its update.
    for steps in [5, 7, 8, 14, 29] {
        let mut first = trainer();
        assert_eq!(run(&mut first, Some(steps)).stop, Stop::Interrupted);
        let saved = Checkpoint::from_bytes(&bits(&first), Checksums::Required).expect("a checkpoint");
        let mut second = trainer();
        second.resume(&saved).expect("the same training");
        assert!(bits(&second) == bits(&first), "{steps} steps: resumed as saved");
        run(&mut second, None);
        assert!(bits(&second) == bits(&whole), "{steps} steps: as if there had been no break");
    }
}

/// Trains in two halves, with a break between them, by a rule that is made anew for each.
fn halves<O: Optimizer<f32>>(rule: impl Fn() -> O) {
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let epochs = |trainer: &mut Trainer<Small, O>, count| {
        for _ in 0..count {
            trainer.epoch(&training, &scaling, |_| {}).expect("an epoch");
        }
    };
    let (mut whole, mut first, mut second) = (with(rule()), with(rule()), with(rule()));
    epochs(&mut whole, 4);
    epochs(&mut first, 2);
    second.resume(&first.checkpoint()).expect("the same training");
    epochs(&mut second, 2);
    assert!(bits(&second) == bits(&whole), "{}", whole.optimizer().name());
}

#[test]
fn every_rule_is_resumed() {
    halves(|| Sgd::new(0.05).expect("a rate"));
    halves(|| Momentum::new(0.02, 0.9).expect("options"));
    halves(|| Nesterov::new(0.02, 0.9).expect("options"));
    halves(|| Adagrad::new(0.02).expect("a rate"));
    halves(|| RmsProp::new(0.002, 0.99).expect("options"));
    halves(|| Adam::new(0.003).expect("a rate"));
    halves(|| AdamW::new(0.003, 0.01).expect("options"));
}

#[test]
fn batches_made_ahead_are_the_same() {
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    // Nobody validates: the rate goes by nothing but the epochs.
    let rates = || Schedule::cosine(3, 0.0).expect("options");
    let [mut by_epochs, mut by_fit] = [(); 2].map(|()| trainer().with_schedule(rates()).expect("a rate"));
    for _ in 0..3 {
        by_epochs.epoch(&training, &scaling, |_| {}).expect("an epoch");
    }
    by_fit.fit(&training, &scaling).expect("a shape that fits").epochs(3).run().expect("a training");
    assert!(bits(&by_fit) == bits(&by_epochs));
}

#[test]
fn two_batches_of_one_update_are_one_batch_twice_as_large() {
    network! { struct Plain { INPUT[8x8x1] -> CONV3-4 -> TANH -> FC3 } }
    let images = stripes(32, 1);
    let images = Scaling::fit(&images).expect("images").scale::<f64>(images.images().view());
    let labels: Vec<_> = (0..32).map(|n| n % 3).collect();
    let make = |batch, accumulated| {
        let net: Plain<f64> = Network::new(3, &Initialization::default()).expect("a network");
        let trainer = Trainer::new(net, Sgd::new(0.1).expect("a rate"), batch, 1).expect("a trainer");
        trainer.with_accumulation(accumulated).expect("at least one")
    };
    let (mut large, mut small) = (make(32, 1), make(16, 2));
    large.step(images.view(), &labels).expect("a step");
    for half in 0..2 {
        let before = small.network().parameters().as_slice().to_vec();
        let of_half = 16 * half..16 * (half + 1);
        let half_of = images.slice(ndarray::s![of_half.clone(), .., .., ..]);
        small.step(half_of, &labels[of_half]).expect("a step");
        assert_eq!(
            small.network().parameters().as_slice() == before,
            half == 0,
            "the second makes the update"
        );
    }
    let numbers = |trainer: &Trainer<Plain<f64>, Sgd>| trainer.network().parameters().as_slice().to_vec();
    for (large, small) in numbers(&large).iter().zip(numbers(&small)) {
        assert!((large - small).abs() < 1e-14, "{large} {small}");
    }
    let error = small.with_accumulation(0).expect_err("no batch makes no update");
    assert!(error.to_string().contains("at least 1 batch"), "{error}");
}

#[test]
fn frozen_layers_stay() {
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let rule = AdamW::new(0.01, 0.1).expect("options");
    let mut trainer = with(rule).with_frozen(&["conv1", "bn1", "fc2.bias"]).expect("names");
    let before = trainer.network().clone();
    trainer.epoch(&training, &scaling, |_| {}).expect("an epoch");
    let (now, frozen) =
        (trainer.network(), ["conv1.weights", "conv1.bias", "bn1.scale", "bn1.shift", "fc2.bias"]);
    for (tensor, numbers) in now.parameters().iter() {
        let same = before.parameters().as_slice()[tensor.range()] == *numbers;
        assert_eq!(same, frozen.contains(&tensor.to_string().as_str()), "{tensor}");
    }
    assert_eq!(now.state().as_slice(), before.state().as_slice(), "running statistics of a frozen layer");
    let error = with(Sgd::new(0.1).expect("a rate")).with_frozen(&["conv2"]).expect_err("no such layer");
    assert_eq!(
        error.to_string(),
        "network `Small` has no layer or tensor with parameters `conv2`: did you mean `conv1`?"
    );
}

#[test]
fn the_average_lies_between_its_numbers() {
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let decay = 0.5;
    let mut trainer = with(Sgd::new(0.1).expect("a rate")).with_average(decay).expect("a share");
    let images = scaling.scale::<f32>(training.data().images().view());
    let (mut expected, labels) = (Vec::new(), training.data().labels());
    for step in 0..6 {
        let batch = 10 * step..10 * (step + 1);
        trainer.step(images.slice(ndarray::s![batch.clone(), .., .., ..]), &labels[batch]).expect("a step");
        let now = trainer.network().parameters().as_slice();
        // The mean of the first updates, as long as that moves faster.
        let kept = f32::from_f64(decay.min(step as f64 / (step + 1) as f64));
        expected = match step {
            0 => now.to_vec(),
            _ => expected.iter().zip(now).map(|(average, now)| kept * average + (1.0 - kept) * now).collect(),
        };
    }
    let averaged = trainer.into_averaged();
    for (found, expected) in averaged.parameters().as_slice().iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

/// Keeps the records of epochs.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<EpochRecord>>>);

impl<N: Network, O> Callback<N, O> for Seen {
    fn epoch(&mut self, _: &mut Trainer<N, O>, record: &EpochRecord) -> Result<Control, Error> {
        self.0.lock().expect("one thread").push(record.clone());
        Ok(Control::GoOn)
    }

    fn looks_inside(&self) -> bool {
        true
    }
}

#[test]
fn early_stopping_gives_back_the_best() {
    let (training, validation) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let (seen, mut trainer) = (Seen::default(), with(Momentum::new(0.05, 0.9).expect("options")));
    let fit = trainer.fit(&training, &scaling).expect("a shape that fits").validation(&validation).epochs(60);
    let stopping = EarlyStopping::new(3).expect("patience");
    let outcome = fit.callback(seen.clone()).callback(stopping).run().expect("a training");
    let Stop::NoImprovement { epochs: 3 } = outcome.stop else { panic!("{:?}", outcome.stop) };
    let seen = seen.0.lock().expect("one thread");
    let score = |record: &EpochRecord| (record.validation_accuracy, record.validation_loss.map(|loss| -loss));
    let best = seen.iter().map(score).max_by(|a, b| a.partial_cmp(b).expect("numbers")).expect("epochs");
    let now = evaluate(trainer.network(), &validation, &scaling, BATCH).expect("an evaluation");
    assert_eq!((Some(now.accuracy), Some(-now.loss)), best);
    assert!(seen.len() > 3 && (seen.len() as u64) < 60);
}

#[test]
fn early_stopping_needs_a_validation() {
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let mut trainer = with(Sgd::new(0.1).expect("a rate"));
    let fit = trainer.fit(&training, &scaling).expect("a shape that fits");
    let error = fit.callback(EarlyStopping::new(3).expect("patience")).run().expect_err("nothing to go by");
    assert!(error.to_string().contains("early stopping"), "{error}");
}

#[test]
fn records_look_inside() {
    let (training, validation) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let (seen, mut trainer) = (Seen::default(), with(Sgd::new(0.05).expect("a rate")));
    let fit = trainer.fit(&training, &scaling).expect("a shape that fits").validation(&validation);
    fit.epochs(2).callback(seen.clone()).run().expect("a training");
    let seen = seen.0.lock().expect("one thread");
    let record = &seen[1];
    let tensors: Vec<_> = record.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(tensors[..4], ["conv1.weights", "conv1.bias", "bn1.scale", "bn1.shift"]);
    for tensor in record.tensors.iter().filter(|tensor| tensor.is_weights()) {
        assert!(tensor.ratio > 1e-5 && tensor.ratio < 0.5, "{tensor:?}");
        assert!((tensor.ratio - tensor.update_norm / tensor.weight_norm).abs() < 1e-12);
        assert_eq!(tensor.gradient.count(), tensor.weights.count());
    }
    let relu = record.layers.iter().find(|layer| layer.name == "relu1").expect("a RELU");
    assert!(relu.dead.is_some_and(|dead| (0.0..1.0).contains(&dead)), "{relu:?}");
    assert!(relu.activation.min() >= 0.0);
    assert!(record.layers.iter().any(|layer| layer.name == "fc2" && layer.dead.is_none()));
}

#[test]
fn an_interrupt_ends_after_the_step() {
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let mut trainer = with(Sgd::new(0.1).expect("a rate"));
    let interrupt = Interrupt::new();
    interrupt.ask();
    let fit = trainer.fit(&training, &scaling).expect("a shape that fits").interrupt(interrupt);
    assert_eq!(fit.run().expect("a training").stop, Stop::Interrupted);
    assert_eq!(trainer.position().step, 1);
}

#[test]
fn checkpoints_hold_all_that_a_network_needs() {
    let folder = Folder::new("checkpoints");
    let (training, validation) = sets();
    let preprocessing = Preprocess::MEAN_PER_CHANNEL.fit(&training).expect("images");
    let mut trainer = trainer();
    let keeper = || Keeper::open(&folder.0).expect("a folder");
    let checkpoints = Checkpoints::new(keeper(), &preprocessing, [8, 8, 1]).expect("a shape that fits");
    let recorder =
        Recorder::new(&folder.0).examining(&validation, &preprocessing).expect("a shape that fits");
    let fit = trainer.fit(&training, &preprocessing).expect("a shape that fits").validation(&validation);
    fit.epochs(3).callback(checkpoints).callback(recorder).run().expect("a training");
    let found = keeper().newest().expect("a folder").found.expect("a checkpoint");
    assert_eq!(found.progress.epoch, 3);
    let model = Model::<Small>::from_checkpoint(&found.checkpoint).expect("a model");
    assert_eq!((&model.preprocessing, model.class_name(1).as_str()), (&preprocessing, "horizontal"));
    let averaged = trainer.into_averaged();
    assert_eq!(model.network.parameters().as_slice(), averaged.parameters().as_slice());
    let guesses = model.classify(validation.images(0..6).expect("images").view()).expect("guesses");
    assert!(
        guesses
            .iter()
            .all(|guesses| (guesses.iter().map(|it| it.probability).sum::<f64>() - 1.0).abs() < 1e-6)
    );
    let page = std::fs::read_to_string(folder.0.join("report.html")).expect("a page");
    assert!(page.contains("horizontal") && page.contains("Small"));
    // Another network says which layer differs.
    let error = <Other as Stored>::from_checkpoint(&found.checkpoint).expect_err("another network");
    assert!(error.to_string().contains("the layer dropout1: DROPOUT(keep=0.8)"), "{error}");
    let mut other = Other::new(1);
    let matched = other.take_matching(&found.checkpoint);
    assert!(matched.taken.contains(&"conv1.weights".to_owned()), "{matched:?}");
    assert!(matched.different.iter().any(|difference| difference.contains("`fc1.weights`")), "{matched:?}");
}

#[test]
fn resuming_another_training_is_refused() {
    let checkpoint = trainer().checkpoint();
    let refused = |trainer: &mut Trainer<Small, Momentum>| {
        let before = bits(trainer);
        let error = trainer.resume(&checkpoint).expect_err("another training").to_string();
        assert!(bits(trainer) == before, "{error}: nothing changes");
        error
    };
    let rule = || Momentum::new(0.1, 0.9).expect("options");
    let mut seed = Trainer::new(Small::new(1), rule(), BATCH, SEED + 1).expect("a trainer");
    assert!(refused(&mut seed).contains("seed of 5, this trainer has 6"));
    let mut batch = Trainer::new(Small::new(1), rule(), 2 * BATCH, SEED).expect("a trainer");
    assert!(refused(&mut batch).contains("batch of 16, this trainer has 32"));
    let mut adam = with(Adam::new(0.1).expect("a rate")).with_accumulation(2).expect("batches");
    let error = adam.resume(&checkpoint).expect_err("another rule").to_string();
    assert!(error.contains("update rule of momentum, this trainer has adam"), "{error}");
    let alone = Small::new(1).to_checkpoint();
    let error = trainer().resume(&alone).expect_err("a network alone").to_string();
    assert!(error.contains("training.seed"), "{error}");
}

#[test]
fn sanity_checks() {
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let mut trainer = with(Sgd::new(0.1).expect("a rate"));
    let before = bits(&trainer);
    let checks = trainer.check(&training, &scaling).expect("checks");
    assert!(checks.passed(), "{checks}");
    assert_eq!(checks.iter().count(), 4);
    assert!(checks.to_string().contains("about 1.0986, that of 3 equal scores"), "{checks}");
    assert!(bits(&trainer) == before, "as it was");
    // Weights that are far too large, and weights that are 0.
    for (weights, failing) in
        [(Weights::Gaussian(5.0), "initial loss"), (Weights::Zeros, "a tiny subset is learned by heart")]
    {
        let net = <Small as Network>::new(SEED, &Initialization::new(weights)).expect("a network");
        let mut trainer = Trainer::new(net, Sgd::new(0.1).expect("a rate"), BATCH, SEED).expect("a trainer");
        let checks = trainer.check(&training, &scaling).expect("checks");
        let failed: Vec<_> = checks.iter().filter(|check| !check.passed).map(|check| check.what).collect();
        assert!(failed.contains(&failing), "{checks}");
    }
}

#[test]
fn frozen_layers_are_those_of_the_checkpoint() {
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let rule = || Momentum::new(0.02, 0.9).expect("options");
    let mut first = with(rule());
    first.epoch(&training, &scaling, |_| {}).expect("an epoch");
    let mut second = with(rule()).with_frozen(&["conv1", "bn1"]).expect("names");
    second.resume(&first.checkpoint()).expect("the same training");
    second.epoch(&training, &scaling, |_| {}).expect("an epoch");
    let of = |trainer: &Trainer<Small, Momentum>, name: &str| {
        trainer.network().parameters().get(name).map(|it| it.to_owned())
    };
    assert_eq!(of(&second, "conv1.weights"), of(&first, "conv1.weights"));
    assert_ne!(of(&second, "fc1.weights"), of(&first, "fc1.weights"));
    assert_eq!(second.network().state().as_slice(), first.network().state().as_slice());
}

#[test]
fn early_stopping_goes_on_from_the_best() {
    let (training, validation) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let rule = || Momentum::new(0.05, 0.9).expect("options");
    let run = |folder: &Folder, breaks: &[u64]| {
        let keeper = || Keeper::open(&folder.0).expect("a folder").keep_last(20).expect("some");
        let mut trainer = with(rule());
        for &epochs in breaks {
            trainer = with(rule());
            let mut stopping = EarlyStopping::new(3).expect("patience");
            if let Some(found) = keeper().newest().expect("a folder").found {
                trainer.resume(&found.checkpoint).expect("the same training");
                let best = keeper().best().expect("a folder").found.expect("there is a best one");
                stopping = stopping.going_on::<Small>(&best.checkpoint).expect("it was validated");
            }
            let checkpoints = Checkpoints::new(keeper(), &scaling, [8, 8, 1]).expect("a shape that fits");
            let fit = trainer.fit(&training, &scaling).expect("a shape that fits").validation(&validation);
            fit.epochs(epochs).callback(stopping).callback(checkpoints).run().expect("a training");
        }
        trainer.into_network().parameters().as_slice().to_vec()
    };
    let (whole, broken) = (Folder::new("stopping"), Folder::new("stopping-broken"));
    assert_eq!(run(&broken, &[2, 5, 60]), run(&whole, &[60]));
}

#[test]
fn a_broken_record_is_gone_on_with() {
    let folder = Folder::new("record");
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let run = |epochs| {
        let mut trainer = with(Sgd::new(0.01).expect("a rate"));
        let fit = trainer.fit(&training, &scaling).expect("a shape that fits").epochs(epochs);
        fit.callback(Recorder::new(&folder.0)).run().expect("a training")
    };
    run(1);
    let path = folder.0.join("record.jsonl");
    let whole = std::fs::read_to_string(&path).expect("a record");
    std::fs::write(&path, &whole[..whole.len() - 9]).expect("half a line");
    run(2);
    let lines = convnet::monitor::json_lines::read(&path).expect("a record");
    assert_eq!(lines.filter(Result::is_err).count(), 1, "the line that was cut off");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let (training, validation) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    // Another number of images in the middle of an epoch.
    let mut half = with(Sgd::new(0.01).expect("a rate"));
    half.fit(&training, &scaling)
        .expect("a shape that fits")
        .callback(StopAfter(2))
        .run()
        .expect("a training");
    let fewer = TrainingSet::new(stripes(60, 1));
    let error =
        half.fit(&fewer, &scaling).expect("a shape that fits").run().expect_err("other data").to_string();
    assert!(error.contains("an epoch of 70 images, and is given 60"), "{error}");
    half.fit(&training, &scaling).expect("a shape that fits").epochs(1).run().expect("the same data");
    // A plateau of nothing.
    let plateau = Schedule::on_plateau(Plateau::new(0.5, 1).expect("options"));
    let mut trainer = with(Sgd::new(0.01).expect("a rate")).with_schedule(plateau).expect("a rate");
    let error =
        trainer.fit(&training, &scaling).expect("a shape that fits").run().expect_err("no validation");
    assert!(error.to_string().contains("a schedule on a plateau"), "{error}");
    let fit = trainer.fit(&training, &scaling).expect("a shape that fits").validation(&validation);
    fit.epochs(1).run().expect("validated");
}

#[test]
fn checks_leave_gradients_that_wait() {
    let (training, _) = sets();
    let scaling = Scaling::fit(training.data()).expect("images");
    let images = scaling.scale::<f32>(training.data().images().view());
    let labels = training.data().labels();
    let run = |checks: bool| {
        let rule = Sgd::new(0.05).expect("a rate");
        let mut trainer = with(rule).with_accumulation(2).expect("batches");
        for batch in [0..16, 16..32] {
            trainer
                .step(images.slice(ndarray::s![batch.clone(), .., .., ..]), &labels[batch])
                .expect("a step");
            if checks {
                trainer.check(&training, &scaling).expect("checks");
            }
        }
        bits(&trainer)
    };
    assert!(run(true) == run(false));
}

/// A folder for a test, removed at its end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("convnet-fit-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
