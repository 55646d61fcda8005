//! The checked description of a whole network: everything that is known of it at compile time.

use core::fmt;

use crate::advice::{self, Advice};
use crate::checked;
use crate::error::{GeometryError, Quantity};
use crate::layer::{Layer, Offsets};
use crate::memory::{Memory, UpdateRule};
use crate::numbers::Grouped;
use crate::pattern::Pattern;
use crate::report::Report;
use crate::tensor::Tensor;
use crate::volume::Volume;

/// The loss at the end of a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LossKind {
    /// None: the network can be used for inference only.
    None,
    /// Softmax cross-entropy.
    Softmax,
    /// Multiclass support vector machine.
    Svm,
    /// Multiclass support vector machine with squared hinges.
    SquaredSvm,
    /// A binary support vector machine for each class.
    OneVsAll,
    /// Attributes by logistic regression.
    Logistic,
    /// Attributes by binary hinges.
    Hinge,
    /// Regression by squared distance.
    L2,
    /// Regression by absolute distance.
    L1,
    /// Softmax over a tree of classes.
    HierarchicalSoftmax,
    /// Structured support vector machine.
    Structured,
    /// A user's own.
    Custom,
}

/// A volume of a network, and where each kind of workspace keeps it.
///
/// Offsets are numbers for one image; a workspace of a certain capacity multiplies them by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Its size.
    pub volume: Volume,
    /// Offset among the volumes of training, which are all kept.
    pub training: usize,
    /// Offset among those of inference, which share memory as soon as they are dead.
    pub inference: usize,
    /// Offset among the gradients of volumes.
    pub gradient: usize,
}

impl Place {
    /// A volume, and its offsets in inference and among gradients: [`in_order`](Self::in_order) gives it that of training.
    pub const fn new(volume: Volume, inference: usize, gradient: usize) -> Self {
        Self { volume, training: 0, inference, gradient }
    }

    /// Lays the volumes of training one after the other.
    ///
    /// # Panics
    /// If they cannot be counted.
    pub const fn in_order<const N: usize>(mut places: [Self; N]) -> [Self; N] {
        let (mut training, mut i) = (0_usize, 0);
        while i < N {
            places[i].training = training;
            training = match training.checked_add(places[i].volume.count()) {
                Some(training) => training,
                None => panic!("the volumes hold more numbers than can be counted"),
            };
            i += 1;
        }
        places
    }
}

/// A whole network: its volumes, its layers, its loss, and the totals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Architecture<'a> {
    name: &'a str,
    places: &'a [Place],
    layers: &'a [Layer<'a>],
    loss: LossKind,
    hash: u64,
}

impl Architecture<'static> {
    /// Stands in for a network that does not compile.
    #[doc(hidden)]
    pub const STUB: Self = Self { name: "", places: &[], layers: &[], loss: LossKind::None, hash: 0 };
}

