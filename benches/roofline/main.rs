//! How close does each kind of layer come to what the machine can do?
//!
//! ```text
//! cargo bench --bench roofline
//! cargo bench --bench roofline -- --threads 2 --budget 1 --layers CONV,FC --markdown
//! ```
//!
//! Measures the machine first: multiply-adds of `f32` on registers alone, and reading and copying memory that no cache holds.
//! Then each layer alone: forward as in training, its gradient by parameters, its gradient by the input. Prints one JSON line
//! a figure, or a table. Work is counted as a direct computation does it (2 operations a multiply-accumulate), traffic as what
//! cannot be avoided: each volume and parameter read or written once. A layer that does fewer multiplications than are counted
//! (Winograd's algorithm) may be above the peak. `docs/performance.md` keeps some.

mod layers;
mod machine;

use std::time::{Duration, Instant};

use convnet::geometry::Volume;
use convnet::losses::{Evaluation, Loss, LossValue};
use convnet::prelude::*;
use convnet::{Error, Step};
use ndarray::{Array4, ArrayView4};

use machine::Machine;

struct Options {
    threads: usize,
    budget: Duration,
    /// What a layer's notation begins with; all layers if there is none.
    layers: Vec<String>,
    markdown: bool,
}

const USAGE: &str = "--threads N --budget SECONDS --layers CONV,FC,... --markdown";

fn main() {
    let options = Options::read(std::env::args().skip(1)).unwrap_or_else(|message| {
        eprintln!("{message}; usage: {USAGE}");
        std::process::exit(2);
    });
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().expect("a pool of threads");
    pool.install(|| {
        let machine = Machine::measure(options.threads);
        if options.markdown {
            println!("{}\n", machine.sentence());
            println!("| layer | batch | pass | ms | GFLOP/s | of the peak | GB/s | of reading |");
            println!("|---|---|---|---|---|---|---|---|");
        } else {
            println!("{}", machine.json());
        }
        layers::each(&Bench { machine, options });
    });
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options =
            Self { threads: 1, budget: Duration::from_millis(300), layers: Vec::new(), markdown: false };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--bench" => continue,
                "--markdown" => {
                    options.markdown = true;
                    continue;
                }
                _ => (),
            }
            let value = arguments.next().ok_or_else(|| format!("{argument} wants a value"))?;
            let refused = || format!("{argument} {value}: not a number above 0");
            match argument.as_str() {
                "--threads" => {
                    options.threads = value.parse().ok().filter(|&n| n > 0).ok_or_else(refused)?;
                }
                "--budget" => {
                    let seconds = value.parse().map_err(|_| refused())?;
                    options.budget = Duration::try_from_secs_f64(seconds).map_err(|_| refused())?;
                }
                "--layers" => options.layers = value.split(',').map(str::to_owned).collect(),
                other => return Err(format!("{other} is no option")),
            }
        }
        Ok(options)
    }
}

/// Measures layers, and prints what it finds.
struct Bench {
    machine: Machine,
    options: Options,
}

/// What a pass over a layer does: operations, and bytes that it cannot but move.
struct Cost {
    operations: f64,
    bytes: f64,
}

impl Bench {
    /// Measures a layer: `behind` is it behind a RELU, whose volume it takes; `alone` has it alone.
    fn layer<B, A>(&self, notation: &str, behind: impl Fn(u64) -> B, alone: impl Fn(u64) -> A, batch: usize)
    where
        B: Network<Scalar = f32>,
        A: Network<Scalar = f32>,
    {
        let wanted = &self.options.layers;
        if !wanted.is_empty() && !wanted.iter().any(|wanted| notation.starts_with(wanted.as_str())) {
            return;
        }
        let architecture = A::ARCHITECTURE;
        let [input, output] = [architecture.input(), architecture.output()].map(|v| batch * v.count());
        let parameters = architecture.parameters();
        let cost = |numbers: usize| Cost {
            operations: 2.0 * architecture.macs() as f64 * batch as f64,
            bytes: 4.0 * numbers as f64,
        };
        self.print(
            notation,
            batch,
            "forward",
            self.forward(behind(1), batch),
            cost(input + parameters + output),
        );
        // Without parameters there is but one pass, which computes both.
        let [by_parameters, mut by_input] = self.backward(alone(1), batch);
        if parameters > 0 {
            self.print(notation, batch, "by parameters", by_parameters, cost(input + parameters + output));
        } else {
            by_input += by_parameters;
        }
        self.print(notation, batch, "by input", by_input, cost(input + parameters + output));
    }

