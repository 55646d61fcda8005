//! Initialisation of parameters.

use convnet_geometry::{Architecture, PRelu, Role};

use crate::error::Error;
use crate::parameters::Parameters;
use crate::random::{self, Purpose};
use crate::scalar::Scalar;

/// How parameters begin.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[non_exhaustive]
pub enum Initialization {
    /// Weights from a normal distribution with mean 0 and variance 2/n, n the number of inputs of a neuron: what the
    /// notes recommend for ReLU networks (He et al. 2015). Biases and shifts 0, scales 1, slopes 0.25.
    #[default]
    He,
}

impl Initialization {
    /// Parameters for a network.
    ///
    /// Each tensor draws from a stream of its own, so that what one layer gets does not depend on the others.
    ///
    /// # Errors
    /// None of the present kinds can fail.
    pub fn parameters<T: Scalar>(
        &self,
        architecture: &'static Architecture<'static>,
        seed: u64,
    ) -> Result<Parameters<T>, Error> {
        let mut parameters = Parameters::zeros(architecture);
        let numbers = parameters.as_mut_slice();
        for (index, tensor) in architecture.tensors().enumerate() {
            match tensor.role {
                Role::Scale => numbers[tensor.range()].fill(T::one()),
                Role::Slope => numbers[tensor.range()].fill(T::from_f64(PRelu::INITIAL_SLOPE)),
                _ => {}
            }
            if tensor.role == Role::Weights {
                let deviation = match self {
                    Self::He => T::from_f64((2.0 / tensor.fan_in as f64).sqrt()),
                };
                let mut random = random::stream(seed, Purpose::Initialization, index as u64);
                numbers[tensor.range()].fill_with(|| deviation * T::standard_normal(&mut random));
            }
        }
        Ok(parameters)
    }
}
