//! The record of a training, in files: lines of JSON, a page, and TensorBoard's events.

use std::path::{Path, PathBuf};

use super::{Callback, Control, Outcome};
use crate::data::{Dataset, Prepare, Preprocessing, ValidationSet};
use crate::error::Error;
#[cfg(feature = "tensorboard")]
use crate::monitor::tensorboard::Writer as Board;
use crate::monitor::{
    EpochRecord, Event, Filters, Mistake, Png, Record, Run, Split, StepRecord, Stop, Summary, advice,
    json_lines, page,
};
use crate::network::Network;
use crate::scalar::Scalar;
use crate::train::{LabelLoss, Trainer, examine};

/// The files' names in the recorder's folder.
const LINES: &str = "record.jsonl";
const PAGE: &str = "report.html";

/// Mistakes that a summary shows.
const MISTAKES: usize = 24;

/// Writes down what happens in a training: `record.jsonl`, to be read by programs, `report.html`, to be looked at, anew after
/// each epoch, and with the feature `tensorboard` what TensorBoard reads.
pub struct Recorder<'a> {
    folder: PathBuf,
    record: Record,
    lines: Option<json_lines::Writer>,
    #[cfg(feature = "tensorboard")]
    board: Option<Board>,
    /// What is looked at in the end.
    examined: Option<(&'a dyn Dataset, Preprocessing)>,
}

impl<'a> Recorder<'a> {
    /// Into this folder, which is made if there is none. A record that is there is gone on with.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self {
            folder: folder.as_ref().to_owned(),
            record: Record::default(),
            lines: None,
            #[cfg(feature = "tensorboard")]
            board: None,
            examined: None,
        }
    }

    /// With a summary in the end: which classes are taken for which, and the mistakes that the network was surest of.
    ///
    /// # Errors
    /// [`Error::PreprocessingShape`] if the preprocessing is for images of another shape.
    pub fn examining<D: Dataset>(
        self,
        validation: &'a ValidationSet<D>,
        preprocessing: &impl Prepare,
    ) -> Result<Self, Error> {
        let preprocessing = preprocessing.for_images(validation.shape())?;
        Ok(Self { examined: Some((validation.data(), preprocessing)), ..self })
    }

    /// What was recorded so far.
    pub fn record(&self) -> &Record {
        &self.record
    }

    fn write(&mut self, event: Event) -> Result<(), Error> {
        if let Some(lines) = &mut self.lines {
            lines.write(&event)?;
        }
        #[cfg(feature = "tensorboard")]
        if let Some(board) = &mut self.board {
            board.write(&event)?;
        }
        self.record.push(event);
        Ok(())
    }

    /// What looks wrong and was not said before.
    fn warn(&mut self) -> Result<(), Error> {
        advice::unsaid(&self.record)
            .into_iter()
            .try_for_each(|warning| self.write(Event::Warning(Box::new(warning))))
    }

    fn draw(&self) -> Result<(), Error> {
        page::write(&self.record, self.folder.join(PAGE))
    }
}

impl<N, O> Callback<N, O> for Recorder<'_>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
{
    fn begin(&mut self, _: &mut Trainer<N, O>, run: &Run) -> Result<(), Error> {
        let io = Error::io(&self.folder);
        std::fs::create_dir_all(&self.folder).map_err(io)?;
        let path = self.folder.join(LINES);
        if path.exists() {
            // A line that was being written when the last training was killed is no event.
            let events = json_lines::read(&path)?.filter(|event| !matches!(event, Err(Error::Line { .. })));
            self.record = events.collect::<Result<_, _>>()?;
        }
        self.lines = Some(json_lines::Writer::append(path)?);
        #[cfg(feature = "tensorboard")]
        {
            self.board = Some(Board::create(&self.folder)?);
        }
        self.write(Event::Run(Box::new(run.clone())))?;
        self.draw()
    }

    fn step(&mut self, _: &mut Trainer<N, O>, record: &StepRecord) -> Result<Control, Error> {
        self.write(Event::Step(*record))?;
        Ok(Control::GoOn)
    }

    fn epoch(&mut self, _: &mut Trainer<N, O>, record: &EpochRecord) -> Result<Control, Error> {
        self.write(Event::Epoch(Box::new(record.clone())))?;
        self.warn()?;
        self.draw()?;
        Ok(Control::GoOn)
    }

    fn end(&mut self, trainer: &mut Trainer<N, O>, outcome: &Outcome) -> Result<(), Error> {
        let mut summary = summary(outcome.stop.clone());
        summary.filters = trainer.with_averaged(|network| first_filters(network));
        if let Some((data, preprocessing)) = &self.examined {
            let batch = trainer.batch();
            let found = trainer
                .with_averaged(|network| examine::on(network, *data, preprocessing, batch, MISTAKES))?;
            summary.confusion = found.confusion;
            for mistake in found.mistakes {
                let examine::Confusion { index, label, predicted, probability } = mistake;
                summary.mistakes.push(Mistake {
                    image: picture(*data, index)?,
                    index,
                    label,
                    predicted,
                    probability,
                });
            }
        }
        self.write(Event::Summary(Box::new(summary)))?;
        self.warn()?;
        self.draw()
    }

    /// What cannot be written is left out: the error itself says more.
    fn failed(&mut self, _: &mut Trainer<N, O>, error: &Error) {
        let stop = Stop::Failed { error: error.to_string() };
        let summary = summary(stop);
        let _ = self.write(Event::Summary(Box::new(summary))).and_then(|()| self.draw());
    }

    fn looks_inside(&self) -> bool {
        true
    }
}

/// A summary that says no more than why the training stopped.
fn summary(stop: Stop) -> Summary {
    Summary { stop, split: Split::Validation, confusion: Vec::new(), mistakes: Vec::new(), filters: None }
}

/// An image of a data set.
fn picture(data: &dyn Dataset, index: usize) -> Result<Png, Error> {
    let mut bytes = vec![0; data.shape().iter().product()];
    data.read(index, &mut bytes)?;
    Png::of_bytes(data.shape(), &bytes)
}

/// The filters of the first layer, if they can be seen.
fn first_filters<N: Network>(network: &N) -> Option<Filters> {
    let (tensor, numbers) = network.parameters().iter().next()?;
    let shape: [usize; 4] = tensor.shape().try_into().ok()?;
    let picture = Png::of_filters(shape, numbers.iter().map(|weight| weight.as_f64()))?;
    Some(Filters { layer: tensor.layer.to_owned(), picture })
}
