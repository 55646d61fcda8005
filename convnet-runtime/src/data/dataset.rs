//! What every data set is: labelled images of one size, read one by one.

use std::ops::Range;
use std::sync::Arc;

use ndarray::Array4;
use num_traits::Zero;

use crate::error::Error;

/// Labelled images of one size, read one by one, as bytes.
///
/// A data set in a box, an [`Arc`] or behind a reference is one too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be trained on, nor anything be fitted on it",
    note = "a `TestSet` is evaluated, a `ValidationSet` is looked at while training; a `TrainingSet` is trained on"
)]
#[expect(clippy::len_without_is_empty, reason = "it never is")]
pub trait Dataset: Send + Sync {
    /// Height, width and channels of every image, `[H, W, D]`.
    fn shape(&self) -> [usize; 3];
    /// How many images there are: at least 1.
    fn len(&self) -> usize;
    /// How many classes there are.
    fn classes(&self) -> usize;
    /// The class of an image.
    ///
    /// # Panics
    /// It may, if there is no such image.
    fn label(&self, index: usize) -> usize;
    /// Writes the bytes of an image, `[H, W, D]`.
    ///
    /// # Errors
    /// [`Error::ImageIndex`] if there is no such image, [`Error::ImageBytes`] if `to` is not as large as one, and whatever
    /// reading a file can lead to.
    fn read(&self, index: usize, to: &mut [u8]) -> Result<(), Error>;
    /// The names of the classes, in their order; empty if they have none.
    fn class_names(&self) -> &[String] {
        &[]
    }
}

/// Data sets that are those they point to.
macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<D: Dataset + ?Sized> Dataset for $pointer {
            fn shape(&self) -> [usize; 3] {
                (**self).shape()
            }

            fn len(&self) -> usize {
                (**self).len()
            }

            fn classes(&self) -> usize {
                (**self).classes()
            }

            fn label(&self, index: usize) -> usize {
                (**self).label(index)
            }

            fn read(&self, index: usize, to: &mut [u8]) -> Result<(), Error> {
                (**self).read(index, to)
            }

            fn class_names(&self) -> &[String] {
                (**self).class_names()
            }
        }
    )*};
}

pointers!(&D, Box<D>, Arc<D>);

/// There is such an image.
pub(super) fn check_index(index: usize, count: usize) -> Result<(), Error> {
    if index < count { Ok(()) } else { Err(Error::ImageIndex { index, count }) }
}

/// What is read into is as large as an image.
pub(super) fn check_bytes(shape: [usize; 3], to: &[u8]) -> Result<(), Error> {
    let is_right =
        shape.iter().try_fold(1, |product: usize, &side| product.checked_mul(side)) == Some(to.len());
    if is_right { Ok(()) } else { Err(Error::ImageBytes { shape, found: to.len() }) }
}

/// How many numbers so many images have.
pub(super) fn numbers(images: usize, shape: [usize; 3]) -> Result<usize, Error> {
    if images == 0 || shape.contains(&0) {
        return Err(Error::EmptyData);
    }
    let count = shape.iter().try_fold(images, |product, &side| product.checked_mul(side));
    count.ok_or(Error::DataMemory { images, shape })
}

/// Memory for so many images, full of zeros, `[N, H, W, D]`.
pub(super) fn zeros<T: Zero + Clone>(images: usize, shape: [usize; 3]) -> Result<Array4<T>, Error> {
    let (count, mut zeros) = (numbers(images, shape)?, Vec::new());
    zeros.try_reserve_exact(count).map_err(|_| Error::DataMemory { images, shape })?;
    zeros.resize(count, T::zero());
    let [height, width, depth] = shape;
    Ok(Array4::from_shape_vec((images, height, width, depth), zeros).expect("as many as asked for"))
}

/// The bytes of some images, `[N, H, W, D]`.
pub(super) fn read_images(data: &dyn Dataset, indices: Range<usize>) -> Result<Array4<u8>, Error> {
    if let Some(last) = indices.clone().next_back() {
        check_index(last, data.len())?;
    }
    let mut images = zeros(indices.len(), data.shape())?;
    let bytes = images.as_slice_mut().expect("made in standard layout");
    let length = bytes.len() / indices.len();
    indices.zip(bytes.chunks_exact_mut(length)).try_for_each(|(index, image)| data.read(index, image))?;
    Ok(images)
}
