//! Chance, by seed: ChaCha with 8 rounds, a counter-based generator whose output is the same everywhere.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// How many values a word of the generator can have.
pub(crate) const WORDS: f64 = 4_294_967_296.0;

/// What numbers are drawn for. Purposes do not share streams, so that one seed can serve all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Initial parameters; a stream for each tensor.
    Initialization = 0,
    /// The order of images; a stream for each epoch.
    Shuffling = 1,
    /// The numbers of a gradient check; a stream for each tensor.
    #[cfg(feature = "train")]
    GradientCheck = 2,
    /// What layers draw while training; a stream for each layer and step.
    Layer = 4,
    /// Which images a training set is divided into.
    Splitting = 7,
    /// How images are augmented; a stream for each epoch.
    #[cfg(feature = "train")]
    Augmentation = 5,
    /// Random projections; a stream for each number that they give.
    Projection = 6,
    /// Operands of tests.
    #[cfg(test)]
    Test = 3,
}

/// The generator of one stream: streams of the same seed are independent of each other.
pub(crate) fn stream(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream((purpose as u64) << 56 | index);
    generator
}

/// What the chance of one layer in one step depends on: seed, step and layer; and, drawing, image and element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Draw {
    /// The seed of all chance.
    pub seed: u64,
    /// The number of the step.
    pub step: u64,
    /// The layer's index.
    pub layer: usize,
}

impl Draw {
    /// Words of the generator that each image has for itself.
    const IMAGE: u128 = 1 << 40;
    /// Streams of a step: more than a network may have layers.
    const STEP: u64 = 1 << 16;
    /// What stands in a layer's place for noise on the images.
    pub(crate) const IMAGES: usize = 0xffff;

    /// The generator for what is drawn from a number of an image on, one word of 32 bits for each number. Which thread
    /// draws plays no part.
    pub fn generator(self, image: usize, number: usize) -> ChaCha8Rng {
        let index = self.step.wrapping_mul(Self::STEP).wrapping_add(self.layer as u64);
        // The highest byte is the purpose's.
        let mut generator = stream(self.seed, Purpose::Layer, index & (u64::MAX >> 8));
        generator.set_word_pos(image as u128 * Self::IMAGE + number as u128);
        generator
    }

    /// Which numbers of an image are kept, from one of them on, each with probability `keep`: those whose word is below
    /// `keep * 2^32`.
    pub(crate) fn kept(self, image: usize, number: usize, keep: f64) -> impl Iterator<Item = bool> {
        let (mut generator, below) = (self.generator(image, number), keep * WORDS);
        std::iter::from_fn(move || Some(f64::from(generator.next_u32()) < below))
    }
}
