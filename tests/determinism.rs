//! The same seed gives the same bits, whatever the number of threads.

use convnet::data::{Scaling, Subset, idx};
use convnet::{network, prelude::*};
use ndarray::Array4;

network! {
    struct LeNet {
        INPUT[28x28x1] -> CONV5-6 -> RELU -> POOL2 -> CONV5-16 p0 -> RELU -> POOL2
        -> FC120 -> RELU -> FC84 -> RELU -> FC10
    }

    /// Large enough that every layer is shared among threads.
    struct Wide {
        INPUT[32x32x3] -> [CONV3-32 -> RELU]*2 -> POOL2 -> CONV3-64 g2 -> RELU -> AVGPOOL2 -> CONV1-40 -> RELU
        -> CONV3-40 g40 -> RELU -> CONV5-6 p0 -> RELU
        -> FC200 -> RELU -> FC10
    }

    /// Every other layer, those that draw among them.
    struct Zoo {
        INPUT[32x32x3] -> CONV3-24 nobias -> BN -> PRELU -> CONV1-24 -> MAXOUT2 -> LRN
        -> ADD{ CONV3-12 -> RELU -> DROPOUT(keep=0.7) -> CONV3-12 | ID } -> ELU
        -> CAT{ CONV1-8 -> SIGMOID | POOL3 s1 p1 -> CONV1-8 -> TANH | LRELU } : [32x32x28]
        -> STOCHPOOL2 -> FRACPOOL(1.41) : [11x11x28] -> LOCAL3-8 -> L2POOL3 s2 -> FC64 dropconnect(keep=0.6) -> RELU -> FC10
    }
}

fn in_pool<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(f)
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// Parameters after an epoch, and how well they do.
fn train_digits() -> (Vec<u32>, [u64; 2]) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist-mini");
    let (training, test) = idx::read_mnist(folder).expect("the digits that ship with the project");
    let few = Subset::new(training.into(), (0..1000).collect()).expect("5,000 digits");
    let scaling = Scaling::fit(&few).expect("images in memory");
    let optimizer = Momentum::new(0.01, 0.9).expect("options");
    let mut trainer = Trainer::new(LeNet::new(7), optimizer, 64, 7).expect("a trainer");
    trainer.epoch(&few, &scaling, |_| {}).expect("an epoch");
    let network = trainer.into_network();
    let result = evaluate(&network, &test, &scaling, 100).expect("an evaluation");
    (bits(network.parameters().as_slice()), [result.accuracy.to_bits(), result.loss.to_bits()])
}

/// Gradients, the input's gradient, scores and state of one step.
fn one_step<N: Network<Scalar = f32>>() -> [Vec<u32>; 4] {
    let mut network = N::new(3, &Initialization::default()).expect("a network");
    let images = Array4::from_shape_fn((20, 32, 32, 3), |(n, y, x, d)| {
        ((n * 31 + y * 7 + x * 3 + d) % 17) as f32 / 8.0 - 1.0
    });
    let labels: Vec<usize> = (0..20).map(|image| image % 10).collect();
    let mut workspace = TrainingWorkspace::of(&network, 24).expect("a workspace");
    network
        .gradients(
            images.view(),
            &labels[..],
            &Softmax::default(),
            &mut workspace,
            Step::default(),
            &mut Unobserved,
        )
        .expect("gradients");
    let by_input = network.input_gradient(&mut workspace).expect("gradients were computed");
    let by_input = bits(by_input.as_slice().expect("standard layout"));
    let mut inference = InferenceWorkspace::of(&network, 20).expect("a workspace");
    let scores = network.infer(images.view(), &mut inference, &mut Unobserved).expect("scores");
    let scores = bits(scores.as_slice().expect("standard layout"));
    [bits(workspace.gradients().as_slice()), by_input, scores, bits(network.state().as_slice())]
}

#[test]
fn training_gives_the_same_bits_on_1_2_4_and_8_threads() {
    let one = in_pool(1, train_digits);
    for threads in [2, 4, 8] {
        assert!(in_pool(threads, train_digits) == one, "{threads} threads");
    }
    assert!(train_digits() == one, "outside any pool of ours");
}

#[test]
fn one_step_gives_the_same_bits_on_1_2_4_and_8_threads() {
    let (wide, zoo) = (in_pool(1, one_step::<Wide>), in_pool(1, one_step::<Zoo>));
    for threads in [2, 3, 4, 8] {
        assert!(in_pool(threads, one_step::<Wide>) == wide, "{threads} threads");
        assert!(in_pool(threads, one_step::<Zoo>) == zoo, "{threads} threads, every layer");
    }
}

/// Some steps of a network whose largest tensor is regularised in many pieces: parameters and the regularisation loss.
fn regularized() -> (Vec<u32>, u64) {
    let images = Array4::from_shape_fn((8, 32, 32, 3), |(n, y, x, d)| ((n + y * x + d) % 9) as f32 / 9.0);
    let labels: Vec<usize> = (0..8).collect();
    let penalty = Penalty::elastic_net(1e-3, 1e-2).and_then(|penalty| penalty.with_max_norm(0.9));
    let trainer = Trainer::new(Wide::new(3), Sgd::new(0.01).expect("a rate"), 8, 1).expect("a trainer");
    let mut trainer = trainer.with_regularization(penalty.expect("options")).expect("no names");
    for _ in 0..3 {
        trainer.step(images.view(), &labels).expect("a step");
    }
    (bits(trainer.network().parameters().as_slice()), trainer.regularization_loss().to_bits())
}

#[test]
fn regularisation_gives_the_same_bits_on_1_2_and_4_threads() {
    let one = in_pool(1, regularized);
    for threads in [2, 4] {
        assert!(in_pool(threads, regularized) == one, "{threads} threads");
    }
    assert!(regularized() == one, "outside any pool of ours");
}

/// A workspace may be made in one pool and used in a larger one.
#[test]
fn a_workspace_serves_any_pool() {
    let network = Wide::new(3);
    let images = Array4::from_elem((4, 32, 32, 3), 0.5_f32);
    let mut workspace = in_pool(1, || InferenceWorkspace::of(&network, 4).expect("a workspace"));
    let scores = |workspace: &mut InferenceWorkspace<f32>| {
        let scores = network.infer(images.view(), workspace, &mut Unobserved).expect("scores");
        bits(scores.as_slice().expect("standard layout"))
    };
    let one = in_pool(1, || scores(&mut workspace));
    assert_eq!(in_pool(4, || scores(&mut workspace)), one);
}

#[test]
fn another_seed_gives_other_bits() {
    assert_ne!(bits(LeNet::new(1).parameters().as_slice()), bits(LeNet::new(2).parameters().as_slice()));
    assert_eq!(bits(LeNet::new(1).parameters().as_slice()), bits(LeNet::new(1).parameters().as_slice()));
}

/// Networks serve several threads at once, by shared reference, each with its own workspace.
#[test]
fn inference_from_several_threads() {
    let network = LeNet::new(5);
    let images = Array4::from_elem((2, 28, 28, 1), 0.25_f32);
    let scores = || {
        let mut workspace = InferenceWorkspace::of(&network, 2).expect("a workspace");
        let scores = network.infer(images.view(), &mut workspace, &mut Unobserved).expect("scores");
        bits(scores.as_slice().expect("standard layout"))
    };
    let expected = scores();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(scores)).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("a thread"), expected);
        }
    });
}
