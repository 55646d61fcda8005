//! Every layer against its plain reference, on every tier of the machine, in f32 and f64.

mod elementwise;
mod gradients;
mod known_bugs;
mod normalization;
mod pooling;
mod random;
mod strategies;
#[cfg(feature = "threads")]
mod threads;
mod weights;

use convnet_geometry::{
    BatchNorm, Convolution, Counts, Dense, FractionalPooling, LayerKind, Local, Maxout, Needs, PRelu,
    Pooling, ResponseNorm, Volume,
};
use ndarray::{Array, Array4, ArrayView1, Dimension, ShapeBuilder};

use super::{Algorithms, Context, Forward, InPlace, InputGradient, Kept, Layer, Mode, ParameterGradient};
use crate::kinks::Kinks;
use crate::network::{Gradients, Statistics};
use crate::random::{Draw, Purpose, stream};
use crate::scalar::Scalar;
use crate::simd::Tier;
use crate::workspace::Workers;

const IMAGES: usize = 3;

/// What layers draw by.
const DRAW: Draw = Draw { seed: 11, step: 5, layer: 2 };

/// The error that a sum of a few thousand products may have, relative to the largest number.
fn tolerance<T: Scalar>() -> f64 {
    if size_of::<T>() == 4 { 1e-5 } else { 1e-12 }
}

fn random<T: Scalar, D: Dimension, S: ShapeBuilder<Dim = D>>(shape: S, seed: u64) -> Array<T, D> {
    let mut random = stream(seed, Purpose::Test, 0);
    Array::from_shape_simple_fn(shape, || T::standard_normal(&mut random))
}

fn batch<T: Scalar>(images: usize, volume: Volume, seed: u64) -> Array4<T> {
    random((images, volume.height, volume.width, volume.depth), seed)
}

fn slice<T, D: Dimension>(array: &Array<T, D>) -> &[T] {
    array.as_slice().expect("standard layout")
}

fn bits<T: Scalar>(numbers: &[T]) -> Vec<u64> {
    numbers.iter().map(|number| number.bits()).collect()
}

fn assert_close<T: Scalar>(what: &str, found: &[T], expected: &[T]) {
    assert_close_to(what, found, expected, 1e-2);
}

/// Numbers of about this scale, or larger.
fn assert_close_to<T: Scalar>(what: &str, found: &[T], expected: &[T], scale: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().map(|x| x.as_f64().abs()).fold(scale, f64::max);
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found.as_f64() - expected.as_f64()).abs() / largest;
        assert!(error <= tolerance::<T>(), "{what}[{i}]: {found} for {expected}");
    }
}

/// A geometry as a layer of an architecture, which knows its sizes.
trait Kind {
    fn kind(&self) -> LayerKind;
}

macro_rules! kinds {
    ($($layer:ident)*) => {
        $(
            impl Kind for $layer {
                fn kind(&self) -> LayerKind {
                    LayerKind::$layer(*self)
                }
            }
        )*
    };
}

kinds!(Convolution Local Pooling FractionalPooling Dense PRelu Maxout BatchNorm ResponseNorm);

/// What a layer is run on.
#[derive(Clone)]
struct Numbers<T> {
    parameters: Vec<T>,
    /// The state before the step.
    state: Vec<T>,
    input: Array4<T>,
    output_gradient: Array4<T>,
}

impl<T: Scalar> Numbers<T> {
    /// Random numbers for a layer; the state is positive, as variances are.
    fn new(layer: &impl Kind, images: usize) -> Self {
        Self::drawn(layer, images, 0)
    }

    /// Those that this seed draws.
    fn drawn(layer: &impl Kind, images: usize, seed: u64) -> Self {
        let (kind, counts, seed) = (layer.kind(), layer.kind().counts(), 4 * seed);
        Self {
            parameters: random(counts.parameters(), seed + 2).to_vec(),
            state: random(counts.state, seed + 3).mapv(|x: T| x * x + T::from_f64(0.1)).to_vec(),
            input: batch(images, kind.input().expect("one input"), seed + 1),
            output_gradient: batch(images, kind.output(), seed + 4),
        }
    }

