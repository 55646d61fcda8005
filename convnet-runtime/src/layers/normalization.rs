//! BN, whose sums are cut into tiles of channels, and LRN, pixel by pixel.

use convnet_geometry::{BatchNorm, ResponseNorm};

use crate::layers::channels::{PIXELS, TILE, store, tile_sums};
use crate::layers::{Algorithms, Context, Forward, InputGradient, Layer, Memory, Mode, ParameterGradient};
use crate::network::{Gradients, Statistics};
use crate::parallel::{self, Work};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Parameters are scales, then shifts; the state is running means, then running variances, biased as CS231n and ONNX
/// have them (torch's are not). Its statistics are means, then `1/sqrt(variance + epsilon)`.
impl<T: Scalar> Layer<T> for BatchNorm {
    fn forward(&self, at: Forward<'_, T>, context: &mut Context<'_, T>) {
        let depth = self.volume.depth;
        let Context { tier, relu, ref mut packed, .. } = *context;
        let statistics = match at.mode {
            Mode::Inference { state, .. } | Mode::Sampling { state, .. } => {
                let statistics = &mut packed[..2 * depth];
                statistics.copy_from_slice(state);
                statistics
            }
            Mode::Training { state, update, statistics, .. } => {
                measure(tier, at.input, statistics);
                if update == Statistics::Update {
                    self.follow(state, statistics);
                }
                statistics
            }
        };
        self.invert(&mut statistics[depth..]);
        let work = Work(at.input.len() as u64);
        let numbers = Normalized::of(statistics, at.parameters);
        parallel::chunks(at.output, PIXELS * depth, work, |index, output| {
            let input = &at.input[index * PIXELS * depth..][..output.len()];
            tier.vectorized(
                #[inline(always)]
                || {
                    if relu {
                        numbers.write(input, output, |y| if y <= T::zero() { T::zero() } else { y });
                    } else {
                        numbers.write(input, output, |y| y);
                    }
                },
            );
        });
    }

    fn parameter_gradient(&self, at: ParameterGradient<'_, T>, context: &mut Context<'_, T>) {
        let numbers = Normalized::of(at.kept.statistics, at.parameters);
        let (scales, shifts) = at.gradient.split_at_mut(self.volume.depth);
        numbers.products(context, (at.input, at.output_gradient), (scales, shifts), at.mode);
    }

    /// `dx = scale/deviation * (dy - mean(dy) - x^ * mean(dy * x^))`, `x^` being the normalized input.
    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let depth = self.volume.depth;
        let numbers = Normalized::of(at.kept.statistics, at.parameters);
        let (sums, context) = context.split_packed(2 * depth);
        if let Some(by_parameters) = at.by_parameters {
            sums.copy_from_slice(by_parameters);
        } else {
            let (by_scale, by_shift) = sums.split_at_mut(depth);
            let operands = (at.input, at.output_gradient);
            numbers.products(&context, operands, (by_scale, by_shift), Gradients::Overwrite);
        }
        let per_number = T::from_f64(1.0 / (at.input.len() / depth) as f64);
        let (sums, work, relu) = (&*sums, Work::of(at.input.len(), 2), context.relu);
        parallel::chunks(at.gradient, PIXELS * depth, work, |index, gradient| {
            let of_piece = index * PIXELS * depth..index * PIXELS * depth + gradient.len();
            let (input, output_gradient) = (&at.input[of_piece.clone()], &at.output_gradient[of_piece]);
            context.tier.vectorized(
                #[inline(always)]
                || {
                    if relu {
                        let passed = |y, dy| if y <= T::zero() { T::zero() } else { dy };
                        numbers.write_gradient((input, output_gradient), gradient, sums, per_number, passed);
                    } else {
                        numbers.write_gradient(
                            (input, output_gradient),
                            gradient,
                            sums,
                            per_number,
                            |_, dy| dy,
                        );
                    }
                },
            );
        });
    }

    /// Statistics of inference, or the sums that the gradient by the input takes.
    fn memory(&self, _images: usize, _tier: Tier, _algorithms: Algorithms) -> Memory {
        Memory::shared(self.volume.depth.saturating_mul(2))
    }
}

