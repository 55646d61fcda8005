//! Windows and regions over one image: the pixels under each, and their maximum.

use std::ops::Range;

use crate::layers::Forward;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// The switch of an output that no pixel gave. Workspaces refuse images of so many pixels.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The pixels under one window.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
}

impl Field {
    /// Row by row, in an image of this width.
    pub(super) fn pixels(&self, width: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        let Self { rows, columns } = self.clone();
        rows.flat_map(move |y| columns.clone().map(move |x| y * width + x))
    }
}

/// Calls `f` with each image, its input, its output, and its switches if the layer keeps some and trains.
pub(super) fn each_image<T: Scalar>(
    at: Forward<'_, T>,
    (inputs, outputs): (usize, usize),
    work: Work,
    f: impl Fn(usize, &[T], &mut [T], Option<&mut [u32]>) + Sync,
) {
    let Forward { input, output, mode, .. } = at;
    let image = |index: usize| &input[index * inputs..(index + 1) * inputs];
    match mode.switches().filter(|switches| !switches.is_empty()) {
        None => parallel::chunks(output, outputs, work, |index, output| f(index, image(index), output, None)),
        Some(switches) => {
            let pairs = ((output, outputs), (switches, outputs));
            parallel::chunk_pairs(pairs.0, pairs.1, work, |index, output, switches| {
                f(index, image(index), output, Some(switches));
            });
        }
    }
}

/// The maximum under each field, for all channels at once, and the pixel that holds it.
pub(super) fn maxima<T: Scalar>(
    tier: Tier,
    fields: impl Iterator<Item = Field>,
    (width, depth): (usize, usize),
    input: &[T],
    output: &mut [T],
    mut switches: Option<&mut [u32]>,
) {
    if switches.is_none() && depth < NARROW && width * depth <= ROW_NUMBERS {
        return tier.vectorized(
            #[inline(always)]
            || maxima_of_rows(fields, (width, depth), input, output),
        );
    }
    let image = Image { input, width, depth };
    tier.vectorized(
        #[inline(always)]
        || {
            for (i, field) in fields.enumerate() {
                let channels = i * depth..(i + 1) * depth;
                let switches =
                    switches.as_mut().map_or(&mut [][..], |switches| &mut switches[channels.clone()]);
                image.channels(&field, &mut output[channels], switches);
            }
        },
    );
}

/// Channels that are too few for a vector, and the most numbers of a row of an image of so few.
const NARROW: usize = 16;
const ROW_NUMBERS: usize = 1024;

/// Numbers that are compared together, of which some may be the next pixel's.
const TOGETHER: usize = 8;

/// The maxima of fields one after the other in rows: first those of each column of pixels, which are adjacent numbers however few
/// channels there are. (Of several zeros it may be one of another sign than row by row.)
#[inline(always)]
fn maxima_of_rows<T: Scalar>(
    fields: impl Iterator<Item = Field>,
    (width, depth): (usize, usize),
    input: &[T],
    output: &mut [T],
) {
    // With room behind the last pixel, so that as many numbers as a vector has can be read from there on.
    let (mut numbers, mut rows) = ([T::zero(); ROW_NUMBERS + TOGETHER], 0..0);
    for (i, Field { rows: of_field, columns }) in fields.enumerate() {
        if of_field != rows {
            rows = of_field;
            let mut lines =
                input[rows.start * width * depth..rows.end * width * depth].chunks_exact(width * depth);
            let of_columns = &mut numbers[..width * depth];
            of_columns.copy_from_slice(lines.next().expect("a field has rows"));
            for line in lines {
                for (max, &value) in of_columns.iter_mut().zip(line) {
                    *max = if wins(value, *max) { value } else { *max };
                }
            }
        }
        let maxima = &mut output[i * depth..];
        match maxima.first_chunk_mut::<TOGETHER>() {
            // What is written beyond the pixel's channels is written again with the next pixel.
            Some(maxima) if (TOGETHER / 2..=TOGETHER).contains(&depth) => {
                let at = |column: usize| -> &[T; TOGETHER] {
                    numbers[column * depth..].first_chunk().expect("room behind the last pixel")
                };
                let mut found = *at(columns.start);
                for column in columns.start + 1..columns.end {
                    for (max, &value) in found.iter_mut().zip(at(column)) {
                        *max = if wins(value, *max) { value } else { *max };
                    }
                }
                *maxima = found;
            }
            _ => {
                let row = Image { input: &numbers[..width * depth], width, depth };
                row.channels(&Field { rows: 0..1, columns }, &mut maxima[..depth], &mut []);
            }
        }
    }
}

