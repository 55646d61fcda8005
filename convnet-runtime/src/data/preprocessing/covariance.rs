//! How the numbers of rows vary together.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut2, s};

use super::rows::{Numbers, Rows};
use super::statistics::Statistics;
use crate::error::Error;
use crate::gemm;
use crate::parallel::{self, Work};
use crate::simd::Tier;

/// What matrices of a preprocessing may take unless another limit is given: 1 GiB.
pub(super) const LIMIT: u64 = 1 << 30;

/// Columns of the covariance that are computed at a time.
const TILE: usize = 192;

/// The covariance of rows of numbers, `[N, D]` to `[D, D]`: the mean of products of differences from the means, `X^T X / N` of
/// centred rows.
///
/// # Errors
/// [`Error::EmptyData`] if there is no row; [`Error::Fit`] if a number is not finite, or so large that sums are not;
/// [`Error::PreprocessingMemory`] if it takes more than 1 GiB.
pub fn covariance(rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
    check_memory("the covariance", rows.ncols(), rows.ncols(), LIMIT)?;
    let rows = Numbers::new(rows)?;
    of(&rows, Statistics::of(&rows)?.mean())
}

/// Whether a matrix of so many rows, each as long as an image, may be had.
///
/// # Errors
/// [`Error::PreprocessingMemory`].
pub(super) fn check_memory(what: &'static str, numbers: usize, rows: usize, limit: u64) -> Result<(), Error> {
    let bytes = (numbers as u64).saturating_mul(rows as u64).saturating_mul(size_of::<f64>() as u64);
    if bytes <= limit { Ok(()) } else { Err(Error::PreprocessingMemory { what, numbers, bytes, limit }) }
}

/// The covariance of rows whose means are known.
pub(super) fn of(rows: &dyn Rows, mean: &[f64]) -> Result<Array2<f64>, Error> {
    let mut sums = Array2::zeros((rows.width(), rows.width()));
    rows.blocks(&mut |block| add_products((&block - &ArrayView1::from(mean)).view(), sums.view_mut()))?;
    let count = rows.count() as f64;
    for row in 0..sums.nrows() {
        for column in row..sums.ncols() {
            let product = sums[[row, column]] / count;
            sums[[row, column]] = product;
            sums[[column, row]] = product;
        }
    }
    if sums.iter().all(|product| product.is_finite()) {
        return Ok(sums);
    }
    Err(Error::Fit { reason: "the numbers are too large for their products to be added up".to_owned() })
}

/// Adds `X^T X`, on the diagonal and above it. Each number is one sum in the order of the rows.
fn add_products(rows: ArrayView2<'_, f64>, sums: ArrayViewMut2<'_, f64>) {
    let (count, numbers) = rows.dim();
    let work = Work::of(numbers * numbers / 2, count as u64);
    let tier = Tier::fastest();
    parallel::column_tiles(sums, TILE, work, |first, mut tile| {
        let end = first + tile.ncols();
        let columns = rows.slice(s![.., first..end]);
        let mut memory = vec![0.0; gemm::memory_length::<f64>(tier, count, columns.ncols())];
        let above = tile.slice_mut(s![..end, ..]);
        gemm::multiply(tier, rows.slice(s![.., ..end]).reversed_axes(), columns, above, &mut memory);
    });
}
