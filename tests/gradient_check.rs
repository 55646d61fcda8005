//! The gradient check itself: what it finds, what it forgives, what it reports.

use convnet::geometry::Volume;
use convnet::layers::{CustomBackward, CustomForward, CustomLayer};
use convnet::train::{Comparison, GradientCheck, GradientChecker, Smoothness, TensorCheck, Verdict};
use convnet::{network, prelude::*};
use ndarray::{Array4, s};

fn images(count: usize) -> Array4<f64> {
    Array4::from_shape_fn((count, 5, 4, 3), |(n, y, x, d)| ((7 * n + 5 * y + 3 * x + 2 * d) as f64).sin())
}

const LABELS: [usize; 6] = [0, 2, 1, 2, 0, 1];

fn check_with<N>(checker: &GradientChecker, network: &mut N) -> GradientCheck
where
    N: Network<Scalar = f64, Loss = Softmax>,
{
    let before = [network.parameters(), network.state()].map(|numbers| numbers.as_slice().to_vec());
    let found = checker.check(network, images(3).view(), &LABELS[..3], &Softmax::default()).expect("a check");
    let after = [network.parameters(), network.state()].map(|numbers| numbers.as_slice().to_vec());
    assert_eq!(after, before, "the network is left as it was");
    found
}

fn new<N: Network<Scalar = f64>>() -> N {
    N::new(3, &Initialization::default()).expect("a network")
}

/// A layer of scales and shifts for 4 channels, whose gradient is multiplied by a fault of each.
macro_rules! affine {
    ($name:ident, $scale_fault:expr, $shift_fault:expr, $input_fault:expr) => {
        struct $name;

        impl<T: Scalar> CustomLayer<T> for $name {
            const OUTPUT: Volume = Volume::new(4, 5, 4);
            const PARAMETERS: usize = 8;

            fn initialize(parameters: &mut [T]) {
                for (i, parameter) in parameters.iter_mut().enumerate() {
                    *parameter = T::from_f64(0.5 + 0.25 * i as f64);
                }
            }

            fn forward(at: CustomForward<'_, T>) {
                for (i, (output, &input)) in at.output.iter_mut().zip(at.input).enumerate() {
                    *output = at.parameters[i % 4] * input + at.parameters[4 + i % 4];
                }
            }

            fn backward(at: CustomBackward<'_, T>) {
                if let Some(gradient) = at.parameter_gradient {
                    for (i, (&output, &input)) in at.output_gradient.iter().zip(at.input).enumerate() {
                        gradient[i % 4] += T::from_f64($scale_fault) * output * input;
                        gradient[4 + i % 4] += T::from_f64($shift_fault) * output;
                    }
                }
                if let Some(gradient) = at.input_gradient {
                    for (i, (gradient, &output)) in gradient.iter_mut().zip(at.output_gradient).enumerate() {
                        *gradient += T::from_f64($input_fault) * at.parameters[i % 4] * output;
                    }
                }
            }
        }
    };
}

affine!(Right, 1.0, 1.0, 1.0);
affine!(ATenthOfAPercent, 1.001, 1.001, 1.0);
affine!(OtherSign, -1.0, -1.0, 1.0);
affine!(ForgottenBias, 1.0, 0.0, 1.0);
affine!(WrongByTheInput, 1.0, 1.0, 1.001);

/// What is found in a network whose second layer is this one.
macro_rules! found_in {
    ($layer:ident) => {{
        network! { struct Net { INPUT[4x5x3] -> CONV3-4 -> ($layer, parameters=8) @own : [4x5x4] -> TANH -> FC3 } }
        check_with(&GradientChecker::default(), &mut new::<Net<f64>>())
    }};
}

/// The tensors whose gradients are not in order.
fn suspects(found: &GradientCheck) -> Vec<&str> {
    let suspects = found.tensors.iter().filter(|tensor| tensor.error() > 1e-6);
    suspects.map(|tensor| &tensor.name[..]).collect()
}