/// One image.
#[derive(Clone, Copy)]
struct Image<'a, T> {
    input: &'a [T],
    width: usize,
    depth: usize,
}

impl<T: Scalar> Image<'_, T> {
    /// The maxima of all channels: some at a time, which stay in registers.
    #[inline(always)]
    fn channels(self, field: &Field, maxima: &mut [T], switches: &mut [u32]) {
        let mut channel = 0;
        while channel < self.depth {
            channel = match self.depth - channel {
                16.. => self.block::<16>(field, channel, maxima, switches),
                // The last channels once more with those before them, rather than one by one.
                left @ 1..8 if self.depth >= 8 => {
                    self.block::<8>(field, channel + left - 8, maxima, switches)
                }
                8.. => self.block::<8>(field, channel, maxima, switches),
                left @ 1..4 if self.depth >= 4 => {
                    self.block::<4>(field, channel + left - 4, maxima, switches)
                }
                4.. => self.block::<4>(field, channel, maxima, switches),
                _ => self.block::<1>(field, channel, maxima, switches),
            };
        }
    }

    /// The maxima of so many channels; the next one.
    #[inline(always)]
    fn block<const N: usize>(
        self,
        Field { rows, columns }: &Field,
        channel: usize,
        maxima: &mut [T],
        switches: &mut [u32],
    ) -> usize {
        let Self { input, width, depth } = self;
        let at = |pixel: usize| -> &[T; N] {
            input[pixel * depth + channel..].first_chunk().expect("as many channels as are left")
        };
        let first = rows.start * width + columns.start;
        // All but the first.
        let pixels = |y: usize| {
            let begin = y * width + columns.start;
            begin + usize::from(y == rows.start)..y * width + columns.end
        };
        let mut found = *at(first);
        if switches.is_empty() {
            for y in rows.clone() {
                for pixel in pixels(y) {
                    for (max, &value) in found.iter_mut().zip(at(pixel)) {
                        *max = if wins(value, *max) { value } else { *max };
                    }
                }
            }
        } else {
            let mut places = [position(first); N];
            for y in rows.clone() {
                for pixel in pixels(y) {
                    let here = position(pixel);
                    for ((max, place), &value) in found.iter_mut().zip(&mut places).zip(at(pixel)) {
                        let wins = wins(value, *max);
                        *max = if wins { value } else { *max };
                        *place = if wins { here } else { *place };
                    }
                }
            }
            switches[channel..channel + N].copy_from_slice(&places);
        }
        maxima[channel..channel + N].copy_from_slice(&found);
        channel + N
    }
}

/// Adds the gradient of each output to the pixel that gave it.
pub(super) fn to_switches<T: Scalar>(
    switches: &[u32],
    output_gradient: &[T],
    depth: usize,
    gradient: &mut [T],
) {
    for (i, (&pixel, &output)) in switches.iter().zip(output_gradient).enumerate() {
        if pixel != NOWHERE {
            gradient[pixel as usize * depth + i % depth] += output;
        }
    }
}

/// Whether a value takes the place of a maximum: the first of equals stays, NaN wins and stays.
#[expect(clippy::eq_op, reason = "x == x is false for NaN alone")]
#[expect(
    clippy::needless_bitwise_bool,
    reason = "one instruction for many numbers, where a branch would be one for each"
)]
pub(super) fn wins<T: Scalar>(value: T, max: T) -> bool {
    (value > max) | ((value != value) & (max == max))
}

/// A pixel's index within its image, or a channel's within its pixel, as a switch. Workspaces refuse images of more.
#[expect(clippy::cast_possible_truncation, reason = "checked when the workspace is made")]
pub(super) fn position(index: usize) -> u32 {
    index as u32
}
