//! The mean, the variance and the range of each number of rows, and of groups of them.

use ndarray::{Array1, ArrayView2, Zip};

use super::Per;
use super::rows::{Numbers, Rows};
use crate::error::Error;

/// What each number of a row (a column of the data) is like, over all rows.
///
/// Sums are taken in `f64`, in the order of the rows. A column whose numbers are all the same has exactly that mean, and the
/// variance 0.
#[derive(Clone, PartialEq, Debug)]
pub struct Statistics {
    mean: Array1<f64>,
    variance: Array1<f64>,
    minimum: Array1<f64>,
    maximum: Array1<f64>,
}

impl Statistics {
    /// Of rows of numbers, `[N, D]`.
    ///
    /// # Errors
    /// [`Error::EmptyData`] if there is none; [`Error::Fit`] if a number is not finite, or so large that sums are not.
    pub fn fit_rows(rows: ArrayView2<'_, f64>) -> Result<Self, Error> {
        Self::of(&Numbers::new(rows)?)
    }

    /// The mean of each column.
    pub fn mean(&self) -> &[f64] {
        slice(&self.mean)
    }

    /// The population variance of each column: divided by the number of rows.
    pub fn variance(&self) -> &[f64] {
        slice(&self.variance)
    }

    /// The population deviation of each column.
    pub fn deviation(&self) -> Vec<f64> {
        self.variance.iter().map(|variance| variance.sqrt()).collect()
    }

    /// The smallest number of each column.
    pub fn minimum(&self) -> &[f64] {
        slice(&self.minimum)
    }

    /// The largest number of each column.
    pub fn maximum(&self) -> &[f64] {
        slice(&self.maximum)
    }

    /// Two passes: the variance is a mean of squares of differences from the mean.
    pub(super) fn of(rows: &dyn Rows) -> Result<Self, Error> {
        let count = rows.count() as f64;
        let [mut sums, mut squares, mut pivot] = [(); 3].map(|()| Array1::zeros(rows.width()));
        let [mut minimum, mut maximum] =
            [f64::INFINITY, f64::NEG_INFINITY].map(|x| Array1::from_elem(rows.width(), x));
        let mut is_first = true;
        rows.blocks(&mut |block| {
            for row in block.rows() {
                // Sums of differences from the first row: 0 for a column of one number.
                if std::mem::take(&mut is_first) {
                    pivot.assign(&row);
                }
                Zip::from(&mut sums).and(&row).and(&pivot).for_each(|sum, x, pivot| *sum += x - pivot);
                Zip::from(&mut minimum).and(&row).for_each(|low, &x| *low = if x < *low { x } else { *low });
                Zip::from(&mut maximum)
                    .and(&row)
                    .for_each(|high, &x| *high = if x > *high { x } else { *high });
            }
        })?;
        let mean = pivot + sums / count;
        rows.blocks(&mut |block| {
            for row in block.rows() {
                Zip::from(&mut squares)
                    .and(&row)
                    .and(&mean)
                    .for_each(|sum, x, mean| *sum += (x - mean) * (x - mean));
            }
        })?;
        let variance = squares / count;
        if let Some(column) = mean.iter().zip(&variance).position(|(m, v)| !(m.is_finite() && v.is_finite()))
        {
            return Err(Error::Fit {
                reason: format!("the numbers of column {column} are too large to be added up"),
            });
        }
        Ok(Self { mean, variance, minimum, maximum })
    }

    /// The means of groups, for images of so many channels.
    pub(super) fn means(&self, per: Per, depth: usize) -> Vec<f64> {
        let groups = self.groups(per, depth);
        (0..groups).map(|first| moments(group(self.mean(), first, groups)).0).collect()
    }

    /// The deviations of groups of the numbers that remain once these means are subtracted; 1 in place of 0.
    pub(super) fn deviations(&self, per: Per, depth: usize, means: &[f64]) -> Vec<f64> {
        let remain: Vec<_> = self.mean.iter().zip(means.iter().cycle()).map(|(of, mean)| of - mean).collect();
        let groups = self.groups(per, depth);
        let deviation = |first| {
            // The variance of a group: within its columns, and between them.
            let (within, _) = moments(group(self.variance(), first, groups));
            let (_, between) = moments(group(&remain, first, groups));
            (within + between).sqrt()
        };
        (0..groups).map(deviation).map(|deviation| if deviation > 0.0 { deviation } else { 1.0 }).collect()
    }

    /// The smallest and the largest numbers of groups.
    pub(super) fn ranges(&self, per: Per, depth: usize) -> [Vec<f64>; 2] {
        let groups = self.groups(per, depth);
        let of = |numbers: &[f64], chosen: fn(f64, f64) -> f64| {
            let of_group = |first| group(numbers, first, groups).reduce(chosen).unwrap_or_default();
            (0..groups).map(of_group).collect()
        };
        [of(self.minimum(), f64::min), of(self.maximum(), f64::max)]
    }

    fn groups(&self, per: Per, depth: usize) -> usize {
        match per {
            Per::Dataset => 1,
            Per::Channel => depth,
            Per::Number => self.mean.len(),
        }
    }
}

fn slice(numbers: &Array1<f64>) -> &[f64] {
    numbers.as_slice().expect("one axis, made here")
}

/// The columns of a group: depth is innermost, so that each number of groups recurs after as many.
fn group(numbers: &[f64], first: usize, groups: usize) -> impl Iterator<Item = f64> + Clone {
    numbers.iter().skip(first).step_by(groups).copied()
}

/// The mean and the population variance: exactly, where all are the same.
fn moments(numbers: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = numbers.clone().count() as f64;
    let pivot = numbers.clone().next().unwrap_or_default();
    let mean = pivot + numbers.clone().map(|x| x - pivot).sum::<f64>() / count;
    (mean, numbers.map(|x| (x - mean) * (x - mean)).sum::<f64>() / count)
}
