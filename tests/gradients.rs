//! Every gradient against centred differences in f64: layer by layer, loss by loss, and through whole networks.

use convnet::losses::{Softmax, Svm};
use convnet::train::{GradientCheck, GradientChecker};
use convnet::{Initialization, Network, network};
use ndarray::{Array4, ArrayView4};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

const IMAGES: usize = 3;

fn images<N: Network<Scalar = f64>>() -> Array4<f64> {
    let input = N::ARCHITECTURE.input();
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let shape = (IMAGES, input.height, input.width, input.depth);
    Array4::from_shape_simple_fn(shape, || random.random_range(-1.0..1.0))
}

fn checker() -> GradientChecker {
    GradientChecker::default().per_tensor(60)
}

/// For smooth functions: a larger step, extrapolated, which sees gradients far below the rounding of the loss over 1e-5.
fn smooth_checker() -> GradientChecker {
    checker().step(1e-3).extrapolate()
}

/// At least 20 numbers, more than are hidden, such as the pixels that no maximum is.
fn most_is_seen(found: &GradientCheck) {
    let compared = found.compared();
    assert!(compared >= 20 && found.crossings() * 4 <= compared, "{found}");
    assert!(found.below_rounding() < compared, "{found}");
}

/// Every number that is compared is seen to the limit.
fn check<N>(checker: GradientChecker, images: ArrayView4<'_, f64>, limit: f64) -> GradientCheck
where
    N: Network<Scalar = f64>,
    N::Loss: for<'a> convnet::losses::Loss<f64, Targets<'a> = &'a [usize]>,
{
    let mut network = N::new(3, &Initialization::default()).expect("a network");
    let before = network.parameters().as_slice().to_vec();
    let classes = N::ARCHITECTURE.output().count();
    let labels: Vec<usize> = (0..IMAGES).map(|image| (7 * image + 1) % classes).collect();
    let loss = network.loss().clone();
    let found = checker.resolution(limit).check(&mut network, images, &labels[..], &loss).expect("a check");
    assert!(found.error() <= limit, "{}: {found}", N::ARCHITECTURE.name());
    most_is_seen(&found);
    assert_eq!(network.parameters().as_slice(), before, "the network is left as it was");
    found
}

/// Smooth layers: relative error below 1e-7.
macro_rules! smooth {
    ($($name:ident: { $($notation:tt)* };)*) => {
        $(
            #[test]
            fn $name() {
                network! { $($notation)* }
                check::<Net<f64>>(smooth_checker(), images::<Net<f64>>().view(), 1e-7);
            }
        )*
    };
}

smooth! {
    convolution: { INPUT[7x6x3] -> CONV3-5 -> FC4 };
    convolution_strided_and_uneven: { INPUT[9x8x2] -> CONV3x4-4 s2x1 p(left=1,right=1,top=2,bottom=1) -> FC3 };
    convolution_dilated: { INPUT[9x9x2] -> CONV3-4 d2 -> FC3 };
    convolution_grouped: { INPUT[6x6x4] -> CONV3-8 g2 -> FC3 };
    convolution_depthwise: { INPUT[6x6x4] -> CONV3-8 g4 nobias -> FC3 };
    convolution_pointwise: { INPUT[5x5x6] -> CONV1-7 -> FC3 };
    convolution_floored: { INPUT[8x8x2] -> CONV3-4 s2 p0 floor -> FC3 };
    convolution_ceiled: { INPUT[8x8x2] -> CONV3-4 s2 p0 ceil -> FC3 };
    average_pooling: { INPUT[6x6x3] -> AVGPOOL2 -> FC3 };
    average_pooling_counted: { INPUT[7x7x3] -> AVGPOOL3 s2 p1 -> FC3 };
    average_pooling_uncounted: { INPUT[7x7x3] -> AVGPOOL3 s2 p1 uncounted -> FC3 };
    fully_connected: { INPUT[4x3x2] -> FC7 -> FC5 nobias };
    softmax: { INPUT[1x1x6] -> FC5 -> SOFTMAX };
    locally_connected: { INPUT[6x5x3] -> LOCAL3-4 -> FC3 };
    locally_connected_strided: { INPUT[7x7x4] -> LOCAL3-4 s2 p0 g2 nobias -> FC3 };
    l2_pooling: { INPUT[6x6x3] -> L2POOL2 -> FC3 };
    l2_pooling_overlapping: { INPUT[7x7x3] -> L2POOL3 s2 p1 -> FC3 };
    global_average_pooling: { INPUT[4x3x5] -> CONV1-4 -> GAP -> FC3 };
    sigmoid: { INPUT[4x4x2] -> FC8 -> SIGMOID -> FC4 };
    hyperbolic_tangent: { INPUT[4x4x2] -> FC8 -> TANH -> FC4 };
    exponential_linear_unit: { INPUT[4x4x2] -> FC8 -> ELU -> FC4 };
    batch_normalization: { INPUT[4x4x3] -> CONV3-5 nobias -> BN -> FC4 };
    batch_normalization_of_features: { INPUT[4x4x3] -> FC6 nobias -> BN(eps=1e-3) -> FC4 };
    batch_normalization_of_biases: { INPUT[4x4x3] -> CONV3-5 -> BN -> TANH -> FC4 };
    response_normalization: { INPUT[3x3x7] -> CONV1-7 -> LRN(k=1, alpha=0.5) -> FC4 };
    response_normalization_over_n: { INPUT[3x3x7] -> CONV1-7 -> LRN(n=3, alpha=0.5, alpha_over_n) -> FC4 };
    dropout: { INPUT[4x4x3] -> FC12 -> DROPOUT(keep=0.6) -> FC4 };
    dropped_connections: { INPUT[4x4x3] -> FC12 dropconnect(keep=0.6) -> FC4 };
    stacked: { INPUT[5x5x3] -> CAT{ CONV1-2 | CONV3-3 -> TANH | AVGPOOL3 s1 p1 } -> FC3 };
    summed: { INPUT[5x5x3] -> ADD{ CONV3-3 -> TANH -> CONV3-3 | ID } -> FC3 };
    summed_with_projection: { INPUT[6x6x2] -> CONV3-2 -> ADD{ CONV3-4 s2 floor -> TANH | CONV1-4 s2 floor } -> FC3 };
    doubled: { INPUT[4x4x2] -> CONV3-2 -> ADD{ ID | ID } -> FC3 };
    stacked_on_itself: { INPUT[4x4x2] -> CONV3-2 -> CAT{ ID | ID | CONV1-1 } -> FC3 };
    nested: {
        INPUT[5x5x2] -> CONV3-4
        -> CAT{ ADD{ CONV3-4 -> CAT{ CONV1-2 | ID } -> CONV1-4 | ID } -> SIGMOID | TANH -> CONV1-2 | ID }
        -> ADD{ CONV1-10 | CONV3-10 | ID } -> GAP -> FC3
    };
    activations_of_a_shared_volume: { INPUT[4x4x2] -> CONV3-4 -> CAT{ TANH | SIGMOID | ELU -> CONV1-4 | ID } -> FC3 };
    activations_in_a_row: { INPUT[4x4x2] -> FC8 -> TANH -> SIGMOID -> ELU -> TANH -> FC4 -> SIGMOID };
    normalized_residual: { INPUT[4x4x3] -> ADD{ CONV3-3 nobias -> BN -> TANH -> CONV3-3 nobias -> BN | ID } -> TANH -> GAP -> FC3 };
}

/// Layers with kinks, numbers next to one left out: below 1e-6.
macro_rules! kinked {
    ($($name:ident: { $($notation:tt)* };)*) => {
        $(
            #[test]
            fn $name() {
                network! { $($notation)* }
                check::<Net<f64>>(checker(), images::<Net<f64>>().view(), 1e-6);
            }
        )*
    };
}

kinked! {
    relu: { INPUT[4x4x2] -> FC12 -> RELU -> FC4 };
    sigmoid_behind_relu: { INPUT[4x4x2] -> FC12 -> RELU -> SIGMOID -> FC4 };
    tanh_behind_relu: { INPUT[4x4x2] -> FC12 -> RELU -> TANH -> FC4 };
    relu_on_the_input: { INPUT[4x4x2] -> RELU -> FC4 };
    maximum_pooling: { INPUT[6x6x3] -> POOL2 -> FC3 };
    maximum_pooling_overlapping: { INPUT[7x7x3] -> POOL3 s2 p1 -> FC3 };
    support_vector_machine: { INPUT[1x1x6] -> FC5 -> SVM(delta=1) };
    squared_support_vector_machine: { INPUT[1x1x6] -> FC5 -> SVM2(delta=1) };
    one_versus_all: { INPUT[1x1x6] -> FC5 -> OVA };
    leaky_relu: { INPUT[4x4x2] -> FC12 -> LRELU(0.1) -> FC4 };
    parametric_relu: { INPUT[4x4x3] -> CONV3-5 -> PRELU -> FC4 };
    parametric_relu_shared: { INPUT[4x4x3] -> CONV3-5 -> PRELU(shared) -> FC4 };
    steep_exponential_linear_unit: { INPUT[4x4x2] -> FC8 -> ELU(2.0) -> FC4 };
    maxout: { INPUT[4x4x2] -> FC12 -> MAXOUT3 -> FC4 };
    maxout_of_channels: { INPUT[4x4x2] -> CONV3-6 -> MAXOUT2 -> FC4 };
    stochastic_pooling: { INPUT[6x6x2] -> CONV3-3 -> SIGMOID -> STOCHPOOL2 -> FC3 };
    fractional_pooling: { INPUT[7x7x2] -> CONV3-3 -> FRACPOOL(1.41) -> FC3 };
    relus_of_a_shared_volume: { INPUT[4x4x2] -> CONV3-4 -> CAT{ RELU | LRELU -> DROPOUT(keep=0.7) | PRELU | ID } -> FC3 };
    preactivated_residual: { INPUT[4x4x3] -> CONV3-3 -> ADD{ BN -> RELU -> CONV3-3 | ID } -> RELU -> DROPOUT(keep=0.8) -> TANH -> FC3 };
    inception: {
        INPUT[6x6x3] -> CAT{
            CONV1-2 -> RELU | CONV1-2 -> RELU -> CONV3-3 -> RELU | CONV1-2 -> RELU -> CONV5-2 -> RELU | POOL3 s1 p1 -> CONV1-2 -> RELU
        } -> POOL2 -> FC4
    };
}

network! {
    struct Small {
        INPUT[12x12x2]
        -> [CONV3-6 -> RELU]*2 -> POOL2
        -> CONV3-8 s2 floor -> RELU -> AVGPOOL3
        -> [FC16 -> RELU]*2 -> FC5
    }

    struct SmallSvm { INPUT[8x8x3] -> CONV5-6 p0 -> RELU -> POOL2 -> FC8 -> RELU -> FC4 -> SVM(delta=2) }
}

#[test]
fn whole_networks() {
    check::<Small<f64>>(checker(), images::<Small<f64>>().view(), 1e-5);
    check::<SmallSvm<f64>>(checker(), images::<SmallSvm<f64>>().view(), 1e-5);
}

/// A check that cannot fail would be none: a wrong loss is found out.
#[test]
fn a_wrong_gradient_is_found() {
    struct Half;
    impl convnet::losses::Loss<f64> for Half {
        type Targets<'a> = &'a [usize];
        fn check(&self, _: convnet::geometry::Volume, _: usize, _: &[usize]) -> Result<(), convnet::Error> {
            Ok(())
        }
        fn evaluate(
            &self,
            at: convnet::losses::Evaluation<'_, f64, &[usize]>,
        ) -> convnet::losses::LossValue<f64> {
            let value = convnet::losses::Loss::evaluate(
                &Softmax::default(),
                convnet::losses::Evaluation { gradient: &mut *at.gradient, ..at },
            );
            at.gradient.iter_mut().for_each(|gradient| *gradient *= 1.001);
            value
        }
    }
    let mut network = Small::<f64>::new(3, &Initialization::default()).expect("a network");
    let found =
        checker().check(&mut network, images::<Small<f64>>().view(), &[0, 1, 2][..], &Half).expect("a check");
    assert!(found.error() > 5e-4, "{found}");
}

/// The gradient by a bias before batch normalization is exactly 0, which differences are not: with any step, and after
/// layers that add rounding of their own.
#[test]
fn a_gradient_of_zero_is_no_error() {
    network! {
        struct Biased { INPUT[8x8x3] -> CONV3-8 -> BN -> TANH -> CONV3-8 -> BN -> TANH -> FC16 -> BN -> TANH -> FC4 }
    }
    for step in [1e-4, 1e-5, 1e-6] {
        let found = check::<Biased<f64>>(checker().step(step), images::<Biased<f64>>().view(), 1e-4);
        let unseen: Vec<_> = found.not_compared().map(|tensor| &tensor.name[..]).collect();
        assert_eq!(unseen, ["conv1.bias", "conv2.bias", "fc1.bias"], "{found}");
    }
}

/// Kinks are seen: with the margin of every score at exactly 0, each centred difference straddles one.
#[test]
fn kinks_are_left_out() {
    network! { struct Tie { INPUT[1x1x2] -> FC2 nobias } }
    let mut network = Tie::<f64>::new(1, &Initialization::default()).expect("a network");
    network.parameters_mut().as_mut_slice().copy_from_slice(&[1.0, 0.0, 0.0, 0.0]);
    let images = Array4::from_shape_vec((1, 1, 1, 2), vec![1.0, 0.0]).expect("one image");
    // Scores 1 and 0, label 0, delta 1: the margin is 0 - 1 + 1 = 0.
    let found = checker()
        .check(&mut network, images.view(), &[0][..], &Svm::new(1.0).expect("a margin"))
        .expect("a check");
    assert!(found.crossings() >= 3, "{found}");
}

/// Losses whose targets are no labels, through a network.
mod other_targets {
    use super::*;
    use convnet::losses::Loss;
    use convnet::losses::Node::{Class, Inner};
    use convnet::losses::{Structure, Tree};
    use convnet::{Scalar, geometry::Volume};

    fn check_on<N: Network<Scalar = f64>>(
        checker: GradientChecker,
        targets: <N::Loss as Loss<f64>>::Targets<'_>,
        limit: f64,
    ) {
        let mut network = N::new(3, &Initialization::default()).expect("a network");
        let loss = network.loss().clone();
        let checker = checker.resolution(limit);
        let found = checker.check(&mut network, images::<N>().view(), targets, &loss).expect("a check");
        assert!(found.error() <= limit, "{}: {found}", N::ARCHITECTURE.name());
        most_is_seen(&found);
    }

    static ANIMALS: Tree = Tree::new(&[Inner(&[Class(0), Class(1)]), Inner(&[Class(2), Class(3), Class(4)])]);

    /// Grades: the further off, the larger the margin by which a grade must be beaten.
    #[derive(Clone, Default)]
    struct Grades;

    impl<T: Scalar> Structure<T> for Grades {
        type Target = usize;

        fn check(&self, output: Volume, grade: &usize) -> Result<(), String> {
            if *grade < output.count() { Ok(()) } else { Err(format!("there is no grade {grade}")) }
        }

        fn score(&self, outputs: &[T], grade: &usize, weight: T, gradient: &mut [T]) -> T {
            gradient[*grade] += weight;
            outputs[*grade]
        }

        fn cost(&self, grade: &usize, other: &usize) -> T {
            T::from_f64(grade.abs_diff(*other) as f64)
        }

        fn rival(&self, outputs: &[T], grade: &usize) -> usize {
            let rivals = (0..outputs.len()).filter(|other| other != grade);
            let violation = |other: &usize| outputs[*other] + self.cost(grade, other);
            let best = rivals.max_by(|a, b| violation(a).partial_cmp(&violation(b)).expect("finite scores"));
            best.expect("more than one grade")
        }
    }

    network! {
        struct Attributes { INPUT[4x4x2] -> FC6 -> TANH -> FC4 -> LOGISTIC }
        struct Hinges { INPUT[4x4x2] -> FC6 -> TANH -> FC4 -> HINGE }
        struct Squares { INPUT[4x4x2] -> CONV3-4 -> TANH -> CONV3-2 -> L2 }
        struct Distances { INPUT[4x4x2] -> CONV3-4 -> TANH -> CONV3-2 -> L1 }
        struct Branching { INPUT[4x4x2] -> FC6 -> TANH -> FC7 -> HSOFTMAX(ANIMALS) }
        struct Graded { INPUT[4x4x2] -> FC6 -> TANH -> FC5 -> STRUCTURED(Grades) }
    }

    #[test]
    fn attributes() {
        let targets: Vec<bool> = (0..IMAGES * 4).map(|i| i % 3 == 0).collect();
        check_on::<Attributes<f64>>(smooth_checker(), &targets, 1e-7);
        check_on::<Hinges<f64>>(checker(), &targets, 1e-6);
    }

    #[test]
    fn regression() {
        let targets: Vec<f64> = (0..IMAGES * 32).map(|i| (i as f64).sin()).collect();
        check_on::<Squares<f64>>(smooth_checker(), &targets, 1e-7);
        check_on::<Distances<f64>>(checker(), &targets, 1e-6);
    }

    #[test]
    fn trees_and_structures() {
        check_on::<Branching<f64>>(smooth_checker(), &[0, 2, 4], 1e-7);
        check_on::<Graded<f64>>(smooth_checker(), &[0, 2, 4], 1e-6);
    }
}
