//! Which GEMM library suits convolutions on a CPU: how fast is each one on the matrix shapes that
//! convolutions in NHWC layout need, and what does it allocate on the heap per call?
//!
//! ```text
//! cargo run --release
//! MATMUL_NUM_THREADS=2 cargo run --release --features matrixmultiply-threading
//! ```
//!
//! Prints one JSON object per line and takes about a minute. `shape` is rows x columns x depth of
//! the product. Speed is the median of [`REPEATS`] samples; in each repeat every candidate with
//! the same number of threads runs once, in turn, so that all meet the same disturbances. Calls
//! repeat on the same matrices, so small ones are read from cache. Allocations are the average of
//! [`COUNTED_CALLS`] calls after warm-up, a fraction where a thread pool allocates only now and
//! then. Results are checked before anything is measured.

mod candidates;
mod counting;

use candidates::{CANDIDATES, Form, Product};
use std::hint::black_box;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

const REPEATS: usize = 15;
const SAMPLE: Duration = Duration::from_millis(20);
const COUNTED_CALLS: u32 = 32;

/// C[pixels, filters] = patches[pixels, taps] * filters[filters, taps]^T, as pixels x filters x taps.
const FORWARD: &[[usize; 3]] = &[
    [65536, 64, 27],
    [16384, 64, 576],
    [1024, 64, 576],
    [50176, 6, 25],
    [6400, 16, 150],
    [64, 120, 400],
    [64, 10, 16384],
    [1, 10, 16384],
    [1, 120, 400],
    [64, 64, 64],
    [1024, 256, 2304],
];

/// C[filters, taps] = gradient[pixels, filters]^T * patches[pixels, taps], as filters x taps x pixels.
const FILTER_GRADIENT: &[[usize; 3]] = &[[64, 27, 65536], [64, 576, 16384], [6, 25, 50176], [10, 16384, 64]];

fn main() {
    for (name, form, shapes) in
        [("forward", Form::Forward, FORWARD), ("filter_gradient", Form::FilterGradient, FILTER_GRADIENT)]
    {
        for &[rows, cols, depth] in shapes {
            measure(name, &Product { form, rows, cols, depth });
        }
    }
}

/// Prints every figure for one product.
fn measure(form: &str, product: &Product) {
    let &Product { rows, cols, depth, .. } = product;
    let (a, b) = (noise(rows * depth, 1), noise(depth * cols, 2));
    let mut c = vec![0.0; rows * cols];
    let gigaflops = 2e-9 * (rows * cols * depth) as f64;

    for threads in [1, 2] {
        let group: Vec<_> = CANDIDATES.iter().filter(|it| it.1 == threads).collect();
        let print = |question: &str, library: &str, figures: String| {
            println!(
                r#"{{"question":"{question}","library":"{library}","shape":"{rows}x{cols}x{depth}","form":"{form}","threads":{threads},{figures}}}"#
            );
        };

        for &(library, _, multiply) in &group {
            c.fill(f32::NAN);
            multiply(threads, product, &a, &b, &mut c);
            verify(library, product, &a, &b, &c);
        }

        let mut run = |index: usize, calls: u32| {
            let multiply = group[index].2;
            let start = Instant::now();
            for _ in 0..calls {
                multiply(threads, black_box(product), &a, &b, black_box(&mut c));
            }
            start.elapsed()
        };

        let mut calls = vec![1; group.len()];
        for (index, calls) in calls.iter_mut().enumerate() {
            while run(index, *calls) < SAMPLE {
                *calls *= 2;
            }
            let before = counting::allocated();
            run(index, COUNTED_CALLS);
            let after = counting::allocated();
            let [count, bytes, all_count, all_bytes] =
                std::array::from_fn(|i| (after[i] - before[i]) as f64 / f64::from(COUNTED_CALLS));
            let figures = format!(
                r#""calling_thread_count":{count:.2},"calling_thread_bytes":{bytes:.0},"all_threads_count":{all_count:.2},"all_threads_bytes":{all_bytes:.0}"#
            );
            print("allocations", group[index].0, figures);
        }

        let mut speeds = vec![Vec::new(); group.len()];
        for repeat in 0..REPEATS {
            for turn in 0..group.len() {
                let index = (repeat + turn) % group.len();
                let seconds = run(index, calls[index]).as_secs_f64();
                speeds[index].push(gigaflops * f64::from(calls[index]) / seconds);
            }
        }
        for (candidate, mut speeds) in group.iter().zip(speeds) {
            speeds.sort_by(f64::total_cmp);
            let (median, best) = (speeds[REPEATS / 2], speeds[REPEATS - 1]);
            let figures = format!(r#""gflops_median":{median:.2},"gflops_best":{best:.2}"#);
            print("speed", candidate.0, figures);
        }
    }
}

/// Panics unless about a thousand evenly spread entries of C agree with sums in double precision.
fn verify(library: &str, product: &Product, a: &[f32], b: &[f32], c: &[f32]) {
    let [(a_row, a_col), (b_row, b_col)] = product.strides(a, b, c);
    let entry = |data: &[f32], offset: isize| f64::from(data[offset as usize]);
    for index in (0..c.len()).step_by(c.len() / 1000 + 1) {
        let (row, col) = ((index / product.cols) as isize, (index % product.cols) as isize);
        let (mut sum, mut size) = (0.0, 0.0);
        for step in 0..product.depth as isize {
            let term = entry(a, row * a_row + step * a_col) * entry(b, step * b_row + col * b_col);
            sum += term;
            size += term.abs();
        }
        let error = (f64::from(c[index]) - sum).abs();
        assert!(error <= 1e-5 * size, "{library} is off by {error} of {size} at entry {index}");
    }
}

/// Reproducible values, spread evenly over [-1, 1).
fn noise(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}
