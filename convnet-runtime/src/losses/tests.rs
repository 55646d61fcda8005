//! Every loss against its plain reference, at moderate and at extreme scores, and its gradient against centred
//! differences; here those of labels.

mod attributes;
mod extremes;
mod hierarchical;
mod options;
mod regression;
mod structured;

use convnet_geometry::Volume;
use ndarray::{Array, Array2, Dimension};
use proptest::prelude::*;

use super::{Evaluation, Hinge, L1, L2, Logistic, Loss, OneVsAll, Softmax, SquaredSvm, Svm};
use crate::error::Error;
use crate::kinks::Kinks;
use crate::reference;
use crate::scalar::Scalar;

/// The mean loss, its gradient, and the kinks' fingerprint.
fn evaluate<T: Scalar, L: Loss<T>>(
    loss: &L,
    scores: &[T],
    targets: L::Targets<'_>,
    images: usize,
) -> (T, Vec<T>, Kinks) {
    let (mut gradient, mut kinks) = (vec![T::nan(); scores.len()], Kinks::NONE);
    let kinks_here = Some(&mut kinks);
    let at =
        Evaluation { scores, targets, images, gradient: &mut gradient, kinks: kinks_here, per_image: None };
    let mean = loss.evaluate(at).mean;
    (mean, gradient, kinks)
}

/// Asks for each image's loss: it is the loss of the image alone, and neither the mean nor the gradient depends on asking.
fn check_each_image<T: Scalar, Target, L>(loss: &L, scores: &[T], targets: &[Target], images: usize)
where
    L: for<'a> Loss<T, Targets<'a> = &'a [Target]>,
{
    let (mut gradient, mut each) = (vec![T::nan(); scores.len()], vec![T::nan(); images]);
    let per_image = Some(&mut each[..]);
    let at = Evaluation { scores, targets, images, gradient: &mut gradient, kinks: None, per_image };
    let mean = loss.evaluate(at).mean;
    let unasked = evaluate(loss, scores, targets, images);
    let bits = |numbers: &[T]| numbers.iter().map(|number| number.bits()).collect::<Vec<_>>();
    assert_eq!((mean.bits(), bits(&gradient)), (unasked.0.bits(), bits(&unasked.1)));
    let scores = scores.chunks_exact(scores.len() / images);
    let targets = targets.chunks_exact(targets.len() / images);
    let alone: Vec<_> =
        scores.zip(targets).map(|(scores, target)| evaluate(loss, scores, target, 1).0).collect();
    assert_eq!(bits(&each), bits(&alone), "{each:?} for {alone:?}");
}

fn close<T: Scalar>(found: T, expected: T) -> bool {
    let tolerance = if size_of::<T>() == 4 { 1e-5 } else { 1e-12 };
    (found - expected).as_f64().abs() <= tolerance * expected.as_f64().abs().max(1.0)
}

/// Compares a loss with its reference on scores `[N, ...]`, and that of each image with the image's own.
fn check<T: Scalar, Target, L, D: Dimension>(
    loss: &L,
    scores: &Array<T, D>,
    targets: &[Target],
    expected: (T, Array<T, D>),
) where
    L: for<'a> Loss<T, Targets<'a> = &'a [Target]>,
{
    let images = scores.shape()[0];
    let scores = scores.as_slice().expect("standard layout");
    let (value, gradient, _) = evaluate(loss, scores, targets, images);
    assert!(close(value, expected.0), "{value} for {}", expected.0);
    let all = gradient.iter().zip(&expected.1).all(|(&found, &expected)| close(found, expected));
    assert!(all, "{gradient:?} for {}", expected.1);
    check_each_image(loss, scores, targets, images);
}

