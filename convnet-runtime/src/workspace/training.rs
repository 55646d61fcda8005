//! Training: all volumes are kept, gradients flow back through shared memory.

use std::ops::Range;

use convnet_geometry::{Architecture, Layer, Volume};
use ndarray::ArrayView4;

use super::scratch::{Plan, Purpose, Scratch};
use super::{images, noise};
use crate::error::Error;
use crate::kinks::Kinks;
use crate::layers::{
    Algorithms, Context, CustomBackward, CustomForward, CustomKinks, CustomLayer, Forward, InputGradient,
    Kept, Mode, ParameterGradient, Runs, RunsInPlace, fuses, fuses_backward,
};
use crate::losses::{Evaluation, Loss, LossValue};
use crate::memory::{Buffer, zeros};
use crate::network::{Gradients, Network, Step};
use crate::observer::Observer;
use crate::parallel;
use crate::parameters::Parameters;
use crate::random::Draw;
#[cfg(feature = "train")]
use crate::regularization::Regularizer;
use crate::scalar::Scalar;
use crate::simd::Tier;

/// Memory for training on up to a certain number of images at a time.
#[derive(Debug)]
pub struct TrainingWorkspace<T> {
    architecture: &'static Architecture<'static>,
    capacity: usize,
    /// Every volume of the forward pass.
    volumes: Buffer<T>,
    /// The gradients of volumes, which share memory as soon as they are dead.
    volume_gradients: Buffer<T>,
    /// A gradient that is added to another, where branches part.
    branch: Buffer<T>,
    /// Which volumes have a gradient in this pass: the first one to come is written, the others are added.
    has_gradient: Vec<bool>,
    switches: Vec<u32>,
    saved: Buffer<T>,
    statistics: Buffer<T>,
    gradients: Parameters<T>,
    scratch: Scratch<T>,
    /// The images of the last batch, and its step.
    images: usize,
    step: Step,
    /// The version of the parameters that the gradients belong to.
    version: Option<u64>,
    kinks: Option<Kinks>,
    /// The standard deviation of noise on the images.
    noise: T,
    /// The loss of each image of the last batch, if they are recorded; room for a full batch.
    image_losses: Option<Vec<T>>,
}

/// What a step trains on, and how.
#[derive(Debug)]
pub struct Batch<'a, 't, T: Scalar, L: Loss<T>> {
    /// `[N, H, W, D]`.
    pub images: ArrayView4<'a, T>,
    /// What the loss compares the scores with.
    pub targets: L::Targets<'t>,
    /// The loss.
    pub loss: &'a L,
    /// Seed, number and modes.
    pub step: Step,
}

