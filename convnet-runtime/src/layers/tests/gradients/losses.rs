//! Losses on random scores.

use convnet_geometry::Volume;
use proptest::prelude::*;
use rand::RngExt;

use super::super::random;
use super::{Comparison, KINKED, SMOOTH, Tally, on_random};
use crate::kinks::Kinks;
use crate::losses::Node::{Class, Inner};
use crate::losses::{
    Evaluation, HierarchicalSoftmax, Hinge, L1, L2, Logistic, Loss, OneVsAll, Softmax, SquaredSvm, Structure,
    Structured, Svm, Tree,
};
use crate::random::{Purpose, stream};
use crate::scalar::Scalar;

/// The loss by scores that are moved.
fn loss<L: Loss<f64>>(
    loss: &L,
    (images, each): (usize, usize),
    targets: L::Targets<'_>,
    tolerance: f64,
    seed: u64,
) -> Tally {
    let mut scores: Vec<f64> = random(images * each, seed).mapv(|score: f64| 2.0 * score).to_vec();
    let evaluate = |scores: &[f64]| {
        let (mut gradient, mut kinks) = (vec![f64::NAN; scores.len()], Kinks::NONE);
        let at = Evaluation {
            scores,
            targets,
            images,
            gradient: &mut gradient,
            kinks: Some(&mut kinks),
            per_image: None,
        };
        (loss.evaluate(at).mean, gradient, kinks)
    };
    let (_, gradient, _) = evaluate(&scores);
    Comparison::drawn(tolerance, seed).compare(std::any::type_name::<L>(), &gradient, |i, h| {
        let original = scores[i];
        scores[i] += h;
        let (mean, _, kinks) = evaluate(&scores);
        scores[i] = original;
        super::Loss { value: mean, magnitude: mean.abs(), kinks }
    })
}

/// Images and the classes, or attributes, or numbers of each.
fn batches() -> impl Strategy<Value = (usize, usize)> {
    (1_usize..6, 2_usize..9)
}

fn labels((images, classes): (usize, usize), seed: u64) -> Vec<usize> {
    let mut random = stream(seed, Purpose::Test, 2);
    (0..images).map(|_| random.random_range(0..classes)).collect()
}

fn of_labels<L>(of: &L, batch: (usize, usize), tolerance: f64, seed: u64) -> Tally
where
    L: for<'a> Loss<f64, Targets<'a> = &'a [usize]>,
{
    loss(of, batch, &labels(batch, seed), tolerance, seed)
}

/// Weights from 0 to 2, of which one is 0 and one is not.
fn weights(count: usize, seed: u64) -> Vec<f64> {
    let mut random = stream(seed, Purpose::Test, 3);
    let mut weights: Vec<f64> = (0..count).map(|_| random.random_range(0.0..2.0)).collect();
    (weights[0], weights[1]) = (0.0, 1.5);
    weights
}

/// [`of_labels`] for a loss that is made for so many classes.
fn of_weighted_labels<L>(of: &impl Fn(&[f64]) -> L, batch: (usize, usize), tolerance: f64, seed: u64) -> Tally
where
    L: for<'a> Loss<f64, Targets<'a> = &'a [usize]>,
{
    of_labels(&of(&weights(batch.1, seed)), batch, tolerance, seed)
}

/// [`of_attributes`] for a loss that is made for so many attributes.
fn of_weighted_attributes<L>(
    of: &impl Fn(&[f64]) -> L,
    batch: (usize, usize),
    tolerance: f64,
    seed: u64,
) -> Tally
where
    L: for<'a> Loss<f64, Targets<'a> = &'a [bool]>,
{
    of_attributes(&of(&weights(batch.1, seed)), batch, tolerance, seed)
}

fn of_attributes<L>(of: &L, batch: (usize, usize), tolerance: f64, seed: u64) -> Tally
where
    L: for<'a> Loss<f64, Targets<'a> = &'a [bool]>,
{
    let mut random = stream(seed, Purpose::Test, 2);
    let targets: Vec<bool> = (0..batch.0 * batch.1).map(|_| random.random()).collect();
    loss(of, batch, &targets, tolerance, seed)
}

fn of_numbers<L>(of: &L, batch: (usize, usize), tolerance: f64, seed: u64) -> Tally
where
    L: for<'a> Loss<f64, Targets<'a> = &'a [f64]>,
{
    let targets: Vec<f64> = random(batch.0 * batch.1, seed + 1).to_vec();
    loss(of, batch, &targets, tolerance, seed)
}

