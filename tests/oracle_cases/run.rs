//! What a network of ours computes, in `f64` whatever it computes in.
//!
//! Generic code is compiled for every network and scalar: here is all of it, and it does nothing but run and convert.

use convnet::geometry::Volume;
use convnet::layers::Algorithms;
use convnet::losses::{Evaluation, Loss, LossValue};
use convnet::workspace::{InferenceWorkspace, TrainingWorkspace};
use convnet::{Error, Initialization, Network, Parameters, Scalar, Step};
use ndarray::{Array4, ArrayView4, Axis};

/// What a network is run on.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) parameters: Vec<f64>,
    pub(crate) state: Vec<f64>,
    /// `[N, H, W, D]`.
    pub(crate) images: Vec<f64>,
    /// The seed of what is drawn.
    pub(crate) seed: u64,
}

/// What one step of training computes.
#[derive(Clone, Default)]
pub(crate) struct Trained {
    /// The output of every layer, by name.
    pub(crate) volumes: Vec<(String, Vec<f64>)>,
    pub(crate) loss: f64,
    pub(crate) scores: Vec<f64>,
    pub(crate) by_scores: Vec<f64>,
    /// The gradients by the parameters, in our order.
    pub(crate) by_parameters: Vec<f64>,
    pub(crate) by_input: Vec<f64>,
    /// The state after the step.
    pub(crate) state: Vec<f64>,
}

/// What inference computes.
pub(crate) struct Inferred {
    pub(crate) volumes: Vec<(String, Vec<f64>)>,
    pub(crate) loss: f64,
    pub(crate) scores: Vec<f64>,
    pub(crate) by_scores: Vec<f64>,
    /// The scores again, of batches of one image.
    pub(crate) alone: Vec<f64>,
}

/// `sum(scores * targets)`: a linear loss that exposes every output. It is a user's own loss, too.
pub(crate) struct Sum;

impl<T: Scalar> Loss<T> for Sum {
    type Targets<'a> = &'a [T];

    fn check(&self, output: Volume, images: usize, targets: &[T]) -> Result<(), Error> {
        assert_eq!(output.count() * images, targets.len());
        Ok(())
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[T]>) -> LossValue<T> {
        at.gradient.copy_from_slice(at.targets);
        LossValue { mean: at.scores.iter().zip(at.targets).map(|(&score, &target)| score * target).sum() }
    }
}

pub(crate) fn cast<T: Scalar>(numbers: &[f64]) -> Vec<T> {
    numbers.iter().map(|&number| T::from_f64(number)).collect()
}

pub(crate) fn doubles<'a, T: Scalar>(numbers: impl IntoIterator<Item = &'a T>) -> Vec<f64> {
    numbers.into_iter().map(|number| number.as_f64()).collect()
}

fn fill<T: Scalar>(parameters: &mut Parameters<T>, numbers: &[f64]) {
    parameters.as_mut_slice().copy_from_slice(&cast::<T>(numbers));
}

/// A network with the numbers of a setup, and its images.
pub(crate) fn network<N: Network>(setup: &Setup) -> (N, Array4<N::Scalar>) {
    let mut network = N::new(0, &Initialization::default()).expect("a network");
    fill(network.parameters_mut(), &setup.parameters);
    fill(network.state_mut(), &setup.state);
    (network, images(N::ARCHITECTURE.input(), &setup.images))
}

fn images<T: Scalar>(volume: Volume, numbers: &[f64]) -> Array4<T> {
    let Volume { width, height, depth } = volume;
    let shape = (numbers.len() / volume.count(), height, width, depth);
    Array4::from_shape_vec(shape, cast(numbers)).expect("whole images")
}

/// The loss of scores and its gradient by them.
fn evaluate<T: Scalar, L: Loss<T>>(
    scores: ArrayView4<'_, T>,
    targets: L::Targets<'_>,
    loss: &L,
) -> (f64, Vec<f64>) {
    let images = scores.len_of(Axis(0));
    let scores = scores.as_slice().expect("standard layout");
    let mut gradient = vec![T::nan(); scores.len()];
    let value = loss.evaluate(Evaluation {
        scores,
        targets,
        images,
        gradient: &mut gradient,
        kinks: None,
        per_image: None,
    });
    (value.mean.as_f64(), doubles(&gradient))
}