impl<T: Scalar> TrainingWorkspace<T> {
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
        let each = [
            architecture.training_numbers(),
            architecture.gradient_numbers(),
            architecture.largest_parting(),
            architecture.switches(),
            architecture.saved(),
        ];
        let [volumes, volume_gradients, branch, switches, saved] =
            images::sizes(architecture, capacity, each)?;
        let (tier, statistics) = (Tier::current()?, architecture.statistics());
        let numbers =
            [volumes, volume_gradients, branch, switches, saved, statistics, architecture.parameters()];
        let plan = Plan::new::<T>(architecture, capacity, tier, algorithms, Purpose::Training);
        images::check_memory::<T>(
            capacity,
            numbers.iter().fold(plan.numbers(), |sum, &numbers| sum.saturating_add(numbers)),
        )?;
        Ok(Self {
            architecture,
            capacity,
            volumes: zeros(volumes),
            volume_gradients: zeros(volume_gradients),
            branch: zeros(branch),
            has_gradient: vec![false; architecture.places().len()],
            switches: vec![0; switches],
            saved: zeros(saved),
            statistics: zeros(statistics),
            gradients: Parameters::zeros(architecture),
            scratch: Scratch::new(&plan, tier, algorithms),
            images: 0,
            step: Step::default(),
            version: None,
            kinks: None,
            noise: T::zero(),
            image_losses: None,
        })
    }

    /// [`new`](Self::new) for a network.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn of<N: Network<Scalar = T>>(_: &N, capacity: usize) -> Result<Self, Error> {
        Self::new(N::ARCHITECTURE, capacity)
    }

    /// The most images that a batch may have.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The memory held, in bytes.
    pub fn bytes(&self) -> usize {
        let buffers = [&self.volumes, &self.volume_gradients, &self.branch, &self.saved, &self.statistics];
        let numbers: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let recorded = self.image_losses.as_ref().map_or(0, Vec::capacity);
        let numbers = numbers + self.gradients.len() + self.scratch.numbers() + recorded;
        numbers * size_of::<T>() + self.switches.len() * size_of::<u32>()
    }

    /// The gradients by the parameters, in their layout.
    pub fn gradients(&self) -> &Parameters<T> {
        &self.gradients
    }

    /// The gradients by the parameters, to change before an update.
    #[cfg(feature = "train")]
    pub(crate) fn gradients_mut(&mut self) -> &mut Parameters<T> {
        &mut self.gradients
    }

    /// Adds the gradient of a regularisation at these parameters to those of the last step; its loss, which is no part of
    /// the step's.
    ///
    /// Where steps [accumulate](Gradients::Accumulate), each call adds it once: k batches whose gradients are added up, each
    /// the gradient of a mean, outweigh one regularisation k times over. To keep the balance that one batch has, call it
    /// after each of them.
    ///
    /// # Errors
    /// [`Error::NoGradients`] if there was no step, or the parameters changed since; [`Error::ParameterCount`] if the
    /// regularizer is another network's.
    #[cfg(feature = "train")]
    pub fn regularize(
        &mut self,
        parameters: &Parameters<T>,
        regularizer: &mut Regularizer,
    ) -> Result<f64, Error> {
        if self.version != Some(parameters.version()) {
            return Err(Error::NoGradients);
        }
        regularizer.add_gradient(parameters, &mut self.gradients)
    }

    /// The scores of the last batch, `[N, H, W, D]`; none before the first, or after one that failed.
    pub fn scores(&self) -> ArrayView4<'_, T> {
        let place = self.architecture.places().len() - 1;
        images::view(&self.volumes[self.volume(place)], self.architecture.output())
    }

    /// Whether passes record a fingerprint of their kinks, for gradient checks.
    pub fn record_kinks(&mut self, record: bool) {
        self.kinks = record.then_some(Kinks::NONE);
    }

    /// The fingerprint of the last pass, if they are recorded.
    pub fn kinks(&self) -> Option<Kinks> {
        self.kinks
    }

    /// Adds Gaussian noise of this standard deviation to the images of each step from now on, a regulariser; 0 for none.
    ///
    /// What an image gets depends on the step's seed and number and on the image's place in the batch. Inference adds none.
    ///
    /// # Errors
    /// [`Error::Option`] if it is negative or not finite.
    pub fn set_input_noise(&mut self, deviation: f64) -> Result<(), Error> {
        self.noise = noise::check(deviation)?;
        Ok(())
    }

    /// Whether passes record the loss of each image. The memory for it is taken here, none in a step.
    pub fn record_image_losses(&mut self, record: bool) {
        self.image_losses = record.then(|| Vec::with_capacity(self.capacity));
    }

    /// The data loss of each image of the last batch, before averaging, if they are recorded; of none before the first, or
    /// after one that failed. NaN where a loss of one's own does not give them.
    pub fn image_losses(&self) -> Option<&[T]> {
        self.image_losses.as_deref()
    }

    /// Runs a network forward over a batch, computes its loss, and runs it backward.
    ///
    /// Generated code calls it, `forward` and `backward` being the network's layers.
    ///
    /// # Errors
    /// Those of [`Network::gradients`](crate::Network::gradients).
    pub fn step<L: Loss<T>>(
        &mut self,
        architecture: &'static Architecture<'static>,
        (parameters, state): (&Parameters<T>, &mut Parameters<T>),
        batch: Batch<'_, '_, T, L>,
        observer: &mut dyn Observer<T>,
        forward: impl FnOnce(&mut ForwardPass<'_, T>) + Send,
        backward: impl FnOnce(&mut BackwardPass<'_, T>) + Send,
    ) -> Result<LossValue<T>, Error> {
        images::same_architecture(architecture, self.architecture.summary(), self.architecture.hash())?;
        images::same_counts(architecture, parameters.len(), state.len())?;
        let Batch { images, targets, loss, step } = batch;
        let count = images::check_shape(architecture.input(), self.capacity, &images)?;
        loss.check(architecture.output(), count, targets)?;
        self.version = None;
        (self.images, self.step) = (count, step);
        self.kinks = self.kinks.map(|_| Kinks::NONE);
        self.image_losses.iter_mut().for_each(Vec::clear);
        let input = self.volume(0);
        images::copy(&images, &mut self.volumes[input.clone()]).inspect_err(|_| self.images = 0)?;
        let value = parallel::enter(images::work(architecture, count, 3), || {
            if self.noise > T::zero() {
                let (each, draw) = (architecture.input().count(), self.draw(Draw::IMAGES));
                noise::add(&mut self.volumes[input], each, self.noise, draw);
            }
            let (numbers, state) = (parameters.as_slice(), state.as_mut_slice());
            forward(&mut ForwardPass { workspace: self, parameters: numbers, state, observer, fused: None });
            let last = architecture.places().len() - 1;
            let (scores, gradient) = (self.volume(last), self.gradient(last));
            self.image_losses.iter_mut().for_each(|losses| losses.resize(count, T::nan()));
            let value = loss.evaluate(Evaluation {
                scores: &self.volumes[scores],
                targets,
                images: count,
                gradient: &mut self.volume_gradients[gradient],
                kinks: self.kinks.as_mut(),
                per_image: self.image_losses.as_deref_mut(),
            });
            self.has_gradient.fill(false);
            backward(&mut BackwardPass {
                workspace: self,
                parameters: numbers,
                mode: step.gradients,
                last: None,
            });
            value
        });
        self.version = Some(parameters.version());
        Ok(value)
    }

    /// Carries the gradients of the last step back to the images.
    ///
    /// Generated code calls it, `backward` being the layers up to the first one with parameters.
    ///
    /// # Errors
    /// Those of [`Network::input_gradient`](crate::Network::input_gradient).
    pub fn input_gradient(
        &mut self,
        architecture: &'static Architecture<'static>,
        parameters: &Parameters<T>,
        backward: impl FnOnce(&mut BackwardPass<'_, T>) + Send,
    ) -> Result<ArrayView4<'_, T>, Error> {
        images::same_architecture(architecture, self.architecture.summary(), self.architecture.hash())?;
        images::same_counts(architecture, parameters.len(), architecture.state())?;
        if self.version != Some(parameters.version()) {
            return Err(Error::NoGradients);
        }
        let mode = Gradients::Overwrite;
        self.has_gradient.fill(false);
        parallel::enter(images::work(architecture, self.images, 1), || {
            backward(&mut BackwardPass {
                workspace: self,
                parameters: parameters.as_slice(),
                mode,
                last: None,
            });
        });
        Ok(images::view(&self.volume_gradients[self.gradient(0)], architecture.input()))
    }

    fn volume(&self, place: usize) -> Range<usize> {
        let place = &self.architecture.places()[place];
        images::range(place.training, self.capacity, self.images, place.volume)
    }

    fn gradient(&self, place: usize) -> Range<usize> {
        let place = &self.architecture.places()[place];
        images::range(place.gradient, self.capacity, self.images, place.volume)
    }

    fn switches(&self, layer: usize) -> Range<usize> {
        let layer = &self.architecture.layers()[layer];
        let first = layer.offsets.switches * self.capacity;
        first..first + self.images * layer.kind.switches()
    }

    fn saved(&self, layer: &Layer<'_>) -> Range<usize> {
        let first = layer.offsets.saved * self.capacity;
        first..first + self.images * layer.kind.counts().saved
    }

    fn draw(&self, layer: usize) -> Draw {
        Draw { seed: self.step.seed, step: self.step.number, layer }
    }
}

/// Where a layer's statistics lie.
fn statistics(layer: &Layer<'_>) -> Range<usize> {
    layer.offsets.statistics..layer.offsets.statistics + layer.kind.counts().statistics
}

/// One batch on its way forward.
pub struct ForwardPass<'a, T> {
    workspace: &'a mut TrainingWorkspace<T>,
    parameters: &'a [T],
    state: &'a mut [T],
    observer: &'a mut dyn Observer<T>,
    /// The RELU whose work the layer before it has done.
    fused: Option<usize>,
}

