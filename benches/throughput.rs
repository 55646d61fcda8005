//! How many images a second does a network train on, and infer?
//!
//! ```text
//! cargo bench --bench throughput
//! ```
//!
//! Prints one JSON line per figure: `{"net","mode","batch","threads","images_per_s","ms_per_step_median"}`. A training
//! step is forward, softmax cross-entropy, backward, and an update with momentum of all parameters; the figures are
//! medians over at least 15 steps and about 2 seconds, after a warm-up. `docs/performance.md` keeps some.

use std::time::{Duration, Instant};

use convnet::train::LabelLoss;
use convnet::{network, prelude::*};
use ndarray::Array4;

network! {
    /// Two 3x3 convolutions, as small as a VGG gets.
    struct CardNet { INPUT[32x32x3] -> [CONV3-64 -> RELU]*2 -> POOL2 -> FC10 }

    /// LeNet-5 with ReLUs and maximum pooling.
    struct LeNet {
        INPUT[28x28x1] -> CONV5-6 -> RELU -> POOL2 -> CONV5-16 p0 -> RELU -> POOL2
        -> FC120 -> RELU -> FC84 -> RELU -> FC10
    }
}

const BUDGET: Duration = Duration::from_secs(2);
const MIN_STEPS: usize = 15;

fn main() {
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        pool.install(|| {
            measure(&LeNet::new(1), "lenet", threads);
            measure(&CardNet::new(1), "card", threads);
        });
    }
}

fn measure<N>(network: &N, name: &str, threads: usize)
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>> + Clone,
{
    let input = N::ARCHITECTURE.input();
    let images = |count| {
        let shape = (count, input.height, input.width, input.depth);
        Array4::from_shape_fn(shape, |(n, y, x, d)| ((7 * n + 5 * y + 3 * x + d) % 19) as f32 / 9.5 - 1.0)
    };
    let batch = 64;
    let labels: Vec<usize> = (0..batch).map(|image| image % 10).collect();
    let optimizer = Momentum::new(1e-4, 0.9).expect("options in range");
    let mut trainer = Trainer::new(network.clone(), optimizer, batch, 1).expect("a trainer");
    let of_training = images(batch);
    let step = median(|| {
        trainer.step(of_training.view(), &labels).expect("a step");
    });
    print(name, "train", batch, threads, step);
    for batch in [1, 64] {
        let images = images(batch);
        let mut workspace = InferenceWorkspace::of(network, batch).expect("a workspace");
        let step = median(|| {
            network.infer(images.view(), &mut workspace, &mut Unobserved).expect("scores");
        });
        print(name, "infer", batch, threads, step);
    }
}

/// The median time of a step.
fn median(mut step: impl FnMut()) -> Duration {
    for _ in 0..3 {
        step();
    }
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < MIN_STEPS || start.elapsed() < BUDGET {
        let start = Instant::now();
        step();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

fn print(net: &str, mode: &str, batch: usize, threads: usize, step: Duration) {
    let (images, ms) = (batch as f64 / step.as_secs_f64(), 1e3 * step.as_secs_f64());
    println!(
        r#"{{"net":"{net}","mode":"{mode}","batch":{batch},"threads":{threads},"images_per_s":{images:.1},"ms_per_step_median":{ms:.4}}}"#
    );
}
