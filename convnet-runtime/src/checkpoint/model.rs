//! A trained network with all that it takes to classify a picture: its preprocessing and the names of its classes.

use std::path::Path;

use ndarray::{Array4, ArrayView4};

use super::{Checkpoint, Checksums, Tensor, TensorData, network};
use crate::data::{Prepare, Preprocessing, PreprocessingParts};
use crate::error::Error;
use crate::init::Initialization;
use crate::losses::Loss;
use crate::network::Network;
use crate::observer::finite_scores;
use crate::workspace::InferenceWorkspace;

/// What a checkpoint calls them.
const KIND: &str = "preprocessing.kind";
const DESCRIPTION: &str = "preprocessing.description";
const SHAPE: &str = "preprocessing.shape";
const CLASSES: &str = "classes";
const PREFIX: &str = "preprocessing/";

impl Checkpoint {
    /// The tensor of this name, if there is one.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// Adds a preprocessing.
    pub fn put_preprocessing(&mut self, preprocessing: &Preprocessing) {
        let PreprocessingParts { description, kind, input_shape, tensors } = preprocessing.parts();
        let shape = input_shape.map(|side| side.to_string()).join("x");
        let entries = [(KIND, kind), (DESCRIPTION, description), (SHAPE, shape)];
        self.metadata.extend(entries.map(|(name, text)| (name.to_owned(), text)));
        self.tensors.retain(|tensor| !tensor.name.starts_with(PREFIX));
        let tensor =
            |(name, shape, numbers)| Tensor::new(format!("{PREFIX}{name}"), shape, TensorData::F64(numbers));
        self.tensors.extend(tensors.into_iter().map(tensor));
    }

    /// The preprocessing, if there is one.
    ///
    /// # Errors
    /// What is there but makes none.
    pub fn preprocessing(&self) -> Result<Option<Preprocessing>, Error> {
        let Some(kind) = self.metadata.get(KIND) else { return Ok(None) };
        let broken = |what: String| Error::Checkpoint { reason: format!("its preprocessing {what}") };
        let shape = self.metadata.get(SHAPE).map_or("", String::as_str);
        let sides: Option<Vec<_>> = shape.split('x').map(|side| side.parse().ok()).collect();
        let sides = sides.and_then(|sides| <[usize; 3]>::try_from(sides).ok());
        let input_shape =
            sides.ok_or_else(|| broken(format!("is for images of {shape:?}, which is no shape")))?;
        let tensors =
            self.tensors.iter().filter_map(|tensor| Some((tensor.name.strip_prefix(PREFIX)?, tensor)));
        let tensors = tensors.map(|(name, tensor)| match &tensor.data {
            TensorData::F64(numbers) => Ok((name.to_owned(), tensor.shape.clone(), numbers.clone())),
            _ => Err(broken(format!("has a `{name}` that is not of f64"))),
        });
        let tensors = tensors.collect::<Result<_, _>>()?;
        let parts =
            PreprocessingParts { description: String::new(), kind: kind.clone(), input_shape, tensors };
        Preprocessing::from_parts(parts).map(Some)
    }

    /// Adds the names of the classes, in their order.
    pub fn put_class_names(&mut self, names: &[String]) {
        let names = serde_json::to_string(names).expect("strings are JSON");
        self.metadata.insert(CLASSES.to_owned(), names);
    }

    /// The names of the classes; none if it has none.
    ///
    /// # Errors
    /// What is there but is no list of names.
    pub fn class_names(&self) -> Result<Vec<String>, Error> {
        let Some(names) = self.metadata.get(CLASSES) else { return Ok(Vec::new()) };
        serde_json::from_str(names).map_err(|error| Error::Checkpoint {
            reason: format!("its names of classes are no list: {error}"),
        })
    }
}

