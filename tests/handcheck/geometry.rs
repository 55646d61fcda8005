//! Volumes, windows and counts of single layers: the notes' chapter on convolutional networks.

use convnet::geometry::{
    ConvolutionSpec, DenseSpec, Extent, GeometryError, LayerKind, Local, Pool, PoolingSpec, ReceptiveField,
    Volume, Window,
};
use convnet::{Network, network};
use serde_json::{Value, json};

use crate::run::pass;
use crate::value;

fn sides(Volume { width, height, depth }: Volume) -> [usize; 3] {
    [width, height, depth]
}

pub(crate) fn fc_neuron() -> Value {
    let weights = |side| DenseSpec::new(Volume::new(side, side, 3), 1).geometry().weights();
    json!([weights(32), weights(200)])
}

pub(crate) fn conv_neuron() -> Value {
    let weights = |volume, size| ConvolutionSpec::new(volume, Window::square(size), 1).geometry().weights();
    json!([weights(Volume::new(32, 32, 3), 5), weights(Volume::new(16, 16, 20), 3)])
}

/// AlexNet's first convolution.
const STEM: ConvolutionSpec =
    ConvolutionSpec::new(Volume::new(227, 227, 3), Window::square(11).stride(4), 96);

pub(crate) fn alexnet_conv1() -> Value {
    let (shared, local) = (STEM.geometry(), Local::new(STEM));
    let neurons = shared.output().count();
    let each = local.counts().parameters() / neurons;
    json!([
        sides(shared.output()),
        neurons,
        each,
        local.counts().parameters(),
        shared.weights(),
        shared.parameters()
    ])
}

/// A row of our weights is a row of `W_row`; our column matrix is the notes' transposed.
pub(crate) fn im2col() -> Value {
    let convolution = STEM.geometry();
    let Volume { width, height, depth } = convolution.output();
    json!([[convolution.taps(), width * height], [depth, convolution.taps()]])
}

/// The number that is no whole one, as the error writes it.
pub(crate) fn invalid_stride() -> Value {
    let misfit = |side, window: Window| {
        let error =
            ConvolutionSpec::new(Volume::new(side, side, 3), window, 8).check().expect_err("it does not fit");
        let GeometryError::DoesNotDivide { window, .. } = error else { panic!("{error}") };
        let text = window.to_string();
        text.rsplit_once("= ").expect("a sum").1.parse::<f64>().expect("a number")
    };
    json!([misfit(10, Window::square(3).stride(2)), misfit(224, Window::square(11).stride(4))])
}

/// A fully connected layer as a convolution: the same numbers on one place, and scores everywhere on a larger image.
pub(crate) fn fc_as_conv() -> Value {
    network! {
        block features = [CONV3-64 -> RELU]*2 -> POOL2 -> [CONV3-128 -> RELU]*2 -> POOL2 -> [CONV3-256 -> RELU]*3 -> POOL2
            -> [[CONV3-512 -> RELU]*3 -> POOL2]*2;

        struct Connected { INPUT[224x224x3] -> features : [7x7x512] -> [FC4096 -> RELU]*2 -> FC1000 }
        struct Converted {
            INPUT[384x384x3] -> features -> CONV7-4096 p0 -> RELU -> CONV1-4096 -> RELU -> CONV1-1000
        }
        struct Template { INPUT[7x7x8] -> FC16 }
        struct Filter { INPUT[7x7x8] -> CONV7-16 p0 : [1x1x16] }
    }
    let (connected, converted) = (Connected::<f32>::ARCHITECTURE, Converted::<f32>::ARCHITECTURE);
    assert_eq!(connected.parameters(), converted.parameters());

    let numbers = |count: usize| (0..count).map(|i| (i as f64).sin()).collect::<Vec<_>>();
    let (parameters, image, upstream) = (numbers(7 * 7 * 8 * 16 + 16), numbers(7 * 7 * 8), numbers(16));
    let template = pass::<Template<f64>>(&parameters, &image, &upstream);
    let filter = pass::<Filter<f64>>(&parameters, &image, &upstream);
    let both = [
        (template.output, filter.output),
        (template.by_input, filter.by_input),
        (template.by_parameters, filter.by_parameters),
    ];
    for (template, filter) in both {
        assert!(template.iter().zip(&filter).all(|(a, b)| (a - b).abs() < 1e-12));
    }
    json!(sides(converted.output()))
}

pub(crate) fn stack_3x3() -> Value {
    let depth = 10;
    let volume = Volume::new(28, 28, depth);
    let of = |size| ConvolutionSpec::new(volume, Window::square(size).padding(size / 2), depth).geometry();
    let through =
        (0..3).fold(ReceptiveField::PIXEL, |field, _| field.through(&LayerKind::Convolution(of(3))));
    let ReceptiveField::Pixels { size: Extent { width, height }, .. } = through else {
        panic!("no convolution")
    };
    assert_eq!(width, height);
    json!([3 * of(3).weights() / depth.pow(2), of(7).weights() / depth.pow(2), width])
}

pub(crate) fn pool_discard() -> Value {
    let pooling =
        PoolingSpec::new(Volume::new(224, 224, 64), Window::square(2).stride(2), Pool::Max).geometry();
    json!(1.0 - pooling.output().count() as f64 / pooling.input().count() as f64)
}

/// All numbers of arrays in arrays, in order.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().expect("a number")],
    }
}

/// The convolution of the notes' demonstration, on the numbers of the file.
pub(crate) fn conv_demo() -> Value {
    network! { struct Demo { INPUT[5x5x3] -> CONV3-2 s2 : [3x3x2] } }
    let mut demo = value("conv_demo");
    let parameters = [flat(&demo["W"]), flat(&demo["b"])].concat();
    let output = pass::<Demo<f64>>(&parameters, &flat(&demo["x"]), &[0.0; 18]).output;
    let rows: Vec<Vec<&[f64]>> = output.chunks(6).map(|row| row.chunks(2).collect()).collect();
    demo["out"] = json!(rows);
    demo
}
