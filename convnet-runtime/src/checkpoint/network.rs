//! A network in a checkpoint: its parameters and its state, by name, and what it looks like.

use std::fmt;
use std::path::Path;

use convnet_geometry::Architecture;

use super::{Checkpoint, Checksums, Dtype, Tensor, TensorData};
use crate::error::Error;
use crate::init::Initialization;
use crate::network::Network;
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// The name of the network, and a line for each of its layers: what a message about another network's checkpoint says.
const NETWORK: &str = "network";
const LAYERS: &str = "layers";

/// What was taken of a checkpoint whose names match some of a network's, and what was not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Matched {
    /// Tensors that were taken.
    pub taken: Vec<String>,
    /// Tensors of the network that the checkpoint lacks: they are as they were.
    pub missing: Vec<String>,
    /// Tensors that both have, in other shapes or of other numbers, with what differs: they are as they were.
    pub different: Vec<String>,
    /// Tensors of the checkpoint that the network has no use for.
    pub unused: Vec<String>,
}

impl fmt::Display for Matched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, missing, different, unused } = self;
        write!(f, "{} tensors were taken", taken.len())?;
        for (what, names) in [("missing", missing), ("different", different), ("not used", unused)] {
            if !names.is_empty() {
                write!(f, "\n{what}: {}", names.join(", "))?;
            }
        }
        Ok(())
    }
}

/// A network's parameters and state as a checkpoint.
pub(crate) fn of_network<N: Network>(network: &N) -> Checkpoint {
    let mut checkpoint = Checkpoint::default();
    checkpoint.metadata.insert(NETWORK.to_owned(), N::ARCHITECTURE.name().to_owned());
    checkpoint.metadata.insert(LAYERS.to_owned(), layers(N::ARCHITECTURE));
    for numbers in [network.parameters(), network.state()] {
        for (tensor, numbers) in numbers.iter() {
            checkpoint.tensors.push(Tensor::new(tensor.to_string(), tensor.shape(), data_of(numbers)));
        }
    }
    checkpoint
}

/// The layers, a line each: name, notation, what it gives.
fn layers(architecture: &Architecture<'_>) -> String {
    let input = std::iter::once(format!("INPUT{}", architecture.input()));
    let layers = architecture.layers().iter();
    let lines = layers.map(|layer| format!("{}: {} -> {}", layer.name, layer.notation, layer.kind.output()));
    input.chain(lines).collect::<Vec<_>>().join("\n")
}

/// Gives a network all parameters and all of the state of a checkpoint of the same network.
///
/// # Errors
/// Those of [`check`]; then nothing changes.
pub(crate) fn put<N: Network>(network: &mut N, checkpoint: &Checkpoint) -> Result<(), Error> {
    check(network, checkpoint)?;
    take_matching(network, checkpoint, &mut Matched::default());
    Ok(())
}

/// What a training calls the running average of the parameters, and of the state.
pub(crate) const AVERAGE: &str = "average/parameters";
pub(crate) const AVERAGE_STATE: &str = "average/state";

/// [`put`], with the running average of parameters and state in their place, if the training kept one.
pub(crate) fn put_best<N: Network>(network: &mut N, checkpoint: &Checkpoint) -> Result<(), Error> {
    put(network, checkpoint)?;
    let average = |name, length| {
        let numbers = checkpoint.get(name).and_then(|tensor| numbers_of::<N::Scalar>(&tensor.data));
        numbers.filter(|numbers| numbers.len() == length)
    };
    let (parameters, state) = (network.parameters().len(), network.state().len());
    if let (Some(parameters), Some(state)) = (average(AVERAGE, parameters), average(AVERAGE_STATE, state)) {
        network.parameters_mut().as_mut_slice().copy_from_slice(&parameters);
        network.state_mut().as_mut_slice().copy_from_slice(&state);
    }
    Ok(())
}

/// Whether a checkpoint holds all numbers of a network.
///
/// # Errors
/// [`Error::OtherNetwork`] with the first layer or tensor that differs.
pub(crate) fn check<N: Network>(network: &N, checkpoint: &Checkpoint) -> Result<(), Error> {
    let missing = |numbers: &Parameters<N::Scalar>| {
        numbers.tensors().iter().find_map(|tensor| {
            let (name, shape) = (tensor.to_string(), tensor.shape());
            fitting::<N::Scalar>(checkpoint, &name, shape).err()
        })
    };
    match missing(network.parameters()).or_else(|| missing(network.state())) {
        Some(difference) => Err(other_network::<N>(checkpoint, difference)),
        None => Ok(()),
    }
}

/// The tensor of this name, if its shape and its type fit; what is there instead, otherwise.
fn fitting<'c, T: Scalar>(
    checkpoint: &'c Checkpoint,
    name: &str,
    shape: &[usize],
) -> Result<&'c Tensor, String> {
    let Some(tensor) = checkpoint.get(name) else { return Err(format!("it has no `{name}`")) };
    if tensor.shape != shape {
        return Err(format!("its `{name}` has the shape {:?}, not {shape:?}", tensor.shape));
    }
    let (found, expected) = (tensor.data.dtype(), if is_single::<T>() { Dtype::F32 } else { Dtype::F64 });
    if found == expected { Ok(tensor) } else { Err(format!("its `{name}` holds {found}, not {expected}")) }
}

