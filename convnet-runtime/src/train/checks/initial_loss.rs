//! Does the network begin with the loss of one that knows nothing?

use ndarray::Array4;

use super::{Sample, SanityCheck};
use crate::error::Error;
use crate::losses::Loss;
use crate::network::Network;
use crate::optimizers::Optimizer;
use crate::scalar::Scalar;
use crate::train::{LabelLoss, Trainer};

/// What all parameters are multiplied by, for scores that are almost equal.
const SMALL: f64 = 0.01;

/// How far the loss may then be from that of equal scores, as a share of it.
const TOLERANCE: f64 = 0.05;

/// How many times as large it may be as the weights begin: He's give two or three times, since scores differ by chance.
const FACTOR: f64 = 5.0;

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// The loss of scores that are all equal is `ln K` for softmax over K classes, `(K - 1) delta` for the SVM; parameters that
    /// are all small give almost that.
    pub(super) fn check_initial_loss(&mut self, sample: &Sample<N::Scalar>) -> Result<SanityCheck, Error> {
        let chance = self.loss_of_chance(&sample.labels)?;
        let found = self.loss_at(sample)?;
        let before = self.network.parameters().as_slice().to_vec();
        let small = N::Scalar::from_f64(SMALL);
        self.network.parameters_mut().as_mut_slice().iter_mut().for_each(|x| *x *= small);
        let of_small = self.loss_at(sample)?;
        self.network.parameters_mut().as_mut_slice().copy_from_slice(&before);
        let scores = N::ARCHITECTURE.output().count();
        let most = FACTOR * chance;
        Ok(SanityCheck {
            what: "initial loss",
            expected: format!("about {chance:.4}, that of {scores} equal scores, and less than {most:.2}"),
            found: format!("{of_small:.4} with parameters {SMALL} times as large, {found:.4} as they are"),
            passed: (of_small - chance).abs() < TOLERANCE * chance && found < most,
            causes: "initial weights that are too large (scores then differ by chance), images that were not preprocessed, \
                 a loss of one's own that is wrong",
        })
    }

    /// The loss of equal scores for these labels.
    pub(super) fn loss_of_chance(&self, labels: &[usize]) -> Result<f64, Error> {
        let output = N::ARCHITECTURE.output();
        let scores = Array4::zeros((labels.len(), output.height, output.width, output.depth));
        Ok(self.loss.of_scores(scores.view(), labels)?.mean.as_f64())
    }
}
