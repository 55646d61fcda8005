//! Losses in networks: each image's, weights given to a network's loss, options in the notation, and what an untrained
//! network should lose.

use convnet::data::{LabelledImages, Scaling};
use convnet::losses::Node::{Class, Inner};
use convnet::losses::{Evaluation, Hinge, Logistic, Loss, LossValue, Tree};
use convnet::train::{GradientChecker, image_losses};
use convnet::{network, prelude::*};
use ndarray::{Array4, s};

network! {
    struct Plain { INPUT[4x4x2] -> CONV3-4 -> RELU -> FC3 }
    struct Smoothed { INPUT[4x4x2] -> CONV3-4 -> TANH -> FC3 -> SOFTMAX(smoothing=0.1) }
    struct Rare { INPUT[4x4x2] -> CONV3-4 -> TANH -> FC3 -> LOGISTIC(positives=5) }
    struct Binary { INPUT[4x4x2] -> CONV3-4 -> TANH -> FC3 -> HINGE(C=10, positives=0.5) }
}

fn images(count: usize) -> Array4<f64> {
    Array4::from_shape_fn((count, 4, 4, 2), |(n, y, x, d)| ((7 * n + 5 * y + 3 * x + 2 * d) as f64).sin())
}

fn made<N: Network>() -> N {
    N::new(3, &Initialization::default()).expect("a network")
}

const LABELS: [usize; 5] = [0, 2, 1, 1, 0];

/// One step's mean, and the bits of its gradients.
fn step<N: Network<Scalar = f64>>(
    network: &mut N,
    workspace: &mut TrainingWorkspace<f64>,
    count: usize,
) -> (f64, Vec<u64>)
where
    N::Loss: for<'a> Loss<f64, Targets<'a> = &'a [usize]>,
{
    let (images, loss) = (images(5), network.loss().clone());
    let (images, labels) = (images.slice(s![..count, .., .., ..]), &LABELS[..count]);
    let value = network.gradients(images, labels, &loss, workspace, Step::default(), &mut Unobserved);
    let gradients = workspace.gradients().as_slice().iter().map(|gradient| gradient.to_bits()).collect();
    (value.expect("a step").mean, gradients)
}

/// The losses that a step records are those of its scores, and recording them changes nothing else.
#[test]
fn a_step_records_the_loss_of_each_image() {
    let mut network = made::<Plain<f64>>();
    let mut workspace = TrainingWorkspace::of(&network, 5).expect("memory");
    let (unrecorded, bytes) = (step(&mut network, &mut workspace, 5), workspace.bytes());
    assert_eq!(workspace.image_losses(), None);
    workspace.record_image_losses(true);
    assert_eq!(workspace.image_losses(), Some(&[][..]), "none of a batch before");
    assert_eq!(workspace.bytes(), bytes + 5 * size_of::<f64>());
    assert_eq!(step(&mut network, &mut workspace, 5), unrecorded);
    for count in [5, 2] {
        let (mean, _) = step(&mut network, &mut workspace, count);
        let of_scores = network.loss().of_scores(workspace.scores(), &LABELS[..count]).expect("a loss");
        let losses = workspace.image_losses().expect("they are recorded");
        assert_eq!((losses, mean), (of_scores.per_image.as_slice().expect("one row"), of_scores.mean));
        assert!((losses.iter().sum::<f64>() / count as f64 - mean).abs() < 1e-12);
    }
    let mut broken = images(2);
    broken[[1, 0, 0, 0]] = f64::NAN;
    let failed = network.gradients(
        broken.view(),
        &LABELS[..2],
        &Softmax::default(),
        &mut workspace,
        Step::default(),
        &mut Unobserved,
    );
    assert!(failed.is_err());
    assert_eq!(workspace.image_losses(), Some(&[][..]), "none of a batch that failed");
    workspace.record_image_losses(false);
    assert_eq!(workspace.image_losses(), None);
}

/// A loss of one's own that knows nothing of images leaves no numbers of another batch.
#[test]
fn losses_that_are_not_given_are_nan() {
    struct Sum;
    impl Loss<f64> for Sum {
        type Targets<'a> = &'a [usize];
        fn check(&self, _: Volume, _: usize, _: &[usize]) -> Result<(), Error> {
            Ok(())
        }
        fn evaluate(&self, at: Evaluation<'_, f64, &[usize]>) -> LossValue<f64> {
            at.gradient.fill(1.0);
            LossValue { mean: at.scores.iter().sum() }
        }
    }
    let mut network = made::<Plain<f64>>();
    let mut workspace = TrainingWorkspace::of(&network, 5).expect("memory");
    workspace.record_image_losses(true);
    step(&mut network, &mut workspace, 5);
    let images = images(2);
    network
        .gradients(images.view(), &LABELS[..2], &Sum, &mut workspace, Step::default(), &mut Unobserved)
        .expect("a step");
    let losses = workspace.image_losses().expect("they are recorded");
    assert!(losses.len() == 2 && losses.iter().all(|loss| loss.is_nan()), "{losses:?}");
}

