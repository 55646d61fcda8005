//! Training: all volumes are kept, gradients flow back through shared memory.

use std::ops::Range;

use convnet_geometry::Architecture;
use ndarray::ArrayView4;

use super::images;
use super::scratch::Scratch;
use crate::error::Error;
use crate::kinks::Kinks;
use crate::layers::{Forward, InputGradient, ParameterGradient, Runs, RunsInPlace};
use crate::losses::{Evaluation, Loss, LossValue};
use crate::network::{Gradients, Network, Step};
use crate::observer::Observer;
use crate::parallel;
use crate::parameters::{Buffer, Parameters, zeros};
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
    switches: Vec<u32>,
    gradients: Parameters<T>,
    scratch: Scratch<T>,
    /// The images of the last batch.
    images: usize,
    /// The version of the parameters that the gradients belong to.
    version: Option<u64>,
    kinks: Option<Kinks>,
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
        let each =
            [architecture.training_numbers(), architecture.gradient_numbers(), architecture.switches()];
        let [volumes, volume_gradients, switches] = images::sizes(architecture, capacity, each)?;
        let tier = Tier::current()?;
        let numbers = [volumes, volume_gradients, switches, architecture.parameters()];
        let needed = Scratch::<T>::needed(architecture, capacity, tier);
        images::check_memory::<T>(
            capacity,
            numbers.iter().fold(needed, |sum, &numbers| sum.saturating_add(numbers)),
        )?;
        Ok(Self {
            architecture,
            capacity,
            volumes: zeros(volumes),
            volume_gradients: zeros(volume_gradients),
            switches: vec![0; switches],
            gradients: Parameters::zeros(architecture),
            scratch: Scratch::new(architecture, capacity, tier),
            images: 0,
            version: None,
            kinks: None,
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
        let numbers =
            self.volumes.len() + self.volume_gradients.len() + self.gradients.len() + self.scratch.numbers();
        numbers * size_of::<T>() + self.switches.len() * size_of::<u32>()
    }

    /// The gradients by the parameters, in their layout.
    pub fn gradients(&self) -> &Parameters<T> {
        &self.gradients
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

    /// Runs a network forward over a batch, computes its loss, and runs it backward.
    ///
    /// Generated code calls it, `forward` and `backward` being the network's layers.
    ///
    /// # Errors
    /// Those of [`Network::gradients`](crate::Network::gradients).
    pub fn step<L: Loss<T>>(
        &mut self,
        architecture: &'static Architecture<'static>,
        parameters: &Parameters<T>,
        batch: Batch<'_, '_, T, L>,
        observer: &mut dyn Observer<T>,
        forward: impl FnOnce(&mut ForwardPass<'_, T>) + Send,
        backward: impl FnOnce(&mut BackwardPass<'_, T>) + Send,
    ) -> Result<LossValue<T>, Error> {
        images::same_architecture(architecture, self.architecture)?;
        images::same_count(architecture, parameters.len())?;
        let Batch { images, targets, loss, step } = batch;
        let count = images::check_shape(architecture.input(), self.capacity, &images)?;
        loss.check(architecture.output(), count, targets)?;
        self.version = None;
        self.images = count;
        self.kinks = self.kinks.map(|_| Kinks::NONE);
        let input = self.volume(0);
        images::copy(&images, &mut self.volumes[input]).inspect_err(|_| self.images = 0)?;
        let value = parallel::enter(images::work(architecture, count, 3), || {
            forward(&mut ForwardPass { workspace: self, parameters: parameters.as_slice(), observer });
            let last = architecture.places().len() - 1;
            let (scores, gradient) = (self.volume(last), self.gradient(last));
            let value = loss.evaluate(Evaluation {
                scores: &self.volumes[scores],
                targets,
                images: count,
                gradient: &mut self.volume_gradients[gradient],
                kinks: self.kinks.as_mut(),
            });
            let mode = step.gradients;
            backward(&mut BackwardPass { workspace: self, parameters: parameters.as_slice(), mode });
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
        images::same_architecture(architecture, self.architecture)?;
        images::same_count(architecture, parameters.len())?;
        if self.version != Some(parameters.version()) {
            return Err(Error::NoGradients);
        }
        let mode = Gradients::Overwrite;
        parallel::enter(images::work(architecture, self.images, 1), || {
            backward(&mut BackwardPass { workspace: self, parameters: parameters.as_slice(), mode });
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
        let first = layer.switches * self.capacity;
        first..first + self.images * layer.kind.switches()
    }
}

/// One batch on its way forward.
pub struct ForwardPass<'a, T> {
    workspace: &'a mut TrainingWorkspace<T>,
    parameters: &'a [T],
    observer: &'a mut dyn Observer<T>,
}

impl<T: Scalar> ForwardPass<'_, T> {
    /// Runs layer `index` of the architecture.
    pub fn forward<L>(&mut self, index: usize, layer: &L)
    where
        T: Runs<L>,
    {
        let entry = &self.workspace.architecture.layers()[index];
        let places = [self.workspace.volume(entry.input), self.workspace.volume(entry.output)];
        let switches = self.workspace.switches(index);
        let TrainingWorkspace { volumes, switches: all, scratch, kinks, images, .. } = &mut *self.workspace;
        let [input, output] = volumes.get_disjoint_mut(places).expect("volumes lie one after the other");
        let switches = &mut all[switches];
        let at = Forward {
            parameters: &self.parameters[entry.range()],
            input,
            output: &mut *output,
            switches: &mut *switches,
        };
        <T as Runs<L>>::forward(layer, at, &mut scratch.context(*images));
        if let Some(kinks) = kinks {
            <T as Runs<L>>::kinks(layer, output, switches, kinks);
        }
        self.observe(index);
    }

    /// Runs layer `index` of the architecture, which works in place.
    pub fn in_place<L>(&mut self, index: usize, layer: &L)
    where
        T: RunsInPlace<L>,
    {
        let entry = &self.workspace.architecture.layers()[index];
        let place = self.workspace.volume(entry.output);
        let TrainingWorkspace { volumes, kinks, .. } = &mut *self.workspace;
        <T as RunsInPlace<L>>::forward(layer, &mut volumes[place.clone()]);
        if let Some(kinks) = kinks {
            <T as RunsInPlace<L>>::kinks(layer, &volumes[place], kinks);
        }
        self.observe(index);
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
}

impl<T: Scalar> BackwardPass<'_, T> {
    /// The gradient by the parameters of layer `index`.
    pub fn parameters<L>(&mut self, index: usize, layer: &L)
    where
        T: Runs<L>,
    {
        let entry = &self.workspace.architecture.layers()[index];
        let (input, output) = (self.workspace.volume(entry.input), self.workspace.gradient(entry.output));
        let TrainingWorkspace { volumes, volume_gradients, gradients, scratch, images, .. } =
            &mut *self.workspace;
        let at = ParameterGradient {
            input: &volumes[input],
            output_gradient: &volume_gradients[output],
            gradient: &mut gradients.as_mut_slice()[entry.range()],
            mode: self.mode,
        };
        <T as Runs<L>>::parameter_gradient(layer, at, &mut scratch.context(*images));
    }

    /// The gradient by the input of layer `index`.
    pub fn input<L>(&mut self, index: usize, layer: &L)
    where
        T: Runs<L>,
    {
        let entry = &self.workspace.architecture.layers()[index];
        let places = [self.workspace.gradient(entry.input), self.workspace.gradient(entry.output)];
        let switches = self.workspace.switches(index);
        let TrainingWorkspace { volume_gradients, switches: all, scratch, images, .. } = &mut *self.workspace;
        let [gradient, output_gradient] =
            volume_gradients.get_disjoint_mut(places).expect("gradients alive together are apart");
        let at = InputGradient {
            parameters: &self.parameters[entry.range()],
            switches: &all[switches],
            output_gradient,
            gradient,
        };
        <T as Runs<L>>::input_gradient(layer, at, &mut scratch.context(*images));
    }

    /// The gradient by the input of layer `index`, which works in place.
    pub fn in_place<L>(&mut self, index: usize, layer: &L)
    where
        T: RunsInPlace<L>,
    {
        let entry = &self.workspace.architecture.layers()[index];
        let (output, gradient) = (self.workspace.volume(entry.output), self.workspace.gradient(entry.output));
        let TrainingWorkspace { volumes, volume_gradients, .. } = &mut *self.workspace;
        <T as RunsInPlace<L>>::backward(layer, &volumes[output], &mut volume_gradients[gradient]);
    }
}
