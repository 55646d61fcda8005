//! Windows and regions over one image: the pixels under each, and their maximum.

use std::ops::Range;

use crate::layers::Forward;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

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
    fields: impl Iterator<Item = Field>,
    (width, depth): (usize, usize),
    input: &[T],
    output: &mut [T],
    mut switches: Option<&mut [u32]>,
) {
    for (i, (field, maxima)) in fields.zip(output.chunks_exact_mut(depth)).enumerate() {
        let mut pixels = field.pixels(width);
        let first = pixels.next().expect("a pixel lies under every window");
        maxima.copy_from_slice(&input[first * depth..(first + 1) * depth]);
        match &mut switches {
            None => {
                for pixel in pixels {
                    for (max, &value) in maxima.iter_mut().zip(&input[pixel * depth..(pixel + 1) * depth]) {
                        *max = if wins(value, *max) { value } else { *max };
                    }
                }
            }
            Some(switches) => {
                let switches = &mut switches[i * depth..(i + 1) * depth];
                switches.fill(position(first));
                for pixel in pixels {
                    let values = &input[pixel * depth..(pixel + 1) * depth];
                    for ((max, switch), &value) in maxima.iter_mut().zip(switches.iter_mut()).zip(values) {
                        let wins = wins(value, *max);
                        *max = if wins { value } else { *max };
                        *switch = if wins { position(pixel) } else { *switch };
                    }
                }
            }
        }
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
pub(super) fn wins<T: Scalar>(value: T, max: T) -> bool {
    value > max || (value != value && max == max)
}

/// A pixel's index within its image, or a channel's within its pixel, as a switch. Workspaces refuse images of more.
#[expect(clippy::cast_possible_truncation, reason = "checked when the workspace is made")]
pub(super) fn position(index: usize) -> u32 {
    index as u32
}
