//! Inference: only the current volumes are kept.

use std::ops::Range;

use convnet_geometry::{Architecture, Place};
use ndarray::ArrayView4;

use super::images;
use super::scratch::{Plan, Purpose, Scratch};
use crate::error::Error;
use crate::layers::{
    Algorithms, Context, CustomForward, CustomLayer, Forward, Mode, Runs, RunsInPlace, fuses,
};
use crate::memory::{Buffer, zeros};
use crate::network::Network;
use crate::observer::Observer;
use crate::parallel;
use crate::parameters::Parameters;
use crate::random::Draw;
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Memory for the inference of up to a certain number of images at a time.
///
/// Volumes share memory as soon as they are dead: a chain of layers holds its two largest neighbours.
#[derive(Debug)]
pub struct InferenceWorkspace<T> {
    /// The architecture that it is made for: its summary, its hash, and where its scores lie.
    name: String,
    hash: u64,
    output: Place,
    capacity: usize,
    volumes: Buffer<T>,
    /// The images of the last batch.
    images: usize,
    chance: Chance,
    scratch: Scratch<T>,
}

/// What layers that draw do in inference.
#[derive(Clone, Copy, Debug)]
enum Chance {
    /// They compute what they expect; one that cannot draws by this seed.
    Expected { seed: u64 },
    /// They draw, as in training, in the pass of this number.
    Drawn { seed: u64, pass: u64 },
}

impl<T: Scalar> InferenceWorkspace<T> {
    /// A workspace for batches of up to `capacity` images.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] for a capacity of 0, [`Error::WorkspaceSize`], [`Error::WorkspaceMemory`],
    /// or [`Error::Tier`].
    pub fn new(architecture: &Architecture<'_>, capacity: usize) -> Result<Self, Error> {
        Self::with_algorithms(architecture, capacity, Algorithms::CHOSEN)
    }

    /// [`new`](Self::new), with other algorithms than those chosen for its layers: to test them, or to measure them.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn with_algorithms(
        architecture: &Architecture<'_>,
        capacity: usize,
        algorithms: Algorithms,
    ) -> Result<Self, Error> {
        let [volumes] = images::sizes(architecture, capacity, [architecture.inference_numbers()])?;
        let tier = Tier::current()?;
        let plan = Plan::new::<T>(architecture, capacity, tier, algorithms, Purpose::Inference);
        images::check_memory::<T>(capacity, volumes.saturating_add(plan.numbers()))?;
        let scratch = Scratch::new(&plan, tier, algorithms);
        let (name, hash) = (architecture.summary().to_string(), architecture.hash());
        let output = *architecture.places().last().expect("a network has an output");
        let (volumes, chance) = (zeros(volumes), Chance::Expected { seed: 0 });
        Ok(Self { name, hash, output, capacity, volumes, images: 0, chance, scratch })
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
        self.chance = Chance::Expected { seed };
        self
    }

    /// Lets layers draw as they do in training, in the pass of this number.
    pub(crate) fn draw(&mut self, seed: u64, pass: u64) {
        self.chance = Chance::Drawn { seed, pass };
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
        architecture: &Architecture<'_>,
        (parameters, state): (&Parameters<T>, &Parameters<T>),
        images: ArrayView4<'_, T>,
        observer: &mut dyn Observer<T>,
        forward: impl FnOnce(&mut InferencePass<'_, T>) + Send,
    ) -> Result<ArrayView4<'w, T>, Error> {
        let numbers = (parameters.as_slice(), parameters.version(), state.as_slice());
        self.run_slices(architecture, numbers, images, observer, forward)
    }

    /// [`run`](Self::run) on numbers without names: parameters, their version, and the state.
    pub(crate) fn run_slices<'w>(
        &'w mut self,
        architecture: &Architecture<'_>,
        (parameters, version, state): (&[T], u64, &[T]),
        images: ArrayView4<'_, T>,
        observer: &mut dyn Observer<T>,
        forward: impl FnOnce(&mut InferencePass<'_, T>) + Send,
    ) -> Result<ArrayView4<'w, T>, Error> {
        images::same_architecture(architecture, &self.name, self.hash)?;
        images::same_counts(architecture, parameters.len(), state.len())?;
        let count = images::check_shape(architecture.input(), self.capacity, &images)?;
        // Whatever fails from here on, the scores of the batch before are gone.
        self.images = 0;
        self.scratch.keep_filters_of(version);
        let mut pass = InferencePass {
            workspace: self,
            architecture,
            parameters,
            state,
            images: count,
            observer,
            drawing: None,
            fused: None,
        };
        let input = pass.range(0);
        images::copy(&images, &mut pass.workspace.volumes[input])?;
        parallel::enter(images::work(architecture, count, 1), || forward(&mut pass));
        self.images = count;
        Ok(self.scores())
    }

    /// The scores of the last batch, `[N, H, W, D]`; none before the first, or after one that failed.
    pub fn scores(&self) -> ArrayView4<'_, T> {
        images::view(&self.volumes[self.range(&self.output, self.images)], self.output.volume)
    }

    /// Where a volume of a batch lies.
    fn range(&self, place: &Place, images: usize) -> Range<usize> {
        images::range(place.inference, self.capacity, images, place.volume)
    }
}

