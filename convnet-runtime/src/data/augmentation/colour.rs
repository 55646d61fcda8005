//! Changes of what pixels hold.

/// The shares of red, green and blue in how bright a pixel is (ITU-R BT.601).
const GREY: [f64; 3] = [0.299, 0.587, 0.114];

/// Factors of brightness, contrast and saturation.
#[derive(Clone, Copy)]
pub(super) struct Colours {
    pub(super) factors: [f64; 3],
}

impl Colours {
    /// One after the other; each rounds to bytes, and a factor of 1 changes nothing.
    pub(super) fn apply(self, image: &mut [u8], depth: usize) {
        let [brightness, contrast, saturation] = self.factors;
        scale(image, 0.0, brightness);
        if contrast != 1.0 {
            scale(image, mean_grey(image, depth), contrast);
        }
        if saturation != 1.0 {
            saturate(image, saturation);
        }
    }
}

/// Multiplies the difference of each byte from a middle: each of 256 results is computed once.
fn scale(image: &mut [u8], middle: f64, factor: f64) {
    let mut table = [0; 256];
    for (byte, result) in (0..=u8::MAX).zip(&mut table) {
        *result = to_byte(middle + (f64::from(byte) - middle) * factor);
    }
    image.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
}

/// How bright an image is on average.
fn mean_grey(image: &[u8], depth: usize) -> f64 {
    if let (3, (pixels, _)) = (depth, image.as_chunks()) {
        return pixels.iter().copied().map(grey).sum::<f64>() / pixels.len() as f64;
    }
    image.iter().map(|&byte| f64::from(byte)).sum::<f64>() / image.len() as f64
}

/// How bright a pixel is.
fn grey(pixel: [u8; 3]) -> f64 {
    std::iter::zip(GREY, pixel).map(|(share, byte)| share * f64::from(byte)).sum()
}

/// Multiplies the difference of each pixel from its grey.
fn saturate(image: &mut [u8], factor: f64) {
    let (pixels, _) = image.as_chunks_mut::<3>();
    for pixel in pixels {
        let grey = grey(*pixel);
        pixel.iter_mut().for_each(|byte| *byte = to_byte(grey + (f64::from(*byte) - grey) * factor));
    }
}

/// The nearest byte.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates at 0 and 255, as is meant"
)]
pub(super) fn to_byte(number: f64) -> u8 {
    (number + 0.5) as u8
}
