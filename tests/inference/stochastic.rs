//! `StochasticInference`: the mean of many passes that draw.

use super::{difference, images_of, network, scores};
use convnet::inference::StochasticInference;
use convnet::{Error, Network, network as convolutional};

convolutional! {
    struct Plain { INPUT[6x6x2] -> CONV3-4 -> BN -> RELU -> FC3 }
    /// Linear behind what draws: the mean tends to what inference computes.
    struct Dropped { INPUT[6x6x2] -> CONV3-4 -> BN -> RELU -> DROPOUT(keep=0.5) -> FC3 }
    struct Disconnected { INPUT[4x4x2] -> FC6 dropconnect(keep=0.6) -> FC3 }
    struct Sampled { INPUT[6x6x2] -> CONV3-4 -> SIGMOID -> STOCHPOOL2 -> FC3 }
    struct Fractions { INPUT[9x9x2] -> CONV3-4 -> FRACPOOL(1.5) -> FC3 }
}

/// The mean of `passes` and the largest deviation.
fn averages<N: Network>(passes: usize, seed: u64) -> (f64, f64) {
    let (network, images) = (network::<N>(3), images_of::<N>(4));
    let mut memory = StochasticInference::of(&network, 6, passes, seed).expect("memory");
    let averages = memory.infer(&network, images.view()).expect("averages");
    let expected = scores(&network, images.view());
    let deviation = averages
        .deviation
        .iter()
        .fold(0.0_f64, |most, &deviation| most.max(convnet::Scalar::as_f64(deviation)));
    (difference(expected.view(), averages.mean), deviation)
}

#[test]
fn without_chance_nothing_deviates() {
    assert_eq!(averages::<Plain<f32>>(5, 1), (0.0, 0.0));
    assert_eq!(averages::<Plain<f64>>(5, 1), (0.0, 0.0));
}

#[test]
fn the_mean_tends_to_the_expectation() {
    fn check<N: Network<Scalar = f64>>() {
        const PASSES: usize = 4000;
        let (network, images) = (network::<N>(3), images_of::<N>(4));
        let mut memory = StochasticInference::of(&network, 4, PASSES, 1).expect("memory");
        let averages = memory.infer(&network, images.view()).expect("averages");
        let expected = scores(&network, images.view());
        for ((&mean, &deviation), &expected) in averages.mean.iter().zip(averages.deviation).zip(&expected) {
            // Of a normal distribution one in two million is further off.
            let error = deviation / (PASSES as f64).sqrt();
            assert!(deviation > 0.01, "{}: {deviation}", N::ARCHITECTURE.name());
            assert!(
                (mean - expected).abs() < 5.0 * error,
                "{}: {mean} for {expected}",
                N::ARCHITECTURE.name()
            );
        }
    }
    check::<Dropped<f64>>();
    check::<Disconnected<f64>>();
    check::<Sampled<f64>>();
}

/// By hand: of two numbers each is dropped with probability 1/2, else doubled.
#[test]
fn the_deviation_is_that_of_the_scores() {
    convolutional! { struct Two { INPUT[1x1x2] -> DROPOUT(keep=0.5) -> FC2 nobias } }
    let mut network = Two::new(1);
    network.parameters_mut().as_mut_slice().copy_from_slice(&[3.0, 0.0, 1.0, 2.0]);
    let images = ndarray::Array4::ones((1, 1, 1, 2));
    let mut memory = StochasticInference::of(&network, 1, 20_000, 1).expect("memory");
    let averages = memory.infer(&network, images.view()).expect("averages");
    let close = |found: f32, expected: f32| (found - expected).abs() < 0.05;
    // Scores 3a and a + 2b, where 0 and 2 are equally likely for each: mean 1, variance 1.
    assert!(close(averages.mean[[0, 0, 0, 0]], 3.0) && close(averages.mean[[0, 0, 0, 1]], 3.0));
    assert!(
        close(averages.deviation[[0, 0, 0, 0]], 3.0)
            && close(averages.deviation[[0, 0, 0, 1]], 5.0_f32.sqrt())
    );
}

#[test]
fn regions_are_drawn_anew_for_each_pass() {
    let (_, deviation) = averages::<Fractions<f64>>(50, 1);
    assert!(deviation > 1e-3, "{deviation}");
}

#[test]
fn the_seed_decides() {
    let network = network::<Dropped>(3);
    let images = images_of::<Dropped>(4);
    let mean = |seed| {
        let mut memory = StochasticInference::of(&network, 4, 3, seed).expect("memory");
        // The memory of a batch before leaves no trace.
        memory.infer(&network, images_of::<Dropped>(2).view()).expect("averages");
        memory.infer(&network, images.view()).expect("averages").mean.to_owned()
    };
    assert_eq!(mean(1), mean(1));
    assert_ne!(mean(1), mean(2));
}

#[test]
fn inference_itself_never_draws() {
    let network = network::<Dropped>(3);
    // Equal images, whose draws would differ.
    let image = images_of::<Dropped>(1);
    let images = image.broadcast((4, 6, 6, 2)).expect("four of them");
    let scores = scores(&network, images.view());
    assert!(scores.outer_iter().all(|image| image == scores.index_axis(ndarray::Axis(0), 0)));
}

#[test]
fn no_passes_and_too_many_images_are_errors() {
    let network = network::<Dropped>(3);
    let error = StochasticInference::of(&network, 4, 0, 1).expect_err("no pass");
    assert_eq!(error.to_string(), "passes is 0: at least 1");
    let mut memory = StochasticInference::of(&network, 2, 3, 1).expect("memory");
    let error = memory.infer(&network, images_of::<Dropped>(3).view()).expect_err("too many images");
    assert!(matches!(error, Error::Capacity { images: 3, capacity: 2 }), "{error}");
}
