//! PRELU, with an output of its own: a negative slope leaves no sign to go by.

use convnet_geometry::PRelu;

use crate::kinks::Kinks;
use crate::layers::channels::{TILE, tile_sums};
use crate::layers::{Algorithms, Context, Forward, InputGradient, Layer, Memory, ParameterGradient};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Numbers in one piece of work.
const PIECE: usize = 1 << 14;

impl<T: Scalar> Layer<T> for PRelu {
    fn forward(&self, at: Forward<'_, T>, _: &mut Context<'_, T>) {
        bend(at.input, at.input, at.parameters, at.output);
    }

    /// The sum of `dy * x` where `x <= 0`: per channel, and then over them if they share one slope.
    fn parameter_gradient(&self, at: ParameterGradient<'_, T>, context: &mut Context<'_, T>) {
        let depth = self.volume.depth;
        let (tier, sums) = (context.tier, &mut context.packed[..depth]);
        parallel::chunks(sums, TILE, Work(at.input.len() as u64), |index, sums| {
            let operands = (at.input, at.output_gradient);
            let [found] = tile_sums(tier, operands, (depth, index * TILE), &[], |x, dy, []| {
                [if x <= T::zero() { dy * x } else { T::zero() }]
            });
            for (sum, found) in sums.iter_mut().zip(found) {
                *sum = T::from_f64(found);
            }
        });
        if at.mode == Gradients::Overwrite {
            at.gradient.fill(T::zero());
        }
        match at.gradient {
            [shared] => *shared += sums.iter().copied().sum(),
            gradient => T::add_all(gradient, sums),
        }
    }

    fn input_gradient(&self, at: InputGradient<'_, T>, _: &mut Context<'_, T>) {
        bend(at.input, at.output_gradient, at.parameters, at.gradient);
    }

    /// The sums of channels.
    fn memory(&self, _images: usize, _tier: Tier, _algorithms: Algorithms) -> Memory {
        Memory::shared(self.volume.depth)
    }

    fn kinks(&self, input: &[T], _switches: &[u32], kinks: &mut Kinks) {
        kinks.signs(input);
    }
}

/// `slope * number` where `x <= 0`, the number itself elsewhere; one slope for all channels, or one for each.
fn bend<T: Scalar>(input: &[T], numbers: &[T], slopes: &[T], to: &mut [T]) {
    let bent = |x: T, slope: T, number: T| if x <= T::zero() { slope * number } else { number };
    let (depth, work) = (slopes.len(), Work(input.len() as u64));
    // A piece of whole pixels; any will do for a slope that is shared.
    let piece = PIECE.div_ceil(depth) * depth;
    parallel::chunks(to, piece, work, |index, to| {
        let numbers = input[index * piece..].iter().zip(&numbers[index * piece..]);
        if let &[slope] = slopes {
            to.iter_mut().zip(numbers).for_each(|(to, (&x, &number))| *to = bent(x, slope, number));
            return;
        }
        let mut numbers = numbers;
        for pixel in to.chunks_exact_mut(depth) {
            for ((to, &slope), (&x, &number)) in pixel.iter_mut().zip(slopes).zip(&mut numbers) {
                *to = bent(x, slope, number);
            }
        }
    });
}