/// Compares the gradient of a loss with centred differences, except next to a kink; false if that left too little.
#[must_use]
fn check_gradient<L: Loss<f64>>(loss: &L, scores: &[f64], targets: L::Targets<'_>, images: usize) -> bool {
    let h = 1e-5;
    let (_, gradient, _) = evaluate(loss, scores, targets, images);
    let largest = gradient.iter().fold(0.0, |largest: f64, slope| largest.max(slope.abs()));
    let mut compared = 0;
    for (i, &analytic) in gradient.iter().enumerate() {
        let moved = |by: f64| {
            let mut scores = scores.to_vec();
            scores[i] += by;
            let (mean, _, kinks) = evaluate(loss, &scores, targets, images);
            (mean, kinks)
        };
        let ((above, kinks_above), (below, kinks_below)) = (moved(h), moved(-h));
        if kinks_above == kinks_below {
            let numeric = (above - below) / (2.0 * h);
            // A gradient far below its neighbours cannot be told from the rounding of the loss.
            let scale = analytic.abs().max(numeric.abs()).max(1e-2 * largest);
            assert!((analytic - numeric).abs() <= 1e-6 * scale, "{i}: {analytic} for {numeric}");
            compared += 1;
        }
    }
    2 * compared >= gradient.len()
}

/// Scores that are moderate, large, or extreme.
fn scales() -> impl Strategy<Value = f64> {
    prop_oneof![Just(1.0), Just(100.0), Just(1e4)]
}

/// For each image 5 scores from -1 to 1 and a label.
fn labelled() -> impl Strategy<Value = (Array2<f64>, Vec<usize>)> {
    let row = (proptest::collection::vec(-1.0_f64..1.0, 5), 0_usize..5);
    proptest::collection::vec(row, 1..7).prop_map(|rows| {
        let scores = Array2::from_shape_fn((rows.len(), 5), |(n, k)| rows[n].0[k]);
        (scores, rows.iter().map(|(_, label)| *label).collect())
    })
}

fn references<T: Scalar>(scores: &Array2<f64>, labels: &[usize], delta: f64) {
    let (scores, ones) = (scores.mapv(T::from_f64), [T::one(); 5]);
    check(&Softmax::default(), &scores, labels, reference::softmax(scores.view(), labels, T::zero(), &ones));
    check(&OneVsAll::default(), &scores, labels, reference::one_vs_all(scores.view(), labels, &ones));
    let (svm, margin) = (Svm::new(delta).expect("a positive margin"), T::from_f64(delta));
    check(&svm, &scores, labels, reference::svm(scores.view(), labels, margin, &ones));
    let squared = SquaredSvm::new(delta).expect("a positive margin");
    check(&squared, &scores, labels, reference::squared_svm(scores.view(), labels, margin, &ones));
}

proptest! {
    #[test]
    fn losses_are_their_references((scores, labels) in labelled(), scale in scales(), delta in 0.1_f64..10.0) {
        references::<f64>(&(&scores * scale), &labels, delta);
        references::<f32>(&(&scores * scale), &labels, delta);
    }

    #[test]
    fn gradients_are_centred_differences((scores, labels) in labelled(), delta in 0.1_f64..3.0) {
        let scores = scores.mapv(|score| 3.0 * score);
        let scores = scores.as_slice().expect("standard layout");
        prop_assume!(check_gradient(&Softmax::default(), scores, &labels, labels.len()));
        prop_assume!(check_gradient(&OneVsAll::default(), scores, &labels, labels.len()));
        let svm = Svm::new(delta).expect("a positive margin");
        prop_assume!(check_gradient(&svm, scores, &labels, labels.len()));
        let squared = SquaredSvm::new(delta).expect("a positive margin");
        prop_assume!(check_gradient(&squared, scores, &labels, labels.len()));
    }
}

/// Equal scores of any size are ln K, in f32 too: the largest is taken off before anything is added to it.
#[test]
fn softmax_of_large_equal_scores() {
    for score in [0.0_f32, 1e4, 1e7, -1e30] {
        let (mean, gradient, _) = evaluate(&Softmax::default(), &[score; 2], &[1][..], 1);
        assert!((mean - 2_f32.ln()).abs() < 1e-6);
        assert_eq!(gradient, [0.5, -0.5]);
    }
}

