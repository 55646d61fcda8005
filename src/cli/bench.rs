//! `bench`: how fast is it here?

use std::error::Error;
use std::time::{Duration, Instant};

use convnet_runtime::optimizers::Momentum;
use convnet_runtime::train::{LabelLoss, Trainer};
use convnet_runtime::workspace::InferenceWorkspace;
use convnet_runtime::{Initialization, Network, Unobserved};
use ndarray::Array4;
use serde_json::json;

use super::options::BenchOptions;
use super::{Code, print_json};

pub(super) fn bench<N>(options: &BenchOptions) -> Result<Code, Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let seconds = Duration::try_from_secs_f64(options.seconds)
        .map_err(|_| format!("--seconds {}: not a time", options.seconds))?;
    if options.batch == 0 {
        return Err(convnet_runtime::Error::EmptyBatch.into());
    }
    let (batch, input) = (options.batch, N::ARCHITECTURE.input());
    let network = N::new(1, &Initialization::default())?;
    let classes = {
        use convnet_runtime::losses::Loss;
        network.loss().classes(N::ARCHITECTURE.output())
    };
    let byte = |(n, y, x, d): (usize, usize, usize, usize)| {
        ((n * 31 + y * 7 + x * 5 + d * 3) % 17) as f32 / 8.0 - 1.0
    };
    let images = Array4::from_shape_fn((batch, input.height, input.width, input.depth), byte);
    let labels: Vec<_> = (0..batch).map(|image| image % classes).collect();

    let infer = |batch: usize| -> Result<f64, convnet_runtime::Error> {
        let mut workspace = InferenceWorkspace::of(&network, batch)?;
        let images = images.slice(ndarray::s![..batch, .., .., ..]);
        let each = time(seconds, || network.infer(images, &mut workspace, &mut Unobserved).map(drop))?;
        Ok(batch as f64 / each)
    };
    let (one, many) = (infer(1)?, infer(batch)?);
    // So small a rate that the numbers stay what they are.
    let mut trainer = Trainer::new(network, Momentum::new(1e-9, 0.9)?, batch, 1)?;
    let train = batch as f64 / time(seconds, || trainer.step(images.view(), &labels).map(drop))?;
    if options.json {
        print_json(&json!({
            "batch": batch, "train_images_per_second": train, "infer_images_per_second": many,
            "infer_one_image_milliseconds": 1e3 / one,
        }));
    } else {
        println!("training, {batch} images at a time: {train:.0} images/s");
        println!("inference, {batch} images at a time: {many:.0} images/s");
        println!("inference, one image: {:.3} ms", 1e3 / one);
    }
    Ok(Code::Done)
}

/// The median of the seconds that a call takes, after one that warms up.
fn time<E>(budget: Duration, mut call: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    call()?;
    let (start, mut seconds) = (Instant::now(), Vec::new());
    while seconds.is_empty() || start.elapsed() < budget {
        let begin = Instant::now();
        call()?;
        seconds.push(begin.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}
