//! Layers and losses that a user writes.

use convnet::geometry::Volume;
use convnet::layers::{CustomBackward, CustomForward, CustomKinks, CustomLayer, Mode};
use convnet::losses::{Evaluation, Loss, LossValue};
use convnet::train::{GradientChecker, Smoothness};
use convnet::workspace::{InferenceWorkspace, TrainingWorkspace};
use convnet::{Error, Initialization, Kinks, Network, Scalar, Statistics, Step, Unobserved, network};
use ndarray::Array4;

const DEPTH: usize = 4;

/// Multiplies every channel by a number that is learned, and counts its batches.
struct Scale;

impl<T: Scalar> CustomLayer<T> for Scale {
    const OUTPUT: Volume = Volume::new(5, 4, DEPTH);
    const PARAMETERS: usize = DEPTH;
    const STATE: usize = 1;

    fn initialize(parameters: &mut [T]) {
        for (i, parameter) in parameters.iter_mut().enumerate() {
            *parameter = T::from_f64(1.0 + i as f64);
        }
    }

    fn forward(at: CustomForward<'_, T>) {
        if let Mode::Training { state, update: Statistics::Update, .. } = at.mode {
            state[0] += T::one();
        }
        for (i, (output, &input)) in at.output.iter_mut().zip(at.input).enumerate() {
            *output = at.parameters[i % DEPTH] * input;
        }
    }

    fn backward(at: CustomBackward<'_, T>) {
        if let Some(gradient) = at.parameter_gradient {
            for (i, (&output, &input)) in at.output_gradient.iter().zip(at.input).enumerate() {
                gradient[i % DEPTH] += output * input;
            }
        }
        if let Some(gradient) = at.input_gradient {
            for (i, (gradient, &output)) in gradient.iter_mut().zip(at.output_gradient).enumerate() {
                *gradient += at.parameters[i % DEPTH] * output;
            }
        }
    }
}

/// The mean of each pixel's squares; its derivative is computed from what it saves.
struct MeanSquare;

impl<T: Scalar> CustomLayer<T> for MeanSquare {
    const OUTPUT: Volume = Volume::new(5, 4, 1);
    const SAVED: usize = 5 * 4 * DEPTH;

    fn forward(at: CustomForward<'_, T>) {
        let depth = T::from_f64(DEPTH as f64);
        for (output, pixel) in at.output.iter_mut().zip(at.input.chunks_exact(DEPTH)) {
            *output = pixel.iter().map(|&x| x * x).sum::<T>() / depth;
        }
        if let Mode::Training { saved, .. } = at.mode {
            saved.iter_mut().zip(at.input).for_each(|(saved, &x)| *saved = (x + x) / depth);
        }
    }

    fn backward(at: CustomBackward<'_, T>) {
        let Some(gradient) = at.input_gradient else { return };
        for (i, (gradient, &slope)) in gradient.iter_mut().zip(at.saved).enumerate() {
            *gradient += slope * at.output_gradient[i / DEPTH];
        }
    }
}

/// `sum of (score - target)^4`, which no loss of the notes is.
#[derive(Clone, Default)]
struct Quartic;

impl<T: Scalar> Loss<T> for Quartic {
    type Targets<'a> = &'a [T];

    fn check(&self, output: Volume, images: usize, targets: &[T]) -> Result<(), Error> {
        if targets.len() == images * output.count() {
            return Ok(());
        }
        Err(Error::TargetCount { images, targets: targets.len() })
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[T]>) -> LossValue<T> {
        let images = T::from_f64(at.images as f64);
        let mut total = T::zero();
        for ((gradient, &score), &target) in at.gradient.iter_mut().zip(at.scores).zip(at.targets) {
            let difference = score - target;
            let cube = difference * difference * difference;
            total += cube * difference;
            *gradient = T::from_f64(4.0) * cube / images;
        }
        LossValue { mean: total / images }
    }
}

