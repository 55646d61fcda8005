//! Training in practice: gradient checks, initialisation, dropout, rates and ratios of the notes' chapters on neural
//! networks.

use convnet::data::{Batches, Scaling, idx};
use convnet::geometry::Volume;
use convnet::losses::{Evaluation, Loss, LossValue, Softmax};
use convnet::optimizers::{Optimizer, Sgd};
use convnet::schedules::{Schedule, Scheduler};
use convnet::train::{GradientChecker, Smoothness, Verdict};
use convnet::workspace::{InferenceWorkspace, TrainingWorkspace};
use convnet::{Error, Initialization, Network, Parameters, Step, Unobserved, Weights, network};
use ndarray::Array4;
use serde_json::{Value, json};

network! {
    struct Smooth { INPUT[4x4x2] -> CONV3-4 -> TANH -> FC3 }
    struct Kinked { INPUT[4x4x2] -> CONV3-4 -> RELU -> POOL2 -> FC3 }
}

/// Softmax with a mistake in its gradient.
#[derive(Clone, Copy)]
struct Mistaken;

impl Loss<f64> for Mistaken {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        Loss::<f64>::check(&Softmax::default(), output, images, labels)
    }

    fn evaluate(&self, at: Evaluation<'_, f64, &[usize]>) -> LossValue<f64> {
        let Evaluation { scores, targets, images, gradient, kinks, per_image } = at;
        let value = Softmax::default().evaluate(Evaluation {
            scores,
            targets,
            images,
            gradient: &mut *gradient,
            kinks,
            per_image,
        });
        gradient.iter_mut().for_each(|gradient| *gradient *= 1.05);
        value
    }
}

/// The largest relative error that a gradient check finds.
fn error<N, L>(checker: &GradientChecker, loss: &L) -> f64
where
    N: Network<Scalar = f64>,
    L: for<'a> Loss<f64, Targets<'a> = &'a [usize]>,
{
    let images =
        Array4::from_shape_fn((3, 4, 4, 2), |(n, y, x, d)| ((7 * n + 5 * y + 3 * x + d) as f64).sin());
    let mut network = N::new(3, &Initialization::default()).expect("a network");
    checker.check(&mut network, images.view(), &[0, 1, 2][..], loss).expect("a check").error()
}

/// The limits at which our verdict changes, which our own networks keep, or break where they should.
pub(crate) fn gradcheck() -> Value {
    let (step, wrong, kinks, happy) = (1e-5, 1e-2, 1e-4, 1e-7);
    for (limit, up_to, above) in [
        (wrong, Verdict::Uncomfortable, Verdict::Wrong),
        (kinks, Verdict::Okay, Verdict::Uncomfortable),
        (happy, Verdict::Happy, Verdict::Okay),
    ] {
        assert_eq!(Verdict::on(limit, Smoothness::Kinked), up_to);
        assert_eq!(Verdict::on(1.001 * limit, Smoothness::Kinked), above);
    }
    let checker = GradientChecker::default();
    assert_eq!(checker, checker.clone().step(step));
    let exact = checker.clone().step(1e-3).extrapolate();
    assert!(error::<Smooth<f64>, _>(&checker, &Mistaken) > wrong);
    assert!(error::<Kinked<f64>, _>(&checker, &Softmax::default()) < kinks);
    assert!(error::<Smooth<f64>, _>(&exact, &Softmax::default()) < happy);
    json!([step, wrong, kinks, happy])
}

/// While training what is kept is divided by the probability of keeping it; inference changes nothing.
pub(crate) fn dropout() -> Value {
    network! { struct Dropped { INPUT[50x50x4] -> DROPOUT(keep=0.8) } }
    const KEEP: f64 = 0.8;
    let mut network = Dropped::<f64>::new(0, &Initialization::default()).expect("a network");
    let ones = Array4::ones((1, 50, 50, 4));
    let mut inference = InferenceWorkspace::of(&network, 1).expect("a workspace");
    let inferred = network.infer(ones.view(), &mut inference, &mut Unobserved).expect("scores");
    assert!(inferred.iter().all(|&one| one == 1.0));

    let mut workspace = TrainingWorkspace::of(&network, 1).expect("a workspace");
    let targets = vec![0.0; ones.len()];
    let loss = convnet::losses::L2;
    network
        .gradients(ones.view(), &targets[..], &loss, &mut workspace, Step::default(), &mut Unobserved)
        .expect("a step");
    let kept = workspace.scores().iter().filter(|&&number| number == 1.0 / KEEP).count();
    assert_eq!(workspace.scores().iter().filter(|&&number| number == 0.0).count(), ones.len() - kept);
    // Of 10,000 numbers, give or take five standard deviations.
    assert!(kept.abs_diff(8_000) < 200, "{kept}");
    Value::Null
}

