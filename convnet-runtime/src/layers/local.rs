//! LOCAL by inner products, position by position: every weight is read once for several images.

use std::ops::Range;

use convnet_geometry::Local;

use crate::layers::channels::bias_gradient;
use crate::layers::columns::Columns;
use crate::layers::matrices::{blocks, matrix_mut};
use crate::layers::{Context, Forward, InputGradient, Layer, ParameterGradient};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

/// Images whose gradients one piece of work computes, reading the weights once for all of them.
const IMAGES: usize = 4;

impl<T: Scalar> Layer<T> for Local {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let Context { images, tier, workers, .. } = *context;
        let (weights, bias) = at.parameters.split_at(self.weights());
        let (filters, pixels) = (self.shared().filters(), self.pixels());
        let output = matrix_mut(at.output, self.output().count());
        // The columns of a tile are the filters of a position, its rows the images.
        parallel::column_tiles(output, filters, self.work(images), |first, mut tile| {
            match bias {
                [] => tile.fill(T::zero()),
                bias => tile.assign(&ndarray::aview1(&bias[first..first + filters])),
            }
            let pixel = first / filters;
            workers.with(|scratch| {
                self.blocks(|columns, of_group, block| {
                    let (taps, column) = (columns.taps(block.clone()), &mut scratch[..block.len()]);
                    for (mut outputs, row) in tile.rows_mut().into_iter().zip((pixel..).step_by(pixels)) {
                        columns.gather(at.input, &columns.position(row), &taps, column);
                        for k in of_group.clone() {
                            let from = (first + k) * self.shared().taps();
                            let weights = &weights[from + block.start..from + block.end];
                            outputs[k] += T::dot(tier, weights, column);
                        }
                    }
                });
            });
        });
    }

    fn parameter_gradient(&self, at: ParameterGradient<'_, T>, context: &mut Context<'_, T>) {
        let Context { images, workers, .. } = *context;
        let (weights, bias) = at.gradient.split_at_mut(self.weights());
        let (filters, pixels, taps) = (self.shared().filters(), self.pixels(), self.shared().taps());
        parallel::chunks(weights, filters * taps, self.work(images), |pixel, gradient| {
            if at.mode == Gradients::Overwrite {
                gradient.fill(T::zero());
            }
            workers.with(|scratch| {
                self.blocks(|columns, of_group, block| {
                    let (of_block, column) = (columns.taps(block.clone()), &mut scratch[..block.len()]);
                    for image in 0..images {
                        let row = image * pixels + pixel;
                        columns.gather(at.input, &columns.position(row), &of_block, column);
                        for k in of_group.clone() {
                            let gradient = &mut gradient[k * taps + block.start..k * taps + block.end];
                            add_scaled(gradient, at.output_gradient[row * filters + k], column);
                        }
                    }
                });
            });
        });
        bias_gradient(context.tier, bias, at.output_gradient, self.output().count(), at.mode);
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let Context { images, workers, .. } = *context;
        let (filters, pixels, taps) = (self.shared().filters(), self.pixels(), self.shared().taps());
        let inputs = self.input().count();
        parallel::chunks(at.gradient, IMAGES * inputs, self.work(images), |index, gradient| {
            gradient.fill(T::zero());
            workers.with(|scratch| {
                for pixel in 0..pixels {
                    self.blocks(|columns, of_group, block| {
                        let (of_block, column) = (columns.taps(block.clone()), &mut scratch[..block.len()]);
                        for (image, gradient) in gradient.chunks_exact_mut(inputs).enumerate() {
                            let row = (index * IMAGES + image) * pixels + pixel;
                            column.fill(T::zero());
                            for k in of_group.clone() {
                                let from = (pixel * filters + k) * taps;
                                let weights = &at.parameters[from + block.start..from + block.end];
                                add_scaled(column, at.output_gradient[row * filters + k], weights);
                            }
                            columns.scatter(&columns.position(row), &of_block, column, gradient);
                        }
                    });
                }
            });
        });
    }
}

/// The loops over groups and blocks of taps.
trait Blocks {
    fn pixels(&self) -> usize;
    fn work(&self, images: usize) -> Work;
    fn blocks(&self, f: impl FnMut(&Columns, Range<usize>, Range<usize>));
}

impl Blocks for Local {
    /// Positions of the window on one image.
    fn pixels(&self) -> usize {
        self.output().width * self.output().height
    }

    fn work(&self, images: usize) -> Work {
        Work::of(images, self.counts().macs)
    }

    /// Calls `f` with the columns of each group, the filters that see them, and each block of their taps.
    fn blocks(&self, mut f: impl FnMut(&Columns, Range<usize>, Range<usize>)) {
        let shared = self.shared();
        let filters = shared.group_filters();
        for group in 0..shared.groups() {
            let columns = Columns::new(shared, group);
            for block in blocks(shared.taps()) {
                f(&columns, group * filters..(group + 1) * filters, block);
            }
        }
    }
}

/// `to += factor * from`.
fn add_scaled<T: Scalar>(to: &mut [T], factor: T, from: &[T]) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}
