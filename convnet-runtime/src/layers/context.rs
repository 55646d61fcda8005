//! What every call of a layer shares, and the memory that it works in.

use super::{Algorithms, ConvolutionAlgorithm};
use crate::scalar::Scalar;
use crate::simd::Tier;
use crate::workspace::Workers;

/// What every call shares: the size of the batch, how it is computed, and memory to work in.
#[derive(Debug)]
pub struct Context<'a, T> {
    pub(crate) images: usize,
    pub(crate) tier: Tier,
    pub(crate) algorithms: Algorithms,
    /// For the operand that all tiles of a product share.
    pub(crate) packed: &'a mut [T],
    /// For each worker thread's own.
    pub(crate) workers: &'a Workers<T>,
    /// For filters that are packed once for many batches, in inference.
    pub(crate) kept: Option<KeptFilters<'a, T>>,
    /// Whether the layer is to do the work of the RELU behind it.
    pub(crate) relu: bool,
}

/// A layer's packed filters, from one batch to the next.
#[derive(Debug)]
pub(crate) struct KeptFilters<'a, T> {
    pub(crate) numbers: &'a mut [T],
    /// For which algorithm they were packed; none if not since the parameters changed.
    pub(crate) packed_for: &'a mut Option<ConvolutionAlgorithm>,
}

impl<T: Scalar> Context<'_, T> {
    /// The first numbers that all share, and a context with the others.
    pub(crate) fn split_packed(&mut self, length: usize) -> (&mut [T], Context<'_, T>) {
        let Self { images, tier, algorithms, workers, relu, .. } = *self;
        let (first, packed) = self.packed.split_at_mut(length);
        (first, Context { images, tier, algorithms, packed, workers, kept: None, relu })
    }

    /// So many numbers of filters, packed for an algorithm: those that were kept, or what `pack` makes.
    pub(crate) fn filters(
        &mut self,
        algorithm: ConvolutionAlgorithm,
        length: usize,
        pack: impl FnOnce(&mut [T]),
    ) -> &[T] {
        if let Some(KeptFilters { numbers, packed_for }) = &mut self.kept {
            let numbers = &mut numbers[..length];
            if **packed_for != Some(algorithm) {
                // None of either while they are packed.
                **packed_for = None;
                pack(numbers);
                **packed_for = Some(algorithm);
            }
            return numbers;
        }
        let numbers = &mut self.packed[..length];
        pack(numbers);
        numbers
    }
}

/// Numbers of memory that a layer works in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    /// For packed filters, forward.
    pub(crate) filters: usize,
    /// For other operands that all tiles of a product share, forward and backward.
    pub(crate) forward: usize,
    pub(crate) backward: usize,
    /// For each worker thread, forward and backward; each has some in any case.
    pub(crate) worker: usize,
    pub(crate) worker_backward: usize,
}

impl Memory {
    /// Only shared memory, forward and backward.
    pub(crate) const fn shared(numbers: usize) -> Self {
        Self { filters: 0, forward: numbers, backward: numbers, worker: 0, worker_backward: 0 }
    }

    /// Enough for the one and for the other, at different times.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            filters: self.filters.max(other.filters),
            forward: self.forward.max(other.forward),
            backward: self.backward.max(other.backward),
            worker: self.worker.max(other.worker),
            worker_backward: self.worker_backward.max(other.worker_backward),
        }
    }

    /// That of the forward pass alone.
    pub(crate) fn of_forward(self) -> Self {
        Self { backward: 0, worker_backward: 0, ..self }
    }

    /// That of the backward pass alone.
    pub(crate) fn of_backward(self) -> Self {
        Self { backward: self.backward, worker_backward: self.worker_backward, ..Self::default() }
    }

    /// Shared memory of a layer that trains.
    pub(crate) fn of_training(self) -> usize {
        self.filters.max(self.forward).max(self.backward)
    }
}
