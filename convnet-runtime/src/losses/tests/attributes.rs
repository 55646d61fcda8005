//! Losses of attributes, any number of which an image may have.

use convnet_geometry::Volume;
use ndarray::{Array4, arr2};
use proptest::prelude::*;

use super::{check, check_gradient, close, evaluate, refusal, scales};
use crate::losses::{Hinge, Logistic, Loss};
use crate::reference;
use crate::scalar::Scalar;

/// Scores `[N, 2, 3, 2]` from -1 to 1, and whether each attribute is present.
fn attributes() -> impl Strategy<Value = (Array4<f64>, Array4<bool>)> {
    let image = proptest::collection::vec((-1.0_f64..1.0, any::<bool>()), 12);
    proptest::collection::vec(image, 1..5).prop_map(|images| {
        let at = |(n, h, w, d): (usize, usize, usize, usize)| images[n][(h * 3 + w) * 2 + d];
        let shape = (images.len(), 2, 3, 2);
        (Array4::from_shape_fn(shape, |i| at(i).0), Array4::from_shape_fn(shape, |i| at(i).1))
    })
}

fn references<T: Scalar>(scores: &Array4<f64>, targets: &Array4<bool>) {
    let scores = scores.mapv(T::from_f64);
    let flat = targets.as_slice().expect("standard layout");
    check(&Hinge::default(), &scores, flat, reference::hinge(scores.view(), targets.view(), |_, _| T::one()));
    check(
        &Logistic::default(),
        &scores,
        flat,
        reference::logistic(scores.view(), targets.view(), |_, _| T::one()),
    );
}

proptest! {
    #[test]
    fn losses_are_their_references((scores, targets) in attributes(), scale in scales()) {
        references::<f64>(&(&scores * scale), &targets);
        references::<f32>(&(&scores * scale), &targets);
    }

    #[test]
    fn gradients_are_centred_differences((scores, targets) in attributes()) {
        let scores = scores.mapv(|score| 3.0 * score);
        let images = scores.dim().0;
        let (scores, targets) = (scores.as_slice().expect("standard"), targets.as_slice().expect("standard"));
        prop_assume!(check_gradient(&Hinge::default(), scores, targets, images));
        prop_assume!(check_gradient(&Logistic::default(), scores, targets, images));
    }
}

/// A margin of exactly 0 has gradient 0, in the loss and in its reference.
#[test]
fn margins_of_nothing() {
    let scores = Array4::from_shape_vec((1, 1, 1, 3), vec![1.0_f64, -1.0, 1.0]).expect("3 scores");
    let targets = Array4::from_shape_vec((1, 1, 1, 3), vec![true, false, false]).expect("3 targets");
    let found = reference::hinge(scores.view(), targets.view(), |_, _| 1.0);
    assert_eq!(found.1.iter().copied().collect::<Vec<_>>(), [0.0, 0.0, 1.0]);
    let flat = targets.as_slice().expect("standard layout");
    check(&Hinge::default(), &scores, flat, found);
    // Scores 1 and 0 of a label 0, delta 1; of class 1 against all, 1 and -1.
    let scores = arr2(&[[1.0_f64, 0.0]]);
    let (loss, gradient) = reference::svm(scores.view(), &[0], 1.0, &[1.0; 2]);
    assert_eq!((loss, gradient.sum()), (0.0, 0.0));
    assert!(gradient.iter().all(|&gradient| gradient == 0.0));
    let scores = arr2(&[[-1.0_f64, 1.0]]);
    let (_, gradient) = reference::one_vs_all(scores.view(), &[1], &[1.0; 2]);
    assert!(gradient.iter().all(|&gradient| gradient == 0.0));
}

#[test]
fn hinge_by_hand() {
    let targets = [true, true, false, false];
    let (mean, gradient, _) = evaluate(&Hinge::default(), &[0.5, 1.0, -3.0, 2.0], &targets[..], 2);
    assert_eq!((mean, gradient), (1.75, vec![-0.5, 0.0, 0.0, 0.5]));
}

/// No score overflows, in f32 too, and a tiny loss is not rounded to 0: log(1 + x) is x.
#[test]
fn logistic_by_hand() {
    let targets = [true, false, true, false];
    let (mean, gradient, _) =
        evaluate(&Logistic::default(), &[800.0_f32, 800.0, -800.0, -800.0], &targets[..], 1);
    assert_eq!((mean, gradient), (1600.0, vec![0.0, 1.0, -1.0, 0.0]));
    let (mean, gradient, _) = evaluate(&Logistic::default(), &[0.0, 0.0], &[true, false][..], 1);
    assert!(close(mean, 2.0 * 2_f64.ln()));
    assert_eq!(gradient, [-0.5, 0.5]);
    let (mean, ..) = evaluate(&Logistic::default(), &[40.0_f32], &[true][..], 1);
    assert!((mean / (-40_f32).exp() - 1.0).abs() < 1e-6);
}

#[test]
fn losses_keep_nan() {
    for target in [true, false] {
        assert!(evaluate(&Hinge::default(), &[1.0, f64::NAN], &[target; 2][..], 1).0.is_nan());
        let (mean, gradient, _) = evaluate(&Logistic::default(), &[1.0, f64::NAN], &[target; 2][..], 1);
        assert!(mean.is_nan() && gradient[1].is_nan());
    }
}

#[test]
fn attributes_are_checked() {
    let output = Volume::new(2, 3, 4);
    assert!(Loss::<f32>::check(&Hinge::default(), output, 2, &[true; 48]).is_ok());
    assert!(Loss::<f32>::check(&Logistic::default(), output, 2, &[true; 48]).is_ok());
    assert_eq!(
        refusal(&Hinge::default(), output, 2, &[true; 24]),
        "HINGE was given 24 targets for 2 images of [2x3x4]: it needs one for each number of the output, in the layout \
         [N, 3, 2, 4]"
    );
    assert!(
        refusal(&Logistic::default(), output, usize::MAX, &[true; 24])
            .starts_with("LOGISTIC was given 24 targets")
    );
}
