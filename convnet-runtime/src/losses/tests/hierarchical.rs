//! The hierarchical softmax and its trees.

use convnet_geometry::Volume;
use ndarray::{Array2, ArrayView1, arr1};
use proptest::prelude::*;

use super::{check, check_gradient, close, evaluate, refusal, scales};
use crate::error::Error;
use crate::losses::Node::{self, Class, Inner};
use crate::losses::{HierarchicalSoftmax, Loss, Tree};
use crate::reference;
use crate::scalar::Scalar;

/// Classes out of order, at depths from 1 to 3.
static TREE: Tree = Tree::new(&[
    Inner(&[Class(3), Inner(&[Class(0), Class(5), Class(4)])]),
    Class(1),
    Inner(&[Class(2), Class(6)]),
]);

const LOSS: HierarchicalSoftmax = HierarchicalSoftmax::new(&TREE);

/// As many classes as there are words in a language, checked by the compiler.
static MANY: Tree = Tree::new(&CLASSES);

static CLASSES: [Node; 60_000] = {
    let (mut classes, mut k) = ([Class(0); 60_000], 0);
    while k < classes.len() {
        classes[k] = Class(classes.len() - 1 - k);
        k += 1;
    }
    classes
};

/// Networks can be compared with their trees at compile time.
const _: () = assert!(TREE.scores() == 10 && TREE.classes() == 7 && MANY.scores() == 60_000);

/// For each image 10 scores from -1 to 1 and a label.
fn labelled() -> impl Strategy<Value = (Array2<f64>, Vec<usize>)> {
    let row = (proptest::collection::vec(-1.0_f64..1.0, 10), 0_usize..7);
    proptest::collection::vec(row, 1..7).prop_map(|rows| {
        let scores = Array2::from_shape_fn((rows.len(), 10), |(n, k)| rows[n].0[k]);
        (scores, rows.iter().map(|(_, label)| *label).collect())
    })
}

fn references<T: Scalar>(scores: &Array2<f64>, labels: &[usize]) {
    let scores = scores.mapv(T::from_f64);
    check(
        &LOSS,
        &scores,
        labels,
        reference::hierarchical_softmax(scores.view(), labels, &TREE, &[T::one(); 7]),
    );
}

proptest! {
    #[test]
    fn the_loss_is_its_reference((scores, labels) in labelled(), scale in scales()) {
        references::<f64>(&(&scores * scale), &labels);
        references::<f32>(&(&scores * scale), &labels);
    }

    #[test]
    fn gradients_are_centred_differences((scores, labels) in labelled()) {
        let scores = scores.mapv(|score| 3.0 * score);
        let scores = scores.as_slice().expect("standard layout");
        prop_assume!(check_gradient(&LOSS, scores, &labels, labels.len()));
    }

    /// The loss of a label is minus its log-probability, and the probabilities of all classes add up to 1.
    #[test]
    fn probabilities_are_those_of_the_loss((scores, _) in labelled(), scale in scales()) {
        for scores in (scores * scale).outer_iter() {
            let classes = LOSS.log_probabilities(scores).expect("10 scores");
            for (class, log_probability) in classes.iter().enumerate() {
                let loss = evaluate(&LOSS, scores.to_slice().expect("a row"), &[class][..], 1).0;
                prop_assert!(close(-log_probability, loss), "{log_probability} for {loss}");
            }
            prop_assert!(close(classes.exp().sum(), 1.0));
            let most_probable = LOSS.most_probable(scores).expect("10 scores");
            prop_assert!(classes.iter().all(|&other| other <= classes[most_probable]));
        }
    }
}

