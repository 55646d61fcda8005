//! Update rules, step by step: along a quadratic, and in the training of a network; and the course's single steps.

use convnet::losses::Softmax;
use convnet::optimizers::{Adam, Moments, Momentum, Optimizer, RmsProp, Sgd};
use convnet::{Network, Parameters, network};

use crate::case::{Case, Precision};
use crate::compare::{algorithms, regularize};
use crate::run::{Setup, train};

pub(crate) const NAMES: &[&str] = &[
    "a1_adam",
    "a1_rmsprop",
    "a1_sgd_momentum",
    "opt_adam_const_net",
    "opt_adam_const_quadratic",
    "opt_adam_nocorr_const_net",
    "opt_adam_nocorr_const_quadratic",
    "opt_adam_nocorr_step_net",
    "opt_adam_nocorr_step_quadratic",
    "opt_adam_step_net",
    "opt_adam_step_quadratic",
    "opt_momentum_const_net",
    "opt_momentum_const_quadratic",
    "opt_momentum_step_net",
    "opt_momentum_step_quadratic",
    "opt_rmsprop_const_net",
    "opt_rmsprop_const_quadratic",
    "opt_rmsprop_step_net",
    "opt_rmsprop_step_quadratic",
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
fn check_network<O: Optimizer<f64>>(name: &str, optimizer: &impl Fn() -> O) {
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

/// Both problems, at a constant rate and at one that falls, by a rule that is made anew for each.
fn check_rule<O: Optimizer<f64>>(name: &str, optimizer: impl Fn() -> O) {
    for schedule in ["const", "step"] {
        check_quadratic(&format!("opt_{name}_{schedule}_quadratic"), &mut optimizer());
        check_network(&format!("opt_{name}_{schedule}_net"), &optimizer);
    }
}

#[test]
fn rules_follow_the_notes() {
    check_rule("sgd", || Sgd::new(0.05).expect("a rate"));
    check_rule("momentum", || Momentum::new(0.02, 0.9).expect("options"));
    check_rule("rmsprop", || RmsProp::new(0.01, 0.99).expect("options"));
    check_rule("adam", || Adam::new(0.05).expect("a rate"));
    check_rule("adam_nocorr", || Adam::new(0.05).expect("a rate").without_correction());
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
    printed(&case, "next_w", x.as_slice());
    printed(&case, "next_velocity", momentum.velocity());
}

/// The course's numbers, printed to eight decimals or eight digits.
fn printed(case: &Case, name: &str, found: &[f64]) {
    for (found, expected) in found.iter().zip(case.numbers(name)) {
        let limit = 5.1e-9 * expected.abs().max(1.0);
        assert!((found - expected).abs() <= limit, "{name}: {found} for {expected}");
    }
}

#[test]
fn a1_rmsprop() {
    let case = Case::open("a1_rmsprop");
    let attribute = |name: &str| case.meta()["attrs"][name].as_f64().expect("a number");
    let rule = RmsProp::new(attribute("learning_rate"), attribute("decay_rate")).expect("options");
    let rule = rule.epsilon(attribute("epsilon")).expect("an epsilon");
    let mut rule = rule.with_cache(case.numbers("cache"));
    let mut x = parameters::<Twenty<f64>>(&case.numbers("w"));
    rule.update(&mut x, &parameters::<Twenty<f64>>(&case.numbers("dw"))).expect("an update");
    printed(&case, "next_w", x.as_slice());
    printed(&case, "next_cache", rule.cache());
}

#[test]
fn a1_adam() {
    let case = Case::open("a1_adam");
    let attribute = |name: &str| case.meta()["attrs"][name].as_f64().expect("a number");
    let updates = case.meta()["attrs"]["t"].as_u64().expect("a count");
    let moments = Moments { first: case.numbers("m"), second: case.numbers("v"), updates };
    let rule = Adam::new(attribute("learning_rate")).expect("a rate");
    let rule = rule.betas(attribute("beta1"), attribute("beta2")).expect("betas");
    let mut rule = rule.epsilon(attribute("epsilon")).expect("an epsilon").with_moments(moments);
    let mut x = parameters::<Twenty<f64>>(&case.numbers("w"));
    rule.update(&mut x, &parameters::<Twenty<f64>>(&case.numbers("dw"))).expect("an update");
    printed(&case, "next_w", x.as_slice());
    printed(&case, "next_m", &rule.moments().first);
    printed(&case, "next_v", &rule.moments().second);
    assert_eq!(rule.moments().updates, updates + 1);
}
