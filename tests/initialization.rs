//! What parameters begin as: the statistics of every kind of weights, what overrides what, and what is refused.

use convnet::{Parameters, network, prelude::*};
use ndarray::{Array4, ArrayView1};

network! {
    /// Grouped and locally connected layers, whose fans differ.
    struct Mixed {
        INPUT[12x12x8] -> CONV3-64 g2 -> RELU -> POOL2 -> LOCAL3-6 -> PRELU -> FC100 -> BN -> FC10 nobias
    }
}

fn made<N: Network>(initialization: &Initialization) -> N {
    N::new(7, initialization).expect("options in range")
}

fn tensor(parameters: &Parameters<f64>, name: &str) -> Vec<f64> {
    parameters.get(name).expect("a tensor").iter().copied().collect()
}

fn weights(of: Weights, name: &str) -> Vec<f64> {
    tensor(made::<Mixed<f64>>(&Initialization::new(of)).parameters(), name)
}

/// Fan-in and fan-out of the layers of `Mixed`: taps, and filters of a group times their area.
const FANS: [(&str, usize, usize); 3] =
    [("conv1.weights", 36, 288), ("local1.weights", 576, 54), ("fc1.weights", 216, 100)];

/// Checks numbers that should be normal: mean, variance and fourth moment, each within 5 of its own deviations.
fn assert_normal(numbers: &[f64], variance: f64) {
    let count = numbers.len() as f64;
    let moment = |power: i32| numbers.iter().map(|x| (x / variance.sqrt()).powi(power)).sum::<f64>() / count;
    // The variances of x, x^2 and x^4, whose means are 0, 1 and 3, are 1, 2 and 96.
    for (power, mean, spread) in [(1, 0.0, 1.0_f64), (2, 1.0, 2.0), (4, 3.0, 96.0)] {
        let (found, bound) = (moment(power), 5.0 * (spread / count).sqrt());
        assert!((found - mean).abs() < bound, "moment {power} is {found}, not within {bound} of {mean}");
    }
}

#[test]
fn variances() {
    for (name, fan_in, fan_out) in FANS {
        let (fan_in, fan_out) = (fan_in as f64, fan_out as f64);
        assert_normal(&weights(Weights::default(), name), 2.0 / fan_in);
        assert_normal(&weights(Weights::He, name), 2.0 / fan_in);
        assert_normal(&weights(Weights::Calibrated, name), 1.0 / fan_in);
        assert_normal(&weights(Weights::Glorot, name), 2.0 / (fan_in + fan_out));
        assert_normal(&weights(Weights::SMALL, name), 1e-4);
        assert_normal(&weights(Weights::Gaussian(3.0), name), 9.0);
        assert!(weights(Weights::Zeros, name).iter().all(|&weight| weight == 0.0));
    }
}

/// A check of statistics that cannot fail would be none.
#[test]
#[should_panic(expected = "moment 2")]
fn another_variance_is_found() {
    assert_normal(&weights(Weights::He, "fc1.weights"), 1.1 * 2.0 / 216.0);
}

#[test]
fn fans_of_tensors() {
    let tensors = || <Mixed<f64> as Network>::ARCHITECTURE.tensors();
    for (name, fan_in, fan_out) in FANS {
        let tensor = tensors().find(|tensor| tensor.is_named(name)).expect("a tensor");
        assert_eq!((tensor.fan_in, tensor.fan_out), (fan_in, fan_out), "{name}");
    }
    assert!(tensors().all(|tensor| tensor.role.name() == "weights" || tensor.fan_out == 1));
}

/// Each neuron has exactly so many inputs, or all, by normal weights.
#[test]
fn sparse_neurons() {
    for (name, fan_in, _) in FANS {
        for (inputs, deviation, connected) in [(10, 0.01, 10), (1, 2.0, 1), (100_000, 1.0, fan_in)] {
            let weights = weights(Weights::Sparse { inputs, deviation }, name);
            let count = |neuron: &[f64]| neuron.iter().filter(|weight| **weight != 0.0).count();
            assert!(weights.chunks_exact(fan_in).all(|neuron| count(neuron) == connected), "{name} {inputs}");
            let others: Vec<_> = weights.into_iter().filter(|&weight| weight != 0.0).collect();
            assert_normal(&others, deviation * deviation);
        }
    }
    assert_eq!(Weights::SPARSE, Weights::Sparse { inputs: 10, deviation: 0.01 });
}

