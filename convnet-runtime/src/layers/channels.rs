//! Sums over a batch for each channel.

use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Channels that one piece of work sums: some lines of the cache, which are adjacent.
pub(super) const TILE: usize = 64;

/// Channels whose sums are in registers together, if there are fewer than a tile has: a line of the cache, in `f32`.
const BLOCK: usize = 16;

/// Pixels in a piece of work that takes each pixel for itself.
pub(super) const PIXELS: usize = 256;

/// Parts of a batch whose sums are taken apart, and added in their order.
const PARTS: usize = 8;

/// Pixels that are added up in the scalar before their sum goes to that in `f64`.
const LOT: usize = 32;

/// For each channel of the tile that begins with `first`: the sums of `f(a, b, constants)`, so many numbers, over all pixels of
/// two batches, each channel having its constants. In `f64`, lot by lot, so that millions of `f32` add up to what they are.
pub(super) fn tile_sums<T: Scalar, const C: usize, const N: usize>(
    tier: Tier,
    (a, b): (&[T], &[T]),
    (depth, first): (usize, usize),
    constants: &[[T; TILE]; C],
    f: impl Fn(T, T, [T; C]) -> [T; N] + Sync,
) -> [[f64; TILE]; N] {
    let mut parts = [[[0.0; TILE]; N]; PARTS];
    let (length, work) = ((a.len() / depth).div_ceil(PARTS) * depth, Work::of(a.len() / depth, TILE as u64));
    let channels = TILE.min(depth - first);
    parallel::chunks(&mut parts, 1, work, |index, part| {
        let of_part = a.len().min(index * length)..a.len().min((index + 1) * length);
        let (a, b) = (&a[of_part.clone()], &b[of_part]);
        tier.vectorized(
            #[inline(always)]
            || {
                let sums = &mut part[0];
                if channels == TILE {
                    block_sums::<T, TILE, C, N>((a, b), (depth, first), 0, constants, &f, sums);
                } else {
                    for block in (0..channels).step_by(BLOCK) {
                        block_sums::<T, BLOCK, C, N>((a, b), (depth, first), block, constants, &f, sums);
                    }
                }
            },
        );
    });
    let mut all = [[0.0; TILE]; N];
    for part in parts {
        for (all, part) in all.iter_mut().flatten().zip(part.iter().flatten()) {
            *all += part;
        }
    }
    all
}

/// Those of `W` channels of the tile, or as many as there are, from channel `block` of the tile on.
#[inline(always)]
fn block_sums<T: Scalar, const W: usize, const C: usize, const N: usize>(
    (a, b): (&[T], &[T]),
    (depth, first): (usize, usize),
    block: usize,
    constants: &[[T; TILE]; C],
    f: impl Fn(T, T, [T; C]) -> [T; N],
    sums: &mut [[f64; TILE]; N],
) {
    let first = first + block;
    let count = W.min(depth - first);
    let constants: [[T; W]; C] =
        std::array::from_fn(|c| std::array::from_fn(|channel| constants[c][block + channel]));
    for (a, b) in a.chunks(LOT * depth).zip(b.chunks(LOT * depth)) {
        let mut of_lot = [[T::zero(); W]; N];
        for (a, b) in a.chunks_exact(depth).zip(b.chunks_exact(depth)) {
            let (a, b) = (&a[first..], &b[first..]);
            // As many as `W` are a number that the compiler knows.
            if let Some((a, b)) = a.first_chunk::<W>().zip(b.first_chunk::<W>()) {
                add(&mut of_lot, a, b, &constants, &f);
            } else {
                add(&mut of_lot, &a[..count], &b[..count], &constants, &f);
            }
        }
        for (sums, of_lot) in sums.iter_mut().zip(&of_lot) {
            sums[block..].iter_mut().zip(of_lot).for_each(|(sum, of_lot)| *sum += of_lot.as_f64());
        }
    }
}

/// Adds `f` of each channel to its sums.
#[inline(always)]
fn add<T: Scalar, const W: usize, const C: usize, const N: usize>(
    sums: &mut [[T; W]; N],
    a: &[T],
    b: &[T],
    constants: &[[T; W]; C],
    f: impl Fn(T, T, [T; C]) -> [T; N],
) {
    for (channel, (&a, &b)) in a.iter().zip(b).enumerate().take(W) {
        let found = f(a, b, std::array::from_fn(|c| constants[c][channel]));
        for (sums, number) in sums.iter_mut().zip(found) {
            sums[channel] += number;
        }
    }
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
        // A whole tile has a length that the compiler knows.
        match values.first_chunk::<TILE>() {
            Some(values) => sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += f(value.as_f64())),
            None => sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += f(value.as_f64())),
        }
    }
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
        let [sums] = tile_sums(tier, operands, (depth, index * TILE), &[], |gradient, _, []| [gradient]);
        store(bias, &sums, mode);
    });
}

/// Writes, or adds, the sums of a tile.
pub(super) fn store<T: Scalar>(to: &mut [T], sums: &[f64; TILE], mode: Gradients) {
    for (to, &sum) in to.iter_mut().zip(sums) {
        *to = match mode {
            Gradients::Overwrite => T::from_f64(sum),
            Gradients::Accumulate => *to + T::from_f64(sum),
        };
    }
}
