//! `into_inference`: the same scores by fewer layers.

use super::{difference, images_of, network, scores};
use convnet::geometry::Volume;
use convnet::layers::{CustomBackward, CustomForward, CustomLayer};
use convnet::{Error, Network, Scalar, Unobserved, network as convolutional};

/// The names of the layers that are left, and how far scores differ.
fn folded<N: Network>(seed: u64) -> (Vec<String>, f64) {
    let (network, images) = (network::<N>(seed), images_of::<N>(3));
    let expected = scores(&network, images.view());
    let folded = network.into_inference().expect("a folded network");
    let mut workspace = folded.workspace(4).expect("a workspace");
    let found = folded.infer(images.view(), &mut workspace, &mut Unobserved).expect("scores");
    let difference = difference(expected.view(), found);
    (folded.architecture().layers().iter().map(|layer| layer.name.to_owned()).collect(), difference)
}

/// Checks which layers are left; scores agree to 1e-12 in f64 and 1e-5 in f32.
macro_rules! folds {
    ($($name:ident: { $($notation:tt)* } to $($layer:literal)*;)*) => {
        $(
            #[test]
            fn $name() {
                convolutional! { $($notation)* }
                for seed in 0..3 {
                    let (layers, difference) = folded::<Net<f64>>(seed);
                    assert_eq!(layers, [$($layer),*]);
                    assert!(difference < 1e-12, "{difference:e}");
                    let (layers, difference) = folded::<Net<f32>>(seed);
                    assert_eq!(layers, [$($layer),*]);
                    assert!(difference < 1e-5, "{difference:e}");
                }
            }
        )*
    };
}