/// Neighbours have different inputs, and every input is as likely: by the chi-square statistic over the inputs, within 5 of
/// its deviations.
#[test]
fn inputs_of_sparse_neurons_are_drawn() {
    for (name, fan_in, _) in FANS {
        let weights = weights(Weights::SPARSE, name);
        let inputs = |neuron: &[f64]| neuron.iter().map(|&weight| weight != 0.0).collect::<Vec<_>>();
        let all: Vec<_> = weights.chunks_exact(fan_in).map(inputs).collect();
        assert!(all.windows(2).all(|two| two[0] != two[1]), "{name}");
        let expected = 10.0 * all.len() as f64 / fan_in as f64;
        let hits = |input: usize| all.iter().filter(|neuron| neuron[input]).count() as f64;
        let statistic: f64 = (0..fan_in).map(|i| (hits(i) - expected).powi(2) / expected).sum();
        let fan_in = fan_in as f64;
        assert!(statistic < fan_in + 5.0 * (2.0 * fan_in).sqrt(), "{name}: {statistic}");
    }
}

/// A name overrides a kind, a kind what holds for all; the last word on a name counts.
#[test]
fn what_overrides_what() {
    let initialization = Initialization::new(Weights::Gaussian(1.0))
        .convolution(Weights::Gaussian(2.0))
        .local(Weights::Gaussian(3.0))
        .fully_connected(Weights::Gaussian(4.0))
        .layer("fc1", Weights::Zeros)
        .layer("fc1", Weights::Gaussian(5.0))
        .bias(0.01)
        .layer_bias("local1", -2.0);
    let network = made::<Mixed<f64>>(&initialization);
    let expected = [("conv1", 4.0), ("local1", 9.0), ("fc1", 25.0), ("fc2", 16.0)];
    for (layer, variance) in expected {
        assert_normal(&tensor(network.parameters(), &format!("{layer}.weights")), variance);
    }
    for (layer, bias) in [("conv1", 0.01), ("local1", -2.0), ("fc1", 0.01)] {
        let biases = tensor(network.parameters(), &format!("{layer}.bias"));
        assert!(!biases.is_empty() && biases.iter().all(|&found| found == bias), "{layer}: {biases:?}");
    }
    let rest = [("prelu1.slope", 0.25), ("bn1.scale", 1.0), ("bn1.shift", 0.0)];
    for (name, value) in rest {
        assert!(tensor(network.parameters(), name).iter().all(|&number| number == value), "{name}");
    }
    let general = made::<Mixed<f64>>(&Initialization::new(Weights::Gaussian(1.0)));
    FANS.iter().for_each(|(name, ..)| assert_normal(&tensor(general.parameters(), name), 1.0));
}

/// Names of layers in blocks and branches are paths.
#[test]
fn layers_in_blocks() {
    network! {
        block plain(k) = ADD{ CONV3-(k) -> RELU | ID };
        struct Blocks { INPUT[6x6x4] -> plain(4) -> plain(4) -> FC5 }
    }
    let initialization = Initialization::default().layer("plain2.add1.b1.conv1", Weights::Zeros);
    let network = made::<Blocks<f64>>(&initialization);
    let is_zero = |name: &str| tensor(network.parameters(), name).iter().all(|&weight| weight == 0.0);
    assert!(is_zero("plain2.add1.b1.conv1.weights") && !is_zero("plain1.add1.b1.conv1.weights"));
}

/// The same seed gives the same bits, in every kind; another seed others; the default is He's, with the bits that it has
/// always had.
#[test]
fn seeds() {
    let kinds = [Weights::SMALL, Weights::Calibrated, Weights::Glorot, Weights::He, Weights::SPARSE];
    for of in kinds {
        let initialization = Initialization::new(of);
        let parameters = |seed| {
            let network: Mixed = Network::new(seed, &initialization).expect("options in range");
            network.parameters().as_slice().to_vec()
        };
        assert_eq!(parameters(7), parameters(7), "{of:?}");
        assert_ne!(parameters(7), parameters(8), "{of:?}");
    }
    assert_eq!(
        Mixed::new(7).parameters().as_slice(),
        made::<Mixed<f32>>(&Initialization::new(Weights::He)).parameters().as_slice()
    );
    network! { struct Pinned { INPUT[9x9x4] -> CONV3-8 g2 -> BN -> RELU -> LOCAL3-4 -> PRELU -> FC6 } }
    let first = &tensor(made::<Pinned<f64>>(&Initialization::default()).parameters(), "fc1.weights")[..2];
    let golden = [0.027_402_821_350_176_555, -0.037_206_119_148_695_205];
    assert!(first.iter().zip(golden).all(|(found, golden)| (found - golden).abs() < 1e-15), "{first:?}");
}