/// A million `f32` add up to what they are.
#[test]
fn sums_of_many() {
    const MANY: usize = 3 << 20;
    let is_sum = |mean: f32, each: f64| {
        let expected = each * MANY as f64;
        assert!((f64::from(mean) / expected - 1.0).abs() < 1e-6, "{mean} for {expected}");
    };
    let (scores, zeros) = (vec![0.1_f32; MANY], vec![0.0; MANY]);
    let tenth = f64::from(0.1_f32);
    is_sum(evaluate(&L2, &scores, &zeros[..], 1).0, tenth * tenth);
    is_sum(evaluate(&L1, &scores, &zeros[..], 1).0, tenth);
    let absent = vec![false; MANY];
    is_sum(evaluate(&Hinge::default(), &scores, &absent[..], 1).0, 1.0 + tenth);
    is_sum(evaluate(&Logistic::default(), &scores, &absent[..], 1).0, tenth.exp().ln_1p());
    let (loss, gradient, _) = evaluate(&SquaredSvm::default(), &scores, &[0][..], 1);
    is_sum(loss, 1.0);
    is_sum(-gradient[0], 2.0);
    let (loss, ..) = evaluate(&Softmax::default(), &scores, &[0][..], 1);
    assert!((f64::from(loss) - (MANY as f64).ln()).abs() < 1e-5, "{loss}");
}

/// The notes' scores, and margins that can be done by hand.
#[test]
fn losses_by_hand() {
    let scores = [13.0, -7.0, 11.0];
    let svm = Svm::new(10.0).expect("a positive margin");
    let (mean, gradient, _) = evaluate(&svm, &scores, &[0][..], 1);
    assert_eq!((mean, gradient), (8.0, vec![-1.0, 0.0, 1.0]));
    let squared = SquaredSvm::new(10.0).expect("a positive margin");
    let (mean, gradient, _) = evaluate(&squared, &scores, &[0][..], 1);
    assert_eq!((mean, gradient), (64.0, vec![-16.0, 0.0, 16.0]));
    // 1 - 0.5, nothing below -1, 1 + 3; then 1 + 2, 1 + 0, and nothing at the margin itself.
    let (mean, gradient, _) =
        evaluate(&OneVsAll::default(), &[0.5, -2.0, 3.0, 0.0, -2.0, -1.0], &[0, 1][..], 2);
    assert_eq!((mean, gradient), (4.25, vec![-0.5, 0.0, 0.5, 0.5, -0.5, 0.0]));
}

#[test]
fn losses_keep_nan() {
    let scores = [1.0, f64::NAN, 2.0];
    assert!(evaluate(&Softmax::default(), &scores, &[0][..], 1).0.is_nan());
    assert!(evaluate(&Svm::default(), &scores, &[0][..], 1).0.is_nan());
    assert!(evaluate(&SquaredSvm::default(), &scores, &[0][..], 1).0.is_nan());
    assert!(evaluate(&OneVsAll::default(), &scores, &[0][..], 1).0.is_nan());
}

#[test]
fn margins_are_checked() {
    for delta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Svm::new(delta).is_err(), "{delta}");
        assert!(SquaredSvm::new(delta).is_err(), "{delta}");
    }
}

/// What a loss says of targets that do not fit.
fn refusal<L: Loss<f64>>(loss: &L, output: Volume, images: usize, targets: L::Targets<'_>) -> String {
    loss.check(output, images, targets).expect_err("targets that do not fit").to_string()
}

#[test]
fn labels_are_checked() {
    fn check<L: for<'a> Loss<f64, Targets<'a> = &'a [usize]>>(loss: &L, name: &str) {
        let scores = Volume::new(1, 1, 3);
        assert!(loss.check(scores, 2, &[0, 2]).is_ok());
        assert!(matches!(loss.check(scores, 2, &[0]), Err(Error::TargetCount { images: 2, targets: 1 })));
        assert!(matches!(
            loss.check(scores, 2, &[0, 3]),
            Err(Error::Label { image: 1, label: 3, classes: 3 })
        ));
        assert!(refusal(loss, Volume::new(2, 2, 3), 1, &[0]).starts_with(name));
        assert!(refusal(loss, Volume::new(1, 1, 1), 1, &[0]).starts_with(name));
    }
    check(&Softmax::default(), "SOFTMAX needs");
    check(&Svm::default(), "SVM needs");
    check(&SquaredSvm::default(), "SVM2 needs");
    check(&OneVsAll::default(), "OVA needs");
}
