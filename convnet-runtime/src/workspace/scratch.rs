//! Memory that kernels work in: one part shared, one for each worker thread.

use std::sync::{Mutex, PoisonError};

use convnet_geometry::Architecture;

use crate::layers::{self, Algorithms, Context, Memory};
use crate::parallel;
use crate::parameters::{Buffer, zeros};
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Numbers that a worker has for itself in any case: a block of 256 x 256.
const WORKER_NUMBERS: usize = 1 << 16;

/// Memory for each worker thread.
#[derive(Debug)]
pub(crate) struct Workers<T> {
    memories: Vec<Mutex<Buffer<T>>>,
}

impl<T: Scalar> Workers<T> {
    /// Memory of so many numbers for each thread, or more.
    pub(crate) fn new(numbers: usize) -> Self {
        let memory = |_| Mutex::new(zeros(numbers.max(WORKER_NUMBERS)));
        Self { memories: (0..parallel::threads()).map(memory).collect() }
    }

    fn numbers(&self) -> usize {
        self.memories.iter().map(|memory| memory.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Fills the memory of every thread.
    #[cfg(test)]
    pub(crate) fn fill(&self, number: T) {
        for memory in &self.memories {
            memory.lock().unwrap_or_else(PoisonError::into_inner).fill(number);
        }
    }

    /// Calls `f` with this thread's memory.
    ///
    /// In a pool with more threads than that in which the workspace was made some wait for each other here; what is
    /// computed stays the same.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut [T]) -> R) -> R {
        let memory = &self.memories[parallel::thread() % self.memories.len()];
        f(&mut memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Memory that the kernels of one network work in.
#[derive(Debug)]
pub(super) struct Scratch<T> {
    tier: Tier,
    algorithms: Algorithms,
    packed: Buffer<T>,
    workers: Workers<T>,
}

impl<T: Scalar> Scratch<T> {
    pub(super) fn new(
        architecture: &Architecture<'_>,
        capacity: usize,
        tier: Tier,
        algorithms: Algorithms,
    ) -> Self {
        let Memory { shared, worker } = Self::memory(architecture, capacity, tier, algorithms);
        Self { tier, algorithms, packed: zeros(shared), workers: Workers::new(worker) }
    }

    /// Numbers that it will hold.
    pub(super) fn needed(
        architecture: &Architecture<'_>,
        capacity: usize,
        tier: Tier,
        algorithms: Algorithms,
    ) -> usize {
        let Memory { shared, worker } = Self::memory(architecture, capacity, tier, algorithms);
        shared.saturating_add(parallel::threads().saturating_mul(worker.max(WORKER_NUMBERS)))
    }

    fn memory(
        architecture: &Architecture<'_>,
        capacity: usize,
        tier: Tier,
        algorithms: Algorithms,
    ) -> Memory {
        let kinds = architecture.layers().iter().map(|layer| &layer.kind);
        // A batch of one may have another algorithm than one of the whole capacity.
        let of = |kind, images| layers::memory::<T>(kind, images, tier, algorithms);
        kinds.map(|kind| of(kind, capacity).and(of(kind, 1))).fold(Memory::default(), Memory::and)
    }

    pub(super) fn context(&mut self, images: usize) -> Context<'_, T> {
        let Self { tier, algorithms, ref mut packed, ref workers } = *self;
        Context { images, tier, algorithms, packed, workers }
    }

    pub(super) fn numbers(&self) -> usize {
        self.packed.len() + self.workers.numbers()
    }
}
