//! POOL, AVGPOOL, L2POOL and STOCHPOOL, image by image.

use std::ops::Range;

use convnet_geometry::{Average, Axis, AxisWindow, Pool, Pooling, Volume};
use rand::Rng;

use crate::kinks::Kinks;
use crate::layers::channels::{TILE, pixel_sums, store};
use crate::layers::fields::{Field, NOWHERE, each_image, maxima, position, to_switches};
use crate::layers::{Context, Forward, InputGradient, Layer, Mode};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::random::WORDS;
use crate::scalar::Scalar;

impl<T: Scalar> Layer<T> for Pooling {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let (sizes, work) = ((self.input().count(), self.output().count()), self.work(context.images));
        let tier = context.tier;
        let draw = match at.mode {
            Mode::Training { draw, .. } | Mode::Sampling { draw, .. } => Some(draw),
            Mode::Inference { .. } => None,
        };
        each_image(at, sizes, work, |image, input, output, switches| match self.pool() {
            Pool::Max => {
                let shape = (self.input().width, self.input().depth);
                let fields = self.fields().map(|(field, _)| field);
                maxima(tier, fields, shape, input, output, switches);
            }
            Pool::Average(average) => self.means(average, input, output),
            Pool::L2 => self.norms(input, output),
            Pool::Stochastic => match draw {
                Some(draw) => self.draws(draw.generator(image, 0), input, output, switches),
                None => self.expectations(input, output),
            },
        });
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let (input, output, depth) = (self.input().count(), self.output().count(), self.output().depth);
        parallel::chunks(at.gradient, input, self.work(context.images), |image, gradient| {
            let outputs = image * output..(image + 1) * output;
            let output_gradient = &at.output_gradient[outputs.clone()];
            gradient.fill(T::zero());
            match self.pool() {
                Pool::Max | Pool::Stochastic => {
                    to_switches(&at.kept.switches[outputs], output_gradient, depth, gradient);
                }
                Pool::Average(average) => self.spread(average, output_gradient, gradient),
                Pool::L2 => {
                    let input = &at.input[image * input..(image + 1) * input];
                    self.directions(input, (&at.output[outputs], output_gradient), gradient);
                }
            }
        });
    }

    fn kinks(&self, _input: &[T], switches: &[u32], kinks: &mut Kinks) {
        kinks.switches(switches);
    }
}

/// The cells of window `i` along an axis: those inside the input, and how many are inside the padded input.
fn cells(axis: AxisWindow, i: usize) -> (Range<usize>, usize) {
    let start = i * axis.stride;
    let padded = (start + axis.filter).min(axis.before + axis.input + axis.after) - start;
    let inside = |at: usize| at.saturating_sub(axis.before).min(axis.input);
    (inside(start)..inside(start + axis.filter), padded)
}

/// The loops over windows, for one image.
trait Windows {
    fn work(&self, images: usize) -> Work;
    fn fields(&self) -> impl Iterator<Item = (Field, usize)>;
    fn means<T: Scalar>(&self, average: Average, input: &[T], output: &mut [T]);
    fn spread<T: Scalar>(&self, average: Average, output_gradient: &[T], gradient: &mut [T]);
    fn norms<T: Scalar>(&self, input: &[T], output: &mut [T]);
    fn directions<T: Scalar>(&self, input: &[T], of_output: (&[T], &[T]), gradient: &mut [T]);
    fn draws<T: Scalar>(&self, chance: impl Rng, input: &[T], output: &mut [T], switches: Option<&mut [u32]>);
    fn expectations<T: Scalar>(&self, input: &[T], output: &mut [T]);
}

impl Windows for Pooling {
    fn work(&self, images: usize) -> Work {
        let filter = self.window().filter;
        Work::of(images, (self.output().count() * filter.width * filter.height) as u64)
    }

    /// The windows, each with its number of cells inside the padded input.
    fn fields(&self) -> impl Iterator<Item = (Field, usize)> {
        let (window, input, Volume { width, height, .. }) =
            (self.window(), self.input().extent(), self.output());
        let (along_width, along_height) =
            (window.along(Axis::Width, input), window.along(Axis::Height, input));
        (0..height).flat_map(move |y| {
            let (rows, padded_rows) = cells(along_height, y);
            (0..width).map(move |x| {
                let (columns, padded_columns) = cells(along_width, x);
                (Field { rows: rows.clone(), columns }, padded_rows * padded_columns)
            })
        })
    }

    fn means<T: Scalar>(&self, average: Average, input: &[T], output: &mut [T]) {
        let (width, depth) = (self.input().width, self.input().depth);
        for ((field, padded), means) in self.fields().zip(output.chunks_exact_mut(depth)) {
            let divisor = divisor(average, &field, padded);
            for (tile, means) in means.chunks_mut(TILE).enumerate() {
                let sums = pixel_sums(input, depth, tile * TILE, field.pixels(width), |value| value);
                store(means, &sums.map(|sum| sum / divisor), Gradients::Overwrite);
            }
        }
    }

