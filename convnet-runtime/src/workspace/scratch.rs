//! Memory that kernels work in: one part shared, one for each worker thread.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use convnet_geometry::{Architecture, SMALL_BATCH};

use crate::layers::{self, Algorithms, Context, ConvolutionAlgorithm, KeptFilters, Memory};
use crate::memory::{Buffer, zeros};
use crate::parallel;
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
    /// Memory of so many numbers for each thread.
    pub(crate) fn new(numbers: usize) -> Self {
        let memory = |_| Mutex::new(zeros(numbers));
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

/// Numbers of packed filters that an inference workspace keeps: layers whose filters find no room pack them for every batch.
const KEPT_NUMBERS: usize = 1 << 26;

/// What a workspace is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Training,
    Inference,
}

/// How much memory the kernels of one network take.
#[derive(Debug)]
pub(super) struct Plan {
    packed: usize,
    /// For each worker thread.
    worker: usize,
    /// Where each layer's packed filters are kept; nowhere, if the range is empty.
    kept: Vec<Range<usize>>,
}

impl Plan {
    pub(super) fn new<T: Scalar>(
        architecture: &Architecture<'_>,
        capacity: usize,
        tier: Tier,
        algorithms: Algorithms,
        purpose: Purpose,
    ) -> Self {
        let mut plan = Self { packed: 0, worker: WORKER_NUMBERS, kept: Vec::new() };
        let mut end = 0;
        for layer in architecture.layers() {
            // A smaller batch may have another algorithm than one of the whole capacity.
            let of = |images| layers::memory::<T>(&layer.kind, images, tier, algorithms);
            let memory = (1..=capacity.min(SMALL_BATCH)).map(of).fold(of(capacity), Memory::or);
            let room = KEPT_NUMBERS.saturating_sub(end);
            let is_kept = purpose == Purpose::Inference && memory.filters <= room;
            let kept = if is_kept { memory.filters } else { 0 };
            plan.kept.push(end..end + kept);
            end += kept;
            let (packed, worker) = match purpose {
                Purpose::Training => (memory.of_training(), memory.worker.max(memory.worker_backward)),
                Purpose::Inference if is_kept => (memory.forward, memory.worker),
                Purpose::Inference => (memory.forward.max(memory.filters), memory.worker),
            };
            (plan.packed, plan.worker) = (plan.packed.max(packed), plan.worker.max(worker));
        }
        plan
    }

    fn kept_numbers(&self) -> usize {
        self.kept.last().map_or(0, |range| range.end)
    }

    /// Numbers of all memory.
    pub(super) fn numbers(&self) -> usize {
        let of_workers = parallel::threads().saturating_mul(self.worker);
        self.packed.saturating_add(of_workers).saturating_add(self.kept_numbers())
    }
}

/// Memory that the kernels of one network work in.
#[derive(Debug)]
pub(super) struct Scratch<T> {
    tier: Tier,
    algorithms: Algorithms,
    packed: Buffer<T>,
    workers: Workers<T>,
    filters: Buffer<T>,
    /// Where each layer's filters are, and for which algorithm they were packed; none if not since the parameters changed.
    kept: Vec<(Range<usize>, Option<ConvolutionAlgorithm>)>,
    /// The version of the parameters that filters are kept of.
    version: Option<u64>,
}

impl<T: Scalar> Scratch<T> {
    pub(super) fn new(plan: &Plan, tier: Tier, algorithms: Algorithms) -> Self {
        Self {
            tier,
            algorithms,
            packed: zeros(plan.packed),
            workers: Workers::new(plan.worker),
            filters: zeros(plan.kept_numbers()),
            kept: plan.kept.iter().map(|range| (range.clone(), None)).collect(),
            version: None,
        }
    }

    /// Forgets filters that are not of this version of the parameters.
    pub(super) fn keep_filters_of(&mut self, version: u64) {
        if self.version.replace(version) != Some(version) {
            self.kept.iter_mut().for_each(|(_, packed_for)| *packed_for = None);
        }
    }

    /// For a layer.
    pub(super) fn context(&mut self, images: usize, layer: usize) -> Context<'_, T> {
        let Self { tier, algorithms, ref mut packed, ref workers, ref mut filters, ref mut kept, .. } = *self;
        let (range, packed_for) = &mut kept[layer];
        let numbers = &mut filters[range.clone()];
        let kept = (!numbers.is_empty()).then_some(KeptFilters { numbers, packed_for });
        Context { images, tier, algorithms, packed, workers, kept, relu: false }
    }

    pub(super) fn numbers(&self) -> usize {
        self.packed.len() + self.workers.numbers() + self.filters.len()
    }
}
