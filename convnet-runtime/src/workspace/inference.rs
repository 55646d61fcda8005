//! Inference: only the current volumes are kept.

use std::ops::Range;

use convnet_geometry::Architecture;
use ndarray::ArrayView4;

use super::images;
use super::scratch::Scratch;
use crate::error::Error;
use crate::layers::{Algorithms, Context, CustomForward, CustomLayer, Forward, Mode, Runs, RunsInPlace};
use crate::network::Network;
use crate::observer::Observer;
use crate::parallel;
use crate::parameters::{Buffer, Parameters, zeros};
use crate::random::Draw;
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Memory for the inference of up to a certain number of images at a time.
///
/// Volumes share memory as soon as they are dead: a chain of layers holds its two largest neighbours.
#[derive(Debug)]
pub struct InferenceWorkspace<T> {
    architecture: &'static Architecture<'static>,
    capacity: usize,
    volumes: Buffer<T>,
    /// The images of the last batch.
    images: usize,
    /// The seed of layers that draw in inference too.
    seed: u64,
    scratch: Scratch<T>,
}

impl<T: Scalar> InferenceWorkspace<T> {
    /// A workspace for batches of up to `capacity` images.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] for a capacity of 0, [`Error::WorkspaceSize`], [`Error::WorkspaceMemory`],
    /// or [`Error::Tier`].
    pub fn new(architecture: &'static Architecture<'static>, capacity: usize) -> Result<Self, Error> {
        Self::with_algorithms(architecture, capacity, Algorithms::CHOSEN)
    }

    /// [`new`](Self::new), with other algorithms than those chosen for its layers: to test them, or to measure them.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn with_algorithms(
        architecture: &'static Architecture<'static>,
        capacity: usize,
        algorithms: Algorithms,
    ) -> Result<Self, Error> {
        let [volumes] = images::sizes(architecture, capacity, [architecture.inference_numbers()])?;
        let tier = Tier::current()?;
        let needed = Scratch::<T>::needed(architecture, capacity, tier, algorithms);
        images::check_memory::<T>(capacity, volumes.saturating_add(needed))?;
        let scratch = Scratch::new(architecture, capacity, tier, algorithms);
        Ok(Self { architecture, capacity, volumes: zeros(volumes), images: 0, seed: 0, scratch })
    }

    /// [`new`](Self::new) for a network.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn of<N: Network<Scalar = T>>(_: &N, capacity: usize) -> Result<Self, Error> {
        Self::new(N::ARCHITECTURE, capacity)
    }

    /// With another seed for layers that draw in inference too, fractional pooling being the only one; it is 0 otherwise.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The most images that a batch may have.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The memory held, in bytes.
    pub fn bytes(&self) -> usize {
        (self.volumes.len() + self.scratch.numbers()) * size_of::<T>()
    }

    /// Runs a network's layers over a batch and returns the last one's output, `[N, H, W, D]`.
    ///
    /// Generated code calls it, `forward` being the network's layers.
    ///
    /// # Errors
    /// Those of [`Network::infer`](crate::Network::infer).
    pub fn run<'w>(
        &'w mut self,
        architecture: &'static Architecture<'static>,
        (parameters, state): (&Parameters<T>, &Parameters<T>),
        images: ArrayView4<'_, T>,
        observer: &mut dyn Observer<T>,
        forward: impl FnOnce(&mut InferencePass<'_, T>) + Send,
    ) -> Result<ArrayView4<'w, T>, Error> {
        images::same_architecture(architecture, self.architecture)?;
        images::same_counts(architecture, parameters.len(), state.len())?;
        let count = images::check_shape(architecture.input(), self.capacity, &images)?;
        // Whatever fails from here on, the scores of the batch before are gone.
        self.images = 0;
        let (parameters, state) = (parameters.as_slice(), state.as_slice());
        let mut pass =
            InferencePass { workspace: self, architecture, parameters, state, images: count, observer };
        let input = pass.range(0);
        images::copy(&images, &mut pass.workspace.volumes[input])?;
        parallel::enter(images::work(architecture, count, 1), || forward(&mut pass));
        self.images = count;
        Ok(self.scores())
    }

    /// The scores of the last batch, `[N, H, W, D]`; none before the first, or after one that failed.
    pub fn scores(&self) -> ArrayView4<'_, T> {
        let place = self.architecture.places().len() - 1;
        images::view(&self.volumes[self.range(place, self.images)], self.architecture.output())
    }

    /// Where a volume of a batch lies.
    fn range(&self, place: usize, images: usize) -> Range<usize> {
        let place = &self.architecture.places()[place];
        images::range(place.inference, self.capacity, images, place.volume)
    }
}

