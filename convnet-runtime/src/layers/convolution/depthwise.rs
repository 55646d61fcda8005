//! Convolutions of which each channel has its own filter, all channels of a pixel at once.

use std::ops::Range;

use convnet_geometry::{Axis, AxisWindow, Convolution, Volume};

use crate::layers::{Context, Memory};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

/// Parts of a batch whose gradients by the filters are summed apart, and added in their order.
const PARTS: usize = 8;

/// What it needs for filters whose channels are adjacent, and for sums of parts of the batch, each with those of a row.
pub(super) fn memory(convolution: &Convolution) -> Memory {
    let weights = convolution.weights();
    Memory { filters: weights, backward: weights.saturating_mul(2 * PARTS), ..Memory::default() }
}

/// The windows of a convolution.
#[derive(Clone, Copy, Debug)]
struct Windows {
    input: Volume,
    output: Volume,
    along_height: AxisWindow,
    along_width: AxisWindow,
}

impl Windows {
    fn of(convolution: &Convolution) -> Self {
        let (window, input) = (convolution.window(), convolution.input());
        let [along_height, along_width] =
            [Axis::Height, Axis::Width].map(|axis| window.along(axis, input.extent()));
        Self { input, output: convolution.output(), along_height, along_width }
    }

    /// Calls `f` with each cell of a filter and those pixels of a row of outputs for which it lies on the image: their range, the
    /// input's pixel of the first, and the step to that of the next.
    #[inline(always)]
    fn cells(&self, y: usize, mut f: impl FnMut(usize, Range<usize>, usize, usize)) {
        let Self { input, output, along_height, along_width } = *self;
        for f_y in 0..along_height.filter {
            let Some(row) = inside(along_height, y, f_y) else { continue };
            for f_x in 0..along_width.filter {
                // Outputs whose cell lies on the image are adjacent.
                let is_inside = |x: &usize| inside(along_width, *x, f_x).is_some();
                let first = (0..output.width).find(is_inside);
                let last = (0..output.width).rev().find(is_inside);
                if let (Some(first), Some(last)) = (first, last)
                    && let Some(column) = inside(along_width, first, f_x)
                {
                    let cell = f_y * along_width.filter + f_x;
                    f(cell, first..last + 1, row * input.width + column, along_width.stride);
                }
            }
        }
    }
}

/// Where cell `f` of window `i` lies along an axis, if it is on the image.
fn inside(axis: AxisWindow, i: usize, f: usize) -> Option<usize> {
    (i * axis.stride + f * axis.dilation).checked_sub(axis.before).filter(|&place| place < axis.input)
}

/// Filters with the channels of each tap side by side.
fn by_taps<T: Scalar>(weights: &[T], depth: usize, to: &mut [T]) {
    let taps = weights.len() / depth;
    for (tap, to) in to.chunks_exact_mut(depth).enumerate() {
        let from = weights[tap..].iter().step_by(taps);
        to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
    }
}

pub(super) fn forward<T: Scalar>(
    convolution: &Convolution,
    parameters: &[T],
    input: &[T],
    output: &mut [T],
    context: &mut Context<'_, T>,
) {
    let (weights, bias) = parameters.split_at(convolution.weights());
    let Context { images, tier, relu, .. } = *context;
    let (windows, depth) = (Windows::of(convolution), convolution.filters());
    let filters = context.filters(super::ConvolutionAlgorithm::Depthwise, weights.len(), |filters| {
        by_taps(weights, depth, filters);
    });
    let (of_input, row) = (windows.input.count(), windows.output.width * depth);
    parallel::chunks(output, row, Work::of(images, convolution.macs()), |index, output| {
        let (image, y) = (index / windows.output.height, index % windows.output.height);
        let image = &input[image * of_input..][..of_input];
        tier.vectorized(
            #[inline(always)]
            || {
                match bias {
                    [] => output.fill(T::zero()),
                    bias => output.chunks_exact_mut(depth).for_each(|pixel| pixel.copy_from_slice(bias)),
                }
                windows.cells(y, |cell, outputs, pixel, step| {
                    let filter = &filters[cell * depth..][..depth];
                    let pixels = image[pixel * depth..].chunks(step.saturating_mul(depth));
                    let outputs = output[outputs.start * depth..outputs.end * depth].chunks_exact_mut(depth);
                    for (output, pixel) in outputs.zip(pixels) {
                        add_products(output, &pixel[..depth], filter);
                    }
                });
                if relu {
                    for y in output {
                        *y = if *y <= T::zero() { T::zero() } else { *y };
                    }
                }
            },
        );
    });
}

