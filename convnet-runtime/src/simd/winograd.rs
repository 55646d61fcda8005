//! Winograd's transforms for 4 x 4 outputs of 3 x 3 filters, and 2 x 2 of 5 x 5, by points 0, +-5/8, +-3/2 and infinity.
//!
//! A convolution of 1D tiles is `y = A^T ((G g) * (B^T d))`, `d` being 6 inputs, `g` 3 or 5 taps and `y` 4 or 2 outputs (Lavin
//! and Gray 2016, "Fast algorithms for convolutional neural networks"); in 2D each transform is applied to columns, then to
//! rows. Row j of `G` holds the powers of point j over `N_j`, the product of its distances from the other finite points;
//! row j of `B^T` the coefficients of the polynomial that is 0 at all other finite points; `A` the powers of each point.
//! The points are those that oneDNN has: all numbers of the transforms are exact in `f32`, and errors are smaller than with
//! 0, +-1, +-2. Gradients take the transposed matrices.

use std::ops::Range;

use super::vector::{MOST_LANES, Plain, Vector};
use crate::gemm::Finish;
use crate::scalar::Scalar;

/// Inputs of a tile along an axis: as many numbers as its transform has.
pub(crate) const POINTS: usize = 6;

/// Numbers of a transformed tile.
pub(crate) const CELLS: usize = POINTS * POINTS;

const A: f64 = 0.625;
const B: f64 = 1.5;
const A2: f64 = A * A;
const B2: f64 = B * B;
/// Products of distances between points.
const N_0: f64 = A2 * B2;
const N_A: f64 = 2.0 * A2 * (A2 - B2);
const N_B: f64 = 2.0 * B2 * (B2 - A2);

/// A form of the algorithm: taps of a filter and outputs of a tile, along an axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// 3 taps and 4 outputs.
    Three,
    /// 5 taps and 2 outputs.
    Five,
}

impl Form {
    pub(crate) const fn taps(self) -> usize {
        match self {
            Self::Three => 3,
            Self::Five => 5,
        }
    }

    pub(crate) const fn outputs(self) -> usize {
        POINTS + 1 - self.taps()
    }
}

/// One of the transforms of a tile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transform {
    /// `B^T d B`: 6 x 6 inputs to as many numbers.
    Input,
    /// `G g G^T`: taps to 6 x 6.
    Filter(Form),
    /// `A^T m A`: 6 x 6 products to outputs.
    Output(Form),
    /// `A y A^T`: the gradient by outputs to that by 6 x 6 products.
    OutputGradient(Form),
    /// `G^T u G`: the gradient by 6 x 6 numbers to that by taps.
    FilterGradient(Form),
}

impl Transform {
    /// Whether tiles may lack numbers: those of volumes may, filters are whole.
    pub(crate) const fn may_be_partial(self) -> bool {
        matches!(self, Self::Input | Self::Output(_) | Self::OutputGradient(_))
    }

    /// Whether it reads a volume, and writes adjacent numbers as they are.
    pub(crate) const fn is_of_volume(self) -> bool {
        matches!(self, Self::Input | Self::OutputGradient(_))
    }

    /// Numbers before and after it, along an axis.
    pub(crate) const fn sides(self) -> (usize, usize) {
        match self {
            Self::Input => (POINTS, POINTS),
            Self::Filter(form) => (form.taps(), POINTS),
            Self::Output(form) => (POINTS, form.outputs()),
            Self::OutputGradient(form) => (form.outputs(), POINTS),
            Self::FilterGradient(form) => (POINTS, form.taps()),
        }
    }
}

/// Where the numbers of transformed tiles lie, whose places the caller vouches for.
#[derive(Clone, Debug)]
pub(crate) struct Tiles<'a, T> {
    /// The first channel of the first number before, or where it would lie.
    pub(crate) from: *const T,
    /// From a row of the tile to the next, and from a column.
    pub(crate) from_steps: [isize; 2],
    /// Rows and columns that there are: in place of the others are `zeros`.
    pub(crate) inside: [Range<usize>; 2],
    pub(crate) zeros: *const T,
    /// The first channel of the first number after.
    pub(crate) to: *mut T,
    pub(crate) to_steps: [usize; 2],
    /// Rows and columns that are wanted: the first ones.
    pub(crate) wanted: [usize; 2],
    /// Channels.
    pub(crate) depth: usize,
    /// From a channel to the next.
    pub(crate) step: usize,
    /// Channels after which there is a jump, and how far it is from the first of them to the first of the next ones.
    pub(crate) panel: (usize, usize),
    /// How far ahead to ask for numbers of a volume that are read, and for those that are written.
    pub(crate) next: [usize; 2],
    pub(crate) finish: Finish<'a, T>,
}

