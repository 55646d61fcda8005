//! An augmentation at work on images of one size.

use rand::Rng;
use rand::rngs::ChaCha8Rng;

use super::colour::Colours;
use super::geometry::{Canvas, Motion};
use super::{Augmentation, Change, Step};
use crate::error::Error;
use crate::random::{self, Purpose, WORDS};

/// An [`Augmentation`] and the memory that it works in, for images of one size.
///
/// Made once, one for each thread: no image allocates.
#[derive(Clone, Debug)]
pub struct Augmenter {
    steps: Vec<Step>,
    shape: [usize; 3],
    seed: u64,
    /// The image before a change that reads it elsewhere than it writes.
    before: Vec<u8>,
}

impl Augmenter {
    /// For images `[H, W, D]`.
    ///
    /// # Errors
    /// [`Error::EmptyData`] if a side is 0; [`Error::Option`] if a padding or shift is as large as a side of the image, or a cutout
    /// larger, or saturation should change in images of other than 3 channels.
    pub fn new(augmentation: &Augmentation, shape: [usize; 3], seed: u64) -> Result<Self, Error> {
        let numbers = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        let numbers = numbers.filter(|&numbers| numbers > 0).ok_or(Error::EmptyData)?;
        augmentation.steps.iter().try_for_each(|step| check(&step.change, shape))?;
        Ok(Self { steps: augmentation.steps.clone(), shape, seed, before: vec![0; numbers] })
    }

    /// The shape of an image, `[H, W, D]`.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Changes an image, `[H, W, D]`: as the seed, the epoch and the image's index say.
    ///
    /// # Panics
    /// If there are not as many bytes as the shape says.
    pub fn augment(&mut self, image: &mut [u8], epoch: u64, index: usize) {
        assert_eq!(image.len(), self.before.len(), "an image of {:?}", self.shape);
        let mut canvas = Canvas { image, before: &mut self.before, shape: self.shape };
        for (number, step) in self.steps.iter().enumerate() {
            let mut chance = Chance::new(self.seed, epoch, index, number);
            if chance.unit() < step.probability {
                apply(&step.change, &mut canvas, &mut chance);
            }
        }
    }
}

/// Whether a change can be made to images of this shape.
fn check(change: &Change, [height, width, depth]: [usize; 3]) -> Result<(), Error> {
    let side = height.min(width);
    let (option, value, expected, fits) = match *change {
        Change::Crop { padding, .. } => {
            ("the padding of a crop", padding, "less than each side of the image", padding < side)
        }
        Change::Shift { pixels, .. } => {
            ("the pixels of a shift", pixels, "less than each side of the image", pixels < side)
        }
        Change::Cutout { side: cut, .. } => {
            ("the side of a cutout", cut, "at most each side of the image", cut <= side)
        }
        Change::Colours { saturation, .. } => {
            let expected = "3, or a saturation of 0: other images have no colours";
            ("the number of channels", depth, expected, saturation == 0.0 || depth == 3)
        }
        Change::Flip | Change::Rotate { .. } => return Ok(()),
    };
    if fits { Ok(()) } else { Err(Error::Option { option, value: value as f64, expected }) }
}

fn apply(change: &Change, canvas: &mut Canvas<'_>, chance: &mut Chance) {
    let [height, width, depth] = canvas.shape;
    match *change {
        Change::Flip => canvas.flip(),
        Change::Crop { padding: most, fill } | Change::Shift { pixels: most, fill } => {
            canvas.shift([chance.offset(most), chance.offset(most)], fill);
        }
        Change::Rotate { degrees, fill } => {
            canvas.resample(Motion::rotation(chance.within(degrees).to_radians(), canvas.shape), fill);
        }
        Change::Colours { brightness, contrast, saturation } => {
            let factors = [brightness, contrast, saturation].map(|strength| 1.0 + chance.within(strength));
            Colours { factors }.apply(canvas.image, depth);
        }
        Change::Cutout { side, grey } => {
            canvas.cut_out([chance.below(height), chance.below(width)], side, grey);
        }
    }
}

/// What one change of one image is drawn from.
struct Chance(ChaCha8Rng);

impl Chance {
    /// Words of the generator that each image of an epoch has for itself.
    const IMAGE: u128 = 1 << 32;
    /// Words that each of its changes has: what one draws does not depend on whether those before it were made.
    const CHANGE: u128 = 1 << 8;

    fn new(seed: u64, epoch: u64, index: usize, change: usize) -> Self {
        // The highest byte is the purpose's.
        let mut generator = random::stream(seed, Purpose::Augmentation, epoch & (u64::MAX >> 8));
        generator.set_word_pos(index as u128 * Self::IMAGE + change as u128 * Self::CHANGE);
        Self(generator)
    }

    /// From 0 up to, but not including, 1.
    fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / WORDS
    }

    /// From `-limit` to `limit`.
    fn within(&mut self, limit: f64) -> f64 {
        limit * (2.0 * self.unit() - 1.0)
    }

    /// One of 0 to `count - 1`: for counts of pixels as good as equally often.
    fn below(&mut self, count: usize) -> usize {
        let product = u128::from(self.0.next_u32()) * count as u128;
        usize::try_from(product >> 32).expect("less than the count")
    }

    /// One of `-most` to `most`.
    fn offset(&mut self, most: usize) -> isize {
        self.below(2 * most + 1).cast_signed() - most.cast_signed()
    }
}
