//! FRACPOOL, image by image: each is cut into regions of its own.
//!
//! Where layers draw, in training and in sampling, each image has regions of its own; in inference all have those of the
//! first, so that scores do not depend on the batch.

use convnet_geometry::{FractionalPooling, Volume};
use rand::Rng;

use crate::kinks::Kinks;
use crate::layers::fields::{Field, each_image, maxima, to_switches};
use crate::layers::{Context, Forward, InputGradient, Layer, Mode};
use crate::parallel::{self, Work};
use crate::random::Draw;
use crate::scalar::Scalar;

impl<T: Scalar> Layer<T> for FractionalPooling {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let Volume { width, depth, .. } = self.input();
        let sizes = (self.input().count(), self.output().count());
        let (draw, of_image) = match at.mode {
            Mode::Training { draw, .. } | Mode::Sampling { draw, .. } => (draw, true),
            Mode::Inference { draw, .. } => (draw, false),
        };
        let tier = context.tier;
        each_image(at, sizes, work(self, context.images), |image, input, output, switches| {
            let fields = regions(self, draw, if of_image { image } else { 0 });
            maxima(tier, fields, (width, depth), input, output, switches);
        });
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let (input, output) = (self.input().count(), self.output().count());
        parallel::chunks(at.gradient, input, work(self, context.images), |image, gradient| {
            gradient.fill(T::zero());
            let outputs = image * output..(image + 1) * output;
            let (switches, output_gradient) =
                (&at.kept.switches[outputs.clone()], &at.output_gradient[outputs]);
            to_switches(switches, output_gradient, self.input().depth, gradient);
        });
    }

    fn kinks(&self, _input: &[T], switches: &[u32], kinks: &mut Kinks) {
        kinks.switches(switches);
    }
}

fn work(layer: &FractionalPooling, images: usize) -> Work {
    Work::of(images, layer.input().count() as u64)
}

/// The regions of an image, row by row: its first word places the rows, its second the columns.
fn regions(layer: &FractionalPooling, draw: Draw, image: usize) -> impl Iterator<Item = Field> {
    let mut chance = draw.generator(image, 0);
    let (rows, columns) = (chance.next_u32(), chance.next_u32());
    let (input, Volume { width, height, .. }) = (layer.input(), layer.output());
    let along = |side, regions, i, word| {
        let begins = |i| FractionalPooling::boundary(side, regions, i, word);
        begins(i)..begins(i + 1)
    };
    (0..height).flat_map(move |y| {
        let rows = along(input.height, height, y, rows);
        (0..width).map(move |x| {
            let columns = along(input.width, width, x, columns);
            Field { rows: rows.clone(), columns }
        })
    })
}
