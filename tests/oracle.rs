//! Networks against values computed by others: every output, every volume, every gradient, in f64 and in f32.
//!
//! `tests/oracle/README.md` says where the values come from and how they are compared.

use std::path::PathBuf;

use convnet::geometry::{LayerKind, Volume};
use convnet::losses::{Evaluation, Loss, LossValue, Softmax, Svm};
use convnet::optimizers::{Momentum, Optimizer, Sgd};
use convnet::workspace::{InferenceWorkspace, TrainingWorkspace};
use convnet::{Error, Initialization, Network, Scalar, Step, network};
use ndarray::{Array4, ArrayView4, Axis, IxDyn};
use serde_json::Value;

/// One case: its description, and its arrays by name.
struct Case {
    folder: PathBuf,
    meta: Value,
}

impl Case {
    fn open(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(name);
        let meta = std::fs::read_to_string(folder.join("meta.json")).expect("a case's description");
        Self { meta: serde_json::from_str(&meta).expect("valid JSON"), folder }
    }

    fn tensors(&self) -> impl Iterator<Item = &Value> {
        self.meta["tensors"].as_array().expect("a list of tensors").iter()
    }

    fn names(&self, role: &str) -> Vec<String> {
        let of_role = self.tensors().filter(|tensor| tensor["role"] == role);
        of_role.map(|tensor| tensor["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// A tensor's shape and numbers.
    fn tensor(&self, name: &str) -> (Vec<usize>, Vec<f64>) {
        let tensor = self
            .tensors()
            .find(|tensor| tensor["name"] == name)
            .unwrap_or_else(|| panic!("no tensor {name}"));
        let size = |side: &Value| usize::try_from(side.as_u64().expect("a size")).expect("a size");
        let shape = tensor["shape"].as_array().expect("a shape").iter().map(size).collect();
        let bytes =
            std::fs::read(self.folder.join(tensor["file"].as_str().expect("a file"))).expect("its file");
        let (chunks, _) = bytes.as_chunks::<8>();
        let number = |bytes: &[u8; 8]| match tensor["dtype"].as_str() {
            Some("i64") => i64::from_le_bytes(*bytes) as f64,
            _ => f64::from_le_bytes(*bytes),
        };
        (shape, chunks.iter().map(number).collect())
    }

    fn labels(&self, name: &str) -> Vec<usize> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "labels are small")]
        self.tensor(name).1.into_iter().map(|label| label as usize).collect()
    }

    /// A tensor in our layout: `[N, C, H, W]` and filters to depth innermost.
    fn permuted(&self, name: &str) -> Vec<f64> {
        let (shape, numbers) = self.tensor(name);
        if shape.len() != 4 {
            return numbers;
        }
        let array =
            ndarray::ArrayD::from_shape_vec(IxDyn(&shape), numbers).expect("as many as its shape says");
        array.permuted_axes(IxDyn(&[0, 2, 3, 1])).iter().copied().collect()
    }

    /// A matrix of templates of a volume, its inputs put into height, width, depth order.
    fn templates(&self, name: &str, input: Volume) -> Vec<f64> {
        let (shape, numbers) = self.tensor(name);
        let shape = [shape[0], input.depth, input.height, input.width];
        let array =
            ndarray::ArrayD::from_shape_vec(IxDyn(&shape), numbers).expect("as many as its shape says");
        array.permuted_axes(IxDyn(&[0, 2, 3, 1])).iter().copied().collect()
    }

    fn assert_close<T: Scalar>(&self, name: &str, found: &[T], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{name}");
        let largest = expected.iter().fold(1e-2_f64, |largest, x| largest.max(x.abs()));
        let torch = self.meta["torch_f32_err"][name].as_f64().unwrap_or(0.0);
        let limit = if size_of::<T>() == 8 { 1e-10 } else { f64::max(1e-5, 16.0 * torch) };
        for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
            let error = (found.as_f64() - expected).abs() / largest;
            assert!(error <= limit, "{} {name}[{i}]: {found} for {expected}", self.folder.display());
        }
    }
}

/// `sum(scores * targets)`: a linear loss that exposes every output. It is a user's own loss, too.
struct Sum;

impl<T: Scalar> Loss<T> for Sum {
    type Targets<'a> = &'a [T];

    fn check(&self, output: Volume, images: usize, targets: &[T]) -> Result<(), Error> {
        assert_eq!(output.count() * images, targets.len());
        Ok(())
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[T]>) -> LossValue<T> {
        at.gradient.copy_from_slice(at.targets);
        LossValue { mean: at.scores.iter().zip(at.targets).map(|(&score, &target)| score * target).sum() }
    }
}