#[test]
fn wrong_gradients_are_found_and_named() {
    let right = found_in!(Right);
    assert!(suspects(&right).is_empty() && right.error() < 1e-6, "{right}");
    assert_eq!(right.smoothness, Smoothness::Smooth);

    let found = found_in!(ATenthOfAPercent);
    assert_eq!(suspects(&found), ["own.parameters"], "{found}");
    assert!((found.error() / 0.000_999 - 1.0).abs() < 1e-2, "{found}");
    assert_eq!(found.verdict(), Verdict::Uncomfortable);

    let found = found_in!(OtherSign);
    assert_eq!(suspects(&found), ["own.parameters"], "{found}");
    assert!((found.error() - 2.0).abs() < 1e-6, "{found}");
    assert_eq!(found.verdict(), Verdict::Wrong);

    let found = found_in!(ForgottenBias);
    assert_eq!(suspects(&found), ["own.parameters"], "{found}");
    let worst = found.worst().and_then(|tensor| tensor.worst).expect("an error");
    assert!(worst.position >= 4 && worst.analytic == 0.0 && (worst.error - 1.0).abs() < 1e-6, "{found}");

    // What lies before it is wrong, its own parameters are not.
    let found = found_in!(WrongByTheInput);
    assert_eq!(suspects(&found), ["conv1.weights", "conv1.bias", "images"], "{found}");
}

network! {
    struct Kinked { INPUT[4x5x3] -> CONV3-4 -> RELU -> DROPOUT(keep=0.8) -> FC3 }
    struct Smooth { INPUT[4x5x3] -> CONV3-4 -> BN -> TANH -> FC3 }
}

/// A bias at which a ReLU is exactly 0 has no gradient to compare, the others have.
#[test]
fn kinks_are_crossings_and_no_errors() {
    network! { struct Tie { INPUT[1x1x3] -> FC2 -> RELU -> FC3 } }
    let mut network = new::<Tie<f64>>();
    network.parameters_mut().get_mut("fc1.bias").expect("a tensor").fill(0.0);
    let mut weights = network.parameters_mut().get_mut("fc1.weights").expect("a tensor");
    weights.assign(&ndarray::array![[1.0, 1.0, 0.0], [1.0, 2.0, 3.0]].into_dyn());
    let image = Array4::from_shape_vec((1, 1, 1, 3), vec![1.0, -1.0, 1.0]).expect("one image");
    let found = GradientChecker::default()
        .check(&mut network, image.view(), &LABELS[..1], &Softmax::default())
        .expect("a check");
    let counts = |name| found.tensor(name).map(|tensor| (tensor.compared, tensor.crossings));
    assert_eq!(counts("fc1.bias"), Some((1, 1)), "{found}");
    assert_eq!(counts("fc1.weights"), Some((3, 3)), "{found}");
    // The first neuron is 0: the gradients by what it is multiplied with are 0 exactly.
    assert_eq!(counts("fc2.weights"), Some((3, 0)), "{found}");
    assert_eq!(found.tensor("fc2.weights").map(|tensor| tensor.below_rounding), Some(3), "{found}");
    // The third number of the image does not reach the first neuron.
    assert_eq!(counts("images"), Some((1, 2)), "{found}");
    assert_eq!(found.smoothness, Smoothness::Kinked);
    assert!(found.error() < 1e-6, "{found}");
}

#[test]
fn chance_and_statistics_stay() {
    let found = check_with(&GradientChecker::default().per_tensor(usize::MAX), &mut new::<Kinked<f64>>());
    assert!(found.error() < 1e-6, "{found}");
    let parameters = new::<Kinked<f64>>().parameters().len();
    let counted = found.compared() + found.crossings() + found.below_rounding();
    assert_eq!(counted, parameters + images(3).len());
    assert!(found.compared() > 400, "{found}");
    let smooth = check_with(&GradientChecker::default(), &mut new::<Smooth<f64>>());
    assert!(smooth.error() < 1e-5, "{smooth}");
}

#[test]
fn verdicts_are_the_notes() {
    use Smoothness::{Kinked, Smooth};
    use Verdict::{Happy, Okay, TooHigh, Uncomfortable, Wrong};
    let of = |error| [Verdict::on(error, Smooth), Verdict::on(error, Kinked)];
    assert_eq!(of(0.0), [Happy; 2]);
    assert_eq!(of(1e-7), [Happy; 2]);
    assert_eq!(of(1e-5), [TooHigh, Okay]);
    assert_eq!(of(1e-3), [Uncomfortable; 2]);
    assert_eq!(of(2e-2), [Wrong; 2]);
    assert_eq!(of(f64::NAN), [Wrong; 2]);
}

