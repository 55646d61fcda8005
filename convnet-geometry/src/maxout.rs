//! MAXOUT: the maximum over groups of neighbouring channels (Goodfellow et al. 2013).

use crate::checked;
use crate::counts::Counts;
use crate::error::{GeometryError, Quantity};
use crate::volume::Volume;

/// Maximum over groups of channels: channels `j*pieces` to `(j + 1)*pieces - 1` compete for output channel `j`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Maxout {
    input: Volume,
    pieces: usize,
}

impl Maxout {
    /// Checks that the pieces divide the depth.
    ///
    /// # Errors
    /// A size of 0, or [`GeometryError::Pieces`].
    pub const fn check(input: Volume, pieces: usize) -> Result<Self, GeometryError> {
        checked::ok!(input.check());
        if pieces == 0 {
            return Err(GeometryError::Zero { what: Quantity::Pieces });
        }
        if !input.depth.is_multiple_of(pieces) {
            return Err(GeometryError::Pieces { pieces, depth: input.depth });
        }
        Ok(Self { input, pieces })
    }

    /// [`check`](Self::check) for constants: a mistake is an error of the compiler.
    ///
    /// # Panics
    /// If the geometry is not valid.
    pub const fn new(input: Volume, pieces: usize) -> Self {
        match Self::check(input, pieces) {
            Ok(geometry) => geometry,
            Err(_) => panic!("not a valid maxout"),
        }
    }

    /// The volume that it takes.
    pub const fn input(&self) -> Volume {
        self.input
    }

    /// The volume that it gives: its depth is the input's over the pieces.
    pub const fn output(&self) -> Volume {
        Volume::new(self.input.width, self.input.height, self.input.depth / self.pieces)
    }

    /// How many channels compete.
    pub const fn pieces(&self) -> usize {
        self.pieces
    }

    /// A switch for each output.
    pub const fn counts(&self) -> Counts {
        Counts { switches: self.output().count(), ..Counts::NONE }
    }
}
