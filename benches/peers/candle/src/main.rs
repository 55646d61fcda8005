//! How many images a second does candle train on, and infer?
//!
//! ```text
//! cargo run --release -- --nets card,lenet --modes train,infer --threads 1 --batches 1,64 --budget 5
//! ```
//!
//! On the CPU, without MKL or Accelerate. Inference is of plain tensors, so that no graph is kept, with normalizations
//! folded into convolutions by candle's own `absorb_bn`.
//!
//! Candle infers with all eight networks. It does not train AlexNet, ResNet-18 and ResNet-50: it has no gradient of a
//! maximum pooling whose stride is not its size. Its optimizer has no momentum, which is added here.

mod model;

use std::process::ExitCode;

use candle_core::{Device, Tensor, Var};
use candle_nn::Module;
use candle_nn::loss::cross_entropy;
use harness::nets::Net;
use harness::{LEARNING_RATE, MOMENTUM, Options, Peer, Result, Step};

use model::Parameters;

struct Candle;

fn main() -> ExitCode {
    let options = Options::of_process(|_, _| false);
    options.set_threads("RAYON_NUM_THREADS");
    // Within the pool, as a call from outside would hand every product to another thread.
    rayon::scope(|_| harness::run(&Candle, &options))
}

impl Peer for Candle {
    const NAME: &'static str = "candle";

    fn inference(&self, net: &Net, batch: usize) -> Result<Step> {
        let model = Parameters::new(net)?.model_to_infer(net)?;
        let images = images(net, batch)?;
        Ok(Box::new(move || Ok(model.forward(&images)?.get(0)?.get(0)?.to_scalar()?)))
    }

    fn training(&self, net: &Net, batch: usize) -> Result<Step> {
        let parameters = Parameters::new(net)?;
        let model = parameters.model_to_train(net)?;
        let mut optimizer = Momentum::new(parameters.trained())?;
        let images = images(net, batch)?;
        let labels = Tensor::new(Net::labels(batch), &Device::Cpu)?;
        Ok(Box::new(move || {
            let loss = cross_entropy(&model.forward(&images)?, &labels)?;
            optimizer.step(&loss)?;
            Ok(loss.to_scalar()?)
        }))
    }
}

/// Gradient descent with momentum.
struct Momentum {
    /// Beside each parameter its velocity.
    parameters: Vec<(Var, Tensor)>,
}

impl Momentum {
    fn new(parameters: Vec<Var>) -> Result<Self> {
        let parameters = parameters.into_iter().map(|it| it.zeros_like().map(|zeros| (it, zeros)));
        Ok(Self { parameters: parameters.collect::<candle_core::Result<_>>()? })
    }

    fn step(&mut self, loss: &Tensor) -> Result<()> {
        let gradients = loss.backward()?;
        for (parameter, velocity) in &mut self.parameters {
            // Detached, or the velocity would keep the graph of every step so far.
            let gradient = gradients.get(parameter).ok_or("a parameter has no gradient")?.detach();
            *velocity = ((&*velocity * MOMENTUM)? + gradient)?;
            parameter.set(&(parameter.as_detached_tensor() - (&*velocity * LEARNING_RATE)?)?)?;
        }
        Ok(())
    }
}

fn images(net: &Net, batch: usize) -> Result<Tensor> {
    let [channels, height, width] = net.input;
    Ok(Tensor::from_vec(net.images(batch), (batch, channels, height, width), &Device::Cpu)?)
}
