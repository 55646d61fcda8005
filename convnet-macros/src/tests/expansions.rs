//! Read these as a person would read code by another: `cargo expand` shows the same.

use super::code;

#[test]
fn card_net() {
    insta::assert_snapshot!(code(
        "/// Two 3x3 convolutions, as small as a VGG gets.
         pub struct CardNet {
             INPUT[32x32x3] -> [CONV3-64 -> RELU]*2 -> POOL2 -> FC10
         }
         assert parameters == 202_570;"
    ));
}

#[test]
fn every_option() {
    insta::assert_snapshot!(code(
        "struct Odd {
             INPUT[33x30x4]
             -> CONV3x5-8 s2x1 p(left=1,right=0,top=2,bottom=2) d1 g2 floor nobias -> RELU
             -> CONV2-8 p1:0 d2x1 -> AVGPOOL3 s2 p1 ceil uncounted
             -> FC5 nobias -> SVM(delta=0.5)
         }"
    ));
}

#[test]
fn two_networks() {
    insta::assert_snapshot!(code(
        "pub(crate) struct Scores { INPUT[4x4x1] -> FC2 }
         #[derive(Clone)]
         #[convnet(crate = crate::facade)]
         struct Features { INPUT[4x4x1] -> POOL2 -> RELU }"
    ));
}

#[test]
fn stub_of_a_mistaken_network() {
    insta::assert_snapshot!(code(
        "/// Its pooling does not fit.
         pub struct Mistaken { INPUT[10x10x3] -> [CONV3-8 -> RELU]*2 -> POOL3 s2 -> FC10 -> SVM }"
    ));
}

#[test]
fn blocks_and_branches() {
    insta::assert_snapshot!(code(
        "/// `k` filters beside the input.
         block residual(k) = ADD{ CONV3-k nobias -> BN | ID } -> RELU;
         struct Residual {
             INPUT[8x8x4] -> [residual(4)]*2 -> CAT{ CONV1-2 @narrow | POOL3 s1 p1 } -> GAP -> FC3
         }"
    ));
}

#[test]
fn every_new_layer() {
    insta::assert_snapshot!(code(
        "struct Layers {
             INPUT[16x16x4]
             -> LOCAL3-4 -> LRELU -> L2POOL2 -> PRELU -> CONV3-8 -> MAXOUT2 -> ELU(0.5)
             -> STOCHPOOL2 -> LRN(n=3) -> FRACPOOL(1.5) -> SIGMOID -> DROPOUT(keep=0.8)
             -> FC6 dropconnect(keep=0.5) -> TANH -> FC4 -> OVA
         }"
    ));
}

#[test]
fn a_layer_and_a_loss_of_ones_own() {
    insta::assert_snapshot!(code(
        "struct Own {
             INPUT[4x4x2] -> (layers::Scale, parameters=2, state=1) : [4x4x2] -> FC3 -> LOSS(losses::Mine)
         }"
    ));
}

#[test]
fn a_tree_of_classes() {
    insta::assert_snapshot!(code("struct Tree { INPUT[4x4x2] -> FC6 -> HSOFTMAX(crate::trees::ANIMALS) }"));
}
