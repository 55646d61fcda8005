//! Scores and losses: the notes' chapters on linear classification and on training, by our losses and FC.

use convnet::losses::{Loss, Softmax, Svm};
use convnet::regularization::{Penalty, Regularization};
use convnet::{Network, Parameters, network};
use ndarray::ArrayView4;
use serde_json::{Value, json};

use crate::run::pass;

/// A loss of one image's scores, and its gradient by them.
fn loss_of<L: for<'a> Loss<f64, Targets<'a> = &'a [usize]>>(
    loss: &L,
    scores: &[f64],
    label: usize,
) -> (f64, Vec<f64>) {
    let scores = ArrayView4::from_shape((1, 1, 1, scores.len()), scores).expect("one image");
    let found = loss.of_scores(scores, &[label]).expect("scores of this loss");
    (found.mean, found.gradient.into_iter().collect())
}

fn svm(delta: f64) -> Svm {
    Svm::new(delta).expect("a margin")
}

/// The probabilities of softmax: the gradient by each score, that score not being the label's.
fn probabilities(scores: &[f64]) -> Vec<f64> {
    (0..scores.len())
        .map(|class| loss_of(&Softmax::default(), scores, (class + 1) % scores.len()).1[class])
        .collect()
}

pub(crate) fn svm_8() -> Value {
    let (loss, gradient) = loss_of(&svm(10.0), &[13.0, -7.0, 11.0], 0);
    json!([loss, gradient])
}

pub(crate) fn svm_vs_softmax() -> Value {
    let scores = [-2.85, 0.86, 0.28];
    json!([
        loss_of(&svm(1.0), &scores, 2).0,
        probabilities(&scores),
        loss_of(&Softmax::default(), &scores, 2).0
    ])
}

pub(crate) fn softmax_stable() -> Value {
    json!(probabilities(&[123.0, 456.0, 789.0]))
}

pub(crate) fn softmax_1() -> Value {
    json!(probabilities(&[1.0, -2.0, 0.0]))
}

pub(crate) fn softmax_half() -> Value {
    json!(probabilities(&[0.5, -1.0, 0.0]))
}

pub(crate) fn cat_scores() -> Value {
    network! { struct Scores { INPUT[2x2x1] -> FC3 } }
    let weights = [0.2, -0.5, 0.1, 2.0, 1.5, 1.3, 2.1, 0.0, 0.0, 0.25, 0.2, -0.3];
    let parameters = [&weights[..], &[1.1, 3.2, -1.2]].concat();
    json!(pass::<Scores<f64>>(&parameters, &[56.0, 231.0, 24.0, 2.0], &[0.0; 3]).output)
}

pub(crate) fn l2_penalty() -> Value {
    network! { struct Score { INPUT[1x1x4] -> FC1 nobias } }
    // Without the 1/2 of ours.
    let penalty = Regularization::from(Penalty::l2(2.0).expect("a strength"));
    let architecture = <Score<f64> as Network>::ARCHITECTURE;
    let mut regularizer = penalty.of(architecture).expect("a network with weights");
    let penalties = [[1.0, 0.0, 0.0, 0.0], [0.25; 4]].map(|weights| {
        assert_eq!(pass::<Score<f64>>(&weights, &[1.0; 4], &[0.0]).output, [1.0]);
        let mut parameters = Parameters::<f64>::zeros(architecture);
        parameters.as_mut_slice().copy_from_slice(&weights);
        regularizer.loss(&parameters).expect("this network's")
    });
    json!(penalties)
}

/// The scores of ten classes by weights that are next to nothing.
fn initial_scores() -> Vec<f64> {
    network! { struct Ten { INPUT[4x4x3] -> FC10 } }
    let pixels: Vec<f64> = (0..48).map(|pixel| f64::from(pixel) / 48.0).collect();
    pass::<Ten<f64>>(&[1e-20; 490], &pixels, &[0.0; 10]).output
}

pub(crate) fn init_softmax() -> Value {
    json!(loss_of(&Softmax::default(), &initial_scores(), 3).0)
}

pub(crate) fn init_svm() -> Value {
    json!(loss_of(&svm(1.0), &initial_scores(), 3).0)
}

pub(crate) fn init_softmax3() -> Value {
    json!(loss_of(&Softmax::default(), &initial_scores()[..3], 0).0)
}

pub(crate) fn softmax_grad() -> Value {
    json!(loss_of(&Softmax::default(), &[0.2, 0.3, 0.5].map(f64::ln), 1).1)
}
