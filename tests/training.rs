//! Training end to end: a golden curve, and what the trainer does when training goes wrong.

use convnet::data::{LabelledImages, Scaling, Subset, idx};
use convnet::train::EpochSummary;
use convnet::{network, prelude::*};
use ndarray::{Array4, ArrayView4};

network! {
    struct LeNet {
        INPUT[28x28x1] -> CONV5-6 -> RELU -> POOL2 -> CONV5-16 p0 -> RELU -> POOL2
        -> FC120 -> RELU -> FC84 -> RELU -> FC10
    }
}

fn digits() -> (LabelledImages, TestSet<LabelledImages>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist-mini");
    idx::read_mnist(folder).expect("the digits that ship with the project")
}

/// The loss of the first steps on the digits that ship with the project, f64, seed 231, batches of 50, momentum 0.9 at
/// 0.01. Recorded from this test itself, in f64 on AVX2; it pins the arithmetic of a step, of He's initialisation and
/// of the order of images. Other tiers differ by rounding, which twelve steps leave far below the tolerance.
#[test]
fn a_short_loss_curve_is_golden() {
    const GOLDEN: [f64; 12] = [
        4.150_597_673_825,
        2.884_728_856_142,
        2.555_211_392_113,
        2.701_952_364_324,
        2.167_153_129_333,
        2.071_328_034_978,
        1.977_523_408_492,
        1.802_898_750_540,
        2.069_660_918_102,
        1.705_460_036_829,
        1.708_490_049_167,
        1.510_709_085_413,
    ];
    let (training, _) = digits();
    let scaling = Scaling::fit(&training).expect("images in memory");
    let network = LeNet::<f64>::new(231, &Initialization::default()).expect("a network");
    let mut trainer =
        Trainer::new(network, Momentum::new(0.01, 0.9).expect("options"), 50, 231).expect("a trainer");
    let mut batches = convnet::data::Batches::new(&training, &scaling, 50).expect("batches");
    batches.shuffle(231, 0);
    let mut curve = Vec::new();
    for _ in 0..GOLDEN.len() {
        let (images, labels) = batches.next().expect("images in memory").expect("5,000 images");
        curve.push(trainer.step(images, labels).expect("a step"));
    }
    for (found, golden) in curve.iter().zip(GOLDEN) {
        assert!((found - golden).abs() < 1e-9, "the curve is {curve:?}");
    }
}

/// The notes' sanity check: before training, the loss of softmax is about ln K.
#[test]
fn an_untrained_network_knows_nothing() {
    network! { struct Linear { INPUT[28x28x1] -> FC10 } }
    let (training, test) = digits();
    let scaling = Scaling::fit(&training).expect("images in memory");
    let mut network = Linear::new(1);
    network.parameters_mut().as_mut_slice().iter_mut().for_each(|weight| *weight *= 1e-3);
    let result = evaluate(&network, &test, &scaling, 100).expect("an evaluation");
    assert!((result.loss - 10_f64.ln()).abs() < 1e-2, "{}", result.loss);
    assert_eq!(result.images, 1000);
}

/// The notes' other sanity check: a tiny set is learned by heart.
#[test]
fn a_tiny_set_is_overfitted() {
    let (training, _) = digits();
    let few = Subset::new(training.into(), (0..20).collect()).expect("5,000 digits");
    let scaling = Scaling::fit(&few).expect("images in memory");
    let optimizer = Momentum::new(0.01, 0.9).expect("options");
    let mut trainer = Trainer::new(LeNet::new(2), optimizer, 20, 2).expect("a trainer");
    let mut last = None;
    for _ in 0..60 {
        last = Some(trainer.epoch(&few, &scaling, |_| {}).expect("an epoch"));
    }
    let EpochSummary { epoch, loss, accuracy, .. } = last.expect("sixty epochs");
    assert_eq!((epoch, accuracy), (60, 1.0));
    assert!(loss < 0.01, "{loss}");
}

