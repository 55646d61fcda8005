//! The options of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The whole command line.
#[derive(Parser, Debug)]
#[command(version, propagate_version = true)]
pub(super) struct Options {
    /// How many threads train and infer [default: as many as the machine has]
    #[arg(long, global = true, value_name = "N")]
    pub(super) threads: Option<usize>,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What is to be done.
#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Prints every layer with its volume, memory, weights and work
    Report(ReportOptions),
    /// Checks before a training: initial loss, gradients, whether a few images can be learned by heart
    Check(CheckOptions),
    /// Trains the network
    Train(Box<TrainOptions>),
    /// Evaluates a trained network: accuracy, top-5, which classes are taken for which
    Eval(EvalOptions),
    /// Classifies pictures
    Predict(PredictOptions),
    /// Measures how many images a second are trained on and classified
    Bench(BenchOptions),
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Options of `report`.
#[derive(Args, Debug)]
pub(super) struct ReportOptions {
    /// Everything that is counted, a column each
    #[arg(long, conflicts_with_all = ["json", "svg"])]
    pub(super) wide: bool,
    /// As JSON
    #[arg(long, conflicts_with = "svg")]
    pub(super) json: bool,
    /// As a drawing
    #[arg(long)]
    pub(super) svg: bool,
}

/// Where images are, and how they are read.
#[derive(Args, Clone, Debug)]
pub(super) struct DataOptions {
    /// The folder of the data: MNIST's four files, CIFAR's binary files, or `train` and `test` with a folder of pictures a class
    #[arg(long, value_name = "DIR")]
    pub(super) data: PathBuf,
    /// What the folder holds
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    pub(super) format: Format,
}

/// What a folder of data holds.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// Whatever its files are called
    Auto,
    /// train-images-idx3-ubyte and the others, plain or gzip
    Mnist,
    /// data_batch_1.bin and the others
    Cifar10,
    /// train.bin and test.bin, 100 classes
    Cifar100,
    /// train/CLASS/*.png and test/CLASS/*.png, or JPEG
    Folders,
}

/// Options of `check`.
#[derive(Args, Debug)]
pub(super) struct CheckOptions {
    #[command(flatten)]
    pub(super) data: DataOptions,
    #[command(flatten)]
    pub(super) begin: BeginOptions,
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// How a training begins.
#[derive(Args, Clone, Debug)]
pub(super) struct BeginOptions {
    /// Of initial weights, splits, the order of images and all other chance
    #[arg(long, default_value_t = 231, value_name = "N")]
    pub(super) seed: u64,
    /// Images in a step
    #[arg(long, default_value_t = 64, value_name = "N")]
    pub(super) batch: usize,
    /// How weights begin
    #[arg(long, value_enum, default_value_t = Begin::He)]
    pub(super) weights: Begin,
    /// What is done to images
    #[arg(long, value_enum, default_value_t = Prepare::PerChannel)]
    pub(super) preprocess: Prepare,
}

/// How weights begin.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Begin {
    /// He and others 2015, for RELU
    He,
    /// Glorot and Bengio 2010
    Glorot,
    /// Normal numbers of deviation 0.01
    Small,
}

/// What is done to images before the network sees them.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Prepare {
    /// Mean and deviation of each channel
    PerChannel,
    /// The mean of each channel
    MeanPerChannel,
    /// The mean image
    MeanImage,
    /// One mean and one deviation
    One,
    /// To numbers from -1 to 1
    Range,
}

