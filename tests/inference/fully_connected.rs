//! `to_fully_connected`: convolutions as fully connected layers, forward and backward.

use super::{difference, images_of, network, scores};
use convnet::losses::L2;
use convnet::workspace::TrainingWorkspace;
use convnet::{Error, FullyConnected, Network, Scalar, Step, Unobserved, network as convolutional};
use ndarray::{Array2, Array4};

/// What a step gives.
struct Passes<T> {
    scores: Array4<T>,
    by_images: Array4<T>,
    by_parameters: Vec<T>,
}

/// Forward and backward, from the squared distance from 0.
fn step<N: Network>(network: &mut N) -> Passes<N::Scalar> {
    let images = images_of::<N>(3);
    let scores = scores(network, images.view());
    let targets = vec![N::Scalar::from_f64(0.0); scores.len()];
    let mut workspace = TrainingWorkspace::of(network, 3).expect("a workspace");
    network
        .gradients(images.view(), &targets[..], &L2, &mut workspace, Step::default(), &mut Unobserved)
        .expect("gradients");
    let by_images = network.input_gradient(&mut workspace).expect("gradients were computed").to_owned();
    Passes { scores, by_images, by_parameters: workspace.gradients().as_slice().to_vec() }
}

/// A network of one convolution, and the network of its fully connected layer.
fn compare<C: Network, F: Network<Scalar = C::Scalar>>(
    dense: impl Fn(&C) -> FullyConnected<C::Scalar>,
    limit: f64,
) {
    let (mut convolution, mut connected) = (network::<C>(4), network::<F>(4));
    let layer = dense(&convolution);
    let numbers: Vec<_> = layer.weights().iter().chain(layer.bias()).copied().collect();
    connected.parameters_mut().as_mut_slice().copy_from_slice(&numbers);
    let (expected, found) = (step(&mut convolution), step(&mut connected));
    let flat = expected.scores.to_shape(found.scores.dim()).expect("as many numbers");
    assert!(difference(flat.view(), found.scores.view()) <= limit);
    assert!(difference(expected.by_images.view(), found.by_images.view()) <= limit);
    let weights = layer.weights();
    let of_matrix = Array2::from_shape_vec(weights.dim(), found.by_parameters[..weights.len()].to_vec());
    let filters = layer.filter_gradient(of_matrix.expect("a matrix").view()).expect("the same shape");
    let by_filters = expected.by_parameters[..filters.len()].to_vec();
    let by_filters = Array4::from_shape_vec(filters.dim(), by_filters).expect("filters");
    assert!(difference(by_filters.view(), filters.view()) <= limit);
}

macro_rules! convolutions {
    ($($name:ident: { $($notation:tt)* } is { $($connected:tt)* };)*) => {
        $(
            #[test]
            fn $name() {
                convolutional! { struct C { $($notation)* } struct F { $($connected)* } }
                compare::<C<f64>, F<f64>>(|net| net.conv1().to_fully_connected().expect("small"), 1e-12);
                compare::<C<f32>, F<f32>>(|net| net.conv1().to_fully_connected().expect("small"), 1e-5);
            }
        )*
    };
}

convolutions! {
    plain: { INPUT[5x4x2] -> CONV3-3 -> L2 } is { INPUT[5x4x2] -> FC60 -> L2 };
    without_padding: { INPUT[6x5x2] -> CONV3-3 p0 nobias -> L2 } is { INPUT[6x5x2] -> FC36 -> L2 };
    strided_and_uneven: { INPUT[5x7x2] -> CONV3x2-3 s2x3 p(left=1,right=1,top=0,bottom=1) -> L2 } is { INPUT[5x7x2] -> FC27 -> L2 };
    dilated: { INPUT[6x6x2] -> CONV3-2 d2 -> L2 } is { INPUT[6x6x2] -> FC72 -> L2 };
    grouped: { INPUT[4x4x4] -> CONV3-6 g2 -> L2 } is { INPUT[4x4x4] -> FC96 -> L2 };
    depthwise: { INPUT[4x4x3] -> CONV3-6 g3 s2 floor -> L2 } is { INPUT[4x4x3] -> FC24 -> L2 };
}

/// Most of the matrix is zero, and what is not is the same few numbers.
#[test]
fn the_matrix_is_sparse_and_shared() {
    convolutional! { struct C { INPUT[8x8x1] -> CONV3-2 p0 } }
    let layer = network::<C>(1).conv1().to_fully_connected().expect("small");
    assert_eq!(layer.weights().dim(), (72, 64));
    assert_eq!(layer.weights().iter().filter(|&&weight| weight != 0.0).count(), 72 * 9);
    let mut distinct: Vec<u32> = layer.weights().iter().map(|weight| weight.to_bits()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 18 + 1);
    assert_eq!((layer.geometry().inputs(), layer.geometry().outputs()), (64, 72));
}

#[test]
fn large_matrices_and_other_gradients_are_refused() {
    convolutional! { struct Large { INPUT[2000x2000x3] -> CONV3-64 } struct C { INPUT[4x4x1] -> CONV3-2 } }
    let error = network::<Large>(1).conv1().to_fully_connected().expect_err("3 * 10^15 weights");
    assert!(matches!(error, Error::MatrixMemory { .. }), "{error}");
    let layer = network::<C>(1).conv1().to_fully_connected().expect("small");
    let error = layer.filter_gradient(Array2::zeros((3, 3)).view()).expect_err("another shape");
    assert!(matches!(error, Error::ParameterCount { expected: 512, found: 9 }), "{error}");
}
