//! Principal components, by the eigenvectors of the covariance.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::covariance::{self, LIMIT, check_memory};
use super::rows::{Numbers, Rows};
use super::statistics::Statistics;
use crate::error::Error;

/// Iterations of the decomposition for each eigenvalue, of which two or three are usual.
const ITERATIONS: usize = 100;

/// The directions in which rows of numbers vary most: eigenvectors of their [covariance](super::covariance), those of the largest
/// eigenvalues first.
///
/// An eigenvector's sign is free: here its largest number, by magnitude, is positive.
#[derive(Clone, PartialEq, Debug)]
pub struct PrincipalComponents {
    mean: Vec<f64>,
    variances: Vec<f64>,
    directions: Array2<f64>,
}

impl PrincipalComponents {
    /// The first so many components of rows of numbers, `[N, D]`.
    ///
    /// # Errors
    /// [`Error::EmptyData`] if there is no row; [`Error::Option`] if the dimensions are not from 1 to D; [`Error::Fit`] if a number
    /// is not finite, or so large that sums are not; [`Error::PreprocessingMemory`] if the matrices take more than 1 GiB.
    pub fn fit_rows(rows: ArrayView2<'_, f64>, dimensions: usize) -> Result<Self, Error> {
        Self::of(&Numbers::new(rows)?, dimensions, LIMIT)
    }

    pub(super) fn of(rows: &dyn Rows, dimensions: usize, limit: u64) -> Result<Self, Error> {
        let numbers = rows.width();
        if dimensions == 0 || dimensions > numbers {
            let expected = "at least 1, and at most the numbers of an image";
            return Err(Error::Option { option: "dimensions", value: dimensions as f64, expected });
        }
        // The covariance and its eigenvectors.
        check_memory("the covariance, with its eigenvectors,", numbers, numbers.saturating_mul(2), limit)?;
        let mean = Statistics::of(rows)?.mean().to_vec();
        let (variances, directions) = decompose(covariance::of(rows, &mean)?, dimensions)?;
        Ok(Self { mean, variances, directions })
    }

    /// The mean of each number of a row.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// How much rows vary in each direction: the eigenvalues, descending.
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// The directions, a row each, `[K, D]`: orthogonal, of length 1.
    pub fn directions(&self) -> ArrayView2<'_, f64> {
        self.directions.view()
    }

    /// Rows, `[N, D]`, centred and expressed in these directions, `[N, K]`: their covariance is diagonal.
    ///
    /// # Panics
    /// If rows are not as long as those it was fitted on.
    pub fn rotate(&self, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        (&rows - &ArrayView1::from(&self.mean)).dot(&self.directions.t())
    }

    /// Rows, `[N, D]`, rotated and each number divided by the root of its variance plus this smoothing, which keeps directions
    /// without variance from being noise; the notes have 1e-5.
    ///
    /// # Panics
    /// If rows are not as long as those it was fitted on.
    pub fn whiten(&self, rows: ArrayView2<'_, f64>, smoothing: f64) -> Array2<f64> {
        let mut rotated = self.rotate(rows);
        for (mut column, variance) in rotated.axis_iter_mut(Axis(1)).zip(&self.variances) {
            column /= (variance + smoothing).sqrt();
        }
        rotated
    }
}

/// The largest eigenvalues of a symmetric matrix, descending, and their eigenvectors, a row each.
fn decompose(matrix: Array2<f64>, count: usize) -> Result<(Vec<f64>, Array2<f64>), Error> {
    let numbers = matrix.nrows();
    // By columns, where ours is by rows: it is symmetric.
    let matrix = DMatrix::from_vec(numbers, numbers, matrix.into_raw_vec_and_offset().0);
    let eigen = SymmetricEigen::try_new(matrix, f64::EPSILON, ITERATIONS.saturating_mul(numbers));
    let reason = || "the eigenvalues of the covariance were not found".to_owned();
    let eigen = eigen.ok_or_else(|| Error::Fit { reason: reason() })?;
    let mut order: Vec<_> = (0..numbers).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let order = &order[..count];
    let mut directions = Array2::zeros((count, numbers));
    for (mut to, &index) in directions.rows_mut().into_iter().zip(order) {
        let column = eigen.eigenvectors.column(index);
        let sign = sign(column.iter().copied());
        to.iter_mut().zip(column.iter()).for_each(|(to, number)| *to = sign * number);
    }
    // Rounding may leave a variance of 0 below it.
    Ok((order.iter().map(|&index| eigen.eigenvalues[index].max(0.0)).collect(), directions))
}

/// The sign of the first number of the largest magnitude.
fn sign(numbers: impl Iterator<Item = f64>) -> f64 {
    let largest = numbers.reduce(|largest, x| if x.abs() > largest.abs() { x } else { largest });
    largest.map_or(1.0, f64::signum)
}
