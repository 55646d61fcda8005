//! Whether a file goes on to the end of its image.
//!
//! Decoders fill in what a file that was cut off lacks, or do not look at the end. Whoever trains should know.

use image::ImageFormat;

/// Whether a file holds the mark that ends an image of its format.
pub(super) fn is_complete(format: ImageFormat, contents: &[u8]) -> bool {
    match format {
        ImageFormat::Png => png_end(contents).is_some(),
        _ => jpeg_end(contents).is_some(),
    }
}

/// What comes behind the last chunk of a PNG file. A chunk is the length of its data, its name, the data and a checksum.
fn png_end(contents: &[u8]) -> Option<&[u8]> {
    let mut rest = contents.get(8..)?;
    loop {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let (name, behind) = behind.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        rest = behind.get(length..)?.get(4..)?;
        if name == b"IEND" {
            return Some(rest);
        }
    }
}

/// What comes behind the end of a JPEG file. Markers are 0xff and a byte; most stand before a segment, whose length follows.
/// In the image itself 0xff is followed by 0.
fn jpeg_end(contents: &[u8]) -> Option<&[u8]> {
    let mut rest = contents;
    loop {
        let at = rest.iter().position(|&byte| byte == 0xff)?;
        let (&marker, behind) = rest.get(at + 1..)?.split_first()?;
        rest = match marker {
            // A fill byte: the marker may follow.
            0xff => &rest[at + 1..],
            // The number 0xff, a marker that stands alone, the beginning, a restart.
            0x00 | 0x01 | 0xd0..=0xd8 => behind,
            0xd9 => return Some(behind),
            _ => {
                let (length, _) = behind.split_first_chunk::<2>()?;
                behind.get(usize::from(u16::from_be_bytes(*length)).max(2)..)?
            }
        };
    }
}
