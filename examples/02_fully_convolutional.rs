//! Reads a page of digits in one pass: a network for 28x28 becomes one that takes images of any size.
//!
//! It also measures what zero padding costs: a crop evaluated by itself sees zeros where the map sees its neighbours.
//!
//! ```text
//! cargo run --release --example 02_fully_convolutional
//! ```

use std::error::Error;
use std::time::Instant;

use convnet::data::idx;
use convnet::inference::FullyConvolutional;
use convnet::{network, prelude::*};
use ndarray::{Array4, ArrayView1, s};

network! {
    /// With the notes' padding, as the quickstart's.
    struct Padded {
        INPUT[28x28x1] -> CONV5-8 -> RELU -> POOL2 -> CONV5-16 -> RELU -> POOL2 -> FC64 -> RELU -> FC10
    }

    /// Without padding: a crop sees all that the map sees.
    struct Unpadded {
        INPUT[28x28x1] -> CONV5-8 p0 -> RELU -> POOL2 -> CONV5-16 p0 -> RELU -> POOL2 -> FC64 -> RELU -> FC10
    }
}

/// Digits along each side of the page, and the pixels of each.
const DIGITS: usize = 6;
const SIDE: usize = 28;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist-mini");
    let (training, test) = idx::read_mnist(folder)?;
    let scaling = Scaling::fit(&training)?;
    let page = page(&test, scaling)?;
    let labels: Vec<usize> = test.labels().collect();
    read("with padding", train(Padded::new(231), &training, &scaling)?, &page, &labels)?;
    read("without padding", train(Unpadded::new(231), &training, &scaling)?, &page, &labels)
}

fn train<N>(network: N, training: &LabelledImages, scaling: &Scaling) -> Result<N, convnet::Error>
where
    N: Network<Scalar = f32, Loss = Softmax>,
{
    let mut trainer = Trainer::new(network, Momentum::new(0.005, 0.9)?, 16, 231)?;
    for _ in 0..3 {
        trainer.epoch(training, scaling, |_| {})?;
    }
    Ok(trainer.into_network())
}

/// The first test digits side by side, `[1, H, W, 1]`.
fn page(test: &TestSet<LabelledImages>, scaling: Scaling) -> Result<Array4<f32>, convnet::Error> {
    let digits: Array4<f32> = scaling.scale(test.images(0..DIGITS * DIGITS)?.view());
    let side = DIGITS * SIDE;
    let digit = |y: usize, x: usize| y / SIDE * DIGITS + x / SIDE;
    Ok(Array4::from_shape_fn((1, side, side, 1), |(_, y, x, _)| digits[[digit(y, x), y % SIDE, x % SIDE, 0]]))
}

/// Reads the page by one pass, and by its crops, and says how far they are apart.
fn read<N>(what: &str, network: N, page: &Array4<f32>, labels: &[usize]) -> Result<(), Box<dyn Error>>
where
    N: Network<Scalar = f32> + Clone,
{
    let sliding = network.clone().into_fully_convolutional()?;
    let stride = sliding.stride().width;
    let start = Instant::now();
    let map = sliding.map(page.view())?;
    let one_pass = start.elapsed();
    let start = Instant::now();
    let crops = crops(&network, page, stride)?;
    let one_by_one = start.elapsed();

    let (_, rows, columns, _) = map.dim();
    println!("\n{what}: {} -> {rows}x{columns} crops of {SIDE}x{SIDE}, {stride} pixels apart", page_size());
    // Where a digit begins, the map reads it.
    let step = SIDE / stride;
    let digits = map.slice(s![0, ..;step, ..;step, ..]);
    let read: Vec<usize> = digits.rows().into_iter().map(best).collect();
    let right = read.iter().zip(labels).filter(|(read, label)| read == label).count();
    for row in read.chunks(DIGITS) {
        println!("  {}", row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    }
    println!("  {right} of {} digits right", read.len());
    report(&map, &crops, sliding.is_exact());
    println!(
        "  one pass takes {:.1} ms, the crops one by one {:.1} ms: {:.0} times as long",
        1e3 * one_pass.as_secs_f64(),
        1e3 * one_by_one.as_secs_f64(),
        one_by_one.as_secs_f64() / one_pass.as_secs_f64()
    );
    finer(&sliding, page)
}

/// How far the map is from the crops.
fn report(map: &Array4<f32>, crops: &Array4<f32>, is_exact: bool) {
    let deviation = crops.std(0.0);
    let differences = (map - crops).mapv(|difference| f64::from(difference.abs() / deviation));
    let (mean, most) = (differences.mean().unwrap_or(0.0), differences.iter().copied().fold(0.0, f64::max));
    let crops_and_map = crops.rows().into_iter().zip(map.rows());
    let others = crops_and_map.filter(|(crop, map)| best(*crop) != best(*map)).count();
    let count = map.len() / 10;
    println!(
        "  is_exact() is {is_exact}: map and crops differ by {mean:.1e} of the scores' deviation on average,"
    );
    println!(
        "  by {most:.1e} at most; {others} of {count} crops ({:.1} %) get another class",
        100.0 * others as f64 / count as f64
    );
}

/// The scores of every crop, one by one.
fn crops<N: Network<Scalar = f32>>(
    network: &N,
    page: &Array4<f32>,
    stride: usize,
) -> Result<Array4<f32>, convnet::Error> {
    let count = (page.dim().1 - SIDE) / stride + 1;
    let mut workspace = InferenceWorkspace::of(network, 1)?;
    let mut map = Array4::zeros((1, count, count, 10));
    for y in 0..count {
        for x in 0..count {
            let crop = page.slice(s![.., y * stride..y * stride + SIDE, x * stride..x * stride + SIDE, ..]);
            let scores = network.infer(crop, &mut workspace, &mut Unobserved)?;
            map.slice_mut(s![.., y, x, ..]).assign(&scores.slice(s![.., 0, 0, ..]));
        }
    }
    Ok(map)
}

/// Shifted evaluations halve the stride.
fn finer(sliding: &FullyConvolutional<f32>, page: &Array4<f32>) -> Result<(), Box<dyn Error>> {
    let stride = sliding.stride().width / 2;
    let (_, rows, columns, _) = sliding.map_at_stride(page.view(), stride)?.dim();
    println!("  four shifted passes give {rows}x{columns}, {stride} pixels apart");
    Ok(())
}

fn page_size() -> String {
    format!("{0}x{0}", DIGITS * SIDE)
}

fn best(scores: ArrayView1<'_, f32>) -> usize {
    (0..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best })
}