fn cast<T: Scalar>(numbers: &[f64]) -> Vec<T> {
    numbers.iter().map(|&number| T::from_f64(number)).collect()
}

/// The layers with parameters, in order.
fn trained_layers<N: Network>() -> Vec<LayerKind> {
    N::ARCHITECTURE.layers().iter().map(|layer| layer.kind).filter(|kind| kind.weights() > 0).collect()
}

/// The oracle's parameters, or their gradients, in the order of ours.
fn flat(case: &Case, layers: &[LayerKind], prefix: &str) -> Vec<(String, Vec<f64>)> {
    let mut layers = layers.iter();
    let mut current = None;
    let parameters = case.names("param").into_iter().map(|name| {
        let key = format!("{prefix}{name}");
        if name.ends_with("weight") {
            current = layers.next();
        }
        let numbers = match current {
            Some(LayerKind::Dense(dense)) if name.ends_with("weight") => case.templates(&key, dense.input()),
            _ => case.permuted(&key),
        };
        (key, numbers)
    });
    parameters.collect()
}

fn check<N: Network, L: Loss<N::Scalar>>(name: &str, targets: L::Targets<'_>, loss: &L) {
    let case = Case::open(name);
    let mut network = N::new(0, &Initialization::default()).expect("a network");
    let layers = trained_layers::<N>();
    let parameters: Vec<f64> =
        flat(&case, &layers, "").into_iter().flat_map(|(_, numbers)| numbers).collect();
    network.parameters_mut().as_mut_slice().copy_from_slice(&cast::<N::Scalar>(&parameters));
    let Volume { width, height, depth } = N::ARCHITECTURE.input();
    let x = cast::<N::Scalar>(&case.permuted("x"));
    let images = x.len() / (width * height * depth);
    let x = Array4::from_shape_vec((images, height, width, depth), x).expect("the input's shape");

    // A workspace for more images than there are, as a last, smaller batch has.
    let mut workspace = TrainingWorkspace::of(&network, images + 2).expect("a workspace");
    let mut volumes = 0;
    let mut see = |_: &str, volume: ArrayView4<'_, N::Scalar>| {
        let numbers: Vec<_> = volume.iter().copied().collect();
        case.assert_close(&format!("act.{volumes}"), &numbers, &case.permuted(&format!("act.{volumes}")));
        volumes += 1;
    };
    let value = network.gradients(x.view(), targets, loss, &mut workspace, Step::default(), &mut see);
    let value = value.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(volumes, N::ARCHITECTURE.layers().len());
    case.assert_close("loss.data", &[value.mean], &case.tensor("loss.data").1);
    case.assert_close("y", workspace.scores().as_slice().expect("standard layout"), &case.permuted("y"));

    // The oracle's gradients include those of the regularisation, on weights alone: 0.5 * l2 * sum(W^2).
    let l2 = case.meta["net"]["reg"]["l2"].as_f64().unwrap_or(0.0);
    let found = workspace.gradients().iter().zip(network.parameters().iter());
    let found: Vec<Vec<N::Scalar>> = found
        .map(|((tensor, gradient), (_, parameters))| {
            let is_weights = tensor.to_string().ends_with("weights");
            let l2 = N::Scalar::from_f64(if is_weights { l2 } else { 0.0 });
            gradient.iter().zip(parameters).map(|(&gradient, &weight)| gradient + l2 * weight).collect()
        })
        .collect();
    for (found, (key, expected)) in found.iter().zip(flat(&case, &layers, "grad.")) {
        case.assert_close(&key, found, &expected);
    }
    let by_input = network.input_gradient(&mut workspace).expect("gradients were computed");
    case.assert_close("grad.x", by_input.as_slice().expect("standard layout"), &case.permuted("grad.x"));
    // Asked for twice, it is the same: nothing that it needs was overwritten.
    let again = network.input_gradient(&mut workspace).expect("gradients were computed");
    case.assert_close("grad.x", again.as_slice().expect("standard layout"), &case.permuted("grad.x"));

    let mut inference = InferenceWorkspace::of(&network, images + 1).expect("a workspace");
    let scores = network.infer(x.view(), &mut inference, &mut convnet::Unobserved).expect("scores");
    case.assert_close("y", scores.as_slice().expect("standard layout"), &case.permuted("y"));
    for (i, image) in x.axis_iter(Axis(0)).enumerate() {
        let image = image.insert_axis(Axis(0));
        let scores = network.infer(image, &mut inference, &mut convnet::Unobserved).expect("scores");
        let (expected, found) = (case.permuted("y"), scores.as_slice().expect("standard layout"));
        case.assert_close("y", found, &expected[i * found.len()..(i + 1) * found.len()]);
    }
}