folds! {
    normalization_behind_a_convolution: { INPUT[7x6x3] -> CONV3-5 -> BN -> RELU -> FC4 } to "conv1" "relu1" "fc1";
    a_convolution_without_bias_gets_one: { INPUT[7x6x3] -> CONV3-5 nobias -> BN(eps=0.01) -> FC4 } to "conv1" "fc1";
    groups: { INPUT[6x6x4] -> CONV3-8 g2 nobias -> BN -> FC4 } to "conv1" "fc1";
    normalization_behind_templates: { INPUT[4x4x2] -> FC6 nobias -> BN -> TANH -> FC4 -> BN } to "fc1" "tanh1" "fc2";
    normalization_behind_filters_of_their_own: { INPUT[5x4x2] -> LOCAL3-3 nobias -> BN -> FC4 } to "local1" "fc1";
    one_normalization_after_the_other: { INPUT[5x5x2] -> CONV3-3 -> BN -> BN -> FC4 } to "conv1" "fc1";
    normalization_before_weights_stays: { INPUT[5x5x2] -> BN -> RELU -> CONV3-3 -> FC4 } to "bn1" "relu1" "conv1" "fc1";
    normalization_behind_pooling_stays: { INPUT[6x6x2] -> CONV3-3 -> POOL2 -> BN -> FC4 } to "conv1" "pool1" "bn1" "fc1";
    normalization_of_what_another_branch_reads_stays: {
        INPUT[5x5x2] -> CONV3-3 -> ADD{ BN | ID } -> FC4
    } to "conv1" "add1.b1.bn1" "add1" "fc1";
    dropout_is_gone: {
        INPUT[5x5x2] -> DROPOUT(keep=0.8) -> CONV3-3 -> RELU -> DROPOUT(keep=0.5) -> FC8 -> DROPOUT(keep=0.5) -> RELU -> FC4
        -> DROPOUT(keep=0.9)
    } to "conv1" "relu1" "fc1" "relu2" "fc2";
    dropout_of_what_others_read: {
        INPUT[5x5x2] -> CONV3-3 -> CAT{ DROPOUT(keep=0.5) -> RELU | ID | DROPOUT(keep=0.7) | SIGMOID } -> FC4
    } to "conv1" "cat1.b1.relu1" "cat1.b4.sigmoid1" "cat1" "fc1";
    what_draws_draws_as_before: {
        INPUT[9x9x2] -> CONV3-4 -> BN -> DROPOUT(keep=0.5) -> FRACPOOL(1.5) -> FC3
    } to "conv1" "fracpool1" "fc1";
    normalization_behind_dropout: { INPUT[5x5x2] -> CONV3-3 -> DROPOUT(keep=0.5) -> BN -> FC4 } to "conv1" "fc1";
    normalization_behind_dropout_of_what_another_branch_reads_stays: {
        INPUT[5x5x2] -> CONV3-3 -> CAT{ DROPOUT(keep=0.5) -> BN | ID } -> FC4
    } to "conv1" "cat1.b1.bn1" "cat1" "fc1";
    normalization_that_two_branches_read: {
        INPUT[5x5x2] -> CONV3-3 -> BN -> CAT{ BN | ID } -> FC4
    } to "conv1" "cat1.b1.bn1" "cat1" "fc1";
    nothing_but_dropout_is_left_alone: { INPUT[5x5x2] -> DROPOUT(keep=0.5) -> DROPOUT(keep=0.5) } to "dropout2";
    the_scale_of_dropped_connections: { INPUT[4x4x2] -> FC6 dropconnect(keep=0.6) -> BN -> RELU -> FC4 dropconnect(keep=0.5) nobias } to "fc1" "relu1" "fc2";
    residual_blocks: {
        block plain(k) = ADD{ CONV3-k nobias -> BN -> RELU -> CONV3-k nobias -> BN | ID } -> RELU;
        block halved(k) = ADD{ CONV3-k s2 floor nobias -> BN -> RELU -> CONV3-k nobias -> BN | CONV1-k s2 floor nobias -> BN } -> RELU;
        INPUT[8x8x3] -> CONV3-4 nobias -> BN -> RELU -> plain(4) -> halved(8) -> GAP -> FC10
    } to "conv1" "relu1"
        "plain1.add1.b1.conv1" "plain1.add1.b1.relu1" "plain1.add1.b1.conv2" "plain1.add1" "plain1.relu1"
        "halved1.add1.b1.conv1" "halved1.add1.b1.relu1" "halved1.add1.b1.conv2" "halved1.add1.b2.conv1" "halved1.add1" "halved1.relu1"
        "gap1" "fc1";
}

/// A user's own layer: it doubles.
struct Double;

impl<T: Scalar> CustomLayer<T> for Double {
    const OUTPUT: Volume = Volume::new(4, 4, 4);

    fn forward(at: CustomForward<'_, T>) {
        at.output.iter_mut().zip(at.input).for_each(|(output, &input)| *output = input + input);
    }

    fn backward(_: CustomBackward<'_, T>) {
        unreachable!("nothing is trained here");
    }
}

convolutional! {
    /// Every layer, none of which can be folded.
    struct Zoo {
        INPUT[16x16x3] -> CONV3-8 -> PRELU -> CONV1-8 -> MAXOUT2 -> LRN -> BN
        -> ADD{ CONV3-4 -> RELU -> CONV3-4 | ID } -> ELU
        -> CAT{ CONV1-4 -> SIGMOID | POOL3 s1 p1 -> CONV1-4 -> TANH | LRELU }
        -> STOCHPOOL2 -> FRACPOOL(1.41) -> LOCAL3-4 g4 -> L2POOL2 floor -> CONV2-4 s1 p1 : [3x3x4] -> CONV2-4 p1 : [4x4x4] -> (Double) : [4x4x4]
        -> AVGPOOL2 -> FC30 -> RELU -> FC10
    }
}

