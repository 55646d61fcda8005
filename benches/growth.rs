//! How does the cost of a network grow with the batch, the size of its images, its depth, and the threads?
//!
//! ```text
//! cargo bench --bench growth
//! cargo bench --bench growth -- --markdown
//! ```
//!
//! A stack of `CONV3-64 -> RELU` behind `CONV3-64`, on images of 64 channels, with one of these changed at a time. Prints one JSON line
//! a figure, or tables: milliseconds of a training step (with momentum) and of an inference, medians of at least 5.

use std::time::{Duration, Instant};

use convnet::train::LabelLoss;
use convnet::{network, prelude::*};
use ndarray::Array4;

network! {
    block layer = CONV3-64 -> RELU;

    struct Side8 { INPUT[8x8x64] -> [layer]*4 -> GAP -> FC10 }
    struct Side16 { INPUT[16x16x64] -> [layer]*4 -> GAP -> FC10 }
    struct Side32 { INPUT[32x32x64] -> [layer]*4 -> GAP -> FC10 }
    struct Side64 { INPUT[64x64x64] -> [layer]*4 -> GAP -> FC10 }
    struct Side128 { INPUT[128x128x64] -> [layer]*4 -> GAP -> FC10 }

    struct Depth1 { INPUT[32x32x64] -> [layer]*1 -> GAP -> FC10 }
    struct Depth2 { INPUT[32x32x64] -> [layer]*2 -> GAP -> FC10 }
    struct Depth8 { INPUT[32x32x64] -> [layer]*8 -> GAP -> FC10 }
    struct Depth16 { INPUT[32x32x64] -> [layer]*16 -> GAP -> FC10 }
}

fn main() {
    let is_markdown = std::env::args().any(|argument| argument == "--markdown");
    let growth = Growth { is_markdown };
    growth.head("batch", "images of 32x32, 4 layers, 1 thread");
    for batch in [1, 2, 4, 8, 16, 32, 64, 128] {
        growth.line(batch, Side32::new, batch, 1);
    }
    growth.head("side of the image", "8 images, 4 layers, 1 thread");
    growth.line(8, Side8::new, 8, 1);
    growth.line(16, Side16::new, 8, 1);
    growth.line(32, Side32::new, 8, 1);
    growth.line(64, Side64::new, 8, 1);
    growth.line(128, Side128::new, 8, 1);
    growth.head("layers", "8 images of 32x32, 1 thread");
    growth.line(1, Depth1::new, 8, 1);
    growth.line(2, Depth2::new, 8, 1);
    growth.line(4, Side32::new, 8, 1);
    growth.line(8, Depth8::new, 8, 1);
    growth.line(16, Depth16::new, 8, 1);
    growth.head("threads", "32 images of 32x32, 4 layers");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for threads in [1, 2, 4, 8, 16].into_iter().filter(|&threads| threads <= cores) {
        growth.line(threads, Side32::new, 32, threads);
    }
}

struct Growth {
    is_markdown: bool,
}

impl Growth {
    fn head(&self, by: &str, what: &str) {
        if self.is_markdown {
            println!(
                "\n{what}:\n\n| {by} | training step, ms | of it an image and layer | inference, ms |\n|---|---|---|---|"
            );
        }
    }

    /// Measures a network, `value` being what is changed.
    fn line<N>(&self, value: usize, network: impl Fn(u64) -> N + Send + Sync, batch: usize, threads: usize)
    where
        N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
    {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        let [training, inference] = pool.install(|| measure(&network, batch));
        let layers =
            N::ARCHITECTURE.layers().iter().filter(|layer| layer.notation.starts_with("CONV")).count();
        let input = N::ARCHITECTURE.input();
        let each = training / (batch * layers) as f64;
        if self.is_markdown {
            println!("| {value} | {training:.2} | {each:.3} | {inference:.2} |");
        } else {
            println!(
                r#"{{"bench":"growth","side":{},"layers":{layers},"batch":{batch},"threads":{threads},"training_ms":{training:.3},"inference_ms":{inference:.3}}}"#,
                input.width
            );
        }
    }
}

/// Milliseconds of a training step and of an inference.
fn measure<N>(network: &impl Fn(u64) -> N, batch: usize) -> [f64; 2]
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let input = N::ARCHITECTURE.input();
    let images = Array4::from_shape_fn((batch, input.height, input.width, input.depth), |(n, y, x, d)| {
        ((7 * n + 5 * y + 3 * x + d) % 19) as f32 / 9.5 - 1.0
    });
    let labels: Vec<usize> = (0..batch).map(|image| image % 10).collect();
    let optimizer = Momentum::new(1e-4, 0.9).expect("options in range");
    let mut trainer = Trainer::new(network(1), optimizer, batch, 1).expect("a trainer");
    let training = median(|| {
        trainer.step(images.view(), &labels).expect("a step");
    });
    let network = network(1).into_inference().expect("layers that are known");
    let mut workspace = network.workspace(batch).expect("a workspace");
    let inference = median(|| {
        network.infer(images.view(), &mut workspace, &mut Unobserved).expect("scores");
    });
    [training, inference]
}

/// The median over at least 5 calls and half a second, in milliseconds.
fn median(mut f: impl FnMut()) -> f64 {
    f();
    let (begin, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || begin.elapsed() < Duration::from_millis(500) {
        let start = Instant::now();
        f();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    1e3 * times[times.len() / 2].as_secs_f64()
}
