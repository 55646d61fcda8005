//! FC to CONV: a network that takes larger images and gives a map of scores, in one pass.
//!
//! The notes' chapter on ConvNets: an FC layer on `[7x7x512]` is a convolution of filters that cover all of it, `F = 7`,
//! `P = 0`, `S = 1`, whose weights are the same numbers in the same order. On a larger volume those filters slide, so that
//! the network sees every crop of its own size, a stride apart, and computes what they share once.
//!
//! **Padding.** Where a network pads with zeros, a crop evaluated by itself sees zeros beyond its border, and the map sees
//! the pixels that are there. Without padding both are equal; with it they differ near borders, the more the deeper the
//! network is. [`FullyConvolutional::is_exact`] tells which it is; `docs/fully-convolutional.md` says how much it comes to.

use convnet_geometry::{
    Architecture, Axis, Convolution, ConvolutionSpec, Dense, Extent, LayerKind, PoolingSpec, Rounding,
    Volume, Window,
};
use ndarray::{Array4, ArrayView4, s};

use super::executor::InferenceNetwork;
use super::graph::{Graph, Node};
use crate::error::Error;
use crate::network::Network;
use crate::observer::Unobserved;
use crate::scalar::Scalar;

/// A network whose fully connected layers have become convolutions, so that it takes larger images, too: every size on which
/// its windows fit.
///
/// Windows that cover all of their volume, such as those of GAP, get stride 1: their stride says nothing on the network's
/// own images, and decides how fine the map is on larger ones. Those in branches keep theirs, since branches meet.
///
/// ```
/// # use convnet_runtime::{Network, Error};
/// # fn example<N: Network<Scalar = f32>>(net: N, images: ndarray::ArrayView4<'_, f32>) -> Result<(), Error> {
/// let net = net.into_fully_convolutional()?;
/// // 384x384 images through a network for 224x224 with a stride of 32: [N, 6, 6, 1000].
/// let map = net.map(images)?;
/// // The same with a stride of 16: [N, 11, 11, 1000].
/// let finer = net.map_at_stride(images, 16)?;
/// # let _ = (map, finer);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FullyConvolutional<T> {
    /// On images of the network's own size.
    network: InferenceNetwork<T>,
    stride: Extent,
}

impl<T: Scalar> FullyConvolutional<T> {
    /// Turns a network's fully connected layers into convolutions.
    pub(crate) fn of<N: Network<Scalar = T>>(network: N) -> Result<Self, Error> {
        let folded = InferenceNetwork::folded(network)?;
        let mut graph = folded.graph();
        let meets = graph.meets();
        graph.nodes.iter_mut().zip(meets).try_for_each(|(node, meets)| slide(node, meets))?;
        let stride = stride(&graph)?;
        Ok(Self { network: folded.with_layers(graph)?, stride })
    }

