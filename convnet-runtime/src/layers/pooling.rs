//! POOL and AVGPOOL, image by image, all channels of a window at once.

use std::ops::Range;

use convnet_geometry::{Average, Axis, AxisWindow, Pool, Pooling, Volume};

use crate::kinks::Kinks;
use crate::layers::{Context, Forward, InputGradient, Layer};
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

impl<T: Scalar> Layer<T> for Pooling {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let (input, output) = (self.input().count(), self.output().count());
        let work = self.work(context.images);
        match (self.pool(), at.mode.switches()) {
            (Pool::Max, None) => {
                parallel::chunks(at.output, output, work, |image, output| {
                    self.maxima(&at.input[image * input..(image + 1) * input], output, None);
                });
            }
            (Pool::Max, Some(switches)) => {
                parallel::chunk_pairs(
                    (at.output, output),
                    (switches, output),
                    work,
                    |image, output, switches| {
                        self.maxima(&at.input[image * input..(image + 1) * input], output, Some(switches));
                    },
                );
            }
            (Pool::L2 | Pool::Stochastic, _) => todo!(),
            (Pool::Average(average), _) => parallel::chunks(at.output, output, work, |image, output| {
                self.means(average, &at.input[image * input..(image + 1) * input], output);
            }),
        }
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let (input, output, depth) = (self.input().count(), self.output().count(), self.output().depth);
        parallel::chunks(at.gradient, input, self.work(context.images), |image, gradient| {
            let outputs = image * output..(image + 1) * output;
            let output_gradient = &at.output_gradient[outputs.clone()];
            gradient.fill(T::zero());
            match self.pool() {
                Pool::Max => {
                    let switches = &at.kept.switches[outputs];
                    for (i, (&pixel, &output)) in switches.iter().zip(output_gradient).enumerate() {
                        gradient[pixel as usize * depth + i % depth] += output;
                    }
                }
                Pool::L2 | Pool::Stochastic => todo!(),
                Pool::Average(average) => self.spread(average, output_gradient, gradient),
            }
        });
    }

    fn kinks(&self, _output: &[T], switches: &[u32], kinks: &mut Kinks) {
        kinks.switches(switches);
    }
}

/// One window over one image.
struct Field {
    rows: Range<usize>,
    columns: Range<usize>,
    /// Cells inside the padded input.
    padded: usize,
}

impl Field {
    /// The pixels under the window, row by row.
    fn pixels(&self, width: usize) -> impl Iterator<Item = usize> + '_ {
        self.rows.clone().flat_map(move |y| self.columns.clone().map(move |x| y * width + x))
    }

    fn divisor<T: Scalar>(&self, average: Average) -> T {
        let cells = match average {
            Average::Counted => self.padded,
            Average::Uncounted => self.rows.len() * self.columns.len(),
        };
        T::from_f64(cells as f64)
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
    fn fields(&self) -> impl Iterator<Item = Field>;
    fn maxima<T: Scalar>(&self, input: &[T], output: &mut [T], switches: Option<&mut [u32]>);
    fn means<T: Scalar>(&self, average: Average, input: &[T], output: &mut [T]);
    fn spread<T: Scalar>(&self, average: Average, output_gradient: &[T], gradient: &mut [T]);
}

impl Windows for Pooling {
    fn work(&self, images: usize) -> Work {
        let filter = self.window().filter;
        Work::of(images, (self.output().count() * filter.width * filter.height) as u64)
    }

    fn fields(&self) -> impl Iterator<Item = Field> {
        let (window, input, Volume { width, height, .. }) =
            (self.window(), self.input().extent(), self.output());
        let (along_width, along_height) =
            (window.along(Axis::Width, input), window.along(Axis::Height, input));
        (0..height).flat_map(move |y| {
            let (rows, padded_rows) = cells(along_height, y);
            (0..width).map(move |x| {
                let (columns, padded_columns) = cells(along_width, x);
                Field { rows: rows.clone(), columns, padded: padded_rows * padded_columns }
            })
        })
    }

    fn maxima<T: Scalar>(&self, input: &[T], output: &mut [T], mut switches: Option<&mut [u32]>) {
        let (width, depth) = (self.input().width, self.input().depth);
        for (i, (field, maxima)) in self.fields().zip(output.chunks_exact_mut(depth)).enumerate() {
            let mut pixels = field.pixels(width);
            let first = pixels.next().expect("padding is narrower than the window, so a pixel lies under it");
            maxima.copy_from_slice(&input[first * depth..(first + 1) * depth]);
            match &mut switches {
                None => {
                    for pixel in pixels {
                        for (max, &value) in maxima.iter_mut().zip(&input[pixel * depth..(pixel + 1) * depth])
                        {
                            *max = if wins(value, *max) { value } else { *max };
                        }
                    }
                }
                Some(switches) => {
                    let switches = &mut switches[i * depth..(i + 1) * depth];
                    switches.fill(position(first));
                    for pixel in pixels {
                        let values = &input[pixel * depth..(pixel + 1) * depth];
                        for ((max, switch), &value) in maxima.iter_mut().zip(switches.iter_mut()).zip(values)
                        {
                            let wins = wins(value, *max);
                            *max = if wins { value } else { *max };
                            *switch = if wins { position(pixel) } else { *switch };
                        }
                    }
                }
            }
        }
    }

    fn means<T: Scalar>(&self, average: Average, input: &[T], output: &mut [T]) {
        let (width, depth) = (self.input().width, self.input().depth);
        for (field, means) in self.fields().zip(output.chunks_exact_mut(depth)) {
            means.fill(T::zero());
            for pixel in field.pixels(width) {
                for (sum, &value) in means.iter_mut().zip(&input[pixel * depth..(pixel + 1) * depth]) {
                    *sum += value;
                }
            }
            let divisor = field.divisor::<T>(average);
            means.iter_mut().for_each(|sum| *sum /= divisor);
        }
    }

    fn spread<T: Scalar>(&self, average: Average, output_gradient: &[T], gradient: &mut [T]) {
        let (width, depth) = (self.input().width, self.input().depth);
        for (field, output_gradient) in self.fields().zip(output_gradient.chunks_exact(depth)) {
            let divisor = field.divisor::<T>(average);
            for pixel in field.pixels(width) {
                let to = &mut gradient[pixel * depth..(pixel + 1) * depth];
                for (to, &from) in to.iter_mut().zip(output_gradient) {
                    *to += from / divisor;
                }
            }
        }
    }
}

/// Whether a value takes the place of a maximum: the first of equals stays, NaN wins and stays.
#[expect(clippy::eq_op, reason = "x == x is false for NaN alone")]
fn wins<T: Scalar>(value: T, max: T) -> bool {
    value > max || (value != value && max == max)
}

/// A pixel's index within its image as a switch. Workspaces refuse images of more pixels.
#[expect(clippy::cast_possible_truncation, reason = "checked when the workspace is made")]
fn position(pixel: usize) -> u32 {
    pixel as u32
}
