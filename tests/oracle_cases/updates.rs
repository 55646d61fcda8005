//! Update rules, step by step: along a quadratic, and in the training of a network; and the course's one step of momentum.

use convnet::losses::Softmax;
use convnet::optimizers::{Momentum, Optimizer, Sgd};
use convnet::{Network, Parameters, network};

use crate::case::{Case, Precision};
use crate::compare::{algorithms, regularize};
use crate::run::{Setup, train};

pub(crate) const NAMES: &[&str] = &[
    "a1_sgd_momentum",
    "opt_momentum_const_net",
    "opt_momentum_const_quadratic",
    "opt_momentum_step_net",
    "opt_momentum_step_quadratic",
    "opt_sgd_const_net",
    "opt_sgd_const_quadratic",
    "opt_sgd_step_net",
    "opt_sgd_step_quadratic",
];

network! {
    /// Six numbers that an optimizer moves, and no more.
    struct Six { INPUT[1x1x6] -> FC1 nobias }
    struct Twenty { INPUT[1x1x20] -> FC1 nobias }
    struct Small { INPUT[1x1x4] -> FC5 -> TANH -> FC3 }
}

/// The parameters of a network that is nothing but so many numbers.
fn parameters<N: Network<Scalar = f64>>(numbers: &[f64]) -> Parameters<f64> {
    let mut parameters = Parameters::zeros(N::ARCHITECTURE);
    parameters.as_mut_slice().copy_from_slice(numbers);
    parameters
}

/// Follows the oracle's trajectory by a rule, given the gradient at a point; the rate is what the case's schedule says.
fn follow(
    case: &Case,
    optimizer: &mut impl Optimizer<f64>,
    trajectory: &[Vec<f64>],
    mut at: Parameters<f64>,
    mut gradient: impl FnMut(usize, &[f64]) -> Vec<f64>,
) {
    let schedule = &case.meta()["schedule"];
    let rate = schedule["lr"].as_f64().expect("a learning rate");
    for (step, expected) in trajectory[1..].iter().enumerate() {
        if let (Some(factor), Some(every)) = (schedule["factor"].as_f64(), schedule["every"].as_u64()) {
            let decays = i32::try_from(step as u64 / every).expect("few steps");
            optimizer.set_learning_rate(rate * factor.powi(decays)).expect("a rate");
        }
        assert_eq!(
            schedule["kind"] == "step",
            schedule["factor"].is_number(),
            "a schedule that this test knows"
        );
        let mut gradients = at.clone();
        gradients.as_mut_slice().copy_from_slice(&gradient(step, at.as_slice()));
        optimizer.update(&mut at, &gradients).expect("an update");
        case.compare(&format!("step {step}"), at.as_slice(), expected, Precision::Double);
    }
}

/// `0.5 x^T A x - b^T x`.
fn check_quadratic(name: &str, optimizer: &mut impl Optimizer<f64>) {
    let case = Case::open(name);
    let (a, b, losses) = (case.array("A"), case.numbers("b"), case.numbers("losses"));
    let product = |x: &[f64], i: usize| (0..b.len()).map(|j| a[[i, j]] * x[j]).sum::<f64>();
    let trajectory: Vec<_> = case.numbers("traj.x").chunks_exact(b.len()).map(<[f64]>::to_vec).collect();
    follow(&case, optimizer, &trajectory, parameters::<Six<f64>>(&trajectory[0]), |step, x| {
        let loss: f64 = (0..b.len()).map(|i| x[i] * (0.5 * product(x, i) - b[i])).sum();
        case.compare(&format!("the loss of step {step}"), &[loss], &losses[step..=step], Precision::Double);
        (0..b.len()).map(|i| product(x, i) - b[i]).collect()
    });
}

/// A network of two layers, with `0.5 * l2 * sum(W^2)`.
fn check_network<O: Optimizer<f64>>(name: &str, optimizer: impl Fn() -> O) {
    const TENSORS: [&str; 4] = ["0.weight", "0.bias", "2.weight", "2.bias"];
    let case = Case::open(name);
    let tensors = TENSORS.map(|tensor| case.array(&format!("traj.{tensor}")));
    let at =
        |step| tensors.iter().flat_map(move |tensor| tensor.index_axis(ndarray::Axis(0), step).into_iter());
    let trajectory: Vec<Vec<f64>> =
        (0..tensors[0].shape()[0]).map(|step| at(step).copied().collect()).collect();
    let (labels, losses) = (case.labels("target"), case.numbers("losses"));
    let architecture = <Small<f64> as Network>::ARCHITECTURE;
    for by in algorithms(architecture) {
        follow(&case, &mut optimizer(), &trajectory, parameters::<Small<f64>>(&trajectory[0]), |step, x| {
            let images = case.volume("x");
            let setup = Setup { parameters: x.to_vec(), state: Vec::new(), images, seed: 0 };
            let mut found = train::<Small<f64>, Softmax>(&setup, &labels, &Softmax::default(), by);
            let regularization = &case.meta()["objective"]["reg"];
            found.loss += regularize(architecture, regularization, x, &mut found.by_parameters);
            let name = format!("the loss of step {step}");
            case.compare(&name, &[found.loss], &losses[step..=step], Precision::Double);
            found.by_parameters
        });
    }
}

#[test]
fn rules_follow_a_quadratic() {
    check_quadratic("opt_sgd_const_quadratic", &mut Sgd::new(0.05).expect("a rate"));
    check_quadratic("opt_sgd_step_quadratic", &mut Sgd::new(0.05).expect("a rate"));
    check_quadratic("opt_momentum_const_quadratic", &mut Momentum::new(0.02, 0.9).expect("options"));
    check_quadratic("opt_momentum_step_quadratic", &mut Momentum::new(0.02, 0.9).expect("options"));
}

#[test]
fn rules_train_a_network() {
    let sgd = || Sgd::new(0.05).expect("a rate");
    let momentum = || Momentum::new(0.02, 0.9).expect("options");
    check_network("opt_sgd_const_net", sgd);
    check_network("opt_sgd_step_net", sgd);
    check_network("opt_momentum_const_net", momentum);
    check_network("opt_momentum_step_net", momentum);
}

/// The course begins with a velocity; ours gets it by an update before, whose gradient is `-v/rate`.
#[test]
fn a1_sgd_momentum() {
    let case = Case::open("a1_sgd_momentum");
    let attribute = |name: &str| case.meta()["attrs"][name].as_f64().expect("a number");
    let rate = attribute("learning_rate");
    let mut momentum = Momentum::new(rate, attribute("momentum")).expect("options");
    let mut x = parameters::<Twenty<f64>>(&case.numbers("w"));
    let before: Vec<_> = case.numbers("velocity").into_iter().map(|v| -v / rate).collect();
    momentum.update(&mut x, &parameters::<Twenty<f64>>(&before)).expect("an update");
    x.as_mut_slice().copy_from_slice(&case.numbers("w"));
    momentum.update(&mut x, &parameters::<Twenty<f64>>(&case.numbers("dw"))).expect("an update");
    // Printed to eight decimals.
    let printed = |found: &[f64], name: &str| {
        for (found, expected) in found.iter().zip(case.numbers(name)) {
            assert!((found - expected).abs() <= 5.1e-9, "{name}: {found} for {expected}");
        }
    };
    printed(x.as_slice(), "next_w");
    printed(momentum.velocity(), "next_velocity");
}
