//! A user's own layer, as far as its architecture knows it.

use crate::checked;
use crate::counts::Counts;
use crate::error::GeometryError;
use crate::volume::Volume;

/// A layer that a user wrote: the volumes, and how many numbers it needs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Custom {
    input: Volume,
    output: Volume,
    parameters: usize,
    state: usize,
    saved: usize,
}

impl Custom {
    /// Checks that the volumes can be counted.
    ///
    /// # Errors
    /// A size of 0 or a count that overflows.
    pub const fn check(
        input: Volume,
        output: Volume,
        parameters: usize,
        state: usize,
    ) -> Result<Self, GeometryError> {
        checked::ok!(input.check());
        checked::ok!(output.check());
        Ok(Self { input, output, parameters, state, saved: 0 })
    }

    /// [`check`](Self::check) for constants: a mistake is an error of the compiler.
    ///
    /// # Panics
    /// If the geometry is not valid.
    pub const fn new(input: Volume, output: Volume, parameters: usize, state: usize) -> Self {
        match Self::check(input, output, parameters, state) {
            Ok(geometry) => geometry,
            Err(_) => panic!("not a valid layer"),
        }
    }

    /// With so many numbers kept between the passes, for one image.
    pub const fn saving(mut self, saved: usize) -> Self {
        self.saved = saved;
        self
    }

    /// The volume that it takes.
    pub const fn input(&self) -> Volume {
        self.input
    }

    /// The volume that it gives.
    pub const fn output(&self) -> Volume {
        self.output
    }

    /// Its parameters, its state, and what it keeps.
    pub const fn counts(&self) -> Counts {
        Counts { own: self.parameters, state: self.state, saved: self.saved, ..Counts::NONE }
    }
}