/// What each channel is normalized by.
#[derive(Clone, Copy)]
struct Normalized<'a, T> {
    means: &'a [T],
    inverses: &'a [T],
    scales: &'a [T],
    shifts: &'a [T],
}

impl<'a, T: Scalar> Normalized<'a, T> {
    /// Means and inverses, then scales and shifts.
    fn of(statistics: &'a [T], parameters: &'a [T]) -> Self {
        let (means, inverses) = statistics.split_at(statistics.len() / 2);
        let (scales, shifts) = parameters.split_at(parameters.len() / 2);
        Self { means, inverses, scales, shifts }
    }

    /// `f` of each normalized number, pixel by pixel.
    #[inline(always)]
    fn write(self, input: &[T], output: &mut [T], f: impl Fn(T) -> T) {
        let Self { means, inverses, scales, shifts } = self;
        let depth = means.len();
        for (output, input) in output.chunks_exact_mut(depth).zip(input.chunks_exact(depth)) {
            let channels = means.iter().zip(inverses).zip(scales).zip(shifts);
            for ((y, &x), (((&mean, &inverse), &scale), &shift)) in output.iter_mut().zip(input).zip(channels)
            {
                *y = f((x - mean) * inverse * scale + shift);
            }
        }
    }

    /// The gradient by the input, from the sums of `dy * x^` and of `dy`, pixel by pixel; `passed` is what is left of `dy`,
    /// given the output.
    #[inline(always)]
    fn write_gradient(
        self,
        (input, output_gradient): (&[T], &[T]),
        gradient: &mut [T],
        sums: &[T],
        per_number: T,
        passed: impl Fn(T, T) -> T,
    ) {
        let Self { means, inverses, scales, shifts } = self;
        let depth = means.len();
        let (by_scale, by_shift) = sums.split_at(depth);
        let pixels = input.chunks_exact(depth).zip(output_gradient.chunks_exact(depth));
        for (gradient, (input, output_gradient)) in gradient.chunks_exact_mut(depth).zip(pixels) {
            let channels = means.iter().zip(inverses).zip(scales).zip(shifts).zip(by_scale).zip(by_shift);
            let numbers = gradient.iter_mut().zip(input).zip(output_gradient);
            for (((dx, &x), &dy), (((((&mean, &inverse), &scale), &shift), &by_scale), &by_shift)) in
                numbers.zip(channels)
            {
                let normalized = (x - mean) * inverse;
                let dy = passed(normalized * scale + shift, dy);
                *dx = scale * inverse * (dy - (by_shift + normalized * by_scale) * per_number);
            }
        }
    }

    /// The sums over the batch of `dy * x^` and of `dy`: the gradients by scales and shifts.
    fn products(
        self,
        context: &Context<'_, T>,
        operands: (&[T], &[T]),
        (by_scale, by_shift): (&mut [T], &mut [T]),
        mode: Gradients,
    ) {
        let Self { means, inverses, scales, shifts } = self;
        let (depth, Context { tier, relu, .. }) = (means.len(), context);
        let work = Work::of(operands.0.len(), 2);
        parallel::chunk_pairs((by_scale, TILE), (by_shift, TILE), work, |index, by_scale, by_shift| {
            let first = index * TILE;
            let of_tile = |numbers: &[T]| {
                let mut constants = [T::zero(); TILE];
                constants.iter_mut().zip(&numbers[first..]).for_each(|(to, &from)| *to = from);
                constants
            };
            let both = |x: T, dy: T, mean: T| [dy * (x - mean), dy];
            let [mut of_scales, of_shifts] = if *relu {
                let constants = [means, inverses, scales, shifts].map(of_tile);
                tile_sums(
                    *tier,
                    operands,
                    (depth, first),
                    &constants,
                    |x, dy, [mean, inverse, scale, shift]| {
                        let y = (x - mean) * inverse * scale + shift;
                        both(x, if y <= T::zero() { T::zero() } else { dy }, mean)
                    },
                )
            } else {
                let constants = [of_tile(means)];
                tile_sums(*tier, operands, (depth, first), &constants, |x, dy, [mean]| both(x, dy, mean))
            };
            for (sum, inverse) in of_scales.iter_mut().zip(&inverses[first..]) {
                *sum *= inverse.as_f64();
            }
            store(by_scale, &of_scales, mode);
            store(by_shift, &of_shifts, mode);
        });
    }
}

