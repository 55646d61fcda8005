//! From bytes to numbers around zero.

use ndarray::{Array4, ArrayView4};

use super::dataset::{Dataset, zeros};
use crate::error::Error;
use crate::scalar::Scalar;

/// Zero-centres and normalizes: `(byte - mean) / deviation`, the notes' chapter on data preprocessing.
///
/// Fitted on the training images alone, then applied to all.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scaling {
    mean: f64,
    deviation: f64,
}

impl Scaling {
    /// One mean and one (population) deviation over all pixels of the training images.
    ///
    /// Images that are all of one colour have no deviation: they are centred only.
    ///
    /// # Errors
    /// [`Error::EmptyData`] if there are no images, and those of [`Dataset::read`].
    pub fn fit(training: &dyn Dataset) -> Result<Self, Error> {
        let mut image = zeros::<u8>(training.len().min(1), training.shape())?;
        let image = image.as_slice_mut().expect("made in standard layout");
        let (mut sum, mut squares) = (0_u64, 0_u64);
        for index in 0..training.len() {
            training.read(index, image)?;
            for byte in image.iter() {
                sum += u64::from(*byte);
                squares += u64::from(*byte) * u64::from(*byte);
            }
        }
        let count = (training.len() * image.len()) as f64;
        let mean = sum as f64 / count;
        let deviation = (squares as f64 / count - mean * mean).max(0.0).sqrt();
        Self::new(mean, if deviation > 0.0 { deviation } else { 1.0 })
    }

    /// This mean and deviation, in units of a byte.
    ///
    /// # Errors
    /// [`Error::Option`] if either is not finite or the deviation not above 0.
    pub fn new(mean: f64, deviation: f64) -> Result<Self, Error> {
        if !mean.is_finite() {
            return Err(Error::Option { option: "mean", value: mean, expected: "a finite number" });
        }
        if !(deviation.is_finite() && deviation > 0.0) {
            return Err(Error::Option {
                option: "deviation",
                value: deviation,
                expected: "a finite number above 0",
            });
        }
        Ok(Self { mean, deviation })
    }

    /// The mean, in units of a byte.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The deviation, in units of a byte.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// Scales images, `[N, H, W, D]`.
    pub fn scale<T: Scalar>(&self, images: ArrayView4<'_, u8>) -> Array4<T> {
        let mut scaled = Array4::zeros(images.dim());
        let bytes = images.as_standard_layout();
        let bytes = bytes.as_slice().expect("in standard layout");
        self.apply(bytes, scaled.as_slice_mut().expect("made in standard layout"));
        scaled
    }

    /// Scales bytes; both slices are equally long.
    pub(crate) fn apply<T: Scalar>(&self, bytes: &[u8], to: &mut [T]) {
        T::scale_bytes(bytes, T::from_f64(self.mean), T::from_f64(1.0 / self.deviation), to);
    }
}
