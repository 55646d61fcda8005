//! The notes' memory question: what does training this network, at this batch, take?

use core::fmt;

use crate::architecture::Architecture;
use crate::numbers::Bytes;

/// An update rule, as far as memory is concerned: how many numbers it keeps for each parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UpdateRule {
    /// Plain gradient descent keeps nothing.
    Sgd,
    /// The velocity.
    Momentum,
    /// The velocity, looked ahead by.
    Nesterov,
    /// The sum of squared gradients.
    Adagrad,
    /// The decaying mean of squared gradients.
    RmsProp,
    /// The decaying means of gradients and of their squares.
    Adam,
    /// The same, with weight decay beside the gradients.
    AdamW,
}

impl UpdateRule {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Sgd, Self::Momentum, Self::Nesterov, Self::Adagrad, Self::RmsProp, Self::Adam, Self::AdamW];

    /// Numbers kept beside each parameter and its gradient.
    pub const fn kept_per_parameter(self) -> usize {
        match self {
            Self::Sgd => 0,
            Self::Momentum | Self::Nesterov | Self::Adagrad | Self::RmsProp => 1,
            Self::Adam | Self::AdamW => 2,
        }
    }

    /// Its name, in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Momentum => "momentum",
            Self::Nesterov => "nesterov",
            Self::Adagrad => "adagrad",
            Self::RmsProp => "rms_prop",
            Self::Adam => "adam",
            Self::AdamW => "adam_w",
        }
    }
}

/// What training takes, in bytes.
///
/// What kernels work in comes on top: an operand that products share (at most the filters of the largest convolution, or
/// the batch before the largest fully connected layer, or the weights of one whose connections are dropped), and a block for
/// each thread. The training workspace tells the sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// The volumes of the batch, the images among them.
    pub volumes: u64,
    /// The gradients of those volumes; only neighbours live at the same time. Where branches part, one more is added to
    /// another.
    pub volume_gradients: u64,
    /// What layers keep for their backward pass: the switches of maximum pooling, the statistics of a batch.
    pub switches: u64,
    /// The parameters.
    pub parameters: u64,
    /// Their gradients.
    pub parameter_gradients: u64,
    /// What the update rule keeps.
    pub optimizer: u64,
}

impl Memory {
    pub(crate) const fn of(
        architecture: &Architecture<'_>,
        batch: usize,
        rule: UpdateRule,
        scalar: usize,
    ) -> Self {
        let (batch, scalar) = (batch as u64, scalar as u64);
        let parameters = scalar.saturating_mul(architecture.parameters() as u64);
        let per_image = batch.saturating_mul(scalar);
        let gradients =
            (architecture.gradient_numbers() as u64).saturating_add(architecture.largest_parting() as u64);
        Self {
            volumes: per_image.saturating_mul(architecture.training_numbers() as u64),
            volume_gradients: per_image.saturating_mul(gradients),
            switches: batch
                .saturating_mul(4)
                .saturating_mul(architecture.switches() as u64)
                .saturating_add(per_image.saturating_mul(architecture.saved() as u64))
                .saturating_add(scalar.saturating_mul(architecture.statistics() as u64)),
            parameters,
            parameter_gradients: parameters,
            optimizer: parameters.saturating_mul(rule.kept_per_parameter() as u64),
        }
    }

    /// The largest batch whose [`total`](Self::total) is at most `bytes`: every image takes the same, beside what the
    /// parameters take.
    pub(crate) const fn largest_batch(
        architecture: &Architecture<'_>,
        bytes: u64,
        rule: UpdateRule,
        scalar: usize,
    ) -> Option<usize> {
        let fixed = Self::of(architecture, 0, rule, scalar).total();
        let one = Self::of(architecture, 1, rule, scalar).total();
        if one > bytes {
            return None;
        }
        match (bytes - fixed).checked_div(one - fixed) {
            #[expect(clippy::cast_possible_truncation, reason = "tested against the largest")]
            Some(batch) if batch <= usize::MAX as u64 => Some(batch as usize),
            _ => Some(usize::MAX),
        }
    }

    /// All of it.
    pub const fn total(&self) -> u64 {
        let Self { volumes, volume_gradients, switches, parameters, parameter_gradients, optimizer } = *self;
        let volumes = volumes.saturating_add(volume_gradients).saturating_add(switches);
        volumes.saturating_add(parameters).saturating_add(parameter_gradients).saturating_add(optimizer)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "volumes {}, their gradients {}, switches {}, parameters {}, their gradients {}, optimizer {}: {} in all",
            Bytes(self.volumes),
            Bytes(self.volume_gradients),
            Bytes(self.switches),
            Bytes(self.parameters),
            Bytes(self.parameter_gradients),
            Bytes(self.optimizer),
            Bytes(self.total()),
        )
    }
}
