//! Slices as matrices.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::gemm::DEPTH_BLOCK;

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