/// A trained network, its preprocessing and the names of its classes: what a checkpoint of a training holds besides the training.
#[derive(Clone, Debug)]
pub struct Model<N> {
    /// The network: the running average of its parameters, where the training kept one.
    pub network: N,
    /// What becomes of an image's bytes before the network sees them.
    pub preprocessing: Preprocessing,
    /// The names of the classes, in their order; empty if they have none.
    pub class_names: Vec<String>,
}

/// A class that an image may belong to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Guess {
    /// The class.
    pub class: usize,
    /// How probable the network finds it.
    pub probability: f64,
}

impl<N: Network> Model<N> {
    /// The model that a checkpoint holds.
    ///
    /// # Errors
    /// [`Error::OtherNetwork`] if it is another network's, [`Error::Checkpoint`] if it holds no preprocessing.
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Result<Self, Error> {
        let mut network = N::new(0, &Initialization::default())?;
        network::put_best(&mut network, checkpoint)?;
        let preprocessing = checkpoint.preprocessing()?.ok_or_else(|| Error::Checkpoint {
            reason: "it holds no preprocessing: save a model, or a training, not a network alone".to_owned(),
        })?;
        Ok(Self { network, preprocessing, class_names: checkpoint.class_names()? })
    }

    /// The model that the bytes of a checkpoint hold: of `include_bytes!`, for a program that is one file.
    ///
    /// # Errors
    /// Those of [`Checkpoint::from_bytes`] and of [`from_checkpoint`](Self::from_checkpoint).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_checkpoint(&Checkpoint::from_bytes(bytes, Checksums::Required)?)
    }

    /// The model that a file holds.
    ///
    /// # Errors
    /// Those of [`Checkpoint::read`] and of [`from_checkpoint`](Self::from_checkpoint).
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::from_checkpoint(&Checkpoint::read(path, Checksums::Required)?)
    }

    /// The model as a checkpoint.
    pub fn to_checkpoint(&self) -> Checkpoint {
        let mut checkpoint = network::of_network(&self.network);
        checkpoint.put_preprocessing(&self.preprocessing);
        checkpoint.put_class_names(&self.class_names);
        checkpoint
    }

    /// Writes the model to a file: all of it, or the file stays as it was.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.to_checkpoint().save(path)
    }

    /// Every class that each image may belong to, the most probable first. Images are bytes, `[N, H, W, D]`, of the size that the
    /// model was trained on.
    ///
    /// It makes a workspace at each call; who classifies many images one by one keeps one, and calls [`Network::infer`].
    ///
    /// # Errors
    /// [`Error::PreprocessingShape`] for images of another size, [`Error::NonFiniteScores`], and those of [`Network::infer`].
    pub fn classify(&self, images: ArrayView4<'_, u8>) -> Result<Vec<Vec<Guess>>, Error> {
        let (count, height, width, depth) = images.dim();
        let preprocessing = self.preprocessing.for_images([height, width, depth])?;
        let [height, width, depth] = preprocessing.output_shape();
        let mut prepared = Array4::zeros((count, height, width, depth));
        for (image, mut to) in images.outer_iter().zip(prepared.outer_iter_mut()) {
            let image = image.as_standard_layout();
            let bytes = image.as_slice().expect("standard layout");
            preprocessing.apply(bytes, to.as_slice_mut().expect("standard layout"));
        }
        let mut workspace = InferenceWorkspace::of(&self.network, count)?;
        let scores = finite_scores(&self.network, prepared.view(), &mut workspace)?;
        let scores = scores.to_slice().expect("a workspace is in standard layout");
        Ok(scores.chunks_exact(scores.len() / count).map(|scores| self.guesses(scores)).collect())
    }

    fn guesses(&self, scores: &[N::Scalar]) -> Vec<Guess> {
        let probabilities = self.network.loss().probabilities(scores);
        let guess = |(class, probability)| Guess { class, probability };
        let mut guesses: Vec<_> = probabilities.into_iter().enumerate().map(guess).collect();
        guesses.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        guesses
    }

    /// The name of a class; its number if it has none.
    pub fn class_name(&self, class: usize) -> String {
        self.class_names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}
