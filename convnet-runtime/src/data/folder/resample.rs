//! Images of another size, by a triangle filter: bilinear interpolation where an image grows, a weighted mean of all
//! pixels around where it shrinks.

/// A part of an image, in pixels: its corner lies on a whole one, so that an image that is only cropped keeps its numbers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Region {
    top: usize,
    left: usize,
    height: f64,
    width: f64,
}

impl Region {
    /// The whole image.
    pub(super) fn all([height, width]: [usize; 2]) -> Self {
        Self { top: 0, left: 0, height: height as f64, width: width as f64 }
    }

    /// The largest part in the middle of an image that has the proportions of another.
    pub(super) fn in_the_middle(image: [usize; 2], other: [usize; 2]) -> Self {
        let [height, width] = image.map(|side| side as f64);
        let [to_height, to_width] = other.map(|side| side as f64);
        let part = [height.min(width * to_height / to_width), width.min(height * to_width / to_height)];
        let [top, left] = [corner(height, part[0]), corner(width, part[1])];
        Self { top, left, height: part[0], width: part[1] }
    }
}

/// Where a part of a side begins that lies in its middle.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= part <= side")]
fn corner(side: f64, part: f64) -> usize {
    ((side - part) / 2.0) as usize
}

/// The pixels along a side that a pixel of the result is the weighted mean of.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// Resizes a region of an image, `[H, W, D]`, to another height and width.
///
/// A line of the result is the mean of lines, then of their pixels: no more memory than for one line.
pub(super) fn resample(
    image: &[u8],
    [height, width, depth]: [usize; 3],
    region: Region,
    to: &mut [u8],
    [to_height, to_width]: [usize; 2],
) {
    let rows = taps(height, region.top, region.height, to_height);
    let columns = taps(width, region.left, region.width, to_width);
    let mut line = vec![0.0_f32; width * depth];
    for (row, to) in rows.iter().zip(to.chunks_exact_mut(to_width * depth)) {
        line.fill(0.0);
        let lines = image.chunks_exact(width * depth).skip(row.first);
        for (weight, bytes) in row.weights.iter().zip(lines) {
            line.iter_mut().zip(bytes).for_each(|(sum, &byte)| *sum += weight * f32::from(byte));
        }
        for (column, pixel) in columns.iter().zip(to.chunks_exact_mut(depth)) {
            for (channel, byte) in pixel.iter_mut().enumerate() {
                let numbers = line[column.first * depth + channel..].iter().step_by(depth);
                *byte =
                    rounded(column.weights.iter().zip(numbers).map(|(weight, number)| weight * number).sum());
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes")]
fn rounded(mean: f32) -> u8 {
    mean.round() as u8
}

/// The taps of each pixel of a side, made of a part of another side, `begin` and `length` being the part.
fn taps(side: usize, begin: usize, length: f64, pixels: usize) -> Vec<Taps> {
    let step = length / pixels as f64;
    let reach = step.max(1.0);
    (0..pixels).map(|pixel| taps_around(begin as f64 + (pixel as f64 + 0.5) * step, reach, side)).collect()
}

/// The pixels of a side whose centres are nearer to a place than `reach`; the weight falls to 0 there.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= centre <= side")]
fn taps_around(centre: f64, reach: f64, side: usize) -> Taps {
    let weight = |pixel: usize| (1.0 - (pixel as f64 + 0.5 - centre).abs() / reach).max(0.0);
    // The casts cut off what lies before the image.
    let first = ((centre - reach - 0.5).ceil() as usize).min(side - 1);
    let last = ((centre + reach - 0.5) as usize).clamp(first, side - 1);
    let sum: f64 = (first..=last).map(weight).sum();
    let weights = (first..=last).map(|pixel| (weight(pixel) / sum) as f32).collect();
    Taps { first, weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image([height, width, depth]: [usize; 3]) -> Vec<u8> {
        let byte = |i: usize| {
            let (y, x, d) = (i / (width * depth), i / depth % width, i % depth);
            u8::try_from((37 * y + 11 * x + 101 * d + 13 * y * x) % 256).expect("a byte")
        };
        (0..height * width * depth).map(byte).collect()
    }

    /// Numbers of Pillow 13: `Image.fromarray(channel, "F").resize((W, H), Image.BILINEAR, box=..)`.
    fn agrees(shape: [usize; 3], region: Region, to: [usize; 2], pillow: &[f32]) {
        let mut found = vec![0; pillow.len()];
        resample(&image(shape), shape, region, &mut found, to);
        for (&found, pillow) in found.iter().zip(pillow) {
            assert!((f32::from(found) - pillow).abs() <= 0.51, "{found} for {pillow}: {region:?} to {to:?}");
        }
    }

    #[test]
    fn an_image_shrinks_as_pillow_has_it() {
        let pillow = [
            37.25, 138.25, 63.08, 164.08, 88.92, 157.92, 114.75, 160.89, 119.74, 168.03, 141.68, 102.13,
            103.38, 116.54, 117.79, 143.5, 159.46, 95.89, 76.58, 145.58, 135.42, 119.08, 157.68, 126.11,
        ];
        agrees([7, 5, 2], Region::all([7, 5]), [3, 4], &pillow);
    }

    #[test]
    fn an_image_grows_as_pillow_has_it() {
        let pillow = [
            0.0, 5.5, 12.83, 20.17, 27.5, 33.0, 14.8, 22.9, 33.7, 44.5, 55.3, 63.4, 37.0, 49.0, 65.0, 81.0,
            97.0, 109.0, 59.2, 75.1, 96.3, 117.5, 138.7, 154.6, 74.0, 92.5, 117.17, 141.83, 166.5, 185.0,
        ];
        agrees([3, 4, 1], Region::all([3, 4]), [5, 6], &pillow);
    }

    #[test]
    fn the_middle_of_an_image_as_pillow_has_it() {
        let wide =
            [87.26, 102.61, 135.04, 116.84, 107.4, 141.07, 124.47, 132.52, 128.99, 127.83, 124.54, 138.37];
        let region = Region::in_the_middle([9, 12], [4, 3]);
        assert_eq!(region, Region { top: 0, left: 2, height: 9.0, width: 6.75 });
        agrees([9, 12, 1], region, [4, 3], &wide);
        let high = [62.9, 66.21, 79.45, 92.69, 96.0, 77.7, 81.53, 96.85, 112.17, 116.0];
        let region = Region::in_the_middle([6, 2], [2, 5]);
        assert_eq!(region, Region { top: 2, left: 0, height: 0.8, width: 2.0 });
        agrees([6, 2, 1], region, [2, 5], &high);
    }

    /// An image that is only cropped keeps its numbers, also where the middle lies between two pixels.
    #[test]
    fn a_crop_alone_changes_no_number() {
        let source = image([4, 7, 3]);
        let mut found = vec![0; 4 * 4 * 3];
        resample(&source, [4, 7, 3], Region::in_the_middle([4, 7], [4, 4]), &mut found, [4, 4]);
        let rows = source.chunks_exact(7 * 3).flat_map(|row| &row[3..5 * 3]);
        assert!(rows.eq(&found));
    }

    /// Sides from 1 on: no index leaves the image, and one colour stays one colour.
    #[test]
    fn every_small_size_to_every_other() {
        for (height, width) in (1..7).flat_map(|height| (1..7).map(move |width| (height, width))) {
            for (to_height, to_width) in (1..9).flat_map(|height| (1..9).map(move |width| (height, width))) {
                for region in [
                    Region::all([height, width]),
                    Region::in_the_middle([height, width], [to_height, to_width]),
                ] {
                    let mut found = vec![0; to_height * to_width];
                    let grey = vec![201; height * width];
                    resample(&grey, [height, width, 1], region, &mut found, [to_height, to_width]);
                    assert!(found.iter().all(|&byte| byte == 201), "{found:?}");
                }
            }
        }
    }
}
