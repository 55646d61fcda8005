//! Workspaces whose memory is full of NaN, left there by a batch of before, compute what fresh ones do.

use convnet::layers::{Algorithms, ConvolutionAlgorithm, DenseAlgorithm};
use convnet::losses::Softmax;
use convnet::workspace::{InferenceWorkspace, TrainingWorkspace};
use convnet::{Initialization, Network, Statistics, Step, Unobserved, network};
use ndarray::{Array4, ArrayView4};

network! {
    /// Every layer.
    struct Zoo {
        INPUT[28x28x1] -> CONV3-8 nobias -> BN -> PRELU -> CONV3-9 -> RELU -> CONV1-8 -> MAXOUT2 -> LRN
        -> ADD{ CONV3-4 g2 -> RELU -> DROPOUT(keep=0.7) -> CONV3-4 | ID } -> ELU
        -> CAT{ CONV1-4 -> SIGMOID | POOL3 s1 p1 -> CONV1-4 -> TANH | LRELU }
        -> STOCHPOOL2 -> FRACPOOL(1.41) -> LOCAL3-4 -> L2POOL3 -> FC30 dropconnect(keep=0.6) -> RELU -> FC10
    }
}

const BATCH: usize = 5;

/// The workspaces of one network.
struct Workspaces {
    training: TrainingWorkspace<f64>,
    inference: InferenceWorkspace<f64>,
}

impl Workspaces {
    fn new(algorithms: Algorithms) -> Self {
        let architecture = Zoo::<f64>::ARCHITECTURE;
        let training = TrainingWorkspace::with_algorithms(architecture, BATCH, algorithms);
        let inference = InferenceWorkspace::with_algorithms(architecture, BATCH, algorithms);
        Self { training: training.expect("a workspace"), inference: inference.expect("a workspace") }
    }

    /// Everything that a step and an inference compute, as bits.
    fn compute(&mut self, network: &mut Zoo<f64>, images: ArrayView4<'_, f64>) -> Vec<u64> {
        let labels: Vec<usize> = (0..images.dim().0).collect();
        let step = Step { statistics: Statistics::Frozen, ..Step::default() };
        let Self { training, inference } = self;
        let loss = network
            .gradients(images, &labels[..], &Softmax::default(), training, step, &mut Unobserved)
            .expect("a step even of NaN: the images are finite");
        let mut numbers = vec![loss.mean];
        numbers.extend(network.input_gradient(training).expect("gradients"));
        numbers.extend(training.scores());
        numbers.extend(training.gradients().as_slice());
        numbers.extend(network.infer(images, inference, &mut Unobserved).expect("scores"));
        numbers.into_iter().map(f64::to_bits).collect()
    }
}

#[test]
fn nan_of_a_batch_before_does_not_leak() {
    let images = Array4::from_shape_fn((BATCH, 28, 28, 1), |(n, y, x, _)| ((n + y * x) % 9) as f64 / 9.0);
    let mut network = Zoo::<f64>::new(3, &Initialization::default()).expect("a network");
    let parameters = network.parameters().as_slice().to_vec();
    let forced = ConvolutionAlgorithm::ALL.map(|by| Algorithms::CHOSEN.convolution(by));
    let forced = forced.into_iter().chain(DenseAlgorithm::ALL.map(|by| Algorithms::CHOSEN.dense(by)));
    for algorithms in forced.chain([Algorithms::CHOSEN]) {
        for count in [BATCH, 1, 3] {
            let images = images.slice(ndarray::s![..count, .., .., ..]);
            let fresh = Workspaces::new(algorithms).compute(&mut network, images);
            assert!(fresh.iter().all(|&bits| f64::from_bits(bits).is_finite()));

            let mut stale = Workspaces::new(algorithms);
            network.parameters_mut().as_mut_slice().fill(f64::NAN);
            let spoilt = stale.compute(&mut network, images);
            assert!(spoilt.iter().filter(|&&bits| f64::from_bits(bits).is_nan()).count() * 10 > spoilt.len());
            network.parameters_mut().as_mut_slice().copy_from_slice(&parameters);
            assert!(stale.compute(&mut network, images) == fresh, "{algorithms:?}, {count} images");
        }
    }
}
