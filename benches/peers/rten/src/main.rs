//! How many images a second does rten infer?
//!
//! ```text
//! cargo run --release -- --onnx DIR --nets card,lenet --threads 1 --batches 1,64 --budget 5
//! ```
//!
//! DIR holds the networks as `export_onnx.py` writes them, `NET_bBATCH.onnx`, normalizations folded into convolutions;
//! other batches than the exported ones cannot run. Weights are packed when a network is loaded. Rten infers with all
//! eight networks and trains none.

use std::path::PathBuf;
use std::process::ExitCode;

use harness::nets::Net;
use harness::{Options, Peer, Result, Step};
use rten::ModelOptions;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

struct Rten {
    /// Where the exported networks are.
    folder: PathBuf,
}

fn main() -> ExitCode {
    let mut folder = None;
    let options = Options::of_process(|name, value| {
        let known = name == "--onnx";
        if known {
            folder = Some(PathBuf::from(value));
        }
        known
    });
    let Some(folder) = folder else {
        eprintln!("--onnx DIR is missing: the folder of the exported networks");
        return ExitCode::from(2);
    };
    options.set_threads("RTEN_NUM_THREADS");
    // Within the pool, as a call from outside would hand every run to another thread.
    rten::thread_pool().run(|| harness::run(&Rten { folder }, &options))
}

impl Peer for Rten {
    const NAME: &'static str = "rten";

    fn inference(&self, net: &Net, batch: usize) -> Result<Step> {
        let file = self.folder.join(format!("{}_b{batch}.onnx", net.name));
        let model = ModelOptions::with_all_ops()
            .prepack_weights(true)
            .load_file(&file)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        check_parameters(model.total_params(), net)?;
        let [channels, height, width] = net.input;
        let images = NdTensor::from_data([batch, channels, height, width], net.images(batch));
        Ok(Box::new(move || {
            let scores: NdTensor<f32, 2> = model.run_one(images.view().into(), None)?.try_into()?;
            Ok(scores[[0, 0]])
        }))
    }

    fn training(&self, _: &Net, _: usize) -> Result<Step> {
        Err("rten has no gradients".into())
    }
}

/// A folded normalization is a bias in place of a factor and a shift, and biases that are equal are exported once.
fn check_parameters(counted: usize, net: &Net) -> Result<()> {
    let biases = net.channels_normalized();
    let expected = net.parameters - 2 * biases..=net.parameters - biases;
    if expected.contains(&counted) {
        return Ok(());
    }
    Err(format!("{counted} parameters in place of {} to {}", expected.start(), expected.end()).into())
}
