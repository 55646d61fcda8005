//! The eight networks, layer by layer: the same as those of `benches/throughput`.

use Layer::{FullyConnected, GlobalAverage, MaxPool, Normalization, Relu};

/// A network and the batches that it is measured on.
pub struct Net {
    pub name: &'static str,
    /// Channels, height, width.
    pub input: [usize; 3],
    pub training_batch: usize,
    pub inference_batches: &'static [usize],
    /// What a library has to count, running statistics left out.
    pub parameters: usize,
    pub layers: Vec<Layer>,
}

/// Windows are squares.
pub enum Layer {
    Convolution(Convolution),
    /// Batch normalization.
    Normalization {
        channels: usize,
    },
    Relu,
    MaxPool {
        size: usize,
        stride: usize,
        padding: usize,
    },
    /// The mean of each channel: `[N, C, H, W]` to `[N, C]`.
    GlobalAverage,
    /// Of volumes, it takes all numbers.
    FullyConnected {
        inputs: usize,
        outputs: usize,
    },
    /// The sum of two branches; without layers, one is the identity.
    Sum {
        branch: Vec<Layer>,
        shortcut: Vec<Layer>,
    },
}

#[derive(Clone, Copy)]
pub struct Convolution {
    pub inputs: usize,
    pub filters: usize,
    pub size: usize,
    pub stride: usize,
    pub padding: usize,
    pub bias: bool,
}

impl Net {
    pub fn all() -> Vec<Self> {
        vec![
            small("lenet", 1, 28, 61_706, lenet()),
            small("card", 3, 32, 202_570, card()),
            small("minivgg", 3, 32, 2_196_810, minivgg()),
            small("resnet20", 3, 32, 272_474, resnet20()),
            large("alexnet", 227, 8, 62_378_344, alexnet()),
            large("vgg16", 224, 2, 138_357_544, vgg16()),
            large("resnet18", 224, 4, 11_689_512, resnet18()),
            large("resnet50", 224, 4, 25_557_032, resnet50()),
        ]
    }

    pub fn named(name: &str) -> Result<Self, String> {
        let known = Self::all();
        let names: Vec<_> = known.iter().map(|net| net.name).collect();
        let unknown = format!("{name} is none of {}", names.join(", "));
        known.into_iter().find(|net| net.name == name).ok_or(unknown)
    }

    /// Images of some pattern, `[N, C, H, W]`.
    pub fn images(&self, batch: usize) -> Vec<f32> {
        let [channels, height, width] = self.input;
        let mut images = Vec::with_capacity(batch * channels * height * width);
        for (n, c) in (0..batch).flat_map(|n| (0..channels).map(move |c| (n, c))) {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                images.push(((7 * n + 5 * y + 3 * x + c) % 19) as f32 / 9.5 - 1.0);
            }
        }
        images
    }

    /// A class for each image of a batch.
    pub fn labels(batch: usize) -> Vec<u32> {
        (0..).map(|image| image % 10).take(batch).collect()
    }

    /// The channels of all normalizations: as many factors, shifts, running means and running variances.
    pub fn channels_normalized(&self) -> usize {
        channels_normalized(&self.layers)
    }
}

/// For images of 10 classes.
fn small(name: &'static str, channels: usize, size: usize, parameters: usize, layers: Vec<Layer>) -> Net {
    let input = [channels, size, size];
    Net { name, input, training_batch: 64, inference_batches: &[1, 64], parameters, layers }
}

/// For ImageNet.
fn large(
    name: &'static str,
    size: usize,
    training_batch: usize,
    parameters: usize,
    layers: Vec<Layer>,
) -> Net {
    let input = [3, size, size];
    Net { name, input, training_batch, inference_batches: &[1], parameters, layers }
}

/// LeNet-5 with ReLUs and maximum pooling.
fn lenet() -> Vec<Layer> {
    vec![
        convolution(1, 6, 5).padding(2).layer(),
        Relu,
        pool(2, 2),
        convolution(6, 16, 5).layer(),
        Relu,
        pool(2, 2),
        full(400, 120),
        Relu,
        full(120, 84),
        Relu,
        full(84, 10),
    ]
}

/// Two 3x3 convolutions.
fn card() -> Vec<Layer> {
    chain([vgg_stage(3, 64, 2), vec![full(64 * 16 * 16, 10)]])
}

/// A VGG for CIFAR-10.
fn minivgg() -> Vec<Layer> {
    chain([
        vgg_stage(3, 64, 2),
        vgg_stage(64, 128, 2),
        vgg_stage(128, 256, 2),
        vec![full(256 * 4 * 4, 256), Relu, full(256, 10)],
    ])
}

/// AlexNet in a single tower, without response normalization and dropout.
fn alexnet() -> Vec<Layer> {
    let pool = || pool(3, 2);
    let convolutions = vec![
        convolution(3, 96, 11).stride(4).layer(),
        Relu,
        pool(),
        convolution(96, 256, 5).padding(2).layer(),
        Relu,
        pool(),
        convolution(256, 384, 3).padding(1).layer(),
        Relu,
        convolution(384, 384, 3).padding(1).layer(),
        Relu,
        convolution(384, 256, 3).padding(1).layer(),
        Relu,
        pool(),
    ];
    chain([convolutions, classifier(256 * 6 * 6)])
}

/// VGG-16, configuration D, without dropout.
fn vgg16() -> Vec<Layer> {
    chain([
        vgg_stage(3, 64, 2),
        vgg_stage(64, 128, 2),
        vgg_stage(128, 256, 3),
        vgg_stage(256, 512, 3),
        vgg_stage(512, 512, 3),
        classifier(512 * 7 * 7),
    ])
}

