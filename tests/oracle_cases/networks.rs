//! Every network of the oracle, in the notation: each output, loss, gradient and statistic, in f64 and in f32, by every
//! algorithm.

use convnet::losses::Loss;
use convnet::{Initialization, Network, network};

use crate::case::{Case, Precision};
use crate::compare::{Comparison, algorithms, setup};
use crate::run::{Sum, cast, infer, train};

/// Checks a network that computes the same in training and in inference, or normalizes by its batch.
pub(crate) fn check<N: Network, L: Loss<N::Scalar>>(case: &Case, targets: L::Targets<'_>, loss: &L) {
    let precision = Precision::of::<N::Scalar>();
    let zero = setup(case, N::ARCHITECTURE);
    for algorithms in algorithms(N::ARCHITECTURE) {
        let mut comparison = Comparison::new(case, N::ARCHITECTURE, precision);
        let setup = if zero.state.is_empty() {
            comparison.inferred(&zero, &infer::<N, L>(&zero, targets, loss, algorithms));
            zero.clone()
        } else {
            comparison.begin(&zero, &train::<N, L>(&zero, targets, loss, algorithms))
        };
        comparison.trained(&setup, &train::<N, L>(&setup, targets, loss, algorithms));
        comparison.finish();
    }
}

/// The loss that a network's notation ends in.
pub(crate) fn loss<N: Network>() -> N::Loss {
    N::new(0, &Initialization::default()).expect("a network").loss().clone()
}

fn sum<N: Network>(case: &Case) {
    check::<N, Sum>(case, &cast(&case.volume("target")), &Sum);
}

fn own<N: Network>(case: &Case)
where
    N::Loss: for<'a> Loss<N::Scalar, Targets<'a> = &'a [usize]>,
{
    check::<N, N::Loss>(case, &case.labels("target"), &loss::<N>());
}

fn attributes<N: Network>(case: &Case)
where
    N::Loss: for<'a> Loss<N::Scalar, Targets<'a> = &'a [bool]>,
{
    let targets: Vec<bool> = case.numbers("target").into_iter().map(|target| target > 0.0).collect();
    check::<N, N::Loss>(case, &targets, &loss::<N>());
}

fn numbers<N: Network>(case: &Case)
where
    N::Loss: for<'a> Loss<N::Scalar, Targets<'a> = &'a [N::Scalar]>,
{
    check::<N, N::Loss>(case, &cast(&case.volume("target")), &loss::<N>());
}

/// Writes a test of one case, the network in its notation, and a list of them all.
macro_rules! cases {
    ($($name:ident: { $($notation:tt)* } $with:ident;)*) => {
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[test]
            fn $name() {
                network! { $($notation)* }
                let case = Case::open(stringify!($name));
                $with::<Net<f64>>(&case);
                $with::<Net<f32>>(&case);
            }
        )*
    };
}