/// The two executors make the same calls.
#[test]
fn what_cannot_be_folded_has_the_same_bits() {
    fn check<T: Scalar>() {
        let (network, images) = (network::<Zoo<T>>(1), images_of::<Zoo<T>>(5));
        let expected = scores(&network, images.view());
        let parameters = network.parameters().as_slice().to_vec();
        let inference = network.into_inference().expect("a network");
        assert_eq!(inference.architecture().layers().len(), Zoo::<T>::ARCHITECTURE.layers().len());
        let mut workspace = inference.workspace(5).expect("a workspace");
        let found = inference.infer(images.view(), &mut workspace, &mut Unobserved).expect("scores");
        assert_eq!(expected, found);
        let kept: Vec<T> = inference.parameters().flat_map(|(_, numbers)| numbers.to_vec()).collect();
        assert_eq!(kept, parameters);
        assert_eq!(inference.get("conv1.bias").expect("it has biases").shape(), [8]);
        assert!(inference.get("conv9.bias").is_none());
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn its_report_shows_what_is_left() {
    convolutional! { struct Little { INPUT[8x8x1] -> CONV3-4 nobias -> BN -> RELU -> DROPOUT(keep=0.5) -> FC3 } }
    let folded = network::<Little>(1).into_inference().expect("a network");
    let report = folded.architecture().report().to_string();
    assert!(report.contains("CONV3-4:") && report.contains("biases: 4"), "{report}");
    assert!(!report.contains("nobias") && !report.contains("DROPOUT") && !report.contains("BN"), "{report}");
    assert_eq!(format!("{folded:?}"), "Little [8x8x1] -> [1x1x3], 811 parameters");
}

/// `infer` refuses them too.
#[test]
fn parameters_of_another_network_are_refused() {
    convolutional! {
        struct Little { INPUT[8x8x1] -> CONV3-4 -> BN -> FC3 }
        struct Less { INPUT[8x8x1] -> CONV3-2 -> BN -> FC3 }
        struct More { INPUT[8x8x1] -> CONV3-9 -> BN -> FC3 }
    }
    for parameters in [network::<Less>(1).parameters().clone(), network::<More>(1).parameters().clone()] {
        let mut mistaken = network::<Little>(1);
        *mistaken.parameters_mut() = parameters;
        let error = mistaken.clone().into_inference().expect_err("another's parameters");
        assert!(matches!(error, Error::ParameterCount { .. }), "{error}");
        let error = mistaken.into_fully_convolutional().expect_err("another's parameters");
        assert!(matches!(error, Error::ParameterCount { .. }), "{error}");
    }
}

#[test]
fn a_workspace_serves_one_architecture() {
    convolutional! { struct Little { INPUT[8x8x1] -> CONV3-4 -> BN -> FC3 } }
    let network = network::<Little>(1);
    let images = images_of::<Little>(1);
    let mut workspace = convnet::workspace::InferenceWorkspace::of(&network, 1).expect("a workspace");
    let folded = network.into_inference().expect("a network");
    let error =
        folded.infer(images.view(), &mut workspace, &mut Unobserved).expect_err("another's workspace");
    assert_eq!(
        error.to_string(),
        "a workspace of `Little [8x8x1] -> [1x1x3], 819 parameters` given to `Little [8x8x1] -> [1x1x3], 811 parameters`: \
         a workspace serves one architecture"
    );
}

#[test]
fn observers_see_the_layers_that_are_left() {
    convolutional! { struct Little { INPUT[8x8x1] -> CONV3-4 -> BN -> RELU -> FC3 } }
    let folded = network::<Little>(1).into_inference().expect("a network");
    let mut workspace = folded.workspace(1).expect("a workspace");
    let mut seen = Vec::new();
    let mut see =
        |layer: &str, volume: ndarray::ArrayView4<'_, f32>| seen.push((layer.to_owned(), volume.dim()));
    folded.infer(images_of::<Little>(1).view(), &mut workspace, &mut see).expect("scores");
    let expected = [("conv1", (1, 8, 8, 4)), ("relu1", (1, 8, 8, 4)), ("fc1", (1, 1, 1, 3))];
    assert_eq!(seen, expected.map(|(layer, shape)| (layer.to_owned(), shape)));
}
