//! Smoothed labels, the notes' C, weights of classes and of attributes: against references that have them too, by hand,
//! and what is refused.

use convnet_geometry::Volume;
use ndarray::{Array2, Array4, arr1};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{check, check_gradient, close, labelled, scales};
use crate::error::Error;
use crate::losses::Node::{Class, Inner};
use crate::losses::{HierarchicalSoftmax, Hinge, Logistic, Loss, OneVsAll, Softmax, SquaredSvm, Svm, Tree};
use crate::reference;
use crate::scalar::Scalar;

/// 4 classes, 5 scores: labels of class 4 are taken for class 0.
static TREE: Tree = Tree::new(&[Inner(&[Class(0), Class(2), Class(3)]), Class(1)]);

/// A weight for each of 5 classes or 12 attributes, of which some do not count.
fn weights(count: usize) -> impl Strategy<Value = Vec<f64>> {
    let each = prop_oneof![1 => Just(0.0), 4 => 0.1_f64..10.0];
    vec(each, count).prop_filter("a weight above 0", |weights| weights.iter().any(|&weight| weight > 0.0))
}

/// The label losses with all their options.
struct OfLabels {
    softmax: Softmax,
    svm: Svm,
    squared: SquaredSvm,
    one_vs_all: OneVsAll,
}

impl OfLabels {
    fn new(smoothing: f64, delta: f64, weights: &[f64]) -> Result<Self, Error> {
        Ok(Self {
            softmax: Softmax::new(smoothing)?.with_class_weights(weights)?,
            svm: Svm::new(delta)?.with_class_weights(weights)?,
            squared: SquaredSvm::new(delta)?.with_class_weights(weights)?,
            one_vs_all: OneVsAll::default().with_class_weights(weights)?,
        })
    }
}

fn references<T: Scalar>(
    scores: &Array2<f64>,
    labels: &[usize],
    smoothing: f64,
    delta: f64,
    weights: &[f64],
) {
    let losses = OfLabels::new(smoothing, delta, weights).expect("options in range");
    let scores = scores.mapv(T::from_f64);
    let weights: Vec<_> = weights.iter().map(|&weight| T::from_f64(weight)).collect();
    let (smoothing, delta) = (T::from_f64(smoothing), T::from_f64(delta));
    check(&losses.softmax, &scores, labels, reference::softmax(scores.view(), labels, smoothing, &weights));
    check(&losses.svm, &scores, labels, reference::svm(scores.view(), labels, delta, &weights));
    check(&losses.squared, &scores, labels, reference::squared_svm(scores.view(), labels, delta, &weights));
    check(&losses.one_vs_all, &scores, labels, reference::one_vs_all(scores.view(), labels, &weights));
}

fn hierarchical_reference<T: Scalar>(scores: &Array2<f64>, labels: &[usize], weights: &[f64]) {
    let loss = HierarchicalSoftmax::new(&TREE).with_class_weights(&weights[..4]).expect("weights in range");
    let scores = scores.mapv(T::from_f64);
    let weights: Vec<_> = weights[..4].iter().map(|&weight| T::from_f64(weight)).collect();
    check(&loss, &scores, labels, reference::hierarchical_softmax(scores.view(), labels, &TREE, &weights));
}

/// Labels of the tree's 4 classes.
fn of_tree(labels: &[usize]) -> Vec<usize> {
    labels.iter().map(|&label| label % 4).collect()
}

