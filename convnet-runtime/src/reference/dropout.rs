//! DROPOUT and DROPCONNECT.

use convnet_geometry::Dropout;
use ndarray::{Array2, Array4, ArrayView2, ArrayView4};
use rand::Rng;

use crate::random::Draw;
use crate::scalar::Scalar;

/// Whether a number of an image is kept: each has one word of the draw, which is below `keep * 2^32` if it is.
fn is_kept(draw: Draw, image: usize, number: usize, keep: f64) -> bool {
    f64::from(draw.generator(image, number).next_u32()) < keep * f64::from(2_u32).powi(32)
}

/// `x * mask / keep`; the gradient by the output becomes that by the input the same way.
pub fn dropout<T: Scalar>(layer: &Dropout, input: ArrayView4<'_, T>, draw: Draw) -> Array4<T> {
    let (keep, volume) = (layer.keep.get(), layer.volume);
    Array4::from_shape_fn(input.dim(), |(n, y, x, d)| {
        let number = (y * volume.width + x) * volume.depth + d;
        let is_kept = is_kept(draw, n, number, keep);
        if is_kept { input[[n, y, x, d]] / T::from_f64(keep) } else { T::zero() }
    })
}

/// The weights `[K, inputs]`, or the gradient by them, of a fully connected layer, zeros where they are dropped.
pub fn drop_connect<T: Scalar>(weights: ArrayView2<'_, T>, keep: f64, draw: Draw) -> Array2<T> {
    Array2::from_shape_fn(weights.dim(), |(k, i)| {
        let is_kept = is_kept(draw, 0, k * weights.ncols() + i, keep);
        if is_kept { weights[[k, i]] } else { T::zero() }
    })
}