/// Transforms all channels of a tile.
///
/// # Safety
/// Every number that is read or written, by the tile's depth and steps, may be; the machine has what the wide vectors `V` and
/// the narrow ones `W` want.
#[inline(always)]
pub(crate) unsafe fn transform<T: Scalar, V: Vector<T>, W: Vector<T>>(by: Transform, tiles: &Tiles<'_, T>) {
    // SAFETY: as the caller vouches.
    unsafe {
        match by {
            Transform::Input => whole_or_not::<T, V, W, 6, 6>(tiles, Input),
            Transform::Filter(Form::Three) => channels::<T, V, W, 3, 6, true>(tiles, Filter),
            Transform::Filter(Form::Five) => channels::<T, V, W, 5, 6, true>(tiles, Filter),
            Transform::Output(Form::Three) => whole_or_not::<T, V, W, 6, 4>(tiles, Output),
            Transform::Output(Form::Five) => whole_or_not::<T, V, W, 6, 2>(tiles, Output),
            Transform::OutputGradient(Form::Three) => whole_or_not::<T, V, W, 4, 6>(tiles, OutputGradient),
            Transform::OutputGradient(Form::Five) => whole_or_not::<T, V, W, 2, 6>(tiles, OutputGradient),
            Transform::FilterGradient(Form::Three) => channels::<T, V, W, 6, 3, true>(tiles, FilterGradient),
            Transform::FilterGradient(Form::Five) => channels::<T, V, W, 6, 5, true>(tiles, FilterGradient),
        }
    }
}

/// Most tiles have all of their numbers, before and after: they ask for none of them.
#[inline(always)]
unsafe fn whole_or_not<T: Scalar, V: Vector<T>, W: Vector<T>, const N: usize, const M: usize>(
    tiles: &Tiles<'_, T>,
    along: impl Along<N, M>,
) {
    // SAFETY: as the caller vouches.
    unsafe {
        if tiles.inside == [0..N, 0..N] && tiles.wanted == [M; 2] {
            channels::<T, V, W, N, M, true>(tiles, along);
        } else {
            channels::<T, V, W, N, M, false>(tiles, along);
        }
    }
}

/// A transform along one axis.
trait Along<const N: usize, const M: usize>: Copy {
    /// Whether it reads a volume, and writes adjacent numbers as they are.
    const OF_VOLUME: bool = false;
    /// Whether it writes a volume.
    const TO_VOLUME: bool = false;

    unsafe fn of<T: Scalar, V: Vector<T>>(self, numbers: [V; N]) -> [V; M];
}

/// Vectors of channels, wide ones, then narrow ones, and one by one those that are left of a panel.
#[inline(always)]
unsafe fn channels<
    T: Scalar,
    V: Vector<T>,
    W: Vector<T>,
    const N: usize,
    const M: usize,
    const IS_WHOLE: bool,
>(
    tiles: &Tiles<'_, T>,
    along: impl Along<N, M>,
) {
    let (width, jump) = tiles.panel;
    let mut first = 0;
    while first < tiles.depth {
        let end = tiles.depth.min(first.saturating_add(width));
        let (mut channel, to) = (first, first / width * jump);
        while channel + V::LANES <= end {
            // SAFETY: as the caller vouches.
            unsafe {
                apply::<T, V, _, N, M, IS_WHOLE>(tiles, channel, to + (channel - first) * tiles.step, along);
            };
            channel += V::LANES;
        }
        while W::LANES < V::LANES && channel + W::LANES <= end {
            // SAFETY: as the caller vouches.
            unsafe {
                apply::<T, W, _, N, M, IS_WHOLE>(tiles, channel, to + (channel - first) * tiles.step, along);
            };
            channel += W::LANES;
        }
        while channel < end {
            // SAFETY: as the caller vouches.
            unsafe {
                apply::<T, Plain<T, 1>, _, N, M, IS_WHOLE>(
                    tiles,
                    channel,
                    to + (channel - first) * tiles.step,
                    along,
                );
            }
            channel += 1;
        }
        first = end;
    }
}