proptest! {
    #[test]
    fn losses_of_labels_are_their_references(
        (scores, labels) in labelled(),
        scale in scales(),
        (smoothing, delta) in (0.0_f64..0.999, 0.1_f64..10.0),
        weights in weights(5),
    ) {
        references::<f64>(&(&scores * scale), &labels, smoothing, delta, &weights);
        references::<f32>(&(&scores * scale), &labels, smoothing, delta, &weights);
        prop_assume!(weights[..4].iter().any(|&weight| weight > 0.0));
        hierarchical_reference::<f64>(&(&scores * scale), &of_tree(&labels), &weights);
        hierarchical_reference::<f32>(&(&scores * scale), &of_tree(&labels), &weights);
    }

    #[test]
    fn gradients_of_labels_are_centred_differences(
        (scores, labels) in labelled(),
        (smoothing, delta) in (0.0_f64..0.999, 0.1_f64..3.0),
        weights in vec(0.1_f64..10.0, 5),
    ) {
        let scores = scores.mapv(|score| 3.0 * score);
        let (scores, images) = (scores.as_slice().expect("standard layout"), labels.len());
        let losses = OfLabels::new(smoothing, delta, &weights).expect("options in range");
        prop_assume!(check_gradient(&losses.softmax, scores, &labels, images));
        prop_assume!(check_gradient(&losses.svm, scores, &labels, images));
        prop_assume!(check_gradient(&losses.squared, scores, &labels, images));
        prop_assume!(check_gradient(&losses.one_vs_all, scores, &labels, images));
        let loss = HierarchicalSoftmax::new(&TREE).with_class_weights(&weights[..4]).expect("weights in range");
        prop_assume!(check_gradient(&loss, scores, &of_tree(&labels), images));
    }
}

/// Scores `[N, 2, 3, 2]` from -1 to 1, and whether each attribute is present.
fn attributes() -> impl Strategy<Value = (Array4<f64>, Array4<bool>)> {
    vec(vec((-1.0_f64..1.0, any::<bool>()), 12), 1..5).prop_map(|images| {
        let at = |(n, h, w, d): (usize, usize, usize, usize)| images[n][(h * 3 + w) * 2 + d];
        let shape = (images.len(), 2, 3, 2);
        (Array4::from_shape_fn(shape, |i| at(i).0), Array4::from_shape_fn(shape, |i| at(i).1))
    })
}

/// The losses of attributes with all their options.
fn of_attributes(c: f64, positive: f64, weights: &[f64]) -> Result<(Hinge, Logistic), Error> {
    let hinge = Hinge::new(c)?.with_attribute_weights(weights)?.with_positive_weight(positive)?;
    let logistic = Logistic::default().with_positive_weight(positive)?.with_attribute_weights(weights)?;
    Ok((hinge, logistic))
}

fn attribute_references<T: Scalar>(
    scores: &Array4<f64>,
    targets: &Array4<bool>,
    (c, positive): (f64, f64),
    weights: &[f64],
) {
    let (hinge, logistic) = of_attributes(c, positive, weights).expect("options in range");
    let scores = scores.mapv(T::from_f64);
    let flat = targets.as_slice().expect("standard layout");
    let weight = |factor: f64| {
        move |attribute: usize, is_present: bool| {
            T::from_f64(factor * weights[attribute] * if is_present { positive } else { 1.0 })
        }
    };
    check(&hinge, &scores, flat, reference::hinge(scores.view(), targets.view(), weight(c)));
    check(&logistic, &scores, flat, reference::logistic(scores.view(), targets.view(), weight(1.0)));
}

proptest! {
    #[test]
    fn losses_of_attributes_are_their_references(
        (scores, targets) in attributes(),
        scale in scales(),
        factors in (0.1_f64..10.0, 0.1_f64..10.0),
        weights in weights(12),
    ) {
        attribute_references::<f64>(&(&scores * scale), &targets, factors, &weights);
        attribute_references::<f32>(&(&scores * scale), &targets, factors, &weights);
    }

    #[test]
    fn gradients_of_attributes_are_centred_differences(
        (scores, targets) in attributes(),
        (c, positive) in (0.1_f64..10.0, 0.1_f64..10.0),
        weights in vec(0.1_f64..10.0, 12),
    ) {
        let (hinge, logistic) = of_attributes(c, positive, &weights).expect("options in range");
        let (scores, images) = (scores.mapv(|score| 3.0 * score), scores.dim().0);
        let (scores, targets) = (scores.as_slice().expect("standard"), targets.as_slice().expect("standard"));
        prop_assume!(check_gradient(&hinge, scores, targets, images));
        prop_assume!(check_gradient(&logistic, scores, targets, images));
    }
}

