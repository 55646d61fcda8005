//! After the first step, a training step and an inference allocate nothing.

#![allow(unsafe_code, reason = "a global allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use convnet::data::{Augmentation, Augmenter, Batches, Preprocess, Subset, TrainingSet};
use convnet::{inference::StochasticInference, network, prelude::*};
use ndarray::Array4;

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is the system's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

network! {
    struct Digits {
        INPUT[28x28x1] -> CONV5-8 -> RELU -> POOL2 -> CONV3-16 g2 -> RELU -> AVGPOOL2 -> CONV1-12 -> RELU
        -> FC60 -> RELU -> FC10
    }

    /// Every other layer.
    struct Zoo {
        INPUT[28x28x1] -> CONV3-8 nobias -> BN -> PRELU -> CONV1-8 -> MAXOUT2 -> LRN
        -> ADD{ CONV3-4 -> RELU -> DROPOUT(keep=0.7) -> CONV3-4 | ID } -> ELU
        -> CAT{ CONV1-4 -> SIGMOID | POOL3 s1 p1 -> CONV1-4 -> TANH | LRELU }
        -> STOCHPOOL2 -> FRACPOOL(1.41) -> LOCAL3-4 -> L2POOL3 -> FC30 dropconnect(keep=0.6) -> RELU -> FC10
    }
}

const BATCH: usize = 32;

