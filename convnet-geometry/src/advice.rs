//! What the notes would advise against: the rules of thumb of their chapter on layer sizing.

use core::fmt;

use crate::layer::{Layer, LayerKind};
use crate::rule::Rounding;
use crate::volume::{Extent, Volume};
use crate::window::Window;

/// A rule of thumb that a network does not follow. None is an error: AlexNet breaks three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Advice<'a> {
    /// The input cannot be halved.
    OddInput {
        /// Its size.
        input: Volume,
    },
    /// A filter larger than 5x5 beyond the first layer, or than 7x7 in it.
    LargeFilter {
        /// The layer.
        layer: &'a str,
        /// Its filter.
        filter: Extent,
    },
    /// A convolution with stride 1 that shrinks the volume.
    Shrinks {
        /// The layer.
        layer: &'a str,
        /// From.
        input: Extent,
        /// To.
        output: Extent,
    },
    /// A pooling window larger than 3x3.
    LargePool {
        /// The layer.
        layer: &'a str,
        /// Its window.
        window: Extent,
    },
    /// Two layers of weights with no activation between them.
    NoActivation {
        /// The first.
        layer: &'a str,
        /// The second.
        next: &'a str,
    },
    /// Windows that do not fit and are cut or added.
    Rounded {
        /// The layer.
        layer: &'a str,
    },
}

pub(crate) fn of<'a>(input: Volume, layers: &'a [Layer<'a>]) -> impl Iterator<Item = Advice<'a>> {
    let has_windows = layers.iter().any(|layer| layer.kind.window().is_some());
    let odd = has_windows && (input.width % 2 == 1 || input.height % 2 == 1);
    let of_input = odd.then_some(Advice::OddInput { input });
    let of_layers = (0..layers.len()).flat_map(move |i| {
        let layer = &layers[i];
        [size(layer, i == 0), shrinks(layer), rounded(layer), no_activation(layer, layers.get(i + 1))]
    });
    of_input.into_iter().chain(of_layers.flatten())
}

fn size<'a>(layer: &Layer<'a>, first: bool) -> Option<Advice<'a>> {
    let Window { filter, .. } = layer.kind.window()?;
    let side = filter.width.max(filter.height);
    match layer.kind {
        LayerKind::Convolution(_) if side > if first { 7 } else { 5 } => {
            Some(Advice::LargeFilter { layer: layer.name, filter })
        }
        // A window over the whole plane is a global pooling, and meant.
        LayerKind::Pooling(layer) if layer.window().filter == layer.input().extent() => None,
        LayerKind::Pooling(_) if side > 3 => Some(Advice::LargePool { layer: layer.name, window: filter }),
        _ => None,
    }
}

fn shrinks<'a>(layer: &Layer<'a>) -> Option<Advice<'a>> {
    let LayerKind::Convolution(convolution) = layer.kind else {
        return None;
    };
    let (input, output) = (convolution.input().extent(), convolution.output().extent());
    let shrinks = output.width < input.width || output.height < input.height;
    // Down to 1x1 it is a fully connected layer written as a convolution.
    let to_a_point = output == Extent::square(1);
    (convolution.window().stride == Extent::square(1) && shrinks && !to_a_point).then_some(Advice::Shrinks {
        layer: layer.name,
        input,
        output,
    })
}

fn rounded<'a>(layer: &Layer<'a>) -> Option<Advice<'a>> {
    let window = layer.kind.window()?.rounding(Rounding::Exact);
    window.output(layer.kind.input()?).is_err().then_some(Advice::Rounded { layer: layer.name })
}

fn no_activation<'a>(layer: &Layer<'a>, next: Option<&Layer<'a>>) -> Option<Advice<'a>> {
    let next = next?;
    (layer.kind.weights() > 0 && next.kind.weights() > 0)
        .then_some(Advice::NoActivation { layer: layer.name, next: next.name })
}

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OddInput { input } => write!(
                f,
                "INPUT{input} cannot be halved: sides divisible by 2 many times (32, 64, 96, 224, 384) pool without remainder"
            ),
            Self::LargeFilter { layer, filter } => write!(
                f,
                "{layer}: a {filter} filter; a stack of 3x3 filters sees as much with fewer parameters and more activations"
            ),
            Self::Shrinks { layer, input, output } => write!(
                f,
                "{layer}: it shrinks {input} to {output}; pad to keep the size and let pooling halve it"
            ),
            Self::LargePool { layer, window } => {
                write!(
                    f,
                    "{layer}: a {window} pooling window throws much away; 2x2 or 3x3 with stride 2 is usual"
                )
            }
            Self::NoActivation { layer, next } => {
                write!(f, "{layer} -> {next}: without an activation between them two linear layers are one")
            }
            Self::Rounded { layer } => {
                write!(f, "{layer}: the windows do not fit exactly; choose sizes so that they do")
            }
        }
    }
}
