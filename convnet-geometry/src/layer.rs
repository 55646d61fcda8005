//! One layer of a network, as its architecture lists it.

use core::ops::Range;

use crate::activation::{Activation, Needs, PRelu};
use crate::convolution::Convolution;
use crate::counts::Counts;
use crate::custom::Custom;
use crate::dense::Dense;
use crate::dropout::Dropout;
use crate::error::GeometryError;
use crate::fractional::FractionalPooling;
use crate::join::Joint;
use crate::local::Local;
use crate::maxout::Maxout;
use crate::normalization::{BatchNorm, ResponseNorm};
use crate::pooling::{Pool, Pooling};
use crate::tensor::{Role, Tensor};
use crate::volume::Volume;
use crate::window::Window;

/// What a layer computes, with its checked geometry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LayerKind {
    /// CONV.
    Convolution(Convolution),
    /// LOCAL.
    Local(Local),
    /// POOL, AVGPOOL, L2POOL, STOCHPOOL or GAP.
    Pooling(Pooling),
    /// FRACPOOL.
    FractionalPooling(FractionalPooling),
    /// FC.
    Dense(Dense),
    /// RELU, LRELU, ELU, SIGMOID or TANH.
    Activation(Activation),
    /// PRELU.
    PRelu(PRelu),
    /// MAXOUT.
    Maxout(Maxout),
    /// BN.
    BatchNorm(BatchNorm),
    /// LRN.
    ResponseNorm(ResponseNorm),
    /// DROPOUT.
    Dropout(Dropout),
    /// CAT or ADD.
    Joint(Joint),
    /// A user's own.
    Custom(Custom),
}

/// Asks a question of whatever geometry a kind has.
macro_rules! of_geometry {
    ($kind:expr, $layer:ident => $answer:expr) => {
        match $kind {
            LayerKind::Convolution($layer) => $answer,
            LayerKind::Local($layer) => $answer,
            LayerKind::Pooling($layer) => $answer,
            LayerKind::FractionalPooling($layer) => $answer,
            LayerKind::Dense($layer) => $answer,
            LayerKind::Activation($layer) => $answer,
            LayerKind::PRelu($layer) => $answer,
            LayerKind::Maxout($layer) => $answer,
            LayerKind::BatchNorm($layer) => $answer,
            LayerKind::ResponseNorm($layer) => $answer,
            LayerKind::Dropout($layer) => $answer,
            LayerKind::Joint($layer) => $answer,
            LayerKind::Custom($layer) => $answer,
        }
    };
}

impl LayerKind {
    /// The volume that the layer gives.
    pub const fn output(&self) -> Volume {
        of_geometry!(self, layer => layer.output())
    }

    /// The numbers that it needs.
    pub const fn counts(&self) -> Counts {
        of_geometry!(self, layer => layer.counts())
    }

    /// The volume that the layer takes; nothing where several branches meet.
    pub const fn input(&self) -> Option<Volume> {
        Some(match self {
            Self::Convolution(layer) => layer.input(),
            Self::Local(layer) => layer.input(),
            Self::Pooling(layer) => layer.input(),
            Self::FractionalPooling(layer) => layer.input(),
            Self::Dense(layer) => layer.input(),
            Self::Activation(layer) => layer.input(),
            Self::PRelu(layer) => layer.input(),
            Self::Maxout(layer) => layer.input(),
            Self::BatchNorm(layer) => layer.input(),
            Self::ResponseNorm(layer) => layer.input(),
            Self::Dropout(layer) => layer.input(),
            Self::Custom(layer) => layer.input(),
            Self::Joint(_) => return None,
        })
    }

    /// The number of weights.
    pub const fn weights(&self) -> usize {
        self.counts().weights
    }

    /// The number of biases.
    pub const fn biases(&self) -> usize {
        self.counts().biases
    }

    /// The number of learnable parameters.
    pub const fn parameters(&self) -> usize {
        self.counts().parameters()
    }

    /// Multiply-accumulates for one image; comparisons, additions and divisions are not counted.
    pub const fn macs(&self) -> u64 {
        self.counts().macs
    }

    /// Positions that the forward pass of training keeps for the backward pass, for one image.
    pub const fn switches(&self) -> usize {
        self.counts().switches
    }

