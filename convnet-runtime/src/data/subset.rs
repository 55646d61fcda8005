//! Some images of a data set.

use std::ops::Range;
use std::sync::Arc;

use super::dataset::{Dataset, check_index};
use crate::error::Error;

/// Some images of a data set, in an order of their own. The images are shared with whoever else holds the data set.
#[derive(Debug)]
pub struct Subset<D> {
    data: Arc<D>,
    /// Indices in the data set; several subsets may share them, as folds do.
    order: Arc<[usize]>,
    /// A part of `order`.
    part: Range<usize>,
    side: Side,
}

/// Which side of a part of the order a subset is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// What lies in the part.
    Within,
    /// Everything else.
    Without,
}

/// Whatever the data set is: it is not copied.
impl<D> Clone for Subset<D> {
    fn clone(&self) -> Self {
        let Self { data, order, part, side } = self;
        Self { data: Arc::clone(data), order: Arc::clone(order), part: part.clone(), side: *side }
    }
}

impl<D: Dataset> Subset<D> {
    /// The images of these indices, in this order. An index may stand there several times.
    ///
    /// ```
    /// # use convnet_runtime::{Error, data::{LabelledImages, Subset}};
    /// # fn f(images: LabelledImages) -> Result<(), Error> {
    /// let every_other: Vec<usize> = (0..images.len()).step_by(2).collect();
    /// let half = Subset::new(std::sync::Arc::new(images), every_other)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::EmptyData`] if there is no index, [`Error::ImageIndex`] if the data set has no such image.
    pub fn new(data: Arc<D>, indices: Vec<usize>) -> Result<Self, Error> {
        if indices.is_empty() {
            return Err(Error::EmptyData);
        }
        indices.iter().try_for_each(|&index| check_index(index, data.len()))?;
        let part = 0..indices.len();
        Ok(Self::of(data, indices.into(), part, Side::Within))
    }

    /// One side of a part of some indices, all of which exist.
    pub(super) fn of(data: Arc<D>, order: Arc<[usize]>, part: Range<usize>, side: Side) -> Self {
        Self { data, order, part, side }
    }

    /// The whole data set.
    pub fn whole(&self) -> &D {
        &self.data
    }

    /// The indices of the images in the whole data set.
    pub fn indices(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).map(|index| self.original(index))
    }

    /// The index in the whole data set of an image that there is.
    fn original(&self, index: usize) -> usize {
        assert!(index < self.len(), "a subset of {} images has no image {index}", self.len());
        let at = match self.side {
            Side::Within => self.part.start + index,
            Side::Without if index < self.part.start => index,
            Side::Without => index + self.part.len(),
        };
        self.order[at]
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    fn shape(&self) -> [usize; 3] {
        self.data.shape()
    }

    fn len(&self) -> usize {
        match self.side {
            Side::Within => self.part.len(),
            Side::Without => self.order.len() - self.part.len(),
        }
    }

    fn classes(&self) -> usize {
        self.data.classes()
    }

    fn label(&self, index: usize) -> usize {
        self.data.label(self.original(index))
    }

    fn read(&self, index: usize, to: &mut [u8]) -> Result<(), Error> {
        check_index(index, self.len())?;
        self.data.read(self.original(index), to)
    }

    fn class_names(&self) -> &[String] {
        self.data.class_names()
    }
}
