//! Pictures of images and of filters, as PNG.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::Error;
use crate::picture::Picture;

/// What every PNG file begins with.
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The longest side of a picture.
const LONGEST: usize = 0xffff;

/// The bytes of a PNG file; base64 in JSON.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Png(Vec<u8>);

impl Png {
    /// The picture of an image, bytes `[H, W, D]`: of 1 (grey), 3 (red, green, blue) or 4 channels (and alpha).
    ///
    /// # Errors
    /// [`Error::Picture`] if the shape is none of a picture, or the bytes are not as many as it says.
    pub fn of_bytes(shape: [usize; 3], bytes: &[u8]) -> Result<Self, Error> {
        let [height, width, channels] = shape;
        Picture::new(width, height, channels, bytes.to_vec()).map(|picture| Self(picture.to_png()))
    }

    /// A picture of filters `[K, F_height, F_width, D]` of 1 or 3 channels, side by side, a transparent pixel apart: grey is
    /// 0, and the weight of the largest magnitude black or white. Nothing if they have other channels, or none are there.
    pub fn of_filters(shape: [usize; 4], weights: impl IntoIterator<Item = f64>) -> Option<Self> {
        let [filters, height, width, channels] = shape;
        let area = height.checked_mul(width)?;
        let count = filters.checked_mul(area)?.checked_mul(channels)?;
        // A weight beyond the count shows as one too many.
        let weights: Vec<f64> = weights.into_iter().take(count.checked_add(1)?).collect();
        if !matches!(channels, 1 | 3) || count == 0 || weights.len() != count {
            return None;
        }
        let grid = Grid::of(filters, [height, width])?;
        let largest =
            weights.iter().filter(|w| w.is_finite()).fold(0.0_f64, |largest, w| largest.max(w.abs()));
        let mut pixels = vec![0; grid.sides[0] * grid.sides[1] * 4];
        for (i, weights) in weights.chunks_exact(channels).enumerate() {
            let (filter, pixel) = (i / area, i % area);
            let at = 4 * grid.pixel(filter, [pixel / width, pixel % width]);
            let color = |channel: usize| shade(weights[channel % channels], largest);
            pixels[at..at + 4].copy_from_slice(&[color(0), color(1), color(2), u8::MAX]);
        }
        Self::of_bytes([grid.sides[0], grid.sides[1], 4], &pixels).ok()
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Width and height in pixels; nothing if the bytes, read from elsewhere, do not say.
    pub fn size(&self) -> Option<[u32; 2]> {
        let header = self.0.strip_prefix(&SIGNATURE)?.get(4..16)?.strip_prefix(b"IHDR")?;
        let side = |bytes: &[u8]| bytes.try_into().map(u32::from_be_bytes).ok();
        Some([side(&header[..4])?, side(&header[4..])?])
    }

    /// As text.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

/// The grey of a weight: 128 is 0. One that is not finite is as black as can be.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast saturates: NaN is 0"
)]
fn shade(weight: f64, largest: f64) -> u8 {
    let share = if weight == 0.0 { 0.0 } else { weight / largest };
    (128.0 + 127.0 * share).round() as u8
}

/// Filters side by side, about as many in a row as there are rows.
struct Grid {
    columns: usize,
    filter: [usize; 2],
    /// Height and width of the whole.
    sides: [usize; 2],
}

impl Grid {
    /// Nothing if it would be too large for a picture.
    fn of(filters: usize, filter: [usize; 2]) -> Option<Self> {
        let root = filters.isqrt();
        let columns = if root * root == filters { root } else { root + 1 };
        let sides = [filters.div_ceil(columns) * (filter[0] + 1) - 1, columns * (filter[1] + 1) - 1];
        sides.iter().all(|&side| side <= LONGEST).then_some(Self { columns, filter, sides })
    }

    /// The pixel, in the whole, of a row and column of a filter.
    fn pixel(&self, filter: usize, [row, column]: [usize; 2]) -> usize {
        let row = filter / self.columns * (self.filter[0] + 1) + row;
        row * self.sides[1] + filter % self.columns * (self.filter[1] + 1) + column
    }
}

impl Serialize for Png {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.base64())
    }
}

impl<'de> Deserialize<'de> for Png {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let png = Self(STANDARD.decode(text).map_err(de::Error::custom)?);
        // A page shows these bytes, and promises a picture.
        if png.size().is_some() { Ok(png) } else { Err(de::Error::custom("these bytes are no PNG file")) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::Png;

    /// What another reader sees: width, height and bytes.
    fn decoded(png: &Png) -> (u32, u32, Vec<u8>) {
        let mut reader = png::Decoder::new(Cursor::new(png.bytes())).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a small one")];
        let info = reader.next_frame(&mut pixels).expect("an image");
        (info.width, info.height, pixels)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn another_reader_sees_the_bytes(
            height in 1_u32..9, width in 1_u32..9, channels in prop::sample::select(vec![1_usize, 3, 4]),
            bytes in prop::collection::vec(any::<u8>(), 8 * 8 * 4),
        ) {
            let sides = [height as usize, width as usize];
            let bytes = &bytes[..sides[0] * sides[1] * channels];
            let png = Png::of_bytes([sides[0], sides[1], channels], bytes).expect("a picture");
            prop_assert_eq!(decoded(&png), (width, height, bytes.to_vec()));
            prop_assert_eq!(png.size(), Some([width, height]));
        }
    }

    #[test]
    fn filters_stand_side_by_side() {
        // Three filters of 1x2: two in the first row.
        let png = Png::of_filters([3, 1, 2, 1], [1.0, -1.0, 0.0, 0.5, -0.25, f64::NAN]).expect("a picture");
        let (width, height, pixels) = decoded(&png);
        assert_eq!((width, height), (5, 3));
        let grey: Vec<_> = pixels.chunks(4).map(|p| if p[3] == 0 { None } else { Some(p[0]) }).collect();
        assert_eq!(grey[..5], [Some(255), Some(1), None, Some(128), Some(192)]);
        assert_eq!(grey[5..10], [None; 5]);
        assert_eq!(grey[10..], [Some(96), Some(0), None, None, None]);
    }

    #[test]
    fn filters_of_colours_keep_them() {
        let png = Png::of_filters([1, 1, 1, 3], [2.0, 0.0, -2.0]).expect("a picture");
        assert_eq!(decoded(&png), (1, 1, vec![255, 128, 1, 255]));
        assert!(Png::of_filters([1, 1, 1, 2], [2.0, 0.0]).is_none());
        assert!(Png::of_filters([1, 1, 1, 1], [2.0, 0.0]).is_none());
        assert!(Png::of_filters([0, 5, 5, 3], []).is_none());
        assert_eq!(
            decoded(&Png::of_filters([1, 1, 1, 1], [0.0]).expect("a picture")).2,
            [128, 128, 128, 255]
        );
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for (shape, bytes) in [([2, 2, 1], 3), ([0, 2, 1], 0), ([1, 1, 2], 2), ([1, 7, 1], 70_000)] {
            assert!(Png::of_bytes(shape, &vec![0; bytes]).is_err(), "{shape:?}");
        }
        assert!(
            serde_json::from_str::<Png>(r#""AAAA""#).is_err_and(|error| error.to_string().contains("no PNG"))
        );
        assert!(serde_json::from_str::<Png>(r#""ä""#).is_err());
    }

    #[test]
    fn a_picture_comes_back_from_json() {
        let png = Png::of_bytes([1, 2, 1], &[0, 255]).expect("a picture");
        let json = serde_json::to_string(&png).expect("text");
        assert_eq!(serde_json::from_str::<Png>(&json).expect("what was written"), png);
    }
}