/// One batch on its way through a network.
pub struct InferencePass<'a, T> {
    workspace: &'a mut InferenceWorkspace<T>,
    architecture: &'static Architecture<'static>,
    parameters: &'a [T],
    state: &'a [T],
    images: usize,
    observer: &'a mut dyn Observer<T>,
}

impl<T: Scalar> InferencePass<'_, T> {
    /// Runs layer `index` of the architecture.
    pub fn forward<L>(&mut self, index: usize, layer: &L)
    where
        T: Runs<L>,
    {
        self.run(index, |at, context| <T as Runs<L>>::forward(layer, at, context));
    }

    /// Runs layer `index` of the architecture, a user's own.
    pub fn custom<C: CustomLayer<T>>(&mut self, index: usize) {
        let volume = self.architecture.places()[self.architecture.layers()[index].inputs[0]].volume;
        self.run(index, |at, context| C::forward(CustomForward::new(at, context.images, volume)));
    }

    fn run(&mut self, index: usize, forward: impl FnOnce(Forward<'_, T>, &mut Context<'_, T>)) {
        let entry = &self.architecture.layers()[index];
        let places = [self.range(entry.inputs[0]), self.range(entry.output)];
        let InferenceWorkspace { volumes, scratch, seed, .. } = &mut *self.workspace;
        let [input, output] =
            volumes.get_disjoint_mut(places).expect("places of volumes alive together are apart");
        let draw = Draw { seed: *seed, step: 0, layer: index };
        let mode = Mode::Inference { state: &self.state[entry.state_range()], draw };
        let at = Forward { parameters: &self.parameters[entry.range()], input, output, mode };
        forward(at, &mut scratch.context(self.images));
        self.observe(index);
    }

    /// Runs layer `index` of the architecture, which works in place; on a copy where others need its input.
    pub fn in_place<L>(&mut self, index: usize, layer: &L)
    where
        T: RunsInPlace<L>,
    {
        let entry = &self.architecture.layers()[index];
        let (input, output) = (self.range(entry.inputs[0]), self.range(entry.output));
        let volumes = &mut self.workspace.volumes;
        if !entry.is_in_place() {
            volumes.copy_within(input, output.start);
        }
        <T as RunsInPlace<L>>::forward(layer, &mut volumes[output], None);
        self.observe(index);
    }

    /// Joins the branches of layer `index`.
    pub fn join(&mut self, index: usize) {
        let entry = &self.architecture.layers()[index];
        for (branch, &input) in images::branches(self.architecture, entry).zip(entry.inputs) {
            let places = [self.range(input), self.range(entry.output)];
            let volumes = &mut self.workspace.volumes;
            let [input, output] =
                volumes.get_disjoint_mut(places).expect("places of volumes alive together are apart");
            branch.forward(input, output);
        }
        self.observe(index);
    }

    fn range(&self, place: usize) -> Range<usize> {
        self.workspace.range(place, self.images)
    }

    fn observe(&mut self, index: usize) {
        if self.observer.is_active() {
            let entry = &self.architecture.layers()[index];
            let numbers = &self.workspace.volumes[self.range(entry.output)];
            let view = images::view(numbers, entry.kind.output());
            self.observer.volume(entry.name, view);
        }
    }
}
