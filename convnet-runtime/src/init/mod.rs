//! Initialisation of parameters.

mod weights;

use convnet_geometry::{Architecture, Layer, LayerKind, PRelu, Role};

use crate::error::Error;
use crate::names;
use crate::parameters::Parameters;
use crate::random::{self, Purpose};
use crate::scalar::Scalar;
pub use weights::Weights;

/// How parameters begin: [`Weights`] for all layers, for those of a kind, for a layer by its name, and a constant bias.
///
/// The default is [`Weights::He`] and a bias of 0. Scales of batch normalization begin as 1, shifts as 0, slopes of PRELU
/// as 0.25; a layer of one's own fills its parameters itself.
///
/// ```
/// use convnet_runtime::{Initialization, Weights};
///
/// let initialization = Initialization::new(Weights::Glorot)
///     .fully_connected(Weights::Gaussian(0.01))
///     .layer("fc3", Weights::Zeros)
///     .bias(0.01);
/// # let _ = initialization;
/// ```
///
/// Each tensor draws from a stream of its own: the same seed gives the same bits, and what a layer gets depends neither on
/// how others begin nor on those behind it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Initialization {
    weights: Weights,
    convolution: Option<Weights>,
    local: Option<Weights>,
    fully_connected: Option<Weights>,
    bias: f64,
    layers: Vec<(String, Weights)>,
    layer_biases: Vec<(String, f64)>,
}

impl Initialization {
    /// Weights of every layer that begin so, and a bias of 0.
    pub fn new(weights: Weights) -> Self {
        Self { weights, ..Self::default() }
    }

    /// The weights of CONV.
    pub fn convolution(mut self, weights: Weights) -> Self {
        self.convolution = Some(weights);
        self
    }

    /// The weights of LOCAL.
    pub fn local(mut self, weights: Weights) -> Self {
        self.local = Some(weights);
        self
    }

    /// The weights of FC.
    pub fn fully_connected(mut self, weights: Weights) -> Self {
        self.fully_connected = Some(weights);
        self
    }

    /// The weights of the layer of this name, `conv1` or `plain2.conv1`, whatever its kind; the last call counts.
    pub fn layer(mut self, name: impl Into<String>, weights: Weights) -> Self {
        self.layers.push((name.into(), weights));
        self
    }

    /// Every bias: 0, or the notes' 0.01, which some set so that each ReLU fires in the beginning.
    pub fn bias(mut self, bias: f64) -> Self {
        self.bias = bias;
        self
    }

    /// The biases of the layer of this name; the last call counts.
    pub fn layer_bias(mut self, name: impl Into<String>, bias: f64) -> Self {
        self.layer_biases.push((name.into(), bias));
        self
    }

    /// Parameters for a network.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for a name that no layer with weights, or biases, has; [`Error::Option`] for a deviation, a
    /// count or a bias out of range.
    pub fn parameters<T: Scalar>(
        &self,
        architecture: &'static Architecture<'static>,
        seed: u64,
    ) -> Result<Parameters<T>, Error> {
        self.check::<T>(architecture)?;
        let mut parameters = Parameters::zeros(architecture);
        let numbers = parameters.as_mut_slice();
        let tensors = architecture.layers().iter().flat_map(|layer| layer.tensors().map(move |t| (layer, t)));
        for (index, (layer, tensor)) in (0..).zip(tensors) {
            let numbers = &mut numbers[tensor.range()];
            match tensor.role {
                Role::Weights => {
                    let mut random = random::stream(seed, Purpose::Initialization, index);
                    self.weights_of(layer).fill(&tensor, numbers, &mut random);
                }
                Role::Bias => numbers.fill(T::from_f64(self.bias_of(layer))),
                Role::Scale => numbers.fill(T::one()),
                Role::Slope => numbers.fill(T::from_f64(PRelu::INITIAL_SLOPE)),
                _ => {}
            }
        }
        Ok(parameters)
    }

    /// How a layer's weights begin: by its name, else its kind, else as all.
    fn weights_of(&self, layer: &Layer<'_>) -> Weights {
        let of_kind = match layer.kind {
            LayerKind::Convolution(_) => self.convolution,
            LayerKind::Local(_) => self.local,
            LayerKind::Dense(_) => self.fully_connected,
            _ => None,
        };
        named(&self.layers, layer).or(of_kind).unwrap_or(self.weights)
    }

    fn bias_of(&self, layer: &Layer<'_>) -> f64 {
        named(&self.layer_biases, layer).unwrap_or(self.bias)
    }

    fn check<T: Scalar>(&self, architecture: &Architecture<'static>) -> Result<(), Error> {
        let of_layers = self.layers.iter().map(|(_, weights)| *weights);
        let of_kinds = [self.convolution, self.local, self.fully_connected].into_iter().flatten();
        of_layers.chain(of_kinds).chain([self.weights]).try_for_each(Weights::check::<T>)?;
        let biases = self.layer_biases.iter().map(|(_, bias)| *bias);
        if let Some(value) = biases.chain([self.bias]).find(|&bias| !T::from_f64(bias).is_finite()) {
            let expected = "a finite number, in the network's scalar too";
            return Err(Error::Option { option: "the initial bias", value, expected });
        }
        let names = self.layers.iter().map(|(name, _)| name);
        check_names(architecture, names, "layer with weights", |layer| layer.kind.weights() > 0)?;
        let names = self.layer_biases.iter().map(|(name, _)| name);
        check_names(architecture, names, "layer with biases", |layer| layer.kind.biases() > 0)
    }
}

/// Checks that each of these is the name of a layer that will do.
///
/// # Errors
/// [`Error::UnknownName`].
fn check_names<'a>(
    architecture: &Architecture<'static>,
    mut names: impl Iterator<Item = &'a String>,
    what: &'static str,
    is_meant: impl Fn(&Layer<'_>) -> bool,
) -> Result<(), Error> {
    let meant = architecture.layers().iter().filter(|layer| is_meant(layer)).map(|layer| layer.name);
    let meant: Vec<_> = meant.collect();
    let Some(name) = names.find(|name| !meant.contains(&&name[..])) else { return Ok(()) };
    let (network, hint) = (architecture.name(), names::hint(name, &meant));
    Err(Error::UnknownName { what, name: name.clone(), network, hint })
}

/// What was last said of a layer by its name.
fn named<V: Copy>(by_name: &[(String, V)], layer: &Layer<'_>) -> Option<V> {
    by_name.iter().rev().find(|(name, _)| name == layer.name).map(|(_, value)| *value)
}
