//! What can go wrong at run time, in one type.

use std::io;
use std::path::PathBuf;

use convnet_geometry::{Extent, GeometryError, Role, Volume};

#[cfg(feature = "checkpoint")]
use crate::checkpoint::{Dtype, Origin, Part, Stage};
use crate::simd::{TIER_VARIABLE, Tier};

/// An error of the runtime: what is wrong, where, and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Images of another shape than the network's input.
    #[error("images of shape {found:?} given to a network that takes [N, {}, {}, {}] (N x height x width x depth)",
        expected.height, expected.width, expected.depth)]
    ImageShape {
        /// The input volume of the network.
        expected: Volume,
        /// The shape of the array that was given.
        found: Vec<usize>,
    },
    /// A batch without images.
    #[error("a batch of 0 images: at least 1 is needed")]
    EmptyBatch,
    /// More images than the workspace was made for.
    #[error("a batch of {images} images given to a workspace for at most {capacity}: make a larger one")]
    Capacity {
        /// The images of the batch.
        images: usize,
        /// The capacity of the workspace.
        capacity: usize,
    },
    /// Images of a size that the layers of a network cannot be on.
    #[error(transparent)]
    ImageSize(Box<ImageSizeError>),
    /// A layer that takes images of one size alone.
    #[error("{notation} (`{layer}`) cannot slide over larger images: {reason}")]
    NotConvolutional {
        /// The layer.
        layer: String,
        /// As the notation writes it.
        notation: String,
        /// Why it cannot.
        reason: &'static str,
    },
    /// Images that are smaller than those that a network was made for.
    #[error(
        "images of {}x{} are smaller than the {}x{} that the network was made for", found.width, found.height, crop.width,
        crop.height
    )]
    ImagesTooSmall {
        /// The size that the network was made for.
        crop: Extent,
        /// The size of the images.
        found: Extent,
    },
    /// A network that gives a map for an image of its own size, where one that gives scores is needed.
    #[error(
        "shifted evaluations need a network that gives [1x1xK] for an image of its own size, this one gives {output}"
    )]
    MapOutput {
        /// What the network gives.
        output: Volume,
    },
    /// A user's own layer whose forward pass is not known outside generated code.
    #[error(
        "the forward pass of {notation} (`{layer}`) is not known: only a network that `network!` makes can say it"
    )]
    UnknownForward {
        /// The layer.
        layer: String,
        /// As the notation writes it.
        notation: String,
    },
    /// A convolution whose matrix, as a fully connected layer, does not fit into memory.
    #[error(
        "a convolution from {inputs} to {outputs} as a fully connected layer has {} x {} weights, which there is no memory for",
        outputs.count(), inputs.count()
    )]
    MatrixMemory {
        /// What the convolution takes.
        inputs: Volume,
        /// What it gives.
        outputs: Volume,
    },
    /// Layers that cannot be laid out.
    #[error("the network cannot be laid out: {source}")]
    Architecture {
        /// Why.
        source: GeometryError,
    },
    /// A workspace that would not fit into memory's range.
    #[error("a workspace for {capacity} images of this network is too large: {source}")]
    WorkspaceSize {
        /// The capacity asked for.
        capacity: usize,
        /// What overflows.
        source: GeometryError,
    },
    /// A workspace made for another network.
    #[error("a workspace of `{found}` given to `{expected}`: a workspace serves one architecture")]
    Workspace {
        /// The network, its volumes and its number of parameters.
        expected: String,
        /// Those of the network that the workspace was made for.
        found: String,
    },
    /// Another number of targets than of images.
    #[error("{targets} targets given for {images} images")]
    TargetCount {
        /// The images of the batch.
        images: usize,
        /// The targets given.
        targets: usize,
    },
    /// Another number of targets than a loss needs that compares every number of the output.
    #[error("{loss} was given {targets} targets for {images} images of {output}: it needs one for each number of the \
        output, in the layout [N, {}, {}, {}]",
        output.height, output.width, output.depth)]
    TargetNumbers {
        /// The loss.
        loss: &'static str,
        /// The images of the batch.
        images: usize,
        /// The output volume of the network.
        output: Volume,
        /// The targets given.
        targets: usize,
    },
    /// A target that no output could come near.
    #[error(
        "the target of image {image} holds {value} at row {row}, column {column}, channel {channel}: \
         targets must be finite"
    )]
    NonFiniteTarget {
        /// Index of the image in the batch.
        image: usize,
        /// Row of the output's pixel.
        row: usize,
        /// Column of the output's pixel.
        column: usize,
        /// Channel of the output's pixel.
        channel: usize,
        /// The number: NaN or an infinity.
        value: f64,
    },
    /// A target that a [`Structure`](crate::losses::Structure) refuses.
    #[error("the target of image {image} does not fit: {reason}")]
    StructureTarget {
        /// Index of the image in the batch.
        image: usize,
        /// What the structure says.
        reason: String,
    },
    /// A label that is no class of the network.
    #[error("the label of image {image} is {label}, but there are {classes} classes, 0 to {}", classes.saturating_sub(1))]
    Label {
        /// Index of the image in the batch or data set.
        image: usize,
        /// Its label.
        label: usize,
        /// The number of classes.
        classes: usize,
    },
    /// Data with another number of classes than the network has scores.
    #[error("data of {data} classes given to a network with {network} scores")]
    Classes {
        /// The classes of the data.
        data: usize,
        /// The scores of the network.
        network: usize,
    },
    /// A loss that needs scores of another shape.
    #[error("{loss} needs scores of [1x1xK] with K at least 2, the network gives {output}")]
    LossShape {
        /// The loss.
        loss: &'static str,
        /// The output volume of the network.
        output: Volume,
    },
    /// A network whose output is not what the tree of its hierarchical softmax needs.
    #[error(
        "HSOFTMAX needs an output of [1x1x{scores}], a score for each child of its tree's nodes, \
         the network gives {output}: let its last layer be FC{scores}"
    )]
    TreeScores {
        /// The scores that the tree needs.
        scores: usize,
        /// The output volume of the network.
        output: Volume,
    },
    /// A weight that nothing can be multiplied by.
    #[error("weight {index} of {loss} is {value}: weights are from 0 to 1e12")]
    Weight {
        /// The loss.
        loss: &'static str,
        /// Index of the class or attribute.
        index: usize,
        /// Its weight.
        value: f64,
    },
    /// Weights that are all 0, or none at all.
    #[error("none of the {weights} weights of {loss} is above 0: nothing would be trained")]
    NoWeight {
        /// The loss.
        loss: &'static str,
        /// How many were given.
        weights: usize,
    },
    /// Another number of weights than of classes or attributes.
    #[error("{loss} was given {weights} weights for {needed} {of}: it needs one for each")]
    WeightCount {
        /// The loss.
        loss: &'static str,
        /// The weights given.
        weights: usize,
        /// What they are weights of: classes or attributes.
        of: &'static str,
        /// How many of these there are.
        needed: usize,
    },
    /// A number that no computation can go on with, in the images.
    #[error(
        "image {image} holds {value} at row {row}, column {column}, channel {channel}: inputs must be finite"
    )]
    NonFiniteInput {
        /// Index of the image in the batch.
        image: usize,
        /// Row of the pixel.
        row: usize,
        /// Column of the pixel.
        column: usize,
        /// Channel of the pixel.
        channel: usize,
        /// The number: NaN or an infinity.
        value: f64,
    },
    /// The loss is NaN or infinite, and so is a volume.
    #[error(
        "step {step}: {value} first appeared in the output of layer `{layer}`; the parameters are those before the step. \
         Usual causes: a learning rate that is too high, or parameters that were not finite to begin with"
    )]
    Diverged {
        /// The step, counted from 0.
        step: u64,
        /// The first layer whose output is not finite.
        layer: String,
        /// The number found there.
        value: f64,
    },
    /// Scores that are NaN or infinite: the network's parameters are not usable.
    #[error(
        "{value} first appeared in the output of layer `{layer}`: the parameters of the network are not usable"
    )]
    NonFiniteScores {
        /// The first layer whose output is not finite.
        layer: String,
        /// The number found there.
        value: f64,
    },
    /// An update has made a parameter NaN or infinite.
    #[error(
        "step {step}: its update made `{tensor}` {value}; the parameters are not usable any more. \
         The learning rate is far too high"
    )]
    BrokenUpdate {
        /// The step, counted from 0.
        step: u64,
        /// The tensor.
        tensor: String,
        /// The number found there.
        value: f64,
    },
    /// A workspace that the system has no memory for.
    #[error("a workspace for {capacity} images takes {}, which cannot be had", convnet_geometry::Bytes(*bytes as u64))]
    WorkspaceMemory {
        /// The capacity asked for.
        capacity: usize,
        /// The memory that it takes.
        bytes: usize,
    },
    /// Every volume is finite but the loss, the state or a gradient is not.
    #[error(
        "step {step}: {what} is {value}; the parameters are those before the step. \
         A lower learning rate, smaller initial weights or smaller inputs usually help"
    )]
    NonFinite {
        /// The step, counted from 0.
        step: u64,
        /// The loss, a tensor of the state, or the gradient of a tensor.
        what: String,
        /// The number found there.
        value: f64,
    },
    /// An option outside its range.
    #[error("{option} is {value}: {expected}")]
    Option {
        /// Which.
        option: &'static str,
        /// What was given.
        value: f64,
        /// What would do.
        expected: &'static str,
    },
    /// A momentum for an update rule that has none.
    #[error("{rule} has no momentum to set: `Momentum` and `Nesterov` have one")]
    NoMomentum {
        /// The rule.
        rule: &'static str,
    },
    /// What an update rule is to go on from, but cannot.
    #[error("{rule} cannot go on from what was kept: {reason}")]
    Kept {
        /// The rule.
        rule: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// Parameters and gradients of different networks.
    #[error("{expected} parameters, but {found} given: they belong to different networks")]
    ParameterCount {
        /// The number of parameters.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// The gradient of the input, or regularised gradients, were asked for when the workspace holds no gradients of these
    /// parameters.
    #[error(
        "this needs the gradients of these very parameters in the workspace: call `gradients` first, and again after \
         the parameters changed"
    )]
    NoGradients,
    /// A name of something that a network does not have.
    #[error("network `{network}` has no {what} `{name}`: {hint}")]
    UnknownName {
        /// What should be called so.
        what: &'static str,
        /// The name given.
        name: String,
        /// The network.
        network: &'static str,
        /// The name that was meant, or those that there are.
        hint: String,
    },
    /// A position beyond the numbers of a tensor.
    #[error("`{tensor}` has no number {position}: it holds {count}, 0 to {}", count.saturating_sub(1))]
    TensorPosition {
        /// The tensor.
        tensor: String,
        /// The position given.
        position: usize,
        /// How many numbers it holds.
        count: usize,
    },
    /// A layer's own penalty that would do nothing.
    #[error(
        "the penalty of layer `{layer}` acts on none of its tensors ({}): it acts on weights, and on others if \
         `also_on` names their role; `Penalty::NONE` leaves the layer out",
        tensors.join(", ")
    )]
    IdlePenalty {
        /// The layer.
        layer: String,
        /// The names of its tensors.
        tensors: Vec<String>,
    },
    /// A penalty on tensors that are not learned.
    #[error(
        "a penalty cannot act on a {role}: that is state, which is not learned. Weights, biases, scales, shifts, slopes \
         and parameters are"
    )]
    UnlearnedRole {
        /// The role given.
        role: Role,
    },
    /// A data set without images.
    #[error("the data set holds no image")]
    EmptyData,
    /// Arrays of images and labels that do not belong together.
    #[error("{images} images but {labels} labels")]
    LabelCount {
        /// The number of images.
        images: usize,
        /// The number of labels.
        labels: usize,
    },
    /// An image that a data set does not have.
    #[error("the data set has no image {index}: it holds {count}, 0 to {}", count.saturating_sub(1))]
    ImageIndex {
        /// The index asked for.
        index: usize,
        /// How many images there are.
        count: usize,
    },
    /// Memory for an image that is not as large as the image.
    #[error("{found} bytes given to read an image of {}x{}x{} (height x width x channels) into", shape[0], shape[1], shape[2])]
    ImageBytes {
        /// Height, width and channels of the image.
        shape: [usize; 3],
        /// How many bytes were given.
        found: usize,
    },
    /// Another number of names than of classes.
    #[error("{names} names given for {classes} classes: each needs one")]
    ClassNames {
        /// The names given.
        names: usize,
        /// The number of classes.
        classes: usize,
    },
    /// Images that the system has no memory for.
    #[error("there is no memory for {images} images of {}x{}x{} (height x width x channels)", shape[0], shape[1], shape[2])]
    DataMemory {
        /// How many.
        images: usize,
        /// Height, width and channels of each.
        shape: [usize; 3],
    },
    /// A file or folder of images that cannot be used.
    #[error("{}: {reason}", path.display())]
    ImageFile {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A file that cannot be read.
    /// Numbers that preprocessing cannot be fitted on.
    #[error("preprocessing cannot be fitted: {reason}")]
    Fit {
        /// Why.
        reason: String,
    },
    /// A preprocessing that takes more memory than it may.
    #[error(
        "{what} of images of {numbers} numbers takes {}, more than the {} that it may: smaller images or fewer dimensions \
         take less, and `fit_within` allows more",
        convnet_geometry::Bytes(*bytes), convnet_geometry::Bytes(*limit)
    )]
    PreprocessingMemory {
        /// What takes it.
        what: &'static str,
        /// The numbers of an image.
        numbers: usize,
        /// What it takes.
        bytes: u64,
        /// What it may.
        limit: u64,
    },
    /// Images of another shape than a preprocessing was fitted on.
    #[error(
        "images of shape {found:?} given to a preprocessing that was fitted on {expected:?} (height x width x depth)"
    )]
    PreprocessingShape {
        /// What it was fitted on.
        expected: [usize; 3],
        /// What was given.
        found: [usize; 3],
    },
    /// Saved parts that make no preprocessing.
    #[error("these are not the parts of a preprocessing of the kind `{kind}`: {reason}")]
    PreprocessingParts {
        /// The kind that they are said to be.
        kind: String,
        /// What is wrong.
        reason: String,
    },
    /// Principal components of a preprocessing that has other numbers of them, or none.
    #[error("{asked} principal components asked for of `{description}`, which has {found}")]
    PrincipalComponents {
        /// How many were asked for.
        asked: usize,
        /// What the preprocessing does.
        description: String,
        /// How many it has.
        found: usize,
    },
    /// A picture that cannot be.
    #[cfg(feature = "train")]
    #[error(
        "a picture of {width} x {height} pixels and {channels} channels, of {bytes} bytes: sides must be at least 1, there \
         must be 1 channel (grey) or 3 (RGB), as many bytes as that takes, and at most 2^30"
    )]
    Picture {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
        /// Numbers of a pixel.
        channels: usize,
        /// The bytes given.
        bytes: usize,
    },
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that is not what it should be.
    #[error("{} at byte {offset}: expected {expected}, found {found}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where, in bytes from its beginning (of the unpacked contents, if it is compressed).
        offset: u64,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Something that is not a checkpoint, or not one that this program reads.
    #[cfg(feature = "checkpoint")]
    #[error("{origin} at byte {offset}: expected {expected}, found {found}")]
    CheckpointFormat {
        /// Where it was read from.
        origin: Origin,
        /// Where in it, in bytes from its beginning.
        offset: u64,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A checkpoint whose bytes are not those that were written.
    #[cfg(feature = "checkpoint")]
    #[error(
        "{origin}: {part}, bytes {begin} to {end}, is damaged: its checksum is {found}, and was {expected} when it was \
         written. Take another copy, or an earlier checkpoint"
    )]
    DamagedCheckpoint {
        /// Where it was read from.
        origin: Origin,
        /// What is damaged.
        part: Part,
        /// Where that begins.
        begin: u64,
        /// Where it ends: the first byte behind it.
        end: u64,
        /// The checksum when it was written.
        expected: String,
        /// The checksum of what is there.
        found: String,
    },
    /// A file of another program where one of ours is needed.
    #[cfg(feature = "checkpoint")]
    #[error(
        "{origin} has no checksums, so that damage would go unnoticed: another program wrote it. \
         `Checksums::IfPresent` reads it all the same"
    )]
    NoChecksums {
        /// Where it was read from.
        origin: Origin,
    },
    /// A tensor that the system has no memory for.
    #[cfg(feature = "checkpoint")]
    #[error("{origin}: tensor `{tensor}` takes {bytes} bytes, which cannot be had")]
    TensorMemory {
        /// Where it was read from.
        origin: Origin,
        /// The tensor.
        tensor: String,
        /// The memory that it takes.
        bytes: u64,
    },
    /// A tensor that a checkpoint does not hold.
    #[cfg(feature = "checkpoint")]
    #[error("the checkpoint has no tensor `{name}`: it has {}", listed(names))]
    UnknownTensor {
        /// The name given.
        name: String,
        /// Those that there are.
        names: Vec<String>,
    },
    /// A tensor of numbers of another type.
    #[cfg(feature = "checkpoint")]
    #[error("tensor `{tensor}` holds {found} where {expected} is needed")]
    TensorType {
        /// The tensor.
        tensor: String,
        /// The type that was asked for.
        expected: Dtype,
        /// The type of its numbers.
        found: Dtype,
    },
    /// A tensor of another shape.
    #[cfg(feature = "checkpoint")]
    #[error(
        "tensor `{tensor}` has the shape {found:?} where {expected:?} is needed: it belongs to another network"
    )]
    TensorShape {
        /// The tensor.
        tensor: String,
        /// The shape that was asked for.
        expected: Vec<usize>,
        /// Its shape.
        found: Vec<usize>,
    },
    /// A checkpoint that no file can hold.
    #[cfg(feature = "checkpoint")]
    #[error("{what}: {reason}")]
    UnwritableCheckpoint {
        /// The tensor or the entry of the metadata.
        what: String,
        /// Why it cannot be written.
        reason: String,
    },
    /// A checkpoint that could not be saved.
    #[cfg(feature = "checkpoint")]
    #[error("{}: the checkpoint {stage}: {source}. {}", path.display(), stage.advice(source))]
    Save {
        /// The file that it should have become.
        path: PathBuf,
        /// How far it came.
        stage: Stage,
        /// What the system says.
        source: io::Error,
    },
    /// A checkpoint of a time before those that are there.
    #[cfg(feature = "checkpoint")]
    #[error(
        "{} holds `{later}`, which is later than the `{name}` to be saved: resuming would take it. Keep each run in a \
         folder of its own, or, to go back in a run, remove what is later with `Keeper::remove_after`", folder.display()
    )]
    LaterCheckpoint {
        /// The folder.
        folder: PathBuf,
        /// The name of the new checkpoint.
        name: String,
        /// The name of the latest that is there.
        later: String,
    },
    /// A line of a record that is no event.
    #[cfg(feature = "train")]
    #[error("{}, line {line}: {reason}; each line of a record is one event, as JSON", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// Why it is none.
        reason: String,
    },
    /// A checkpoint of another network.
    #[cfg(feature = "checkpoint")]
    #[error("the checkpoint is that of {of}, which `{network}` is not: {difference}")]
    OtherNetwork {
        /// The network that it was given to.
        network: &'static str,
        /// What it says that it is of.
        of: String,
        /// The first difference.
        difference: String,
    },
    /// A checkpoint that lacks what is asked of it.
    #[cfg(feature = "checkpoint")]
    #[error("the checkpoint cannot be used: {reason}")]
    Checkpoint {
        /// What is wrong with it.
        reason: String,
    },
    /// A checkpoint that a training cannot go on from.
    #[cfg(feature = "train")]
    #[error("the training cannot go on from this checkpoint: {reason}")]
    NotResumable {
        /// What is missing, or differs.
        reason: String,
    },
    /// Something that goes by the validation, in a training without one.
    #[cfg(feature = "train")]
    #[error("{what} goes by the validation: give the training a validation set")]
    NoValidation {
        /// What does.
        what: &'static str,
    },
    /// Threads that could not be had.
    #[cfg(feature = "threads")]
    #[error(
        "{threads} threads were asked for: {reason}; ask before the first network, workspace or trainer is made"
    )]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why they could not be had.
        reason: String,
    },
    /// An instruction tier that is not to be had.
    #[error("{TIER_VARIABLE}={name}: this machine has {}", names(available))]
    Tier {
        /// The name given.
        name: String,
        /// The tiers of this machine.
        available: Vec<Tier>,
    },
}

