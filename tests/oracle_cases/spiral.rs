//! The notes' case study: three arms of a spiral, by a linear classifier and by a network of two layers.

use convnet::layers::Algorithms;
use convnet::losses::{Loss, Softmax};
use convnet::optimizers::{Optimizer, Sgd};
use convnet::regularization::{Penalty, Regularization};
use convnet::workspace::TrainingWorkspace;
use convnet::{Network, Scalar, Step, Unobserved, network};
use ndarray::ArrayView4;

use crate::case::{Case, Precision};
use crate::compare::algorithms;
use crate::run::{Setup, network};

pub(crate) const NAMES: &[&str] = &["notes_spiral_2layer", "notes_spiral_linear"];

/// The notes' learning rate, and strength of `0.5 * reg * sum(W^2)`.
const RATE: f64 = 1.0;
const STRENGTH: f64 = 1e-3;

network! {
    struct Linear { INPUT[1x1x2] -> FC3 }
    struct TwoLayers { INPUT[1x1x2] -> FC100 -> RELU -> FC3 }
}

/// Trains on the whole set at every step, as the notes do: the losses of every `every` steps, and the accuracy at the end.
fn train<N: Network>(
    setup: &Setup,
    labels: &[usize],
    (steps, every): (usize, usize),
    by: Algorithms,
) -> (Vec<f64>, f64) {
    let (mut network, points) = network::<N>(setup);
    let workspace = TrainingWorkspace::with_algorithms(N::ARCHITECTURE, labels.len(), by);
    let mut workspace = workspace.expect("a workspace");
    let penalty = Regularization::from(Penalty::l2(STRENGTH).expect("a strength"));
    let mut regularizer = penalty.of(N::ARCHITECTURE).expect("a network with weights");
    let (mut sgd, mut losses) = (Sgd::new(RATE).expect("a rate"), Vec::new());
    let mut gradients_of = |network: &mut N, points: ArrayView4<'_, N::Scalar>| {
        let step = Step::default();
        let loss =
            network.gradients(points, labels, &Softmax::default(), &mut workspace, step, &mut Unobserved);
        let penalty = workspace.regularize(network.parameters(), &mut regularizer).expect("gradients");
        let scores = workspace.scores().to_owned();
        sgd.update(network.parameters_mut(), workspace.gradients()).expect("an update");
        (loss.expect("a loss").mean.as_f64() + penalty, scores)
    };
    for step in 0..steps {
        let (loss, _) = gradients_of(&mut network, points.view());
        if step % every == 0 {
            losses.push(loss);
        }
    }
    let (_, scores) = gradients_of(&mut network, points.view());
    let rows = scores.as_slice().expect("standard layout").chunks_exact(3);
    let right = rows
        .zip(labels)
        .filter(|&(scores, &label)| Loss::<N::Scalar>::prediction(&Softmax::default(), scores).0 == label);
    (losses, right.count() as f64 / labels.len() as f64)
}

fn setup(case: &Case, parameters: &[Vec<f64>]) -> Setup {
    Setup { parameters: parameters.concat(), state: Vec::new(), images: case.numbers("X"), seed: 0 }
}

fn check_linear<N: Network>(case: &Case) {
    let setup = setup(case, &[case.transposed("W"), vec![0.0; 3]]);
    let (labels, precision) = (case.labels("y"), Precision::of::<N::Scalar>());
    let published = case.meta()["published_losses_10_to_190"].as_array().expect("losses");
    for by in algorithms(N::ARCHITECTURE) {
        let (losses, accuracy) = train::<N>(&setup, &labels, (200, 10), by);
        case.compare("losses", &losses, &case.numbers("losses"), precision);
        // The notes drew other weights; the loss is convex.
        for (found, published) in losses[1..].iter().zip(published) {
            let published = published.as_f64().expect("a loss");
            assert!((found - published).abs() < 1e-4, "{found} for {published}");
        }
        assert_eq!(accuracy, case.meta()["accuracy"].as_f64().expect("an accuracy"));
    }
}

#[test]
fn notes_spiral_linear() {
    let case = Case::open("notes_spiral_linear");
    check_linear::<Linear<f64>>(&case);
    check_linear::<Linear<f32>>(&case);
}

/// In the middle of these 10,000 steps roundings grow: the losses of the first step and the last are what they are, those
/// between nearly, and in `f64` that of step 1000 to the digit.
fn check_two_layers<N: Network>(case: &Case, steps: usize, by: Algorithms) {
    let parameters = [case.transposed("W"), vec![0.0; 100], case.transposed("W2"), vec![0.0; 3]];
    let (expected, precision) = (case.numbers("losses"), Precision::of::<N::Scalar>());
    let (losses, accuracy) = train::<N>(&setup(case, &parameters), &case.labels("y"), (steps, 1000), by);
    let exact = if precision == Precision::Double { 2 } else { 1 };
    case.compare("losses", &losses[..exact], &expected[..exact], precision);
    for (index, (found, expected)) in losses.iter().zip(&expected).enumerate() {
        let limit = if index == 9 { 0.005 } else { 0.05 };
        assert!((found - expected).abs() < limit, "loss {index} is {found} for {expected}");
    }
    assert!(steps < 10_000 || accuracy >= 0.97, "{accuracy}");
}

#[test]
fn notes_spiral_2layer() {
    let case = Case::open("notes_spiral_2layer");
    check_two_layers::<TwoLayers<f64>>(&case, 10_000, Algorithms::CHOSEN);
    check_two_layers::<TwoLayers<f32>>(&case, 10_000, Algorithms::CHOSEN);
    // The others as far as the second of these losses.
    for by in algorithms(<TwoLayers<f64> as Network>::ARCHITECTURE) {
        check_two_layers::<TwoLayers<f64>>(&case, 1001, by);
        check_two_layers::<TwoLayers<f32>>(&case, 1001, by);
    }
}
