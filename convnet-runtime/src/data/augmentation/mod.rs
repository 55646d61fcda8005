//! Random changes of training images that leave their classes as they are: the notes' advice against overfitting.
//!
//! An [`Augmentation`] says what is done, an [`Augmenter`] does it to bytes in place. What an image becomes depends on the
//! seed, the epoch and the image's index alone: neither on the order of images nor on the thread.
//!
//! ```
//! use convnet_runtime::data::{Augmentation, Augmenter, Fill};
//!
//! let augmentation = Augmentation::new()
//!     .flip(0.5)?
//!     .with_fill(Fill::Reflection)
//!     .crop(4)?
//!     .with_probability(0.3)?
//!     .rotate(15.0)?
//!     .cutout(8, 128)?;
//! let mut augmenter = Augmenter::new(&augmentation, [32, 32, 3], 231)?;
//! let mut image = vec![0; 32 * 32 * 3];
//! let (epoch, index) = (0, 17);
//! augmenter.augment(&mut image, epoch, index);
//! # Ok::<(), convnet_runtime::Error>(())
//! ```

mod augmenter;
mod colour;
mod geometry;
mod sheet;
#[cfg(test)]
mod tests;

use crate::error::Error;

pub use augmenter::Augmenter;
pub use sheet::contact_sheet;

/// What fills pixels that come from outside of the image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fill {
    /// This byte, in every channel.
    Grey(u8),
    /// The image, mirrored at its outermost pixels, which are not repeated.
    Reflection,
}

/// Random changes, one after the other in the order in which they were added.
///
/// [`with_probability`](Self::with_probability) and [`with_fill`](Self::with_fill) act on the changes that are added after them;
/// without them a change is always made, and zeros fill what comes from outside.
#[derive(Clone, PartialEq, Debug)]
pub struct Augmentation {
    steps: Vec<Step>,
    probability: f64,
    fill: Fill,
}

/// A change and how often it is made.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Step {
    change: Change,
    probability: f64,
}

/// What is done to an image, if it is done.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Change {
    /// Left and right change places.
    Flip,
    /// A window of the image's size on the image with so many pixels around it.
    Crop { padding: usize, fill: Fill },
    /// Up to so many pixels up or down, left or right.
    Shift { pixels: usize, fill: Fill },
    /// Up to this angle either way.
    Rotate { degrees: f64, fill: Fill },
    /// Factors from `1 - strength` to `1 + strength`.
    Colours { brightness: f64, contrast: f64, saturation: f64 },
    /// A square of this side becomes grey.
    Cutout { side: usize, grey: u8 },
}

impl Default for Augmentation {
    fn default() -> Self {
        Self::new()
    }
}

impl Augmentation {
    /// No change.
    pub const fn new() -> Self {
        Self { steps: Vec::new(), probability: 1.0, fill: Fill::Grey(0) }
    }

    /// Whether it leaves every image as it is.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Changes that are added after this are made with this probability, each by a draw of its own.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not from 0 to 1.
    pub fn with_probability(self, probability: f64) -> Result<Self, Error> {
        Ok(Self { probability: share("the probability of a change", probability)?, ..self })
    }

    /// What fills pixels that come from outside of the image, in changes that are added after this.
    pub fn with_fill(self, fill: Fill) -> Self {
        Self { fill, ..self }
    }

    /// Mirrors the image, left to right, with this probability.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not from 0 to 1.
    pub fn flip(self, probability: f64) -> Result<Self, Error> {
        let probability = share("the probability of a flip", probability)?;
        Ok(self.and(Step { change: Change::Flip, probability }))
    }

    /// Pads the image by so many pixels on each side and cuts out a window of its own size, anywhere: 4 is usual for images
    /// of 32 x 32.
    ///
    /// # Errors
    /// [`Error::Option`] if it is 0; and [`Augmenter::new`] refuses as many as a side of the image.
    pub fn crop(self, padding: usize) -> Result<Self, Error> {
        let fill = self.fill;
        at_least_1("the padding of a crop", padding).map(|()| self.then(Change::Crop { padding, fill }))
    }

    /// Shifts the image by up to so many pixels up or down and, by another draw, left or right. (That is what
    /// [`crop`](Self::crop) comes to, by the name that is usual elsewhere.)
    ///
    /// # Errors
    /// [`Error::Option`] if it is 0; and [`Augmenter::new`] refuses as many as a side of the image.
    pub fn shift(self, pixels: usize) -> Result<Self, Error> {
        let fill = self.fill;
        at_least_1("the pixels of a shift", pixels).map(|()| self.then(Change::Shift { pixels, fill }))
    }

    /// Rotates the image about its middle by up to this angle, either way, by bilinear interpolation.
    ///
    /// # Errors
    /// [`Error::Option`] if it is not above 0 and at most 180.
    pub fn rotate(self, degrees: f64) -> Result<Self, Error> {
        let fill = self.fill;
        if degrees > 0.0 && degrees <= 180.0 {
            return Ok(self.then(Change::Rotate { degrees, fill }));
        }
        let expected = "above 0 and at most 180 degrees";
        Err(Error::Option { option: "the angle of a rotation", value: degrees, expected })
    }

    /// Multiplies, one after the other, the image (brightness), its difference from its mean grey (contrast), and the difference
    /// of each pixel from its grey (saturation) by factors from 1 - strength to 1 + strength; 0 leaves one out.
    ///
    /// Grey is 0.299 R + 0.587 G + 0.114 B; in images of other than 3 channels, of which each is as bright, it is their mean.
    ///
    /// # Errors
    /// [`Error::Option`] if a strength is not from 0 to 1; and [`Augmenter::new`] refuses saturation on images of other than 3
    /// channels.
    pub fn colours(self, brightness: f64, contrast: f64, saturation: f64) -> Result<Self, Error> {
        let brightness = share("the strength of brightness", brightness)?;
        let contrast = share("the strength of contrast", contrast)?;
        let saturation = share("the strength of saturation", saturation)?;
        Ok(self.then(Change::Colours { brightness, contrast, saturation }))
    }

    /// Hides a square of this side behind a grey (DeVries and Taylor 2017). Its middle is any pixel of the image: at the border,
    /// less than a square is hidden.
    ///
    /// # Errors
    /// [`Error::Option`] if the side is 0; and [`Augmenter::new`] refuses one that is longer than the image's.
    pub fn cutout(self, side: usize, grey: u8) -> Result<Self, Error> {
        at_least_1("the side of a cutout", side).map(|()| self.then(Change::Cutout { side, grey }))
    }

    fn then(self, change: Change) -> Self {
        let probability = self.probability;
        self.and(Step { change, probability })
    }

    fn and(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

fn share(option: &'static str, value: f64) -> Result<f64, Error> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(Error::Option { option, value, expected: "from 0 to 1" })
}

fn at_least_1(option: &'static str, value: usize) -> Result<(), Error> {
    if value > 0 { Ok(()) } else { Err(Error::Option { option, value: 0.0, expected: "at least 1" }) }
}
