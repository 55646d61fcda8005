//! How many images a second does burn train on, and infer?
//!
//! ```text
//! cargo run --release -- --nets card,lenet --modes train,infer --threads 1 --batches 1,64 --budget 5
//! ```
//!
//! The backend is burn-flex, the one that burn has for the CPU in Rust alone, which replaces burn-ndarray. Inference is
//! on the device without autodiff; burn does not fold normalizations into convolutions. It runs all eight networks.

mod model;

use std::process::ExitCode;

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use harness::nets::Net;
use harness::{LEARNING_RATE, MOMENTUM, Options, Peer, Result, Step};

use model::Model;

struct Burn;

fn main() -> ExitCode {
    let options = Options::of_process(|_, _| false);
    options.set_threads("RAYON_NUM_THREADS");
    // Within the pool, as a call from outside would hand every product to another thread.
    rayon::scope(|_| harness::run(&Burn, &options))
}

impl Peer for Burn {
    const NAME: &'static str = "burn";

    fn inference(&self, net: &Net, batch: usize) -> Result<Step> {
        let device = Device::flex();
        let (model, images) = (model(net, &device)?, images(net, batch, &device));
        Ok(Box::new(move || Ok(model.forward(images.clone()).slice([0..1, 0..1]).into_scalar())))
    }

    fn training(&self, net: &Net, batch: usize) -> Result<Step> {
        let device = Device::flex().autodiff();
        let images = images(net, batch, &device);
        let labels = Net::labels(batch).into_iter().map(i64::from).collect::<Vec<_>>();
        let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [batch]), &device);
        let loss = CrossEntropyLossConfig::new().init(&device);
        let momentum = MomentumConfig::new().with_momentum(MOMENTUM).with_dampening(0.0);
        let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
        let mut model = Some(model(net, &device)?);
        Ok(Box::new(move || {
            // The optimizer takes the model: what it alone holds, it changes in place.
            let current = model.take().ok_or("the step before failed")?;
            let loss = loss.forward(current.forward(images.clone()), labels.clone());
            let gradients = GradientsParams::from_grads(loss.backward(), &current);
            let loss = loss.into_scalar();
            model = Some(optimizer.step(LEARNING_RATE, current, gradients));
            Ok(loss)
        }))
    }
}

fn model(net: &Net, device: &Device) -> Result<Model> {
    let model = Model::new(&net.layers, device);
    // Its count has the running means and variances.
    harness::check_parameters(model.num_params() - 2 * net.channels_normalized(), net)?;
    Ok(model)
}

fn images(net: &Net, batch: usize, device: &Device) -> Tensor<4> {
    let [channels, height, width] = net.input;
    Tensor::from_data(TensorData::new(net.images(batch), [batch, channels, height, width]), device)
}
