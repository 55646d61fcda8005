//! Regularisation of whole networks: centred differences, layers by name, the trainer.

use convnet::geometry::Role;
use convnet::regularization::Regularizer;
use convnet::{Gradients, network, prelude::*, reference};
use ndarray::{Array2, Array4, ArrayView2};

network! {
    /// Every kind of tensor that is learned.
    struct Kinds {
        INPUT[6x6x2] -> CONV3-4 -> BN -> PRELU -> LOCAL3-3 p0 -> TANH -> FC5 @hidden -> RELU -> FC3
    }
}

fn kinds<T: Scalar>() -> Kinds<T> {
    let mut network = <Kinds<T> as Network>::new(3, &Initialization::default()).expect("a network");
    // No tensor is 0, so that nothing hides.
    for (i, number) in network.parameters_mut().as_mut_slice().iter_mut().enumerate() {
        *number = T::from_f64((i as f64).sin());
    }
    network
}

fn l2(lambda: f64) -> Penalty {
    Penalty::l2(lambda).expect("a lambda")
}

fn of_kinds(regularization: impl Into<Regularization>) -> Regularizer {
    regularization.into().of(Kinds::<f32>::ARCHITECTURE).expect("names of the network")
}

fn images<T: Scalar>() -> Array4<T> {
    Array4::from_shape_fn((4, 6, 6, 2), |(n, y, x, d)| {
        T::from_f64(((7 * n + 5 * y + 3 * x + 2 * d) as f64).sin())
    })
}

/// A tensor of several pieces, the last of them short: each weight counts once, and has its gradient.
#[test]
fn large_tensors_are_counted_once() {
    network! { struct Large { INPUT[25x40x2] -> FC20 nobias } }
    let architecture = <Large<f64> as Network>::ARCHITECTURE;
    let mut weights = convnet::Parameters::<f64>::zeros(architecture);
    weights.as_mut_slice().iter_mut().enumerate().for_each(|(i, weight)| *weight = (i as f64).sin());
    let penalty = Penalty::elastic_net(0.3, 0.7).expect("strengths");
    let mut regularizer = Regularization::from(penalty).of(architecture).expect("a network with weights");
    let cost = |weight: &f64| 0.3 * weight.abs() + 0.35 * weight * weight;
    let expected: f64 = weights.as_slice().iter().map(cost).sum();
    let mut gradients = convnet::Parameters::zeros(architecture);
    for found in [regularizer.loss(&weights), regularizer.add_gradient(&weights, &mut gradients)] {
        assert!((found.expect("this network's") / expected - 1.0).abs() < 1e-12);
    }
    for (gradient, weight) in gradients.as_slice().iter().zip(weights.as_slice()) {
        let sign = if *weight == 0.0 { 0.0 } else { weight.signum() };
        assert!((gradient - 0.3 * sign - 0.7 * weight).abs() < 1e-15);
    }
}

/// Which tensors have a gradient of the penalty.
fn touched(regularization: impl Into<Regularization>) -> Vec<String> {
    let network = kinds::<f64>();
    let mut gradients = network.parameters().clone();
    gradients.as_mut_slice().fill(0.0);
    of_kinds(regularization).add_gradient(network.parameters(), &mut gradients).expect("gradients");
    let touched = gradients.iter().filter(|(_, numbers)| numbers.iter().any(|&gradient| gradient != 0.0));
    touched.map(|(tensor, _)| tensor.to_string()).collect()
}

#[test]
fn weights_alone_unless_asked() {
    let weights = ["conv1.weights", "local1.weights", "hidden.weights", "fc1.weights"];
    assert_eq!(touched(l2(0.1)), weights);
    let all = [Role::Bias, Role::Scale, Role::Shift, Role::Slope, Role::Bias];
    let everything = all.into_iter().try_fold(l2(0.1), Penalty::also_on).expect("roles of parameters");
    assert_eq!(touched(everything).len(), kinds::<f64>().parameters().tensors().len());
    let biases = l2(0.1).also_on(Role::Bias).expect("a role of parameters");
    let regularization = Regularization::new(l2(0.1)).layer("hidden", Penalty::NONE).layer("fc1", biases);
    assert_eq!(touched(regularization), ["conv1.weights", "local1.weights", "fc1.weights", "fc1.bias"]);
    let alone = Regularization::default().layer("local1", Penalty::l1(0.1).expect("a lambda"));
    assert_eq!(touched(alone), ["local1.weights"]);
}

