//! Can the network learn a few images by heart?

use ndarray::Array4;

use super::{Sample, SanityCheck};
use crate::error::Error;
use crate::losses::Loss;
use crate::network::{Network, Step};
use crate::observer::Unobserved;
use crate::optimizers::{Adam, Optimizer};
use crate::scalar::Scalar;
use crate::train::{LabelLoss, Trainer, count_right};

/// Steps that must do, and after how many of them it is looked at how far they came.
const STEPS: u64 = 300;
const LOOKS: u64 = 10;

/// Learning rates that are tried, one after the other, of Adam.
const RATES: [f64; 2] = [1e-3, 1e-2];

/// The share that may be left of what the loss can fall by, from that of chance.
const LEFT: f64 = 0.05;

/// Steps in which free scores find the lowest loss that there is.
const FREE: usize = 500;

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    /// Without regularisation a tiny subset is learned to nearly the lowest loss that there is, whatever it shows. (Dropout, and noise on the
    /// images, stay: the loss is taken as training sees it.)
    pub(super) fn check_overfitting(&mut self, sample: &Sample<N::Scalar>) -> Result<SanityCheck, Error> {
        let (chance, lowest) = (self.loss_of_chance(&sample.labels)?, self.lowest_loss(&sample.labels)?);
        let enough = lowest + LEFT * (chance - lowest);
        let begin = self.network.parameters().as_slice().to_vec();
        let images = sample.labels.len();
        let mut best = (0.0, f64::INFINITY, 0);
        for rate in RATES {
            self.network.parameters_mut().as_mut_slice().copy_from_slice(&begin);
            let reached = self.learn_by_heart(sample, rate, enough)?;
            if reached.1 < best.1 {
                best = reached;
            }
            if best.1 <= enough {
                break;
            }
        }
        let (accuracy, loss, steps) = best;
        Ok(SanityCheck {
            what: "a tiny subset is learned by heart",
            expected: format!("a loss below {enough:.4} on {images} images within {STEPS} steps"),
            found: format!("{loss:.4} after {steps} steps, {:.0} % of them right", 100.0 * accuracy),
            passed: loss <= enough,
            causes: "labels that are not those of the images, a network that is too small or has dead units, strong dropout, \
                 images that were not preprocessed",
        })
    }

    /// The lowest loss that scores can have for these labels: 0, unless labels are smoothed.
    fn lowest_loss(&self, labels: &[usize]) -> Result<f64, Error> {
        let output = N::ARCHITECTURE.output();
        let mut scores = Array4::zeros((labels.len(), output.height, output.width, output.depth));
        let mut lowest = f64::INFINITY;
        for _ in 0..FREE {
            let found = self.loss.of_scores(scores.view(), labels)?;
            lowest = lowest.min(found.mean.as_f64());
            // The gradient of each image's own loss.
            let rate = N::Scalar::from_f64(labels.len() as f64);
            scores.zip_mut_with(&found.gradient, |score, &gradient| *score -= rate * gradient);
        }
        Ok(lowest)
    }

    /// Trains on nothing but the sample; accuracy, loss and steps when the loss is low enough, or at the end.
    fn learn_by_heart(
        &mut self,
        sample: &Sample<N::Scalar>,
        rate: f64,
        enough: f64,
    ) -> Result<(f64, f64, u64), Error> {
        let (images, labels) = sample.batch();
        let (mut rule, mut reached) = (Adam::new(rate)?, (0.0, f64::INFINITY, 0));
        for number in 0..STEPS {
            let step = Step { seed: self.seed, number, ..Step::default() };
            let loss = self.gradients(images, labels, step, &mut Unobserved)?;
            if !loss.is_finite() {
                break;
            }
            if number % LOOKS == 0 || loss <= enough || number + 1 == STEPS {
                let right = count_right(&self.loss, self.workspace.scores(), labels);
                reached = (right as f64 / labels.len() as f64, loss, number);
            }
            if loss <= enough {
                break;
            }
            rule.update(self.network.parameters_mut(), self.workspace.gradients())?;
        }
        Ok(reached)
    }
}