/// One vector of channels.
#[inline(always)]
unsafe fn apply<
    T: Scalar,
    V: Vector<T>,
    A: Along<N, M>,
    const N: usize,
    const M: usize,
    const IS_WHOLE: bool,
>(
    tiles: &Tiles<'_, T>,
    channel: usize,
    to: usize,
    along: A,
) {
    let Tiles { from_steps, to_steps, .. } = *tiles;
    // SAFETY: as the caller vouches, for every call below.
    unsafe {
        let mut half = [[V::splat(T::zero()); N]; M];
        let mut first = tiles.from.wrapping_add(channel);
        for x in 0..N {
            let mut column = [V::splat(T::zero()); N];
            let mut at = first;
            for (y, number) in column.iter_mut().enumerate() {
                let is_inside = IS_WHOLE || tiles.inside[0].contains(&y) && tiles.inside[1].contains(&x);
                *number = V::load(if is_inside { at } else { tiles.zeros.wrapping_add(channel) });
                if A::OF_VOLUME {
                    V::prefetch(at.wrapping_add(tiles.next[0]), false);
                }
                at = at.wrapping_offset(from_steps[0]);
            }
            for (row, number) in half.iter_mut().zip(along.of::<T, V>(column)) {
                row[x] = number;
            }
            first = first.wrapping_offset(from_steps[1]);
        }
        let mut first = tiles.to.wrapping_add(to);
        for (y, row) in half.into_iter().enumerate() {
            let mut at = first;
            for (x, number) in along.of::<T, V>(row).into_iter().enumerate() {
                if IS_WHOLE || (y < tiles.wanted[0] && x < tiles.wanted[1]) {
                    if A::TO_VOLUME {
                        V::prefetch(at.wrapping_add(tiles.next[1]), true);
                    }
                    if A::OF_VOLUME {
                        number.store(at);
                    } else if tiles.step == 1 {
                        finish(tiles.finish, channel, number, at);
                    } else {
                        // Scattered numbers are stored as they are.
                        let mut lanes = [T::zero(); MOST_LANES];
                        number.store(lanes.as_mut_ptr());
                        for (lane, &number) in lanes[..V::LANES].iter().enumerate() {
                            at.add(lane * tiles.step).write(number);
                        }
                    }
                }
                at = at.wrapping_add(to_steps[1]);
            }
            first = first.wrapping_add(to_steps[0]);
        }
    }
}

/// Stores a vector, or adds it.
#[inline(always)]
unsafe fn finish<T: Scalar, V: Vector<T>>(finish: Finish<'_, T>, channel: usize, number: V, at: *mut T) {
    // SAFETY: as the caller vouches.
    unsafe {
        let number = match finish {
            Finish::Add => V::load(at).add(number),
            Finish::Store { bias, relu } => {
                let number =
                    if bias.is_empty() { number } else { number.add(V::load(bias.as_ptr().add(channel))) };
                if relu { number.relu() } else { number }
            }
        };
        number.store(at);
    }
}

/// Constants as vectors of `T`.
macro_rules! splat {
    ($($name:ident = $value:expr),* $(,)?) => {
        // SAFETY: whoever calls the transform vouches for the machine.
        $(let $name = unsafe { V::splat(T::from_f64($value)) };)*
    };
}

/// The numbers of all points: those of a point and of its negative are the sum and the difference of an even and an odd part.
#[inline(always)]
unsafe fn by_points<T: Scalar, V: Vector<T>>(zero: V, a: [V; 2], b: [V; 2], infinity: V) -> [V; 6] {
    // SAFETY: as the caller vouches.
    unsafe {
        let ([even_a, odd_a], [even_b, odd_b]) = (a, b);
        [zero, even_a.add(odd_a), even_a.subtract(odd_a), even_b.add(odd_b), even_b.subtract(odd_b), infinity]
    }
}

/// The sum and the difference of the numbers of each point and of its negative.
#[inline(always)]
unsafe fn of_points<T: Scalar, V: Vector<T>>(numbers: [V; 6]) -> [[V; 2]; 2] {
    let [_, a, minus_a, b, minus_b, _] = numbers;
    // SAFETY: as the caller vouches.
    unsafe { [[a.add(minus_a), a.subtract(minus_a)], [b.add(minus_b), b.subtract(minus_b)]] }
}