#[test]
fn a_table_has_a_line_for_each_tensor() {
    let tensor = |name: &str,
                  shape: &[usize],
                  [compared, crossings, below_rounding]: [usize; 3],
                  worst: Option<Comparison>| TensorCheck {
        name: name.to_owned(),
        shape: shape.to_vec(),
        compared,
        crossings,
        below_rounding,
        worst,
        verdict: worst.map_or(Verdict::Unknown, |worst| Verdict::on(worst.error, Smoothness::Kinked)),
    };
    let at = |position, analytic: f64, numeric: f64| {
        let error = (analytic - numeric).abs() / analytic.abs().max(numeric.abs());
        Some(Comparison { position, analytic, numeric, error })
    };
    let found = GradientCheck {
        step: 1e-5,
        loss: 1.098_612,
        smoothness: Smoothness::Kinked,
        tensors: vec![
            tensor("conv1.weights", &[4, 3, 3, 3], [18, 1, 1], at(17, -0.012_345_6, -0.012_345_600_1)),
            tensor("conv1.bias", &[4], [4, 0, 0], at(3, 2.5, 2.5)),
            tensor("fc1.weights", &[3, 80], [20, 0, 0], at(101, 0.75, 0.7575)),
            tensor("fc1.bias", &[3], [3, 0, 0], at(0, 1e-3, -1e-3)),
            tensor("fc2.bias", &[4], [0, 0, 4], None),
            tensor("images", &[3, 5, 4, 3], [0, 20, 0], None),
        ],
    };
    insta::assert_snapshot!(found);
}

#[test]
fn a_table_of_a_network_names_every_tensor() {
    let found = check_with(&GradientChecker::default(), &mut new::<Smooth<f64>>());
    let table = found.to_string();
    let lines: Vec<_> = table.lines().collect();
    let tensors: Vec<_> =
        new::<Smooth<f64>>().parameters().tensors().iter().map(ToString::to_string).collect();
    for (line, name) in lines[2..].iter().zip(tensors.iter().map(String::as_str).chain(["images"])) {
        assert!(line.starts_with(name), "{table}");
    }
    assert_eq!(lines.len(), 2 + tensors.len() + 1 + 2, "{table}");
    assert_eq!(lines[lines.len() - 1], "nothing was compared of conv1.bias", "its gradient is 0");
    assert!(lines[0].ends_with("without kinks"), "{table}");
}

/// Large steps are off by h^2, small ones by rounding.
#[test]
fn a_sweep_is_a_u() {
    let mut network = new::<Smooth<f64>>();
    let before = network.parameters().as_slice().to_vec();
    let sweep = GradientChecker::default()
        .only("conv1.weights")
        .only("fc1.weights")
        .only("images")
        .sweep(
            &mut network,
            images(3).view(),
            &LABELS[..3],
            &Softmax::default(),
            &[1e-2, 1e-3, 1e-4, 1e-5, 1e-7, 1e-9],
        )
        .expect("a sweep");
    assert_eq!(network.parameters().as_slice(), before);
    for tensor in ["conv1.weights", "fc1.weights", "images"] {
        let errors: Vec<_> = sweep.errors(tensor).into_iter().map(|(_, error)| error).collect();
        // A hundredfold fall for each tenth of h, until rounding takes over.
        assert!(errors[0] > 30.0 * errors[1] && errors[1] > 30.0 * errors[2], "{sweep}");
        assert!(errors[4] > 10.0 * errors[3] && errors[5] > 10.0 * errors[4], "{sweep}");
        let best = sweep.best_for(tensor).expect("numbers were compared");
        assert!((1e-5..=1e-4).contains(&best), "{sweep}");
    }
    let best = sweep.best().expect("numbers were compared");
    assert!((1e-5..=1e-4).contains(&best.step) && best.error() < 1e-5, "{sweep}");
    let table = sweep.to_string();
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(table.starts_with("tensor"), "{table}");
}

#[test]
fn a_warm_up_moves_the_loss_and_not_the_network() {
    let mut network = new::<Smooth<f64>>();
    let fresh = check_with(&GradientChecker::default(), &mut network);
    let warm = check_with(&GradientChecker::default().warm_up(20, 0.1), &mut network);
    assert!(warm.loss < 0.5 * fresh.loss, "{} after {}", warm.loss, fresh.loss);
    assert!(warm.error() < 1e-5, "{warm}");
    // After a failure, too: what it learns at this rate is beyond all numbers.
    let before = network.parameters().as_slice().to_vec();
    let diverging = GradientChecker::default().warm_up(1, 1e308);
    let result = diverging.check(&mut network, images(3).view(), &LABELS[..3], &Softmax::default());
    assert!(matches!(result, Err(Error::NonFinite { .. })), "{result:?}");
    assert_eq!(network.parameters().as_slice(), before);
}