    fn spread<T: Scalar>(&self, average: Average, output_gradient: &[T], gradient: &mut [T]) {
        let (width, depth) = (self.input().width, self.input().depth);
        for ((field, padded), output_gradient) in self.fields().zip(output_gradient.chunks_exact(depth)) {
            let divisor = T::from_f64(divisor(average, &field, padded));
            for pixel in field.pixels(width) {
                let to = &mut gradient[pixel * depth..(pixel + 1) * depth];
                for (to, &from) in to.iter_mut().zip(output_gradient) {
                    *to += from / divisor;
                }
            }
        }
    }

    fn norms<T: Scalar>(&self, input: &[T], output: &mut [T]) {
        let (width, depth) = (self.input().width, self.input().depth);
        for ((field, _), norms) in self.fields().zip(output.chunks_exact_mut(depth)) {
            for (tile, norms) in norms.chunks_mut(TILE).enumerate() {
                let sums = pixel_sums(input, depth, tile * TILE, field.pixels(width), |value| value * value);
                store(norms, &sums.map(f64::sqrt), Gradients::Overwrite);
            }
        }
    }

    /// `dx = dy * x/y`, and 0 where `y` is 0.
    fn directions<T: Scalar>(
        &self,
        input: &[T],
        (output, output_gradient): (&[T], &[T]),
        gradient: &mut [T],
    ) {
        let (width, depth) = (self.input().width, self.input().depth);
        let outputs = output.chunks_exact(depth).zip(output_gradient.chunks_exact(depth));
        for ((field, _), (norms, output_gradient)) in self.fields().zip(outputs) {
            for pixel in field.pixels(width) {
                let channels = pixel * depth..(pixel + 1) * depth;
                let numbers = gradient[channels.clone()].iter_mut().zip(&input[channels]);
                for ((to, &value), (&norm, &from)) in numbers.zip(norms.iter().zip(output_gradient)) {
                    *to += if norm == T::zero() { T::zero() } else { from * (value / norm) };
                }
            }
        }
    }

    /// One word of chance for each output, in their order.
    fn draws<T: Scalar>(
        &self,
        mut chance: impl Rng,
        input: &[T],
        output: &mut [T],
        mut switches: Option<&mut [u32]>,
    ) {
        let (width, depth) = (self.input().width, self.input().depth);
        for (i, ((field, _), outputs)) in self.fields().zip(output.chunks_exact_mut(depth)).enumerate() {
            for (channel, output) in outputs.iter_mut().enumerate() {
                let values = field.pixels(width).map(|pixel| (pixel, input[pixel * depth + channel]));
                let drawn = drawn(values, f64::from(chance.next_u32()) / WORDS);
                *output = drawn.map_or(T::zero(), |(_, value)| value);
                if let Some(switches) = &mut switches {
                    switches[i * depth + channel] = drawn.map_or(NOWHERE, |(pixel, _)| position(pixel));
                }
            }
        }
    }

    /// The mean of the positive numbers under a window, weighted by themselves: `sum of x^2 / sum of x`.
    fn expectations<T: Scalar>(&self, input: &[T], output: &mut [T]) {
        let (width, depth) = (self.input().width, self.input().depth);
        for ((field, _), outputs) in self.fields().zip(output.chunks_exact_mut(depth)) {
            for (channel, output) in outputs.iter_mut().enumerate() {
                let weights = field.pixels(width).map(|pixel| weight(input[pixel * depth + channel]));
                let sum: f64 = weights.clone().sum();
                let mean = if sum == 0.0 { 0.0 } else { weights.map(|weight| weight * (weight / sum)).sum() };
                *output = T::from_f64(mean);
            }
        }
    }
}

fn divisor(average: Average, field: &Field, padded: usize) -> f64 {
    let cells = match average {
        Average::Counted => padded,
        Average::Uncounted => field.rows.len() * field.columns.len(),
    };
    cells as f64
}

/// `max(0, x)`; NaN stays NaN.
fn weight<T: Scalar>(x: T) -> f64 {
    if x <= T::zero() { 0.0 } else { x.as_f64() }
}

/// The first number at which the sum of weights passes `unit` times the whole, `unit` being in `[0, 1)`; nothing if no
/// number is positive. NaN or an infinity is drawn before all others, as a maximum would be.
fn drawn<T: Scalar>(mut values: impl Iterator<Item = (usize, T)> + Clone, unit: f64) -> Option<(usize, T)> {
    let sum: f64 = values.clone().map(|(_, value)| weight(value)).sum();
    if !sum.is_finite() {
        return values.clone().find(|&(_, value)| !weight(value).is_finite()).or_else(|| values.next());
    }
    let mut passed = 0.0;
    values.find(|&(_, value)| {
        passed += weight(value);
        passed > unit * sum
    })
}
