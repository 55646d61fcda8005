//! Every loss against its plain reference, at moderate and at extreme scores.

use ndarray::Array2;
use proptest::prelude::*;

use super::{Evaluation, Loss, Softmax, Svm};
use crate::reference;
use crate::scalar::Scalar;

fn check<T, L>(loss: &L, scores: &Array2<T>, labels: &[usize], expected: (T, Array2<T>))
where
    T: Scalar,
    L: for<'a> Loss<T, Targets<'a> = &'a [usize]>,
{
    let mut gradient = Array2::from_elem(scores.dim(), T::nan());
    let at = Evaluation {
        scores: scores.as_slice().expect("standard layout"),
        targets: labels,
        images: labels.len(),
        gradient: gradient.as_slice_mut().expect("standard layout"),
        kinks: None,
    };
    let value = loss.evaluate(at).mean;
    let tolerance = if size_of::<T>() == 4 { 1e-5 } else { 1e-12 };
    let close = |found: T, expected: T| {
        (found - expected).as_f64().abs() <= tolerance * expected.as_f64().abs().max(1.0)
    };
    assert!(close(value, expected.0), "{value} for {}", expected.0);
    assert!(gradient.iter().zip(&expected.1).all(|(&found, &expected)| close(found, expected)), "{gradient}");
}

fn both<T: Scalar>(scores: &Array2<f64>, labels: &[usize], delta: f64) {
    let scores = scores.mapv(T::from_f64);
    check(&Softmax, &scores, labels, reference::softmax(scores.view(), labels));
    let svm = Svm::new(delta).expect("a positive margin");
    check(&svm, &scores, labels, reference::svm(scores.view(), labels, T::from_f64(delta)));
}

proptest! {
    #[test]
    fn losses_are_their_references(
        raw in proptest::collection::vec((proptest::collection::vec(-1.0_f64..1.0, 5), 0_usize..5), 1..7),
        scale in prop_oneof![Just(1.0), Just(100.0), Just(1e4)],
        delta in 0.1_f64..10.0,
    ) {
        let labels: Vec<usize> = raw.iter().map(|(_, label)| *label).collect();
        let scores = Array2::from_shape_fn((raw.len(), 5), |(n, k)| scale * raw[n].0[k]);
        both::<f64>(&scores, &labels, delta);
        both::<f32>(&scores, &labels, delta);
    }
}

/// Equal scores of any size are ln K, in f32 too: the largest is taken off before anything is added to it.
#[test]
fn softmax_of_large_equal_scores() {
    for score in [0.0_f32, 1e4, 1e7, -1e30] {
        let mut gradient = [f32::NAN; 2];
        let at = Evaluation {
            scores: &[score; 2],
            targets: &[1][..],
            images: 1,
            gradient: &mut gradient,
            kinks: None,
        };
        assert!((Softmax.evaluate(at).mean - 2_f32.ln()).abs() < 1e-6);
        assert_eq!(gradient, [0.5, -0.5]);
    }
}

#[test]
fn losses_keep_nan() {
    let mut gradient = [0.0_f64; 3];
    let scores = [1.0, f64::NAN, 2.0];
    let at =
        Evaluation { scores: &scores, targets: &[0][..], images: 1, gradient: &mut gradient, kinks: None };
    assert!(Softmax.evaluate(at).mean.is_nan());
    let at =
        Evaluation { scores: &scores, targets: &[0][..], images: 1, gradient: &mut gradient, kinks: None };
    assert!(Svm::default().evaluate(at).mean.is_nan());
}

#[test]
fn margins_are_checked() {
    for delta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Svm::new(delta).is_err(), "{delta}");
    }
}