#[derive(Clone, Copy)]
struct Input;

impl Along<6, 6> for Input {
    const OF_VOLUME: bool = true;

    #[inline(always)]
    unsafe fn of<T: Scalar, V: Vector<T>>(self, d: [V; 6]) -> [V; 6] {
        splat!(a = A, b = B, minus_a2 = -A2, minus_b2 = -B2, n_0 = N_0, minus_sum = -(A2 + B2));
        splat!(minus_ab2 = -A * B2, minus_ba2 = -B * A2);
        // SAFETY: as the caller vouches.
        unsafe {
            let even_a = d[2].multiply_add(minus_b2, d[4]);
            let odd_a = d[1].multiply_add(minus_ab2, d[3].multiply(a));
            let even_b = d[2].multiply_add(minus_a2, d[4]);
            let odd_b = d[1].multiply_add(minus_ba2, d[3].multiply(b));
            by_points(
                d[0].multiply_add(n_0, d[2].multiply_add(minus_sum, d[4])),
                [even_a, odd_a],
                [even_b, odd_b],
                d[1].multiply_add(n_0, d[3].multiply_add(minus_sum, d[5])),
            )
        }
    }
}

#[derive(Clone, Copy)]
struct Filter;

impl Along<3, 6> for Filter {
    #[inline(always)]
    unsafe fn of<T: Scalar, V: Vector<T>>(self, g: [V; 3]) -> [V; 6] {
        splat!(of_0 = 1.0 / N_0, of_a = 1.0 / N_A, odd_a = A / N_A, even_a = A2 / N_A);
        splat!(of_b = 1.0 / N_B, odd_b = B / N_B, even_b = B2 / N_B);
        // SAFETY: as the caller vouches.
        unsafe {
            let (even_a, odd_a) = (g[2].multiply_add(even_a, g[0].multiply(of_a)), g[1].multiply(odd_a));
            let (even_b, odd_b) = (g[2].multiply_add(even_b, g[0].multiply(of_b)), g[1].multiply(odd_b));
            by_points(g[0].multiply(of_0), [even_a, odd_a], [even_b, odd_b], g[2])
        }
    }
}

impl Along<5, 6> for Filter {
    #[inline(always)]
    unsafe fn of<T: Scalar, V: Vector<T>>(self, g: [V; 5]) -> [V; 6] {
        splat!(
            of_0 = 1.0 / N_0,
            of_a = 1.0 / N_A,
            a_1 = A / N_A,
            a_2 = A2 / N_A,
            a_3 = A * A2 / N_A,
            a_4 = A2 * A2 / N_A
        );
        splat!(of_b = 1.0 / N_B, b_1 = B / N_B, b_2 = B2 / N_B, b_3 = B * B2 / N_B, b_4 = B2 * B2 / N_B);
        // SAFETY: as the caller vouches.
        unsafe {
            let even_a = g[4].multiply_add(a_4, g[2].multiply_add(a_2, g[0].multiply(of_a)));
            let even_b = g[4].multiply_add(b_4, g[2].multiply_add(b_2, g[0].multiply(of_b)));
            let odd_a = g[3].multiply_add(a_3, g[1].multiply(a_1));
            let odd_b = g[3].multiply_add(b_3, g[1].multiply(b_1));
            by_points(g[0].multiply(of_0), [even_a, odd_a], [even_b, odd_b], g[4])
        }
    }
}

#[derive(Clone, Copy)]
struct Output;

impl Along<6, 2> for Output {
    const TO_VOLUME: bool = true;

    #[inline(always)]
    unsafe fn of<T: Scalar, V: Vector<T>>(self, m: [V; 6]) -> [V; 2] {
        splat!(a = A, b = B);
        // SAFETY: as the caller vouches.
        unsafe {
            let even = m[1].add(m[2]).add(m[3].add(m[4]));
            let odd = m[1].subtract(m[2]).multiply_add(a, m[3].subtract(m[4]).multiply_add(b, m[5]));
            [m[0].add(even), odd]
        }
    }
}

impl Along<6, 4> for Output {
    const TO_VOLUME: bool = true;

