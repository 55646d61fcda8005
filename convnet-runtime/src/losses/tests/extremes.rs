//! Every loss, plain and with its options, at scores of +-1e4 in f32: finite, and what the formula gives in f64; and at
//! NaN, of which the image that holds it must not be rid.

use convnet_geometry::Volume;
use ndarray::{Array4, ArrayD, IxDyn};

use crate::error::Error;
use crate::losses::Node::{Class, Inner};
use crate::losses::{
    HierarchicalSoftmax, Hinge, L1, L2, Logistic, Loss, OneVsAll, ScoredBatch, Softmax, SquaredSvm,
    Structure, Structured, Svm, Tree,
};
use crate::reference;
use crate::scalar::Scalar;

const EXTREMES: [f64; 3] = [-1e4, 0.0, 1e4];

/// 3 classes, 4 scores.
static TREE: Tree = Tree::new(&[Inner(&[Class(2), Class(0)]), Class(1)]);

const WEIGHTS: [f64; 3] = [0.5, 3.0, 1.0];

/// Every way to give `each` numbers to an image, `[N, each]`.
fn all(each: usize) -> ArrayD<f64> {
    let count = EXTREMES.len().pow(u32::try_from(each).expect("few"));
    ArrayD::from_shape_fn(IxDyn(&[count, each]), |i| EXTREMES[(0..i[1]).fold(i[0], |rest, _| rest / 3) % 3])
}

fn scores<T: Scalar>(each: usize) -> Array4<T> {
    let all = all(each).mapv(T::from_f64);
    let images = all.shape()[0];
    all.into_shape_with_order((images, 1, 1, each)).expect("the same numbers")
}

/// Compares what a loss gives in f32 with a formula's mean and gradient in f64.
fn check<'a, Target: 'a, L>(
    loss: &L,
    each: usize,
    targets: &'a [Target],
    expected: (f64, impl IntoIterator<Item = f64>),
) where
    L: for<'b> Loss<f32, Targets<'b> = &'b [Target]>,
{
    let found: ScoredBatch<f32> = loss.of_scores(scores(each).view(), targets).expect("targets that fit");
    let close = |found: f32, expected: f64| {
        found.is_finite() && (f64::from(found) - expected).abs() <= 1e-6 * expected.abs().max(1e-3)
    };
    assert!(close(found.mean, expected.0), "{} for {}", found.mean, expected.0);
    let images = found.gradient.dim().0 as f64;
    let mut slopes = 0;
    for (&slope, expected) in found.gradient.iter().zip(expected.1) {
        // The formula's gradient is divided by the images.
        assert!(close(slope * found.gradient.dim().0 as f32, expected * images), "{slope} for {expected}");
        slopes += 1;
    }
    assert_eq!(slopes, found.gradient.len());
    assert!(found.per_image.iter().all(|loss| loss.is_finite() && *loss >= 0.0), "{}", found.per_image);
}

#[test]
fn losses_of_labels_at_extreme_scores() -> Result<(), Error> {
    let scores = scores::<f64>(3);
    let flat = scores.view().into_shape_with_order((27, 3)).expect("27 images");
    let ones = [1.0; 3];
    for label in 0..3 {
        let labels = [label; 27];
        for (smoothing, weights) in [(0.0, ones), (0.1, ones), (0.5, WEIGHTS)] {
            let loss = Softmax::new(smoothing)?.with_class_weights(&weights)?;
            check(&loss, 3, &labels, reference::softmax(flat, &labels, smoothing, &weights));
        }
        for weights in [ones, WEIGHTS] {
            let svm = Svm::new(2.0)?.with_class_weights(&weights)?;
            check(&svm, 3, &labels, reference::svm(flat, &labels, 2.0, &weights));
            let squared = SquaredSvm::new(2.0)?.with_class_weights(&weights)?;
            check(&squared, 3, &labels, reference::squared_svm(flat, &labels, 2.0, &weights));
            let one_vs_all = OneVsAll::default().with_class_weights(&weights)?;
            check(&one_vs_all, 3, &labels, reference::one_vs_all(flat, &labels, &weights));
        }
    }
    Ok(())
}

