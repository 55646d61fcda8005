//! Real numbers that a layer is made with: a slope, a probability.

use core::fmt;
use core::hash::{Hash, Hasher};

/// A real number as part of a geometry, which is compared and hashed: by its bits.
#[derive(Clone, Copy, Debug)]
pub struct Real(f64);

impl Real {
    /// Wraps a number.
    pub const fn new(value: f64) -> Self {
        Self(value)
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    /// Numbers are hashed by what they are equal by.
    #[test]
    fn other_numbers_have_other_hashes() {
        let state = RandomState::new();
        assert_eq!(state.hash_one(Real::new(0.5)), state.hash_one(Real::new(0.5)));
        assert_ne!(state.hash_one(Real::new(0.5)), state.hash_one(Real::new(0.25)));
    }
}
