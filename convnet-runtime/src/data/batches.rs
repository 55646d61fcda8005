//! Mini-batches: a permutation by seed and epoch, cut into pieces.

use std::fmt;

use ndarray::{Array4, ArrayView4, s};
use rand::seq::SliceRandom;

use super::dataset::{Dataset, zeros};
use crate::data::Scaling;
use crate::error::Error;
use crate::random::{self, Purpose};
use crate::scalar::Scalar;

/// Scaled images, `[N, H, W, D]`, and as many labels.
pub type Batch<'b, T> = (ArrayView4<'b, T>, &'b [usize]);

/// Memory that batches of one data set are made in.
///
/// Made once; after that neither an epoch nor a batch allocates, but for what the data set needs to read an image.
#[derive(Clone)]
pub struct Batches<'d, T> {
    data: &'d dyn Dataset,
    order: Vec<usize>,
    next: usize,
    /// One image, as it is read.
    bytes: Vec<u8>,
    images: Array4<T>,
    labels: Vec<usize>,
    scaling: Scaling,
}

impl<'d, T: Scalar> Batches<'d, T> {
    /// Batches of up to `size` images, the last of an epoch being what remains.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] if `size` is 0, [`Error::EmptyData`] if there are no images, [`Error::DataMemory`] if there is
    /// no memory for a batch.
    pub fn new(data: &'d dyn Dataset, scaling: Scaling, size: usize) -> Result<Self, Error> {
        if size == 0 {
            return Err(Error::EmptyBatch);
        }
        let size = size.min(data.len());
        Ok(Self {
            data,
            order: (0..data.len()).collect(),
            next: 0,
            images: zeros(size, data.shape())?,
            bytes: vec![0; data.shape().iter().product()],
            labels: vec![0; size],
            scaling,
        })
    }

    /// Begins again, in the order of the data.
    pub fn restart(&mut self) {
        self.order.iter_mut().enumerate().for_each(|(i, index)| *index = i);
        self.next = 0;
    }

    /// Begins again, in an order that depends on seed and epoch alone.
    pub fn shuffle(&mut self, seed: u64, epoch: u64) {
        self.restart();
        self.order.shuffle(&mut random::stream(seed, Purpose::Shuffling, epoch));
    }

    /// How many batches an epoch has.
    pub fn per_epoch(&self) -> usize {
        self.order.len().div_ceil(self.labels.len())
    }

    /// The next batch; nothing once all images were given.
    ///
    /// # Errors
    /// Those of [`Dataset::read`]; the next call then tries the same batch again.
    #[expect(
        clippy::should_implement_trait,
        reason = "a batch borrows from the memory that the next one overwrites"
    )]
    pub fn next(&mut self) -> Result<Option<Batch<'_, T>>, Error> {
        let chosen = &self.order[self.next..self.order.len().min(self.next + self.labels.len())];
        if chosen.is_empty() {
            return Ok(None);
        }
        let numbers = self.images.as_slice_mut().expect("made in standard layout");
        let images = numbers.chunks_exact_mut(self.bytes.len());
        for ((&index, label), image) in chosen.iter().zip(&mut self.labels).zip(images) {
            self.data.read(index, &mut self.bytes)?;
            self.scaling.apply(&self.bytes, image);
            *label = self.data.label(index);
        }
        self.next += chosen.len();
        Ok(Some((self.images.slice(s![..chosen.len(), .., .., ..]), &self.labels[..chosen.len()])))
    }
}

/// Without the images, which would fill pages.
impl<T> fmt::Debug for Batches<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, next, labels, scaling, .. } = self;
        let (images, size) = (order.len(), labels.len());
        f.debug_struct("Batches")
            .field("images", &images)
            .field("size", &size)
            .field("next", next)
            .field("scaling", scaling)
            .finish_non_exhaustive()
    }
}
