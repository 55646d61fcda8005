//! MAXOUT: the pieces of an output lie next to each other.

use convnet_geometry::Maxout;

use crate::kinks::Kinks;
use crate::layers::fields::{each_image, position, wins};
use crate::layers::{Context, Forward, InputGradient, Layer};
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

/// Outputs in one piece of the backward pass.
const PIECE: usize = 1 << 12;

impl<T: Scalar> Layer<T> for Maxout {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let sizes = (self.input().count(), self.output().count());
        let work = Work::of(context.images, self.input().count() as u64);
        each_image(at, sizes, work, |_, input, output, switches| {
            let pieces = input.chunks_exact(self.pieces());
            match switches {
                None => output.iter_mut().zip(pieces).for_each(|(max, pieces)| *max = maximum(pieces).1),
                Some(switches) => {
                    for ((max, switch), pieces) in output.iter_mut().zip(switches).zip(pieces) {
                        (*switch, *max) = maximum(pieces);
                    }
                }
            }
        });
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, _: &mut Context<'_, T>) {
        let work = Work(at.gradient.len() as u64);
        parallel::chunks(at.gradient, PIECE * self.pieces(), work, |index, gradient| {
            gradient.fill(T::zero());
            let first = index * PIECE;
            let outputs = at.kept.switches[first..].iter().zip(&at.output_gradient[first..]);
            for (pieces, (&switch, &output)) in gradient.chunks_exact_mut(self.pieces()).zip(outputs) {
                pieces[switch as usize] = output;
            }
        });
    }

    fn kinks(&self, _input: &[T], switches: &[u32], kinks: &mut Kinks) {
        kinks.switches(switches);
    }
}

/// Which piece is the largest, and what it is.
fn maximum<T: Scalar>(pieces: &[T]) -> (u32, T) {
    let (winner, &max) = pieces
        .iter()
        .enumerate()
        .reduce(|best, piece| if wins(*piece.1, *best.1) { piece } else { best })
        .expect("at least one piece");
    (position(winner), max)
}