/// Options of `train`.
#[derive(Args, Debug)]
pub(super) struct TrainOptions {
    #[command(flatten)]
    pub(super) data: DataOptions,
    #[command(flatten)]
    pub(super) begin: BeginOptions,
    /// How often every image is seen
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub(super) epochs: u32,
    /// The share of the training images that validates, of every class
    #[arg(long, default_value_t = 0.1, value_name = "SHARE")]
    pub(super) validation: f64,
    #[command(flatten)]
    pub(super) rule: RuleOptions,
    #[command(flatten)]
    pub(super) augment: AugmentOptions,
    /// Where checkpoints, the record and the trained model go
    #[arg(long, default_value = "run", value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Goes on from the newest checkpoint there
    #[arg(long)]
    pub(super) resume: bool,
    /// Ends when the validation accuracy has not risen for so many epochs
    #[arg(long, value_name = "EPOCHS")]
    pub(super) patience: Option<u64>,
    /// Begins without sanity checks
    #[arg(long)]
    pub(super) unchecked: bool,
    /// Prints the outcome as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// The update rule and all that goes with it.
#[derive(Args, Clone, Debug)]
pub(super) struct RuleOptions {
    /// The update rule
    #[arg(long, value_enum, default_value_t = Rule::Momentum)]
    pub(super) optimizer: Rule,
    /// The learning rate, at its peak
    #[arg(long, default_value_t = 0.01, value_name = "X")]
    pub(super) rate: f64,
    /// The share of the velocity, or of RMSprop's cache, that is kept
    #[arg(long, default_value_t = 0.9, value_name = "SHARE")]
    pub(super) momentum: f64,
    /// How the rate changes
    #[arg(long, value_enum, default_value_t = Rates::Cosine)]
    pub(super) schedule: Rates,
    /// What a step, or a plateau, multiplies the rate by
    #[arg(long, default_value_t = 0.5, value_name = "X")]
    pub(super) factor: f64,
    /// Epochs of a step, or without an improvement on a plateau; other schedules have no use for either
    #[arg(long, default_value_t = 5, value_name = "EPOCHS")]
    pub(super) every: u32,
    /// Epochs in which the rate rises to its peak
    #[arg(long, default_value_t = 0.0, value_name = "EPOCHS")]
    pub(super) warm_up: f64,
    /// The strength of the L2 penalty, 0.5 * l2 * w^2; of AdamW its weight decay
    #[arg(long, default_value_t = 5e-4, value_name = "X")]
    pub(super) l2: f64,
    /// The largest norm of a gradient
    #[arg(long, value_name = "X")]
    pub(super) clip: Option<f64>,
    /// Batches whose gradients make one update
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) accumulate: usize,
    /// Keeps a running average of the parameters, of which this share stays at each update
    #[arg(long, value_name = "SHARE")]
    pub(super) average: Option<f64>,
    /// Layers that stay as they are
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(super) freeze: Vec<String>,
    /// A checkpoint whose parameters are taken where names and shapes match
    #[arg(long, value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
}

/// Update rules.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    /// Plain gradient descent
    Sgd,
    /// With a velocity
    Momentum,
    /// Nesterov's, which looks ahead
    Nesterov,
    /// Adagrad
    Adagrad,
    /// RMSprop
    Rmsprop,
    /// Adam
    Adam,
    /// Adam with weight decay of its own
    Adamw,
}

/// Schedules of the learning rate.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rates {
    /// It stays
    Constant,
    /// It falls by `--factor` every `--every` epochs
    Step,
    /// It falls like a cosine, to 0 at the end
    Cosine,
    /// It rises, then falls, over all epochs
    OneCycle,
    /// It falls by `--factor` where the validation error has not for `--every` epochs
    Plateau,
}

/// What is done to training images, anew in each epoch.
#[derive(Args, Clone, Debug)]
pub(super) struct AugmentOptions {
    /// Mirrors images, each with a probability of one half
    #[arg(long)]
    pub(super) flip: bool,
    /// Crops images that are padded by so many pixels
    #[arg(long, value_name = "PIXELS")]
    pub(super) crop: Option<usize>,
    /// Moves images by up to so many pixels
    #[arg(long, value_name = "PIXELS")]
    pub(super) shift: Option<usize>,
    /// Turns images by up to so many degrees
    #[arg(long, value_name = "DEGREES")]
    pub(super) rotate: Option<f64>,
    /// Changes brightness, contrast and saturation by up to this share
    #[arg(long, value_name = "SHARE")]
    pub(super) colours: Option<f64>,
    /// Hides a square of this side
    #[arg(long, value_name = "PIXELS")]
    pub(super) cutout: Option<usize>,
}

/// Options of `eval`.
#[derive(Args, Debug)]
pub(super) struct EvalOptions {
    #[command(flatten)]
    pub(super) data: DataOptions,
    /// The trained model: a file, or the folder of a training, whose model or else best checkpoint is taken
    #[arg(long, value_name = "PATH", default_value = "run")]
    pub(super) model: PathBuf,
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Options of `predict`.
#[derive(Args, Debug)]
pub(super) struct PredictOptions {
    /// PNG or JPEG files
    #[arg(required = true, value_name = "IMAGE")]
    pub(super) images: Vec<PathBuf>,
    /// The trained model: a file, or the folder of a training, whose model or else best checkpoint is taken
    #[arg(long, value_name = "PATH", default_value = "run")]
    pub(super) model: PathBuf,
    /// How many classes are named of each
    #[arg(long, default_value_t = 5, value_name = "K")]
    pub(super) top: usize,
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Options of `bench`.
#[derive(Args, Debug)]
pub(super) struct BenchOptions {
    /// Images in a step
    #[arg(long, default_value_t = 64, value_name = "N")]
    pub(super) batch: usize,
    /// Seconds that each measurement takes
    #[arg(long, default_value_t = 2.0, value_name = "X")]
    pub(super) seconds: f64,
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}
