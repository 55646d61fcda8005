//! CAT and ADD, one branch after the other.

use convnet_geometry::{Join, Joint, Volume};

use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

/// Pixels in one piece of work.
const PIECE: usize = 256;

/// Numbers in one piece of a sum.
const SUM_PIECE: usize = 1 << 14;

/// One branch of a joint: its volume, and the channel at which it begins in a stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Branch {
    joint: Joint,
    volume: Volume,
    first: usize,
    /// Whether it is the first, which overwrites a sum.
    leads: bool,
}

impl Branch {
    /// A branch of this volume behind `depth` channels of others.
    pub(crate) fn new(joint: Joint, volume: Volume, depth: usize, leads: bool) -> Self {
        let first = if joint.join == Join::Stack { depth } else { 0 };
        Self { joint, volume, first, leads }
    }

    /// Puts the branch into the output.
    pub(crate) fn forward<T: Scalar>(&self, input: &[T], output: &mut [T]) {
        let mode = match self.joint.join {
            Join::Sum if !self.leads => Gradients::Accumulate,
            Join::Sum | Join::Stack => Gradients::Overwrite,
        };
        let (depth, all) = (self.volume.depth, self.joint.output.depth);
        let work = Work(input.len() as u64);
        parallel::chunks(output, PIECE * all, work, |index, output| {
            let input = &input[index * PIECE * depth..][..output.len() / all * depth];
            T::channels((output, all, self.first), (input, depth, 0), depth, mode);
        });
    }

    /// The sum of two branches of the same volume, all at once.
    pub(crate) fn sum<T: Scalar>(a: &[T], b: &[T], output: &mut [T], relu: bool) {
        parallel::chunks(output, SUM_PIECE, Work(a.len() as u64), |index, output| {
            let of_piece = index * SUM_PIECE..index * SUM_PIECE + output.len();
            T::add_two(&a[of_piece.clone()], &b[of_piece], output, relu);
        });
    }

    /// Passes the gradient by the output on to the branch.
    pub(crate) fn backward<T: Scalar>(&self, output_gradient: &[T], gradient: &mut [T], mode: Gradients) {
        let (depth, all) = (self.volume.depth, self.joint.output.depth);
        let work = Work(gradient.len() as u64);
        parallel::chunks(gradient, PIECE * depth, work, |index, gradient| {
            let from = &output_gradient[index * PIECE * all..][..gradient.len() / depth * all];
            T::channels((gradient, depth, 0), (from, all, self.first), depth, mode);
        });
    }
}