pub(super) fn input_gradient<T: Scalar>(
    convolution: &Convolution,
    parameters: &[T],
    output_gradient: &[T],
    gradient: &mut [T],
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, ref mut packed, .. } = *context;
    let (windows, depth) = (Windows::of(convolution), convolution.filters());
    let filters = &mut packed[..convolution.weights()];
    by_taps(&parameters[..convolution.weights()], depth, filters);
    let (filters, row) = (&*filters, windows.output.width * depth);
    let work = Work::of(images, convolution.macs());
    parallel::chunks(gradient, windows.input.count(), work, |image, gradient| {
        gradient.fill(T::zero());
        let rows = &output_gradient[image * windows.output.count()..][..windows.output.count()];
        tier.vectorized(
            #[inline(always)]
            || {
                for (y, row) in rows.chunks_exact(row).enumerate() {
                    windows.cells(y, |cell, outputs, pixel, step| {
                        let filter = &filters[cell * depth..][..depth];
                        let pixels = gradient[pixel * depth..].chunks_mut(step.saturating_mul(depth));
                        let outputs = row[outputs.start * depth..outputs.end * depth].chunks_exact(depth);
                        for (output, pixel) in outputs.zip(pixels) {
                            add_products(&mut pixel[..depth], output, filter);
                        }
                    });
                }
            },
        );
    });
}

pub(super) fn filter_gradient<T: Scalar>(
    convolution: &Convolution,
    (input, output_gradient): (&[T], &[T]),
    gradient: &mut [T],
    mode: Gradients,
    context: &mut Context<'_, T>,
) {
    let Context { images, tier, ref mut packed, .. } = *context;
    let (windows, depth, weights) = (Windows::of(convolution), convolution.filters(), convolution.weights());
    let (parts, row) = (PARTS.min(images), windows.output.width * depth);
    let sums = &mut packed[..2 * parts * weights];
    parallel::chunks(sums, 2 * weights, Work::of(images, convolution.macs()), |part, sums| {
        let (sums, of_row) = sums.split_at_mut(weights);
        sums.fill(T::zero());
        for image in part * images / parts..(part + 1) * images / parts {
            let rows = &output_gradient[image * windows.output.count()..][..windows.output.count()];
            let image = &input[image * windows.input.count()..][..windows.input.count()];
            tier.vectorized(
                #[inline(always)]
                || {
                    for (y, row) in rows.chunks_exact(row).enumerate() {
                        of_row.fill(T::zero());
                        windows.cells(y, |cell, outputs, pixel, step| {
                            let sums = &mut of_row[cell * depth..][..depth];
                            let pixels = image[pixel * depth..].chunks(step.saturating_mul(depth));
                            let outputs = row[outputs.start * depth..outputs.end * depth].chunks_exact(depth);
                            for (output, pixel) in outputs.zip(pixels) {
                                add_products(sums, output, &pixel[..depth]);
                            }
                        });
                        sums.iter_mut().zip(&*of_row).for_each(|(sum, &of_row)| *sum += of_row);
                    }
                },
            );
        }
    });
    // Sums are `[part][tap][filter]`, a gradient `[filter][tap]`.
    let taps = weights / depth;
    for (filter, gradient) in gradient.chunks_exact_mut(taps).enumerate() {
        for (tap, gradient) in gradient.iter_mut().enumerate() {
            let sum: T = sums.chunks_exact(2 * weights).map(|sums| sums[tap * depth + filter]).sum();
            *gradient = if mode == Gradients::Accumulate { *gradient + sum } else { sum };
        }
    }
}

/// `to += a * b`, number by number.
#[inline(always)]
fn add_products<T: Scalar>(to: &mut [T], a: &[T], b: &[T]) {
    for (to, (&a, &b)) in to.iter_mut().zip(a.iter().zip(b)) {
        *to += a * b;
    }
}