    fn parameters(&self) -> ArrayView1<'_, T> {
        ndarray::aview1(&self.parameters)
    }
}

/// What a layer computes for one batch.
struct Outcome<T> {
    output: Vec<T>,
    /// The output of inference, by the state before the step.
    inferred: Vec<T>,
    /// The state after the step.
    state: Vec<T>,
    by_parameters: Vec<T>,
    by_input: Vec<T>,
}

/// Runs a layer forward and backward on one tier; inference must compute what training does.
fn run<T: Scalar>(layer: &(impl Layer<T> + Kind), numbers: &Numbers<T>, tier: Tier) -> Outcome<T> {
    run_by(layer, numbers, tier, Algorithms::CHOSEN)
}

/// [`run`], by other algorithms.
fn run_by<T: Scalar>(
    layer: &(impl Layer<T> + Kind),
    numbers: &Numbers<T>,
    tier: Tier,
    algorithms: Algorithms,
) -> Outcome<T> {
    let outcome = run_modes_by(layer, numbers, tier, algorithms);
    assert_eq!(bits(&outcome.inferred), bits(&outcome.output), "inference computes what training does");
    outcome
}

/// Runs a layer forward and backward on one tier, whose inference computes something else.
fn run_modes<T: Scalar>(layer: &(impl Layer<T> + Kind), numbers: &Numbers<T>, tier: Tier) -> Outcome<T> {
    run_modes_by(layer, numbers, tier, Algorithms::CHOSEN)
}

/// [`run_modes`], by other algorithms.
fn run_modes_by<T: Scalar>(
    layer: &(impl Layer<T> + Kind),
    numbers: &Numbers<T>,
    tier: Tier,
    algorithms: Algorithms,
) -> Outcome<T> {
    let mut bench = Bench::by(layer, numbers, tier, algorithms);
    let inferred = bench.infer();
    let frozen = bench.train(Statistics::Frozen);
    assert_eq!(bits(&bench.state), bits(&numbers.state), "a frozen state moves");
    let output = bench.train(Statistics::Update);
    assert_eq!(bits(&output), bits(&frozen), "the state plays no part in training");

    let unwritten = vec![T::nan(); numbers.parameters.len()];
    let by_parameters = bench.by_parameters(unwritten, Gradients::Overwrite);
    let twice = bench.by_parameters(by_parameters.clone(), Gradients::Accumulate);
    let doubled: Vec<T> = by_parameters.iter().map(|&x| x + x).collect();
    assert_close("the accumulated gradient", &twice, &doubled);
    let by_input = bench.by_input(&output);
    Outcome { output, inferred, state: bench.state, by_parameters, by_input }
}

/// A layer with memory that is full of NaN before each of its passes.
struct Bench<'a, T, L> {
    layer: &'a L,
    numbers: Numbers<T>,
    tier: Tier,
    algorithms: Algorithms,
    workers: Workers<T>,
    packed: Vec<T>,
    state: Vec<T>,
    switches: Vec<u32>,
    saved: Vec<T>,
    statistics: Vec<T>,
}

impl<'a, T: Scalar, L: Layer<T> + Kind> Bench<'a, T, L> {
    fn new(layer: &'a L, numbers: &Numbers<T>, tier: Tier) -> Self {
        Self::by(layer, numbers, tier, Algorithms::CHOSEN)
    }

    fn by(layer: &'a L, numbers: &Numbers<T>, tier: Tier, algorithms: Algorithms) -> Self {
        let memory = layer.memory(numbers.input.dim().0, tier, algorithms);
        let (Counts { switches, saved, statistics, .. }, images) =
            (layer.kind().counts(), numbers.input.dim().0);
        Self {
            layer,
            numbers: numbers.clone(),
            tier,
            algorithms,
            workers: Workers::new(memory.worker.max(memory.worker_backward).max(1 << 16)),
            packed: vec![T::nan(); memory.of_training()],
            state: numbers.state.clone(),
            switches: vec![u32::MAX - 1; images * switches],
            saved: vec![T::nan(); images * saved],
            statistics: vec![T::nan(); statistics],
        }
    }