/// Classes out of order, at depths from 1 to 3.
static TREE: Tree = Tree::new(&[
    Inner(&[Class(3), Inner(&[Class(0), Class(5), Class(4)])]),
    Class(1),
    Inner(&[Class(2), Class(6)]),
]);

fn of_a_tree(of: &HierarchicalSoftmax, images: usize, seed: u64) -> Tally {
    let labels = labels((images, TREE.classes()), seed);
    loss(of, (images, TREE.scores()), &labels, SMOOTH, seed)
}

fn softmax(weights: &[f64]) -> Softmax {
    Softmax::new(0.1).and_then(|softmax| softmax.with_class_weights(weights)).expect("options")
}

fn svm() -> Svm {
    Svm::new(1.0).expect("a margin")
}

/// Grades, whose scores are squashed: the further off, the larger the margin by which a grade must be beaten.
#[derive(Clone, Copy, Default)]
struct Grades;

impl<T: Scalar> Structure<T> for Grades {
    type Target = usize;

    fn check(&self, _: Volume, _: &usize) -> Result<(), String> {
        Ok(())
    }

    fn score(&self, outputs: &[T], grade: &usize, weight: T, gradient: &mut [T]) -> T {
        let score = outputs[*grade].tanh();
        gradient[*grade] += weight * (T::one() - score * score);
        score
    }

    fn cost(&self, grade: &usize, other: &usize) -> T {
        T::from_f64(0.4 * grade.abs_diff(*other) as f64)
    }

    fn rival(&self, outputs: &[T], grade: &usize) -> usize {
        let rivals = (0..outputs.len()).filter(|other| other != grade);
        let violation = |other: &usize| outputs[*other].tanh() + self.cost(grade, other);
        let best = rivals.max_by(|a, b| violation(a).partial_cmp(&violation(b)).expect("finite scores"));
        best.expect("more than one grade")
    }
}

/// A test of each loss: how its targets are drawn, and the error that is allowed.
macro_rules! losses {
    ($($name:ident: $targets:ident($loss:expr), $tolerance:ident;)*) => {
        $(
            #[test]
            fn $name() {
                on_random(batches(), |batch, seed| $targets(&$loss, batch, $tolerance, seed));
            }
        )*
    };
}

losses! {
    of_softmax: of_labels(Softmax::default()), SMOOTH;
    of_the_svm: of_labels(Svm::new(1.0).expect("a margin")), KINKED;
    of_the_svm_with_another_margin: of_labels(Svm::new(0.3).expect("a margin")), KINKED;
    of_the_squared_svm: of_labels(SquaredSvm::new(1.0).expect("a margin")), KINKED;
    of_one_versus_all: of_labels(OneVsAll::default()), KINKED;
    of_logistic: of_attributes(Logistic::default()), SMOOTH;
    of_hinge: of_attributes(Hinge::default()), KINKED;
    of_smoothed_softmax: of_labels(Softmax::new(0.2).expect("a share")), SMOOTH;
    of_weighted_softmax: of_weighted_labels(softmax), SMOOTH;
    of_the_weighted_svm: of_weighted_labels(|weights: &[f64]| svm().with_class_weights(weights).expect("weights")), KINKED;
    of_the_weighted_squared_svm: of_weighted_labels(|weights: &[f64]| {
        SquaredSvm::new(0.5).and_then(|svm| svm.with_class_weights(weights)).expect("weights")
    }), KINKED;
    of_weighted_one_versus_all: of_weighted_labels(|weights: &[f64]| {
        OneVsAll::default().with_class_weights(weights).expect("weights")
    }), KINKED;
    of_weighted_logistic: of_weighted_attributes(|weights: &[f64]| {
        let logistic = Logistic::default().with_positive_weight(3.0).expect("a weight");
        logistic.with_attribute_weights(weights).expect("weights")
    }), SMOOTH;
    of_weighted_hinge: of_weighted_attributes(|weights: &[f64]| {
        let hinge = Hinge::new(2.5).and_then(|hinge| hinge.with_positive_weight(3.0)).expect("options");
        hinge.with_attribute_weights(weights).expect("weights")
    }), KINKED;
    of_l2: of_numbers(L2), SMOOTH;
    of_l1: of_numbers(L1), KINKED;
    of_structures: of_labels(Structured::new(Grades)), KINKED;
}

#[test]
fn of_hierarchical_softmax() {
    let plain = HierarchicalSoftmax::new(&TREE);
    on_random(batches(), |(images, _), seed| of_a_tree(&plain, images, seed));
    on_random(batches(), |(images, _), seed| {
        let weighted = plain.clone().with_class_weights(&weights(TREE.classes(), seed));
        of_a_tree(&weighted.expect("weights"), images, seed)
    });
}