/// The standard deviations of He's and of the calibrated initialisation, as formulas, which what is drawn agrees with.
pub(crate) fn init() -> Value {
    network! { struct Wide { INPUT[32x32x3] -> FC300 nobias } }
    let deviations = [(Weights::He, 2.0), (Weights::Calibrated, 1.0)].map(|(weights, numerator)| {
        let network = Wide::<f64>::new(5, &Initialization::new(weights)).expect("a network");
        let tensor = network.parameters().tensors()[0];
        let weights = network.parameters().as_slice();
        let variance = weights.iter().map(|weight| weight * weight).sum::<f64>() / weights.len() as f64;
        let expected = numerator / tensor.fan_in as f64;
        // Of 921,600 numbers, give or take five standard deviations of their variance.
        assert!((variance / expected - 1.0).abs() < 5.0 * (2.0 / weights.len() as f64).sqrt());
        expected.sqrt()
    });
    json!(deviations)
}

/// The rates of the notes' schedules in epoch 10, which an optimizer takes.
pub(crate) fn lr_decay() -> Value {
    let schedules = [Schedule::inverse(0.3), Schedule::exponential(0.07), Schedule::step(0.5, 5)];
    let taken = schedules.map(|schedule| {
        let scheduler =
            schedule.and_then(|schedule| Scheduler::new(schedule, 0.1)).expect("options in range");
        let mut sgd = Sgd::new(scheduler.rate(0.0)).expect("a rate");
        Optimizer::<f64>::set_learning_rate(&mut sgd, scheduler.rate(10.0)).expect("a rate");
        Optimizer::<f64>::learning_rate(&sgd)
    });
    json!(taken)
}

/// The size of the updates of a layer's weights relative to theirs, at this rate: the median of some first steps.
fn ratio(rate: f64) -> f64 {
    network! { struct Digits { INPUT[28x28x1] -> CONV5-8 -> RELU -> POOL2 -> FC32 -> RELU -> FC10 } }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist-mini");
    let (training, _) = idx::read_mnist(folder).expect("the digits that ship with the project");
    let mut network = Digits::new(7);
    let mut workspace = TrainingWorkspace::of(&network, 50).expect("a workspace");
    let scaling = Scaling::fit(&training).expect("images in memory");
    let mut batches = Batches::new(&training, &scaling, 50).expect("batches");
    batches.shuffle(7, 0);
    let mut sgd = Sgd::new(rate).expect("a rate");
    let norm = |parameters: &Parameters<f32>| {
        let weights = parameters.get("fc1.weights").expect("a tensor");
        f64::from(weights.iter().map(|weight| weight * weight).sum::<f32>().sqrt())
    };
    let mut ratios = [0.0; 21];
    for ratio in &mut ratios {
        let (images, labels) = batches.next().expect("images in memory").expect("5,000 images");
        let step = Step::default();
        network
            .gradients(images, labels, &Softmax::default(), &mut workspace, step, &mut Unobserved)
            .expect("a step");
        *ratio = rate * norm(workspace.gradients()) / norm(network.parameters());
        sgd.update(network.parameters_mut(), workspace.gradients()).expect("an update");
    }
    ratios.sort_by(f64::total_cmp);
    ratios[10]
}

/// "Somewhere around 1e-3", a rule of thumb: what a rate that trains well gives is within a factor of ten of it, what a rate
/// far too low or too high gives is not.
pub(crate) fn update_ratio() -> Value {
    const HEALTHY: f64 = 1e-3;
    assert!((0.1..10.0).contains(&(ratio(0.01) / HEALTHY)));
    assert!(ratio(1e-5) < 0.1 * HEALTHY);
    assert!(ratio(0.1) > 10.0 * HEALTHY);
    json!(HEALTHY)
}
