//! Mini-batches: a permutation by seed and epoch, cut into pieces.

use ndarray::{Array4, ArrayView4, s};
use rand::seq::SliceRandom;

use crate::data::{LabelledImages, Scaling};
use crate::error::Error;
use crate::random::{self, Purpose};
use crate::scalar::Scalar;

/// Memory that batches of one data set are made in.
///
/// Made once; after that neither an epoch nor a batch allocates.
#[derive(Clone, Debug)]
pub struct Batches<'d, T> {
    data: &'d LabelledImages,
    order: Vec<usize>,
    next: usize,
    images: Array4<T>,
    labels: Vec<usize>,
    scaling: Scaling,
}

impl<'d, T: Scalar> Batches<'d, T> {
    /// Batches of up to `size` images, the last of an epoch being what remains.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] if `size` is 0.
    pub fn new(data: &'d LabelledImages, scaling: Scaling, size: usize) -> Result<Self, Error> {
        if size == 0 {
            return Err(Error::EmptyBatch);
        }
        let size = size.min(data.len());
        let (_, height, width, depth) = data.images().dim();
        Ok(Self {
            data,
            order: (0..data.len()).collect(),
            next: 0,
            images: Array4::zeros((size, height, width, depth)),
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

    /// The next batch, its images scaled, `[N, H, W, D]`; nothing once all images were given.
    #[expect(
        clippy::should_implement_trait,
        reason = "a batch borrows from the memory that the next one overwrites"
    )]
    pub fn next(&mut self) -> Option<(ArrayView4<'_, T>, &[usize])> {
        let chosen = &self.order[self.next..self.order.len().min(self.next + self.labels.len())];
        if chosen.is_empty() {
            return None;
        }
        self.next += chosen.len();
        let numbers = self.images.as_slice_mut().expect("made in standard layout");
        let length = numbers.len() / self.labels.len();
        for ((&index, label), image) in
            chosen.iter().zip(&mut self.labels).zip(numbers.chunks_exact_mut(length))
        {
            self.scaling.apply(self.data.bytes(index), image);
            *label = self.data.labels()[index];
        }
        Some((self.images.slice(s![..chosen.len(), .., .., ..]), &self.labels[..chosen.len()]))
    }
}