/// Of K = 4 classes with smoothing 0.2 the label's target is 0.85 and each other 0.05; equal scores cost ln 4 all the same.
#[test]
fn smoothing_by_hand() {
    let loss = Softmax::new(0.2).expect("smoothing in range");
    let scores = arr1(&[2_f64.ln(), 0.0, 0.0, 0.0, 7.0, 7.0, 7.0, 7.0]);
    let scores = scores.into_shape_with_order((2, 1, 1, 4)).expect("two images of 4 scores");
    let found = loss.of_scores(scores.view(), &[0, 3]).expect("scores of 4 classes");
    // Probabilities 2/5 and 1/5.
    let first = -(0.85 * 0.4_f64.ln() + 0.15 * 0.2_f64.ln());
    assert!(close(found.per_image[0], first) && close(found.per_image[1], 4_f64.ln()), "{found:?}");
    assert!(close(found.mean, f64::midpoint(first, 4_f64.ln())));
    let expected = [0.4 - 0.85, 0.2 - 0.05, 0.2 - 0.05, 0.2 - 0.05, 0.2, 0.2, 0.2, 0.25 - 0.85];
    assert!(found.gradient.iter().zip(expected).all(|(&found, expected)| close(2.0 * found, expected)));
}

/// The mean divides by the images, not by their weights: twice the weights are twice the loss.
#[test]
fn weights_by_hand() {
    let scores = Array4::<f64>::zeros((2, 1, 1, 2));
    let loss = Svm::default().with_class_weights(&[2.0, 6.0]).expect("weights in range");
    let found = loss.of_scores(scores.view(), &[0, 1]).expect("scores of 2 classes");
    assert_eq!((found.mean, found.per_image), (4.0, arr1(&[2.0, 6.0])));
    assert_eq!(found.gradient.iter().copied().collect::<Vec<_>>(), [-1.0, 1.0, 3.0, -3.0]);
    // C 10: of 4 attributes, all at the decision, the second counts half, and those present three times as much.
    let hinge = of_attributes(10.0, 3.0, &[1.0, 0.5]).expect("options in range").0;
    let found = hinge.of_scores(scores.view(), &[true, true, false, false]).expect("2 attributes each");
    assert_eq!((found.mean, found.per_image), (30.0, arr1(&[45.0, 15.0])));
    assert_eq!(found.gradient.iter().copied().collect::<Vec<_>>(), [-15.0, -7.5, 5.0, 2.5]);
}

#[test]
fn options_are_kept() {
    let losses = OfLabels::new(0.25, 2.0, &[1.0, 0.0]).expect("options in range");
    assert_eq!((losses.softmax.smoothing(), losses.svm.delta(), losses.squared.delta()), (0.25, 2.0, 2.0));
    for weights in [
        losses.softmax.class_weights(),
        losses.svm.class_weights(),
        losses.squared.class_weights(),
        losses.one_vs_all.class_weights(),
    ] {
        assert_eq!(weights, Some(&[1.0, 0.0][..]));
    }
    assert_eq!(Softmax::default().class_weights(), None);
    let (hinge, logistic) = of_attributes(4.0, 3.0, &[2.0]).expect("options in range");
    assert_eq!((hinge.c(), hinge.positive_weight(), hinge.attribute_weights()), (4.0, 3.0, Some(&[2.0][..])));
    assert_eq!((logistic.positive_weight(), logistic.attribute_weights()), (3.0, Some(&[2.0][..])));
    assert_eq!((Hinge::default().c(), Hinge::default().positive_weight()), (1.0, 1.0));
}

