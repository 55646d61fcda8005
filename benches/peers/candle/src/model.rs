//! The networks of candle's layers.

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{
    BatchNorm, BatchNormConfig, Conv2d, Conv2dConfig, Module, Sequential, VarBuilder, VarMap, batch_norm,
    conv2d, conv2d_no_bias, linear, seq,
};
use harness::Mode;
use harness::nets::{Convolution, Layer, Net};

/// The parameters of a network.
pub struct Parameters(VarMap);

impl Parameters {
    /// Drawn at random.
    pub fn new(net: &Net) -> harness::Result<Self> {
        let parameters = Self(VarMap::new());
        parameters.model_to_train(net)?;
        harness::check_parameters(parameters.trained().iter().map(|it| it.elem_count()).sum(), net)?;
        Ok(parameters)
    }

    /// All but the running means and variances.
    pub fn trained(&self) -> Vec<Var> {
        let variables = self.0.data().lock().expect("no thread panics while it holds the lock");
        let trained = variables.iter().filter(|(name, _)| !name.contains("running"));
        trained.map(|(_, variable)| variable.clone()).collect()
    }

    pub fn model_to_train(&self, net: &Net) -> Result<Sequential> {
        let variables = VarBuilder::from_varmap(&self.0, DType::F32, &Device::Cpu);
        sequence(&net.layers, &variables, Mode::Train)
    }

    /// Of tensors that are no variables, as operations on variables record a graph.
    pub fn model_to_infer(&self, net: &Net) -> Result<Sequential> {
        let variables = self.0.data().lock().expect("no thread panics while it holds the lock");
        let tensors = variables.iter().map(|(name, it)| (name.clone(), it.as_detached_tensor())).collect();
        let tensors = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        sequence(&net.layers, &tensors, Mode::Infer)
    }
}

/// For inference, normalizations become part of the convolutions before them.
fn sequence(layers: &[Layer], parameters: &VarBuilder, mode: Mode) -> Result<Sequential> {
    let mut sequence = seq();
    let mut layers = layers.iter().enumerate().peekable();
    while let Some((number, layer)) = layers.next() {
        let parameters = |number: usize| parameters.pp(number);
        sequence = match *layer {
            Layer::Convolution(ref it) => {
                let mut convolution = convolution(it, parameters(number))?;
                let folded = |&(_, next): &(_, &Layer)| {
                    mode == Mode::Infer && matches!(next, Layer::Normalization { .. })
                };
                if let Some((number, _)) = layers.next_if(folded) {
                    convolution = convolution.absorb_bn(&normalization(it.filters, parameters(number))?)?;
                }
                sequence.add(convolution)
            }
            Layer::Normalization { channels } => {
                let normalization = normalization(channels, parameters(number))?;
                sequence.add_fn(move |input| normalization.forward_train(input))
            }
            Layer::Relu => sequence.add_fn(Tensor::relu),
            Layer::MaxPool { size, stride, padding } => {
                sequence.add_fn(move |input| padded(input, padding)?.max_pool2d_with_stride(size, stride))
            }
            Layer::GlobalAverage => sequence.add_fn(|input| input.mean((2, 3))),
            Layer::FullyConnected { inputs, outputs } => sequence
                .add_fn(|input| input.flatten_from(1))
                .add(linear(inputs, outputs, parameters(number))?),
            Layer::Sum { ref branch, ref shortcut } => sequence.add(Sum {
                branch: self::sequence(branch, &parameters(number).pp("branch"), mode)?,
                shortcut: self::sequence(shortcut, &parameters(number).pp("shortcut"), mode)?,
            }),
        };
    }
    Ok(sequence)
}

fn convolution(it: &Convolution, parameters: VarBuilder) -> Result<Conv2d> {
    let config = Conv2dConfig { padding: it.padding, stride: it.stride, ..Default::default() };
    let new = if it.bias { conv2d } else { conv2d_no_bias };
    new(it.inputs, it.filters, it.size, config, parameters)
}

fn normalization(channels: usize, parameters: VarBuilder) -> Result<BatchNorm> {
    batch_norm(channels, BatchNormConfig::default(), parameters)
}

/// Poolings have no padding in candle. The zeros are never the maximum of what a ReLU gives.
fn padded(input: &Tensor, zeros: usize) -> Result<Tensor> {
    input.pad_with_zeros(2, zeros, zeros)?.pad_with_zeros(3, zeros, zeros)
}

struct Sum {
    branch: Sequential,
    shortcut: Sequential,
}

impl Module for Sum {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.branch.forward(input)? + self.shortcut.forward(input)?
    }
}
