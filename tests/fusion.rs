//! What is computed together, or kept from batch to batch, gives the bits that it gives one by one.

use convnet::layers::{Algorithms, ConvolutionAlgorithm};
use convnet::losses::Softmax;
use convnet::workspace::{InferenceWorkspace, TrainingWorkspace};
use convnet::{Initialization, Network, Observer, Statistics, Step, Unobserved, network};
use ndarray::{Array4, ArrayView4};

network! {
    /// A RELU behind every layer that does its work, and one of which another branch reads the input.
    struct Fused {
        INPUT[13x11x3] -> CONV3-9 -> RELU -> CONV3-10 s2 p1 floor nobias -> BN -> RELU
        -> ADD{ CONV3-10 -> RELU | RELU } -> RELU -> ADD{ ID | ID } -> RELU
        -> ADD{ CONV1-10 -> BN -> RELU -> CONV1-10 nobias -> BN | ID | ELU } -> RELU -> CONV1-8 -> RELU -> FC5
    }
}

const BATCH: usize = 4;

/// Sees every volume, and counts them.
#[derive(Default)]
struct Counting(Vec<String>);

impl Observer<f64> for Counting {
    fn volume(&mut self, layer: &str, _: ArrayView4<'_, f64>) {
        self.0.push(layer.to_owned());
    }
}

fn network() -> Fused<f64> {
    Network::new(3, &Initialization::default()).expect("a network")
}

fn images() -> Array4<f64> {
    Array4::from_shape_fn((BATCH, 11, 13, 3), |(n, y, x, d)| {
        ((7 * n + 5 * y + 3 * x + d) % 17) as f64 / 8.0 - 1.0
    })
}

fn algorithms() -> impl Iterator<Item = Algorithms> {
    let forced = ConvolutionAlgorithm::ALL.map(|by| Algorithms::CHOSEN.convolution(by));
    forced.into_iter().chain([Algorithms::CHOSEN])
}

fn bits<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    numbers.into_iter().map(|number| number.to_bits()).collect()
}

/// Who looks on sees every layer, one by one.
#[test]
fn an_observer_changes_no_bit() {
    for algorithms in algorithms() {
        let steps = [None, Some(Counting::default())].map(|mut observer| {
            let mut network = network();
            let architecture = Fused::<f64>::ARCHITECTURE;
            let mut workspace =
                TrainingWorkspace::with_algorithms(architecture, BATCH, algorithms).expect("a workspace");
            let labels = [0, 1, 2, 3];
            let step = Step { statistics: Statistics::Frozen, ..Step::default() };
            let see: &mut dyn Observer<f64> = match &mut observer {
                None => &mut Unobserved,
                Some(counting) => counting,
            };
            network
                .gradients(images().view(), &labels[..], &Softmax::default(), &mut workspace, step, see)
                .expect("a step");
            let mut found = bits(workspace.scores());
            found.extend(bits(workspace.gradients().as_slice()));
            let mut workspace =
                InferenceWorkspace::with_algorithms(architecture, BATCH, algorithms).expect("a workspace");
            let see: &mut dyn Observer<f64> = match &mut observer {
                None => &mut Unobserved,
                Some(counting) => counting,
            };
            found.extend(bits(network.infer(images().view(), &mut workspace, see).expect("scores")));
            if let Some(Counting(layers)) = observer {
                assert_eq!(layers.len(), 2 * architecture.layers().len());
            }
            found
        });
        assert_eq!(steps[0], steps[1], "{algorithms:?}");
    }
}

/// Looks at the first layers only.
struct Brief(usize);

impl Observer<f64> for Brief {
    fn is_active(&self) -> bool {
        self.0 > 0
    }

    fn volume(&mut self, _: &str, _: ArrayView4<'_, f64>) {
        self.0 -= 1;
    }
}

/// Who stops looking between a layer and its RELU misses nothing that is computed.
#[test]
fn an_observer_that_has_seen_enough_changes_no_bit() {
    let mut network = network();
    let labels = [0, 1, 2, 3];
    let mut pass = |see: &mut dyn Observer<f64>| {
        let mut training = TrainingWorkspace::of(&network, BATCH).expect("a workspace");
        let step = Step { statistics: Statistics::Frozen, ..Step::default() };
        network
            .gradients(images().view(), &labels[..], &Softmax::default(), &mut training, step, see)
            .expect("a step");
        let mut found = bits(training.gradients().as_slice());
        let mut inference = InferenceWorkspace::of(&network, BATCH).expect("a workspace");
        found.extend(bits(network.infer(images().view(), &mut inference, see).expect("scores")));
        found
    };
    let expected = pass(&mut Unobserved);
    for layers in 1..2 * Fused::<f64>::ARCHITECTURE.layers().len() {
        assert_eq!(pass(&mut Brief(layers)), expected, "{layers} layers seen");
    }
}

/// Filters that a workspace keeps are those of the parameters as they are.
#[test]
fn kept_filters_follow_the_parameters() {
    let architecture = Fused::<f64>::ARCHITECTURE;
    for algorithms in algorithms() {
        let workspace =
            || InferenceWorkspace::with_algorithms(architecture, BATCH, algorithms).expect("a workspace");
        let (mut kept, mut one, mut other) = (workspace(), network(), network());
        other.parameters_mut().as_mut_slice().iter_mut().for_each(|number| *number *= 0.75);
        let mut check = |network: &Fused<f64>| {
            let scores =
                network.infer(images().view(), &mut kept, &mut Unobserved).expect("scores").to_owned();
            let mut fresh = workspace();
            let expected = network.infer(images().view(), &mut fresh, &mut Unobserved).expect("scores");
            assert_eq!(bits(&scores), bits(expected), "{algorithms:?}");
            scores
        };
        let before = check(&one);
        assert_eq!(before, check(&one));
        assert_ne!(before, check(&other));
        assert_eq!(before, check(&one));
        let number = &mut one.parameters_mut().as_mut_slice()[0];
        *number += 0.5;
        assert_ne!(before, check(&one));
        let clone = one.clone();
        assert_eq!(check(&one), check(&clone));
    }
}