/// Mean and biased variance of each channel.
///
/// In one pass, by the sums of `x - c` and of its square, `c` being the mean of the channel's first numbers: unlike those of x
/// they lose nothing where the mean is large.
fn measure<T: Scalar>(tier: Tier, input: &[T], statistics: &mut [T]) {
    let depth = statistics.len() / 2;
    let count = (input.len() / depth) as f64;
    let (means, variances) = statistics.split_at_mut(depth);
    let work = Work::of(input.len(), 2);
    parallel::chunk_pairs((means, TILE), (variances, TILE), work, |index, means, variances| {
        let constants = near_means(input, depth, index * TILE);
        let [sums, squares] =
            tile_sums(tier, (input, input), (depth, index * TILE), &[constants], |x, _, [constant]| {
                let centred = x - constant;
                [centred, centred * centred]
            });
        for ((mean, constant), sum) in means.iter_mut().zip(constants).zip(sums) {
            *mean = T::from_f64(constant.as_f64() + sum / count);
        }
        for ((variance, sum), squares) in variances.iter_mut().zip(sums).zip(squares) {
            // Rounding might leave less than nothing; NaN stays.
            let found = (squares - sum * sum / count) / count;
            *variance = T::from_f64(if found < 0.0 { 0.0 } else { found });
        }
    });
}

/// For each channel of a tile, the mean of its first numbers.
fn near_means<T: Scalar>(input: &[T], depth: usize, first: usize) -> [T; TILE] {
    const FIRST_PIXELS: usize = 16;
    let (mut sums, mut pixels) = ([0.0; TILE], 0.0);
    for pixel in input.chunks_exact(depth).take(FIRST_PIXELS) {
        sums.iter_mut().zip(&pixel[first..]).for_each(|(sum, number)| *sum += number.as_f64());
        pixels += 1.0;
    }
    sums.map(|sum| T::from_f64(sum / pixels))
}

/// What running statistics and variances become.
trait Running {
    fn follow<T: Scalar>(&self, running: &mut [T], batch: &[T]);
    fn invert<T: Scalar>(&self, variances: &mut [T]);
}

impl Running for BatchNorm {
    /// `running = momentum * running + (1 - momentum) * batch`.
    fn follow<T: Scalar>(&self, running: &mut [T], batch: &[T]) {
        let momentum = self.momentum.get();
        let (kept, new) = (T::from_f64(momentum), T::from_f64(1.0 - momentum));
        for (running, &batch) in running.iter_mut().zip(batch) {
            *running = kept * *running + new * batch;
        }
    }

    /// Variances become `1/sqrt(variance + epsilon)`.
    fn invert<T: Scalar>(&self, variances: &mut [T]) {
        for variance in variances {
            *variance = T::from_f64(1.0 / (variance.as_f64() + self.epsilon.get()).sqrt());
        }
    }
}

/// Parts of the batch that have memory of their own, whatever the number of threads.
const PARTS: usize = 16;

/// The sums are made again for the backward pass, which needs the input alone.
impl<T: Scalar> Layer<T> for ResponseNorm {
    fn forward(&self, at: Forward<'_, T>, _: &mut Context<'_, T>) {
        let depth = self.volume.depth;
        let beta = self.beta.get();
        parallel::chunks(at.output, PIXELS * depth, self.work(at.input.len()), |index, output| {
            let pixels = at.input[index * PIXELS * depth..].chunks_exact(depth);
            for (output, input) in output.chunks_exact_mut(depth).zip(pixels) {
                self.bases(input, output);
                for (y, &x) in output.iter_mut().zip(input) {
                    *y = x * power(*y, beta);
                }
            }
        });
    }