#[test]
fn progress_counts_images_and_steps() {
    let (training, _) = digits();
    let few = Subset::new(training.into(), (0..1000).collect()).expect("5,000 digits");
    let scaling = Scaling::fit(&few).expect("images in memory");
    let mut trainer =
        Trainer::new(LeNet::new(1), Sgd::new(0.01).expect("a rate"), 300, 1).expect("a trainer");
    let mut seen = Vec::new();
    trainer
        .epoch(&few, &scaling, |progress| seen.push((progress.step, progress.steps, progress.images)))
        .expect("an epoch");
    assert_eq!(seen, [(1, 4, 300), (2, 4, 600), (3, 4, 900), (4, 4, 1000)]);
}

fn batch() -> (Array4<f32>, Vec<usize>) {
    (Array4::from_shape_fn((8, 28, 28, 1), |(n, y, x, _)| ((n + 3 * y + x) % 7) as f32), (0..8).collect())
}

/// A parameter that is not finite: the first layer that shows it is named, and nothing changes.
#[test]
fn divergence_names_the_step_and_the_first_layer() {
    let (images, labels) = batch();
    for (tensor, layer) in [("conv1.weights", "conv1"), ("conv2.bias", "conv2"), ("fc2.weights", "fc2")] {
        let mut network = LeNet::new(1);
        *network.parameters_mut().get_mut(tensor).expect("a tensor").iter_mut().next().expect("a number") =
            f32::NAN;
        let mut trainer = Trainer::new(network, Sgd::new(0.01).expect("a rate"), 8, 1).expect("a trainer");
        let before = trainer.network().parameters().as_slice().to_vec();
        let error = trainer.step(images.view(), &labels).expect_err("NaN");
        assert!(matches!(&error, Error::Diverged { step: 0, layer: found, .. } if found == layer), "{error}");
        let bits = |numbers: &[f32]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(trainer.network().parameters().as_slice()), bits(&before));
    }
}

/// A learning rate that is far too high ends in an error that names step and layer, not in silence.
#[test]
fn a_rate_that_is_too_high_is_an_error() {
    let (images, labels) = batch();
    let optimizer = Momentum::new(1e6, 0.9).expect("options");
    let mut trainer = Trainer::new(LeNet::new(1), optimizer, 8, 1).expect("a trainer");
    let error = (0..100).find_map(|_| trainer.step(images.view(), &labels).err()).expect("it diverges");
    assert!(
        matches!(error, Error::Diverged { .. } | Error::NonFinite { .. } | Error::BrokenUpdate { .. }),
        "{error}"
    );
    assert!(error.to_string().starts_with("step "), "{error}");
}

/// Running statistics are those before a step that fails, whatever makes it fail, and training goes on as if it had not
/// been.
#[test]
fn a_failed_step_leaves_the_state() {
    network! { struct Normalized { INPUT[6x5x2] -> CONV3-4 nobias -> BN -> RELU -> FC3 } }
    let sign = |n: usize| if n.is_multiple_of(2) { 1.0 } else { -1.0 };
    let images = |scale: f32| {
        Array4::from_shape_fn((4, 5, 6, 2), |(n, y, x, d)| sign(n) * scale * ((y + 2 * x + d) % 3 + 1) as f32)
    };
    let labels = [0, 1, 2, 0];
    let trainer =
        || Trainer::new(Normalized::new(1), Sgd::new(0.01).expect("a rate"), 4, 1).expect("a trainer");
    let (mut failing, mut other) = (trainer(), trainer());
    for _ in 0..2 {
        // The convolution overflows; the variance alone does.
        let error = failing.step(images(1e38).view(), &labels).expect_err("an overflow");
        assert!(matches!(&error, Error::Diverged { layer, .. } if layer == "conv1"), "{error}");
        let error = failing.step(images(1e30).view(), &labels).expect_err("an overflow");
        assert!(error.to_string().contains("`bn1.variance` is inf"), "{error}");
        assert!(failing.step(images(1.0).view(), &[0, 1, 2, 9]).is_err());
        let state = failing.network().state().as_slice();
        assert_eq!(state, other.network().state().as_slice());
        let losses = [&mut failing, &mut other]
            .map(|trainer| trainer.step(images(1.0).view(), &labels).expect("a step"));
        assert_eq!(losses[0], losses[1]);
    }
    let [failing, other] = [failing, other].map(Trainer::into_network);
    assert_eq!(failing.parameters().as_slice(), other.parameters().as_slice());
    assert_eq!(failing.state().as_slice(), other.state().as_slice());
}