network! {
    /// Layers of one's own first, in a branch, and behind layers with parameters.
    struct Own {
        INPUT[5x4x4]
        -> (Scale, parameters=4, state=1) : [5x4x4]
        -> ADD{ CONV3-4 -> (Scale, parameters=4, state=1) @inner : [5x4x4] | ID }
        -> CAT{ (MeanSquare) : [5x4x1] | CONV1-2 -> TANH }
        -> FC3 -> LOSS(Quartic)
    }
    assert parameters == 349;
}

fn images() -> Array4<f64> {
    Array4::from_shape_fn((3, 4, 5, 4), |(n, y, x, d)| ((7 * n + 5 * y + 3 * x + 2 * d) as f64).sin())
}

#[test]
fn their_gradients_are_checked_like_any_other() {
    let mut network = Own::<f64>::new(3, &Initialization::default()).expect("a network");
    let targets: Vec<f64> = (0..9).map(|i| f64::from(i).cos()).collect();
    let checker = GradientChecker::default().step(1e-3).extrapolate();
    let found = checker.check(&mut network, images().view(), &targets[..], &Quartic).expect("a check");
    assert!(found.error() < 1e-7 && found.crossings() == 0 && found.compared() >= 80, "{found}");
    assert_eq!(network.state().as_slice(), [0.0; 2], "a gradient check moves no state");
}

