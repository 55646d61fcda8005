//! CAT and ADD: where branches meet.

use crate::counts::Counts;
use crate::error::GeometryError;
use crate::volume::Volume;

/// How branches become one volume.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Join {
    /// CAT: stacked in depth, in their order; they agree in width and height.
    Stack,
    /// ADD: summed; they agree in the whole volume.
    Sum,
}

/// Where branches meet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Joint {
    /// How.
    pub join: Join,
    /// What comes out.
    pub output: Volume,
}

impl Join {
    /// The volume after another branch has joined `volume`.
    ///
    /// # Errors
    /// [`GeometryError::Branches`] if the branch does not fit, [`GeometryError::Overflow`] of the depth.
    pub const fn with(self, volume: Volume, branch: Volume) -> Result<Volume, GeometryError> {
        let same_plane = volume.width == branch.width && volume.height == branch.height;
        match self {
            Self::Sum if volume.same(branch) => Ok(volume),
            Self::Stack if same_plane => match volume.depth.checked_add(branch.depth) {
                Some(depth) => Ok(Volume::new(volume.width, volume.height, depth)),
                None => Err(GeometryError::Overflow { what: crate::error::Quantity::VolumeDepth }),
            },
            Self::Sum | Self::Stack => {
                Err(GeometryError::Branches { join: self, first: volume, other: branch })
            }
        }
    }

    /// As the notation writes it.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Stack => "CAT",
            Self::Sum => "ADD",
        }
    }
}

impl Joint {
    /// The volume that comes out.
    pub const fn output(&self) -> Volume {
        self.output
    }

    /// It has no parameters and keeps nothing.
    pub const fn counts(&self) -> Counts {
        Counts::NONE
    }
}