#[test]
fn options_are_checked() {
    for smoothing in [-0.1, 1.0, 2.0, f64::NAN] {
        let error = Softmax::new(smoothing).expect_err("smoothing out of range").to_string();
        assert_eq!(error, format!("smoothing is {smoothing}: at least 0 and below 1"));
    }
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY, 1.1e12] {
        assert!(Svm::new(factor).expect_err("no margin").to_string().starts_with("delta is "));
        assert!(Hinge::new(factor).expect_err("no factor").to_string().starts_with("C is "));
        assert!(Hinge::default().with_positive_weight(factor).is_err());
        assert!(Logistic::default().with_positive_weight(factor).is_err());
    }
    let says = |weights: &[f64]| Softmax::default().with_class_weights(weights).expect_err("bad").to_string();
    assert_eq!(says(&[1.0, -2.0]), "weight 1 of SOFTMAX is -2: weights are from 0 to 1e12");
    assert_eq!(says(&[f64::NAN, 1.0]), "weight 0 of SOFTMAX is NaN: weights are from 0 to 1e12");
    assert!(says(&[f64::INFINITY]).starts_with("weight 0 of SOFTMAX is inf"));
    assert!(says(&[1.0, 1.1e12]).starts_with("weight 1 of SOFTMAX is 1100000000000"));
    assert_eq!(says(&[0.0; 3]), "none of the 3 weights of SOFTMAX is above 0: nothing would be trained");
    assert!(matches!(
        Svm::default().with_class_weights(&[]),
        Err(Error::NoWeight { loss: "SVM", weights: 0 })
    ));
}

/// Before anything is computed, and naming both numbers.
#[test]
fn weights_are_counted() {
    let (output, two) = (Volume::new(1, 1, 3), [1.0, 2.0]);
    let losses = OfLabels::new(0.0, 1.0, &two).expect("options in range");
    let tree = HierarchicalSoftmax::new(&TREE).with_class_weights(&two).expect("weights in range");
    let says = |checked: Result<(), Error>| checked.expect_err("too few weights").to_string();
    assert_eq!(
        says(Loss::<f32>::check(&losses.softmax, output, 1, &[0])),
        "SOFTMAX was given 2 weights for 3 classes: it needs one for each"
    );
    assert!(says(Loss::<f32>::check(&losses.svm, output, 1, &[0])).starts_with("SVM was given 2"));
    assert!(says(Loss::<f32>::check(&losses.squared, output, 1, &[0])).starts_with("SVM2 was given 2"));
    assert!(says(Loss::<f32>::check(&losses.one_vs_all, output, 1, &[0])).starts_with("OVA was given 2"));
    assert_eq!(
        says(Loss::<f32>::check(&tree, Volume::new(1, 1, 5), 1, &[0])),
        "HSOFTMAX was given 2 weights for 4 classes: it needs one for each"
    );
    let (hinge, logistic) = of_attributes(1.0, 1.0, &two).expect("options in range");
    assert_eq!(
        says(Loss::<f32>::check(&hinge, output, 1, &[true; 3])),
        "HINGE was given 2 weights for 3 attributes: it needs one for each"
    );
    assert!(says(Loss::<f32>::check(&logistic, output, 1, &[true; 3])).starts_with("LOGISTIC was given 2"));
    assert!(Loss::<f32>::check(&hinge, Volume::new(2, 1, 1), 3, &[true; 6]).is_ok());
}

/// Scores at hand are checked like those of a network.
#[test]
fn scores_at_hand_are_checked() {
    let says = |shape, labels: &[usize]| {
        let scores = Array4::<f32>::zeros(shape);
        Softmax::default().of_scores(scores.view(), labels).expect_err("does not fit").to_string()
    };
    assert_eq!(says((2, 1, 1, 3), &[0]), "1 targets given for 2 images");
    assert!(says((1, 1, 1, 3), &[3]).starts_with("the label of image 0 is 3"));
    assert!(says((1, 2, 1, 3), &[0]).starts_with("SOFTMAX needs scores of [1x1xK]"));
    assert!(says((0, 1, 1, 3), &[]).starts_with("a batch of 0 images"));
    assert!(says((2, 1, 0, 3), &[]).starts_with("a batch of 0 images"));
    // Any layout will do.
    let scores = Array4::from_shape_fn((3, 1, 1, 2), |(n, .., d)| (n + 2 * d) as f64);
    let columns = scores.as_standard_layout().reversed_axes().as_standard_layout().into_owned();
    let found = Softmax::default().of_scores(columns.view().reversed_axes(), &[0, 1, 0]);
    assert_eq!(
        found.expect("scores"),
        Softmax::default().of_scores(scores.view(), &[0, 1, 0]).expect("scores")
    );
}
