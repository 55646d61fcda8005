//! Every loss in plain loops from its formula.
//!
//! Each gives the mean over the images and its gradient by the scores. Terms that are NaN count as violated.

use ndarray::{Array2, Array4, ArrayView2, ArrayView4, Zip};

use crate::losses::{Node, Structure, Tree};
use crate::scalar::Scalar;

/// The mean softmax cross-entropy of scores `[N, K]`, and its gradient by them: labels smoothed, and a weight for each
/// class.
pub fn softmax<T: Scalar>(
    scores: ArrayView2<'_, T>,
    labels: &[usize],
    smoothing: T,
    weights: &[T],
) -> (T, Array2<T>) {
    let (images, classes) = (T::from_f64(labels.len() as f64), T::from_f64(scores.ncols() as f64));
    let mut gradient = Array2::zeros(scores.dim());
    let mut loss = T::zero();
    for (n, &label) in labels.iter().enumerate() {
        let max = scores.row(n).iter().fold(T::neg_infinity(), |max, &score| max.max(score));
        let sum: T = scores.row(n).iter().map(|&score| (score - max).exp()).sum();
        for k in 0..scores.ncols() {
            let kept = if k == label { T::one() - smoothing } else { T::zero() };
            let target = kept + smoothing / classes;
            let log_probability = (scores[[n, k]] - max) - sum.ln();
            loss -= weights[label] * target * log_probability / images;
            gradient[[n, k]] = weights[label] * (log_probability.exp() - target) / images;
        }
    }
    (loss, gradient)
}

/// The mean multiclass SVM loss of scores `[N, K]`, and its gradient by them: a weight for each class.
pub fn svm<T: Scalar>(
    scores: ArrayView2<'_, T>,
    labels: &[usize],
    delta: T,
    weights: &[T],
) -> (T, Array2<T>) {
    let images = T::from_f64(labels.len() as f64);
    let mut gradient = Array2::zeros(scores.dim());
    let mut loss = T::zero();
    for (n, &label) in labels.iter().enumerate() {
        for k in (0..scores.ncols()).filter(|&k| k != label) {
            let margin = scores[[n, k]] - scores[[n, label]] + delta;
            if margin > T::zero() || margin.is_nan() {
                loss += weights[label] * margin / images;
                gradient[[n, k]] += weights[label] / images;
                gradient[[n, label]] -= weights[label] / images;
            }
        }
    }
    (loss, gradient)
}

/// The mean squared multiclass SVM loss of scores `[N, K]`, and its gradient by them: a weight for each class.
pub fn squared_svm<T: Scalar>(
    scores: ArrayView2<'_, T>,
    labels: &[usize],
    delta: T,
    weights: &[T],
) -> (T, Array2<T>) {
    let images = T::from_f64(labels.len() as f64);
    let mut gradient = Array2::zeros(scores.dim());
    let mut loss = T::zero();
    for (n, &label) in labels.iter().enumerate() {
        for k in (0..scores.ncols()).filter(|&k| k != label) {
            let margin = scores[[n, k]] - scores[[n, label]] + delta;
            if margin > T::zero() || margin.is_nan() {
                loss += weights[label] * margin.powi(2) / images;
                gradient[[n, k]] += weights[label] * T::from_f64(2.0) * margin / images;
                gradient[[n, label]] -= weights[label] * T::from_f64(2.0) * margin / images;
            }
        }
    }
    (loss, gradient)
}

/// The mean one-against-all loss of scores `[N, K]`, and its gradient by them: a weight for each class.
pub fn one_vs_all<T: Scalar>(scores: ArrayView2<'_, T>, labels: &[usize], weights: &[T]) -> (T, Array2<T>) {
    let images = T::from_f64(labels.len() as f64);
    let mut gradient = Array2::zeros(scores.dim());
    let mut loss = T::zero();
    for ((n, k), &score) in scores.indexed_iter() {
        let margin = T::one() - sign::<T>(labels[n] == k) * score;
        if margin > T::zero() || margin.is_nan() {
            loss += weights[labels[n]] * margin / images;
            gradient[[n, k]] = -weights[labels[n]] * sign::<T>(labels[n] == k) / images;
        }
    }
    (loss, gradient)
}