    /// The median time of the last layer, forward.
    fn forward<N: Network<Scalar = f32>>(&self, mut network: N, batch: usize) -> Duration {
        let images = images::<N>(batch);
        let mut workspace = TrainingWorkspace::of(&network, batch).expect("a workspace");
        self.median(|| {
            let mut seen = [Instant::now(); 2];
            let mut layers = 0;
            let mut observer = |_: &str, _: ArrayView4<'_, f32>| {
                seen[layers] = Instant::now();
                layers += 1;
            };
            let (loss, step) = (Stopwatch, Step::default());
            network
                .gradients(images.view(), &start(), &loss, &mut workspace, step, &mut observer)
                .expect("a step");
            [seen[1] - seen[0]]
        })[0]
    }

    /// The median times of the gradients by parameters and by the input.
    fn backward<N: Network<Scalar = f32>>(&self, mut network: N, batch: usize) -> [Duration; 2] {
        let images = images::<N>(batch);
        let mut workspace = TrainingWorkspace::of(&network, batch).expect("a workspace");
        self.median(|| {
            let (at, loss, step) = (start(), Stopwatch, Step::default());
            network
                .gradients(images.view(), &at, &loss, &mut workspace, step, &mut Unobserved)
                .expect("a step");
            let middle = Instant::now();
            network.input_gradient(&mut workspace).expect("gradients are there");
            [middle - *at.lock().expect("nobody panicked"), middle.elapsed()]
        })
    }

    /// Medians of what `f` measures, over at least 5 calls.
    fn median<const N: usize>(&self, mut f: impl FnMut() -> [Duration; N]) -> [Duration; N] {
        f();
        let (begin, mut found) = (Instant::now(), Vec::new());
        while found.len() < 5 || begin.elapsed() < self.options.budget {
            found.push(f());
        }
        std::array::from_fn(|which| {
            let mut times: Vec<_> = found.iter().map(|times| times[which]).collect();
            times.sort_unstable();
            times[times.len() / 2]
        })
    }

    fn print(&self, layer: &str, batch: usize, pass: &str, time: Duration, cost: Cost) {
        let seconds = time.as_secs_f64();
        let (gflops, gbytes) = (cost.operations / seconds / 1e9, cost.bytes / seconds / 1e9);
        let (of_peak, of_reading) = (gflops / self.machine.gflops, gbytes / self.machine.reading);
        let (ms, threads) = (1e3 * seconds, self.options.threads);
        if self.options.markdown {
            let [of_peak, of_reading] = [of_peak, of_reading].map(|share| format!("{:.0} %", 100.0 * share));
            println!(
                "| `{layer}` | {batch} | {pass} | {ms:.3} | {gflops:.1} | {of_peak} | {gbytes:.1} | {of_reading} |"
            );
        } else {
            println!(
                r#"{{"bench":"roofline","layer":"{layer}","batch":{batch},"threads":{threads},"pass":"{pass}","ms":{ms:.4},"gflop_s":{gflops:.2},"of_peak":{of_peak:.3},"gb_s":{gbytes:.2},"of_reading":{of_reading:.3}}}"#
            );
        }
    }
}

/// Images of some pattern.
fn images<N: Network>(count: usize) -> Array4<f32> {
    let input = N::ARCHITECTURE.input();
    let shape = (count, input.height, input.width, input.depth);
    Array4::from_shape_fn(shape, |(n, y, x, d)| ((7 * n + 5 * y + 3 * x + d) % 19) as f32 / 9.5 - 1.0)
}

/// When the backward pass began.
type Start = std::sync::Mutex<Instant>;

fn start() -> Start {
    Start::new(Instant::now())
}

/// A loss that says when it was done: half the sum of squares.
#[derive(Clone, Copy)]
struct Stopwatch;

impl Loss<f32> for Stopwatch {
    type Targets<'a> = &'a Start;

    fn check(&self, _: Volume, _: usize, _: &Start) -> Result<(), Error> {
        Ok(())
    }

    fn evaluate(&self, at: Evaluation<'_, f32, &Start>) -> LossValue<f32> {
        at.gradient.copy_from_slice(at.scores);
        *at.targets.lock().expect("nobody panicked") = Instant::now();
        LossValue { mean: 0.0 }
    }
}