/// One step of training, in a workspace for more images than there are, as a last, smaller batch has.
pub(crate) fn train<N: Network, L: Loss<N::Scalar>>(
    setup: &Setup,
    targets: L::Targets<'_>,
    loss: &L,
    algorithms: Algorithms,
) -> Trained {
    let (mut network, images) = network::<N>(setup);
    let capacity = images.len_of(Axis(0)) + 2;
    let workspace = TrainingWorkspace::with_algorithms(N::ARCHITECTURE, capacity, algorithms);
    let mut workspace = workspace.expect("a workspace");
    let mut volumes = Vec::new();
    let mut see = |name: &str, volume: ArrayView4<'_, N::Scalar>| {
        volumes.push((name.to_owned(), doubles(volume)));
    };
    let step = Step { seed: setup.seed, ..Step::default() };
    let value = network.gradients(images.view(), targets, loss, &mut workspace, step, &mut see);
    let value = value.unwrap_or_else(|error| panic!("{}: {error}", N::ARCHITECTURE.name()));
    let (again, by_scores) = evaluate(workspace.scores(), targets, loss);
    assert_eq!(again, value.mean.as_f64());
    let by_input = doubles(network.input_gradient(&mut workspace).expect("gradients were computed"));
    // Asked for twice, it is the same: nothing that it needs was overwritten.
    let twice = doubles(network.input_gradient(&mut workspace).expect("gradients were computed"));
    assert_eq!(by_input, twice);
    Trained {
        volumes,
        loss: value.mean.as_f64(),
        scores: doubles(workspace.scores()),
        by_scores,
        by_parameters: doubles(workspace.gradients().as_slice()),
        by_input,
        state: doubles(network.state().as_slice()),
    }
}

/// Inference of the whole batch, and image by image.
pub(crate) fn infer<N: Network, L: Loss<N::Scalar>>(
    setup: &Setup,
    targets: L::Targets<'_>,
    loss: &L,
    algorithms: Algorithms,
) -> Inferred {
    let (network, images) = network::<N>(setup);
    let capacity = images.len_of(Axis(0)) + 1;
    let workspace = InferenceWorkspace::with_algorithms(N::ARCHITECTURE, capacity, algorithms);
    let mut workspace = workspace.expect("a workspace");
    let mut volumes = Vec::new();
    let mut see = |name: &str, volume: ArrayView4<'_, N::Scalar>| {
        volumes.push((name.to_owned(), doubles(volume)));
    };
    let scores = network.infer(images.view(), &mut workspace, &mut see).expect("scores");
    let (loss, by_scores) = evaluate(scores, targets, loss);
    let (scores, mut alone) = (doubles(scores), Vec::new());
    for image in images.axis_iter(Axis(0)) {
        let image = image.insert_axis(Axis(0));
        let scores = network.infer(image, &mut workspace, &mut convnet::Unobserved).expect("scores");
        alone.extend(doubles(scores));
    }
    Inferred { volumes, loss, scores, by_scores, alone }
}

impl Trained {
    /// What a batch gives whose images were trained on one by one, from the same parameters.
    pub(crate) fn of_images(images: Vec<Self>) -> Self {
        let count = images.len() as f64;
        let mut batch = Self::default();
        for image in images {
            if batch.volumes.is_empty() {
                batch.volumes = image.volumes.iter().map(|(name, _)| (name.clone(), Vec::new())).collect();
                batch.by_parameters = vec![0.0; image.by_parameters.len()];
            }
            for ((_, batch), (_, image)) in batch.volumes.iter_mut().zip(&image.volumes) {
                batch.extend(image);
            }
            for (sum, gradient) in batch.by_parameters.iter_mut().zip(&image.by_parameters) {
                *sum += gradient / count;
            }
            batch.loss += image.loss / count;
            batch.scores.extend(&image.scores);
            batch.by_scores.extend(image.by_scores.iter().map(|gradient| gradient / count));
            batch.by_input.extend(image.by_input.iter().map(|gradient| gradient / count));
        }
        batch
    }
}
