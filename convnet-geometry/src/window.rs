//! Windows that slide over a volume: filter, stride, dilation and padding per axis.

use core::fmt;

use crate::error::{GeometryError, Quantity};
use crate::rule::{AxisWindow, Misfit, Rounding, output_size};
use crate::volume::{Extent, Volume};

/// One of the two axes of the plane.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Axis {
    /// Along the columns.
    Width,
    /// Along the rows.
    Height,
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Width => "width",
            Self::Height => "height",
        })
    }
}

/// Zero padding on each side of a volume.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Padding {
    /// Columns before the first.
    pub left: usize,
    /// Columns after the last.
    pub right: usize,
    /// Rows before the first.
    pub top: usize,
    /// Rows after the last.
    pub bottom: usize,
}

impl Padding {
    /// No padding.
    pub const NONE: Self = Self::even(0);

    /// The same padding on all four sides, the notes' P.
    pub const fn even(padding: usize) -> Self {
        Self::per_axis(Extent::square(padding))
    }

    /// `padding.width` on the left and right, `padding.height` at the top and bottom.
    pub const fn per_axis(padding: Extent) -> Self {
        Self { left: padding.width, right: padding.width, top: padding.height, bottom: padding.height }
    }

    /// `before` on the left and top, `after` on the right and bottom: the notation's `p3:2`.
    pub const fn uneven(before: usize, after: usize) -> Self {
        Self { left: before, right: after, top: before, bottom: after }
    }
}

impl fmt::Display for Padding {
    /// As the notation writes it: `p1`, `p1x0`, `p3:2` or `p(left=1,right=0,top=0,bottom=1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { left, right, top, bottom } = *self;
        if left == right && top == bottom {
            if left == top { write!(f, "p{left}") } else { write!(f, "p{left}x{top}") }
        } else if left == top && right == bottom {
            write!(f, "p{left}:{right}")
        } else {
            write!(f, "p(left={left},right={right},top={top},bottom={bottom})")
        }
    }
}

/// A window that slides over the plane of a volume.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// F: size of the filter.
    pub filter: Extent,
    /// S: distance between neighbouring windows.
    pub stride: Extent,
    /// Distance between the taps of a filter, 1 for none skipped.
    pub dilation: Extent,
    /// P: zeros around the input.
    pub padding: Padding,
    /// What happens to a size that does not divide.
    pub rounding: Rounding,
}

impl Window {
    /// A `width` x `height` window with stride 1, no padding, no dilation, exact.
    pub const fn new(width: usize, height: usize) -> Self {
        Self {
            filter: Extent::new(width, height),
            stride: Extent::square(1),
            dilation: Extent::square(1),
            padding: Padding::NONE,
            rounding: Rounding::Exact,
        }
    }

    /// [`new`](Self::new) with equal sides.
    pub const fn square(side: usize) -> Self {
        Self::new(side, side)
    }

    /// With this stride along both axes.
    pub const fn stride(self, stride: usize) -> Self {
        self.strides(stride, stride)
    }

    /// With a stride per axis.
    pub const fn strides(mut self, width: usize, height: usize) -> Self {
        self.stride = Extent::new(width, height);
        self
    }

    /// With this dilation along both axes.
    pub const fn dilation(self, dilation: usize) -> Self {
        self.dilations(dilation, dilation)
    }

    /// With a dilation per axis.
    pub const fn dilations(mut self, width: usize, height: usize) -> Self {
        self.dilation = Extent::new(width, height);
        self
    }

    /// With this padding on all four sides.
    pub const fn padding(self, padding: usize) -> Self {
        self.padded(Padding::even(padding))
    }

    /// With this padding.
    pub const fn padded(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// With this rounding.
    pub const fn rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// The window along one axis of `input`.
    pub const fn along(&self, axis: Axis, input: Extent) -> AxisWindow {
        match axis {
            Axis::Width => AxisWindow {
                input: input.width,
                filter: self.filter.width,
                stride: self.stride.width,
                dilation: self.dilation.width,
                before: self.padding.left,
                after: self.padding.right,
            },
            Axis::Height => AxisWindow {
                input: input.height,
                filter: self.filter.height,
                stride: self.stride.height,
                dilation: self.dilation.height,
                before: self.padding.top,
                after: self.padding.bottom,
            },
        }
    }

    /// How many windows fit over `input`, per axis.
    ///
    /// # Errors
    /// What does not fit, and along which axis.
    pub const fn output(&self, input: Volume) -> Result<Extent, GeometryError> {
        let height = self.output_along(Axis::Height, input.extent());
        match (self.output_along(Axis::Width, input.extent()), height) {
            (Ok(width), Ok(height)) => Ok(Extent { width, height }),
            // A window that is too large along one axis is the greater mistake.
            (Err(GeometryError::DoesNotDivide { .. }), Err(error @ GeometryError::TooLarge { .. }))
            | (Err(error), _)
            | (Ok(_), Err(error)) => Err(error),
        }
    }

    const fn output_along(&self, axis: Axis, input: Extent) -> Result<usize, GeometryError> {
        let window = self.along(axis, input);
        match output_size(window, self.rounding) {
            Ok(size) => Ok(size),
            Err(Misfit::Zero) => Err(GeometryError::Zero { what: Self::zero(window) }),
            Err(Misfit::Overflow) => Err(GeometryError::Overflow { what: Quantity::Window }),
            Err(Misfit::TooLarge) => Err(GeometryError::TooLarge { axis, window }),
            Err(Misfit::DoesNotDivide) => Err(GeometryError::DoesNotDivide { axis, window }),
        }
    }

    const fn zero(window: AxisWindow) -> Quantity {
        match window {
            AxisWindow { filter: 0, .. } => Quantity::Filter,
            AxisWindow { stride: 0, .. } => Quantity::Stride,
            AxisWindow { dilation: 0, .. } => Quantity::Dilation,
            _ => Quantity::Volume,
        }
    }
}
