//! Sums over a batch for each channel.

use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Channels that one piece of work sums: a line of the cache, in `f32`.
pub(super) const TILE: usize = 16;

/// Pixels in a piece of work that takes each pixel for itself.
pub(super) const PIXELS: usize = 256;

/// Parts of a batch whose sums are taken apart, and added in their order.
const PARTS: usize = 8;

/// For each channel of the tile that begins with `first`: the sums of `f(a, b, constant)`, so many numbers, over all pixels of
/// two batches, each channel having its constant. In `f64`, so that millions of `f32` add up to what they are.
pub(super) fn tile_sums<T: Scalar, C: Copy + Sync, const N: usize>(
    tier: Tier,
    (a, b): (&[T], &[T]),
    (depth, first): (usize, usize),
    constants: &[C; TILE],
    f: impl Fn(T, T, C) -> [f64; N] + Sync,
) -> [[f64; TILE]; N] {
    let mut parts = [[[0.0; TILE]; N]; PARTS];
    let (length, work) = ((a.len() / depth).div_ceil(PARTS) * depth, Work::of(a.len() / depth, TILE as u64));
    parallel::chunks(&mut parts, 1, work, |index, part| {
        let of_part = a.len().min(index * length)..a.len().min((index + 1) * length);
        let (a, b) = (&a[of_part.clone()], &b[of_part]);
        part[0] = tier.vectorized(|| {
            let mut sums = [[0.0; TILE]; N];
            for (a, b) in a.chunks_exact(depth).zip(b.chunks_exact(depth)) {
                let (a, b) = (&a[first..], &b[first..]);
                // A whole tile has a length that the compiler knows.
                match a.first_chunk::<TILE>().zip(b.first_chunk::<TILE>()) {
                    Some((a, b)) => add(&mut sums, a, b, constants, &f),
                    None => add(&mut sums, a, b, constants, &f),
                }
            }
            sums
        });
    });
    let mut all = [[0.0; TILE]; N];
    for part in parts {
        for (all, part) in all.iter_mut().flatten().zip(part.iter().flatten()) {
            *all += part;
        }
    }
    all
}

/// For each channel of the tile that begins with `first`: the sum of `f` over some pixels of an image, in `f64`.
pub(super) fn pixel_sums<T: Scalar>(
    image: &[T],
    depth: usize,
    first: usize,
    pixels: impl Iterator<Item = usize>,
    f: impl Fn(f64) -> f64,
) -> [f64; TILE] {
    let (mut sums, channels) = ([[0.0; TILE]], TILE.min(depth - first));
    for pixel in pixels {
        let values = &image[pixel * depth + first..][..channels];
        match values.first_chunk::<TILE>() {
            Some(values) => add(&mut sums, values, values, &[(); TILE], |x, _, ()| [f(x.as_f64())]),
            None => add(&mut sums, values, values, &[(); TILE], |x, _, ()| [f(x.as_f64())]),
        }
    }
    let [sums] = sums;
    sums
}

/// Adds up the output's gradient over the batch for each channel.
pub(super) fn bias_gradient<T: Scalar>(
    tier: Tier,
    bias: &mut [T],
    output_gradient: &[T],
    depth: usize,
    mode: Gradients,
) {
    let operands = (output_gradient, output_gradient);
    parallel::chunks(bias, TILE, Work(output_gradient.len() as u64), |index, bias| {
        let [sums] = tile_sums(tier, operands, (depth, index * TILE), &[(); TILE], |gradient, _, ()| {
            [gradient.as_f64()]
        });
        store(bias, sums, mode);
    });
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
fn add<T: Scalar, C: Copy, const N: usize>(
    sums: &mut [[f64; TILE]; N],
    a: &[T],
    b: &[T],
    constants: &[C; TILE],
    f: impl Fn(T, T, C) -> [f64; N],
) {
    for (channel, ((&a, &b), &constant)) in a.iter().zip(b).zip(constants).enumerate() {
        for (sums, number) in sums.iter_mut().zip(f(a, b, constant)) {
            sums[channel] += number;
        }
    }
}