/// The sum of `f(score, target)` over `[N, H, W, D]`, divided by N, where `f` gives the loss and its derivative.
fn sum_of<T: Scalar, Target>(
    scores: ArrayView4<'_, T>,
    targets: ArrayView4<'_, Target>,
    f: impl Fn(T, &Target) -> (T, T),
) -> (T, Array4<T>) {
    let images = T::from_f64(scores.dim().0 as f64);
    let mut loss = T::zero();
    let gradient = Zip::from(scores).and(targets).map_collect(|&score, target| {
        let (term, slope) = f(score, target);
        loss += term / images;
        slope / images
    });
    (loss, gradient)
}

/// 1 for an attribute that is present, -1 for one that is not.
fn sign<T: Scalar>(is_present: bool) -> T {
    if is_present { T::one() } else { -T::one() }
}

/// `sum_of`, each term times the weight of its attribute and of whether it is present.
fn weighted_sum_of<T: Scalar>(
    scores: ArrayView4<'_, T>,
    targets: ArrayView4<'_, bool>,
    weight: impl Fn(usize, bool) -> T,
    f: impl Fn(T, bool) -> (T, T),
) -> (T, Array4<T>) {
    let mut weights = Array4::zeros(scores.dim());
    for (mut weights, targets) in weights.outer_iter_mut().zip(targets.outer_iter()) {
        for (attribute, (place, &target)) in weights.iter_mut().zip(targets).enumerate() {
            *place = weight(attribute, target);
        }
    }
    let pairs = Zip::from(&weights).and(targets).map_collect(|&weight, &target| (weight, target));
    sum_of(scores, pairs.view(), |score, &(weight, target)| {
        let (term, slope) = f(score, target);
        (weight * term, weight * slope)
    })
}

/// The mean binary hinge loss of scores `[N, H, W, D]`, and its gradient by them; weights by the place of an attribute in
/// `[H, W, D]` and whether it is present, the notes' C being a factor of all.
pub fn hinge<T: Scalar>(
    scores: ArrayView4<'_, T>,
    targets: ArrayView4<'_, bool>,
    weight: impl Fn(usize, bool) -> T,
) -> (T, Array4<T>) {
    weighted_sum_of(scores, targets, weight, |score, target| {
        let t = sign::<T>(target);
        let margin = T::one() - t * score;
        if margin > T::zero() || margin.is_nan() { (margin, -t) } else { (T::zero(), T::zero()) }
    })
}

/// The mean logistic loss of scores `[N, H, W, D]`, and its gradient by them; weights as those of [`hinge`].
///
/// Computed as the two-class cross-entropy of the scores `t s` and 0.
pub fn logistic<T: Scalar>(
    scores: ArrayView4<'_, T>,
    targets: ArrayView4<'_, bool>,
    weight: impl Fn(usize, bool) -> T,
) -> (T, Array4<T>) {
    weighted_sum_of(scores, targets, weight, |score, target| {
        let (t, zero) = (sign::<T>(target), T::zero());
        let max = if t * score > zero { t * score } else { zero };
        let (right, wrong) = ((t * score - max).exp(), (zero - max).exp());
        ((right + wrong).ln() - (t * score - max), -t * wrong / (right + wrong))
    })
}

/// The mean squared distance of outputs `[N, H, W, D]` from targets, and its gradient by the outputs.
pub fn l2<T: Scalar>(outputs: ArrayView4<'_, T>, targets: ArrayView4<'_, T>) -> (T, Array4<T>) {
    sum_of(outputs, targets, |output, &target| {
        ((output - target).powi(2), T::from_f64(2.0) * (output - target))
    })
}