#[test]
fn names_are_checked() {
    let message = |layer: &str, penalty| {
        let regularization = Regularization::new(l2(0.1)).layer(layer, penalty);
        regularization.of(Kinds::<f32>::ARCHITECTURE).expect_err("a mistake").to_string()
    };
    assert_eq!(
        message("conv", l2(1.0)),
        "network `Kinds` has no layer with parameters `conv`: did you mean `conv1`?"
    );
    assert_eq!(
        message("relu1", Penalty::NONE),
        "network `Kinds` has no layer with parameters `relu1`: did you mean `prelu1`?"
    );
    assert_eq!(
        message("dense", l2(1.0)),
        "network `Kinds` has no layer with parameters `dense`: it has conv1, bn1, prelu1, local1, hidden, fc1"
    );
    assert_eq!(
        message("bn1", l2(1.0)),
        "the penalty of layer `bn1` acts on none of its tensors (bn1.scale, bn1.shift): it acts on weights, and on \
         others if `also_on` names their role; `Penalty::NONE` leaves the layer out"
    );
    let left_out = Regularization::new(l2(0.1)).layer("bn1", Penalty::NONE);
    assert!(left_out.of(Kinds::<f32>::ARCHITECTURE).is_ok());
}

/// Everything at once, number by number.
#[test]
fn gradients_are_centred_differences() {
    let everything = [Role::Bias, Role::Scale, Role::Slope]
        .into_iter()
        .try_fold(Penalty::elastic_net(0.03, 0.2).expect("lambdas"), Penalty::also_on);
    let regularization = Regularization::new(everything.expect("roles of parameters"))
        .layer("hidden", Penalty::l1(0.7).expect("a lambda"))
        .layer("local1", l2(0.01));
    let mut regularizer = of_kinds(regularization);
    let mut network = kinds::<f64>();
    let mut gradients = network.parameters().clone();
    gradients.as_mut_slice().fill(0.0);
    regularizer.add_gradient(network.parameters(), &mut gradients).expect("gradients");
    for (i, &analytic) in gradients.as_slice().iter().enumerate() {
        let mut moved = |h: f64| {
            network.parameters_mut().as_mut_slice()[i] += h;
            let loss = regularizer.loss(network.parameters()).expect("a loss");
            network.parameters_mut().as_mut_slice()[i] -= h;
            loss
        };
        let h = 1e-4;
        let numeric = (moved(h) - moved(-h)) / (2.0 * h);
        // The first number is 0, where |w| has a kink whose centred difference is its gradient: 0.
        let error = (analytic - numeric).abs() / analytic.abs().max(1e-2);
        assert!(error < 1e-8, "{i}: {analytic} for {numeric}");
    }
}

fn max_norm_of<T: Scalar>(tolerance: f64) {
    let bound = 1.5;
    let penalty = Penalty::max_norm(bound).and_then(|penalty| penalty.also_on(Role::Bias));
    let regularization =
        Regularization::new(penalty.expect("a bound")).layer("fc1", Penalty::max_norm(0.3).expect("a bound"));
    let mut network = kinds::<T>();
    let before = network.parameters().clone();
    of_kinds(regularization).project(network.parameters_mut()).expect("its parameters");
    let mut clamped = 0;
    for ((tensor, found), (_, before)) in network.parameters().iter().zip(before.iter()) {
        let (bound, row) = match (tensor.role, tensor.layer) {
            (Role::Weights, "fc1") => (0.3, 5),
            (Role::Weights, "conv1") => (bound, 3 * 3 * 2),
            (Role::Weights, "local1") => (bound, 3 * 3 * 4),
            (Role::Weights, _) => (bound, 4 * 4 * 3),
            (Role::Bias, "conv1" | "local1" | "hidden") => (bound, 1),
            _ => (f64::INFINITY, 1),
        };
        let rows = ArrayView2::from_shape((before.len() / row, row), before).expect("whole rows");
        let expected: Array2<T> = reference::max_norm(rows, T::from_f64(bound));
        clamped += usize::from(expected != rows);
        for (found, expected) in found.iter().zip(&expected) {
            assert!((*found - *expected).as_f64().abs() < tolerance, "{tensor}: {found} for {expected}");
        }
    }
    assert_eq!(clamped, 4, "the weights; no sine is above 1.5");
}

#[test]
fn max_norm_is_of_a_neurons_weights() {
    max_norm_of::<f64>(1e-12);
    max_norm_of::<f32>(1e-6);
}

