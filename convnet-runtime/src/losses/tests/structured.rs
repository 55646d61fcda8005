//! The structured SVM: on chains of labels, where loss-augmented inference is Viterbi's, and on a score that is not
//! linear.

use convnet_geometry::Volume;
use ndarray::Array2;
use proptest::prelude::*;

use super::{check, check_gradient, evaluate, refusal, scales};
use crate::losses::{Loss, Structure, Structured};
use crate::reference;
use crate::scalar::Scalar;

/// A label out of 3 for each of 4 pixels of a line, outputs `[1, 4, 3]`; equal neighbours score 1/4 more. The cost is
/// Hamming's, the number of wrong labels.
#[derive(Clone, Copy, Default)]
struct Chain;

const LENGTH: usize = 4;
const LABELS: usize = 3;

type Labels = [usize; LENGTH];

fn bond<T: Scalar>(a: usize, b: usize) -> T {
    T::from_f64(if a == b { 0.25 } else { 0.0 })
}

impl<T: Scalar> Structure<T> for Chain {
    type Target = Labels;

    fn check(&self, output: Volume, target: &Labels) -> Result<(), String> {
        if !output.same(Volume::new(LENGTH, 1, LABELS)) {
            return Err(format!("a chain needs [4x1x3], not {output}"));
        }
        match target.iter().position(|&label| label >= LABELS) {
            Some(at) => Err(format!("label {} at {at}", target[at])),
            None => Ok(()),
        }
    }

    fn score(&self, outputs: &[T], labels: &Labels, weight: T, gradient: &mut [T]) -> T {
        let own = labels.iter().enumerate().map(|(at, label)| at * LABELS + label);
        own.clone().for_each(|i| gradient[i] += weight);
        let bonds: T = labels.windows(2).map(|pair| bond(pair[0], pair[1])).sum();
        own.map(|i| outputs[i]).sum::<T>() + bonds
    }

    fn cost(&self, target: &Labels, labels: &Labels) -> T {
        T::from_f64(target.iter().zip(labels).filter(|(a, b)| a != b).count() as f64)
    }

    /// The best way to each label, by whether a wrong label lies on it.
    fn rival(&self, outputs: &[T], target: &Labels) -> Labels {
        let mut best: [[Option<(T, Labels)>; 2]; LABELS] = [[None; 2]; LABELS];
        for at in 0..LENGTH {
            let before = best;
            best = [[None; 2]; LABELS];
            for label in 0..LABELS {
                let is_wrong = label != target[at];
                let own = outputs[at * LABELS + label] + if is_wrong { T::one() } else { T::zero() };
                let mut way = |previous: Option<usize>, was_wrong: bool, (score, mut labels): (T, Labels)| {
                    labels[at] = label;
                    let score = score + own + previous.map_or(T::zero(), |previous| bond(previous, label));
                    let to = &mut best[label][usize::from(was_wrong || is_wrong)];
                    if to.is_none_or(|(best, _)| score > best) {
                        *to = Some((score, labels));
                    }
                };
                if at == 0 {
                    way(None, false, (T::zero(), [0; LENGTH]));
                }
                for (previous, ways) in before.iter().enumerate() {
                    ways.iter().zip([false, true]).for_each(|(from, was_wrong)| {
                        if let Some(from) = from {
                            way(Some(previous), was_wrong, *from);
                        }
                    });
                }
            }
        }
        let wrong = best.iter().filter_map(|ways| ways[1]);
        wrong.reduce(|a, b| if b.0 > a.0 { b } else { a }).expect("3 labels, of which 2 are wrong").1
    }
}

fn chains() -> Vec<Labels> {
    (0..LABELS.pow(4)).map(|i| [i / 27, i / 9 % 3, i / 3 % 3, i % 3]).collect()
}

/// Two different outputs out of 4, whose score is their product; every mistake costs 1.
#[derive(Clone, Copy, Default)]
struct Pair;

const PAIRS: [(usize, usize); 6] = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];

impl<T: Scalar> Structure<T> for Pair {
    type Target = (usize, usize);

    fn check(&self, _: Volume, _: &(usize, usize)) -> Result<(), String> {
        Ok(())
    }

    fn score(&self, outputs: &[T], &(a, b): &(usize, usize), weight: T, gradient: &mut [T]) -> T {
        gradient[a] += weight * outputs[b];
        gradient[b] += weight * outputs[a];
        outputs[a] * outputs[b]
    }

    fn cost(&self, target: &(usize, usize), pair: &(usize, usize)) -> T {
        if target == pair { T::zero() } else { T::one() }
    }

    fn rival(&self, outputs: &[T], target: &(usize, usize)) -> (usize, usize) {
        let score = |(a, b): (usize, usize)| outputs[a] * outputs[b];
        let wrong = PAIRS.into_iter().filter(|pair| pair != target);
        wrong.reduce(|best, pair| if score(pair) > score(best) { pair } else { best }).expect("6 pairs")
    }
}

