//! Kinks: where a network is not smooth, centred differences do not give its gradient.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use crate::scalar::Scalar;

/// A fingerprint of every maximum and every sign taken in a pass.
///
/// Two passes with the same fingerprint lie on the same smooth piece of the network. A gradient check compares the
/// fingerprints of its two evaluations and leaves out the numbers between which a kink lies.
///
/// A layer of one's own records its decisions in [`CustomLayer::kinks`](crate::layers::CustomLayer::kinks), a loss of
/// one's own in [`Evaluation::kinks`](crate::losses::Evaluation::kinks): as many for each pass, in the same order.
/// Without them a step over a kink is taken for a wrong gradient.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kinks(u64);

impl Kinks {
    pub(crate) const NONE: Self = Self(0xcbf2_9ce4_8422_2325);

    fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    }

    /// Records for each number whether it is above 0: the inputs of `|x|`, or the outputs of a rectifier, which are 0 on
    /// the other side.
    pub fn signs<T: Scalar>(&mut self, outputs: &[T]) {
        for chunk in outputs.chunks(64) {
            let signs = chunk.iter().fold(0, |signs, &output| signs << 1 | u64::from(output > T::zero()));
            self.mix(signs);
        }
    }

    /// Records the positions of maxima, say which input of its window each output of maximum pooling is.
    pub fn switches(&mut self, switches: &[u32]) {
        for &switch in switches {
            self.mix(switch.into());
        }
    }

    /// Records one decision, say whether a margin was violated.
    pub fn decision(&mut self, taken: bool) {
        self.mix(taken.into());
    }

    /// Records one choice among many, say of a structure.
    pub fn choice(&mut self, chosen: &impl Hash) {
        self.mix(BuildHasherDefault::<DefaultHasher>::default().hash_one(chosen));
    }
}
