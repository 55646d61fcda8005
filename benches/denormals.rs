//! Do numbers below the smallest normal one cost anything on this machine?
//!
//! `cargo bench --bench denormals` times an update with momentum and an inference, on ordinary numbers and on denormal ones in
//! turn, and prints one JSON line each: medians, and how many times as long denormals take.

use std::time::{Duration, Instant};

use convnet::optimizers::Optimizer;
use convnet::{network, prelude::*};
use ndarray::Array4;

network! {
    struct Block { INPUT[32x32x16] -> CONV3-32 s2 floor -> RELU -> CONV3-32 -> RELU -> FC64 -> RELU -> FC10 }
}

/// Times of each kind.
const REPEATS: usize = 15;

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of threads");
    pool.install(|| {
        print("an update with momentum", update);
        print("inference", infer);
    });
}

/// Times `f` on numbers that are multiplied by 1, and by something so small that they are denormal.
fn print(what: &str, f: impl Fn(f32) -> Box<dyn FnMut()>) {
    let (mut ordinary, mut denormal) = (f(1.0), f(1e-36));
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..REPEATS {
        for (times, f) in times.iter_mut().zip([&mut ordinary, &mut denormal]) {
            let start = Instant::now();
            (0..50).for_each(|_| f());
            times.push(start.elapsed() / 50);
        }
    }
    let [ordinary, denormal] = times.map(median);
    let ratio = denormal.as_secs_f64() / ordinary.as_secs_f64();
    let [ordinary, denormal] = [ordinary, denormal].map(|time| 1e6 * time.as_secs_f64());
    println!(
        r#"{{"bench":"denormals","what":"{what}","ordinary_us":{ordinary:.1},"denormal_us":{denormal:.1},"ratio":{ratio:.2}}}"#
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Updates whose velocities begin as small as `scale`; without gradients if they are to stay denormal, as those of a neuron that
/// never fires again.
fn update(scale: f32) -> Box<dyn FnMut()> {
    let mut network = Block::new(1);
    let mut gradients = network.parameters().clone();
    let mut rule = Momentum::new(1e-3, 0.9).expect("options in range");
    gradients.as_mut_slice().iter_mut().for_each(|number| *number *= scale);
    rule.update(network.parameters_mut(), &gradients).expect("as many gradients");
    if scale < 1.0 {
        gradients.as_mut_slice().fill(0.0);
    }
    Box::new(move || rule.update(network.parameters_mut(), &gradients).expect("as many gradients"))
}

/// Inferences of images as small as `scale`.
fn infer(scale: f32) -> Box<dyn FnMut()> {
    let network = Block::new(1);
    let images = Array4::from_shape_fn((8, 32, 32, 16), |(n, y, x, d)| {
        scale * (((7 * n + 5 * y + 3 * x + d) % 19) as f32 / 9.5 - 1.0)
    });
    let mut workspace = InferenceWorkspace::of(&network, 8).expect("a workspace");
    Box::new(move || {
        network.infer(images.view(), &mut workspace, &mut Unobserved).expect("scores");
    })
}