#[cfg(any(feature = "checkpoint", feature = "cifar", feature = "idx", feature = "image"))]
impl Error {
    /// What the system says about a file.
    pub(crate) fn io(path: &std::path::Path) -> impl Fn(io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// Images of a size that the layers of a network cannot be on: which layer, and which sizes would do.
#[derive(Debug, thiserror::Error)]
#[error(
    "images of {image} do not fit the network: {notation} (`{layer}`) cannot take {volume}: {source}{}",
    fitting_sizes(fitting)
)]
pub struct ImageSizeError {
    /// The volume of an image.
    pub image: Volume,
    /// The first layer that does not fit.
    pub layer: String,
    /// As the notation writes it.
    pub notation: String,
    /// What it would have to take.
    pub volume: Volume,
    /// Why it cannot.
    pub source: GeometryError,
    /// The nearest smaller and larger sizes that fit, as far as they were looked for.
    pub fitting: Vec<Extent>,
}

fn names(tiers: &[Tier]) -> String {
    tiers.iter().map(|tier| tier.name()).collect::<Vec<_>>().join(", ")
}

fn fitting_sizes(sizes: &[Extent]) -> String {
    let sizes: Vec<_> = sizes.iter().map(|size| format!("{}x{}", size.width, size.height)).collect();
    if sizes.is_empty() { String::new() } else { format!(". Images of {} would fit", sizes.join(" or ")) }
}

/// How many names a message lists.
#[cfg(feature = "checkpoint")]
const LISTED: usize = 12;

#[cfg(feature = "checkpoint")]
fn listed(names: &[String]) -> String {
    let listed = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 if names.is_empty() => "none".to_owned(),
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}