impl<'a> Architecture<'a> {
    /// Checks that the layers fit together: each takes the volume of its place, parameters and switches lie one after
    /// the other, and the totals can be counted.
    ///
    /// The first place is the input, the last one the output.
    ///
    /// # Errors
    /// The first layer's [`GeometryError::Volumes`] or [`GeometryError::Branches`], or [`GeometryError::Overflow`] of a total.
    ///
    /// # Panics
    /// If there is no layer, the output does not lie last, or an index or an offset of training, parameters or switches is
    /// not what the layers before it make it: broken invariants of the code that lays a network out. Offsets of inference
    /// and gradients are taken as they are.
    pub const fn check(
        name: &'a str,
        places: &'a [Place],
        layers: &'a [Layer<'a>],
        loss: LossKind,
    ) -> Result<Self, GeometryError> {
        assert!(!layers.is_empty(), "a network has at least one layer");
        let (mut offsets, mut volumes) = (Offsets::FIRST, 0);
        let mut i = 0;
        while i < places.len() {
            assert!(places[i].training == volumes, "the volumes of training lie one after the other");
            volumes = checked::ok!(checked::sum(
                Quantity::Memory,
                volumes,
                checked::ok!(places[i].volume.checked_count())
            ));
            i += 1;
        }
        let mut i = 0;
        while i < layers.len() {
            let layer = &layers[i];
            checked::ok!(layer.accepts(places));
            assert!(places[layer.output].volume.same(layer.kind.output()), "a layer's output has its place");
            assert!(!layer.is_in_place() || layer.kind.can_be_in_place(), "in place or not");
            assert!(layer.offsets.same(&offsets), "offsets add up");
            offsets = checked::ok!(offsets.after(&layer.kind.counts()));
            i += 1;
        }
        assert!(layers[layers.len() - 1].output == places.len() - 1, "the output lies last");
        let hash = hash(places, layers, &offsets);
        Ok(Self { name, places, layers, loss, hash })
    }

    /// [`check`](Self::check) for constants: a mistake is an error of the compiler.
    ///
    /// # Panics
    /// If the layers do not fit together.
    pub const fn new(name: &'a str, places: &'a [Place], layers: &'a [Layer<'a>], loss: LossKind) -> Self {
        match Self::check(name, places, layers, loss) {
            Ok(architecture) => architecture,
            Err(_) => panic!("the layers of this network do not fit together"),
        }
    }

    /// The network's name.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Its volumes: first the input, last the output.
    pub const fn places(&self) -> &'a [Place] {
        self.places
    }

    /// Its layers, in the order in which they run forward.
    pub const fn layers(&self) -> &'a [Layer<'a>] {
        self.layers
    }

    /// Its loss.
    pub const fn loss(&self) -> LossKind {
        self.loss
    }

    /// The volume of one image.
    pub const fn input(&self) -> Volume {
        self.places[0].volume
    }

    /// The volume of the scores.
    pub const fn output(&self) -> Volume {
        self.places[self.places.len() - 1].volume
    }

    /// Tells networks of different layers apart, so that a workspace is not used with another's.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// The number of learnable parameters.
    pub const fn parameters(&self) -> usize {
        self.ends().parameters
    }

    /// The count of numbers that training keeps from step to step but does not optimise.
    pub const fn state(&self) -> usize {
        self.ends().state
    }

    /// The tensors of that state.
    pub fn state_tensors(&self) -> impl Iterator<Item = Tensor<'a>> + use<'a> {
        self.layers.iter().flat_map(Layer::state_tensors)
    }

    /// Numbers that layers save for their backward pass, for one image.
    pub const fn saved(&self) -> usize {
        self.ends().saved
    }

    /// Numbers that layers save for their backward pass, for a batch of any size.
    pub const fn statistics(&self) -> usize {
        self.ends().statistics
    }

    /// Where the numbers of another layer would begin.
    const fn ends(&self) -> Offsets {
        let last = &self.layers[self.layers.len() - 1];
        match last.offsets.after(&last.kind.counts()) {
            Ok(offsets) => offsets,
            Err(_) => panic!("a checked architecture can be counted"),
        }
    }

    /// The learnable tensors, in the order in which they lie in the flat buffer.
    pub fn tensors(&self) -> impl Iterator<Item = Tensor<'a>> + use<'a> {
        self.layers.iter().flat_map(Layer::tensors)
    }

    /// Numbers in all volumes of one image, each once: the notes' memory.
    pub const fn training_numbers(&self) -> usize {
        let last = &self.places[self.places.len() - 1];
        last.training + last.volume.count()
    }

    /// Numbers that inference holds at once for one image.
    pub const fn inference_numbers(&self) -> usize {
        let (mut numbers, mut i) = (0, 0);
        while i < self.places.len() {
            let end = self.places[i].inference + self.places[i].volume.count();
            if end > numbers {
                numbers = end;
            }
            i += 1;
        }
        numbers
    }

    /// Numbers that the gradients of volumes take at once for one image.
    pub const fn gradient_numbers(&self) -> usize {
        let (mut numbers, mut i) = (0, 0);
        while i < self.places.len() {
            let end = self.places[i].gradient + self.places[i].volume.count();
            if end > numbers {
                numbers = end;
            }
            i += 1;
        }
        numbers
    }

    /// Numbers in the largest volume that several layers, or several branches of one, read: gradients that come later are
    /// written beside it, then added.
    pub const fn largest_parting(&self) -> usize {
        let (mut numbers, mut i) = (0, 0);
        while i < self.places.len() {
            let count = self.places[i].volume.count();
            if count > numbers && self.readers(i) > 1 {
                numbers = count;
            }
            i += 1;
        }
        numbers
    }

    /// How many inputs of layers a volume is, beside those that work in place.
    const fn readers(&self, place: usize) -> usize {
        let (mut readers, mut i) = (0, 0);
        while i < self.layers.len() {
            let (inputs, mut j) = (self.layers[i].inputs, 0);
            while j < inputs.len() && !self.layers[i].is_in_place() {
                readers += (inputs[j] == place) as usize;
                j += 1;
            }
            i += 1;
        }
        readers
    }

    /// Switches that training keeps for one image.
    pub const fn switches(&self) -> usize {
        self.ends().switches
    }

    /// Multiply-accumulates of one image, forward.
    pub const fn macs(&self) -> u64 {
        let (mut macs, mut i) = (0_u64, 0);
        while i < self.layers.len() {
            macs = macs.saturating_add(self.layers[i].kind.macs());
            i += 1;
        }
        macs
    }

    /// The table of the network, in the notes' form.
    pub const fn report(&'a self) -> Report<'a> {
        Report::of(self)
    }

    /// The network in one line, as `Debug` shows it: `CardNet [32x32x3] -> [1x1x10], 202,570 parameters`.
    pub fn summary(&self) -> impl fmt::Display + use<'a> {
        let Self { name, .. } = *self;
        let (input, output, parameters) = (self.input(), self.output(), Grouped(self.parameters() as u64));
        fmt::from_fn(move |f| write!(f, "{name} {input} -> {output}, {parameters} parameters"))
    }

    /// What training with this batch and update rule takes, with numbers of `scalar` bytes.
    pub const fn memory(&self, batch: usize, rule: UpdateRule, scalar: usize) -> Memory {
        Memory::of(self, batch, rule, scalar)
    }

    /// The largest batch that trains in this many bytes with this update rule and numbers of `scalar` bytes; nothing if
    /// one image does not.
    pub const fn largest_batch(&self, bytes: u64, rule: UpdateRule, scalar: usize) -> Option<usize> {
        Memory::largest_batch(self, bytes, rule, scalar)
    }

    /// The pattern of the notes that the network follows, if it follows it.
    pub fn pattern(&self) -> Option<Pattern<'a>> {
        Pattern::of(self.layers)
    }

    /// What the notes would advise against in this network.
    pub fn advice(&self) -> impl Iterator<Item = Advice<'a>> + use<'a> {
        advice::of(self.input(), self.layers, self.loss)
    }
}