#[test]
fn their_numbers_have_names_places_and_first_values() {
    let network = Own::new(3);
    let first = network.scale1();
    assert_eq!(first.parameters().to_vec(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(network.add1_b1_inner().parameters().to_vec(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(network.parameters().get("scale1.parameters").expect("its tensor").shape(), [4]);
    assert!(network.state().get("add1.b1.inner.state").is_some());
}

#[test]
fn state_moves_in_training_alone() {
    let mut network = Own::<f64>::new(3, &Initialization::default()).expect("a network");
    let (mut training, mut inference) = (
        TrainingWorkspace::of(&network, 3).expect("memory"),
        InferenceWorkspace::of(&network, 3).expect("memory"),
    );
    let targets = [0.0; 9];
    for number in 0..2 {
        let step = Step { number, ..Step::default() };
        let loss = network.loss().clone();
        network
            .gradients(images().view(), &targets[..], &loss, &mut training, step, &mut Unobserved)
            .expect("a step");
    }
    let scores = network.infer(images().view(), &mut inference, &mut Unobserved).expect("scores");
    assert_eq!(scores, training.scores(), "inference computes what training does");
    assert_eq!(network.state().as_slice(), [2.0; 2]);
}

/// The gradient of the images flows through layers of one's own as well, as often as it is asked for.
#[test]
fn the_gradient_by_the_images() {
    let mut network = Own::<f64>::new(3, &Initialization::default()).expect("a network");
    let mut workspace = TrainingWorkspace::of(&network, 3).expect("memory");
    let targets = [0.5; 9];
    let mut mean = |network: &mut Own<f64>, images: &Array4<f64>| {
        let step = Step { statistics: Statistics::Frozen, ..Step::default() };
        let value =
            network.gradients(images.view(), &targets[..], &Quartic, &mut workspace, step, &mut Unobserved);
        let mean = value.expect("a step").mean;
        let gradient = network.input_gradient(&mut workspace).expect("a gradient").to_owned();
        assert_eq!(network.input_gradient(&mut workspace).expect("the same again"), gradient);
        (mean, gradient)
    };
    let x = images();
    let (_, gradient) = mean(&mut network, &x);
    for (index, &analytic) in gradient.indexed_iter().step_by(7) {
        let at = |step: f64| {
            let mut x = x.clone();
            x[index] += step;
            x
        };
        let (above, below) = (mean(&mut network, &at(1e-5)).0, mean(&mut network, &at(-1e-5)).0);
        let numeric = (above - below) / 2e-5;
        let error = (analytic - numeric).abs() / analytic.abs().max(numeric.abs()).max(1e-6);
        assert!(error < 1e-6, "{index:?}: {analytic} for {numeric}");
    }
}

/// `|x|`, which has a kink at 0.
struct Absolute;

impl<T: Scalar> CustomLayer<T> for Absolute {
    const OUTPUT: Volume = Volume::new(5, 4, DEPTH);

    fn forward(at: CustomForward<'_, T>) {
        at.output.iter_mut().zip(at.input).for_each(|(output, &input)| *output = input.abs());
    }

    fn backward(at: CustomBackward<'_, T>) {
        let Some(gradient) = at.input_gradient else { return };
        for ((gradient, &slope), &input) in gradient.iter_mut().zip(at.output_gradient).zip(at.input) {
            *gradient += if input > T::zero() { slope } else { -slope };
        }
    }

    fn kinks(at: CustomKinks<'_, T>, kinks: &mut Kinks) {
        assert_eq!((at.images * at.volume.count(), at.saved.len()), (at.input.len(), 0));
        assert!(at.output.iter().zip(at.input).all(|(&output, &input)| output == input.abs()));
        kinks.signs(at.input);
    }
}

/// `sum of |score - target|`, with a kink where both are equal.
#[derive(Clone, Default)]
struct Distance;

impl<T: Scalar> Loss<T> for Distance {
    type Targets<'a> = &'a [T];

    fn check(&self, output: Volume, images: usize, targets: &[T]) -> Result<(), Error> {
        Quartic.check(output, images, targets)
    }

    fn evaluate(&self, mut at: Evaluation<'_, T, &[T]>) -> LossValue<T> {
        let images = T::from_f64(at.images as f64);
        let mut total = T::zero();
        for ((gradient, &score), &target) in at.gradient.iter_mut().zip(at.scores).zip(at.targets) {
            if let Some(kinks) = at.kinks.as_deref_mut() {
                kinks.decision(score > target);
            }
            total += (score - target).abs();
            *gradient = if score > target { images.recip() } else { -images.recip() };
        }
        LossValue { mean: total / images }
    }
}

network! {
    struct Bent { INPUT[5x4x4] -> (Absolute) : [5x4x4] -> FC3 -> LOSS(Quartic) }
    struct Far { INPUT[5x4x4] -> FC3 -> LOSS(Distance) }
}

/// A step over a kink of a layer of one's own is a crossing, and no error.
#[test]
fn kinks_of_own_layers_are_crossings() {
    let mut network = Bent::<f64>::new(3, &Initialization::default()).expect("a network");
    let mut images = images();
    for (number, pixel) in images.iter_mut().take(3).enumerate() {
        *pixel = 1e-6 * (number as f64 + 1.0);
    }
    let targets: Vec<f64> = (0..9).map(|i| f64::from(i).cos()).collect();
    let checker = GradientChecker::default().only_numbers("images", [0, 1, 2, 3, 4]);
    let found = checker.check(&mut network, images.view(), &targets[..], &Quartic).expect("a check");
    assert_eq!(
        (found.compared(), found.crossings(), found.smoothness),
        (2, 3, Smoothness::Kinked),
        "{found}"
    );
    assert!(found.error() < 1e-6, "{found}");
}

/// And one over a kink of a loss of one's own.
#[test]
fn kinks_of_own_losses_are_crossings() {
    let mut network = Far::<f64>::new(3, &Initialization::default()).expect("a network");
    let mut workspace = InferenceWorkspace::of(&network, 3).expect("memory");
    let scores = network.infer(images().view(), &mut workspace, &mut Unobserved).expect("scores");
    let mut targets: Vec<f64> = scores.iter().map(|score| score + 1.0).collect();
    // Of the second class, by whose bias the scores of the second image pass their target.
    targets[4] -= 1.0 + 1e-6;
    let checker = GradientChecker::default().only("fc1.bias");
    let found = checker.check(&mut network, images().view(), &targets[..], &Distance).expect("a check");
    assert_eq!((found.compared(), found.crossings()), (2, 1), "{found}");
    assert!(found.error() < 1e-6, "{found}");
}
