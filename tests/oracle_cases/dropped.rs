//! Networks with DROPOUT, whose masks are data in the oracle and drawn in ours.
//!
//! A draw depends on the seed and on the image's place in its batch. Each image is therefore a batch of its own, with a seed
//! that draws its mask; gradients are averaged over the batches. What is tested is the layer as it is, in its network.

use convnet::geometry::{Architecture, Dropout, LayerKind};
use convnet::layers::RunsInPlace;
use convnet::losses::Loss;
use convnet::{Draw, Network, network};

use crate::case::{Case, Precision};
use crate::compare::{Comparison, algorithms, setup};
use crate::networks::loss;
use crate::run::{Setup, Trained, train};

/// The only layer that drops: where it stands, and itself.
fn dropout(architecture: &Architecture<'_>) -> (usize, Dropout) {
    let layers = architecture.layers().iter().enumerate();
    let dropouts = layers.filter_map(|(index, layer)| match layer.kind {
        LayerKind::Dropout(dropout) => Some((index, dropout)),
        _ => None,
    });
    let [dropout] = dropouts.collect::<Vec<_>>()[..] else { panic!("one layer that drops") };
    dropout
}

/// A seed for which that layer of a batch's first image draws this mask.
fn seed((layer, dropout): (usize, Dropout), mask: &[f64]) -> u64 {
    let mut numbers = vec![0.0; mask.len()];
    let mut draws = |seed| {
        numbers.fill(1.0);
        <f32 as RunsInPlace<Dropout>>::forward(&dropout, &mut numbers, Some(Draw { seed, step: 0, layer }));
        numbers.iter().zip(mask).all(|(&kept, &mask)| (kept > 0.0) == (mask > 0.0))
    };
    (0..10_000_000).find(|&seed| draws(seed)).expect("a seed for every mask")
}

/// Each image of a setup alone, with the seed of its mask.
fn alone(case: &Case, setup: &Setup, dropout: (usize, Dropout)) -> Vec<Setup> {
    let masks = case.numbers(&case.names(&["mask"])[0]);
    let masks: Vec<_> = masks.chunks_exact(dropout.1.volume.count()).collect();
    let images = setup.images.chunks_exact(setup.images.len() / masks.len());
    let alone = images.zip(masks).map(|(image, mask)| Setup {
        images: image.to_vec(),
        seed: seed(dropout, mask),
        ..setup.clone()
    });
    alone.collect()
}

fn check<N: Network>(case: &Case)
where
    N::Loss: for<'a> Loss<N::Scalar, Targets<'a> = &'a [usize]>,
{
    let setup = setup(case, N::ARCHITECTURE);
    let (labels, loss) = (case.labels("target"), loss::<N>());
    let alone = alone(case, &setup, dropout(N::ARCHITECTURE));
    for algorithms in algorithms(N::ARCHITECTURE) {
        let images = alone.iter().zip(labels.chunks_exact(1));
        let images = images.map(|(setup, label)| train::<N, N::Loss>(setup, label, &loss, algorithms));
        let found = Trained::of_images(images.collect());
        let mut comparison = Comparison::new(case, N::ARCHITECTURE, Precision::of::<N::Scalar>());
        comparison.trained(&setup, &found);
        comparison.finish();
    }
}

pub(crate) const NAMES: &[&str] = &["dropout_mask", "net_alexnet_mini"];

#[test]
fn dropout_mask() {
    network! { INPUT[3x3x3] -> FC8 -> RELU -> DROPOUT(keep=0.6) -> FC3 }
    let case = Case::open("dropout_mask");
    check::<Net<f64>>(&case);
    check::<Net<f32>>(&case);
}

#[test]
fn net_alexnet_mini() {
    network! {
        INPUT[35x35x3]
        -> CONV11-8 s4 p0 -> RELU -> LRN(alpha=0.1) -> POOL3 s2
        -> CONV5-8 g2 -> RELU -> CONV3-6 -> RELU
        -> FC16 -> RELU -> DROPOUT(keep=0.5) -> FC10
    }
    let case = Case::open("net_alexnet_mini");
    check::<Net<f64>>(&case);
    check::<Net<f32>>(&case);
}