/// Equal scores share each node's probability equally: class 0 lies below a third, a half and a third again.
#[test]
fn equal_scores_by_hand() {
    let (mean, gradient, _) = evaluate(&LOSS, &[1e4_f32; 10], &[0][..], 1);
    assert!(close(mean, 18_f32.ln()), "{mean}");
    let third = 1.0 / 3.0;
    // The root's, its first child's, that one's second child's; the node of classes 2 and 6 is not trained.
    let expected = [third - 1.0, third, third, 0.5, -0.5, third - 1.0, third, third, 0.0, 0.0];
    assert!(gradient.iter().zip(expected).all(|(&found, expected)| close(found, expected)), "{gradient:?}");
}

/// The root leans to its first child, whose classes share it: class 1 is likelier than each of them.
#[test]
fn the_most_probable_class_need_not_be_below_the_best_child() {
    let scores = arr1(&[0.5, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(LOSS.most_probable(scores.view()).expect("10 scores"), 1);
    assert_eq!(LOSS.most_probable(ArrayView1::from(&[0.0_f32; 10])).expect("10 scores"), 1);
}

#[test]
fn nan_is_kept_even_off_the_path() {
    for i in 0..10 {
        let mut scores = [0.0; 10];
        scores[i] = f64::NAN;
        assert!(evaluate(&LOSS, &scores, &[1][..], 1).0.is_nan(), "score {i}");
    }
}

#[test]
fn labels_and_scores_are_checked() {
    let scores = Volume::new(1, 1, 10);
    let check = |output, labels: &[usize]| Loss::<f64>::check(&LOSS, output, 2, labels);
    assert!(check(scores, &[0, 6]).is_ok());
    assert!(matches!(check(scores, &[0]), Err(Error::TargetCount { images: 2, targets: 1 })));
    assert!(matches!(check(scores, &[0, 7]), Err(Error::Label { image: 1, label: 7, classes: 7 })));
    assert_eq!(
        refusal(&LOSS, Volume::new(1, 1, 7), 1, &[0]),
        "HSOFTMAX needs an output of [1x1x10], a score for each child of its tree's nodes, the network gives [1x1x7]: \
         let its last layer be FC10"
    );
    assert!(LOSS.most_probable(ArrayView1::from(&[0.0; 7])).is_err());
}

#[test]
#[should_panic(
    expected = "fewer than 2 children, between which a softmax could choose: node 2, counted as they are"
)]
fn a_node_needs_two_children() {
    Tree::new(&[Inner(&[Class(0), Class(1)]), Inner(&[Class(2)])]);
}

#[test]
#[should_panic(expected = "class 1 stands twice in the tree: every class is one leaf")]
fn a_class_stands_once() {
    Tree::new(&[Class(0), Inner(&[Class(1), Class(1)])]);
}

#[test]
#[should_panic(expected = "class 1 is missing in the tree: K leaves are the classes 0 to K - 1")]
fn no_class_is_missing() {
    Tree::new(&[Class(0), Inner(&[Class(3), Class(2)])]);
}

/// Classes of more than one word, of which one alone is missing, or stands twice; and more than one block.
#[test]
fn classes_of_many_words() {
    let tree = |classes: usize, change: (usize, usize)| {
        let mut nodes: Vec<Node> = (0..classes).map(Class).collect();
        nodes[change.0] = Class(change.1);
        Tree::new(nodes.leak())
    };
    let says = |classes, change| {
        let panic = std::panic::catch_unwind(|| tree(classes, change)).expect_err("no tree");
        *panic.downcast::<String>().expect("a message")
    };
    assert_eq!(tree(1_000_000, (5, 5)).classes(), 1_000_000);
    assert!(says(1000, (700, 1000)).starts_with("class 700 is missing"));
    assert!(says(1000, (700, 64)).starts_with("class 64 stands twice"));
    assert!(says(1_000_000, (999_999, 1_000_000)).starts_with("class 999999 is missing"));
}

static LOOP: [Node; 2] = [Class(0), Inner(&LOOP)];

#[test]
#[should_panic(expected = "the nodes of the tree are nested deeper than 64: does one contain itself?")]
fn a_node_does_not_contain_itself() {
    Tree::new(&LOOP);
}