/// For each image its outputs, from -1 to 1, and the number of its target.
fn images(outputs: usize, structures: usize) -> impl Strategy<Value = (Array2<f64>, Vec<usize>)> {
    let row = (proptest::collection::vec(-1.0_f64..1.0, outputs), 0..structures);
    proptest::collection::vec(row, 1..5).prop_map(move |rows| {
        let scores = Array2::from_shape_fn((rows.len(), outputs), |(n, k)| rows[n].0[k]);
        (scores, rows.iter().map(|(_, target)| *target).collect())
    })
}

fn select<Target: Copy>(all: &[Target], targets: &[usize]) -> Vec<Target> {
    targets.iter().map(|&target| all[target]).collect()
}

proptest! {
    #[test]
    fn chains_are_their_reference((outputs, targets) in images(12, 81), scale in scales()) {
        let (outputs, all) = (outputs * scale, chains());
        let chosen = select(&all, &targets);
        let expected = reference::structured(&Chain, outputs.view(), &targets, &all);
        check(&Structured::new(Chain), &outputs, &chosen, expected);
        // In f32 rounding may prefer another one of nearly equal rivals: only the loss is compared.
        let outputs = outputs.mapv(f32::from_f64);
        let expected = reference::structured(&Chain, outputs.view(), &targets, &all).0;
        let outputs = outputs.as_slice().expect("standard layout");
        let (mean, ..) = evaluate(&Structured::new(Chain), outputs, &chosen, targets.len());
        prop_assert!((mean - expected).abs() <= 1e-5 * expected.max(f32::from_f64(scale)), "{mean} for {expected}");
    }

    #[test]
    fn products_are_their_reference((outputs, targets) in images(4, 6), scale in scales()) {
        let (outputs, chosen) = (outputs * scale, select(&PAIRS, &targets));
        let expected = reference::structured(&Pair, outputs.view(), &targets, &PAIRS);
        check(&Structured::new(Pair), &outputs, &chosen, expected);
    }

    #[test]
    fn gradients_of_chains_are_centred_differences((outputs, targets) in images(12, 81)) {
        let (outputs, chosen) = (outputs.as_slice().expect("standard layout"), select(&chains(), &targets));
        prop_assume!(check_gradient(&Structured::new(Chain), outputs, &chosen, targets.len()));
    }

    #[test]
    fn gradients_of_products_are_centred_differences((outputs, targets) in images(4, 6)) {
        let (outputs, chosen) = (outputs.as_slice().expect("standard layout"), select(&PAIRS, &targets));
        prop_assume!(check_gradient(&Structured::new(Pair), outputs, &chosen, targets.len()));
    }
}

/// The target 0 0 0 0 scores 2, and 3/4 for its bonds. 0 0 0 2 scores 5 and 1/2, and costs 1, but 2 2 2 2 scores only
/// 4 and 3/4, and costs 4.
#[test]
fn a_chain_by_hand() {
    let outputs = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 4.0];
    let (mean, gradient, _) = evaluate(&Structured::new(Chain), &outputs, &[[0; 4]][..], 1);
    assert_eq!(mean, 8.75 - 2.75);
    assert_eq!(gradient, [-1.0, 0.0, 1.0].repeat(4));
}

/// A target that wins by more than the cost is not pushed further.
#[test]
fn a_clear_winner_has_no_loss() {
    let (mean, gradient, _) = evaluate(&Structured::new(Pair), &[2.0_f32, 3.0, 0.0, -1.0], &[(0, 1)][..], 1);
    assert_eq!((mean, gradient), (0.0, vec![0.0; 4]));
}

#[test]
fn nan_is_kept_wherever_it_is() {
    for i in 0..12 {
        let mut outputs = [0.0; 12];
        outputs[i] = f64::NAN;
        let (mean, gradient, _) = evaluate(&Structured::new(Chain), &outputs, &[[0; 4]][..], 1);
        assert!(mean.is_nan() && gradient[i].is_nan(), "output {i}");
    }
}

#[test]
fn structures_are_checked() {
    let (loss, output) = (Structured::<Chain>::default(), Volume::new(4, 1, 3));
    assert!(Loss::<f64>::check(&loss, output, 2, &[[0; 4], [2; 4]]).is_ok());
    assert_eq!(refusal(&loss, output, 2, &[[0; 4]]), "1 targets given for 2 images");
    let expected = "the target of image 1 does not fit: label 3 at 2";
    assert_eq!(refusal(&loss, output, 2, &[[0; 4], [0, 0, 3, 0]]), expected);
    assert!(
        refusal(&loss, Volume::new(1, 1, 12), 1, &[[0; 4]]).ends_with("a chain needs [4x1x3], not [1x1x12]")
    );
}
