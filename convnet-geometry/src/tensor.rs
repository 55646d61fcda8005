//! Learnable tensors: where they lie in the flat buffer, what they are called, what part they play.

use core::fmt;

/// The most sides that a tensor has: a locally connected layer's weights.
const RANK: usize = 6;

/// The part a tensor plays, which decides how it is initialised and whether it is regularised.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Role {
    /// Filters of a convolution or templates of a fully connected layer.
    Weights,
    /// One number an output channel, added.
    Bias,
    /// One number a channel, multiplied (batch normalization's gamma).
    Scale,
    /// One number a channel, added after the scale (batch normalization's beta).
    Shift,
    /// Slopes of a parametric activation.
    Slope,
    /// Parameters of a user's own layer.
    Own,
    /// State: the running mean of batch normalization.
    Mean,
    /// State: the running variance of batch normalization.
    Variance,
    /// State of a user's own layer.
    OwnState,
}

impl Role {
    /// The last part of a tensor's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Bias => "bias",
            Self::Scale => "scale",
            Self::Shift => "shift",
            Self::Slope => "slope",
            Self::Own => "parameters",
            Self::Mean => "mean",
            Self::Variance => "variance",
            Self::OwnState => "state",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One learnable tensor of a network: a named range of its flat buffer of parameters.
///
/// Its `Display` is its name, which is stable: `conv1.weights`, `fc2.bias`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tensor<'a> {
    /// The layer that it belongs to.
    pub layer: &'a str,
    /// The part that it plays there.
    pub role: Role,
    /// Where it begins in the flat buffer.
    pub offset: usize,
    /// Numbers that add up to one output (the fan-in); 1 for a tensor that is not a matrix.
    pub fan_in: usize,
    /// Outputs that one input adds to (the fan-out), counted at stride 1 and away from the edges; 1 for a tensor that is not
    /// a matrix.
    pub fan_out: usize,
    sizes: [usize; RANK],
    rank: usize,
}

impl<'a> Tensor<'a> {
    /// A tensor of this shape, whose outputs are each the sum of as many products as the first fan says, each input going
    /// to as many outputs as the second.
    pub(crate) const fn new(
        layer: &'a str,
        role: Role,
        offset: usize,
        (fan_in, fan_out): (usize, usize),
        shape: &[usize],
    ) -> Self {
        let mut sizes = [1; RANK];
        let mut i = 0;
        while i < shape.len() {
            sizes[i] = shape[i];
            i += 1;
        }
        Self { layer, role, offset, fan_in, fan_out, sizes, rank: shape.len() }
    }

    /// A vector of one number a channel.
    pub(crate) const fn vector(layer: &'a str, role: Role, offset: usize, length: usize) -> Self {
        Self::new(layer, role, offset, (1, 1), &[length])
    }

    /// The shape, row-major.
    pub fn shape(&self) -> &[usize] {
        &self.sizes[..self.rank]
    }

    /// How many numbers the tensor holds.
    pub const fn count(&self) -> usize {
        let (mut count, mut i) = (1, 0);
        while i < self.rank {
            count *= self.sizes[i];
            i += 1;
        }
        count
    }

    /// Where it lies in the flat buffer.
    pub const fn range(&self) -> core::ops::Range<usize> {
        self.offset..self.offset + self.count()
    }

    /// Whether `name` is this tensor's name.
    pub fn is_named(&self, name: &str) -> bool {
        name.rsplit_once('.').is_some_and(|(layer, suffix)| layer == self.layer && suffix == self.role.name())
    }
}

impl fmt::Display for Tensor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.layer, self.role)
    }
}