cases! {
    act_elu: { INPUT[3x3x3] -> ELU } sum;
    act_leaky_relu: { INPUT[3x3x3] -> LRELU(0.01) } sum;
    act_prelu_channel: { INPUT[3x3x3] -> PRELU } sum;
    act_prelu_shared: { INPUT[3x3x3] -> PRELU(shared) } sum;
    act_relu: { INPUT[3x3x3] -> RELU } sum;
    act_relu_at_zero: { INPUT[5x1x1] -> RELU } sum;
    act_sigmoid: { INPUT[3x3x3] -> SIGMOID } sum;
    act_sigmoid_saturated: { INPUT[6x1x1] -> SIGMOID } sum;
    act_tanh: { INPUT[3x3x3] -> TANH } sum;
    act_tanh_saturated: { INPUT[6x1x1] -> TANH } sum;
    avgpool_3_2_pad_excluded: { INPUT[7x7x2] -> AVGPOOL3 s2 p1 uncounted } sum;
    avgpool_3_2_pad_included: { INPUT[7x7x2] -> AVGPOOL3 s2 p1 } sum;
    bn_batch1_train: { INPUT[4x4x3] -> BN } sum;
    bn_conv_train: { INPUT[4x5x3] -> BN } sum;
    bn_fc_train: { INPUT[1x1x5] -> FC4 -> BN(momentum=0.8, eps=1e-3) -> RELU -> FC3 } own;
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
    global_avg_pool: { INPUT[4x3x5] -> GAP -> FC3 } own;
    inception_concat: {
        INPUT[7x7x6]
        -> CAT{
            CONV1-3 -> RELU
            | CONV1-2 -> RELU -> CONV3-4 -> RELU
            | CONV1-2 -> RELU -> CONV5-3 -> RELU
            | POOL3 s1 p1 -> CONV1-2 -> RELU
        }
        -> GAP -> FC5
    } own;
    l2pool_2x2: { INPUT[6x6x3] -> L2POOL2 } sum;
    l2pool_overlap_3_2: { INPUT[7x7x2] -> L2POOL3 s2 } sum;
    loss_bce_logits: { INPUT[1x1x4] -> FC3 -> LOGISTIC } attributes;
    loss_bce_logits_extreme: { INPUT[1x1x4] -> GAP -> LOGISTIC } attributes;
    loss_binary_svm: { INPUT[1x1x4] -> FC3 -> HINGE } attributes;
    loss_l1_regression: { INPUT[1x1x4] -> FC3 -> L1 } numbers;
    loss_l2_regression: { INPUT[1x1x4] -> FC3 -> L2 } numbers;
    loss_softmax_ce: { INPUT[1x1x4] -> FC6 -> SOFTMAX } own;
    loss_softmax_ce_extreme: { INPUT[1x1x4] -> GAP -> SOFTMAX } own;
    loss_svm_squared_hinge: { INPUT[1x1x4] -> FC6 -> SVM2 } own;
    loss_svm_ww: { INPUT[1x1x4] -> FC6 -> SVM } own;
    loss_svm_ww_delta10: { INPUT[1x1x3] -> GAP -> SVM(delta=10) } own;
    lrn_alexnet_paper: { INPUT[3x3x7] -> LRN } sum;
    lrn_caffe: { INPUT[3x3x7] -> LRN(k=1, alpha_over_n) } sum;
    lrn_strong: { INPUT[3x2x6] -> LRN(n=3, alpha=0.5) } sum;
    maxout_channels: { INPUT[3x3x6] -> MAXOUT2 } sum;
    maxout_fc: { INPUT[2x2x3] -> FC15 -> MAXOUT3 -> FC3 } own;
    maxpool_2x2: { INPUT[6x8x3] -> POOL2 } sum;
    maxpool_overlap_3_2: { INPUT[13x13x3] -> POOL3 s2 } sum;
    maxpool_pad1: { INPUT[7x7x2] -> POOL3 s2 p1 } sum;
    maxpool_pad1_all_negative: { INPUT[4x4x1] -> POOL3 s1 p1 } sum;
    maxpool_ties: { INPUT[4x4x1] -> POOL2 } sum;
    net_lenet_mini_svm: {
        INPUT[16x16x1] -> CONV5-6 p0 -> TANH -> AVGPOOL2 -> CONV3-10 p0 -> TANH -> POOL2 -> FC12 -> TANH -> FC10 -> SVM
    } own;
    net_linear: { INPUT[4x4x3] -> FC10 } own;
    net_vgg_bn_mini: {
        INPUT[8x8x3] -> CONV3-6 nobias -> BN -> RELU -> POOL2 -> CONV3-8 nobias -> BN -> RELU -> GAP -> FC10
    } own;
    net_vgg_mini: {
        INPUT[16x16x3] -> [CONV3-6 -> RELU]*2 -> POOL2 -> [CONV3-8 -> RELU]*2 -> POOL2 -> FC12 -> RELU -> FC10
    } own;
    reg_elastic_net: { INPUT[4x4x3] -> CONV3-3 -> RELU -> FC4 } own;
    residual_identity: {
        INPUT[5x5x4] -> ADD{ CONV3-4 -> RELU -> CONV3-4 | ID } -> RELU -> GAP -> FC3
    } own;
    residual_projection_bn: {
        INPUT[6x6x3]
        -> ADD{
            CONV3-6 s2 floor nobias -> BN -> RELU -> CONV3-6 nobias -> BN
            | CONV1-6 s2 floor nobias -> BN
        }
        -> RELU -> GAP -> FC4
    } own;
}
