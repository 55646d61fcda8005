//! Mini-batches: a permutation by seed and epoch, cut into pieces.

use std::fmt;

use ndarray::{Array4, ArrayView4, s};
use rand::seq::SliceRandom;

use super::dataset::{Dataset, numbers, zeros};
#[cfg(feature = "train")]
use crate::data::{Augmentation, Augmenter};
use crate::data::{Prepare, Preprocessing};
use crate::error::Error;
use crate::random::{self, Purpose};
use crate::scalar::Scalar;

/// Preprocessed images, `[N, H, W, D]`, and as many labels.
pub type Batch<'b, T> = (ArrayView4<'b, T>, &'b [usize]);

/// Batches of one data set, one after the other.
///
/// Made once; after that neither an epoch nor a batch allocates, but for what the data set needs to read an image.
#[derive(Clone)]
pub struct Batches<'d, T> {
    maker: Maker<'d>,
    /// What [`next`](Self::next) gives.
    memory: BatchMemory<T>,
}

/// Which images come next, and what becomes of them.
#[derive(Clone)]
struct Maker<'d> {
    data: &'d dyn Dataset,
    preprocessing: Preprocessing,
    /// What changes images, and the epoch that it does so for.
    #[cfg(feature = "train")]
    augmenter: Option<(Augmenter, u64)>,
    order: Vec<usize>,
    next: usize,
    /// One image, as it is read.
    bytes: Vec<u8>,
    /// Images of a batch.
    size: usize,
}

/// Memory that a batch is made in.
#[derive(Clone, Debug)]
pub struct BatchMemory<T> {
    /// `[N, H, W, D]`, with room for a full batch.
    images: Array4<T>,
    labels: Vec<usize>,
    /// How many images the batch has.
    count: usize,
}

impl<T> BatchMemory<T> {
    /// The batch that was made in it.
    pub fn batch(&self) -> Batch<'_, T> {
        (self.images.slice(s![..self.count, .., .., ..]), &self.labels[..self.count])
    }
}

impl<'d, T: Scalar> Batches<'d, T> {
    /// Batches of up to `size` images, the last of an epoch being what remains.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] if `size` is 0, [`Error::EmptyData`] if there are no images, [`Error::DataMemory`] if there is
    /// no memory for a batch, [`Error::PreprocessingShape`] if the preprocessing is for images of another shape.
    pub fn new(data: &'d dyn Dataset, preprocessing: &dyn Prepare, size: usize) -> Result<Self, Error> {
        if size == 0 {
            return Err(Error::EmptyBatch);
        }
        let size = size.min(data.len());
        numbers(size, data.shape())?;
        let preprocessing = preprocessing.for_images(data.shape())?;
        let memory = memory(size, preprocessing.output_shape())?;
        let maker = Maker {
            data,
            preprocessing,
            #[cfg(feature = "train")]
            augmenter: None,
            order: (0..data.len()).collect(),
            next: 0,
            bytes: vec![0; data.shape().iter().product()],
            size,
        };
        Ok(Self { maker, memory })
    }

    /// Begins again, in the order of the data.
    pub fn restart(&mut self) {
        self.maker.order.iter_mut().enumerate().for_each(|(i, index)| *index = i);
        self.maker.next = 0;
    }

    /// Begins again, in an order that depends on seed and epoch alone.
    pub fn shuffle(&mut self, seed: u64, epoch: u64) {
        self.restart();
        self.maker.order.shuffle(&mut random::stream(seed, Purpose::Shuffling, epoch));
    }

    /// Leaves out so many images, or all that are left.
    pub fn skip(&mut self, images: usize) {
        self.maker.next = self.maker.order.len().min(self.maker.next.saturating_add(images));
    }

    /// Changes images before they are preprocessed: how, depends on seed, epoch and the image alone.
    ///
    /// # Errors
    /// What the augmentation cannot do to images of this shape.
    #[cfg(feature = "train")]
    pub fn augment(&mut self, augmentation: &Augmentation, seed: u64, epoch: u64) -> Result<(), Error> {
        self.maker.augmenter = Some((Augmenter::new(augmentation, self.maker.data.shape(), seed)?, epoch));
        Ok(())
    }

    /// How many batches an epoch has.
    pub fn per_epoch(&self) -> usize {
        self.maker.order.len().div_ceil(self.maker.size)
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
        let Self { maker, memory } = self;
        Ok(maker.fill(memory)?.then(|| memory.batch()))
    }

    /// Memory for one batch more, which [`fill`](Self::fill) fills: on another thread than the one that uses it, say.
    ///
    /// # Errors
    /// [`Error::DataMemory`] if there is none.
    pub fn memory(&self) -> Result<BatchMemory<T>, Error> {
        memory(self.maker.size, self.maker.preprocessing.output_shape())
    }

    /// Makes the next batch in this memory; whether there was one.
    ///
    /// # Errors
    /// Those of [`next`](Self::next).
    pub fn fill(&mut self, memory: &mut BatchMemory<T>) -> Result<bool, Error> {
        self.maker.fill(memory)
    }
}

fn memory<T: Scalar>(size: usize, shape: [usize; 3]) -> Result<BatchMemory<T>, Error> {
    Ok(BatchMemory { images: zeros(size, shape)?, labels: vec![0; size], count: 0 })
}

impl Maker<'_> {
    fn fill<T: Scalar>(&mut self, memory: &mut BatchMemory<T>) -> Result<bool, Error> {
        let chosen = self.next..self.order.len().min(self.next + self.size);
        memory.count = 0;
        let numbers = memory.images.as_slice_mut().expect("made in standard layout");
        let length = numbers.len() / self.size;
        let images = numbers.chunks_exact_mut(length);
        for ((&index, label), image) in self.order[chosen.clone()].iter().zip(&mut memory.labels).zip(images)
        {
            self.data.read(index, &mut self.bytes)?;
            #[cfg(feature = "train")]
            if let Some((augmenter, epoch)) = &mut self.augmenter {
                augmenter.augment(&mut self.bytes, *epoch, index);
            }
            self.preprocessing.apply(&self.bytes, image);
            *label = self.data.label(index);
        }
        (self.next, memory.count) = (chosen.end, chosen.len());
        Ok(memory.count > 0)
    }
}

/// Without the images, which would fill pages.
impl<T> fmt::Debug for Batches<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Maker { order, next, size, preprocessing, .. } = &self.maker;
        f.debug_struct("Batches")
            .field("images", &order.len())
            .field("size", size)
            .field("next", next)
            .field("preprocessing", &preprocessing.description())
            .finish_non_exhaustive()
    }
}
