//! Sums over a batch for each channel.

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