#[test]
fn observers_see_every_layer_by_name() {
    let (images, _) = batch();
    let network = LeNet::new(1);
    let mut seen = Vec::new();
    let mut see = |layer: &str, volume: ArrayView4<'_, f32>| seen.push((layer.to_owned(), volume.dim()));
    let mut workspace = InferenceWorkspace::of(&network, 8).expect("a workspace");
    network.infer(images.view(), &mut workspace, &mut see).expect("scores");
    let names: Vec<_> = seen.iter().map(|(layer, _)| layer.as_str()).collect();
    let expected =
        ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "fc1", "relu3", "fc2", "relu4", "fc3"];
    assert_eq!(names, expected);
    assert_eq!(seen[2].1, (8, 14, 14, 6));
}

#[test]
fn gradients_accumulate_when_asked() {
    use convnet::Gradients;
    let (images, labels) = batch();
    let mut network = LeNet::<f64>::new(1, &Initialization::default()).expect("a network");
    let images = images.mapv(f64::from);
    let mut workspace = TrainingWorkspace::of(&network, 8).expect("a workspace");
    let mut step = |images: ArrayView4<'_, f64>, labels: &[usize], gradients| {
        let step = Step { gradients, ..Step::default() };
        network
            .gradients(images, labels, &Softmax::default(), &mut workspace, step, &mut Unobserved)
            .expect("gradients");
        workspace.gradients().as_slice().to_vec()
    };
    let whole = step(images.view(), &labels, Gradients::Overwrite);
    step(images.slice(ndarray::s![..4, .., .., ..]), &labels[..4], Gradients::Overwrite);
    let halves = step(images.slice(ndarray::s![4.., .., .., ..]), &labels[4..], Gradients::Accumulate);
    for (whole, halves) in whole.iter().zip(&halves) {
        assert!((2.0 * whole - halves).abs() < 1e-12, "{whole} {halves}");
    }
}

#[test]
fn learning_rates_are_checked() {
    for rate in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(Sgd::new(rate), Err(Error::Option { option: "learning_rate", .. })));
    }
    for momentum in [-0.1, 1.0, f64::NAN] {
        assert!(matches!(Momentum::<f32>::new(0.1, momentum), Err(Error::Option { option: "momentum", .. })));
    }
    // A rate that f64 holds and f32 does not.
    let mut network = LeNet::new(1);
    let gradients = network.parameters().clone();
    let mut sgd = Sgd::new(1e39).expect("a rate in f64");
    assert!(matches!(sgd.update(network.parameters_mut(), &gradients), Err(Error::Option { .. })));
    let mut sgd = Sgd::new(0.1).expect("a rate");
    assert!(Optimizer::<f32>::set_learning_rate(&mut sgd, -1.0).is_err());
    assert_eq!(Optimizer::<f32>::learning_rate(&sgd), 0.1);
}

/// A network whose classes are leaves of a tree has more scores than classes; trainer, evaluation and prediction ask its
/// loss which class its scores speak for.
#[test]
fn classes_of_a_tree() {
    use convnet::losses::Node::{Class, Inner};
    static TREE: convnet::losses::Tree =
        convnet::losses::Tree::new(&[Inner(&[Class(2), Class(0)]), Inner(&[Class(1), Class(3)])]);
    network! { struct Quadrants { INPUT[4x4x1] -> FC6 -> HSOFTMAX(TREE) } }
    // One bright pixel in each of four corners.
    let images = Array4::from_shape_fn((32, 4, 4, 1), |(n, y, x, _)| {
        200 * u8::from(y / 2 == n % 4 / 2 && x / 2 == n % 2)
    });
    let data = LabelledImages::new(images, (0..32).map(|n| n % 4).collect(), 4).expect("labels below 4");
    let scaling = Scaling::fit(&data).expect("images in memory");
    let momentum = Momentum::new(0.1, 0.9).expect("options in range");
    let mut trainer = Trainer::new(Quadrants::new(7), momentum, 8, 7).expect("a trainer");
    for _ in 0..20 {
        trainer.epoch(&data, &scaling, |_| {}).expect("an epoch");
    }
    let network = trainer.into_network();
    assert_eq!(evaluate(&network, &data, &scaling, 5).expect("an evaluation").accuracy, 1.0);
}
