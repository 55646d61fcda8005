//! A closer look at what a network gets right and wrong.

use super::{LabelLoss, evaluate};
use crate::data::{Dataset, Evaluated, Prepare, evaluated};
use crate::error::Error;
use crate::losses::Loss;
use crate::network::Network;
use crate::scalar::Scalar;

/// What a network makes of every image of a data set.
#[derive(Clone, PartialEq, Debug)]
pub struct Examination {
    /// How many images of a class (row) were taken for a class (column), `[K][K]`.
    pub confusion: Vec<Vec<u64>>,
    /// The share of images whose class is among the five with the largest scores; with fewer than six classes it says nothing.
    pub top5: f64,
    /// The mean loss.
    pub loss: f64,
    /// The mistakes that the network was surest of, the surest first.
    pub mistakes: Vec<Confusion>,
}

/// An image that was taken for another class than its own.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Confusion {
    /// The image's index in the data set.
    pub index: usize,
    /// Its class.
    pub label: usize,
    /// The class that it was taken for.
    pub predicted: usize,
    /// How probable the network found that.
    pub probability: f64,
}

impl Examination {
    /// The share of images classified rightly.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = self.confusion.iter().enumerate().map(|(class, row)| row[class]).sum();
        right as f64 / self.images() as f64
    }

    /// How many images there were.
    pub fn images(&self) -> u64 {
        self.confusion.iter().flatten().sum()
    }
}

/// Examines a network, in inference mode, on every image of a data set, `batch` at a time, and keeps so many mistakes.
///
/// # Errors
/// Those of [`evaluate`](super::evaluate).
pub fn examine<N>(
    network: &N,
    data: &impl Evaluated,
    preprocessing: &impl Prepare,
    batch: usize,
    mistakes: usize,
) -> Result<Examination, Error>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
{
    on(network, evaluated(data), preprocessing, batch, mistakes)
}

pub(super) fn on<N>(
    network: &N,
    data: &dyn Dataset,
    preprocessing: &dyn Prepare,
    batch: usize,
    mistakes: usize,
) -> Result<Examination, Error>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
{
    let classes = data.classes();
    let mut found = Examination {
        confusion: vec![vec![0; classes]; classes],
        top5: 0.0,
        loss: 0.0,
        mistakes: Vec::new(),
    };
    let mut index = 0;
    evaluate::each_batch(network, data, preprocessing, batch, |scored| {
        found.loss += scored.mean.as_f64() * scored.labels.len() as f64;
        let scores = scored.scores.to_slice().expect("a workspace is in standard layout");
        for (scores, &label) in scores.chunks_exact(scores.len() / scored.labels.len()).zip(scored.labels) {
            let (predicted, probability) = network.loss().prediction(scores);
            found.confusion[label][predicted] += 1;
            found.top5 += f64::from(is_among_the_largest(scores, label, 5));
            if predicted != label {
                keep(&mut found.mistakes, Confusion { index, label, predicted, probability }, mistakes);
            }
            index += 1;
        }
    })?;
    found.loss /= data.len() as f64;
    found.top5 /= data.len() as f64;
    Ok(found)
}

/// Whether fewer than so many scores are larger than that of the label. (A loss whose classes are no scores has no such order.)
fn is_among_the_largest<T: Scalar>(scores: &[T], label: usize, count: usize) -> bool {
    scores.get(label).is_some_and(|own| scores.iter().filter(|&score| score > own).count() < count)
}

/// Keeps a mistake among the surest ones.
fn keep(mistakes: &mut Vec<Confusion>, mistake: Confusion, count: usize) {
    let place = mistakes.partition_point(|earlier| earlier.probability >= mistake.probability);
    if place < count {
        mistakes.insert(place, mistake);
        mistakes.truncate(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_mistakes_are_kept_in_their_order() {
        let mut mistakes = Vec::new();
        for (index, probability) in [0.5, 0.9, 0.7, 0.2, 0.9].into_iter().enumerate() {
            keep(&mut mistakes, Confusion { index, label: 0, predicted: 1, probability }, 3);
        }
        assert_eq!(mistakes.iter().map(|mistake| mistake.index).collect::<Vec<_>>(), [1, 4, 2]);
    }

    #[test]
    fn the_largest_scores() {
        let scores = [0.1, 0.7, 0.3, 0.7, -1.0];
        let is_among = |label, count| is_among_the_largest(&scores, label, count);
        assert_eq!(
            [is_among(1, 1), is_among(3, 1), is_among(2, 2), is_among(2, 3)],
            [true, true, false, true]
        );
        assert!(!is_among(9, 5), "no such score");
    }
}
