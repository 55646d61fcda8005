//! The second executor: walks an architecture layer by layer, by the calls that generated code makes.

use std::fmt;
use std::sync::Arc;

use convnet_geometry::{Architecture, LayerKind, Tensor};
use ndarray::{ArrayView4, ArrayViewD, IxDyn};

use super::fold::fold;
use super::graph::{Graph, Node};
use super::owned::OwnedArchitecture;
use crate::error::Error;
use crate::layers::CustomForward;
use crate::memory::Buffer;
use crate::network::Network;
use crate::observer::Observer;
use crate::parameters::{Parameters, next_version};
use crate::scalar::Scalar;
use crate::workspace::{InferencePass, InferenceWorkspace, same_counts};

/// The forward pass of a user's own layer.
pub type CustomPass<T> = for<'a> fn(CustomForward<'a, T>);

/// A network for inference alone, its layers known when the program runs.
///
/// [`Network::into_inference`] makes it from a trained network: batch normalization is folded into the convolution or
/// fully connected layer before it, dropout is gone, DropConnect's scale is in the weights. Its clones share parameters.
///
/// ```
/// # use convnet_runtime::{Network, Unobserved, Error};
/// # fn example<N: Network<Scalar = f32>>(net: N, images: ndarray::ArrayView4<'_, f32>) -> Result<(), Error> {
/// let net = net.into_inference()?;
/// println!("{}", net.architecture().report());
/// let mut workspace = net.workspace(16)?;
/// let scores = net.infer(images, &mut workspace, &mut Unobserved)?;
/// # let _ = scores;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct InferenceNetwork<T> {
    architecture: Arc<OwnedArchitecture>,
    parameters: Arc<Buffer<T>>,
    /// Tells these parameters from all others, so that workspaces know whose filters they keep.
    version: u64,
    state: Arc<Buffer<T>>,
    /// What the layers were in the network that this one was made of.
    origins: Arc<[Origin<T>]>,
}

/// What a layer was in the network that this one was made of.
pub(super) struct Origin<T> {
    /// Its index there, by which it draws.
    pub(super) layer: usize,
    /// Its forward pass, if it is a user's own.
    pub(super) custom: Option<CustomPass<T>>,
}

/// A network's layers and numbers, while they are changed.
pub(super) struct Parsed<T> {
    pub(super) graph: Graph,
    pub(super) parameters: Buffer<T>,
    pub(super) state: Buffer<T>,
    pub(super) origins: Vec<Origin<T>>,
}

impl<T: Scalar> InferenceNetwork<T> {
    /// The network that infers what this one infers, in as few layers as can be.
    pub(crate) fn folded<N: Network<Scalar = T>>(mut network: N) -> Result<Self, Error> {
        same_counts(N::ARCHITECTURE, network.parameters().len(), network.state().len())?;
        let graph = Graph::of(N::ARCHITECTURE);
        let origins = graph.nodes.iter().enumerate().map(|(layer, node)| origin::<N>(layer, node));
        let origins = origins.collect::<Result<_, _>>()?;
        let parameters = std::mem::replace(network.parameters_mut(), Parameters::empty()).into_buffer();
        let state = std::mem::replace(network.state_mut(), Parameters::empty()).into_buffer();
        drop(network);
        Self::new(fold(Parsed { graph, parameters, state, origins }))
    }

    /// Lays a network out.
    pub(super) fn new(parsed: Parsed<T>) -> Result<Self, Error> {
        let Parsed { graph, parameters, state, origins } = parsed;
        let (architecture, origins) = (Arc::new(graph.lay_out()?), origins.into());
        let (parameters, version) = (Arc::new(parameters), next_version());
        Ok(Self { architecture, parameters, version, state: Arc::new(state), origins })
    }

    /// Other layers with the same numbers.
    pub(super) fn with_layers(&self, graph: Graph) -> Result<Self, Error> {
        let architecture = Arc::new(graph.lay_out()?);
        Ok(Self { architecture, ..self.clone() })
    }

