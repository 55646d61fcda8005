//! L-BFGS: on functions whose minima are known, and on the loss of a network.

use convnet::losses::Softmax;
use convnet::optimizers::{Adam, Lbfgs, Minimum, Optimizer, Stop};
use convnet::workspace::TrainingWorkspace;
use convnet::{Error, Initialization, Network, Step, Unobserved, network};
use ndarray::Array4;

/// `0.5 x^T A x - b^T x`, A being tridiagonal, with this condition or a little more: the loss, and its gradient.
fn quadratic(condition: f64, x: &[f64], gradient: &mut [f64]) -> f64 {
    let n = x.len();
    let mut loss = 0.0;
    for i in 0..n {
        let diagonal = condition.powf(i as f64 / (n - 1) as f64);
        let near = |j: usize| x.get(j).copied().unwrap_or(0.0);
        let product = diagonal * x[i] - 0.2 * (near(i.wrapping_sub(1)) + near(i + 1));
        let b = if i % 2 == 0 { 1.0 } else { -2.0 };
        gradient[i] = product - b;
        loss += x[i] * (0.5 * product - b);
    }
    loss
}

/// A plain L-BFGS that halves its steps, written for comparison, takes 9, 27 and 269 iterations.
#[test]
fn a_quadratic_takes_few_iterations() {
    for (condition, most) in [(1.0, 12), (10.0, 30), (1e3, 340)] {
        let lbfgs =
            Lbfgs::new().iterations(500).gradient_tolerance(1e-5).and_then(|lbfgs| lbfgs.loss_tolerance(0.0));
        let mut x = vec![3.0; 50];
        let found =
            lbfgs.expect("tolerances").minimize(&mut x, |x, gradient| Ok(quadratic(condition, x, gradient)));
        let found = found.expect("a minimum");
        assert!(found.stop == Stop::Gradient && found.gradient <= 1e-5, "{condition}: {found:?}");
        assert!(found.iterations <= most && found.evaluations <= most + most / 5, "{condition}: {found:?}");
        // At the minimum the loss is -0.5 b^T x; half the gradient times x is what is missing.
        let b_x: f64 = x.iter().enumerate().map(|(i, x)| if i % 2 == 0 { *x } else { -2.0 * x }).sum();
        let limit = 0.5e-5 * x.iter().map(|x| x.abs()).sum::<f64>();
        assert!((found.loss + 0.5 * b_x).abs() <= limit, "{condition}: {found:?}");
    }
}

/// Rosenbrock's valley, from where everybody begins.
fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
    let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
    gradient.copy_from_slice(&[-2.0 * a - 400.0 * x[0] * b, 200.0 * b]);
    a * a + 100.0 * b * b
}

#[test]
fn rosenbrocks_valley_is_followed() {
    let mut x = [-1.2, 1.0];
    let lbfgs = Lbfgs::new().gradient_tolerance(1e-8).and_then(|lbfgs| lbfgs.loss_tolerance(0.0));
    let found = lbfgs.expect("tolerances").minimize(&mut x, |x, gradient| Ok(rosenbrock(x, gradient)));
    let found = found.expect("a minimum");
    assert!((x[0] - 1.0).abs() < 1e-7 && (x[1] - 1.0).abs() < 1e-7, "{x:?}: {found:?}");
    assert!(found.stop == Stop::Gradient && found.iterations <= 45 && found.evaluations <= 60, "{found:?}");
    // With a history of one step it takes longer, but comes there.
    let mut x = [-1.2, 1.0];
    let short = Lbfgs::new().history(1).expect("a step").iterations(1000);
    let short = short.minimize(&mut x, |x, gradient| Ok(rosenbrock(x, gradient))).expect("a minimum");
    assert!((x[0] - 1.0).abs() < 1e-3 && short.iterations < 1000, "{x:?}: {short:?}");
}

/// In single precision the loss stops falling, or the line search finds nothing below it, near the minimum.
#[test]
fn single_precision_comes_near() {
    let mut x = [-1.2_f32, 1.0];
    let found = Lbfgs::new().minimize(&mut x, |x, gradient| {
        let mut exact = [0.0; 2];
        let loss = rosenbrock(&[x[0].into(), x[1].into()], &mut exact);
        #[expect(clippy::cast_possible_truncation, reason = "rounding is what is tested")]
        gradient.copy_from_slice(&exact.map(|number| number as f32));
        Ok(loss)
    });
    let found = found.expect("a minimum");
    assert!((x[0] - 1.0).abs() < 1e-3 && (x[1] - 1.0).abs() < 1e-3, "{x:?}: {found:?}");
}