#[test]
fn the_hierarchical_softmax_at_extreme_scores() -> Result<(), Error> {
    let scores = scores::<f64>(4);
    let flat = scores.view().into_shape_with_order((81, 4)).expect("81 images");
    for label in 0..3 {
        let labels = [label; 81];
        for weights in [[1.0; 3], WEIGHTS] {
            let loss = HierarchicalSoftmax::new(&TREE).with_class_weights(&weights)?;
            check(&loss, 4, &labels, reference::hierarchical_softmax(flat, &labels, &TREE, &weights));
        }
    }
    Ok(())
}

#[test]
fn losses_of_attributes_at_extreme_scores() -> Result<(), Error> {
    let scores = scores::<f64>(3);
    for targets in [[true; 81], [false; 81]] {
        let shaped = Array4::from_shape_vec((27, 1, 1, 3), targets.to_vec()).expect("81 attributes");
        let (view, present) = (shaped.view(), |is_present| if is_present { 5.0 } else { 1.0 });
        check(&Hinge::default(), 3, &targets, reference::hinge(scores.view(), view, |_, _| 1.0));
        check(&Logistic::default(), 3, &targets, reference::logistic(scores.view(), view, |_, _| 1.0));
        let weight = |attribute: usize, is_present: bool| WEIGHTS[attribute] * present(is_present);
        let hinge = Hinge::new(10.0)?.with_positive_weight(5.0)?.with_attribute_weights(&WEIGHTS)?;
        let by_formula = reference::hinge(scores.view(), view, |j, is_present| 10.0 * weight(j, is_present));
        check(&hinge, 3, &targets, by_formula);
        let logistic = Logistic::default().with_positive_weight(5.0)?.with_attribute_weights(&WEIGHTS)?;
        check(&logistic, 3, &targets, reference::logistic(scores.view(), view, weight));
    }
    Ok(())
}

#[test]
fn losses_of_regression_at_extreme_outputs() {
    let outputs = scores::<f64>(3);
    for target in EXTREMES {
        let (targets, narrow) = (Array4::from_elem((27, 1, 1, 3), target), [f32::from_f64(target); 81]);
        check(&L2, 3, &narrow, reference::l2(outputs.view(), targets.view()));
        check(&L1, 3, &narrow, reference::l1(outputs.view(), targets.view()));
    }
}

/// A class, whose score is an output; any mistake costs 1.
#[derive(Clone, Default)]
struct Choice;

impl<T: Scalar> Structure<T> for Choice {
    type Target = usize;

    fn check(&self, _: Volume, _: &usize) -> Result<(), String> {
        Ok(())
    }

    fn score(&self, outputs: &[T], &class: &usize, weight: T, gradient: &mut [T]) -> T {
        gradient[class] += weight;
        outputs[class]
    }

    fn cost(&self, target: &usize, class: &usize) -> T {
        if target == class { T::zero() } else { T::one() }
    }

    fn rival(&self, outputs: &[T], &target: &usize) -> usize {
        let wrong = (0..outputs.len()).filter(|&class| class != target);
        wrong
            .reduce(|best, class| if outputs[class] > outputs[best] { class } else { best })
            .expect("3 classes")
    }
}

#[test]
fn the_structured_loss_at_extreme_outputs() {
    let outputs = scores::<f64>(3);
    let flat = outputs.view().into_shape_with_order((27, 3)).expect("27 images");
    for target in 0..3 {
        let targets = [target; 27];
        let (mean, gradient) = reference::structured(&Choice, flat, &targets, &[0, 1, 2]);
        check(&Structured::new(Choice), 3, &targets, (mean, gradient));
    }
}

