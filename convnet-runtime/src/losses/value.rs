//! What a loss comes to: its mean over the batch, and that of each image.

use std::slice::IterMut;

use ndarray::{Array1, Array4};

use crate::scalar::Scalar;

/// The value of a loss.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LossValue<T> {
    /// The data loss, averaged over the batch.
    pub mean: T,
}

impl<T: Scalar> LossValue<T> {
    /// The mean of losses that add up to this over a batch; a sum in `f64`, so that millions of `f32` add up to what they
    /// are.
    pub fn mean_of(total: f64, images: usize) -> Self {
        Self { mean: T::from_f64(total / images as f64) }
    }
}

/// What a loss says of scores that are at hand: [`Loss::of_scores`](super::Loss::of_scores).
#[derive(Clone, PartialEq, Debug)]
pub struct ScoredBatch<T> {
    /// The data loss, averaged over the batch.
    pub mean: T,
    /// The data loss of each image, `[N]`.
    pub per_image: Array1<T>,
    /// The gradient of the mean loss by the scores, `[N, H, W, D]`.
    pub gradient: Array4<T>,
}

/// The losses of a batch as they are added up, image after image: in `f64`, whatever the network computes in.
///
/// ```
/// use convnet_runtime::losses::Tally;
///
/// let mut each = [0.0_f32; 2];
/// let mut tally = Tally::new(Some(&mut each));
/// for terms in [[1.0, 0.5], [0.0, 0.25]] {
///     terms.iter().for_each(|&term| tally.add(term));
///     tally.end_image();
/// }
/// assert_eq!(tally.mean(2).mean, 0.875);
/// assert_eq!(each, [1.5, 0.25]);
/// ```
#[derive(Debug)]
pub struct Tally<'a, T> {
    total: f64,
    /// The loss of the present image.
    image: f64,
    per_image: Option<IterMut<'a, T>>,
}

impl<'a, T: Scalar> Tally<'a, T> {
    /// Nothing yet; the losses of images are written to where [`Evaluation::per_image`](super::Evaluation::per_image) says.
    pub fn new(per_image: Option<&'a mut [T]>) -> Self {
        Self { total: 0.0, image: 0.0, per_image: per_image.map(<[T]>::iter_mut) }
    }

    /// Adds a term of the present image.
    pub fn add(&mut self, loss: f64) {
        self.total += loss;
        self.image += loss;
    }

    /// Ends the present image: what is added next belongs to the one after it.
    pub fn end_image(&mut self) {
        let image = std::mem::take(&mut self.image);
        if let Some(loss) = self.per_image.as_mut().and_then(Iterator::next) {
            *loss = T::from_f64(image);
        }
    }

    /// The mean over so many images.
    pub fn mean(self, images: usize) -> LossValue<T> {
        LossValue::mean_of(self.total, images)
    }
}
