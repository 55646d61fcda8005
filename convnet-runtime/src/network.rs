//! What the trainer, checkpoints and every other tool know of a network.

use convnet_geometry::Architecture;
use ndarray::ArrayView4;

use crate::error::Error;
use crate::inference::{CustomPass, FullyConvolutional, InferenceNetwork};
use crate::init::Initialization;
use crate::losses::{Loss, LossValue};
use crate::observer::Observer;
use crate::parameters::Parameters;
use crate::scalar::Scalar;
use crate::workspace::{InferenceWorkspace, TrainingWorkspace};

/// One step of training: what its draws of chance depend on, and what it does with gradients and statistics.
///
/// Batches that accumulate into the gradients of one update should have different numbers all the same: what is dropped or
/// drawn depends on the seed, the number, the layer and the image's place in its batch, so that batches of one number draw
/// the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Step {
    /// The seed of all chance.
    pub seed: u64,
    /// The number of the step, counted from 0.
    pub number: u64,
    /// Whether gradients replace those of the step before or are added to them.
    pub gradients: Gradients,
    /// Whether batch statistics move.
    pub statistics: Statistics,
}

/// What a step does with the gradients that are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Gradients {
    /// Replace them.
    #[default]
    Overwrite,
    /// Add to them: the sum of the gradients of each batch's mean loss. Regularisation is no part of them.
    Accumulate,
}

/// What a step does with running statistics of the batches (batch normalization).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Statistics {
    /// Update them.
    #[default]
    Update,
    /// Leave them: a gradient check moves none.
    Frozen,
}

/// A network as the `network!` macro makes it.
///
/// Volumes are `[N, H, W, D]`, N x height x width x depth, row-major.
pub trait Network: Sized + Send + Sync {
    /// What it computes in.
    type Scalar: Scalar;

    /// The loss that its notation ends in; [`NoLoss`](crate::losses::NoLoss) if it can only infer.
    type Loss: Loss<Self::Scalar> + Clone;

    /// Everything that is known of it at compile time.
    const ARCHITECTURE: &'static Architecture<'static>;

    /// A network with fresh parameters; the same seed gives the same bits.
    ///
    /// # Errors
    /// What an [`Initialization`] names and the network lacks, or an option of it that is out of range.
    fn new(seed: u64, initialization: &Initialization) -> Result<Self, Error>;

    /// The loss, as a value: its delta and other options.
    fn loss(&self) -> &Self::Loss;

    /// The loss, to change: `*net.loss_mut() = Softmax::default().with_class_weights(&[1.0, 4.0])?`.
    ///
    /// A trainer keeps the loss that the network has when it is given it.
    fn loss_mut(&mut self) -> &mut Self::Loss;

    /// The learnable numbers.
    fn parameters(&self) -> &Parameters<Self::Scalar>;

    /// The learnable numbers, to change.
    fn parameters_mut(&mut self) -> &mut Parameters<Self::Scalar>;

    /// Numbers that training keeps but does not optimise, such as running statistics.
    fn state(&self) -> &Parameters<Self::Scalar>;

    /// Those numbers, to change.
    fn state_mut(&mut self) -> &mut Parameters<Self::Scalar>;

    /// The scores of a batch, `[N, H, W, D]`: never probabilities.
    ///
    /// N is anything from 1 to the workspace's capacity.
    ///
    /// # Errors
    /// [`Error::ImageShape`], [`Error::EmptyBatch`], [`Error::Capacity`], [`Error::Workspace`] or
    /// [`Error::NonFiniteInput`].
    fn infer<'w>(
        &self,
        images: ArrayView4<'_, Self::Scalar>,
        workspace: &'w mut InferenceWorkspace<Self::Scalar>,
        observer: &mut dyn Observer<Self::Scalar>,
    ) -> Result<ArrayView4<'w, Self::Scalar>, Error>;

    /// The loss of a batch, averaged over it, and its gradients by every parameter, which the workspace keeps.
    ///
    /// The gradient of the images is not computed; [`input_gradient`](Self::input_gradient) does that afterwards.
    ///
    /// # Errors
    /// Those of [`infer`](Self::infer), and those of the loss on targets that do not fit.
    fn gradients<L: Loss<Self::Scalar>>(
        &mut self,
        images: ArrayView4<'_, Self::Scalar>,
        targets: L::Targets<'_>,
        loss: &L,
        workspace: &mut TrainingWorkspace<Self::Scalar>,
        step: Step,
        observer: &mut dyn Observer<Self::Scalar>,
    ) -> Result<LossValue<Self::Scalar>, Error>;

    /// The gradient of the loss by the images of the last [`gradients`](Self::gradients), `[N, H, W, D]`: what a
    /// saliency map shows.
    ///
    /// # Errors
    /// [`Error::NoGradients`] if there was none, or the parameters changed since.
    fn input_gradient<'w>(
        &self,
        workspace: &'w mut TrainingWorkspace<Self::Scalar>,
    ) -> Result<ArrayView4<'w, Self::Scalar>, Error>;

    /// The network for inference alone: batch normalization folded into the convolution or fully connected layer before
    /// it, DropConnect's scale into its weights, without dropout. Its scores are those of [`infer`](Self::infer), up to
    /// rounding where something was folded, to the same bits where nothing was.
    ///
    /// Batch normalization that does not stand right behind weights, or behind weights that another branch reads, stays.
    /// The loss stays behind: [`Loss::prediction`] makes a class and its probability of the scores of an image.
    ///
    /// # Errors
    /// [`Error::ParameterCount`] if another network's parameters were put in place of its own; [`Error::UnknownForward`] for
    /// a user's own layer in a network that `network!` did not make.
    fn into_inference(self) -> Result<InferenceNetwork<Self::Scalar>, Error> {
        InferenceNetwork::folded(self)
    }

    /// The network with its fully connected layers as convolutions, for images of its own size and larger ones: the
    /// notes' "Converting FC layers to CONV layers".
    ///
    /// # Errors
    /// [`Error::NotConvolutional`] if a layer belongs to one size of images (LOCAL, FRACPOOL, a user's own) or branches meet
    /// that slide at different strides, and those of
    /// [`into_inference`](Self::into_inference).
    fn into_fully_convolutional(self) -> Result<FullyConvolutional<Self::Scalar>, Error> {
        FullyConvolutional::of(self)
    }

    /// The forward pass of layer `index`, if it is a user's own: generated code knows its type.
    #[doc(hidden)]
    fn custom_pass(_index: usize) -> Option<CustomPass<Self::Scalar>> {
        None
    }
}
