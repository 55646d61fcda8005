//! What a gradient check cannot see, which it must not call right: gradients below rounding, and numbers that are none.

use convnet::geometry::Volume;
use convnet::layers::{CustomBackward, CustomForward, CustomLayer};
use convnet::losses::{Evaluation, Loss, LossValue};
use convnet::train::{GradientCheck, GradientChecker, StepSweep, Verdict};
use convnet::{network, prelude::*};
use ndarray::Array4;

network! {
    struct Smooth { INPUT[4x5x3] -> CONV3-4 -> TANH -> FC3 }
    struct Biased { INPUT[4x5x3] -> CONV3-4 -> BN -> TANH -> FC3 }
}

const LABELS: [usize; 3] = [0, 2, 1];

fn images<T: Scalar>() -> Array4<T> {
    Array4::from_shape_fn((3, 5, 4, 3), |(n, y, x, d)| {
        T::from_f64(((7 * n + 5 * y + 3 * x + 2 * d) as f64).sin())
    })
}

fn new<N: Network>() -> N {
    N::new(3, &Initialization::default()).expect("a network")
}

/// Softmax plus a constant, times a number, whose gradient is multiplied by a fault.
#[derive(Clone, Copy)]
struct Faulty {
    constant: f64,
    times: f64,
    fault: f64,
}

const TWICE: Faulty = Faulty { constant: 0.0, times: 1.0, fault: 2.0 };

impl<T: Scalar> Loss<T> for Faulty {
    type Targets<'a> = &'a [usize];

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        Loss::<T>::check(&Softmax::default(), output, images, labels)
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        let value = Softmax::default().evaluate(Evaluation { gradient: &mut *at.gradient, ..at });
        let slope = T::from_f64(self.times * self.fault);
        at.gradient.iter_mut().for_each(|gradient| *gradient *= slope);
        LossValue { mean: T::from_f64(self.constant) + T::from_f64(self.times) * value.mean }
    }
}

fn check<N: Network>(checker: &GradientChecker, loss: Faulty) -> GradientCheck {
    checker.check(&mut new::<N>(), images().view(), &LABELS[..], &loss).expect("a check")
}

fn sweep<N: Network>(loss: Faulty, steps: &[f64]) -> StepSweep {
    let checker = GradientChecker::default();
    checker.sweep(&mut new::<N>(), images().view(), &LABELS[..], &loss, steps).expect("a sweep")
}

/// Gradients that are all wrong, where rounding hides them.
#[test]
fn what_rounding_hides_is_not_called_right() {
    let tiny = Faulty { constant: 1.0, times: 1e-11, ..TWICE };
    for found in [
        check::<Smooth<f32>>(&GradientChecker::default(), TWICE),
        check::<Smooth<f64>>(&GradientChecker::default(), tiny),
        check::<Smooth<f64>>(&GradientChecker::default().step(1e-14), TWICE),
    ] {
        assert_eq!(found.verdict(), Verdict::Unknown, "{found}");
        assert_eq!(found.compared(), 0, "{found}");
        assert!(found.error().is_nan(), "{found}");
    }
    // A larger step sees them.
    let found = check::<Smooth<f32>>(&GradientChecker::default().step(1e-2), TWICE);
    assert!(found.verdict() == Verdict::Wrong && (found.error() - 0.5).abs() < 0.1, "{found}");
    let right = check::<Smooth<f32>>(&GradientChecker::default().step(1e-2), Faulty { fault: 1.0, ..TWICE });
    assert!(right.compared() > 20 && right.error() < 1e-2, "{right}");
}

/// A difference that is far above rounding is an error, however little rounding leaves to be seen.
#[test]
fn what_rounding_cannot_explain_is_wrong() {
    let found = check::<Smooth<f32>>(&GradientChecker::default(), Faulty { fault: 10.0, ..TWICE });
    assert_eq!(found.verdict(), Verdict::Wrong, "{found}");
}

#[test]
fn a_sweep_does_not_recommend_what_it_cannot_see() {
    let steps = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7];
    let found = sweep::<Smooth<f32>>(Faulty { fault: 1.0, ..TWICE }, &steps);
    let best = found.best().expect("numbers were compared");
    assert!(best.step >= 1e-3, "{found}");
    assert!(found.best_for("conv1.weights").expect("its best") >= 1e-3, "{found}");
    assert!(found.errors("conv1.weights").iter().all(|&(step, _)| step > 1e-5), "{found}");
    let table = found.to_string();
    let line = table.lines().find(|line| line.starts_with("conv1.weights")).expect("its line");
    assert!(line.contains("rounding  rounding"), "{found}");
}

/// Shifts, whose gradients are twice what they should be, and one of which is infinite.
struct Overflowing;

const INFINITE: usize = 2;

impl<T: Scalar> CustomLayer<T> for Overflowing {
    const OUTPUT: Volume = Volume::new(4, 5, 4);
    const PARAMETERS: usize = 4;