impl<T: Scalar> ForwardPass<'_, T> {
    /// Runs layer `index` of the architecture.
    pub fn forward<L>(&mut self, index: usize, layer: &L)
    where
        T: Runs<L>,
    {
        self.run(index, |at, context| <T as Runs<L>>::forward(layer, at, context));
        let entry = &self.workspace.architecture.layers()[index];
        let (input, switches) = (self.workspace.volume(entry.inputs[0]), self.workspace.switches(index));
        let TrainingWorkspace { volumes, switches: all, kinks, .. } = &mut *self.workspace;
        if let Some(kinks) = kinks {
            <T as Runs<L>>::kinks(layer, &volumes[input], &all[switches], kinks);
        }
    }

    /// Runs layer `index` of the architecture, a user's own.
    pub fn custom<C: CustomLayer<T>>(&mut self, index: usize) {
        let volume = input_volume(self.workspace.architecture, index);
        self.run(index, |at, context| C::forward(CustomForward::new(at, context.images, volume)));
        let entry = &self.workspace.architecture.layers()[index];
        let (input, output) = (self.workspace.volume(entry.inputs[0]), self.workspace.volume(entry.output));
        let kept = self.workspace.saved(entry);
        let TrainingWorkspace { volumes, saved, kinks, images, .. } = &mut *self.workspace;
        if let Some(kinks) = kinks {
            let at = CustomKinks {
                images: *images,
                volume,
                parameters: &self.parameters[entry.range()],
                input: &volumes[input],
                output: &volumes[output],
                saved: &saved[kept],
            };
            C::kinks(at, kinks);
        }
    }

    fn run(&mut self, index: usize, forward: impl FnOnce(Forward<'_, T>, &mut Context<'_, T>)) {
        let entry = &self.workspace.architecture.layers()[index];
        let places = [self.workspace.volume(entry.inputs[0]), self.workspace.volume(entry.output)];
        let (switches, saved) = (self.workspace.switches(index), self.workspace.saved(entry));
        let (draw, relu) = (self.workspace.draw(index), self.fuse(index));
        let TrainingWorkspace {
            volumes,
            switches: all,
            saved: kept,
            statistics: of_batch,
            step,
            scratch,
            images,
            ..
        } = &mut *self.workspace;
        let [input, output] = volumes.get_disjoint_mut(places).expect("volumes lie one after the other");
        let mode = Mode::Training {
            state: &mut self.state[entry.state_range()],
            update: step.statistics,
            switches: &mut all[switches],
            saved: &mut kept[saved],
            statistics: &mut of_batch[statistics(entry)],
            draw,
        };
        let at = Forward { parameters: &self.parameters[entry.range()], input, output, mode };
        let mut context = scratch.context(*images, index);
        context.relu = relu;
        forward(at, &mut context);
        self.observe(index);
    }

    /// Runs layer `index` of the architecture, which works in place; on a copy where others need its input.
    pub fn in_place<L>(&mut self, index: usize, layer: &L)
    where
        T: RunsInPlace<L>,
    {
        let entry = &self.workspace.architecture.layers()[index];
        let (input, output) = (self.workspace.volume(entry.inputs[0]), self.output(index));
        let draw = self.workspace.draw(index);
        let TrainingWorkspace { volumes, kinks, .. } = &mut *self.workspace;
        if !entry.is_in_place() {
            volumes.copy_within(input, output.start);
        }
        if self.fused != Some(index) {
            <T as RunsInPlace<L>>::forward(layer, &mut volumes[output.clone()], Some(draw));
        }
        if let Some(kinks) = kinks {
            <T as RunsInPlace<L>>::kinks(layer, &volumes[output], kinks);
        }
        self.observe(index);
    }

    /// Joins the branches of layer `index`.
    pub fn join(&mut self, index: usize) {
        let (architecture, relu) = (self.workspace.architecture, self.fuse(index));
        let (capacity, count) = (self.workspace.capacity, self.workspace.images);
        let range = |place: usize| {
            let place = &architecture.places()[place];
            images::range(place.training, capacity, count, place.volume)
        };
        let layer = &architecture.layers()[index];
        images::join(architecture, layer, &mut self.workspace.volumes, range, relu);
        self.observe(index);
    }

    /// Whether layer `index` is to do the work of the RELU behind it: not if each is to be seen.
    fn fuse(&mut self, index: usize) -> bool {
        let fuses = !self.observer.is_active() && fuses(self.workspace.architecture, index);
        self.fused = fuses.then_some(index + 1);
        fuses
    }

    fn output(&self, index: usize) -> Range<usize> {
        self.workspace.volume(self.workspace.architecture.layers()[index].output)
    }

    fn observe(&mut self, index: usize) {
        if self.observer.is_active() {
            let workspace = &*self.workspace;
            let entry = &workspace.architecture.layers()[index];
            let view = images::view(&workspace.volumes[workspace.volume(entry.output)], entry.kind.output());
            self.observer.volume(entry.name, view);
        }
    }
}