/// Whether a scalar is `f32`.
fn is_single<T: Scalar>() -> bool {
    size_of::<T>() == size_of::<f32>()
}

/// Numbers as a tensor's. (Those of `f32` go through `f64`, which changes none.)
pub(crate) fn data_of<T: Scalar>(numbers: &[T]) -> TensorData {
    if is_single::<T>() {
        #[expect(clippy::cast_possible_truncation, reason = "they were f32 before")]
        let numbers = numbers.iter().map(|number| number.as_f64() as f32);
        return TensorData::F32(numbers.collect());
    }
    TensorData::F64(numbers.iter().map(|number| number.as_f64()).collect())
}

/// A tensor's numbers, if they are of this scalar.
pub(crate) fn numbers_of<T: Scalar>(data: &TensorData) -> Option<Vec<T>> {
    match data {
        TensorData::F32(numbers) if is_single::<T>() => {
            Some(numbers.iter().map(|&number| T::from_f64(number.into())).collect())
        }
        TensorData::F64(numbers) if !is_single::<T>() => {
            Some(numbers.iter().map(|&number| T::from_f64(number)).collect())
        }
        _ => None,
    }
}

/// What differs, layer by layer if the checkpoint says what its layers are.
fn other_network<N: Network>(checkpoint: &Checkpoint, difference: String) -> Error {
    let network = N::ARCHITECTURE.name();
    let of = checkpoint
        .metadata
        .get(NETWORK)
        .map_or_else(|| "another program".to_owned(), |name| format!("`{name}`"));
    let ours = layers(N::ARCHITECTURE);
    let layer = checkpoint.metadata.get(LAYERS).and_then(|theirs| first_difference(theirs, &ours));
    Error::OtherNetwork { network, of, difference: layer.unwrap_or(difference) }
}

/// The first line that differs.
fn first_difference(theirs: &str, ours: &str) -> Option<String> {
    let (mut theirs, mut ours) = (theirs.lines(), ours.lines());
    loop {
        match (theirs.next(), ours.next()) {
            (None, None) => return None,
            (their, our) if their == our => {}
            (Some(their), Some(our)) => {
                return Some(format!("it has the layer {their}, where this network has {our}"));
            }
            (Some(their), None) => {
                return Some(format!("it goes on with the layer {their}, where this network ends"));
            }
            (None, Some(our)) => return Some(format!("it ends where this network has the layer {our}")),
        }
    }
}

/// Gives a network those parameters, and that state, whose names and shapes match.
pub(crate) fn take_matching<N: Network>(network: &mut N, checkpoint: &Checkpoint, matched: &mut Matched) {
    let mut take = |numbers: &mut Parameters<N::Scalar>| {
        let tensors = numbers.tensors().to_vec();
        let all = numbers.as_mut_slice();
        for tensor in tensors {
            let name = tensor.to_string();
            match fitting::<N::Scalar>(checkpoint, &name, tensor.shape()) {
                Ok(found) => {
                    let numbers = numbers_of(&found.data).expect("a type that fits");
                    all[tensor.range()].copy_from_slice(&numbers);
                    matched.taken.push(name);
                }
                Err(_) if checkpoint.get(&name).is_none() => matched.missing.push(name),
                Err(difference) => matched.different.push(difference),
            }
        }
    };
    take(network.parameters_mut());
    take(network.state_mut());
    let is_ours = |name: &String| matched.taken.contains(name);
    let names = checkpoint.tensors.iter().map(|tensor| &tensor.name);
    matched.unused = names.filter(|name| !is_ours(name) && !name.contains('/')).cloned().collect();
}

/// Networks from checkpoints, and checkpoints of networks.
pub trait Stored: Network {
    /// The parameters and the state as a checkpoint, which other programs can read too: it is a safetensors file.
    fn to_checkpoint(&self) -> Checkpoint {
        of_network(self)
    }

    /// The network that a checkpoint holds: with the running average of its parameters, where the training kept one.
    ///
    /// # Errors
    /// [`Error::OtherNetwork`] if it is another one's: the message says which layer differs.
    fn from_checkpoint(checkpoint: &Checkpoint) -> Result<Self, Error> {
        let mut network = Self::new(0, &Initialization::default())?;
        put_best(&mut network, checkpoint)?;
        Ok(network)
    }

    /// The network that the bytes of a checkpoint hold: `LeNet::from_bytes(include_bytes!("lenet.safetensors"))` is a trained
    /// network inside a program.
    ///
    /// # Errors
    /// Those of [`Checkpoint::from_bytes`] and of [`from_checkpoint`](Self::from_checkpoint).
    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_checkpoint(&Checkpoint::from_bytes(bytes, Checksums::Required)?)
    }

    /// Writes the parameters and the state to a file: all of it, or the file stays as it was.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.to_checkpoint().save(path)
    }

    /// The network that a file holds.
    ///
    /// # Errors
    /// Those of [`Checkpoint::read`] and of [`from_checkpoint`](Self::from_checkpoint).
    fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::from_checkpoint(&Checkpoint::read(path, Checksums::Required)?)
    }

    /// Takes what has the same name and shape in both, as for a network that was trained on other classes; what was taken and
    /// what was not.
    fn take_matching(&mut self, checkpoint: &Checkpoint) -> Matched {
        let mut matched = Matched::default();
        take_matching(self, checkpoint, &mut matched);
        matched
    }
}

impl<N: Network> Stored for N {}
