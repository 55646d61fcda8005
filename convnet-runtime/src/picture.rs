//! Pictures to look at: bytes, grey or RGB, and PNG files of them.

use std::path::Path;

use crate::error::Error;

/// The most bytes that a picture may have: more than a person looks at.
const LARGEST: usize = 1 << 30;
/// Pixels between the pictures of a sheet.
const GAP: usize = 2;
/// What a sheet shows between its pictures.
const PAPER: u8 = 255;

/// A picture of bytes `[height, width, channels]`, its channels being 1 (grey), 3 (RGB) or 4 (RGB and alpha).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    width: u32,
    height: u32,
    channels: usize,
    bytes: Vec<u8>,
}

impl Picture {
    /// A picture of these bytes.
    ///
    /// # Errors
    /// [`Error::Picture`] if a side is 0, there are not 1, 3 or 4 channels, or the bytes are not as many as that takes, or more
    /// than 2^30.
    pub fn new(width: usize, height: usize, channels: usize, bytes: Vec<u8>) -> Result<Self, Error> {
        if bytes.len() != size(width, height, channels)? {
            return Err(Error::Picture { width, height, channels, bytes: bytes.len() });
        }
        // The sides of so few bytes are numbers of 31 bits, which is what PNG can say.
        let side = |side| u32::try_from(side).expect("at most as many as bytes");
        Ok(Self { width: side(width), height: side(height), channels, bytes })
    }

    /// Pictures of one size side by side, so many in a row, on white.
    ///
    /// # Errors
    /// [`Error::Picture`] if there is none, they differ in size or channels, a row has none, or the sheet would be larger than
    /// 2^30 bytes.
    pub fn sheet(pictures: &[Self], columns: usize) -> Result<Self, Error> {
        let Some(first) = pictures.first() else {
            return Err(Error::Picture { width: 0, height: 0, channels: 0, bytes: 0 });
        };
        let shape @ [height, width, channels] = first.shape();
        if let Some(other) = pictures.iter().find(|other| other.shape() != shape) {
            return Err(Error::Picture { width, height, channels, bytes: other.bytes.len() });
        }
        let [down, across] = Self::sheet_sides(shape, pictures.len(), columns)?;
        let mut bytes = vec![PAPER; down * across * channels];
        for (index, picture) in pictures.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            let corner = [GAP + row * (height + GAP), GAP + column * (width + GAP)];
            let lines = bytes.chunks_exact_mut(across * channels).skip(corner[0]);
            for (line, pixels) in lines.zip(picture.bytes.chunks_exact(width * channels)) {
                line[corner[1] * channels..][..pixels.len()].copy_from_slice(pixels);
            }
        }
        Self::new(across, down, channels, bytes)
    }

    /// How many pixels wide it is.
    pub fn width(&self) -> usize {
        self.width as usize
    }

    /// How many pixels high it is.
    pub fn height(&self) -> usize {
        self.height as usize
    }

    /// 1 (grey), 3 (RGB) or 4 (RGB and alpha).
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Its bytes, `[height, width, channels]`.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The contents of a PNG file of it.
    pub fn to_png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(match self.channels {
            1 => png::ColorType::Grayscale,
            3 => png::ColorType::Rgb,
            _ => png::ColorType::Rgba,
        });
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().expect("sides that PNG can say, into memory");
        writer.write_image_data(&self.bytes).expect("as many bytes as the header says");
        writer.finish().expect("a picture that is whole");
        file
    }

    /// Writes a PNG file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        std::fs::write(path, self.to_png()).map_err(Error::io(path))
    }

    /// How many pixels high and wide a sheet of so many pictures `[height, width, channels]` is.
    ///
    /// # Errors
    /// [`Error::Picture`] if there can be no such sheet.
    pub(crate) fn sheet_sides(
        [height, width, channels]: [usize; 3],
        count: usize,
        columns: usize,
    ) -> Result<[usize; 2], Error> {
        let sides = |columns: usize| {
            let all = |count: usize, side: usize| {
                count.saturating_mul(side.saturating_add(GAP)).saturating_add(GAP)
            };
            [all(count.div_ceil(columns), height), all(columns.min(count), width)]
        };
        let sides @ [down, across] = if columns == 0 { [0; 2] } else { sides(columns) };
        size(across, down, channels).map(|_| sides)
    }

    fn shape(&self) -> [usize; 3] {
        [self.height(), self.width(), self.channels]
    }
}

/// How many bytes a picture has.
fn size(width: usize, height: usize, channels: usize) -> Result<usize, Error> {
    let bytes =
        width.checked_mul(height).and_then(|pixels| pixels.checked_mul(channels)).unwrap_or(usize::MAX);
    if matches!(channels, 1 | 3 | 4) && (1..=LARGEST).contains(&bytes) {
        return Ok(bytes);
    }
    Err(Error::Picture { width, height, channels, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize, channels: usize, first: u8) -> Picture {
        let bytes = (first..).take(width * height * channels).collect();
        Picture::new(width, height, channels, bytes).expect("a picture")
    }

    #[test]
    fn a_png_file_holds_the_picture() {
        for (channels, color) in [(1, png::ColorType::Grayscale), (3, png::ColorType::Rgb)] {
            let picture = picture(5, 4, channels, 7);
            let file = picture.to_png();
            let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().expect("a header");
            let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
            let info = reader.next_frame(&mut bytes).expect("a picture");
            assert_eq!((info.width, info.height, info.color_type), (5, 4, color));
            assert_eq!(bytes, picture.bytes());
        }
    }

    #[test]
    fn a_sheet_shows_its_pictures_row_by_row() {
        let pictures = [picture(2, 1, 1, 1), picture(2, 1, 1, 3), picture(2, 1, 1, 5)];
        let sheet = Picture::sheet(&pictures, 2).expect("a sheet");
        assert_eq!((sheet.width(), sheet.height()), (2 * 4 + 2, 2 * 3 + 2));
        let lines: Vec<_> = sheet.bytes().chunks_exact(10).collect();
        let (blank, paper) = ([PAPER; 10], PAPER);
        let rows = [
            [paper, paper, 1, 2, paper, paper, 3, 4, paper, paper],
            [paper, paper, 5, 6, paper, paper, paper, paper, paper, paper],
        ];
        assert_eq!(lines, [&blank[..], &blank, &rows[0], &blank, &blank, &rows[1], &blank, &blank]);
    }

    #[test]
    fn pictures_that_cannot_be_are_refused() {
        let refused = |width, height, channels, bytes| {
            let picture = Picture::new(width, height, channels, vec![0; bytes]);
            assert!(matches!(picture, Err(Error::Picture { .. })), "{width} {height} {channels} {bytes}");
        };
        refused(0, 1, 1, 0);
        refused(1, 0, 3, 0);
        refused(2, 2, 2, 8);
        refused(2, 2, 1, 5);
        refused(usize::MAX, 3, 1, 3);
        assert!(Picture::sheet(&[], 1).is_err());
        assert!(Picture::sheet(&[picture(1, 1, 1, 0)], 0).is_err());
        assert!(Picture::sheet(&[picture(1, 2, 1, 0), picture(2, 1, 1, 0)], 1).is_err());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let error = picture(1, 1, 1, 0).save("/nowhere/at/all.png").expect_err("no such folder");
        assert!(error.to_string().starts_with("/nowhere/at/all.png: "), "{error}");
    }
}