    /// `dx_c = dy_c * s_c^-beta - 2 a beta x_c * sum of dy_j x_j s_j^(-beta - 1)`, `s` being `k + a * sum of x_j^2`.
    fn input_gradient(&self, at: InputGradient<'_, T>, context: &mut Context<'_, T>) {
        let (depth, beta) = (self.volume.depth, self.beta.get());
        let factor = T::from_f64(-2.0 * self.factor() * beta);
        let part = (at.input.len() / depth).div_ceil(PARTS) * depth;
        let (memory, work) = ((&mut context.packed[..PARTS * depth], depth), self.work(2 * at.input.len()));
        parallel::chunk_pairs((at.gradient, part), memory, work, |index, gradient, ratios| {
            let pixels = at.input[index * part..].chunks_exact(depth);
            let pixels = pixels.zip(at.output_gradient[index * part..].chunks_exact(depth));
            for (gradient, (input, output_gradient)) in gradient.chunks_exact_mut(depth).zip(pixels) {
                self.bases(input, gradient);
                let numbers = gradient.iter_mut().zip(input).zip(output_gradient);
                for (ratio, ((dx, &x), &dy)) in ratios.iter_mut().zip(numbers) {
                    let base = *dx;
                    *dx = dy * power(base, beta);
                    *ratio = *dx * x / base * factor;
                }
                self.add_neighbours(gradient, input, ratios, |x, ratio| x * ratio);
            }
        });
    }

    /// Memory for one pixel in each part of the batch.
    fn memory(&self, _images: usize, _tier: Tier, _algorithms: Algorithms) -> Memory {
        Memory::shared(self.volume.depth.saturating_mul(PARTS))
    }
}

/// The sums over neighbouring channels.
trait Neighbours {
    fn work(&self, numbers: usize) -> Work;
    fn add_neighbours<T: Scalar>(&self, to: &mut [T], own: &[T], from: &[T], f: impl Fn(T, T) -> T);
    fn bases<T: Scalar>(&self, input: &[T], bases: &mut [T]);
}

impl Neighbours for ResponseNorm {
    fn work(&self, numbers: usize) -> Work {
        Work::of(numbers, self.n.min(self.volume.depth) as u64 + 8)
    }

    /// Adds to each channel `c` of a pixel `f(own_c, from_j)` for all `j` near it, one distance after the other.
    fn add_neighbours<T: Scalar>(&self, to: &mut [T], own: &[T], from: &[T], f: impl Fn(T, T) -> T) {
        let add = |to: &mut [T], own: &[T], from: &[T]| {
            for (to, (&own, &from)) in to.iter_mut().zip(own.iter().zip(from)) {
                *to += f(own, from);
            }
        };
        add(to, own, from);
        for distance in 1..=(self.n / 2).min(to.len() - 1) {
            add(to, own, &from[distance..]);
            add(&mut to[distance..], &own[distance..], from);
        }
    }

    /// `k + a * sum of x_j^2` for each channel of a pixel.
    fn bases<T: Scalar>(&self, input: &[T], bases: &mut [T]) {
        let (k, factor) = (T::from_f64(self.k.get()), T::from_f64(self.factor()));
        bases.fill(T::zero());
        self.add_neighbours(bases, input, input, |_, x| x * x);
        bases.iter_mut().for_each(|sum| *sum = k + factor * *sum);
    }
}

/// `base^-beta`; AlexNet's exponent of 3/4 by roots, which are many times quicker.
fn power<T: Scalar>(base: T, beta: f64) -> T {
    if beta == 0.75 {
        let root = base.sqrt();
        T::one() / (root * root.sqrt())
    } else {
        base.powf(T::from_f64(-beta))
    }
}