/// A logarithm that ends where it is not defined.
#[test]
fn the_line_search_comes_back_from_where_nothing_is_finite() {
    for start in [1e-3, 10.0, 1e4] {
        let mut x = [start];
        let found = Lbfgs::new().minimize(&mut x, |x: &[f64], gradient| {
            gradient[0] = 1.0 - 1.0 / x[0];
            Ok(x[0] - x[0].ln())
        });
        let found = found.expect("a minimum");
        assert!((x[0] - 1.0).abs() < 1e-4 && (found.loss - 1.0).abs() < 1e-8, "{start}: {x:?}, {found:?}");
    }
}

#[test]
fn it_stops_for_a_reason() {
    let half = |x: &[f64], gradient: &mut [f64]| {
        gradient.copy_from_slice(x);
        Ok(0.5 * x.iter().map(|x| x * x).sum::<f64>())
    };
    let mut x = [1e-6, -1e-5];
    let found = Lbfgs::new().minimize(&mut x, half).expect("a minimum");
    assert_eq!((found.stop, found.iterations, found.evaluations), (Stop::Gradient, 0, 1));
    assert_eq!((found.gradient, x), (1e-5, [1e-6, -1e-5]));
    let mut x = [5.0, 1.0];
    let found = Lbfgs::new().iterations(0).minimize(&mut x, half).expect("a beginning");
    assert_eq!((found.stop, found.loss, x), (Stop::Iterations, 13.0, [5.0, 1.0]));
    let mut x = [-1.2, 1.0];
    let rough = Lbfgs::new().loss_tolerance(0.5).expect("a tolerance");
    let found = rough.minimize(&mut x, |x, gradient| Ok(rosenbrock(x, gradient))).expect("losses");
    assert!(found.stop == Stop::Loss && found.iterations < 20, "{found:?}");
    let some = Lbfgs::new().iterations(3);
    let found = some.minimize(&mut x, |x, gradient| Ok(rosenbrock(x, gradient))).expect("losses");
    assert!(found.stop == Stop::Iterations && found.iterations == 3, "{found:?}");
    // A gradient with the wrong sign leads nowhere.
    let mut x = [5.0, 1.0];
    let found = Lbfgs::new().minimize(&mut x, |x, gradient| {
        let loss = half(x, gradient);
        gradient.iter_mut().for_each(|number| *number *= -1.0);
        loss
    });
    let found = found.expect("losses");
    assert_eq!((found.stop, found.iterations, x), (Stop::LineSearch, 0, [5.0, 1.0]));
    let nothing = Lbfgs::new().minimize(&mut [] as &mut [f64], half).expect("nothing");
    assert_eq!(nothing.stop, Stop::Gradient);
}

#[test]
fn errors_leave_the_numbers_of_the_last_iteration() {
    let mut x = [-1.2, 1.0];
    let some = Lbfgs::new().iterations(5);
    some.minimize(&mut x, |x, gradient| Ok(rosenbrock(x, gradient))).expect("losses");
    let (mut again, mut losses) = ([-1.2, 1.0], Vec::new());
    let failed = Lbfgs::new().minimize(&mut again, |x, gradient| {
        let loss = rosenbrock(x, gradient);
        // Smaller losses than after five iterations are not to be had.
        if loss < rosenbrock(&[-1.0, 1.0], &mut [0.0; 2]) - 3.5 { Err(Error::EmptyData) } else { Ok(loss) }
            .inspect(|&loss| losses.push((x.to_vec(), loss)))
    });
    assert!(matches!(failed, Err(Error::EmptyData)));
    let loss = rosenbrock(&again, &mut [0.0; 2]);
    assert!(losses.iter().any(|(x, _)| x[..] == again), "{again:?}");
    assert!(losses.iter().all(|&(_, other)| other >= loss), "{loss}: {losses:?}");

    for odd in [f64::NAN, f64::INFINITY] {
        let error = Lbfgs::new().minimize(&mut [1.0], |_: &[f64], _| Ok(odd)).expect_err("no loss");
        assert!(matches!(&error, Error::NonFinite { what, .. } if what == "the loss"), "{error}");
        let error = Lbfgs::new().minimize(&mut [1.0, 2.0], |_: &[f64], gradient| {
            gradient[1] = odd;
            Ok(1.0)
        });
        let error = error.expect_err("no gradient");
        assert!(matches!(&error, Error::NonFinite { what, .. } if what == "the gradient"), "{error}");
    }
}

