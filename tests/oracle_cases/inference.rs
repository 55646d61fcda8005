//! Cases of inference, with gradients all the same: those of what the layers are then.

use convnet::losses::Loss;
use convnet::{Network, network};

use crate::case::{Case, Precision};
use crate::compare::{Comparison, algorithms, setup};
use crate::networks::loss;
use crate::run::{Setup, Sum, Trained, cast, infer, train};

pub(crate) const NAMES: &[&str] = &["bn_conv_eval", "dropout_eval"];

/// Inference by one network, gradients by another of the same parameters, which never drops.
fn check_dropout<N, Kept>(case: &Case)
where
    N: Network,
    N::Loss: for<'a> Loss<N::Scalar, Targets<'a> = &'a [usize]>,
    Kept: Network<Scalar = N::Scalar>,
{
    let setup = setup(case, N::ARCHITECTURE);
    let (labels, loss) = (case.labels("target"), loss::<N>());
    for algorithms in algorithms(N::ARCHITECTURE) {
        let mut comparison = Comparison::new(case, N::ARCHITECTURE, Precision::of::<N::Scalar>());
        comparison.inferred(&setup, &infer::<N, N::Loss>(&setup, &labels, &loss, algorithms));
        comparison.trained(&setup, &train::<Kept, N::Loss>(&setup, &labels, &loss, algorithms));
        comparison.finish();
    }
}

#[test]
fn dropout_eval() {
    network! {
        struct Net { INPUT[3x3x3] -> FC8 -> RELU -> DROPOUT(keep=0.6) -> FC3 }
        struct Kept { INPUT[3x3x3] -> FC8 -> RELU -> DROPOUT(keep=1) -> FC3 }
    }
    let case = Case::open("dropout_eval");
    check_dropout::<Net<f64>, Kept<f64>>(&case);
    check_dropout::<Net<f32>, Kept<f32>>(&case);
}

/// Batch normalization by running statistics as the convolution that it then is: of each channel alone, by
/// `gamma/sqrt(variance + eps)`.
struct Folded {
    gamma: Vec<f64>,
    beta: Vec<f64>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Folded {
    fn of(case: &Case) -> Self {
        let deviation = |variance: f64| (variance + 1e-5).sqrt();
        Self {
            gamma: case.numbers("0.gamma"),
            beta: case.numbers("0.beta"),
            mean: case.numbers("0.running_mean"),
            deviation: case.numbers("0.running_var").into_iter().map(deviation).collect(),
        }
    }

    /// Weights, then biases.
    fn parameters(&self) -> Vec<f64> {
        let weights: Vec<f64> = self.gamma.iter().zip(&self.deviation).map(|(g, d)| g / d).collect();
        let shifts = self.beta.iter().zip(&self.mean).zip(&weights).map(|((b, mean), w)| b - mean * w);
        let shifts: Vec<f64> = shifts.collect();
        [weights, shifts].concat()
    }

    /// The gradients by gamma, then by beta, from those by weights and biases.
    fn gradients(&self, found: &[f64]) -> Vec<f64> {
        let (by_weights, by_biases) = found.split_at(self.gamma.len());
        let by_gamma = (0..self.gamma.len())
            .map(|i| (by_weights[i] - self.mean[i] * by_biases[i]) / self.deviation[i])
            .collect();
        [by_gamma, by_biases.to_vec()].concat()
    }
}

fn check_batch_norm<N: Network, Convolution: Network<Scalar = N::Scalar>>(case: &Case) {
    let (setup, folded) = (setup(case, N::ARCHITECTURE), Folded::of(case));
    let as_convolution = Setup { parameters: folded.parameters(), state: Vec::new(), ..setup.clone() };
    let targets = cast::<N::Scalar>(&case.volume("target"));
    for algorithms in algorithms(Convolution::ARCHITECTURE) {
        let mut comparison = Comparison::new(case, N::ARCHITECTURE, Precision::of::<N::Scalar>());
        comparison.inferred(&setup, &infer::<N, Sum>(&setup, &targets, &Sum, algorithms));
        let found = train::<Convolution, Sum>(&as_convolution, &targets, &Sum, algorithms);
        let by_parameters = folded.gradients(&found.by_parameters);
        comparison.trained(&setup, &Trained { by_parameters, ..found });
        comparison.finish();
    }
}

#[test]
fn bn_conv_eval() {
    network! {
        struct Net { INPUT[4x5x3] -> BN }
        struct Convolution { INPUT[4x5x3] -> CONV1-3 g3 }
    }
    let case = Case::open("bn_conv_eval");
    check_batch_norm::<Net<f64>, Convolution<f64>>(&case);
    check_batch_norm::<Net<f32>, Convolution<f32>>(&case);
}