/// What a layer gets depends neither on the layers behind it, nor on those without parameters, nor on how others begin.
#[test]
fn layers_do_not_depend_on_others() {
    network! {
        struct Short { INPUT[8x8x3] -> CONV3-8 -> FC5 }
        struct Long { INPUT[8x8x3] -> CONV3-8 -> RELU -> DROPOUT(keep=0.5) -> FC5 -> TANH -> FC7 -> FC5 }
    }
    for of in [Weights::He, Weights::Glorot, Weights::SPARSE] {
        let short = made::<Short<f64>>(&Initialization::new(of));
        let others = Initialization::new(of).layer("fc2", Weights::Zeros).layer_bias("fc3", 1.0);
        let long = made::<Long<f64>>(&others);
        for name in ["conv1.weights", "fc1.weights", "fc1.bias"] {
            assert_eq!(tensor(short.parameters(), name), tensor(long.parameters(), name), "{name} {of:?}");
        }
        let first_is_small = made::<Short<f64>>(&Initialization::new(of).layer("conv1", Weights::SMALL));
        let fc1 = |network: &Short<f64>| tensor(network.parameters(), "fc1.weights");
        assert_eq!(fc1(&first_is_small), fc1(&short), "{of:?}");
    }
}

#[test]
fn mistakes_are_explained() {
    let says = |initialization: Initialization| {
        let made: Result<Mixed, Error> = Network::new(1, &initialization);
        made.expect_err("a mistake").to_string()
    };
    let he = Initialization::default;
    assert_eq!(
        says(he().layer("fc3", Weights::Zeros)),
        "network `Mixed` has no layer with weights `fc3`: did you mean `fc1`?"
    );
    assert_eq!(
        says(he().layer_bias("readout", 0.0)),
        "network `Mixed` has no layer with biases `readout`: it has conv1, local1, fc1"
    );
    assert_eq!(
        says(he().layer("relu1", Weights::Zeros)),
        "network `Mixed` has no layer with weights `relu1`: it has conv1, local1, fc1, fc2"
    );
    assert_eq!(
        says(he().layer_bias("fc2", 0.1)),
        "network `Mixed` has no layer with biases `fc2`: did you mean `fc1`?"
    );
    // The last two are an infinity and 0 in f32.
    for deviation in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
        let expected = "a finite number above 0, in the network's scalar too";
        assert!(says(Initialization::new(Weights::Gaussian(deviation))).ends_with(expected));
        assert!(says(he().local(Weights::Sparse { inputs: 3, deviation })).ends_with(expected));
        assert!(says(he().layer("fc1", Weights::Gaussian(deviation))).ends_with(expected));
    }
    assert_eq!(
        says(he().fully_connected(Weights::Sparse { inputs: 0, deviation: 1.0 })),
        "the number of inputs of `Weights::Sparse` is 0: at least 1"
    );
    for bias in [f64::NAN, f64::INFINITY, 1e39] {
        let expected = "a finite number, in the network's scalar too";
        assert!(says(he().bias(bias)).ends_with(expected));
        assert!(says(he().layer_bias("fc1", bias)).ends_with(expected));
    }
}

network! { struct Hidden { INPUT[3x3x2] -> FC6 -> RELU -> FC3 } }

/// Trains a network with one hidden layer; gives the weights into its neurons, a row each.
fn trained(initialization: &Initialization) -> ndarray::Array2<f64> {
    let network = made::<Hidden<f64>>(initialization);
    let mut trainer = Trainer::new(network, Sgd::new(0.1).expect("a rate"), 12, 1).expect("a trainer");
    let images =
        Array4::from_shape_fn((12, 3, 3, 2), |(n, y, x, d)| ((5 * n + 3 * y + 7 * x + d) as f64).sin());
    let labels: Vec<usize> = (0..12).map(|image| image * image % 3).collect();
    for _ in 0..50 {
        trainer.step(images.view(), &labels).expect("a step");
    }
    trainer.into_network().fc1().weights().to_owned()
}

/// The notes' pitfall: neurons that begin equal have the same gradients, and stay equal for ever.
#[test]
fn neurons_that_begin_with_zeros_stay_equal() {
    let weights = trained(&Initialization::new(Weights::Zeros).bias(0.01));
    let first = weights.row(0);
    let largest = |row: ArrayView1<'_, f64>| row.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    assert!(largest(first) > 1e-3, "they were trained: {first}");
    for row in weights.outer_iter() {
        assert!(largest((&row - &first).view()) < 1e-12 * largest(first), "{row} for {first}");
    }
    // Where chance breaks the symmetry they come to differ.
    let weights = trained(&Initialization::new(Weights::SMALL).bias(0.01));
    let first = weights.row(0);
    for row in weights.outer_iter().skip(1) {
        assert!(largest((&row - &first).view()) > 0.1 * largest(first), "{row} for {first}");
    }
}
