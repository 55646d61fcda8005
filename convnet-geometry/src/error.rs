//! Errors as data: what is wrong, with the numbers, for whoever words the message.

use core::fmt;

use crate::join::Join;
use crate::real::Real;
use crate::rule::AxisWindow;
use crate::volume::Volume;
use crate::window::Axis;

/// The thing that is zero or overflows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Quantity {
    /// Width of a volume.
    VolumeWidth,
    /// Height of a volume.
    VolumeHeight,
    /// Depth of a volume.
    VolumeDepth,
    /// The count of numbers in a volume.
    Volume,
    /// The reach of a window, or an input with its padding.
    Window,
    /// F, the size of a filter.
    Filter,
    /// S, the stride.
    Stride,
    /// The dilation.
    Dilation,
    /// K, the number of filters.
    Filters,
    /// The number of groups.
    Groups,
    /// The outputs of a fully connected layer.
    Outputs,
    /// The channels that compete in a maxout.
    Pieces,
    /// The count of parameters.
    Parameters,
    /// The count of numbers in all volumes together.
    Memory,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VolumeWidth => "the volume's width",
            Self::VolumeHeight => "the volume's height",
            Self::VolumeDepth => "the volume's depth",
            Self::Volume => "the volume's size",
            Self::Window => "the window's size",
            Self::Filter => "the filter's size",
            Self::Stride => "the stride",
            Self::Dilation => "the dilation",
            Self::Filters => "the number of filters",
            Self::Groups => "the number of groups",
            Self::Outputs => "the number of outputs",
            Self::Pieces => "the number of pieces",
            Self::Parameters => "the number of parameters",
            Self::Memory => "the memory of all volumes",
        })
    }
}

/// Why a layer, or a network, cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum GeometryError {
    /// A size that must be at least 1 is 0.
    Zero {
        /// Which.
        what: Quantity,
    },
    /// A count leaves the range of the machine's integers.
    Overflow {
        /// Which.
        what: Quantity,
    },
    /// The window is larger than the padded input.
    TooLarge {
        /// Along which axis.
        axis: Axis,
        /// The sizes there.
        window: AxisWindow,
    },
    /// `(W - F + 2P)/S + 1` is not a whole number.
    DoesNotDivide {
        /// Along which axis.
        axis: Axis,
        /// The sizes there.
        window: AxisWindow,
    },
    /// A pooling window can lie wholly in padding: p >= F.
    OnlyPadding {
        /// Along which axis.
        axis: Axis,
        /// The padding of the side that is too wide.
        padding: usize,
        /// F.
        filter: usize,
    },
    /// A pooling window with gaps between its cells, which no kernel has.
    DilatedPooling,
    /// The groups do not divide the input's depth.
    GroupsDepth {
        /// The number of groups.
        groups: usize,
        /// The input's depth.
        depth: usize,
    },
    /// The groups do not divide the number of filters.
    GroupsFilters {
        /// The number of groups.
        groups: usize,
        /// The number of filters.
        filters: usize,
    },
    /// The pieces of a maxout do not divide the depth.
    Pieces {
        /// The number of pieces.
        pieces: usize,
        /// The input's depth.
        depth: usize,
    },
    /// The ratio of a fractional pooling is below 1, or larger than the shorter side of its input.
    Ratio {
        /// The ratio.
        ratio: Real,
        /// The shorter side.
        side: usize,
    },
    /// A branch does not fit to those before it.
    Branches {
        /// How they join.
        join: Join,
        /// The volume of those before it.
        first: Volume,
        /// Its own.
        other: Volume,
    },
    /// A layer does not take the volume that it is given.
    Volumes {
        /// What the layer takes.
        expected: Volume,
        /// What it was given.
        found: Volume,
    },
}

impl fmt::Display for GeometryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zero { what } => write!(f, "{what} is 0"),
            Self::Overflow { what } => write!(f, "{what} is too large to be counted"),
            Self::TooLarge { axis, window } => {
                write!(f, "the window is larger than its padded input across the {axis}: {window}")
            }
            Self::DoesNotDivide { axis, window } => {
                write!(f, "the window does not fit across the {axis}: {window} is not a whole number")
            }
            Self::OnlyPadding { axis, padding, filter } => {
                write!(
                    f,
                    "across the {axis} a pooling window of {filter} would lie wholly in the padding of {padding}"
                )
            }
            Self::DilatedPooling => f.write_str("pooling has no dilation"),
            Self::GroupsDepth { groups, depth } => {
                write!(f, "{groups} groups do not divide the input's depth of {depth}")
            }
            Self::GroupsFilters { groups, filters } => {
                write!(f, "{groups} groups do not divide the {filters} filters")
            }
            Self::Pieces { pieces, depth } => {
                write!(f, "{pieces} pieces do not divide the depth of {depth}")
            }
            Self::Ratio { ratio, side } => {
                write!(f, "a ratio of {ratio} is not between 1 and the shorter side, {side}")
            }
            Self::Branches { join: Join::Stack, first, other } => {
                write!(f, "{first} and {other} cannot be stacked: they differ in width or height")
            }
            Self::Branches { join: Join::Sum, first, other } => {
                write!(f, "{first} and {other} cannot be summed: they differ")
            }
            Self::Volumes { expected, found } => {
                write!(f, "the layer takes {expected} and was given {found}")
            }
        }
    }
}

impl core::error::Error for GeometryError {}
