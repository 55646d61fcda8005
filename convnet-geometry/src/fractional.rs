//! FRACPOOL: maximum pooling by a ratio that is not whole (Graham 2014).

use crate::checked;
use crate::counts::Counts;
use crate::error::{GeometryError, Quantity};
use crate::real::Real;
use crate::volume::{Extent, Volume};

/// Fractional maximum pooling: along each axis the input is cut into `floor(W/ratio)` regions at random places, each a
/// little smaller or larger than the ratio, none empty, none overlapping.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FractionalPooling {
    input: Volume,
    output: Volume,
    ratio: Real,
}

impl FractionalPooling {
    /// Checks the ratio, and that something is left.
    ///
    /// # Errors
    /// A size of 0, or [`GeometryError::Ratio`] if the ratio is below 1 or larger than a side.
    pub const fn check(input: Volume, ratio: f64) -> Result<Self, GeometryError> {
        checked::ok!(input.check());
        let Extent { width, height } = input.extent();
        let side = if width < height { width } else { height };
        // Negated, so that NaN is refused too.
        if !(ratio >= 1.0 && ratio <= side as f64) {
            return Err(GeometryError::Ratio { ratio: Real::new(ratio), side });
        }
        let output = Volume::new(Self::cut(width, ratio), Self::cut(height, ratio), input.depth);
        checked::ok!(checked::product(Quantity::Volume, &[output.width, output.height, output.depth]));
        Ok(Self { input, output, ratio: Real::new(ratio) })
    }

    /// [`check`](Self::check) for constants: a mistake is an error of the compiler.
    ///
    /// # Panics
    /// If the geometry is not valid.
    pub const fn new(input: Volume, ratio: f64) -> Self {
        match Self::check(input, ratio) {
            Ok(geometry) => geometry,
            Err(_) => panic!("not a valid fractional pooling"),
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 <= ratio <= side")]
    const fn cut(side: usize, ratio: f64) -> usize {
        (side as f64 / ratio) as usize
    }

    /// The volume that it takes.
    pub const fn input(&self) -> Volume {
        self.input
    }

    /// The volume that it gives.
    pub const fn output(&self) -> Volume {
        self.output
    }

    /// The ratio asked for; that of a side is `W / floor(W/ratio)`.
    pub const fn ratio(&self) -> Real {
        self.ratio
    }

    /// A switch for each output.
    pub const fn counts(&self) -> Counts {
        Counts { switches: self.output.count(), ..Counts::NONE }
    }

    /// Where region `i` of `regions` begins on a side, `u` in `0..2^32` being the draw (divided by `2^32`, in `[0, 1)`).
    ///
    /// `ceil(a*(i + u)) - ceil(a*u)` with `a = side/regions`, in whole numbers: region 0 begins at 0, and region
    /// `regions` would begin at `side`.
    pub const fn boundary(side: usize, regions: usize, i: usize, u: u32) -> usize {
        let (side, regions, i, unit) = (side as u128, regions as u128, i as u128, 1_u128 << 32);
        let first = (side * u as u128).div_ceil(regions * unit);
        let this = (side * (i * unit + u as u128)).div_ceil(regions * unit);
        (this - first) as usize
    }
}
