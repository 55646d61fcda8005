//! Gaussian noise on the images of a training step: a regulariser.
//!
//! The notes' chapter on data and model: noise that a network cannot predict keeps it from leaning on single pixels. For a
//! linear layer and the squared loss it acts as an L2 penalty (Bishop 1995).

use crate::error::Error;
use crate::layers::DRAW;
use crate::parallel::{self, Work};
use crate::random::Draw;
use crate::scalar::Scalar;

/// A standard deviation that can be used.
///
/// # Errors
/// [`Error::Option`] if it is negative or not finite.
pub(super) fn check<T: Scalar>(deviation: f64) -> Result<T, Error> {
    let scalar = T::from_f64(deviation);
    if scalar.is_finite() && deviation >= 0.0 {
        return Ok(scalar);
    }
    let expected = "at least 0, and a number that the network's scalar can hold";
    Err(Error::Option { option: "input noise", value: deviation, expected })
}

/// Adds noise of this deviation to images of so many numbers. An image's depends on the draw and its place in the batch.
pub(super) fn add<T: Scalar>(images: &mut [T], each: usize, deviation: T, draw: Draw) {
    parallel::chunks(images, each, Work::of(images.len(), 8 * DRAW), |index, image| {
        let mut chance = draw.generator(index, 0);
        image.iter_mut().for_each(|pixel| *pixel += deviation * T::standard_normal(&mut chance));
    });
}
