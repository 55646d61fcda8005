//! How many images a second does a network train on, and infer?
//!
//! ```text
//! cargo bench --bench throughput --features zoo
//! cargo bench --bench throughput --features zoo -- --nets card,lenet --modes train --threads 1 --budget 5
//! ```
//!
//! Prints one JSON line per figure: `{"peer","net","mode","batch","threads","images_per_s","ms_per_step_median",
//! "ms_per_step_min","peak_rss_mb","steps"}`. A training step is forward, softmax cross-entropy, backward, and an update with
//! momentum of all parameters; inference is that of the folded network. The figures are medians over at least 3 steps and
//! about `--budget` seconds, after a warm-up. `docs/performance.md` keeps some.

mod nets;

use std::time::{Duration, Instant};

use convnet::prelude::*;
use convnet::train::LabelLoss;
use ndarray::Array4;

/// What is to be measured.
struct Options {
    nets: Vec<String>,
    modes: Vec<String>,
    threads: Vec<usize>,
    /// In place of those that each network has.
    batches: Option<Vec<usize>>,
    budget: Duration,
}

const NETS: [&str; 8] = ["lenet", "card", "minivgg", "resnet20", "alexnet", "vgg16", "resnet18", "resnet50"];

const USAGE: &str = "--nets lenet,card,... --modes train,infer --threads 1,2 --batches 1,64 --budget SECONDS";

fn main() {
    let options = Options::read(std::env::args().skip(1)).unwrap_or_else(|message| {
        eprintln!("{message}; usage: {USAGE}");
        std::process::exit(2);
    });
    for net in &options.nets {
        for &threads in &options.threads {
            let pool =
                rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
            pool.install(|| run(net, threads, &options));
        }
    }
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let list = |value: &str| value.split(',').map(str::to_owned).collect::<Vec<_>>();
        let mut options = Self {
            nets: NETS.map(str::to_owned).to_vec(),
            modes: list("infer,train"),
            threads: vec![1, 2],
            batches: None,
            budget: Duration::from_secs(2),
        };
        while let Some(argument) = arguments.next() {
            if argument == "--bench" {
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{argument} wants a value"))?;
            let numbers = || -> Result<Vec<usize>, String> {
                let number = |text: &str| match text.parse() {
                    Ok(number) if number > 0 => Ok(number),
                    _ => Err(format!("{text} is not a number above 0")),
                };
                value.split(',').map(number).collect()
            };
            match argument.as_str() {
                "--nets" => options.nets = list(&value),
                "--modes" => options.modes = list(&value),
                "--threads" => options.threads = numbers()?,
                "--batches" => options.batches = Some(numbers()?),
                "--budget" => {
                    let seconds = value.parse().map_err(|_| format!("{value} is not a number"))?;
                    options.budget =
                        Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
                }
                other => return Err(format!("{other} is no option")),
            }
        }
        let unknown = options.nets.iter().find(|net| !NETS.contains(&net.as_str()));
        if let Some(net) = unknown {
            return Err(format!("{net} is none of {}", NETS.join(", ")));
        }
        match options.modes.iter().find(|mode| !["train", "infer"].contains(&mode.as_str())) {
            Some(mode) => Err(format!("{mode} is neither train nor infer")),
            None => Ok(options),
        }
    }
}

fn run(net: &str, threads: usize, options: &Options) {
    let cell = Cell { net, threads, options };
    match net {
        "lenet" => cell.measure(nets::LeNet::new, 64, &[1, 64]),
        "card" => cell.measure(nets::CardNet::new, 64, &[1, 64]),
        "minivgg" => cell.measure(nets::MiniVgg::new, 64, &[1, 64]),
        "resnet20" => cell.measure(nets::ResNet20::new, 64, &[1, 64]),
        "alexnet" => cell.measure(nets::AlexNet::new, 8, &[1]),
        "vgg16" => cell.measure(nets::Vgg16::new, 2, &[1]),
        "resnet18" => cell.measure(nets::ResNet18::new, 4, &[1]),
        "resnet50" => cell.measure(nets::ResNet50::new, 4, &[1]),
        other => unreachable!("{other} was checked"),
    }
}

/// A network on so many threads.
struct Cell<'a> {
    net: &'a str,
    threads: usize,
    options: &'a Options,
}

impl Cell<'_> {
    fn measure<N>(&self, network: impl Fn(u64) -> N, of_training: usize, of_inference: &[usize])
    where
        N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
    {
        // Inference first, which takes less memory: the peak is that of the process so far.
        for mode in
            ["infer", "train"].into_iter().filter(|&mode| self.options.modes.iter().any(|m| m == mode))
        {
            let usual = if mode == "infer" { of_inference } else { &[of_training] };
            let batches = self.options.batches.as_deref().unwrap_or(usual);
            if mode == "infer" {
                let folded = network(1).into_inference().expect("layers that are known");
                for &batch in batches {
                    let images = images::<N>(batch);
                    let mut workspace = folded.workspace(batch).expect("a workspace");
                    let times = self.times(|| {
                        folded.infer(images.view(), &mut workspace, &mut Unobserved).expect("scores");
                    });
                    self.print(mode, batch, &times);
                }
            } else {
                for &batch in batches {
                    let labels: Vec<usize> = (0..batch).map(|image| image % 10).collect();
                    let optimizer = Momentum::new(1e-4, 0.9).expect("options in range");
                    let mut trainer = Trainer::new(network(1), optimizer, batch, 1).expect("a trainer");
                    let images = images::<N>(batch);
                    let times = self.times(|| {
                        trainer.step(images.view(), &labels).expect("a step");
                    });
                    self.print(mode, batch, &times);
                }
            }
        }
    }

    /// The times of steps, in their order of length.
    fn times(&self, mut step: impl FnMut()) -> Vec<Duration> {
        let (start, mut warm) = (Instant::now(), 0);
        while warm < 2 || start.elapsed() < self.options.budget.mul_f64(0.15) {
            step();
            warm += 1;
        }
        let (start, mut times) = (Instant::now(), Vec::new());
        while times.len() < 3 || (start.elapsed() < self.options.budget && times.len() < 5000) {
            let start = Instant::now();
            step();
            times.push(start.elapsed());
        }
        times.sort_unstable();
        times
    }

    fn print(&self, mode: &str, batch: usize, times: &[Duration]) {
        let (median, least) = (times[times.len() / 2].as_secs_f64(), times[0].as_secs_f64());
        let Self { net, threads, .. } = self;
        println!(
            r#"{{"peer":"convnet","net":"{net}","mode":"{mode}","batch":{batch},"threads":{threads},"images_per_s":{:.3},"ms_per_step_median":{:.4},"ms_per_step_min":{:.4},"peak_rss_mb":{:.1},"steps":{}}}"#,
            batch as f64 / median,
            1e3 * median,
            1e3 * least,
            peak_megabytes(),
            times.len(),
        );
    }
}

/// Images of some pattern.
fn images<N: Network>(count: usize) -> Array4<f32> {
    let input = N::ARCHITECTURE.input();
    let shape = (count, input.height, input.width, input.depth);
    Array4::from_shape_fn(shape, |(n, y, x, d)| ((7 * n + 5 * y + 3 * x + d) % 19) as f32 / 9.5 - 1.0)
}

/// The most memory that the process has had, in MiB; 0 where the system does not tell.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
