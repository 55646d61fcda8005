//! POOL, AVGPOOL, L2POOL and STOCHPOOL.

use convnet_geometry::{Average, Axis, Pool, Pooling};
use ndarray::{Array4, ArrayView4};
use rand::Rng;

use super::convolution::pixel;
use crate::random::Draw;
use crate::scalar::Scalar;

/// For each number of a pooling's output: the input pixels under its window, and what an average divides by.
fn pooled(geometry: &Pooling, images: usize, mut f: impl FnMut([usize; 4], &[[usize; 4]], usize)) {
    let (window, input, output) = (geometry.window(), geometry.input(), geometry.output());
    let (along_y, along_x) =
        (window.along(Axis::Height, input.extent()), window.along(Axis::Width, input.extent()));
    let padded =
        |at: usize, along: convnet_geometry::AxisWindow| at < along.before + along.input + along.after;
    for n in 0..images {
        for y in 0..output.height {
            for x in 0..output.width {
                for d in 0..output.depth {
                    let (mut cells, mut counted) = (Vec::new(), 0);
                    for f_y in 0..window.filter.height {
                        for f_x in 0..window.filter.width {
                            let (row, column) = (y * along_y.stride + f_y, x * along_x.stride + f_x);
                            counted += usize::from(padded(row, along_y) && padded(column, along_x));
                            if let Some((row, column)) = pixel(&window, input.extent(), (y, x), (f_y, f_x)) {
                                cells.push([n, row, column, d]);
                            }
                        }
                    }
                    let divisor = match geometry.pool() {
                        Pool::Average(Average::Counted) => counted,
                        _ => cells.len(),
                    };
                    f([n, y, x, d], &cells, divisor);
                }
            }
        }
    }
}

/// The first cell that holds the maximum; a NaN counts as larger than all numbers.
pub(super) fn maximum<T: Scalar>(input: ArrayView4<'_, T>, cells: &[[usize; 4]]) -> [usize; 4] {
    if let Some(nan) = cells.iter().find(|&&cell| input[cell].is_nan()) {
        return *nan;
    }
    let mut best = cells[0];
    for &cell in cells {
        if input[cell] > input[best] {
            best = cell;
        }
    }
    best
}

/// The cells that can be drawn, and the number of each, in `f64`: those that are positive.
fn positive<T: Scalar>(input: ArrayView4<'_, T>, cells: &[[usize; 4]]) -> Vec<([usize; 4], f64)> {
    let numbers = cells.iter().map(|&cell| (cell, input[cell].as_f64()));
    numbers.filter(|&(_, number)| number > 0.0).collect()
}

/// The cell that an output of stochastic pooling is drawn from: `u` times the sum lies in its share of the sum, `u` being
/// the output's word over `2^32`. Nothing if no cell is positive.
fn drawn<T: Scalar>(
    geometry: &Pooling,
    input: ArrayView4<'_, T>,
    draw: Draw,
    [n, y, x, d]: [usize; 4],
    cells: &[[usize; 4]],
) -> Option<[usize; 4]> {
    let (positive, output) = (positive(input, cells), geometry.output());
    let word = draw.generator(n, (y * output.width + x) * output.depth + d).next_u32();
    let mark = f64::from(word) / f64::from(2_u32).powi(32) * positive.iter().map(|(_, x)| x).sum::<f64>();
    let mut end = 0.0;
    for (cell, number) in positive {
        end += number;
        if mark < end {
            return Some(cell);
        }
    }
    None
}

/// What each window keeps of finite numbers; with a draw as in training, without as in inference.
pub fn pooling<T: Scalar>(geometry: &Pooling, input: ArrayView4<'_, T>, draw: Option<Draw>) -> Array4<T> {
    let volume = geometry.output();
    let mut output = Array4::zeros((input.dim().0, volume.height, volume.width, volume.depth));
    pooled(geometry, input.dim().0, |to, cells, divisor| {
        let numbers = cells.iter().map(|&cell| input[cell]);
        output[to] = match (geometry.pool(), draw) {
            (Pool::Max, _) => input[maximum(input, cells)],
            (Pool::Average(_), _) => numbers.sum::<T>() / T::from_f64(divisor as f64),
            (Pool::L2, _) => numbers.map(|x| x * x).sum::<T>().sqrt(),
            (Pool::Stochastic, Some(draw)) => {
                drawn(geometry, input, draw, to, cells).map_or(T::zero(), |cell| input[cell])
            }
            (Pool::Stochastic, None) => {
                let positive = positive(input, cells);
                let sum: f64 = positive.iter().map(|(_, x)| x).sum();
                T::from_f64(positive.iter().map(|(_, x)| x * x / sum).sum())
            }
        };
    });
    output
}

/// The gradient of a pooling by its input, in training.
pub fn pooling_gradient<T: Scalar>(
    geometry: &Pooling,
    input: ArrayView4<'_, T>,
    output_gradient: ArrayView4<'_, T>,
    draw: Draw,
) -> Array4<T> {
    let mut by_input = Array4::zeros(input.dim());
    pooled(geometry, input.dim().0, |from, cells, divisor| match geometry.pool() {
        Pool::Max => by_input[maximum(input, cells)] += output_gradient[from],
        Pool::Average(_) => {
            for &cell in cells {
                by_input[cell] += output_gradient[from] / T::from_f64(divisor as f64);
            }
        }
        Pool::L2 => {
            let norm = cells.iter().map(|&cell| input[cell] * input[cell]).sum::<T>().sqrt();
            for &cell in cells.iter().filter(|_| norm > T::zero()) {
                by_input[cell] += output_gradient[from] * input[cell] / norm;
            }
        }
        Pool::Stochastic => {
            if let Some(cell) = drawn(geometry, input, draw, from, cells) {
                by_input[cell] += output_gradient[from];
            }
        }
    });
    by_input
}
