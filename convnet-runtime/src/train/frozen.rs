//! Layers that training leaves as they are.

use std::ops::Range;

use convnet_geometry::{Architecture, Tensor};

use crate::error::Error;
use crate::names;
use crate::network::Network;
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// The numbers of frozen layers: they are put back after each update, whatever the rule does, momentum and weight decay
/// included.
#[derive(Clone, Debug)]
pub(super) struct Frozen<T> {
    parameters: Vec<Held<T>>,
    /// Running statistics of those layers.
    state: Vec<Held<T>>,
}

/// Some of a network's numbers, as they are to stay.
#[derive(Clone, Debug)]
struct Held<T> {
    range: Range<usize>,
    numbers: Vec<T>,
}

impl<T: Scalar> Frozen<T> {
    /// The layers or tensors of these names: `conv1` is all of a layer, `conv1.bias` one of its tensors. A block's or a
    /// branch's name stands for all layers in it: `plain2` is `plain2.conv1` and the others.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for a name that nothing has.
    pub(super) fn new<N: Network<Scalar = T>>(network: &N, names: &[&str]) -> Result<Self, Error> {
        for name in names {
            let mut tensors = N::ARCHITECTURE.tensors();
            if !tensors.any(|tensor| is_meant(&tensor, name)) {
                return Err(unknown(N::ARCHITECTURE, name));
            }
        }
        let is_frozen = |tensor: &Tensor<'_>| names.iter().any(|name| is_meant(tensor, name));
        let held = |numbers: &Parameters<T>| {
            let frozen = numbers.iter().filter(|(tensor, _)| is_frozen(tensor));
            frozen
                .map(|(tensor, numbers)| Held { range: tensor.range(), numbers: numbers.to_vec() })
                .collect()
        };
        Ok(Self { parameters: held(network.parameters()), state: held(network.state()) })
    }

    /// Takes the numbers that the network has now as those that are to stay.
    pub(super) fn hold<N: Network<Scalar = T>>(&mut self, network: &N) {
        let hold = |held: &mut [Held<T>], numbers: &[T]| {
            held.iter_mut().for_each(|held| held.numbers.copy_from_slice(&numbers[held.range.clone()]));
        };
        hold(&mut self.parameters, network.parameters().as_slice());
        hold(&mut self.state, network.state().as_slice());
    }

    /// Makes their gradients 0, so that they have no part in a norm.
    pub(super) fn clear(&self, gradients: &mut Parameters<T>) {
        let gradients = gradients.as_mut_slice();
        self.parameters.iter().for_each(|held| gradients[held.range.clone()].fill(T::zero()));
    }

    /// Puts them back.
    pub(super) fn restore<N: Network<Scalar = T>>(&self, network: &mut N) {
        let put_back = |held: &[Held<T>], numbers: &mut [T]| {
            held.iter().for_each(|held| numbers[held.range.clone()].copy_from_slice(&held.numbers));
        };
        put_back(&self.parameters, network.parameters_mut().as_mut_slice());
        put_back(&self.state, network.state_mut().as_mut_slice());
    }
}

/// Whether a tensor, its layer, or a block around it has this name.
fn is_meant(tensor: &Tensor<'_>, name: &str) -> bool {
    let is_around =
        |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    is_around(tensor.layer) || tensor.is_named(name)
}

fn unknown(architecture: &'static Architecture<'static>, name: &str) -> Error {
    let mut layers: Vec<_> = architecture.tensors().map(|tensor| tensor.layer).collect();
    layers.dedup();
    let hint = names::hint(name, &layers);
    Error::UnknownName {
        what: "layer or tensor with parameters",
        name: name.to_owned(),
        network: architecture.name(),
        hint,
    }
}
