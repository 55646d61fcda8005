//! Ending a training when it gets no better.

use super::{Callback, Control, Outcome, checkpoints};
use crate::checkpoint::{Checkpoint, Stored};
use crate::error::Error;
use crate::monitor::{EpochRecord, Stop};
use crate::network::Network;
use crate::scalar::Scalar;
use crate::train::Trainer;

/// Ends a training when the validation accuracy has not risen for some epochs, and gives the network the parameters that it
/// had at its best.
///
/// It comes before the callbacks that look at the network in the end. Of two epochs with the same accuracy the one with the lower validation loss is better.
#[derive(Clone, Debug)]
pub struct EarlyStopping<T> {
    patience: u64,
    best: Option<Best<T>>,
}

/// The best network so far.
#[derive(Clone, Debug)]
struct Best<T> {
    epoch: u64,
    accuracy: f64,
    loss: f64,
    parameters: Vec<T>,
    state: Vec<T>,
}

impl<T> EarlyStopping<T> {
    /// After so many epochs that were no better than the best.
    ///
    /// # Errors
    /// [`Error::Option`] for 0.
    pub fn new(patience: u64) -> Result<Self, Error> {
        if patience == 0 {
            let expected = "at least 1 epoch without an improvement";
            return Err(Error::Option { option: "the patience of early stopping", value: 0.0, expected });
        }
        Ok(Self { patience, best: None })
    }
}

impl<T: Scalar> EarlyStopping<T> {
    /// Goes on from the best checkpoint of a training that is resumed, as [`Checkpoints`](super::Checkpoints) has written it.
    ///
    /// # Errors
    /// [`Error::OtherNetwork`] if it is another network's, [`Error::NotResumable`] if it does not say how it was validated.
    pub fn going_on<N: Network<Scalar = T>>(self, best: &Checkpoint) -> Result<Self, Error> {
        let network = N::from_checkpoint(best)?;
        let (epoch, [accuracy, loss]) = checkpoints::validation(best)?;
        let (parameters, state) =
            (network.parameters().as_slice().to_vec(), network.state().as_slice().to_vec());
        Ok(Self { best: Some(Best { epoch, accuracy, loss, parameters, state }), ..self })
    }
}

impl<N: Network, O> Callback<N, O> for EarlyStopping<N::Scalar> {
    fn epoch(&mut self, trainer: &mut Trainer<N, O>, record: &EpochRecord) -> Result<Control, Error> {
        let (Some(accuracy), Some(loss)) = (record.validation_accuracy, record.validation_loss) else {
            return Err(Error::NoValidation { what: "early stopping" });
        };
        let is_better = self.best.as_ref().is_none_or(|best| (accuracy, -loss) > (best.accuracy, -best.loss));
        if is_better {
            let (parameters, state) = trainer.validated_numbers();
            self.best = Some(Best { epoch: record.epoch, accuracy, loss, parameters, state });
        }
        let waited = self.best.as_ref().map_or(0, |best| record.epoch - best.epoch);
        if waited < self.patience {
            return Ok(Control::GoOn);
        }
        Ok(Control::Stop(Stop::NoImprovement { epochs: waited }))
    }

    fn end(&mut self, trainer: &mut Trainer<N, O>, outcome: &Outcome) -> Result<(), Error> {
        // An interrupted training goes on from where it was.
        if let Some(best) = &self.best
            && outcome.stop != Stop::Interrupted
        {
            trainer.put(&best.parameters, &best.state);
        }
        Ok(())
    }
}
