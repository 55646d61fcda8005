//! DROPOUT, in place: what was dropped is drawn again for the backward pass.

use convnet_geometry::Dropout;

use crate::layers::InPlace;
use crate::parallel::{self, Work};
use crate::random::Draw;
use crate::scalar::Scalar;

/// What a draw costs, in multiply-accumulates.
pub(crate) const DRAW: u64 = 4;

impl<T: Scalar> InPlace<T> for Dropout {
    fn forward(&self, volume: &mut [T], draw: Option<Draw>) {
        if let Some(draw) = draw {
            drop(self, volume, draw);
        }
    }

    fn backward(&self, _output: &[T], gradient: &mut [T], draw: Draw) {
        drop(self, gradient, draw);
    }
}

/// `x/keep` for numbers that are kept, 0 for all others, NaN among them.
fn drop<T: Scalar>(layer: &Dropout, volume: &mut [T], draw: Draw) {
    let (keep, work) = (layer.keep.get(), Work::of(volume.len(), DRAW));
    let divisor = T::from_f64(keep);
    parallel::chunks(volume, layer.volume.count(), work, |image, volume| {
        for (number, kept) in volume.iter_mut().zip(draw.kept(image, 0, keep)) {
            *number = if kept { *number / divisor } else { T::zero() };
        }
    });
}