    fn output(&self) -> Vec<T> {
        vec![T::nan(); self.numbers.output_gradient.len()]
    }

    /// Calls `f` with the layer, memory full of NaN, and what the forward pass kept.
    fn pass(&mut self, f: impl FnOnce(&L, &Numbers<T>, Kept<'_, T>, &mut Context<'_, T>)) {
        self.workers.fill(T::nan());
        self.packed.fill(T::nan());
        let Self { ref numbers, tier, algorithms, ref workers, ref mut packed, .. } = *self;
        let images = numbers.input.dim().0;
        let mut context = Context { images, tier, algorithms, packed, workers, kept: None, relu: false };
        let (switches, saved, statistics) = (&self.switches[..], &self.saved[..], &self.statistics[..]);
        f(self.layer, &self.numbers, Kept { switches, saved, statistics, draw: DRAW }, &mut context);
    }

    fn infer(&mut self) -> Vec<T> {
        let (mut output, state) = (self.output(), self.state.clone());
        self.pass(|layer, Numbers { parameters, input, .. }, _, context| {
            let mode = Mode::Inference { state: &state, draw: DRAW };
            layer.forward(Forward { parameters, input: slice(input), output: &mut output, mode }, context);
        });
        output
    }

    fn train(&mut self, update: Statistics) -> Vec<T> {
        let mut output = self.output();
        let (mut state, mut switches) = (self.state.clone(), self.switches.clone());
        let (mut saved, mut statistics) = (self.saved.clone(), self.statistics.clone());
        self.pass(|layer, Numbers { parameters, input, .. }, _, context| {
            let (state, switches) = (&mut state[..], &mut switches[..]);
            let (saved, statistics) = (&mut saved[..], &mut statistics[..]);
            let mode = Mode::Training { state, update, switches, saved, statistics, draw: DRAW };
            layer.forward(Forward { parameters, input: slice(input), output: &mut output, mode }, context);
        });
        (self.state, self.switches, self.saved, self.statistics) = (state, switches, saved, statistics);
        output
    }

    fn by_parameters(&mut self, mut gradient: Vec<T>, mode: Gradients) -> Vec<T> {
        self.pass(|layer, Numbers { parameters, input, output_gradient, .. }, kept, context| {
            let (input, output_gradient) = (slice(input), slice(output_gradient));
            let gradient = &mut gradient;
            let at = ParameterGradient { parameters, input, kept, output_gradient, gradient, mode };
            layer.parameter_gradient(at, context);
        });
        gradient
    }

    /// The next layer may have overwritten an output that is not needed.
    fn by_input(&mut self, output: &[T]) -> Vec<T> {
        let overwritten = self.output();
        let output = if self.layer.kind().needs() == Needs::Values { output } else { &overwritten };
        let mut gradient = vec![T::nan(); self.numbers.input.len()];
        self.pass(|layer, Numbers { parameters, input, output_gradient, .. }, kept, context| {
            let (input, output_gradient) = (slice(input), slice(output_gradient));
            let gradient = &mut gradient;
            let by_parameters = None;
            let at =
                InputGradient { parameters, input, output, kept, output_gradient, by_parameters, gradient };
            layer.input_gradient(at, context);
        });
        gradient
    }

    fn kinks(&self) -> Kinks {
        let mut kinks = Kinks::NONE;
        self.layer.kinks(slice(&self.numbers.input), &self.switches, &mut kinks);
        kinks
    }
}

/// Runs a layer that works in place: its output in training, and the gradient by its input.
fn run_in_place<T: Scalar>(
    layer: &impl InPlace<T>,
    input: &Array4<T>,
    output_gradient: &Array4<T>,
) -> (Vec<T>, Vec<T>) {
    let (mut output, mut gradient) = (slice(input).to_vec(), slice(output_gradient).to_vec());
    layer.forward(&mut output, Some(DRAW));
    layer.backward(&output, &mut gradient, DRAW);
    (output, gradient)
}