/// The mean absolute distance of outputs `[N, H, W, D]` from targets, and its gradient by the outputs.
pub fn l1<T: Scalar>(outputs: ArrayView4<'_, T>, targets: ArrayView4<'_, T>) -> (T, Array4<T>) {
    sum_of(outputs, targets, |output, &target| {
        if output > target {
            (output - target, T::one())
        } else if output < target {
            (target - output, -T::one())
        } else {
            (output - target, output - target)
        }
    })
}

/// All nodes of a tree, each before those inside it, with the position of their first score.
fn nodes(tree: &Tree) -> Vec<(usize, &'static [Node])> {
    fn below(children: &'static [Node], all: &mut Vec<(usize, &'static [Node])>) {
        let first = all.last().map_or(0, |(first, last)| first + last.len());
        all.push((first, children));
        for child in children {
            if let Node::Inner(children) = child {
                below(children, all);
            }
        }
    }
    let mut all = Vec::new();
    below(tree.root(), &mut all);
    all
}

/// Whether a class lies at or below a node.
fn holds(node: &Node, class: usize) -> bool {
    match node {
        Node::Class(leaf) => *leaf == class,
        Node::Inner(children) => children.iter().any(|child| holds(child, class)),
    }
}

/// The mean hierarchical softmax of scores `[N, K]`, and its gradient by them: a weight for each class.
///
/// Every node is a softmax of its own over the images that come by it.
pub fn hierarchical_softmax<T: Scalar>(
    scores: ArrayView2<'_, T>,
    labels: &[usize],
    tree: &Tree,
    weights: &[T],
) -> (T, Array2<T>) {
    let images = T::from_f64(labels.len() as f64);
    let mut gradient = Array2::zeros(scores.dim());
    let mut loss = T::zero();
    for (first, children) in nodes(tree) {
        for (n, &label) in labels.iter().enumerate() {
            let Some(step) = children.iter().position(|child| holds(child, label)) else { continue };
            let own = Array2::from_shape_fn((1, children.len()), |(_, k)| scores[[n, first + k]]);
            let ones = vec![T::one(); children.len()];
            let (term, by_own) = softmax(own.view(), &[step], T::zero(), &ones);
            loss += weights[label] * term / images;
            for k in 0..children.len() {
                gradient[[n, first + k]] = weights[label] * by_own[[0, k]] / images;
            }
        }
    }
    (loss, gradient)
}

/// The mean structured SVM loss of outputs `[N, H*W*D]`, and its gradient by them: `all` the structures there are, and
/// for each image which of them is its target.
pub fn structured<T: Scalar, S: Structure<T>>(
    structure: &S,
    outputs: ArrayView2<'_, T>,
    targets: &[usize],
    all: &[S::Target],
) -> (T, Array2<T>) {
    let images = T::from_f64(targets.len() as f64);
    let mut gradient = Array2::zeros(outputs.dim());
    let mut loss = T::zero();
    for (n, &target) in targets.iter().enumerate() {
        let outputs = outputs.row(n).to_vec();
        let scored = all.iter().map(|y| {
            let mut by_outputs = vec![T::zero(); outputs.len()];
            let score = structure.score(&outputs, y, T::one(), &mut by_outputs);
            (score, by_outputs)
        });
        let scored: Vec<_> = scored.collect();
        let margin = |y: usize| scored[y].0 - scored[target].0 + structure.cost(&all[target], &all[y]);
        let wrong = (0..all.len()).filter(|&y| y != target);
        let Some(rival) = wrong.reduce(|best, y| if margin(y) > margin(best) { y } else { best }) else {
            continue;
        };
        if margin(rival) > T::zero() {
            loss += margin(rival) / images;
            for k in 0..outputs.len() {
                gradient[[n, k]] = (scored[rival].1[k] - scored[target].1[k]) / images;
            }
        }
    }
    (loss, gradient)
}
