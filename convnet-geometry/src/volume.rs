//! Volumes of numbers, as the notes draw them: width x height x depth.

use core::fmt;

use crate::checked;
use crate::error::{GeometryError, Quantity};

/// A size in the plane, width first, as in `CONV3x5` or `s2x1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Extent {
    /// Size along the width.
    pub width: usize,
    /// Size along the height.
    pub height: usize,
}

impl Extent {
    /// `width` x `height`.
    pub const fn new(width: usize, height: usize) -> Self {
        Self { width, height }
    }

    /// The same size along both axes.
    pub const fn square(side: usize) -> Self {
        Self::new(side, side)
    }

    /// Whether both sides are equal.
    pub const fn is_square(self) -> bool {
        self.width == self.height
    }
}

impl fmt::Display for Extent {
    /// `3x5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// The volume of one image somewhere in a network: width, height and depth (the number of channels).
///
/// In memory a batch of volumes is `[N, H, W, D]`, row-major, depth innermost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Volume {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Channels.
    pub depth: usize,
}

impl Volume {
    /// `[width x height x depth]`, unchecked: geometry made from it checks it.
    pub const fn new(width: usize, height: usize, depth: usize) -> Self {
        Self { width, height, depth }
    }

    /// Passes the volume on if every side is at least 1, and its numbers can be counted.
    ///
    /// # Errors
    /// [`GeometryError::Zero`] or [`GeometryError::Overflow`].
    pub const fn check(self) -> Result<Self, GeometryError> {
        let what = match self {
            Self { width: 0, .. } => Quantity::VolumeWidth,
            Self { height: 0, .. } => Quantity::VolumeHeight,
            Self { depth: 0, .. } => Quantity::VolumeDepth,
            _ => {
                checked::ok!(self.checked_count());
                return Ok(self);
            }
        };
        Err(GeometryError::Zero { what })
    }

    /// How many numbers the volume holds, if that can be counted.
    ///
    /// # Errors
    /// [`GeometryError::Overflow`].
    pub const fn checked_count(self) -> Result<usize, GeometryError> {
        checked::product(Quantity::Volume, &[self.width, self.height, self.depth])
    }

    /// How many numbers the volume holds.
    ///
    /// # Panics
    /// If the count overflows, which that of no checked volume does.
    pub const fn count(self) -> usize {
        match self.checked_count() {
            Ok(count) => count,
            Err(_) => panic!("the volume holds more numbers than can be counted"),
        }
    }

    /// Width and height.
    pub const fn extent(self) -> Extent {
        Extent::new(self.width, self.height)
    }

    /// Whether both volumes are the same; `==` in `const fn`.
    pub const fn same(self, other: Self) -> bool {
        self.width == other.width && self.height == other.height && self.depth == other.depth
    }
}

impl fmt::Display for Volume {
    /// `[32x32x3]`, as the notation writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}x{}x{}]", self.width, self.height, self.depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_of_nothing_is_named() {
        let zero = |width, height, depth| Volume::new(width, height, depth).check().err();
        assert_eq!(zero(0, 2, 3), Some(GeometryError::Zero { what: Quantity::VolumeWidth }));
        assert_eq!(zero(2, 0, 3), Some(GeometryError::Zero { what: Quantity::VolumeHeight }));
        assert_eq!(zero(2, 3, 0), Some(GeometryError::Zero { what: Quantity::VolumeDepth }));
        assert_eq!(Volume::new(1, 1, 1).check(), Ok(Volume::new(1, 1, 1)));
        let large = Volume::new(usize::MAX, 2, 1);
        assert_eq!(large.check(), Err(GeometryError::Overflow { what: Quantity::Volume }));
    }
}