/// One batch on its way back.
pub struct BackwardPass<'a, T> {
    workspace: &'a mut TrainingWorkspace<T>,
    parameters: &'a [T],
    mode: Gradients,
    /// The layer whose gradient by its parameters was computed last.
    last: Option<usize>,
}

/// The volume that layer `index` takes.
fn input_volume(architecture: &Architecture<'_>, index: usize) -> Volume {
    architecture.places()[architecture.layers()[index].inputs[0]].volume
}

impl<T: Scalar> BackwardPass<'_, T> {
    /// The gradient by the parameters of layer `index`.
    pub fn parameters<L>(&mut self, index: usize, layer: &L)
    where
        T: Runs<L>,
    {
        self.by_parameters(index, |at, context| <T as Runs<L>>::parameter_gradient(layer, at, context));
    }

    /// The gradient by the parameters of layer `index`, a user's own.
    pub fn custom_parameters<C: CustomLayer<T>>(&mut self, index: usize) {
        let volume = input_volume(self.workspace.architecture, index);
        self.by_parameters(index, |at, context| {
            C::backward(CustomBackward::by_parameters(at, context.images, volume));
        });
    }

    fn by_parameters(
        &mut self,
        index: usize,
        backward: impl FnOnce(ParameterGradient<'_, T>, &mut Context<'_, T>),
    ) {
        let entry = &self.workspace.architecture.layers()[index];
        let (input, output) = (self.workspace.volume(entry.inputs[0]), self.workspace.gradient(entry.output));
        let (switches, saved) = (self.workspace.switches(index), self.workspace.saved(entry));
        let draw = self.workspace.draw(index);
        let workspace = &mut *self.workspace;
        let at = ParameterGradient {
            parameters: &self.parameters[entry.range()],
            input: &workspace.volumes[input],
            kept: Kept {
                switches: &workspace.switches[switches],
                saved: &workspace.saved[saved],
                statistics: &workspace.statistics[statistics(entry)],
                draw,
            },
            output_gradient: &workspace.volume_gradients[output],
            gradient: &mut workspace.gradients.as_mut_slice()[entry.range()],
            mode: self.mode,
        };
        let mut context = workspace.scratch.context(workspace.images, index);
        context.relu = fuses_backward(workspace.architecture, index);
        backward(at, &mut context);
        self.last = Some(index);
    }

    /// The gradient by the input of layer `index`.
    pub fn input<L>(&mut self, index: usize, layer: &L)
    where
        T: Runs<L>,
    {
        self.by_input(index, |at, context| <T as Runs<L>>::input_gradient(layer, at, context));
    }

    /// The gradient by the input of layer `index`, a user's own.
    pub fn custom_input<C: CustomLayer<T>>(&mut self, index: usize) {
        let volume = input_volume(self.workspace.architecture, index);
        self.by_input(index, |at, context| {
            C::backward(CustomBackward::by_input(at, context.images, volume));
        });
    }

    fn by_input(&mut self, index: usize, backward: impl FnOnce(InputGradient<'_, T>, &mut Context<'_, T>)) {
        let entry = &self.workspace.architecture.layers()[index];
        let mode = self.claim(entry.inputs[0]);
        let places = [self.workspace.gradient(entry.inputs[0]), self.workspace.gradient(entry.output)];
        let (input, output) = (self.workspace.volume(entry.inputs[0]), self.workspace.volume(entry.output));
        let (switches, saved) = (self.workspace.switches(index), self.workspace.saved(entry));
        let draw = self.workspace.draw(index);
        let workspace = &mut *self.workspace;
        let [gradient, output_gradient] =
            workspace.volume_gradients.get_disjoint_mut(places).expect("gradients alive together are apart");
        let length = gradient.len();
        let at = InputGradient {
            parameters: &self.parameters[entry.range()],
            input: &workspace.volumes[input],
            output: &workspace.volumes[output],
            kept: Kept {
                switches: &workspace.switches[switches],
                saved: &workspace.saved[saved],
                statistics: &workspace.statistics[statistics(entry)],
                draw,
            },
            output_gradient,
            // What is added to another gradient is none.
            by_parameters: (self.last == Some(index) && self.mode == Gradients::Overwrite)
                .then(|| &workspace.gradients.as_slice()[entry.range()]),
            gradient: match mode {
                Gradients::Overwrite => &mut *gradient,
                Gradients::Accumulate => &mut workspace.branch[..length],
            },
        };
        let mut context = workspace.scratch.context(workspace.images, index);
        context.relu = fuses_backward(workspace.architecture, index);
        backward(at, &mut context);
        if mode == Gradients::Accumulate {
            T::add_all(gradient, &workspace.branch[..length]);
        }
    }

    /// The gradient by the input of layer `index`, which works in place; on a copy where others need its input.
    pub fn in_place<L>(&mut self, index: usize, layer: &L)
    where
        T: RunsInPlace<L>,
    {
        let entry = &self.workspace.architecture.layers()[index];
        if index > 0 && fuses_backward(self.workspace.architecture, index - 1) {
            return;
        }
        let values = self.workspace.volume(entry.output);
        let places = [self.workspace.gradient(entry.inputs[0]), self.workspace.gradient(entry.output)];
        let draw = self.workspace.draw(index);
        if entry.is_in_place() {
            let TrainingWorkspace { volumes, volume_gradients, .. } = &mut *self.workspace;
            let gradient = &mut volume_gradients[places[1].clone()];
            return <T as RunsInPlace<L>>::backward(layer, &volumes[values], gradient, draw);
        }
        let mode = self.claim(entry.inputs[0]);
        let TrainingWorkspace { volumes, volume_gradients, branch, .. } = &mut *self.workspace;
        let [gradient, output_gradient] =
            volume_gradients.get_disjoint_mut(places).expect("gradients alive together are apart");
        let passed_on = match mode {
            Gradients::Overwrite => &mut *gradient,
            Gradients::Accumulate => &mut branch[..output_gradient.len()],
        };
        passed_on.copy_from_slice(output_gradient);
        <T as RunsInPlace<L>>::backward(layer, &volumes[values], passed_on, draw);
        if mode == Gradients::Accumulate {
            T::add_all(gradient, &branch[..output_gradient.len()]);
        }
    }

    /// The gradient by one of the branches that layer `index` joins.
    pub fn branch(&mut self, index: usize, branch: usize) {
        let architecture = self.workspace.architecture;
        let entry = &architecture.layers()[index];
        let input = entry.inputs[branch];
        let mode = self.claim(input);
        let places = [self.workspace.gradient(input), self.workspace.gradient(entry.output)];
        let gradients = &mut self.workspace.volume_gradients;
        let [gradient, output_gradient] =
            gradients.get_disjoint_mut(places).expect("gradients alive together are apart");
        let branch = images::branches(architecture, entry).nth(branch).expect("one of its branches");
        branch.backward(output_gradient, gradient, mode);
    }

    /// Whether the gradient of a volume is to be written or added to: the first one to come is written.
    fn claim(&mut self, place: usize) -> Gradients {
        if std::mem::replace(&mut self.workspace.has_gradient[place], true) {
            Gradients::Accumulate
        } else {
            Gradients::Overwrite
        }
    }
}
