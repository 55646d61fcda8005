//! The zoo against tables that others published: layer by layer, and the reports as they are printed.
//!
//! `tables/` holds them, and the script that made them: torchvision's own models where it has them, the papers' elsewhere.

use std::path::PathBuf;

use convnet::geometry::{Architecture, Join, Layer, LayerKind, Pool, Volume};
use convnet::prelude::*;
use convnet::zoo::{
    AlexNet, AlexNetSingle, GoogLeNet, LeNet5, LinearClassifier, OneConvBetweenPools, OneConvolution,
    ResNet18, ResNet20, ResNet34, ResNet50, ResNet56, ResNet101, ResNet152, TwoConvsBetweenPools, Vgg11,
    Vgg13, Vgg16, Vgg19, ZfNet,
};

/// One line of a table: a layer as it ran.
#[derive(PartialEq, Eq, Debug)]
struct Row {
    kind: &'static str,
    /// Filter, stride, padding and groups of a convolution; filter and stride of a pooling.
    window: Vec<usize>,
    output: String,
    weights: usize,
    other: usize,
    /// The rows whose output it reads, counted from 1; 0 is the image.
    inputs: Vec<usize>,
}

const KINDS: [&str; 9] = [
    "Conv2d",
    "BatchNorm2d",
    "ReLU",
    "MaxPool2d",
    "AvgPool2d",
    "Linear",
    "Dropout",
    "LocalResponseNorm",
    "Add",
];

/// The table's rows; an average pooling that changes nothing is left out, and those that read it read its input.
fn table(name: &str) -> Vec<Row> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/zoo/tables").join(name);
    let text = std::fs::read_to_string(path).expect("a table");
    let mut rows: Vec<Row> = Vec::new();
    // What a number of the table is in what is left of it.
    let mut numbers = vec![0];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [_, _, kind, kernel, stride, padding, groups, output, weights, other, inputs, ..] = cells[..]
        else {
            panic!("not a row: {line}")
        };
        let inputs: Vec<usize> =
            inputs.split(',').map(|input| numbers[input.parse::<usize>().expect("a row")]).collect();
        let before = inputs[0].checked_sub(1).map(|row| rows[row].output.clone());
        let kind = match kind {
            "AdaptiveAvgPool2d" if before.as_deref() == Some(output) => {
                numbers.push(inputs[0]);
                continue;
            }
            "AdaptiveAvgPool2d" => "AvgPool2d",
            "ContrastNorm" => "LocalResponseNorm",
            "Concat" => "Concat",
            other => KINDS.into_iter().find(|kind| *kind == other).unwrap_or_else(|| panic!("{other}")),
        };
        let number = |cell: &str| cell.parse().unwrap_or_else(|_| panic!("{cell} in {line}"));
        let window = match kind {
            "Conv2d" => [kernel, stride, padding, groups].map(number).to_vec(),
            "MaxPool2d" => [kernel, stride].map(number).to_vec(),
            _ => Vec::new(),
        };
        let (weights, other) = (number(weights), number(other));
        rows.push(Row { kind, window, output: output.to_owned(), weights, other, inputs });
        numbers.push(rows.len());
    }
    rows
}

/// The same lines of a network of ours.
fn rows(architecture: &Architecture<'_>) -> Vec<Row> {
    let mut writers = vec![0; architecture.places().len()];
    let row = |(index, layer): (usize, &Layer<'_>)| {
        let inputs = layer.inputs.iter().map(|&place| writers[place]).collect();
        writers[layer.output] = index + 1;
        let (kind, window) = kind(&layer.kind);
        let Volume { width, height, depth } = layer.kind.output();
        let weights = layer.kind.weights();
        let other = layer.kind.parameters() - weights;
        Row { kind, window, output: format!("{width}x{height}x{depth}"), weights, other, inputs }
    };
    architecture.layers().iter().enumerate().map(row).collect()
}