/// Allocations of 20 steps and 20 inferences, after the first of each; batches of several sizes, with class weights, and a
/// workspace that records the loss of each image.
fn allocations<N>(mut network: N, optimizer: impl Optimizer<f32>) -> usize
where
    N: Network<Scalar = f32, Loss = Softmax> + Clone,
{
    let loss = Softmax::new(0.1).expect("smoothing").with_class_weights(&[2.0; 10]).expect("weights");
    network.loss_mut().clone_from(&loss);
    let mut recorded = network.clone();
    let mut recording = TrainingWorkspace::of(&recorded, BATCH).expect("a workspace");
    recording.record_image_losses(true);
    let images = Array4::from_shape_fn((BATCH, 28, 28, 1), |(n, y, x, _)| ((n + y * x) % 9) as f32 / 9.0);
    let labels: Vec<usize> = (0..BATCH).map(|image| image % 10).collect();
    let trainer = Trainer::new(network, optimizer, BATCH, 1).expect("a trainer");
    let penalty = Penalty::elastic_net(1e-5, 1e-4).and_then(|penalty| penalty.with_max_norm(3.0));
    let mut trainer = trainer.with_regularization(penalty.expect("options")).expect("no names");
    let mut workspace = InferenceWorkspace::of(trainer.network(), BATCH).expect("a workspace");
    let mut both = |count: usize| {
        let images = images.slice(ndarray::s![..count, .., .., ..]);
        trainer.step(images, &labels[..count]).expect("a step");
        let scores = trainer.network().infer(images, &mut workspace, &mut Unobserved).expect("scores");
        assert!(scores.iter().all(|score| score.is_finite()));
        let step = Step::default();
        recorded
            .gradients(images, &labels[..count], &loss, &mut recording, step, &mut Unobserved)
            .expect("gradients");
        assert_eq!(recording.image_losses().map(<[f32]>::len), Some(count));
    };
    both(BATCH);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for step in 0..20 {
        both([BATCH, 1, 7, BATCH][step % 4]);
    }
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

/// Allocations of 20 inferences of the folded network and of 20 averages over passes, after the first of each.
fn inference_allocations(network: Zoo) -> usize {
    let images = Array4::from_shape_fn((BATCH, 28, 28, 1), |(n, y, x, _)| ((n + y * x) % 9) as f32 / 9.0);
    let mut passes = StochasticInference::of(&network, BATCH, 2, 1).expect("memory");
    let folded = network.clone().into_inference().expect("a network");
    let mut workspace = folded.workspace(BATCH).expect("a workspace");
    let mut both = |count: usize| {
        let images = images.slice(ndarray::s![..count, .., .., ..]);
        let scores = folded.infer(images, &mut workspace, &mut Unobserved).expect("scores");
        assert!(scores.iter().all(|score| score.is_finite()));
        let averages = passes.infer(&network, images).expect("averages");
        assert!(averages.mean.iter().all(|score| score.is_finite()));
    };
    both(BATCH);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for step in 0..20 {
        both([BATCH, 1, 7, BATCH][step % 4]);
    }
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

/// Allocations of five epochs of batches, of all images of a data set and of some.
fn batch_allocations() -> usize {
    let images = Array4::from_shape_fn((100, 9, 7, 3), |(n, ..)| u8::try_from(n).expect("below 256"));
    let data = LabelledImages::new(images, (0..100).map(|n| n % 4).collect(), 4).expect("labels below 4");
    let scaling = Scaling::fit(&data).expect("images in memory");
    let some = Subset::new(std::sync::Arc::new(data.clone()), (20..90).collect()).expect("there are such");
    let [mut all, mut some] =
        [&data as &dyn Dataset, &some].map(|data| Batches::<f32>::new(data, &scaling, 32).expect("batches"));
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for epoch in 0..5 {
        for batches in [&mut all, &mut some] {
            batches.shuffle(1, epoch);
            while let Some((images, labels)) = batches.next().expect("images in memory") {
                assert_eq!(images.dim().0, labels.len());
            }
        }
    }
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

/// Allocations of augmenting and preprocessing images, once what does so is made.
fn data_allocations() -> usize {
    let images = Array4::from_shape_fn((9, 6, 5, 3), |(n, h, w, d)| {
        u8::try_from(20 * n + 9 * h + w + d).expect("bytes")
    });
    let data = TrainingSet::new(LabelledImages::new(images, vec![0; 9], 1).expect("a data set"));
    let augmentation = Augmentation::new().flip(0.5).and_then(|a| a.crop(2)).and_then(|a| a.rotate(20.0));
    let augmentation = augmentation.and_then(|a| a.colours(0.5, 0.5, 0.5)).and_then(|a| a.cutout(3, 128));
    let mut augmenter = Augmenter::new(&augmentation.expect("options"), [6, 5, 3], 1).expect("an augmenter");
    let projection = Preprocess::RandomProjection { dimensions: 4, seed: 1 };
    let recipes = [Preprocess::ONE_MEAN, Preprocess::MEAN_PER_CHANNEL, projection];
    let fitted = recipes.map(|recipe| recipe.fit(&data).expect("a preprocessing"));
    let (mut image, mut numbers) = ([7; 90], [0.0_f32; 90]);
    let mut prepare = |index| {
        augmenter.augment(&mut image, 0, index);
        for fitted in &fitted {
            fitted.apply(&image, &mut numbers[..fitted.output_shape().iter().product()]);
        }
    };
    // The first time, the tier of instructions is looked up.
    prepare(0);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    (1..20).for_each(prepare);
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

/// One test, so that no other thread of this process allocates meanwhile.
#[test]
fn steps_inferences_and_batches_allocate_nothing() {
    // These need no pool, whose threads may still be ending, and allocate while they do. What the test's own harness allocates
    // meanwhile, it does not every time.
    let fewest = |allocations: fn() -> usize| (0..5).map(|_| allocations()).min();
    assert_eq!(fewest(batch_allocations), Some(0), "batches");
    assert_eq!(fewest(data_allocations), Some(0), "augmented and preprocessed");
    let momentum = || Momentum::new(0.001, 0.9).expect("options");
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    // Inside a pool nothing is queued: not one allocation, whatever its size.
    for threads in [1, 2, 4] {
        let pool = pool(threads);
        pool.install(|| allocations(Digits::new(1), momentum()));
        assert_eq!(pool.install(|| allocations(Digits::new(1), momentum())), 0, "{threads} threads");
        assert_eq!(
            pool.install(|| allocations(Zoo::new(1), Adam::new(0.001).expect("a rate"))),
            0,
            "{threads} threads, every layer"
        );
        assert_eq!(
            pool.install(|| inference_allocations(Zoo::new(1))),
            0,
            "{threads} threads, folded and averaged"
        );
    }
    // From outside, the pool is entered once a step of either kind, once an inference and once an update. Its queue
    // (crossbeam's injector) takes a block of memory for every 63 entries, and rayon may put a thread to sleep and wake
    // it: 80 entries here take two blocks at most.
    allocations(Digits::new(1), momentum());
    let outside = allocations(Digits::new(1), momentum());
    assert!(outside <= 2, "{outside} allocations from outside the pool");
}