/// FNV-1a over everything that decides how a workspace is cut.
const fn hash(places: &[Place], layers: &[Layer<'_>], ends: &Offsets) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < places.len() {
        let Place { volume, training, inference, gradient } = places[i];
        let numbers = [volume.width, volume.height, volume.depth, training, inference, gradient];
        hash = mix_all(hash, &numbers);
        i += 1;
    }
    let mut i = 0;
    while i < layers.len() {
        hash = mix(hash, layers[i].name.as_bytes());
        hash = mix(hash, layers[i].notation.as_bytes());
        hash = mix_all(hash, layers[i].inputs);
        hash = mix_all(hash, &[layers[i].output]);
        hash = mix_all(hash, &begins(&layers[i].offsets));
        i += 1;
    }
    mix_all(hash, &begins(ends))
}

/// Two types of users' layers may be written alike and need other numbers: where those begin tells them apart.
const fn begins(offsets: &Offsets) -> [usize; 5] {
    let Offsets { parameters, state, switches, saved, statistics } = *offsets;
    [parameters, state, switches, saved, statistics]
}

const fn mix_all(mut hash: u64, numbers: &[usize]) -> u64 {
    let mut i = 0;
    while i < numbers.len() {
        hash = mix(hash, &(numbers[i] as u64).to_le_bytes());
        i += 1;
    }
    hash
}

const fn mix(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}