fn data() -> (LabelledImages, Scaling) {
    let bytes = Array4::from_shape_fn((23, 4, 4, 2), |(n, y, x, d)| {
        u8::try_from((31 * n + 17 * y + 5 * x + 3 * d) % 251).expect("a byte")
    });
    let labels = (0..23).map(|image| image * image % 3).collect();
    let data = LabelledImages::new(bytes, labels, 3).expect("images with labels");
    let scaling = Scaling::fit(&data).expect("images in memory");
    (data, scaling)
}

/// In the order of the data, whatever the batches; their mean is what the evaluation says.
#[test]
fn an_evaluation_gives_the_loss_of_each_image() {
    let (network, (data, scaling)) = (made::<Plain<f64>>(), data());
    let losses = image_losses(&network, &data, &scaling, 5).expect("losses");
    let found = evaluate(&network, &data, &scaling, 5).expect("an evaluation");
    assert_eq!((losses.len(), found.images), (23, 23));
    assert!((losses.iter().sum::<f64>() / 23.0 - found.loss).abs() < 1e-12);
    for batch in [1, 23, 100] {
        let others = image_losses(&network, &data, &scaling, batch).expect("losses");
        let close = |(loss, other): (&f64, &f64)| (loss - other).abs() < 1e-12;
        assert!(losses.iter().zip(&others).all(close), "{losses:?} for {others:?}");
    }
    // The last image by itself.
    let last = data.images().slice(s![22.., .., .., ..]).to_owned();
    let last = LabelledImages::new(last, vec![data.labels()[22]], 3).expect("an image");
    let alone = image_losses(&network, &last, &scaling, 1).expect("a loss")[0];
    assert!((alone - losses[22]).abs() < 1e-12, "{alone} for {}", losses[22]);
}

/// The notation's numbers are the loss's.
#[test]
fn options_of_the_notation() {
    assert_eq!(made::<Plain<f32>>().loss(), &Softmax::default());
    assert_eq!(made::<Smoothed<f32>>().loss(), &Softmax::new(0.1).expect("in range"));
    let rare = Logistic::default().with_positive_weight(5.0).expect("in range");
    assert_eq!(made::<Rare<f32>>().loss(), &rare);
    let binary = Hinge::new(10.0).expect("in range").with_positive_weight(0.5).expect("in range");
    assert_eq!(made::<Binary<f32>>().loss(), &binary);
}

/// A network's loss can be changed, and is what it is then evaluated and trained by.
#[test]
fn weights_are_given_to_a_network() {
    let (data, scaling) = data();
    let mut network = made::<Plain<f64>>();
    let plain = image_losses(&network, &data, &scaling, 5).expect("losses");
    *network.loss_mut() = Softmax::default().with_class_weights(&[1.0, 0.0, 4.0]).expect("weights");
    let weighted = image_losses(&network, &data, &scaling, 5).expect("losses");
    for ((label, plain), weighted) in data.labels().iter().zip(plain).zip(weighted) {
        assert_eq!(weighted, plain * [1.0, 0.0, 4.0][*label]);
    }
    assert_eq!(network.clone().loss(), network.loss());

    // Images of a class that does not count train nothing.
    let before = network.parameters().as_slice().to_vec();
    let mut trainer = Trainer::new(network, Sgd::new(0.1).expect("a rate"), 5, 1).expect("a trainer");
    let images = images(5);
    assert_eq!(trainer.step(images.view(), &[1; 5]).expect("a step"), 0.0);
    assert_eq!(trainer.network().parameters().as_slice(), before);
    assert!(trainer.step(images.view(), &[2; 5]).expect("a step") > 0.0);
    assert_ne!(trainer.network().parameters().as_slice(), before);
}

#[test]
fn weights_that_do_not_fit_are_refused_wherever_they_are_used() {
    let (data, scaling) = data();
    let mut network = made::<Plain<f64>>();
    *network.loss_mut() = Softmax::default().with_class_weights(&[1.0, 2.0]).expect("weights");
    let expected = "SOFTMAX was given 2 weights for 3 classes: it needs one for each";
    let says = |error: Error| assert_eq!(error.to_string(), expected);
    says(evaluate(&network, &data, &scaling, 5).expect_err("too few weights"));
    says(image_losses(&network, &data, &scaling, 5).expect_err("too few weights"));
    let mut trainer = Trainer::new(network, Sgd::new(0.1).expect("a rate"), 5, 1).expect("a trainer");
    says(trainer.step(images(5).view(), &LABELS).expect_err("too few weights"));
    says(trainer.epoch(&data, &scaling, |_| {}).expect_err("too few weights"));
}