    /// Its layers on images of the network's own size.
    pub fn architecture(&self) -> &Architecture<'_> {
        self.network.architecture()
    }

    /// The size of the images that the network was made for: of the crops whose scores a map holds.
    pub fn crop(&self) -> Extent {
        self.architecture().input().extent()
    }

    /// How many pixels lie between the crops of neighbouring numbers of the map.
    pub fn stride(&self) -> Extent {
        self.stride
    }

    /// Whether the map equals the crops evaluated one by one: no layer pads, and no last window is cut off (`ceil`).
    pub fn is_exact(&self) -> bool {
        let windows = self
            .architecture()
            .layers()
            .iter()
            .filter_map(|layer| Some((layer.kind.window()?, layer.kind.input()?)));
        windows.into_iter().all(|(window, input)| {
            [Axis::Width, Axis::Height].into_iter().all(|axis| sees_input_alone(&window, axis, input))
        })
    }

    /// The network on images of another size: for many evaluations of the same size, with a workspace of its own.
    ///
    /// Where windows do not divide (`floor`, `ceil`) it may give more than [`map`](Self::map): numbers for crops of which the
    /// image has only a part.
    ///
    /// # Errors
    /// [`Error::ImagesTooSmall`]; [`Error::ImageSize`] if a window does not fit, with the nearest sizes that do;
    /// [`Error::Architecture`] if the volumes cannot be counted.
    pub fn on_images(&self, width: usize, height: usize) -> Result<InferenceNetwork<T>, Error> {
        let (crop, found) = (self.crop(), Extent { width, height });
        if width < crop.width || height < crop.height {
            return Err(Error::ImagesTooSmall { crop, found });
        }
        let fitted = self.fit(found).map_err(|error| self.with_fitting_sizes(error, found));
        self.network.with_layers(fitted?)
    }

    /// The scores of every crop of larger images, `[N, H, W, D]`: number `(y, x)` of an image's map is what the network
    /// gives for the crop that begins at pixel `(y * stride, x * stride)`.
    ///
    /// Of a network that gives more than `[1x1xK]` for an image of its own size it is what that network gives for the larger
    /// one. Makes a workspace each time; [`on_images`](Self::on_images) is for evaluating often.
    ///
    /// # Errors
    /// Those of [`on_images`](Self::on_images) and of [`InferenceNetwork::infer`].
    pub fn map(&self, images: ArrayView4<'_, T>) -> Result<Array4<T>, Error> {
        let (count, height, width, _) = images.dim();
        let network = self.on_images(width, height)?;
        let mut workspace = network.workspace(count)?;
        let map = network.infer(images, &mut workspace, &mut Unobserved)?;
        if !self.gives_scores() {
            return Ok(map.to_owned());
        }
        let (crop, stride) = (self.crop(), self.stride);
        let rows = (height - crop.height) / stride.height + 1;
        let columns = (width - crop.width) / stride.width + 1;
        Ok(map.slice(s![.., ..rows, ..columns, ..]).to_owned())
    }

    /// Whether it gives `[1x1xK]` for an image of its own size.
    pub(super) fn gives_scores(&self) -> bool {
        self.architecture().output().extent() == Extent::square(1)
    }

    fn fit(&self, size: Extent) -> Result<Graph, Error> {
        let depth = self.architecture().input().depth;
        self.network.graph().on(Volume::new(size.width, size.height, depth))
    }

    /// Adds the nearest smaller and larger sizes that fit.
    fn with_fitting_sizes(&self, mut error: Error, size: Extent) -> Error {
        if let Error::ImageSize(misfit) = &mut error {
            let Extent { width, height } = self.crop();
            let wide = |width| self.fit(Extent { width, height }).is_ok();
            let high = |height| self.fit(Extent { width, height }).is_ok();
            let smaller =
                nearest((width..=size.width).rev(), wide).zip(nearest((height..=size.height).rev(), high));
            let up = |side: usize| side..=side.saturating_add(REACH);
            let larger = nearest(up(size.width), wide).zip(nearest(up(size.height), high));
            misfit
                .fitting
                .extend(smaller.into_iter().chain(larger).map(|(width, height)| Extent { width, height }));
        }
        error
    }
}

/// How far to look for a size that fits.
const REACH: usize = 1024;

fn nearest(mut sizes: impl Iterator<Item = usize>, fits: impl Fn(usize) -> bool) -> Option<usize> {
    sizes.by_ref().take(REACH).find(|&size| fits(size))
}

