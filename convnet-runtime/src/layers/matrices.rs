//! Slices as matrices, and what layers of weights have in common.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, s};

use crate::gemm::DEPTH_BLOCK;
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

/// Channels in one piece of the biases' gradient.
const BIAS_TILE: usize = 16;

/// `0..length` in blocks of [`DEPTH_BLOCK`].
pub(crate) fn blocks(length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(DEPTH_BLOCK).map(move |first| first..length.min(first + DEPTH_BLOCK))
}

/// Numbers as a matrix of rows of this length.
pub(crate) fn matrix<T>(numbers: &[T], columns: usize) -> ArrayView2<'_, T> {
    ArrayView2::from_shape((numbers.len() / columns, columns), numbers).expect("whole rows")
}

/// Numbers as a matrix of rows of this length.
pub(crate) fn matrix_mut<T>(numbers: &mut [T], columns: usize) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape((numbers.len() / columns, columns), numbers).expect("whole rows")
}

/// Adds up the output's gradient over the batch, in its order, per channel.
pub(crate) fn bias_gradient<T: Scalar>(bias: &mut [T], output_gradient: ArrayView2<'_, T>, mode: Gradients) {
    let work = Work(output_gradient.len() as u64);
    parallel::chunks(bias, BIAS_TILE, work, |index, bias| {
        if mode == Gradients::Overwrite {
            bias.fill(T::zero());
        }
        let first = index * BIAS_TILE;
        for row in output_gradient.slice(s![.., first..first + bias.len()]).rows() {
            for (sum, &gradient) in bias.iter_mut().zip(row) {
                *sum += gradient;
            }
        }
    });
}