#[test]
fn a_few_images_are_the_first() {
    let (mut network, all, checker) = (new::<Smooth<f64>>(), images(6), GradientChecker::default());
    let few =
        checker.check_few(2, &mut network, all.view(), &LABELS[..], &Softmax::default()).expect("a check");
    let first = all.slice(s![..2, .., .., ..]);
    let expected = checker.check(&mut network, first, &LABELS[..2], &Softmax::default()).expect("a check");
    assert_eq!(few, expected);
    assert_eq!(few.tensor("images").expect("its images").shape, [2, 5, 4, 3]);
    let refused = checker.check_few(2, &mut network, all.view(), &LABELS[..5], &Softmax::default());
    assert!(matches!(refused, Err(Error::TargetCount { images: 6, targets: 5 })), "{refused:?}");
}

#[test]
fn tensors_and_numbers_are_chosen() {
    let mut network = new::<Smooth<f64>>();
    let chosen = GradientChecker::default().only("fc1.bias").only_numbers("conv1.weights", [0, 5]);
    let found = check_with(&chosen, &mut network);
    let compared: Vec<_> = found.tensors.iter().map(|tensor| (&tensor.name[..], tensor.compared)).collect();
    assert_eq!(compared, [("conv1.weights", 2), ("fc1.bias", 3)]);
    let mut message = |checker: GradientChecker| {
        let result = checker.check(&mut network, images(1).view(), &LABELS[..1], &Softmax::default());
        result.expect_err("a mistake").to_string()
    };
    assert_eq!(
        message(GradientChecker::default().only("conv1.weight")),
        "network `Smooth` has no tensor `conv1.weight`: did you mean `conv1.weights`?"
    );
    assert_eq!(
        message(GradientChecker::default().only_numbers("fc1.bias", [3])),
        "`fc1.bias` has no number 3: it holds 3, 0 to 2"
    );
    assert_eq!(message(GradientChecker::default().step(0.0)), "the step h is 0: a finite number above 0");
    assert_eq!(
        message(GradientChecker::default().resolution(f64::NAN)),
        "the resolution is NaN: a finite number above 0"
    );
    assert!(message(GradientChecker::default().warm_up(1, -1.0)).starts_with("learning_rate is -1"));
}

/// Another seed checks other numbers.
#[test]
fn numbers_are_drawn_by_the_seed() {
    let worst = |seed| {
        let checker = GradientChecker::default().per_tensor(1).seed(seed);
        let found = check_with(&checker, &mut new::<Smooth<f64>>());
        found.tensors.iter().map(|tensor| tensor.worst.map(|worst| worst.position)).collect::<Vec<_>>()
    };
    assert_eq!(worst(1), worst(1));
    assert_ne!(worst(1), worst(2));
}

#[test]
fn a_regularisation_is_checked_apart() {
    let mut network = new::<Smooth<f64>>();
    network.parameters_mut().as_mut_slice()[3] = 0.0;
    let penalty = Penalty::elastic_net(0.01, 0.1).expect("lambdas");
    let regularization = Regularization::new(penalty).layer("fc1", Penalty::l2(1.0).expect("a lambda"));
    let checker = GradientChecker::default().per_tensor(usize::MAX);
    let found = checker.check_regularization(&network, &regularization).expect("a check");
    assert!(found.error() < 1e-7, "{found}");
    assert_eq!(found.smoothness, Smoothness::Kinked);
    // Only the weight that is 0 lies at a kink of |w|.
    assert_eq!(found.tensor("conv1.weights").expect("a tensor").crossings, 1);
    assert_eq!(found.crossings(), 1, "{found}");
    assert!(found.tensor("images").is_none());
    let smooth = Regularization::from(Penalty::l2(0.1).expect("a lambda"));
    let found = checker.check_regularization(&network, &smooth).expect("a check");
    assert!(found.smoothness == Smoothness::Smooth && found.verdict() == Verdict::Happy, "{found}");
    let unknown = smooth.layer("fc2", Penalty::NONE);
    assert!(checker.check_regularization(&network, &unknown).is_err());
}