/// Turns a layer into one that slides; one whose output meets other branches keeps its stride.
fn slide(node: &mut Node, meets: bool) -> Result<(), Error> {
    let refuse = |reason| {
        let (layer, notation) = (node.name.clone(), node.notation.clone());
        Err(Error::NotConvolutional { layer, notation, reason })
    };
    match node.kind {
        LayerKind::Dense(dense) => {
            node.notation = format!("CONV{}-{} p0", side(dense.input().extent()), dense.outputs());
            node.kind = LayerKind::Convolution(covering(&dense));
        }
        LayerKind::Convolution(layer) => {
            let window = if meets { layer.window() } else { free(layer.window(), layer.input()) };
            node.kind = LayerKind::Convolution(with_window(&layer, window));
            write_stride(&mut node.notation, layer.window(), window);
        }
        LayerKind::Pooling(layer) => {
            let window = if meets { layer.window() } else { free(layer.window(), layer.input()) };
            let spec = PoolingSpec::new(layer.input(), window, layer.pool());
            node.kind =
                LayerKind::Pooling(spec.check().expect("a window with one place has it at any stride"));
            if node.notation == "GAP" {
                node.notation = format!("AVGPOOL{} s1", side(window.filter));
            }
            write_stride(&mut node.notation, layer.window(), window);
        }
        LayerKind::Local(_) => {
            return refuse("its filters belong to positions, and there would be more of those");
        }
        LayerKind::FractionalPooling(_) => {
            return refuse("the size of its regions depends on that of the image");
        }
        LayerKind::Custom(_) => return refuse("what it would give for a larger volume is not known"),
        _ => {}
    }
    Ok(())
}

/// The convolution that a fully connected layer is: weights and biases lie in the same order.
fn covering(dense: &Dense) -> Convolution {
    let Volume { width, height, .. } = dense.input();
    let spec = ConvolutionSpec::new(dense.input(), Window::new(width, height), dense.outputs());
    let spec = if dense.has_bias() { spec } else { spec.without_bias() };
    spec.check().expect("as many weights as the fully connected layer has")
}

fn with_window(layer: &Convolution, window: Window) -> Convolution {
    let spec = ConvolutionSpec::new(layer.input(), window, layer.filters()).groups(layer.groups());
    let spec = if layer.has_bias() { spec } else { spec.without_bias() };
    spec.check().expect("a window with one place has it at any stride")
}

/// The window with stride 1 along the axes on which it fits exactly once.
fn free(mut window: Window, input: Volume) -> Window {
    for axis in [Axis::Width, Axis::Height] {
        let along = window.along(axis, input.extent());
        let reach = (along.filter - 1) * along.dilation + 1;
        if reach == along.before + along.input + along.after {
            match axis {
                Axis::Width => window.stride.width = 1,
                Axis::Height => window.stride.height = 1,
            }
        }
    }
    window
}

/// `7` or `7x5`.
fn side(Extent { width, height }: Extent) -> String {
    if width == height { width.to_string() } else { format!("{width}x{height}") }
}

/// Writes a window's new stride in place of its old one.
fn write_stride(notation: &mut String, old: Window, new: Window) {
    if old.stride != new.stride {
        let words: Vec<_> = notation.split(' ').filter(|word| !word.starts_with('s')).collect();
        *notation = format!("{} s{}", words.join(" "), side(new.stride));
    }
}

/// How many pixels lie between the windows of neighbouring scores: the product of strides.
///
/// # Errors
/// [`Error::NotConvolutional`] if branches meet that slide at different strides.
fn stride(graph: &Graph) -> Result<Extent, Error> {
    let mut strides = vec![Extent::square(1)];
    for node in &graph.nodes {
        let before = strides[node.inputs[0]];
        if node.inputs.iter().any(|&input| strides[input] != before) {
            let (layer, notation) = (node.name.clone(), node.notation.clone());
            return Err(Error::NotConvolutional {
                layer,
                notation,
                reason: "its branches have different strides",
            });
        }
        let own = node.kind.window().map_or(Extent::square(1), |window| window.stride);
        strides.push(Extent {
            width: before.width.saturating_mul(own.width),
            height: before.height.saturating_mul(own.height),
        });
    }
    Ok(strides[graph.nodes.len()])
}

/// Whether windows along this axis see nothing but their input: no padding, and no cells past its end.
fn sees_input_alone(window: &Window, axis: Axis, input: Volume) -> bool {
    let along = window.along(axis, input.extent());
    let reach = (along.filter - 1) * along.dilation + 1;
    let is_whole = (along.input - reach.min(along.input)).is_multiple_of(along.stride);
    along.before == 0 && along.after == 0 && (window.rounding != Rounding::Ceil || is_whole)
}
