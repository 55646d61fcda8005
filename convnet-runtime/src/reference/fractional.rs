//! FRACPOOL.

use convnet_geometry::{FractionalPooling, Volume};
use ndarray::{Array2, Array4, ArrayView4};
use rand::Rng;

use super::pooling::maximum;
use crate::random::Draw;
use crate::scalar::Scalar;

/// The region in which a cell of a side lies: `floor((c + ceil(a*u)) / a - u)` with `a = side/regions`, in whole numbers.
fn region(side: usize, regions: usize, cell: usize, word: u32) -> usize {
    let (side, regions, word, unit) = (side as u128, regions as u128, u128::from(word), 1_u128 << 32);
    let first = (side * word).div_ceil(regions * unit);
    (((first + cell as u128) * regions * unit - side * word) / (side * unit)) as usize
}

/// The cells of each region of an image, `[y, x]` of the output after the other; its draw places rows, then columns.
fn regions(layer: &FractionalPooling, draw: Draw, image: usize) -> Array2<Vec<[usize; 2]>> {
    let (input, output) = (layer.input(), layer.output());
    let mut chance = draw.generator(image, 0);
    let (rows, columns) = (chance.next_u32(), chance.next_u32());
    let mut regions = Array2::from_elem((output.height, output.width), Vec::new());
    for y in 0..input.height {
        for x in 0..input.width {
            let row = region(input.height, output.height, y, rows);
            let column = region(input.width, output.width, x, columns);
            regions[[row, column]].push([y, x]);
        }
    }
    regions
}

/// Calls `f` with each number of the output and the cell that it is the maximum of.
fn fractional_maxima<T: Scalar>(
    layer: &FractionalPooling,
    input: ArrayView4<'_, T>,
    draw: Draw,
    trains: bool,
    mut f: impl FnMut([usize; 4], [usize; 4]),
) {
    for n in 0..input.dim().0 {
        for ((y, x), cells) in regions(layer, draw, if trains { n } else { 0 }).indexed_iter() {
            for d in 0..layer.output().depth {
                let cells: Vec<_> = cells.iter().map(|&[y, x]| [n, y, x, d]).collect();
                f([n, y, x, d], maximum(input, &cells));
            }
        }
    }
}

/// The maximum of each region: regions of its own for each image in training, those of image 0 in inference.
pub fn fractional_pooling<T: Scalar>(
    layer: &FractionalPooling,
    input: ArrayView4<'_, T>,
    draw: Draw,
    trains: bool,
) -> Array4<T> {
    let Volume { width, height, depth } = layer.output();
    let mut output = Array4::zeros((input.dim().0, height, width, depth));
    fractional_maxima(layer, input, draw, trains, |to, cell| output[to] = input[cell]);
    output
}

/// The gradient of [`fractional_pooling`] by its input.
pub fn fractional_pooling_gradient<T: Scalar>(
    layer: &FractionalPooling,
    input: ArrayView4<'_, T>,
    output_gradient: ArrayView4<'_, T>,
    draw: Draw,
) -> Array4<T> {
    let mut by_input = Array4::zeros(input.dim());
    fractional_maxima(layer, input, draw, true, |from, cell| by_input[cell] += output_gradient[from]);
    by_input
}
