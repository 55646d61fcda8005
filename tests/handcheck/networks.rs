//! Counts of whole networks: parameters as the notes and the published models have them.

use convnet::geometry::Architecture;
use convnet::zoo::{AlexNet, AlexNetSingle, GoogLeNet, LeNet5, LinearClassifier, ResNet50, Vgg16, Vgg19};
use convnet::{Network, network};
use serde_json::{Value, json};

/// Neurons, weights, biases and parameters of a network of fully connected layers.
fn connected(architecture: &Architecture<'_>) -> Value {
    let kinds = || architecture.layers().iter().map(|layer| layer.kind).filter(|kind| kind.weights() > 0);
    let neurons: usize = kinds().map(|kind| kind.output().count()).sum();
    let weights: usize = kinds().map(|kind| kind.weights()).sum();
    let biases: usize = kinds().map(|kind| kind.biases()).sum();
    json!([neurons, weights, biases, architecture.parameters()])
}

pub(crate) fn nn_26() -> Value {
    network! { struct TwoLayers { INPUT[1x1x3] -> FC4 -> SIGMOID -> FC2 } }
    connected(TwoLayers::<f32>::ARCHITECTURE)
}

pub(crate) fn nn_41() -> Value {
    network! { struct ThreeLayers { INPUT[1x1x3] -> FC4 -> SIGMOID -> FC4 -> SIGMOID -> FC1 } }
    connected(ThreeLayers::<f32>::ARCHITECTURE)
}

pub(crate) fn cifar_linear() -> Value {
    json!(LinearClassifier::PARAMETERS)
}

/// The notes' table, read from our report as it is printed: what comes after a layer's weights, and what works in place, is
/// not in theirs.
pub(crate) fn vgg16_table() -> Value {
    let report = Vgg16::report().to_string();
    let rows = report.lines().filter(|line| !line.contains("in place") && line.contains(']'));
    let row = |line: &str| {
        let (layer, rest) = line.split_once(':').expect("a layer");
        let (volume, rest) = rest.trim_start().trim_start_matches('[').split_once(']').expect("a volume");
        let sides: Vec<usize> = volume.split('x').map(|side| side.parse().expect("a side")).collect();
        let weights = rest.split_once("weights: ").expect("its weights").1;
        let weights = weights.split("  ").next().expect("a count");
        let count = weights.rsplit("= ").next().expect("a count").replace(',', "");
        json!([layer, sides, count.trim().parse::<usize>().expect("a number")])
    };
    // The first line is the input's, which the notes' file of numbers leaves out.
    Value::Array(rows.skip(1).map(row).collect())
}

pub(crate) fn vgg16_totals() -> Value {
    let architecture = Vgg16::<f32>::ARCHITECTURE;
    let kinds = || architecture.layers().iter().map(|layer| layer.kind);
    let (weights, biases): (usize, usize) =
        (kinds().map(|kind| kind.weights()).sum(), kinds().map(|kind| kind.biases()).sum());
    json!([weights, biases, architecture.parameters(), architecture.training_numbers()])
}

pub(crate) fn vgg19() -> Value {
    json!(Vgg19::PARAMETERS)
}

pub(crate) fn alexnet_params() -> Value {
    json!([AlexNet::PARAMETERS, AlexNetSingle::PARAMETERS])
}

pub(crate) fn lenet5() -> Value {
    json!(LeNet5::PARAMETERS)
}

network! {
    block fire(s, e) = CONV1-s -> RELU -> CAT{ CONV1-e -> RELU | CONV3-e -> RELU };

    /// SqueezeNet 1.1 (Iandola et al. 2016).
    struct SqueezeNet {
        INPUT[224x224x3]
        -> CONV3-64 s2 p0 floor -> RELU -> POOL3 s2 ceil
        -> [fire(16, 64)]*2 -> POOL3 s2 ceil
        -> [fire(32, 128)]*2 -> POOL3 s2 ceil
        -> [fire(48, 192)]*2 -> [fire(64, 256)]*2 : [13x13x512]
        -> DROPOUT(keep=0.5) -> CONV1-1000 -> RELU -> GAP
    }
}

network! {
    /// Every layer sees what all before it gave: 32 channels more each time.
    block dense = CAT{ ID | BN -> RELU -> CONV1-128 nobias -> BN -> RELU -> CONV3-32 nobias };
    block transition(k) = BN -> RELU -> CONV1-k nobias -> AVGPOOL2;

    /// DenseNet-121 (Huang et al. 2017).
    struct DenseNet121 {
        INPUT[224x224x3]
        -> CONV7-64 s2 floor nobias -> BN -> RELU -> POOL3 s2 p1 floor
        -> [dense]*6 -> transition(128) -> [dense]*12 -> transition(256) -> [dense]*24 -> transition(512)
        -> [dense]*16 : [7x7x1024] -> BN -> RELU -> GAP -> FC1000
    }
}

pub(crate) fn resnet50_squeezenet_googlenet() -> Value {
    json!([ResNet50::PARAMETERS, SqueezeNet::PARAMETERS, GoogLeNet::PARAMETERS, DenseNet121::PARAMETERS])
}
