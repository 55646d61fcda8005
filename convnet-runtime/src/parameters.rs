//! All learnable numbers of a network, in one flat buffer.

use std::sync::atomic::{AtomicU64, Ordering};

use convnet_geometry::{Architecture, Role, Tensor};
use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn};

use crate::memory::{Buffer, zeros};
use crate::scalar::Scalar;

/// Named tensors in one aligned allocation: the parameters of a network, or their gradients, in the same layout.
///
/// The names are stable (`conv1.weights`, `fc1.bias`), the offsets known at compile time.
#[derive(Clone, Debug)]
pub struct Parameters<T> {
    numbers: Buffer<T>,
    tensors: Vec<Tensor<'static>>,
    version: u64,
}

impl<T: Scalar> Parameters<T> {
    /// The parameters of a network, all zero.
    pub fn zeros(architecture: &'static Architecture<'static>) -> Self {
        let tensors = architecture.tensors().collect();
        Self { numbers: zeros(architecture.parameters()), tensors, version: next_version() }
    }

    /// The state of a network before its first step: running means 0, running variances 1, everything else 0.
    pub fn state(architecture: &'static Architecture<'static>) -> Self {
        let tensors: Vec<_> = architecture.state_tensors().collect();
        let mut numbers = zeros(architecture.state());
        for tensor in tensors.iter().filter(|tensor| tensor.role == Role::Variance) {
            numbers[tensor.range()].fill(T::one());
        }
        Self { numbers, tensors, version: next_version() }
    }

    /// No parameters: what is left of a network that has given them away.
    pub(crate) fn empty() -> Self {
        Self { numbers: zeros(0), tensors: Vec::new(), version: next_version() }
    }

    /// The numbers alone.
    pub(crate) fn into_buffer(self) -> Buffer<T> {
        self.numbers
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// All numbers, tensor after tensor.
    pub fn as_slice(&self) -> &[T] {
        &self.numbers
    }

    /// All numbers, to change; this gives the parameters another [`version`](Self::version).
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self.version = next_version();
        &mut self.numbers
    }

    /// The tensors, and all numbers, to change.
    #[cfg(feature = "train")]
    pub(crate) fn parts_mut(&mut self) -> (&[Tensor<'static>], &mut [T]) {
        self.version = next_version();
        (&self.tensors, &mut self.numbers)
    }

    /// A number that no other parameters have had, and that changes whenever these may have.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The tensors, in order.
    pub fn tensors(&self) -> &[Tensor<'static>] {
        &self.tensors
    }

    /// The numbers of the tensor of this name, in its shape.
    pub fn get(&self, name: &str) -> Option<ArrayViewD<'_, T>> {
        let tensor = self.tensors.iter().find(|tensor| tensor.is_named(name))?;
        ArrayViewD::from_shape(IxDyn(tensor.shape()), &self.numbers[tensor.range()]).ok()
    }

    /// The numbers of the tensor of this name, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<ArrayViewMutD<'_, T>> {
        let tensor = *self.tensors.iter().find(|tensor| tensor.is_named(name))?;
        let numbers = &mut self.as_mut_slice()[tensor.range()];
        ArrayViewMutD::from_shape(IxDyn(tensor.shape()), numbers).ok()
    }

    /// Each tensor with its numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&Tensor<'static>, &[T])> {
        self.tensors.iter().map(|tensor| (tensor, &self.numbers[tensor.range()]))
    }
}

/// A number that was not given before.
pub(crate) fn next_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
