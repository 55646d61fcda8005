//! Evaluation: the loss and accuracy of a network on images that it was not trained on.

use ndarray::ArrayView4;
use num_traits::{Float, Zero};

use super::{LabelLoss, count_right};
use crate::data::{Batches, Dataset, Evaluated, Prepare, evaluated};
use crate::error::Error;
use crate::losses::{self, Loss};
use crate::network::Network;
use crate::observer::finite_scores;
use crate::scalar::Scalar;
use crate::workspace::InferenceWorkspace;

/// How well a network does on a data set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Evaluation {
    /// The mean loss.
    pub loss: f64,
    /// The share of images classified rightly.
    pub accuracy: f64,
    /// How many images there were.
    pub images: usize,
}

/// What a network says of one image.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Prediction {
    /// The class that the scores speak for: the largest, unless the loss knows better.
    pub class: usize,
    /// Its probability.
    pub probability: f64,
}

/// Evaluates a network, in inference mode, on every image of a data set, `batch` at a time.
///
/// # Errors
/// [`Error::Classes`] if network and data differ in the number of classes, [`Error::NonFiniteScores`], and those of
/// [`Network::infer`] and of [`Dataset::read`].
pub fn evaluate<N>(
    network: &N,
    data: &impl Evaluated,
    preprocessing: &impl Prepare,
    batch: usize,
) -> Result<Evaluation, Error>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
{
    on(network, evaluated(data), preprocessing, batch)
}

/// [`evaluate`] on the data behind a role.
pub(super) fn on<N>(
    network: &N,
    data: &dyn Dataset,
    preprocessing: &dyn Prepare,
    batch: usize,
) -> Result<Evaluation, Error>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
{
    let (mut loss, mut right) = (0.0, 0);
    each_batch(network, data, preprocessing, batch, |scored| {
        right += count_right(network.loss(), scored.scores, scored.labels);
        loss += scored.mean.as_f64() * scored.labels.len() as f64;
    })?;
    let images = data.len();
    Ok(Evaluation { loss: loss / images as f64, accuracy: right as f64 / images as f64, images })
}

/// The loss of each image of a data set, in its order, in inference mode: the largest are those that a network does not
/// understand, or whose labels are wrong.
///
/// # Errors
/// Those of [`evaluate`].
pub fn image_losses<N>(
    network: &N,
    data: &impl Evaluated,
    preprocessing: &impl Prepare,
    batch: usize,
) -> Result<Vec<f64>, Error>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
{
    let data = evaluated(data);
    let mut losses = Vec::with_capacity(data.len());
    each_batch(network, data, preprocessing, batch, |scored| {
        losses.extend(scored.losses.iter().map(|loss| loss.as_f64()));
    })?;
    Ok(losses)
}

/// What a network makes of one batch of a data set.
pub(super) struct Scored<'a, T> {
    pub(super) scores: ArrayView4<'a, T>,
    pub(super) labels: &'a [usize],
    pub(super) mean: T,
    /// The loss of each image.
    pub(super) losses: &'a [T],
}

/// Calls `f` with every batch of a data set, in its order.
pub(super) fn each_batch<N>(
    network: &N,
    data: &dyn Dataset,
    preprocessing: &dyn Prepare,
    batch: usize,
    mut f: impl FnMut(Scored<'_, N::Scalar>),
) -> Result<(), Error>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
{
    check_classes::<N>(network.loss(), data)?;
    let mut batches = Batches::new(data, preprocessing, batch)?;
    let size = batch.min(data.len());
    let mut workspace = InferenceWorkspace::new(N::ARCHITECTURE, size)?;
    let output = N::ARCHITECTURE.output();
    let mut gradient = vec![N::Scalar::zero(); size * output.count()];
    let mut losses = vec![N::Scalar::nan(); size];
    while let Some((images, labels)) = batches.next()? {
        let scores = finite_scores(network, images, &mut workspace)?;
        network.loss().check(output, labels.len(), labels)?;
        let numbers = scores.to_slice().expect("a workspace is in standard layout");
        let at = losses::Evaluation {
            scores: numbers,
            targets: labels,
            images: labels.len(),
            gradient: &mut gradient[..numbers.len()],
            kinks: None,
            per_image: Some(&mut losses[..labels.len()]),
        };
        let mean = network.loss().evaluate(at).mean;
        f(Scored { scores, labels, mean, losses: &losses[..labels.len()] });
    }
    Ok(())
}

/// Classifies a batch of scaled images, `[N, H, W, D]`.
///
/// # Errors
/// [`Error::NonFiniteScores`], and those of [`Network::infer`].
pub fn predict<N: Network>(
    network: &N,
    images: ArrayView4<'_, N::Scalar>,
    workspace: &mut InferenceWorkspace<N::Scalar>,
) -> Result<Vec<Prediction>, Error> {
    let scores = finite_scores(network, images, workspace)?.to_slice();
    let scores = scores.expect("a workspace is in standard layout");
    let images = scores.chunks_exact(N::ARCHITECTURE.output().count());
    let prediction = |scores| network.loss().prediction(scores);
    Ok(images.map(prediction).map(|(class, probability)| Prediction { class, probability }).collect())
}

pub(super) fn check_classes<N: Network>(
    loss: &impl LabelLoss<N::Scalar>,
    data: &dyn Dataset,
) -> Result<(), Error> {
    let network = loss.classes(N::ARCHITECTURE.output());
    if network == data.classes() { Ok(()) } else { Err(Error::Classes { data: data.classes(), network }) }
}
