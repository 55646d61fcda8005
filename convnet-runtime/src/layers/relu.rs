//! RELU: `max(0, x)`, in place.

use crate::kinks::Kinks;
use crate::layers::InPlace;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

/// Numbers in one piece of work.
const PIECE: usize = 1 << 14;

/// The rectifier. Its derivative at 0 is 0; NaN stays NaN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Relu;

impl<T: Scalar> InPlace<T> for Relu {
    fn forward(&self, volume: &mut [T]) {
        let work = Work(volume.len() as u64);
        parallel::chunks(volume, PIECE, work, |_, volume| {
            for value in volume {
                // Not `max`, which would swallow NaN.
                *value = if *value <= T::zero() { T::zero() } else { *value };
            }
        });
    }

    fn backward(&self, output: &[T], gradient: &mut [T]) {
        let work = Work(gradient.len() as u64);
        parallel::chunks(gradient, PIECE, work, |index, gradient| {
            for (gradient, &output) in gradient.iter_mut().zip(&output[index * PIECE..]) {
                *gradient = if output <= T::zero() { T::zero() } else { *gradient };
            }
        });
    }

    fn kinks(&self, output: &[T], kinks: &mut Kinks) {
        kinks.signs(output);
    }
}
