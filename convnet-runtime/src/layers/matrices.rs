//! Slices as matrices, and what layers of weights have in common.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, s};

use crate::gemm::DEPTH_BLOCK;
use crate::layers::channels::{TILE, store};
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

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

/// Adds up the output's gradient over the batch, in its order, per channel; in `f64`, so that millions of `f32` add up to
/// what they are.
pub(crate) fn bias_gradient<T: Scalar>(bias: &mut [T], output_gradient: ArrayView2<'_, T>, mode: Gradients) {
    let work = Work(output_gradient.len() as u64);
    parallel::chunks(bias, TILE, work, |index, bias| {
        let (first, mut sums) = (index * TILE, [0.0; TILE]);
        for row in output_gradient.slice(s![.., first..first + bias.len()]).rows() {
            // A whole tile has a length that the compiler knows.
            match row.to_slice().and_then(|row| row.first_chunk::<TILE>()) {
                Some(row) => add(&mut sums, row),
                None => add(&mut sums, row),
            }
        }
        store(bias, sums, mode);
    });
}

#[inline(always)]
fn add<'a, T: Scalar>(sums: &mut [f64; TILE], row: impl IntoIterator<Item = &'a T>) {
    for (sum, number) in sums.iter_mut().zip(row) {
        *sum += number.as_f64();
    }
}
