//! Chance, by seed: ChaCha with 8 rounds, a counter-based generator whose output is the same everywhere.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// The generator of one purpose: streams of the same seed are independent of each other.
pub(crate) fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream);
    generator
}
