//! Sums over a batch for each channel.

use crate::network::Gradients;
use crate::scalar::Scalar;

/// Channels that one piece of work sums: a line of the cache, in `f32`.
pub(super) const TILE: usize = 16;

/// Pixels in a piece of work that takes each pixel for itself.
pub(super) const PIXELS: usize = 256;

/// For each channel of the tile that begins with `first`: the sum of `f(a, b, constant)` over all pixels of two batches, in
/// their order. In `f64`, so that millions of `f32` add up to what they are.
pub(super) fn tile_sums<T: Scalar>(
    (a, b): (&[T], &[T]),
    depth: usize,
    first: usize,
    constants: &[f64; TILE],
    f: impl Fn(f64, f64, f64) -> f64,
) -> [f64; TILE] {
    let mut sums = [0.0; TILE];
    for (a, b) in a.chunks_exact(depth).zip(b.chunks_exact(depth)) {
        let (a, b) = (&a[first..], &b[first..]);
        // A whole tile has a length that the compiler knows.
        match a.first_chunk::<TILE>().zip(b.first_chunk::<TILE>()) {
            Some((a, b)) => add(&mut sums, a, b, constants, &f),
            None => add(&mut sums, a, b, constants, &f),
        }
    }
    sums
}

/// For each channel of the tile that begins with `first`: the sum of `f` over some pixels of an image, in `f64`.
pub(super) fn pixel_sums<T: Scalar>(
    image: &[T],
    depth: usize,
    first: usize,
    pixels: impl Iterator<Item = usize>,
    f: impl Fn(f64) -> f64,
) -> [f64; TILE] {
    let (mut sums, channels) = ([0.0; TILE], TILE.min(depth - first));
    for pixel in pixels {
        let values = &image[pixel * depth + first..][..channels];
        match values.first_chunk::<TILE>() {
            Some(values) => add(&mut sums, values, values, &[0.0; TILE], |x, _, _| f(x)),
            None => add(&mut sums, values, values, &[0.0; TILE], |x, _, _| f(x)),
        }
    }
    sums
}

/// Writes, or adds, the sums of a tile.
pub(super) fn store<T: Scalar>(to: &mut [T], sums: [f64; TILE], mode: Gradients) {
    for (to, sum) in to.iter_mut().zip(sums) {
        *to = match mode {
            Gradients::Overwrite => T::from_f64(sum),
            Gradients::Accumulate => *to + T::from_f64(sum),
        };
    }
}

#[inline(always)]
fn add<T: Scalar>(
    sums: &mut [f64; TILE],
    a: &[T],
    b: &[T],
    constants: &[f64; TILE],
    f: impl Fn(f64, f64, f64) -> f64,
) {
    for (sum, ((a, b), &constant)) in sums.iter_mut().zip(a.iter().zip(b).zip(constants)) {
        *sum += f(a.as_f64(), b.as_f64(), constant);
    }
}