    /// The layers.
    pub(super) fn graph(&self) -> Graph {
        Graph::of(self.architecture())
    }

    /// Everything that is known of its layers: `architecture().report()` prints the table.
    pub fn architecture(&self) -> &Architecture<'_> {
        self.architecture.get()
    }

    /// Each tensor of its parameters with its numbers.
    pub fn parameters(&self) -> impl Iterator<Item = (Tensor<'_>, &[T])> {
        let numbers = &self.parameters;
        self.architecture().tensors().map(move |tensor| (tensor, &numbers[tensor.range()]))
    }

    /// The numbers of the tensor of this name, in its shape.
    pub fn get(&self, name: &str) -> Option<ArrayViewD<'_, T>> {
        let (tensor, numbers) = self.parameters().find(|(tensor, _)| tensor.is_named(name))?;
        ArrayViewD::from_shape(IxDyn(tensor.shape()), numbers).ok()
    }

    /// A workspace for batches of up to `capacity` images.
    ///
    /// # Errors
    /// Those of [`InferenceWorkspace::new`].
    pub fn workspace(&self, capacity: usize) -> Result<InferenceWorkspace<T>, Error> {
        InferenceWorkspace::new(self.architecture(), capacity)
    }

    /// The scores of a batch, `[N, H, W, D]`, as [`Network::infer`] gives them.
    ///
    /// # Errors
    /// Those of [`Network::infer`].
    pub fn infer<'w>(
        &self,
        images: ArrayView4<'_, T>,
        workspace: &'w mut InferenceWorkspace<T>,
        observer: &mut dyn Observer<T>,
    ) -> Result<ArrayView4<'w, T>, Error> {
        let architecture = self.architecture();
        let numbers = (&self.parameters[..], self.version, &self.state[..]);
        workspace.run_slices(architecture, numbers, images, observer, |pass| {
            for (index, (layer, origin)) in architecture.layers().iter().zip(&*self.origins).enumerate() {
                pass.draw_as(origin.layer);
                run(index, &layer.kind, origin, pass);
            }
        })
    }
}

/// What a layer is in its network.
fn origin<N: Network>(layer: usize, node: &Node) -> Result<Origin<N::Scalar>, Error> {
    let custom = N::custom_pass(layer);
    if matches!(node.kind, LayerKind::Custom(_)) && custom.is_none() {
        let (layer, notation) = (node.name.clone(), node.notation.clone());
        return Err(Error::UnknownForward { layer, notation });
    }
    Ok(Origin { layer, custom })
}

/// Runs one layer.
fn run<T: Scalar>(index: usize, kind: &LayerKind, origin: &Origin<T>, pass: &mut InferencePass<'_, T>) {
    match kind {
        LayerKind::Convolution(layer) => pass.forward(index, layer),
        LayerKind::Local(layer) => pass.forward(index, layer),
        LayerKind::Pooling(layer) => pass.forward(index, layer),
        LayerKind::FractionalPooling(layer) => pass.forward(index, layer),
        LayerKind::Dense(layer) => pass.forward(index, layer),
        LayerKind::PRelu(layer) => pass.forward(index, layer),
        LayerKind::Maxout(layer) => pass.forward(index, layer),
        LayerKind::BatchNorm(layer) => pass.forward(index, layer),
        LayerKind::ResponseNorm(layer) => pass.forward(index, layer),
        LayerKind::Activation(layer) => pass.in_place(index, layer),
        LayerKind::Dropout(layer) => pass.in_place(index, layer),
        LayerKind::Joint(_) => pass.join(index),
        LayerKind::Custom(_) => {
            pass.custom_by(index, origin.custom.expect("asked for when the network was made"));
        }
        other => unreachable!("{other:?} has no kernel"),
    }
}

impl<T> fmt::Debug for InferenceNetwork<T> {
    /// In one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.architecture.get().summary(), f)
    }
}
