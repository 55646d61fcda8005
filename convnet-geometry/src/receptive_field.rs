//! What part of the image a neuron sees.

use core::fmt;

use crate::layer::LayerKind;
use crate::volume::Extent;

/// The receptive field of a neuron: the pixels of the image that can change it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReceptiveField {
    /// A rectangle of pixels (padding counted), and the distance in pixels between those of neighbouring neurons.
    Pixels {
        /// Its size.
        size: Extent,
        /// The step from one neuron's to the next one's.
        step: Extent,
    },
    /// The whole image: the neuron stands behind a fully connected layer.
    WholeImage,
}

impl ReceptiveField {
    /// That of the input itself: one pixel.
    pub const PIXEL: Self = Self::Pixels { size: Extent::square(1), step: Extent::square(1) };

    /// The smallest that holds both, where branches meet.
    pub const fn with(self, other: Self) -> Self {
        let (Self::Pixels { size, step }, Self::Pixels { size: other_size, step: other_step }) =
            (self, other)
        else {
            return Self::WholeImage;
        };
        Self::Pixels { size: larger(size, other_size), step: larger(step, other_step) }
    }

    /// The receptive field after a layer: `size + (F - 1) * step` with F the reach of the window; the step grows by
    /// the stride.
    pub const fn through(self, layer: &LayerKind) -> Self {
        let Self::Pixels { size, step } = self else {
            return self;
        };
        match layer.window() {
            Some(window) => Self::Pixels {
                size: Extent {
                    width: grow(size.width, window.filter.width, window.dilation.width, step.width),
                    height: grow(size.height, window.filter.height, window.dilation.height, step.height),
                },
                step: Extent {
                    width: step.width.saturating_mul(window.stride.width),
                    height: step.height.saturating_mul(window.stride.height),
                },
            },
            None if matches!(
                layer,
                LayerKind::Dense(_) | LayerKind::FractionalPooling(_) | LayerKind::Custom(_)
            ) =>
            {
                Self::WholeImage
            }
            None => self,
        }
    }
}

const fn larger(a: Extent, b: Extent) -> Extent {
    Extent {
        width: if a.width > b.width { a.width } else { b.width },
        height: if a.height > b.height { a.height } else { b.height },
    }
}

const fn grow(size: usize, filter: usize, dilation: usize, step: usize) -> usize {
    size.saturating_add((filter - 1).saturating_mul(dilation).saturating_mul(step))
}

impl fmt::Display for ReceptiveField {
    /// `5x5` or `all`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels { size, .. } => size.fmt(f),
            Self::WholeImage => f.write_str("all"),
        }
    }
}