/// The CIFAR-10 residual network of 20 layers.
fn resnet20() -> Vec<Layer> {
    let stem = normalized(convolution(3, 16, 3).padding(1)).into_iter().chain([Relu]).collect();
    chain([
        stem,
        residual_stage(basic, 16, 16, 1, 3),
        residual_stage(basic, 16, 32, 2, 3),
        residual_stage(basic, 32, 64, 2, 3),
        vec![GlobalAverage, full(64, 10)],
    ])
}

fn resnet18() -> Vec<Layer> {
    chain([
        imagenet_stem(),
        residual_stage(basic, 64, 64, 1, 2),
        residual_stage(basic, 64, 128, 2, 2),
        residual_stage(basic, 128, 256, 2, 2),
        residual_stage(basic, 256, 512, 2, 2),
        vec![GlobalAverage, full(512, 1000)],
    ])
}

/// The second convolution of a bottleneck has the stride.
fn resnet50() -> Vec<Layer> {
    chain([
        imagenet_stem(),
        residual_stage(bottleneck, 64, 256, 1, 3),
        residual_stage(bottleneck, 256, 512, 2, 4),
        residual_stage(bottleneck, 512, 1024, 2, 6),
        residual_stage(bottleneck, 1024, 2048, 2, 3),
        vec![GlobalAverage, full(2048, 1000)],
    ])
}

fn chain<const N: usize>(parts: [Vec<Layer>; N]) -> Vec<Layer> {
    parts.into_iter().flatten().collect()
}

/// 3x3 convolutions with ReLUs, and half the size.
fn vgg_stage(inputs: usize, filters: usize, convolutions: usize) -> Vec<Layer> {
    let layers = (0..convolutions).flat_map(|number| {
        let inputs = if number == 0 { inputs } else { filters };
        [convolution(inputs, filters, 3).padding(1).layer(), Relu]
    });
    layers.chain([pool(2, 2)]).collect()
}

/// The fully connected layers of AlexNet and VGG.
fn classifier(inputs: usize) -> Vec<Layer> {
    vec![full(inputs, 4096), Relu, full(4096, 4096), Relu, full(4096, 1000)]
}

fn imagenet_stem() -> Vec<Layer> {
    let convolution = normalized(convolution(3, 64, 7).stride(2).padding(3));
    convolution.into_iter().chain([Relu, MaxPool { size: 3, stride: 2, padding: 1 }]).collect()
}

/// Blocks of which the first has the stride.
fn residual_stage(
    branch: fn(usize, usize, usize) -> Vec<Layer>,
    inputs: usize,
    outputs: usize,
    stride: usize,
    blocks: usize,
) -> Vec<Layer> {
    let first = residual(branch(inputs, outputs, stride), projection(inputs, outputs, stride));
    let others = (1..blocks).flat_map(|_| residual(branch(outputs, outputs, 1), Vec::new()));
    first.into_iter().chain(others).collect()
}

fn residual(branch: Vec<Layer>, shortcut: Vec<Layer>) -> [Layer; 2] {
    [Layer::Sum { branch, shortcut }, Relu]
}

/// The identity where the volume stays the same, else a 1x1 convolution.
fn projection(inputs: usize, outputs: usize, stride: usize) -> Vec<Layer> {
    if stride == 1 && inputs == outputs {
        return Vec::new();
    }
    normalized(convolution(inputs, outputs, 1).stride(stride)).into()
}

/// Two 3x3 convolutions.
fn basic(inputs: usize, outputs: usize, stride: usize) -> Vec<Layer> {
    let first = normalized(convolution(inputs, outputs, 3).stride(stride).padding(1));
    let second = normalized(convolution(outputs, outputs, 3).padding(1));
    first.into_iter().chain([Relu]).chain(second).collect()
}

/// 1x1 to a quarter of the outputs, 3x3, 1x1.
fn bottleneck(inputs: usize, outputs: usize, stride: usize) -> Vec<Layer> {
    let width = outputs / 4;
    let first = normalized(convolution(inputs, width, 1));
    let second = normalized(convolution(width, width, 3).stride(stride).padding(1));
    let third = normalized(convolution(width, outputs, 1));
    first.into_iter().chain([Relu]).chain(second).chain([Relu]).chain(third).collect()
}

/// A convolution without bias and its batch normalization.
fn normalized(convolution: Convolution) -> [Layer; 2] {
    let channels = convolution.filters;
    [Layer::Convolution(Convolution { bias: false, ..convolution }), Normalization { channels }]
}

fn convolution(inputs: usize, filters: usize, size: usize) -> Convolution {
    Convolution { inputs, filters, size, stride: 1, padding: 0, bias: true }
}

impl Convolution {
    fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    fn padding(self, padding: usize) -> Self {
        Self { padding, ..self }
    }

    fn layer(self) -> Layer {
        Layer::Convolution(self)
    }
}

fn pool(size: usize, stride: usize) -> Layer {
    MaxPool { size, stride, padding: 0 }
}

fn full(inputs: usize, outputs: usize) -> Layer {
    FullyConnected { inputs, outputs }
}

fn channels_normalized(layers: &[Layer]) -> usize {
    let of_layer = |layer: &Layer| match layer {
        Normalization { channels } => *channels,
        Layer::Sum { branch, shortcut } => channels_normalized(branch) + channels_normalized(shortcut),
        _ => 0,
    };
    layers.iter().map(of_layer).sum()
}