/// Writes a test of one case: the network in its notation, checked in f64 and f32.
macro_rules! cases {
    ($($name:ident: { $($notation:tt)* } $with:ident;)*) => {
        $(
            #[test]
            fn $name() {
                network! { $($notation)* }
                $with::<Net<f64>>(stringify!($name));
                $with::<Net<f32>>(stringify!($name));
            }
        )*
    };
}

fn sum<N: Network>(name: &str) {
    let case = Case::open(name);
    let (shape, _) = case.tensor("target");
    let targets = if shape.len() == 4 { case.permuted("target") } else { case.tensor("target").1 };
    check::<N, Sum>(name, &cast(&targets), &Sum);
}

fn softmax<N: Network>(name: &str) {
    check::<N, Softmax>(name, &Case::open(name).labels("target"), &Softmax::default());
}

fn svm<N: Network>(name: &str) {
    check::<N, Svm>(name, &Case::open(name).labels("target"), &Svm::new(1.0).expect("a margin"));
}

cases! {
    act_relu: { INPUT[3x3x3] -> RELU } sum;
    act_relu_at_zero: { INPUT[5x1x1] -> RELU } sum;
    avgpool_3_2_pad_excluded: { INPUT[7x7x2] -> AVGPOOL3 s2 p1 uncounted } sum;
    avgpool_3_2_pad_included: { INPUT[7x7x2] -> AVGPOOL3 s2 p1 } sum;
    conv_11x11_s4_valid: { INPUT[27x27x3] -> CONV11-6 s4 p0 } sum;
    conv_1x1: { INPUT[3x4x5] -> CONV1-7 -> RELU } sum;
    conv_1x1_stride2: { INPUT[7x7x4] -> CONV1-6 s2 } sum;
    conv_3x3_p1: { INPUT[7x7x3] -> CONV3-4 } sum;
    conv_5x5_s2_p2_nonsquare: { INPUT[9x11x3] -> CONV5-5 s2 } sum;
    conv_asym_pad: { INPUT[5x7x2] -> CONV3-3 s2 p(top=1, bottom=1) } sum;
    conv_depthwise_mult2: { INPUT[6x6x4] -> CONV3-8 g4 } sum;
    conv_dilated: { INPUT[13x11x3] -> CONV3-4 d3x2 } sum;
    conv_dilated_strided: { INPUT[13x13x2] -> CONV3-3 d2 s2 p0 } sum;
    conv_floor_stride_unused_border: { INPUT[10x10x2] -> CONV3-3 s2 p0 floor } sum;
    conv_groups2: { INPUT[5x6x4] -> CONV3-6 g2 } sum;
    conv_kernel_eq_input: { INPUT[5x5x4] -> CONV5-6 p0 -> RELU -> CONV1-3 } sum;
    conv_no_bias: { INPUT[5x5x3] -> CONV3-4 nobias p0 } sum;
    conv_rect_kernel_stride_pad: { INPUT[10x9x2] -> CONV5x3-3 s1x2 p2x1 } sum;
    loss_softmax_ce: { INPUT[1x1x4] -> FC6 } softmax;
    loss_svm_ww: { INPUT[1x1x4] -> FC6 -> SVM } svm;
    maxpool_2x2: { INPUT[6x8x3] -> POOL2 } sum;
    maxpool_overlap_3_2: { INPUT[13x13x3] -> POOL3 s2 } sum;
    maxpool_pad1: { INPUT[7x7x2] -> POOL3 s2 p1 } sum;
    maxpool_pad1_all_negative: { INPUT[4x4x1] -> POOL3 s1 p1 } sum;
    maxpool_ties: { INPUT[4x4x1] -> POOL2 } sum;
    net_linear: { INPUT[4x4x3] -> FC10 } softmax;
    net_vgg_mini: {
        INPUT[16x16x3] -> [CONV3-6 -> RELU]*2 -> POOL2 -> [CONV3-8 -> RELU]*2 -> POOL2 -> FC12 -> RELU -> FC10
    } softmax;
}

/// Losses alone, on scores that are given.
fn check_loss<T: Scalar, L: for<'a> Loss<T, Targets<'a> = &'a [usize]>>(name: &str, loss: &L) {
    let case = Case::open(name);
    let (scores, labels) = (cast::<T>(&case.tensor("y").1), case.labels("target"));
    let mut gradient = vec![T::nan(); scores.len()];
    let images = labels.len();
    let (kinks, per_image) = (None, None);
    let at = Evaluation {
        scores: &scores,
        targets: &labels[..],
        images,
        gradient: &mut gradient,
        kinks,
        per_image,
    };
    let value = loss.evaluate(at);
    case.assert_close("loss.data", &[value.mean], &case.tensor("loss.data").1);
    case.assert_close("grad.y", &gradient, &case.tensor("grad.y").1);
}

