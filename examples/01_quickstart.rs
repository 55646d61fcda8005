//! Trains a LeNet on handwritten digits, and shows what it learned.
//!
//! ```text
//! cargo run --release --example 01_quickstart                  # the 5,000 digits that ship with the project
//! cargo run --release --example 01_quickstart -- --data DIR    # the full MNIST files, in DIR
//! ```

use std::error::Error;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use convnet::data::idx;
use convnet::{network, prelude::*};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

network! {
    /// LeNet-5 of 1998, with ReLUs, maximum pooling, and the notes' padding.
    pub struct LeNet {
        INPUT[28x28x1]
        -> CONV5-8 -> RELU -> POOL2     : [14x14x8]
        -> CONV5-16 -> RELU -> POOL2    : [7x7x16]
        -> FC120 -> RELU -> FC84 -> RELU -> FC10
    }
    assert parameters == 108_638;
}

const HELP: &str = "\
Trains a LeNet on MNIST and evaluates it on the test images.

usage: 01_quickstart [--data DIR] [--epochs N] [--rate X] [--seed N]

  --data DIR    a folder with MNIST's four IDX files, plain or gzip
                (default: data/mnist-mini, which ships with the project)
  --epochs N    how often every training image is seen (default: 10)
  --rate X      the learning rate at the start (default: 0.005)
  --seed N      of initial weights and the order of images (default: 231)
  --help        this text";

const BATCH: usize = 16;

struct Options {
    data: PathBuf,
    epochs: u32,
    rate: f64,
    seed: u64,
}

fn main() {
    if let Err(error) = options().and_then(|options| options.map_or(Ok(()), |options| run(&options))) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

/// The options of the command line; nothing if it only asks for help.
fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let mini = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist-mini");
    let mut options = Options { data: mini, epochs: 10, rate: 0.005, seed: 231 };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("data") => options.data = arguments.value()?.into(),
            Long("epochs") => options.epochs = arguments.value()?.parse()?,
            Long("rate") => options.rate = arguments.value()?.parse()?,
            Long("seed") => options.seed = arguments.value()?.parse()?,
            Short('h') | Long("help") => {
                println!("{HELP}");
                return Ok(None);
            }
            other => return Err(format!("{}; --help says what there is", other.unexpected()).into()),
        }
    }
    Ok(Some(options))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    println!("{}", LeNet::report());
    let (training, test) = idx::read_mnist(&options.data)?;
    println!("{} training and {} test images from {}", training.len(), test.len(), options.data.display());
    let scaling = Scaling::fit(&training)?;

    let start = Instant::now();
    let optimizer = Momentum::new(options.rate, 0.9)?;
    let mut trainer = Trainer::new(LeNet::new(options.seed), optimizer, BATCH, options.seed)?;
    for epoch in 1..=options.epochs {
        // Smaller steps towards the end: the notes' step decay.
        let rate = options.rate * 0.5_f64.powi((4 * (epoch - 1) / options.epochs).try_into()?);
        Optimizer::<f32>::set_learning_rate(trainer.optimizer_mut(), rate)?;
        let bar = progress_bar(&training, epoch, options.epochs);
        let summary = trainer.epoch(&training, &scaling, |progress| {
            bar.set_position(progress.images as u64);
            bar.set_message(format!(
                "loss {:.4}  accuracy {:.1} %",
                progress.loss,
                100.0 * progress.accuracy
            ));
        })?;
        bar.finish_and_clear();
        let (loss, percent) = (summary.loss, 100.0 * summary.accuracy);
        println!("epoch {epoch:2}: loss {loss:.4}, training accuracy {percent:.2} %");
    }
    let network = trainer.into_network();
    let result = evaluate(&network, &test, &scaling, 100)?;
    println!("test images: accuracy {:.2} %, loss {:.4}", 100.0 * result.accuracy, result.loss);
    eprintln!("trained and evaluated in {:.1} s", start.elapsed().as_secs_f64());
    show_predictions(&network, &test, scaling)
}

/// A bar on a terminal; nothing elsewhere, where the line of each epoch is enough.
fn progress_bar(data: &dyn Dataset, epoch: u32, epochs: u32) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len}  {msg}  {rate}  {eta} left");
    let bar = ProgressBar::new(data.len() as u64).with_prefix(format!("epoch {epoch}/{epochs}"));
    let rate = |state: &ProgressState, to: &mut dyn Write| {
        // The bar can do without.
        let _ = write!(to, "{:.0} images/s", state.per_sec());
    };
    style.map(|style| bar.clone().with_style(style.with_key("rate", rate))).unwrap_or(bar)
}

/// Draws the first test images beside what the network says of them.
fn show_predictions(
    network: &LeNet,
    test: &TestSet<LabelledImages>,
    scaling: Scaling,
) -> Result<(), Box<dyn Error>> {
    const SHOWN: usize = 4;
    let images = test.images(0..SHOWN.min(test.len()))?;
    let scaled = scaling.scale(images.view());
    let predictions = predict(network, scaled.view(), &mut InferenceWorkspace::of(network, SHOWN)?)?;
    let shown = images.outer_iter().zip(&predictions).zip(test.labels());
    for (index, ((image, prediction), label)) in shown.enumerate() {
        let verdict = if prediction.class == label { "right" } else { "wrong" };
        let percent = 100.0 * prediction.probability;
        println!("\nimage {index} is a {label}: {} with {percent:.1} %, {verdict}", prediction.class);
        // Two rows of pixels a line: characters are twice as high as wide.
        for y in (0..28).step_by(2) {
            let shade = |x: usize| match image[[y, x, 0]].max(image[[y + 1, x, 0]]) {
                0..64 => ' ',
                64..160 => '+',
                160.. => '#',
            };
            println!("  {}", (0..28).map(shade).collect::<String>().trim_end());
        }
    }
    Ok(())
}
