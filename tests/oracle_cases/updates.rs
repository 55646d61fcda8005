//! Update rules, step by step: along a quadratic, and in the training of a network; the course's single steps; and schedules.

use convnet::losses::Softmax;
use convnet::optimizers::{Adagrad, Adam, Moments, Momentum, Nesterov, Optimizer, RmsProp, Sgd};
use convnet::schedules::Schedule;
use convnet::{Network, Parameters, network};
use serde_json::Value;

use crate::case::{Case, folder};
use crate::compare::{algorithms, regularize};
use crate::run::{Setup, train};

pub(crate) const NAMES: &[&str] = &[
    "a1_adam",
    "a1_rmsprop",
    "a1_sgd_momentum",
    "opt_adagrad_const_net",
    "opt_adagrad_const_quadratic",
    "opt_adagrad_step_net",
    "opt_adagrad_step_quadratic",
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
    "opt_nesterov_const_net",
    "opt_nesterov_const_quadratic",
    "opt_nesterov_step_net",
    "opt_nesterov_step_quadratic",
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

/// A schedule, and the rate that it begins with, as the oracle describes it.
fn schedule_of(described: &Value) -> (Schedule, f64) {
    let number = |name: &str| described[name].as_f64().expect("a number");
    let schedule = match described["kind"].as_str() {
        None | Some("const") => Ok(Schedule::constant()),
        Some("step") => {
            let every = described["every"].as_u64().expect("a count");
            Schedule::step(number("factor"), every.try_into().expect("few epochs"))
        }
        Some("exp") => Schedule::exponential(number("k")),
        Some("1/t") => Schedule::inverse(number("k")),
        Some(other) => panic!("no schedule of ours is {other}"),
    };
    (schedule.expect("options in range"), number("lr"))
}

/// What a rule computes by operations of its own, not by long sums, is nearly exact.
const LIMIT: f64 = 1e-12;

/// Follows the oracle's trajectory by a rule, given the gradient at a point; the rate is what the case's schedule says. What
/// the rule keeps in the end, of these tensors, is compared too.
fn follow(
    case: &Case,
    optimizer: &mut impl Optimizer<f64>,
    trajectory: &[Vec<f64>],
    tensors: &[&str],
    mut at: Parameters<f64>,
    mut gradient: impl FnMut(usize, &[f64]) -> Vec<f64>,
) {
    let (schedule, rate) = schedule_of(&case.meta()["schedule"]);
    for (step, expected) in trajectory[1..].iter().enumerate() {
        optimizer.set_learning_rate(schedule.rate(rate, step as f64)).expect("a rate");
        let mut gradients = at.clone();
        gradients.as_mut_slice().copy_from_slice(&gradient(step, at.as_slice()));
        optimizer.update(&mut at, &gradients).expect("an update");
        case.compare_within(&format!("step {step}"), at.as_slice(), expected, LIMIT);
    }
    let kept = optimizer.kept().tensors;
    assert_eq!(kept.len() * tensors.len(), case.names(&["optimizer_state"]).len(), "{}", case.name());
    for (name, numbers) in kept {
        let letter = match name {
            "velocity" | "second moment" => "v",
            "first moment" => "m",
            _ => name,
        };
        let of_tensor = |tensor| case.numbers(&format!("final_state.{letter}.{tensor}"));
        let expected: Vec<_> = tensors.iter().flat_map(of_tensor).collect();
        case.compare_within(name, numbers, &expected, LIMIT);
    }
}

/// `0.5 x^T A x - b^T x`.
fn check_quadratic(name: &str, optimizer: &mut impl Optimizer<f64>) {
    let case = Case::open(name);
    let (a, b, losses) = (case.array("A"), case.numbers("b"), case.numbers("losses"));
    let product = |x: &[f64], i: usize| (0..b.len()).map(|j| a[[i, j]] * x[j]).sum::<f64>();
    let trajectory: Vec<_> = case.numbers("traj.x").chunks_exact(b.len()).map(<[f64]>::to_vec).collect();
    follow(&case, optimizer, &trajectory, &["x"], parameters::<Six<f64>>(&trajectory[0]), |step, x| {
        let loss: f64 = (0..b.len()).map(|i| x[i] * (0.5 * product(x, i) - b[i])).sum();
        case.compare_within(&format!("the loss of step {step}"), &[loss], &losses[step..=step], LIMIT);
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
        let begin = parameters::<Small<f64>>(&trajectory[0]);
        follow(&case, &mut optimizer(), &trajectory, &TENSORS, begin, |step, x| {
            let images = case.volume("x");
            let setup = Setup { parameters: x.to_vec(), state: Vec::new(), images, seed: 0 };
            let mut found = train::<Small<f64>, Softmax>(&setup, &labels, &Softmax::default(), by);
            let regularization = &case.meta()["objective"]["reg"];
            found.loss += regularize(architecture, regularization, x, &mut found.by_parameters);
            let name = format!("the loss of step {step}");
            case.compare_within(&name, &[found.loss], &losses[step..=step], LIMIT);
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
    check_rule("nesterov", || Nesterov::new(0.02, 0.9).expect("options"));
    check_rule("adagrad", || Adagrad::new(0.1).expect("a rate"));
    check_rule("rmsprop", || RmsProp::new(0.01, 0.99).expect("options"));
    check_rule("adam", || Adam::new(0.05).expect("a rate"));
    check_rule("adam_nocorr", || Adam::new(0.05).expect("a rate").without_correction());
}

#[test]
fn schedules_are_the_notes() {
    let file = std::fs::read_to_string(folder().join("lr_schedules.json")).expect("the schedules");
    let described: Value = serde_json::from_str(&file).expect("valid JSON");
    let described = described.as_object().expect("schedules by name");
    assert_eq!(described.len(), 5);
    for (name, described) in described {
        let (schedule, rate) = schedule_of(&described["spec"]);
        let rates = described["lr"].as_array().expect("rates");
        assert_eq!(rates.len(), 100, "{name}");
        for (t, expected) in rates.iter().enumerate() {
            let (found, expected) = (schedule.rate(rate, t as f64), expected.as_f64().expect("a rate"));
            assert!((found / expected - 1.0).abs() <= LIMIT, "{name} at {t}: {found} for {expected}");
        }
    }
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