fn kind(kind: &LayerKind) -> (&'static str, Vec<usize>) {
    match kind {
        LayerKind::Convolution(layer) => {
            let window = layer.window();
            let numbers = [window.filter.width, window.stride.width, window.padding.left, layer.groups()];
            ("Conv2d", numbers.to_vec())
        }
        LayerKind::Pooling(layer) if layer.pool() == Pool::Max => {
            ("MaxPool2d", vec![layer.window().filter.width, layer.window().stride.width])
        }
        LayerKind::Pooling(_) => ("AvgPool2d", Vec::new()),
        LayerKind::BatchNorm(_) => ("BatchNorm2d", Vec::new()),
        LayerKind::Activation(_) => ("ReLU", Vec::new()),
        LayerKind::Dense(_) => ("Linear", Vec::new()),
        LayerKind::Dropout(_) => ("Dropout", Vec::new()),
        LayerKind::ResponseNorm(_) => ("LocalResponseNorm", Vec::new()),
        LayerKind::Joint(joint) if joint.join == Join::Sum => ("Add", Vec::new()),
        LayerKind::Joint(_) => ("Concat", Vec::new()),
        other => panic!("no table has {other:?}"),
    }
}

fn check<N: Network>(name: &str) {
    let (expected, found) = (table(name), rows(N::ARCHITECTURE));
    for (index, (expected, found)) in expected.iter().zip(&found).enumerate() {
        let layer = N::ARCHITECTURE.layers()[index].name;
        assert_eq!(found, expected, "{name}, row {} is our {layer}", index + 1);
    }
    assert_eq!(found.len(), expected.len(), "{name}");
}

#[test]
fn vgg_is_torchvisions() {
    check::<Vgg11>("vgg11.tsv");
    check::<Vgg13>("vgg13.tsv");
    check::<Vgg16>("vgg16.tsv");
    check::<Vgg19>("vgg19.tsv");
}

#[test]
fn res_net_is_torchvisions() {
    check::<ResNet18>("resnet18.tsv");
    check::<ResNet34>("resnet34.tsv");
    check::<ResNet50>("resnet50.tsv");
    check::<ResNet101>("resnet101.tsv");
    check::<ResNet152>("resnet152.tsv");
}

#[test]
fn the_others_are_the_papers() {
    check::<AlexNet>("alexnet_paper.tsv");
    check::<ZfNet>("zfnet.tsv");
    check::<GoogLeNet>("googlenet_bvlc.tsv");
}

/// A check that cannot fail would be none.
#[test]
#[should_panic(expected = "our conv2")]
fn another_network_is_found_out() {
    check::<AlexNetSingle>("alexnet_paper.tsv");
}

/// Every report as it is printed.
macro_rules! reports {
    ($($network:ident)*) => {
        #[test]
        fn reports() {
            $(insta::assert_snapshot!(stringify!($network), $network::report());)*
        }
    };
}

reports! {
    LeNet5 AlexNet AlexNetSingle ZfNet GoogLeNet Vgg11 Vgg13 Vgg16 Vgg19 ResNet18 ResNet34 ResNet50 ResNet101
    ResNet152 ResNet20 ResNet56 LinearClassifier OneConvolution OneConvBetweenPools TwoConvsBetweenPools
}

/// A report as data, as another program would read it.
#[test]
#[cfg(feature = "report")]
fn a_report_is_data() {
    let json = serde_json::to_value(GoogLeNet::report()).expect("a report can be serialized");
    assert_eq!(json["totals"]["parameters"], GoogLeNet::PARAMETERS);
    let layers = json["layers"].as_array().expect("a list of layers");
    let joint = layers.iter().find(|layer| layer["name"] == "inception1.cat1").expect("its first joint");
    assert_eq!(joint["inputs"].as_array().map(Vec::len), Some(4));
    assert_eq!(joint["output"]["depth"], 256);
}

/// Every picture is a document of its own that names its network.
#[test]
fn pictures() {
    for (name, picture) in [
        ("GoogLeNet", GoogLeNet::report().svg().to_string()),
        ("ResNet152", ResNet152::report().svg().to_string()),
    ] {
        assert!(
            picture.starts_with("<svg ") && picture.trim_end().ends_with("</svg>") && picture.contains(name)
        );
    }
}