    /// The window that slides over the input, if there is one.
    pub const fn window(&self) -> Option<Window> {
        match self {
            Self::Convolution(layer) => Some(layer.window()),
            Self::Local(layer) => Some(layer.shared().window()),
            Self::Pooling(layer) => Some(layer.window()),
            _ => None,
        }
    }

    /// Whether the layer can overwrite its input with its output.
    pub const fn can_be_in_place(&self) -> bool {
        matches!(self, Self::Activation(_) | Self::Dropout(_))
    }

    /// What its backward pass needs of its output.
    pub const fn needs(&self) -> Needs {
        match self {
            Self::Activation(layer) => layer.needs(),
            Self::Pooling(layer) if matches!(layer.pool(), Pool::L2) => Needs::Values,
            _ => Needs::Nothing,
        }
    }

    /// Whether it may overwrite the output of a layer that needs it so.
    pub const fn may_overwrite(&self, needs: Needs) -> bool {
        let keeps_signs = match self {
            Self::Activation(layer) => layer.keeps_signs(),
            Self::Dropout(_) => true,
            _ => return false,
        };
        match needs {
            Needs::Nothing => true,
            // What is dropped, or becomes 0, has a gradient of 0.
            Needs::Signs => keeps_signs,
            Needs::Values => false,
        }
    }
}

/// Where a layer's numbers begin among those of all layers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Offsets {
    /// Its parameters in the flat buffer.
    pub parameters: usize,
    /// Its state.
    pub state: usize,
    /// Its switches among those of one image.
    pub switches: usize,
    /// What it saves among that of one image.
    pub saved: usize,
    /// The statistics of its batch.
    pub statistics: usize,
}

impl Offsets {
    /// Those of the first layer.
    pub const FIRST: Self = Self { parameters: 0, state: 0, switches: 0, saved: 0, statistics: 0 };

    /// Those of the layer after one with these counts.
    ///
    /// # Errors
    /// [`GeometryError::Overflow`].
    pub const fn after(self, counts: &Counts) -> Result<Self, GeometryError> {
        use crate::checked::{ok, sum};
        use crate::error::Quantity::{Memory, Parameters};
        Ok(Self {
            parameters: ok!(sum(Parameters, self.parameters, ok!(counts.checked_parameters()))),
            state: ok!(sum(Memory, self.state, counts.state)),
            switches: ok!(sum(Memory, self.switches, counts.switches)),
            saved: ok!(sum(Memory, self.saved, counts.saved)),
            statistics: ok!(sum(Memory, self.statistics, counts.statistics)),
        })
    }

    /// Whether both are the same; `==` in `const fn`.
    pub(crate) const fn same(&self, other: &Self) -> bool {
        self.parameters == other.parameters
            && self.state == other.state
            && self.switches == other.switches
            && self.saved == other.saved
            && self.statistics == other.statistics
    }
}

/// One layer: its name, its notation, its geometry, and where its input, output and numbers lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layer<'a> {
    /// Kind and ordinal, `conv1`, after the block and branch it stands in, `plain2.conv1`: the name of its tensors.
    pub name: &'a str,
    /// As the source writes it: `CONV3-64`.
    pub notation: &'a str,
    /// What it computes.
    pub kind: LayerKind,
    /// Indices of its inputs among the architecture's places: one, or one for each branch.
    pub inputs: &'a [usize],
    /// Index of its output; the input's if it works in place.
    pub output: usize,
    /// Where its numbers begin.
    pub offsets: Offsets,
}

impl<'a> Layer<'a> {
    /// A layer whose numbers begin where those of the first do: [`in_order`](Self::in_order) lays them one after the other.
    pub const fn new(
        name: &'a str,
        notation: &'a str,
        kind: LayerKind,
        inputs: &'a [usize],
        output: usize,
    ) -> Self {
        Self { name, notation, kind, inputs, output, offsets: Offsets::FIRST }
    }

    /// Lays the numbers of layers one after the other.
    ///
    /// # Panics
    /// If they cannot be counted.
    pub const fn in_order<const N: usize>(mut layers: [Self; N]) -> [Self; N] {
        let (mut offsets, mut i) = (Offsets::FIRST, 0);
        while i < N {
            layers[i].offsets = offsets;
            offsets = match offsets.after(&layers[i].kind.counts()) {
                Ok(offsets) => offsets,
                Err(_) => panic!("the layers need more numbers than can be counted"),
            };
            i += 1;
        }
        layers
    }

