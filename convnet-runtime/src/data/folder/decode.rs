//! From a file to the bytes of an image of the right size.
//!
//! A file is refused before memory is asked for that its length does not justify: a few kilobytes can claim to be an image of
//! gigabytes.

use std::io::{Cursor, Read};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::complete::is_complete;
use super::listing::{error, format_name};
use super::resample::{Region, resample};
use super::{Channels, Fit, ImageOptions, LONGEST_SIDE};
use crate::data::files;
use crate::error::Error;

/// The longest file, and the most bytes that one is decoded to.
const LARGEST: u64 = 512 << 20;

/// What any file may be decoded to: small files of one colour can be large images.
const ALWAYS: u64 = 16 << 20;

/// How many bytes one of a file can become, at most: what DEFLATE makes of it. JPEG stays below.
const EXPANSION: u64 = 1032;

/// The format that the end of a file's name stands for.
pub(super) fn format_by_name(path: &Path) -> Option<ImageFormat> {
    let extension = path.extension()?.to_str()?;
    let is = |other: &str| extension.eq_ignore_ascii_case(other);
    if is("png") {
        Some(ImageFormat::Png)
    } else if is("jpg") || is("jpeg") {
        Some(ImageFormat::Jpeg)
    } else {
        None
    }
}

/// Reads an image from a file, in the size and with the channels that the options ask for.
pub(super) fn read(path: &Path, options: &ImageOptions, to: &mut [u8]) -> Result<(), Error> {
    let contents = contents(path)?;
    let format = checked_format(path, &contents)?;
    let (bytes, [height, width]) = decode(path, format, &contents, options)?;
    let [to_height, to_width, depth] = options.shape();
    if [height, width] == [to_height, to_width] {
        to.copy_from_slice(&bytes);
        return Ok(());
    }
    let region = match options.fit {
        Fit::Crop => Region::in_the_middle([height, width], [to_height, to_width]),
        Fit::Stretch | Fit::Exact => Region::all([height, width]),
    };
    resample(&bytes, [height, width, depth], region, to, [to_height, to_width]);
    Ok(())
}

/// The bytes of a file that is not too long.
fn contents(path: &Path) -> Result<Vec<u8>, Error> {
    let (file, length) = files::open(path)?;
    if length > LARGEST {
        return Err(error(
            path,
            format!("a file of {length} bytes is not read as an image, {LARGEST} are the most"),
        ));
    }
    let mut contents = Vec::new();
    file.take(LARGEST).read_to_end(&mut contents).map_err(Error::io(path))?;
    Ok(contents)
}

/// The format of a file that is what its name says, to its end.
fn checked_format(path: &Path, contents: &[u8]) -> Result<ImageFormat, Error> {
    let Some(format) = format_by_name(path) else {
        return Err(error(path, "a file of images ends in .png, .jpg or .jpeg"));
    };
    match image::guess_format(contents) {
        Ok(found) if found == format => {}
        _ if contents.is_empty() => return Err(error(path, "the file is empty")),
        found => {
            let found = found.map_or("something else", format_name);
            let reason = format!("the name says {}, but the file holds {found}", format_name(format));
            return Err(error(path, reason));
        }
    }
    if is_complete(format, contents) {
        Ok(format)
    } else {
        Err(error(path, "the file ends in the middle of the image"))
    }
}

/// The bytes of an image, with the channels that the options ask for, and its height and width.
fn decode(
    path: &Path,
    format: ImageFormat,
    contents: &[u8],
    options: &ImageOptions,
) -> Result<(Vec<u8>, [usize; 2]), Error> {
    let broken = |cause: image::ImageError| error(path, format!("the image cannot be decoded: {cause}"));
    let most = (contents.len() as u64).saturating_mul(EXPANSION).clamp(ALWAYS, LARGEST);
    let mut reader = ImageReader::with_format(Cursor::new(contents), format);
    reader.limits(limits(most));
    let decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if decoder.total_bytes() > most {
        let reason = format!(
            "an image of {width}x{height} takes {} bytes, and {most} are the most for a file of {}",
            decoder.total_bytes(),
            contents.len()
        );
        return Err(error(path, reason));
    }
    let size = [height as usize, width as usize];
    if options.fit == Fit::Exact && size != [options.height, options.width] {
        let reason = format!("the image is {width}x{height}, not {}x{}", options.width, options.height);
        return Err(error(path, reason));
    }
    let image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    let bytes = match options.channels {
        Channels::Grey => image.into_luma8().into_raw(),
        Channels::Rgb => image.into_rgb8().into_raw(),
    };
    Ok((bytes, size))
}

/// The limits of a decoder.
fn limits(most: u64) -> Limits {
    let side = u32::try_from(LONGEST_SIDE).ok();
    let mut limits = Limits::no_limits();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (side, side, Some(most));
    limits
}
