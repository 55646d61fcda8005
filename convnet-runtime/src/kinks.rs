//! Kinks: where a network is not smooth, centred differences do not give its gradient.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use crate::scalar::Scalar;

/// A fingerprint of every maximum and every sign taken in a pass.
///
/// Two passes with the same fingerprint lie on the same smooth piece of the network. A gradient check compares the
/// fingerprints of its two evaluations and leaves out the numbers between which a kink lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kinks(u64);

impl Kinks {
    pub(crate) const NONE: Self = Self(0xcbf2_9ce4_8422_2325);

    fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    }

    /// The signs that a rectifier took: which outputs are not zero.
    pub(crate) fn signs<T: Scalar>(&mut self, outputs: &[T]) {
        for chunk in outputs.chunks(64) {
            let signs = chunk.iter().fold(0, |signs, &output| signs << 1 | u64::from(output > T::zero()));
            self.mix(signs);
        }
    }

    /// The positions of maxima.
    pub(crate) fn switches(&mut self, switches: &[u32]) {
        for &switch in switches {
            self.mix(switch.into());
        }
    }

    /// One decision, say whether a margin was violated.
    pub(crate) fn decision(&mut self, taken: bool) {
        self.mix(taken.into());
    }

    /// One choice among many, say of a structure.
    pub(crate) fn choice(&mut self, chosen: &impl Hash) {
        self.mix(BuildHasherDefault::<DefaultHasher>::default().hash_one(chosen));
    }
}