    #[inline(always)]
    unsafe fn of<T: Scalar, V: Vector<T>>(self, m: [V; 6]) -> [V; 4] {
        splat!(a = A, b = B, a2 = A2, b2 = B2, a3 = A * A2, b3 = B * B2);
        // SAFETY: as the caller vouches.
        unsafe {
            let [[even_a, odd_a], [even_b, odd_b]] = of_points(m);
            [
                m[0].add(even_a.add(even_b)),
                odd_a.multiply_add(a, odd_b.multiply(b)),
                even_a.multiply_add(a2, even_b.multiply(b2)),
                odd_a.multiply_add(a3, odd_b.multiply_add(b3, m[5])),
            ]
        }
    }
}

#[derive(Clone, Copy)]
struct OutputGradient;

impl Along<2, 6> for OutputGradient {
    const OF_VOLUME: bool = true;

    #[inline(always)]
    unsafe fn of<T: Scalar, V: Vector<T>>(self, y: [V; 2]) -> [V; 6] {
        splat!(a = A, b = B);
        // SAFETY: as the caller vouches.
        unsafe {
            let (odd_a, odd_b) = (y[1].multiply(a), y[1].multiply(b));
            by_points(y[0], [y[0], odd_a], [y[0], odd_b], y[1])
        }
    }
}

impl Along<4, 6> for OutputGradient {
    const OF_VOLUME: bool = true;

    #[inline(always)]
    unsafe fn of<T: Scalar, V: Vector<T>>(self, y: [V; 4]) -> [V; 6] {
        splat!(a = A, b = B, a2 = A2, b2 = B2, a3 = A * A2, b3 = B * B2);
        // SAFETY: as the caller vouches.
        unsafe {
            let (even_a, odd_a) = (y[2].multiply_add(a2, y[0]), y[1].multiply(a));
            let (even_b, odd_b) = (y[2].multiply_add(b2, y[0]), y[1].multiply(b));
            let (odd_a, odd_b) = (y[3].multiply_add(a3, odd_a), y[3].multiply_add(b3, odd_b));
            by_points(y[0], [even_a, odd_a], [even_b, odd_b], y[3])
        }
    }
}

#[derive(Clone, Copy)]
struct FilterGradient;

impl Along<6, 3> for FilterGradient {
    #[inline(always)]
    unsafe fn of<T: Scalar, V: Vector<T>>(self, u: [V; 6]) -> [V; 3] {
        splat!(of_0 = 1.0 / N_0, of_a = 1.0 / N_A, a_odd = A / N_A, a_even = A2 / N_A);
        splat!(of_b = 1.0 / N_B, b_odd = B / N_B, b_even = B2 / N_B);
        // SAFETY: as the caller vouches.
        unsafe {
            let [[even_a, odd_a], [even_b, odd_b]] = of_points(u);
            [
                u[0].multiply_add(of_0, even_a.multiply_add(of_a, even_b.multiply(of_b))),
                odd_a.multiply_add(a_odd, odd_b.multiply(b_odd)),
                even_a.multiply_add(a_even, even_b.multiply_add(b_even, u[5])),
            ]
        }
    }
}

impl Along<6, 5> for FilterGradient {
    #[inline(always)]
    unsafe fn of<T: Scalar, V: Vector<T>>(self, u: [V; 6]) -> [V; 5] {
        splat!(
            of_0 = 1.0 / N_0,
            of_a = 1.0 / N_A,
            a_1 = A / N_A,
            a_2 = A2 / N_A,
            a_3 = A * A2 / N_A,
            a_4 = A2 * A2 / N_A
        );
        splat!(of_b = 1.0 / N_B, b_1 = B / N_B, b_2 = B2 / N_B, b_3 = B * B2 / N_B, b_4 = B2 * B2 / N_B);
        // SAFETY: as the caller vouches.
        unsafe {
            let [[even_a, odd_a], [even_b, odd_b]] = of_points(u);
            [
                u[0].multiply_add(of_0, even_a.multiply_add(of_a, even_b.multiply(of_b))),
                odd_a.multiply_add(a_1, odd_b.multiply(b_1)),
                even_a.multiply_add(a_2, even_b.multiply(b_2)),
                odd_a.multiply_add(a_3, odd_b.multiply(b_3)),
                even_a.multiply_add(a_4, even_b.multiply_add(b_4, u[5])),
            ]
        }
    }
}
