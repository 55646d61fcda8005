//! What the weights of a layer may begin as.

use convnet_geometry::Tensor;
use rand::Rng;
use rand::seq::index;

use crate::error::Error;
use crate::scalar::Scalar;

/// How the weights of a layer begin, the notes' chapter on setting up the data and the model.
///
/// All but zeros are drawn from a normal distribution with mean 0. The fan-in n is the number of inputs of a neuron: all of
/// them for FC, `F_width * F_height * D/G` for CONV and for LOCAL, whose neurons at every position are the same in this. The
/// fan-out is the number of neurons that one input goes to: the K of FC, `F_width * F_height * K/G` for CONV and for LOCAL,
/// counted at stride 1 and away from the edges. PyTorch does not divide the fan-out by the groups.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[non_exhaustive]
pub enum Weights {
    /// All 0: the notes' pitfall, since the neurons of a layer then compute the same, have the same gradients, and stay
    /// equal for ever. Of use where nothing else is below, such as a linear classifier.
    Zeros,
    /// Small random numbers of this standard deviation, the notes' 0.01.
    Gaussian(f64),
    /// Variance 1/n: every neuron's output has the variance of its inputs.
    Calibrated,
    /// Variance 2/(fan-in + fan-out), a compromise between the passes forward and backward (Glorot and Bengio 2010).
    Glorot,
    /// Variance 2/n: what the notes recommend for ReLU networks (He et al. 2015).
    #[default]
    He,
    /// Each neuron is connected to so many of its inputs, drawn anew for each, or to all if it has fewer, by weights of
    /// this standard deviation; all other weights are 0, but are trained like these.
    Sparse {
        /// How many inputs a neuron is connected to.
        inputs: usize,
        /// The standard deviation of the weights that are not 0.
        deviation: f64,
    },
}

impl Weights {
    /// The notes' small random numbers.
    pub const SMALL: Self = Self::Gaussian(0.01);

    /// The notes' sparse initialisation: 10 inputs, with small random numbers.
    pub const SPARSE: Self = Self::Sparse { inputs: 10, deviation: 0.01 };

    /// Checks deviation and count.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub(super) fn check<T: Scalar>(self) -> Result<(), Error> {
        let (option, deviation) = match self {
            Self::Gaussian(deviation) => ("the deviation of `Weights::Gaussian`", deviation),
            Self::Sparse { inputs: 0, .. } => {
                let option = "the number of inputs of `Weights::Sparse`";
                return Err(Error::Option { option, value: 0.0, expected: "at least 1" });
            }
            Self::Sparse { deviation, .. } => ("the deviation of `Weights::Sparse`", deviation),
            Self::Zeros | Self::Calibrated | Self::Glorot | Self::He => return Ok(()),
        };
        let scalar = T::from_f64(deviation);
        if scalar.is_finite() && scalar > T::zero() {
            return Ok(());
        }
        let expected = "a finite number above 0, in the network's scalar too";
        Err(Error::Option { option, value: deviation, expected })
    }

    /// Fills a tensor, in which the weights of each neuron stand together.
    pub(super) fn fill<T: Scalar>(self, tensor: &Tensor<'_>, numbers: &mut [T], random: &mut impl Rng) {
        let (fan_in, fan_out) = (tensor.fan_in as f64, tensor.fan_out as f64);
        let deviation = match self {
            Self::Zeros => return numbers.fill(T::zero()),
            Self::Gaussian(deviation) | Self::Sparse { deviation, .. } => deviation,
            Self::Calibrated => (1.0 / fan_in).sqrt(),
            Self::Glorot => (2.0 / (fan_in + fan_out)).sqrt(),
            Self::He => (2.0 / fan_in).sqrt(),
        };
        let deviation = T::from_f64(deviation);
        let Self::Sparse { inputs, .. } = self else {
            return numbers.fill_with(|| deviation * T::standard_normal(random));
        };
        numbers.fill(T::zero());
        for neuron in numbers.chunks_exact_mut(tensor.fan_in) {
            for input in index::sample(random, neuron.len(), inputs.min(neuron.len())) {
                neuron[input] = deviation * T::standard_normal(random);
            }
        }
    }
}