    /// Whether the layer overwrites its input with its output.
    pub const fn is_in_place(&self) -> bool {
        self.inputs.len() == 1 && self.inputs[0] == self.output
    }

    /// Where the layer's parameters lie in the flat buffer.
    pub const fn range(&self) -> Range<usize> {
        self.offsets.parameters..self.offsets.parameters + self.kind.parameters()
    }

    /// Where the layer's state lies.
    pub const fn state_range(&self) -> Range<usize> {
        self.offsets.state..self.offsets.state + self.kind.counts().state
    }

    /// The layer's learnable tensors, in the order in which they lie in the flat buffer.
    pub fn tensors(&self) -> impl Iterator<Item = Tensor<'a>> + use<'a> {
        let (first, counts) = (self.offsets.parameters, self.kind.counts());
        let weights = self.weights();
        let bias = match &self.kind {
            LayerKind::Local(layer) if counts.biases > 0 => {
                let Volume { width, height, depth } = layer.output();
                let shape = [height, width, depth];
                Some(Tensor::new(self.name, Role::Bias, first + counts.weights, (1, 1), &shape))
            }
            _ => self.vector(Role::Bias, first + counts.weights, counts.biases),
        };
        let others = [
            self.vector(Role::Scale, first, counts.scales),
            self.vector(Role::Shift, first + counts.scales, counts.shifts),
            self.vector(Role::Slope, first, counts.slopes),
            self.vector(Role::Own, first, counts.own),
        ];
        weights.into_iter().chain(bias).chain(others.into_iter().flatten())
    }

    /// The tensors of the layer's state.
    pub fn state_tensors(&self) -> impl Iterator<Item = Tensor<'a>> + use<'a> {
        let (first, state) = (self.offsets.state, self.kind.counts().state);
        let tensors = match self.kind {
            LayerKind::BatchNorm(layer) => {
                let channels = layer.volume.depth;
                [
                    self.vector(Role::Mean, first, channels),
                    self.vector(Role::Variance, first + channels, channels),
                ]
            }
            _ => [self.vector(Role::OwnState, first, state), None],
        };
        tensors.into_iter().flatten()
    }

    fn weights(&self) -> Option<Tensor<'a>> {
        let weights = |fans, shape: &[usize]| {
            Some(Tensor::new(self.name, Role::Weights, self.offsets.parameters, fans, shape))
        };
        let fans = |layer: &Convolution| {
            let filter = layer.window().filter;
            (layer.taps(), filter.width * filter.height * layer.group_filters())
        };
        let filters = |layer: &Convolution| {
            let filter = layer.window().filter;
            [layer.filters(), filter.height, filter.width, layer.group_depth()]
        };
        match &self.kind {
            LayerKind::Convolution(layer) => weights(fans(layer), &filters(layer)),
            LayerKind::Local(layer) => {
                let ([k, f_height, f_width, depth], output) = (filters(layer.shared()), layer.output());
                weights(fans(layer.shared()), &[output.height, output.width, k, f_height, f_width, depth])
            }
            LayerKind::Dense(layer) => {
                weights((layer.inputs(), layer.outputs()), &[layer.outputs(), layer.inputs()])
            }
            _ => None,
        }
    }

    fn vector(&self, role: Role, offset: usize, length: usize) -> Option<Tensor<'a>> {
        (length > 0).then(|| Tensor::vector(self.name, role, offset, length))
    }

    /// Whether the layer takes the volumes of these places.
    pub(crate) const fn accepts(&self, places: &[crate::architecture::Place]) -> Result<(), GeometryError> {
        let first = places[self.inputs[0]].volume;
        if let LayerKind::Joint(joint) = self.kind {
            let (mut volume, mut i) = (first, 1);
            while i < self.inputs.len() {
                volume = crate::checked::ok!(joint.join.with(volume, places[self.inputs[i]].volume));
                i += 1;
            }
            return Self::is(joint.output, volume);
        }
        match self.kind.input() {
            Some(expected) => Self::is(expected, first),
            None => Ok(()),
        }
    }

    const fn is(expected: Volume, found: Volume) -> Result<(), GeometryError> {
        if expected.same(found) { Ok(()) } else { Err(GeometryError::Volumes { expected, found }) }
    }
}