/// A step is the gradient of both losses, then the projection.
#[test]
fn the_trainer_descends_both_losses() {
    let regularization = || {
        let penalty = Penalty::elastic_net(0.01, 0.1).and_then(|penalty| penalty.with_max_norm(1.0));
        Regularization::new(penalty.expect("options")).layer("fc1", Penalty::NONE)
    };
    let (images, labels) = (images::<f64>(), [0, 1, 2, 0]);
    let mut by_hand = kinds::<f64>();
    let trainer = Trainer::new(kinds::<f64>(), Sgd::new(0.1).expect("a rate"), 4, 5).expect("a trainer");
    let mut trainer = trainer.with_regularization(regularization()).expect("names of the network");
    let mut workspace = TrainingWorkspace::of(&by_hand, 4).expect("a workspace");
    let mut regularizer = of_kinds(regularization());
    for number in 0..3 {
        let step = Step { seed: 5, number, ..Step::default() };
        let data = by_hand
            .gradients(images.view(), &labels[..], &Softmax::default(), &mut workspace, step, &mut Unobserved)
            .expect("gradients");
        let penalty = workspace.regularize(by_hand.parameters(), &mut regularizer).expect("a penalty");
        Sgd::new(0.1)
            .expect("a rate")
            .update(by_hand.parameters_mut(), workspace.gradients())
            .expect("an update");
        regularizer.project(by_hand.parameters_mut()).expect("its parameters");
        assert_eq!(trainer.step(images.view(), &labels).expect("a step"), data.mean);
        assert_eq!(trainer.regularization_loss(), penalty);
        assert_eq!(trainer.network().parameters().as_slice(), by_hand.parameters().as_slice());
    }
    // What was projected stays in bounds; what was left out is not.
    let norm = |name| {
        let weights = by_hand.parameters().get(name).expect("a tensor");
        weights.outer_iter().map(|row| row.iter().map(|w| w * w).sum::<f64>().sqrt()).fold(0.0, f64::max)
    };
    assert!(norm("hidden.weights") <= 1.0 + 1e-12 && norm("fc1.weights") > 1.0);
}

#[test]
fn an_epoch_reports_the_losses_apart() {
    let images = Array4::from_shape_fn((10, 6, 6, 2), |(n, y, x, d)| {
        u8::try_from((31 * n + 7 * y + 3 * x + 11 * d) % 251).expect("a byte")
    });
    let data = LabelledImages::new(images, (0..10).map(|image| image % 3).collect(), 3).expect("data");
    let scaling = Scaling::fit(&data).expect("images in memory");
    let trainer = Trainer::new(kinds::<f32>(), Sgd::new(0.0).expect("a rate"), 4, 5).expect("a trainer");
    let mut plain = Trainer::new(kinds::<f32>(), Sgd::new(0.0).expect("a rate"), 4, 5).expect("a trainer");
    let mut trainer = trainer.with_regularization(l2(0.5)).expect("no names");
    let expected = of_kinds(l2(0.5)).loss(kinds::<f32>().parameters()).expect("a loss");
    let mut seen = Vec::new();
    let summary = trainer.epoch(&data, &scaling, |progress| seen.push(progress)).expect("an epoch");
    let without = plain.epoch(&data, &scaling, |_| {}).expect("an epoch");
    // At a rate of 0 nothing moves.
    assert_eq!(summary.loss, without.loss);
    assert_eq!(without.regularization, 0.0);
    for found in seen.iter().map(|progress| progress.regularization).chain([summary.regularization]) {
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} for {expected}");
    }
    assert_eq!(seen.len(), 3);
}

/// Batches that accumulate: each call adds the regularisation once.
#[test]
fn each_call_adds_it_once() {
    let (images, labels) = (images::<f64>(), [0, 1, 2, 0]);
    let mut network = kinds::<f64>();
    let mut workspace = TrainingWorkspace::of(&network, 4).expect("a workspace");
    let mut regularizer = of_kinds(l2(0.3));
    let error = workspace.regularize(network.parameters(), &mut regularizer).expect_err("no gradients yet");
    assert!(matches!(error, Error::NoGradients), "{error}");
    let mut of_weights = Vec::new();
    for gradients in [Gradients::Overwrite, Gradients::Accumulate] {
        let step = Step { gradients, ..Step::default() };
        network
            .gradients(images.view(), &labels[..], &Softmax::default(), &mut workspace, step, &mut Unobserved)
            .expect("gradients");
        workspace.regularize(network.parameters(), &mut regularizer).expect("a penalty");
        of_weights.push(workspace.gradients().get("fc1.weights").expect("a tensor").to_owned());
    }
    let (once, twice) = (&of_weights[0], &of_weights[1]);
    assert!(once.iter().zip(twice).all(|(once, twice)| (2.0 * once - twice).abs() < 1e-12));
    network.parameters_mut().as_mut_slice()[0] = 1.0;
    assert!(workspace.regularize(network.parameters(), &mut regularizer).is_err(), "they have changed");
}

#[test]
fn a_penalty_that_overflows_is_named() {
    let trainer = Trainer::new(kinds::<f64>(), Sgd::new(0.1).expect("a rate"), 4, 5).expect("a trainer");
    let mut trainer = trainer.with_regularization(l2(1e308)).expect("no names");
    let before = trainer.network().parameters().as_slice().to_vec();
    let error = trainer.step(images().view(), &[0, 1, 2, 0]).expect_err("too much");
    assert!(error.to_string().contains("the regularisation loss is inf"), "{error}");
    assert_eq!(trainer.network().parameters().as_slice(), before);
}

#[test]
fn another_networks_parameters_are_refused() {
    network! { struct Other { INPUT[1x1x2] -> FC2 } }
    let other = Other::new(1);
    let refused = of_kinds(l2(1.0)).loss(other.parameters());
    assert!(matches!(refused, Err(Error::ParameterCount { found: 6, .. })), "{refused:?}");
}
