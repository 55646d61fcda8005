//! Losses of regression.

use convnet_geometry::Volume;
use ndarray::Array4;
use proptest::prelude::*;

use super::{check, check_gradient, evaluate, refusal, scales};
use crate::losses::{L1, L2, Loss};
use crate::reference;
use crate::scalar::Scalar;

/// Outputs and targets `[N, 2, 3, 2]` from -1 to 1.
fn pairs() -> impl Strategy<Value = (Array4<f64>, Array4<f64>)> {
    let image = proptest::collection::vec((-1.0_f64..1.0, -1.0_f64..1.0), 12);
    proptest::collection::vec(image, 1..5).prop_map(|images| {
        let at = |(n, h, w, d): (usize, usize, usize, usize)| images[n][(h * 3 + w) * 2 + d];
        let shape = (images.len(), 2, 3, 2);
        (Array4::from_shape_fn(shape, |i| at(i).0), Array4::from_shape_fn(shape, |i| at(i).1))
    })
}

fn references<T: Scalar>(outputs: &Array4<f64>, targets: &Array4<f64>) {
    let (outputs, targets) = (outputs.mapv(T::from_f64), targets.mapv(T::from_f64));
    let flat = targets.as_slice().expect("standard layout");
    check(&L2, &outputs, flat, reference::l2(outputs.view(), targets.view()));
    check(&L1, &outputs, flat, reference::l1(outputs.view(), targets.view()));
}

proptest! {
    #[test]
    fn losses_are_their_references((outputs, targets) in pairs(), scale in scales()) {
        references::<f64>(&(&outputs * scale), &targets);
        references::<f32>(&(&outputs * scale), &targets);
    }

    #[test]
    fn gradients_are_centred_differences((outputs, targets) in pairs()) {
        let images = outputs.dim().0;
        let (outputs, targets) = (outputs.as_slice().expect("standard"), targets.as_slice().expect("standard"));
        prop_assume!(check_gradient(&L2, outputs, targets, images));
        prop_assume!(check_gradient(&L1, outputs, targets, images));
    }
}

#[test]
fn distances_by_hand() {
    let (outputs, targets) = ([1.0, -2.0, 3.0, 0.5], [1.0, 1.0, 1.0, 0.0]);
    let (mean, gradient, _) = evaluate(&L2, &outputs, &targets[..], 2);
    assert_eq!((mean, gradient), (6.625, vec![0.0, -3.0, 2.0, 0.5]));
    let (mean, gradient, _) = evaluate(&L1, &outputs, &targets[..], 2);
    assert_eq!((mean, gradient), (2.75, vec![0.0, -0.5, 0.5, 0.5]));
}

#[test]
fn losses_keep_nan() {
    let (mean, gradient, _) = evaluate(&L2, &[0.0, f64::NAN], &[0.0; 2][..], 1);
    assert!(mean.is_nan() && gradient[1].is_nan());
    let (mean, gradient, _) = evaluate(&L1, &[0.0, f64::NAN], &[0.0; 2][..], 1);
    assert!(mean.is_nan() && gradient[1].is_nan());
}

/// A gradient check leaves out what lies on both sides of the target.
#[test]
fn l1_records_its_kinks() {
    let kinks = |output: f64| evaluate(&L1, &[output], &[1.0][..], 1).2;
    assert_eq!(kinks(1.1), kinks(1.2));
    assert_ne!(kinks(1.1), kinks(0.9));
}

#[test]
fn targets_are_checked() {
    let output = Volume::new(2, 3, 4);
    let mut targets = [0.0; 48];
    assert!(L2.check(output, 2, &targets).is_ok());
    assert!(L1.check(output, 2, &targets).is_ok());
    assert!(refusal(&L2, output, 2, &[0.0; 2]).starts_with("L2 was given 2 targets for 2 images of [2x3x4]"));
    assert!(refusal(&L1, output, 2, &[0.0; 2]).starts_with("L1 was given 2 targets for 2 images of [2x3x4]"));
    targets[24 + 8 + 4 + 3] = f64::INFINITY;
    let expected = "the target of image 1 holds inf at row 1, column 1, channel 3: targets must be finite";
    assert_eq!(refusal(&L2, output, 2, &targets), expected);
    assert_eq!(refusal(&L1, output, 2, &targets), expected);
}
