//! Rows of numbers that can be read again and again, a block at a time.

use ndarray::{Array2, ArrayView2, Axis, s};

use crate::data::Dataset;
use crate::error::Error;

/// The most rows of a block.
const ROWS: usize = 256;
/// The most numbers of a block, if one row has fewer.
const NUMBERS: usize = 1 << 20;

/// Where statistics come from: the images of a data set, or numbers.
pub(super) trait Rows {
    /// How many rows there are.
    fn count(&self) -> usize;

    /// How many numbers a row has.
    fn width(&self) -> usize;

    /// Calls `f` with blocks of rows, in their order.
    ///
    /// # Errors
    /// What reading them comes to.
    fn blocks(&self, f: &mut dyn FnMut(ArrayView2<'_, f64>)) -> Result<(), Error>;

    /// How many rows a block has, but for the last.
    fn block(&self) -> usize {
        (NUMBERS / self.width().max(1)).clamp(1, ROWS).min(self.count().max(1))
    }
}

/// Numbers that are there.
pub(super) struct Numbers<'a>(ArrayView2<'a, f64>);

impl<'a> Numbers<'a> {
    /// Rows of which there is at least one, of finite numbers.
    ///
    /// # Errors
    /// [`Error::EmptyData`] or [`Error::Fit`].
    pub(super) fn new(rows: ArrayView2<'a, f64>) -> Result<Self, Error> {
        if rows.is_empty() {
            return Err(Error::EmptyData);
        }
        if let Some(((row, column), value)) = rows.indexed_iter().find(|(_, value)| !value.is_finite()) {
            let reason = format!("row {row} holds {value} at {column}, and all numbers must be finite");
            return Err(Error::Fit { reason });
        }
        Ok(Self(rows))
    }
}

impl Rows for Numbers<'_> {
    fn count(&self) -> usize {
        self.0.nrows()
    }

    fn width(&self) -> usize {
        self.0.ncols()
    }

    fn blocks(&self, f: &mut dyn FnMut(ArrayView2<'_, f64>)) -> Result<(), Error> {
        self.0.axis_chunks_iter(Axis(0), self.block()).for_each(f);
        Ok(())
    }
}

/// The images of a data set, a row each.
pub(super) struct Images<'a> {
    data: &'a dyn Dataset,
    width: usize,
}

impl<'a> Images<'a> {
    /// Images of which there is at least one, of at least one number.
    ///
    /// # Errors
    /// [`Error::EmptyData`].
    pub(super) fn new(data: &'a dyn Dataset) -> Result<Self, Error> {
        let width = data.shape().iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        match width {
            Some(width) if width > 0 && data.len() > 0 => Ok(Self { data, width }),
            _ => Err(Error::EmptyData),
        }
    }
}

impl Rows for Images<'_> {
    fn count(&self) -> usize {
        self.data.len()
    }

    fn width(&self) -> usize {
        self.width
    }

    fn blocks(&self, f: &mut dyn FnMut(ArrayView2<'_, f64>)) -> Result<(), Error> {
        let (mut bytes, mut block) = (vec![0; self.width], Array2::zeros((self.block(), self.width)));
        for first in (0..self.count()).step_by(self.block()) {
            let count = self.block().min(self.count() - first);
            for (index, mut row) in (first..).zip(block.rows_mut().into_iter().take(count)) {
                self.data.read(index, &mut bytes)?;
                row.iter_mut().zip(&bytes).for_each(|(number, &byte)| *number = byte.into());
            }
            f(block.slice(s![..count, ..]));
        }
        Ok(())
    }
}
