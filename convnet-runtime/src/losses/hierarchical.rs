//! HSOFTMAX: a class is a path through a tree, and every node a softmax over its children.

use convnet_geometry::Volume;
use ndarray::{Array1, ArrayView1, s};

use super::softmax::cross_entropy;
use super::{Evaluation, Loss, LossValue, Node, Tree, check_classes, rows};
use crate::error::Error;
use crate::scalar::Scalar;

/// Hierarchical softmax, the notes' chapter on losses: `L_i` is the sum of the softmax cross-entropies of the nodes on
/// the way to the label, so that `exp(-L_i)` is the product of the probabilities of its steps.
///
/// An image so trains a few nodes instead of all classes, which serves where there are many. The network gives
/// [`Tree::scores`] scores, `[1x1xK]`. Targets are labels, one for each image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HierarchicalSoftmax {
    tree: &'static Tree,
}

impl HierarchicalSoftmax {
    /// The loss over this tree.
    pub const fn new(tree: &'static Tree) -> Self {
        Self { tree }
    }

    /// The tree.
    pub const fn tree(&self) -> &'static Tree {
        self.tree
    }

    /// The logarithms of the probabilities of all classes, from the scores of one image.
    ///
    /// # Errors
    /// [`Error::TreeScores`] if there are more or fewer scores than the tree needs.
    pub fn log_probabilities<T: Scalar>(&self, scores: ArrayView1<'_, T>) -> Result<Array1<T>, Error> {
        self.check_scores(Volume::new(1, 1, scores.len()))?;
        let mut classes = Array1::zeros(self.tree.classes());
        spread(self.tree.root(), T::zero(), scores, &mut 0, &mut classes);
        Ok(classes)
    }

    /// The most probable class, from the scores of one image; the first of equals.
    ///
    /// It need not lie below the root's most probable child.
    ///
    /// # Errors
    /// Those of [`log_probabilities`](Self::log_probabilities).
    pub fn most_probable<T: Scalar>(&self, scores: ArrayView1<'_, T>) -> Result<usize, Error> {
        let classes = self.log_probabilities(scores)?;
        let better = |best: usize, class: usize| if classes[class] > classes[best] { class } else { best };
        Ok((0..classes.len()).fold(0, better))
    }

    fn check_scores(self, output: Volume) -> Result<(), Error> {
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

    fn check(&self, output: Volume, images: usize, labels: &[usize]) -> Result<(), Error> {
        self.check_scores(output)?;
        check_classes(self.tree.classes(), images, labels)
    }

    fn evaluate(&self, at: Evaluation<'_, T, &[usize]>) -> LossValue<T> {
        let images = T::from_f64(at.images as f64);
        let mut total = T::zero();
        for (scores, gradient, &label) in rows(at.scores, at.gradient, at.targets) {
            gradient.fill(T::zero());
            self.tree.path(label, |children, child| {
                total += cross_entropy(&scores[children.clone()], &mut gradient[children], child, images);
            });
            // The loss does not depend on the scores off the path, but NaN there must not vanish.
            total += scores.iter().copied().find(|score| score.is_nan()).unwrap_or_else(T::zero);
        }
        LossValue { mean: total / images }
    }
}

/// Gives each class below a node the node's log-probability plus those of the steps to it.
fn spread<T: Scalar>(
    children: &[Node],
    parent: T,
    scores: ArrayView1<'_, T>,
    next: &mut usize,
    classes: &mut Array1<T>,
) {
    let own = scores.slice_move(s![*next..*next + children.len()]);
    *next += children.len();
    let max = own.fold(T::neg_infinity(), |max, &score| max.max(score));
    let sum: T = own.iter().map(|&score| (score - max).exp()).sum();
    for (child, &score) in children.iter().zip(own) {
        let log_probability = parent + (score - max - sum.ln());
        match child {
            Node::Class(class) => classes[*class] = log_probability,
            Node::Inner(children) => spread(children, log_probability, scores, next, classes),
        }
    }
}