/// Through a whole network, with every option.
#[test]
fn gradients_with_options() {
    fn check<N: Network<Scalar = f64>>(mut network: N, targets: <N::Loss as Loss<f64>>::Targets<'_>) {
        let loss = network.loss().clone();
        let checker = GradientChecker::default().step(1e-3).extrapolate();
        let found = checker.check(&mut network, images(5).view(), targets, &loss).expect("a check");
        assert!(found.error() < 1e-6 && found.compared() > 40, "{}: {found}", N::ARCHITECTURE.name());
    }
    let mut smoothed = made::<Smoothed<f64>>();
    let loss = smoothed.loss().clone();
    *smoothed.loss_mut() = loss.with_class_weights(&[0.5, 3.0, 1.0]).expect("weights");
    check(smoothed, &LABELS[..]);
    let targets: Vec<_> = (0..15).map(|i| i * i % 4 == 1).collect();
    let mut rare = made::<Rare<f64>>();
    let loss = rare.loss().clone();
    *rare.loss_mut() = loss.with_attribute_weights(&[0.5, 3.0, 1.0]).expect("weights");
    check(rare, &targets[..]);
    check(made::<Binary<f64>>(), &targets[..]);
}

static TREE: Tree =
    Tree::new(&[Inner(&[Class(0), Class(2)]), Class(1), Inner(&[Class(3), Class(4), Class(5)])]);

network! {
    struct OfSoftmax { INPUT[4x4x2] -> CONV3-4 -> RELU -> FC6 }
    struct OfSmoothing { INPUT[4x4x2] -> CONV3-4 -> RELU -> FC6 -> SOFTMAX(smoothing=0.2) }
    struct OfSvm { INPUT[4x4x2] -> CONV3-4 -> RELU -> FC6 -> SVM(delta=1) }
    struct OfSquares { INPUT[4x4x2] -> CONV3-4 -> RELU -> FC6 -> SVM2(delta=3) }
    struct OfOneVsAll { INPUT[4x4x2] -> CONV3-4 -> RELU -> FC6 -> OVA }
    struct OfTree { INPUT[4x4x2] -> CONV3-4 -> RELU -> FC8 -> HSOFTMAX(TREE) }
    struct OfLogistic { INPUT[4x4x2] -> CONV3-4 -> RELU -> FC6 -> LOGISTIC }
    struct OfHinge { INPUT[4x4x2] -> CONV3-4 -> RELU -> FC6 -> HINGE(C=10) }
}

/// The notes' sanity check: with tiny weights all scores are about 0, and the loss is what chance alone comes to.
#[test]
fn an_untrained_network_loses_what_chance_does() {
    fn check<N: Network<Scalar = f64>>(targets: <N::Loss as Loss<f64>>::Targets<'_>, expected: f64) {
        let mut network = N::new(1, &Initialization::new(Weights::Gaussian(1e-4))).expect("a network");
        let (loss, images) = (network.loss().clone(), images(5));
        let mut workspace = TrainingWorkspace::of(&network, 5).expect("memory");
        let step = Step::default();
        let value = network.gradients(images.view(), targets, &loss, &mut workspace, step, &mut Unobserved);
        let mean = value.expect("a step").mean;
        let name = N::ARCHITECTURE.name();
        assert!(
            (mean - expected).abs() < 1e-6 * expected && mean != expected,
            "{name}: {mean} for {expected}"
        );
    }
    let (k, ln) = (6.0, f64::ln);
    check::<OfSoftmax<f64>>(&LABELS[..], ln(k));
    check::<OfSmoothing<f64>>(&LABELS[..], ln(k));
    check::<OfSvm<f64>>(&LABELS[..], k - 1.0);
    check::<OfSquares<f64>>(&LABELS[..], (k - 1.0) * 9.0);
    check::<OfOneVsAll<f64>>(&LABELS[..], k);
    // Class 1 hangs on the root, a softmax of 3; classes 0 and 2 on a node of 2 below it: labels 0, 2, 1, 1, 0.
    check::<OfTree<f64>>(&LABELS[..], ln(3.0) + 3.0 / 5.0 * ln(2.0));
    let targets: Vec<_> = (0..30).map(|i| i % 4 == 1).collect();
    check::<OfLogistic<f64>>(&targets[..], k * ln(2.0));
    check::<OfHinge<f64>>(&targets[..], 10.0 * k);
}
