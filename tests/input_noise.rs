//! Gaussian noise on the images of training steps.

use convnet::losses::L2;
use convnet::workspace::TrainingWorkspace;
use convnet::{Error, Network, Step, Unobserved, network};
use ndarray::{Array4, ArrayView4};

network! {
    /// Its only layer multiplies each pixel by the weight 1: its output is what it was given.
    struct Mirror { INPUT[40x50x1] -> CONV1-1 nobias -> L2 }
    struct Linear { INPUT[3x2x2] -> FC4 -> L2 }
}

const DEVIATION: f64 = 0.3;

fn step(seed: u64, number: u64) -> Step {
    Step { seed, number, ..Step::default() }
}

/// The noise that ten equal images get.
fn noise(deviation: f64, step: Step) -> Array4<f32> {
    let mut network = Mirror::new(1);
    network.parameters_mut().as_mut_slice().fill(1.0);
    let images = Array4::from_elem((10, 50, 40, 1), 0.5);
    let targets = vec![0.0; images.len()];
    let mut workspace = TrainingWorkspace::of(&network, 10).expect("a workspace");
    workspace.set_input_noise(deviation).expect("a deviation");
    let mut noise = Array4::zeros(images.dim());
    let mut see = |_: &str, volume: ArrayView4<'_, f32>| noise = &volume - &images;
    network.gradients(images.view(), &targets[..], &L2, &mut workspace, step, &mut see).expect("gradients");
    noise
}

#[test]
fn it_is_gaussian() {
    let noise = noise(DEVIATION, step(1, 0)).mapv(f64::from);
    let count = noise.len() as f64;
    let moment = |power| noise.iter().map(|noise| (noise / DEVIATION).powi(power)).sum::<f64>() / count;
    // Of 20,000 numbers: the mean is known to 1/141, the square to 1/100, the fourth power, 3, to 1/14.
    assert!(moment(1).abs() < 0.03, "{}", moment(1));
    assert!((moment(2) - 1.0).abs() < 0.04, "{}", moment(2));
    assert!((moment(4) - 3.0).abs() < 0.3, "{}", moment(4));
}

#[test]
fn images_steps_and_seeds_differ() {
    let first = noise(DEVIATION, step(1, 0));
    assert_eq!(first, noise(DEVIATION, step(1, 0)));
    assert_ne!(first, noise(DEVIATION, step(1, 1)));
    assert_ne!(first, noise(DEVIATION, step(2, 0)));
    let image = |index| first.index_axis(ndarray::Axis(0), index);
    assert_ne!(image(0), image(1));
    assert!(noise(0.0, step(1, 0)).iter().all(|&noise| noise == 0.0));
}

#[cfg(feature = "threads")]
#[test]
fn threads_do_not_matter() {
    let in_pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| noise(DEVIATION, step(1, 0)))
    };
    assert_eq!(in_pool(1), in_pool(4));
}

/// Bishop 1995: on a linear layer and the squared loss it adds `deviation^2 * sum of W^2` on average.
#[test]
fn it_acts_as_a_penalty() {
    let mut network = Linear::<f64>::new(3, &convnet::Initialization::default()).expect("a network");
    let images = Array4::from_shape_fn((50, 2, 3, 2), |(n, y, x, d)| ((n + 2 * y + 3 * x + d) % 5) as f64);
    let targets = vec![0.5; 50 * 4];
    let mut workspace = TrainingWorkspace::of(&network, 50).expect("a workspace");
    let mut loss = |network: &mut Linear<f64>, number, deviation| {
        workspace.set_input_noise(deviation).expect("a deviation");
        let step = step(1, number);
        network
            .gradients(images.view(), &targets[..], &L2, &mut workspace, step, &mut Unobserved)
            .expect("gradients")
            .mean
    };
    let without = loss(&mut network, 0, 0.0);
    let with = (0..400).map(|number| loss(&mut network, number, DEVIATION)).sum::<f64>() / 400.0;
    let squares: f64 = network.fc1().weights().iter().map(|weight| weight * weight).sum();
    let expected = DEVIATION * DEVIATION * squares;
    assert!(((with - without) / expected - 1.0).abs() < 0.2, "{} for {expected}", with - without);
}

#[test]
fn deviations_out_of_range_are_errors() {
    let mut workspace = TrainingWorkspace::of(&Mirror::new(1), 1).expect("a workspace");
    for deviation in [-0.1, f64::NAN, f64::INFINITY, 1e300] {
        let error = workspace.set_input_noise(deviation).expect_err("no deviation");
        assert!(matches!(error, Error::Option { option: "input noise", .. }), "{error}");
    }
}
