//! Checkpoints while a network is trained.

use super::{Callback, Control, Outcome};
use crate::checkpoint::{Checkpoint, Keeper, Progress};
use crate::data::{Prepare, Preprocessing};
use crate::error::Error;
use crate::monitor::{EpochRecord, Run, Stop};
use crate::network::Network;
use crate::optimizers::Optimizer;
use crate::train::{LabelLoss, Trainer};

/// How an epoch was validated, in its checkpoint.
const EPOCH: &str = "validation.epoch";
const ACCURACY: &str = "validation.accuracy";
const LOSS: &str = "validation.loss";

/// The epoch of a checkpoint, and the accuracy and the loss of its validation.
pub(super) fn validation(checkpoint: &Checkpoint) -> Result<(u64, [f64; 2]), Error> {
    let read = |name: &str| checkpoint.metadata.get(name).map(String::as_str);
    let number = |name| read(name).and_then(|text| text.parse().ok());
    let (epoch, numbers) = (read(EPOCH).and_then(|text| text.parse().ok()), (number(ACCURACY), number(LOSS)));
    match (epoch, numbers) {
        (Some(epoch), (Some(accuracy), Some(loss))) => Ok((epoch, [accuracy, loss])),
        _ => Err(Error::NotResumable { reason: "it does not say how it was validated".to_owned() }),
    }
}

/// Saves the training after each epoch, and where it is interrupted, with what else its network needs: the preprocessing and the
/// names of its classes. [`Trainer::resume`] goes on from a checkpoint, [`Model`](crate::checkpoint::Model) is its network.
#[derive(Debug)]
pub struct Checkpoints {
    keeper: Keeper,
    preprocessing: Preprocessing,
    class_names: Vec<String>,
}

impl Checkpoints {
    /// Into a keeper's folder, with the preprocessing of images of this shape, `[H, W, D]`.
    ///
    /// # Errors
    /// [`Error::PreprocessingShape`] if the preprocessing is for images of another shape.
    pub fn new(keeper: Keeper, preprocessing: &impl Prepare, shape: [usize; 3]) -> Result<Self, Error> {
        Ok(Self { keeper, preprocessing: preprocessing.for_images(shape)?, class_names: Vec::new() })
    }

    fn save<N, O>(
        &self,
        trainer: &Trainer<N, O>,
        progress: Progress,
        validation: Option<[f64; 2]>,
    ) -> Result<(), Error>
    where
        N: Network<Loss: LabelLoss<N::Scalar>>,
        O: Optimizer<N::Scalar>,
    {
        let mut checkpoint = trainer.checkpoint();
        checkpoint.put_preprocessing(&self.preprocessing);
        checkpoint.put_class_names(&self.class_names);
        if let Some(numbers) = validation {
            let entries = [ACCURACY, LOSS].into_iter().zip(numbers);
            checkpoint.metadata.extend(entries.map(|(name, number)| (name.to_owned(), number.to_string())));
            checkpoint.metadata.insert(EPOCH.to_owned(), progress.epoch.to_string());
        }
        // Old files that could not be removed do no harm.
        self.keeper.save(&checkpoint, progress).map(drop)
    }
}

impl<N, O> Callback<N, O> for Checkpoints
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    fn begin(&mut self, _: &mut Trainer<N, O>, run: &Run) -> Result<(), Error> {
        self.class_names.clone_from(&run.class_names);
        Ok(())
    }

    fn epoch(&mut self, trainer: &mut Trainer<N, O>, record: &EpochRecord) -> Result<Control, Error> {
        let progress = Progress::epoch(record.epoch);
        let progress = match record.validation_accuracy {
            Some(accuracy) => progress.validation(accuracy),
            None => progress.loss(record.loss),
        };
        let validation = record.validation_accuracy.zip(record.validation_loss).map(|(a, b)| [a, b]);
        self.save(trainer, progress, validation)?;
        Ok(Control::GoOn)
    }

    fn end(&mut self, trainer: &mut Trainer<N, O>, outcome: &Outcome) -> Result<(), Error> {
        let at = trainer.position();
        if outcome.stop != Stop::Interrupted || at.images == 0 {
            return Ok(());
        }
        self.save(trainer, Progress::epoch(at.epoch + 1).step(at.step), None)
    }
}