/// What the formulas come to at one such score, so that reference and loss are not wrong together.
#[test]
fn extremes_by_hand() {
    fn mean<L: for<'a> Loss<f32, Targets<'a> = &'a [usize]>>(loss: &L, label: usize) -> f32 {
        let scores = Array4::from_shape_vec((1, 1, 1, 2), vec![-1e4, 1e4]).expect("2 scores");
        loss.of_scores(scores.view(), &[label]).expect("a label").mean
    }
    assert_eq!(mean(&Softmax::default(), 0), 20_000.0);
    assert_eq!(mean(&Softmax::default(), 1), 0.0);
    // 1/4 of the label, and so 1/8 of all, goes to the class whose logarithm is -20,000.
    assert_eq!(mean(&Softmax::new(0.25).expect("in range"), 1), 2_500.0);
    assert_eq!(mean(&Svm::default(), 0), 20_001.0);
    assert_eq!(mean(&SquaredSvm::default(), 0), 20_001.0_f32 * 20_001.0);
    assert_eq!(mean(&OneVsAll::default(), 0), 20_002.0);
}

/// Were the sum of powers rounded to `f32` before its logarithm is taken, this would be 0.
#[test]
fn the_loss_of_a_score_that_is_nearly_certain() {
    let scores = Array4::from_shape_vec((1, 1, 1, 2), vec![20.0_f32, 0.0]).expect("2 scores");
    for softmax in [Softmax::default(), Softmax::new(1e-12).expect("in range")] {
        let mean = f64::from(softmax.of_scores(scores.view(), &[0]).expect("a label").mean);
        let expected = (-20.0_f64).exp().ln_1p() + 10.0 * softmax.smoothing();
        assert!((mean / expected - 1.0).abs() < 1e-6, "{mean:e} for {expected:e}");
    }
}

/// What a batch of nothing loses is nothing that could be averaged.
#[test]
fn batches_without_images_are_refused() {
    let output = Volume::new(1, 1, 3);
    assert!(matches!(Loss::<f32>::check(&Softmax::default(), output, 0, &[]), Err(Error::EmptyBatch)));
    assert!(matches!(Loss::<f32>::check(&L2, output, 0, &[]), Err(Error::EmptyBatch)));
    assert!(matches!(Loss::<f32>::check(&Hinge::default(), output, 0, &[]), Err(Error::EmptyBatch)));
}

/// NaN at any place, also of a class or an attribute that does not count, makes the loss of its image NaN and of no other.
fn keeps_nan<Target: Clone, L>(loss: &L, each: usize, target: &[Target])
where
    L: for<'a> Loss<f32, Targets<'a> = &'a [Target]>,
{
    for place in 0..each {
        let mut scores = Array4::zeros((2, 1, 1, each));
        scores[[1, 0, 0, place]] = f32::NAN;
        let found = loss.of_scores(scores.view(), &[target, target].concat()).expect("targets that fit");
        assert!(found.mean.is_nan() && found.per_image[1].is_nan(), "score {place}: {}", found.per_image);
        assert!(found.per_image[0].is_finite(), "score {place}: {}", found.per_image);
    }
}

#[test]
fn losses_with_options_keep_nan() -> Result<(), Error> {
    let weights = [0.0, 1.0, 2.0];
    for label in [0, 1] {
        keeps_nan(&Softmax::new(0.1)?.with_class_weights(&weights)?, 3, &[label]);
        keeps_nan(&Svm::default().with_class_weights(&weights)?, 3, &[label]);
        keeps_nan(&SquaredSvm::default().with_class_weights(&weights)?, 3, &[label]);
        keeps_nan(&OneVsAll::default().with_class_weights(&weights)?, 3, &[label]);
        keeps_nan(&HierarchicalSoftmax::new(&TREE).with_class_weights(&weights)?, 4, &[label]);
    }
    let targets = [true, false, true];
    keeps_nan(&Hinge::new(2.0)?.with_attribute_weights(&weights)?, 3, &targets);
    keeps_nan(&Logistic::default().with_attribute_weights(&weights)?, 3, &targets);
    keeps_nan(&L2, 3, &[0.0; 3]);
    keeps_nan(&L1, 3, &[0.0; 3]);
    keeps_nan(&Structured::new(Choice), 3, &[1]);
    Ok(())
}
