//! Chance, by seed: ChaCha with 8 rounds, a counter-based generator whose output is the same everywhere.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

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