#[test]
fn options_are_checked() {
    assert!(matches!(Lbfgs::new().history(0), Err(Error::Option { .. })));
    for tolerance in [-1e-9, f64::NAN, f64::INFINITY] {
        assert!(matches!(Lbfgs::new().gradient_tolerance(tolerance), Err(Error::Option { .. })));
        assert!(matches!(Lbfgs::new().loss_tolerance(tolerance), Err(Error::Option { .. })));
    }
    assert_eq!(Lbfgs::new(), Lbfgs::default());
}

network! {
    struct Small { INPUT[3x3x1] -> CONV3-4 -> TANH -> FC6 -> TANH -> FC3 }
}

const IMAGES: usize = 24;

/// The loss of a whole set, and its gradient, at parameters.
fn full_batch() -> impl FnMut(&[f64], &mut [f64]) -> Result<f64, Error> {
    let mut network = Small::<f64>::new(3, &Initialization::default()).expect("a network");
    let mut workspace = TrainingWorkspace::of(&network, IMAGES).expect("a workspace");
    let images =
        Array4::from_shape_fn((IMAGES, 3, 3, 1), |(n, y, x, _)| ((5 * n + 3 * y + 2 * x) as f64).sin());
    let labels: Vec<usize> = (0..IMAGES).map(|image| (image * image) % 3).collect();
    move |x, gradient| {
        network.parameters_mut().as_mut_slice().copy_from_slice(x);
        let loss = Softmax::default();
        let value = network.gradients(
            images.view(),
            &labels[..],
            &loss,
            &mut workspace,
            Step::default(),
            &mut Unobserved,
        )?;
        // L2 of 0.01, so that there is a minimum not far away.
        let numbers = gradient.iter_mut().zip(workspace.gradients().as_slice()).zip(x);
        numbers.for_each(|((gradient, &by_data), &x)| *gradient = by_data + 1e-2 * x);
        Ok(value.mean + 0.5e-2 * x.iter().map(|x| x * x).sum::<f64>())
    }
}

fn train() -> (Vec<f64>, Minimum) {
    let network = Small::<f64>::new(3, &Initialization::default()).expect("a network");
    let mut x = network.parameters().as_slice().to_vec();
    let lbfgs = Lbfgs::new().iterations(500).loss_tolerance(0.0).expect("a tolerance");
    let found = lbfgs.minimize(&mut x, full_batch()).expect("a minimum");
    (x, found)
}

/// It comes to a minimum, and in as many evaluations farther down than Adam does.
#[test]
fn a_network_comes_to_a_minimum() {
    let (x, found) = train();
    assert!(found.stop == Stop::Gradient && found.gradient <= 1e-5, "{found:?}");
    let (mut evaluate, mut gradient) = (full_batch(), vec![0.0; x.len()]);
    assert_eq!(evaluate(&x, &mut gradient).expect("a loss"), found.loss);

    let network = Small::<f64>::new(3, &Initialization::default()).expect("a network");
    let (mut at, mut gradients) = (network.parameters().clone(), network.parameters().clone());
    let first = evaluate(at.as_slice(), &mut gradient).expect("a loss");
    let mut adam = Adam::new(0.01).expect("a rate");
    for _ in 1..found.evaluations {
        evaluate(at.as_slice(), gradients.as_mut_slice()).expect("a loss");
        adam.update(&mut at, &gradients).expect("an update");
    }
    let by_adam = evaluate(at.as_slice(), &mut gradient).expect("a loss");
    assert!(found.loss < by_adam && by_adam < first, "{found:?}, {by_adam} by Adam, {first} at first");
}

#[cfg(feature = "threads")]
#[test]
fn threads_do_not_matter() {
    let in_pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(train)
    };
    let one = in_pool(1);
    assert_eq!(one, in_pool(2));
    assert_eq!(one, in_pool(4));
}
