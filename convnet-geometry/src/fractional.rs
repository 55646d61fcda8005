//! FRACPOOL: maximum pooling by a ratio that is not whole (Graham 2014).

use crate::checked;
use crate::counts::Counts;
use crate::error::{GeometryError, Quantity};
use crate::real::Real;
use crate::volume::{Extent, Volume};

/// Fractional maximum pooling: along each axis the input is cut into `floor(W/ratio)` regions at random places, each a
/// little smaller or larger than the ratio, none empty, none overlapping.
///
/// While training each image has places of its own; in inference all have the same, which the seed decides.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn boundaries(side: usize, regions: usize, u: u32) -> Vec<usize> {
        (0..=regions).map(|i| FractionalPooling::boundary(side, regions, i, u)).collect()
    }

    #[test]
    fn boundaries_by_hand() {
        // a = 5/3; ceil(a * i) for u = 0, ceil(a * (i + 1/2)) - 1 for u = 1/2.
        assert_eq!(boundaries(5, 3, 0), [0, 2, 4, 5]);
        assert_eq!(boundaries(5, 3, 1 << 31), [0, 2, 4, 5]);
        assert_eq!(boundaries(7, 4, 0), [0, 2, 4, 6, 7]);
        assert_eq!(boundaries(7, 4, 1 << 31), [0, 2, 4, 6, 7]);
        assert_eq!(boundaries(7, 4, 3 << 30), [0, 2, 3, 5, 7]);
        assert_eq!(boundaries(6, 3, u32::MAX), [0, 2, 4, 6]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

        #[test]
        fn regions_cover_a_side_and_none_is_empty(width in 1_usize..300, height in 1_usize..300, ratio in 1.0..20.0, u: u32) {
            let Ok(layer) = FractionalPooling::check(Volume::new(width, height, 2), ratio) else {
                proptest::prop_assert!(ratio > width.min(height) as f64);
                return Ok(());
            };
            let Volume { width: columns, height: rows, depth } = layer.output();
            proptest::prop_assert_eq!(depth, 2);
            for (side, regions) in [(width, columns), (height, rows)] {
                proptest::prop_assert!(regions as f64 <= side as f64 / ratio && side as f64 / ratio < (regions + 1) as f64);
                let boundaries = boundaries(side, regions, u);
                proptest::prop_assert_eq!(boundaries[0], 0);
                proptest::prop_assert_eq!(boundaries[regions], side);
                // Each as large as the ratio of the side, rounded one way or the other.
                for region in boundaries.windows(2) {
                    let size = region[1] - region[0];
                    proptest::prop_assert!(size == side / regions || size == side.div_ceil(regions));
                }
            }
        }

        #[test]
        fn no_side_is_too_large(side in 1_usize..1 << 40, any: u32, u: u32) {
            let regions = 1 + any as usize % side;
            proptest::prop_assert_eq!(FractionalPooling::boundary(side, regions, 0, u), 0);
            proptest::prop_assert_eq!(FractionalPooling::boundary(side, regions, regions, u), side);
        }
    }
}