/// One batch on its way through a network.
pub struct InferencePass<'a, T> {
    workspace: &'a mut InferenceWorkspace<T>,
    architecture: &'a Architecture<'a>,
    parameters: &'a [T],
    state: &'a [T],
    images: usize,
    observer: &'a mut dyn Observer<T>,
    /// The layer that draws, where it is not the one that runs: another network's, which this one was made of.
    drawing: Option<usize>,
    /// The RELU whose work the layer before it has done.
    fused: Option<usize>,
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
        self.custom_by(index, C::forward);
    }

    /// Lets the layers that follow draw as this one does, of the network that this one was made of.
    pub(crate) fn draw_as(&mut self, layer: usize) {
        self.drawing = Some(layer);
    }

    /// Runs layer `index` of the architecture, a user's own, by its forward pass.
    pub(crate) fn custom_by(&mut self, index: usize, forward: impl FnOnce(CustomForward<'_, T>)) {
        let volume = self.architecture.places()[self.architecture.layers()[index].inputs[0]].volume;
        self.run(index, |at, context| forward(CustomForward::new(at, context.images, volume)));
    }

    fn run(&mut self, index: usize, forward: impl FnOnce(Forward<'_, T>, &mut Context<'_, T>)) {
        let entry = &self.architecture.layers()[index];
        let places = [self.range(entry.inputs[0]), self.range(entry.output)];
        let relu = self.fuse(index);
        let InferenceWorkspace { volumes, scratch, chance, .. } = &mut *self.workspace;
        let [input, output] =
            volumes.get_disjoint_mut(places).expect("places of volumes alive together are apart");
        let (state, layer) = (&self.state[entry.state_range()], self.drawing.unwrap_or(index));
        let mode = match *chance {
            Chance::Expected { seed } => Mode::Inference { state, draw: Draw { seed, step: 0, layer } },
            Chance::Drawn { seed, pass } => Mode::Sampling { state, draw: Draw { seed, step: pass, layer } },
        };
        let at = Forward { parameters: &self.parameters[entry.range()], input, output, mode };
        let mut context = scratch.context(self.images, index);
        context.relu = relu;
        forward(at, &mut context);
        self.observe(index);
    }

    /// Runs layer `index` of the architecture, which works in place; on a copy where others need its input.
    pub fn in_place<L>(&mut self, index: usize, layer: &L)
    where
        T: RunsInPlace<L>,
    {
        let entry = &self.architecture.layers()[index];
        let (input, output) = (self.range(entry.inputs[0]), self.range(entry.output));
        let InferenceWorkspace { volumes, chance, .. } = &mut *self.workspace;
        if !entry.is_in_place() {
            volumes.copy_within(input, output.start);
        }
        let draw = match *chance {
            Chance::Expected { .. } => None,
            Chance::Drawn { seed, pass } => {
                Some(Draw { seed, step: pass, layer: self.drawing.unwrap_or(index) })
            }
        };
        if self.fused != Some(index) {
            <T as RunsInPlace<L>>::forward(layer, &mut volumes[output], draw);
        }
        self.observe(index);
    }

    /// Joins the branches of layer `index`.
    pub fn join(&mut self, index: usize) {
        let (architecture, relu) = (self.architecture, self.fuse(index));
        let (capacity, count) = (self.workspace.capacity, self.images);
        let range = |place: usize| {
            let place = &architecture.places()[place];
            images::range(place.inference, capacity, count, place.volume)
        };
        let layer = &architecture.layers()[index];
        images::join(architecture, layer, &mut self.workspace.volumes, range, relu);
        self.observe(index);
    }

    /// Whether layer `index` is to do the work of the RELU behind it: not if each is to be seen.
    fn fuse(&mut self, index: usize) -> bool {
        let fuses = !self.observer.is_active() && fuses(self.architecture, index);
        self.fused = fuses.then_some(index + 1);
        fuses
    }

    fn range(&self, place: usize) -> Range<usize> {
        self.workspace.range(&self.architecture.places()[place], self.images)
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