#[test]
fn losses_at_extreme_scores_and_other_margins() {
    check_loss::<f64, _>("loss_softmax_ce_extreme", &Softmax::default());
    check_loss::<f32, _>("loss_softmax_ce_extreme", &Softmax::default());
    check_loss::<f64, _>("loss_svm_ww_delta10", &Svm::new(10.0).expect("a margin"));
    check_loss::<f32, _>("loss_svm_ww_delta10", &Svm::new(10.0).expect("a margin"));
}

network! {
    /// Six numbers that an optimizer moves, and no more.
    struct Six { INPUT[1x1x6] -> FC1 nobias }
}

/// `0.5 x^T A x - b^T x` under an update rule, step by step.
fn check_trajectory(name: &str, optimizer: &mut impl Optimizer<f64>) {
    let case = Case::open(name);
    let ((_, a), (_, b), (shape, expected)) = (case.tensor("A"), case.tensor("b"), case.tensor("traj.x"));
    let n = b.len();
    let mut parameters = convnet::Parameters::<f64>::zeros(<Six<f64> as Network>::ARCHITECTURE);
    let mut gradients = parameters.clone();
    parameters.as_mut_slice().copy_from_slice(&expected[..n]);
    let schedule = &case.meta["schedule"];
    let rate = schedule["lr"].as_f64().expect("a learning rate");
    for step in 0..shape[0] - 1 {
        if let (Some(factor), Some(every)) = (schedule["factor"].as_f64(), schedule["every"].as_u64()) {
            let decays = i32::try_from(step as u64 / every).expect("few steps");
            optimizer.set_learning_rate(rate * factor.powi(decays)).expect("a rate");
        }
        let x = parameters.as_slice().to_vec();
        for (i, gradient) in gradients.as_mut_slice().iter_mut().enumerate() {
            *gradient = (0..n).map(|j| a[i * n + j] * x[j]).sum::<f64>() - b[i];
        }
        optimizer.update(&mut parameters, &gradients).expect("an update");
        for (found, expected) in parameters.as_slice().iter().zip(&expected[(step + 1) * n..]) {
            assert!(
                (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
                "{name}, step {step}: {found} for {expected}"
            );
        }
    }
}

#[test]
fn update_rules_follow_the_notes_trajectories() {
    check_trajectory("opt_sgd_const_quadratic", &mut Sgd::new(0.05).expect("a rate"));
    check_trajectory("opt_sgd_step_quadratic", &mut Sgd::new(0.05).expect("a rate"));
    check_trajectory("opt_momentum_const_quadratic", &mut Momentum::new(0.02, 0.9).expect("options"));
    check_trajectory("opt_momentum_step_quadratic", &mut Momentum::new(0.02, 0.9).expect("options"));
}

#[test]
fn the_courses_two_layer_network() {
    network! { struct TwoLayer { INPUT[1x1x5] -> FC50 -> RELU -> FC7 } }
    let case = Case::open("a1_two_layer_net");
    let transposed = |name: &str| {
        let (shape, numbers) = case.tensor(name);
        let matrix = ndarray::Array2::from_shape_vec((shape[0], shape[1]), numbers).expect("a matrix");
        matrix.t().iter().copied().collect::<Vec<f64>>()
    };
    let parameters = [transposed("W1"), case.tensor("b1").1, transposed("W2"), case.tensor("b2").1].concat();
    let mut network = TwoLayer::<f64>::new(0, &Initialization::default()).expect("a network");
    network.parameters_mut().as_mut_slice().copy_from_slice(&parameters);
    let x = Array4::from_shape_vec((3, 1, 1, 5), case.tensor("X").1).expect("three samples");
    let mut workspace = TrainingWorkspace::of(&network, 3).expect("a workspace");
    let (labels, step) = (case.labels("y"), Step::default());
    let value = network.gradients(
        x.view(),
        &labels[..],
        &Softmax::default(),
        &mut workspace,
        step,
        &mut convnet::Unobserved,
    );
    // The course prints its scores to eight decimals.
    for (found, expected) in workspace.scores().iter().zip(case.tensor("scores").1) {
        assert!((found - expected).abs() <= 5.1e-9, "{found} for {expected}");
    }
    case.assert_close("loss_noreg", &[value.expect("a loss").mean], &case.tensor("loss_noreg").1);
}