    fn forward(at: CustomForward<'_, T>) {
        for (i, (output, &input)) in at.output.iter_mut().zip(at.input).enumerate() {
            *output = input + at.parameters[i % 4];
        }
    }

    fn backward(at: CustomBackward<'_, T>) {
        if let Some(gradient) = at.parameter_gradient {
            for (i, &output) in at.output_gradient.iter().enumerate() {
                gradient[i % 4] += output + output;
            }
            gradient[INFINITE] = T::infinity();
        }
        if let Some(gradient) = at.input_gradient {
            gradient.copy_from_slice(at.output_gradient);
        }
    }
}

#[test]
fn an_infinite_gradient_is_wrong_and_hides_nothing() {
    network! {
        struct Net { INPUT[4x5x3] -> CONV3-4 -> (Overflowing, parameters=4) @own : [4x5x4] -> TANH -> FC3 }
    }
    let right = Faulty { fault: 1.0, ..TWICE };
    for checker in [
        GradientChecker::default(),
        GradientChecker::default().only_numbers("own.parameters", [0]),
        GradientChecker::default().per_tensor(1),
    ] {
        let found = check::<Net<f64>>(&checker, right);
        let own = found.tensor("own.parameters").expect("a tensor");
        let worst = own.worst.expect("an error");
        assert_eq!((own.verdict, worst.position), (Verdict::Wrong, INFINITE), "{found}");
        assert!(worst.analytic.is_infinite() && worst.numeric.is_finite() && own.error().is_nan(), "{found}");
        assert_eq!(found.verdict(), Verdict::Wrong, "{found}");
        assert_eq!(found.worst().expect("a tensor").name, "own.parameters", "{found}");
    }
}

/// A step that moves no number: 0 / 0.
#[test]
fn a_step_below_a_number_is_no_error() {
    let right = Faulty { fault: 1.0, ..TWICE };
    let found = check::<Smooth<f64>>(&GradientChecker::default().step(1e-18), right);
    assert_eq!(found.verdict(), Verdict::Unknown, "{found}");
    assert!(found.worst().is_none(), "{found}");
}

#[test]
fn a_sweep_never_recommends_what_is_no_number() {
    for nan in [f64::NAN, -f64::NAN] {
        let mut found = sweep::<Smooth<f64>>(Faulty { fault: 1.0, ..TWICE }, &[1e-4, 1e-5]);
        for tensor in &mut found.checks[0].tensors {
            tensor.worst.as_mut().expect("numbers were compared").error = nan;
        }
        assert_eq!(found.best_for("fc1.weights"), Some(1e-5), "{found}");
        assert_eq!(found.best().map(|best| best.step), Some(1e-5), "{found}");
        for tensor in &mut found.checks[1].tensors {
            tensor.worst.as_mut().expect("numbers were compared").error = nan;
        }
        assert_eq!(found.best_for("fc1.weights"), None, "{found}");
        assert!(found.best().is_none(), "{found}");
    }
}

/// What is not seen is said, even where all the rest is right.
#[test]
fn tensors_of_which_nothing_was_compared_are_named() {
    let found = check::<Biased<f64>>(&GradientChecker::default(), Faulty { fault: 1.0, ..TWICE });
    let bias = found.tensor("conv1.bias").expect("a tensor");
    assert_eq!((bias.compared, bias.crossings, bias.verdict), (0, 0, Verdict::Unknown), "{found}");
    assert!(bias.error().is_nan() && found.error() < 1e-5, "{found}");
    assert!(found.verdict() > Verdict::Unknown && found.verdict() < Verdict::Wrong, "{found}");
    let table = found.to_string();
    assert!(table.ends_with("\nnothing was compared of conv1.bias"), "{found}");
}

/// The gradient of a penalty is as exact as its scalar, its loss as `f64`.
#[test]
fn a_regularisation_in_f32_is_right() {
    // Lambda and its product with a weight both lie about halfway between two numbers of f32.
    let regularization = Penalty::l2(1.0 + f64::from(f32::EPSILON) * 2048.499).expect("a lambda").into();
    let mut network = new::<Smooth<f32>>();
    network.parameters_mut().get_mut("conv1.weights").expect("a tensor").fill(1.0 + 2047.0 * f32::EPSILON);
    let checker = GradientChecker::default().step(1e-3);
    let found = checker.check_regularization(&network, &regularization).expect("a check");
    assert_eq!(found.verdict(), Verdict::Happy, "{found}");
}

/// Large weights elsewhere do not hide the penalty of small ones.
#[test]
fn a_regularisation_is_checked_tensor_by_tensor() {
    let mut network = new::<Smooth<f64>>();
    network.parameters_mut().get_mut("fc1.weights").expect("a tensor").fill(1e8);
    let regularization = Penalty::l2(1.0).expect("a lambda").into();
    let found = GradientChecker::default().check_regularization(&network, &regularization).expect("a check");
    let tensor = found.tensor("conv1.weights").expect("a tensor");
    let worst = tensor.worst.expect("numbers were compared");
    assert!((worst.numeric / worst.analytic - 1.0).abs() < 1e-6, "{found}");
}
