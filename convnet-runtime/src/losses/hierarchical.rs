//! HSOFTMAX: a class is a path through a tree, and every node a softmax over its children.

use convnet_geometry::Volume;
use ndarray::{Array1, ArrayView1, s};

use super::softmax::CrossEntropy;
use super::weights::Weights;
use super::{Evaluation, Loss, LossValue, Node, Tally, Tree, check_classes, rows};
use crate::error::Error;
use crate::scalar::Scalar;

/// Hierarchical softmax, the notes' chapter on losses: `L_i` is the sum of the softmax cross-entropies of the nodes on
/// the way to the label, so that `exp(-L_i)` is the product of the probabilities of its steps.
///
/// An image so trains a few nodes instead of all classes, which serves where there are many: scores off the way to its
/// label have a gradient of 0. Time is not saved; the network computes all scores, and finding the way walks the tree. The
/// network gives [`Tree::scores`] scores, `[1x1xK]`. Targets are labels, one for each image.
///
/// An image's loss is multiplied by the weight of its label's class; the mean divides by the number of images.
#[derive(Clone, PartialEq, Debug)]
pub struct HierarchicalSoftmax {
    tree: &'static Tree,
    weights: Weights,
}

impl HierarchicalSoftmax {
    /// The loss over this tree.
    pub const fn new(tree: &'static Tree) -> Self {
        Self { tree, weights: Weights::NONE }
    }

    /// The loss with a weight for each class of the tree.
    ///
    /// # Errors
    /// [`Error::Weight`] for one that is not from 0 to 1e12, [`Error::NoWeight`] if none is above 0.
    pub fn with_class_weights(self, weights: &[f64]) -> Result<Self, Error> {
        Ok(Self { weights: Weights::new("HSOFTMAX", weights)?, ..self })
    }

    /// The tree.
    pub const fn tree(&self) -> &'static Tree {
        self.tree
    }

    /// The weight of each class, if they were given.
    pub fn class_weights(&self) -> Option<&[f64]> {
        self.weights.get()
    }

    /// The logarithms of the probabilities of all classes, from the scores of one image.
    ///
    /// # Errors
    /// [`Error::TreeScores`] if there are more or fewer scores than the tree needs.
    pub fn log_probabilities<T: Scalar>(&self, scores: ArrayView1<'_, T>) -> Result<Array1<T>, Error> {
        self.check_scores(Volume::new(1, 1, scores.len()))?;
        let mut classes = Array1::zeros(self.tree.classes());
        spread(self.tree.root(), T::zero(), scores, &mut 0, &mut |class, log| classes[class] = log);
        Ok(classes)
    }

    /// The most probable class, from the scores of one image; the first of equals.
    ///
    /// It need not lie below the root's most probable child.
    ///
    /// # Errors
    /// Those of [`log_probabilities`](Self::log_probabilities).
    pub fn most_probable<T: Scalar>(&self, scores: ArrayView1<'_, T>) -> Result<usize, Error> {
        self.check_scores(Volume::new(1, 1, scores.len()))?;
        Ok(self.best(scores).0)
    }

    /// The most probable class and the logarithm of its probability.
    fn best<T: Scalar>(&self, scores: ArrayView1<'_, T>) -> (usize, T) {
        let mut best = (0, T::neg_infinity());
        spread(self.tree.root(), T::zero(), scores, &mut 0, &mut |class, log| {
            if log > best.1 || (log == best.1 && class < best.0) {
                best = (class, log);
            }
        });
        best
    }

    fn check_scores(&self, output: Volume) -> Result<(), Error> {
        let scores = self.tree.scores();
        if output.same(Volume::new(1, 1, scores)) {
            Ok(())
        } else {
            Err(Error::TreeScores { scores, output })
        }
    }
}

impl<T: Scalar> Loss<T> for HierarchicalSoftmax {
    type Targets<'a> = &'a [usize];

    fn classes(&self, _: Volume) -> usize {
        self.tree.classes()
    }

    fn prediction(&self, scores: &[T]) -> (usize, f64) {
        let (class, log) = self.best(ArrayView1::from(scores));
        (class, log.as_f64().exp())
    }

    fn probabilities(&self, scores: &[T]) -> Vec<f64> {
        let mut probabilities = vec![0.0; self.tree.classes()];
        let scores = ArrayView1::from(scores);
        spread(self.tree.root(), T::zero(), scores, &mut 0, &mut |class, log: T| {
            probabilities[class] = log.as_f64().exp();
        });
        probabilities
    }

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        self.check_scores(output)?;
        check_classes(self.tree.classes(), images, labels)?;
        self.weights.check("HSOFTMAX", "classes", self.tree.classes())
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        let mut tally = Tally::new(at.per_image);
        for (scores, gradient, &label) in rows(at.scores, at.gradient, at.targets) {
            gradient.fill(T::zero());
            let weight = self.weights.of(label);
            self.tree.path(label, |children, child| {
                let step = CrossEntropy { label: child, smoothing: 0.0, weight, images: at.images };
                tally.add(step.of(&scores[children.clone()], &mut gradient[children]));
            });
            // The loss does not depend on the scores off the path, but NaN there must not vanish.
            tally.add(scores.iter().find(|score| score.is_nan()).map_or(0.0, |nan| nan.as_f64()));
            tally.end_image();
        }
        tally.mean(at.images)
    }
}

/// Calls `f` with each class below a node, and the node's log-probability plus those of the steps to it.
fn spread<T: Scalar>(
    children: &[Node],
    parent: T,
    scores: ArrayView1<'_, T>,
    next: &mut usize,
    f: &mut dyn FnMut(usize, T),
) {
    let own = scores.slice_move(s![*next..*next + children.len()]);
    *next += children.len();
    let max = own.fold(T::neg_infinity(), |max, &score| max.max(score));
    let sum: T = own.iter().map(|&score| (score - max).exp()).sum();
    for (child, &score) in children.iter().zip(own) {
        let log_probability = parent + (score - max - sum.ln());
        match child {
            Node::Class(class) => f(*class, log_probability),
            Node::Inner(children) => spread(children, log_probability, scores, next, f),
        }
    }
}
