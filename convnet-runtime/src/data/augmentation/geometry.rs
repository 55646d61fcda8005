//! Changes of where pixels are.

use super::Fill;
use super::colour::to_byte;

/// An image that is being changed, `[H, W, D]`, and as much memory.
pub(super) struct Canvas<'a> {
    pub(super) image: &'a mut [u8],
    pub(super) before: &'a mut [u8],
    pub(super) shape: [usize; 3],
}

impl Canvas<'_> {
    /// Left and right change places.
    pub(super) fn flip(&mut self) {
        let [_, width, depth] = self.shape;
        for row in self.image.chunks_exact_mut(width * depth) {
            let (left, right) = row.split_at_mut(width.div_ceil(2) * depth);
            // The pixel in the middle of an odd row stays.
            for (left, right) in left.chunks_exact_mut(depth).zip(right.rchunks_exact_mut(depth)) {
                left.swap_with_slice(right);
            }
        }
    }

    /// Shows at each pixel the one that is so many rows below it and columns to its right.
    pub(super) fn shift(&mut self, [down, right]: [isize; 2], fill: Fill) {
        let [height, width, depth] = self.shape;
        self.before.copy_from_slice(self.image);
        for (y, row) in (0..).zip(self.image.chunks_exact_mut(width * depth)) {
            match source(y + down, height, fill) {
                Source::At(y) => shift_row(row, &self.before[y * width * depth..], right, depth, fill),
                Source::Grey(grey) => row.fill(grey),
            }
        }
    }

    /// Shows at each pixel what is where a motion leads from there, between pixels by bilinear interpolation.
    pub(super) fn resample(&mut self, motion: Motion, fill: Fill) {
        let [height, width, depth] = self.shape;
        self.before.copy_from_slice(self.image);
        for (y, row) in self.image.chunks_exact_mut(width * depth).enumerate() {
            for (x, pixel) in row.chunks_exact_mut(depth).enumerate() {
                let cell = motion.from(y, x).cell();
                match cell.inside(height, width) {
                    Some([y, x]) => {
                        let pairs = [y, y + 1].map(|y| &self.before[(y * width + x) * depth..][..2 * depth]);
                        cell.blend(pixel, pairs);
                    }
                    None => cell.blend_corners(pixel, cell.corners(self.shape, fill), self.before),
                }
            }
        }
    }

    /// Fills a square of this side around a pixel, as far as it is in the image.
    pub(super) fn cut_out(&mut self, [y, x]: [usize; 2], side: usize, grey: u8) {
        let [height, width, depth] = self.shape;
        let range =
            |middle: usize, end: usize| middle.saturating_sub(side / 2)..end.min(middle + side.div_ceil(2));
        let (rows, columns) = (range(y, height), range(x, width));
        for row in self.image.chunks_exact_mut(width * depth).take(rows.end).skip(rows.start) {
            row[columns.start * depth..columns.end * depth].fill(grey);
        }
    }
}

/// Where a number comes from.
#[derive(Clone, Copy)]
enum Source {
    At(usize),
    Grey(u8),
}

/// What shows at an index that may be outside of a side.
fn source(at: isize, side: usize, fill: Fill) -> Source {
    match (usize::try_from(at), fill) {
        (Ok(at), _) if at < side => Source::At(at),
        (_, Fill::Grey(grey)) => Source::Grey(grey),
        (_, Fill::Reflection) => Source::At(reflect(at, side)),
    }
}

/// The index that mirrors at both ends of a side lead to.
fn reflect(at: isize, side: usize) -> usize {
    // There and back again: the ends are met once each.
    let period = 2 * (side - 1);
    if period == 0 {
        return 0;
    }
    let at = at.rem_euclid(period.cast_signed()).cast_unsigned();
    at.min(period - at)
}

/// Shows at each pixel of a row the one so many columns to its right.
fn shift_row(row: &mut [u8], before: &[u8], right: isize, depth: usize, fill: Fill) {
    let width = row.len() / depth;
    let [start, end] =
        [-right, width.cast_signed() - right].map(|x| x.clamp(0, width.cast_signed()).cast_unsigned());
    if start < end {
        let from = start.wrapping_add_signed(right) * depth;
        row[start * depth..end * depth].copy_from_slice(&before[from..][..(end - start) * depth]);
    }
    for x in (0..start).chain(end..width) {
        let pixel = &mut row[x * depth..][..depth];
        match source(x.cast_signed() + right, width, fill) {
            Source::At(x) => pixel.copy_from_slice(&before[x * depth..][..depth]),
            Source::Grey(grey) => pixel.fill(grey),
        }
    }
}

/// A rotation about the middle of an image.
#[derive(Clone, Copy)]
pub(super) struct Motion {
    sine: f64,
    cosine: f64,
    middle: [f64; 2],
}

impl Motion {
    /// That turns the image counter-clockwise by an angle in radians.
    pub(super) fn rotation(angle: f64, [height, width, _]: [usize; 3]) -> Self {
        let (sine, cosine) = angle.sin_cos();
        Self { sine, cosine, middle: [height, width].map(|side| (side - 1) as f64 / 2.0) }
    }

    /// Where what shows at a pixel comes from. Rows count downwards.
    fn from(self, row: usize, column: usize) -> Place {
        let [y, x] = [row as f64 - self.middle[0], column as f64 - self.middle[1]];
        Place {
            y: self.middle[0] + self.sine * x + self.cosine * y,
            x: self.middle[1] + self.cosine * x - self.sine * y,
        }
    }
}

/// A place between pixels.
#[derive(Clone, Copy)]
struct Place {
    y: f64,
    x: f64,
}

impl Place {
    fn cell(self) -> Cell {
        let ((y, down), (x, right)) = (split(self.y), split(self.x));
        Cell {
            y,
            x,
            weights: [(1.0 - down) * (1.0 - right), (1.0 - down) * right, down * (1.0 - right), down * right],
        }
    }
}

/// The whole number that is not above, and what is left. (`floor` is a call where the baseline has no instruction for it.)
#[expect(clippy::cast_possible_truncation, reason = "numbers near the sides of an image")]
fn split(number: f64) -> (isize, f64) {
    let towards_0 = number as isize;
    let whole = if towards_0 as f64 > number { towards_0 - 1 } else { towards_0 };
    (whole, number - whole as f64)
}

/// Four pixels around a place, by the one above it and to its left, each with its weight, row by row.
#[derive(Clone, Copy)]
struct Cell {
    y: isize,
    x: isize,
    weights: [f64; 4],
}

impl Cell {
    /// Its first pixel, if all four are in an image: as most are, which need not be looked up one by one.
    fn inside(&self, height: usize, width: usize) -> Option<[usize; 2]> {
        let [y, x] = [self.y, self.x].map(usize::try_from);
        let (y, x) = (y.ok()?, x.ok()?);
        (y + 1 < height && x + 1 < width).then_some([y, x])
    }

    /// Where its pixels come from.
    fn corners(&self, [height, width, depth]: [usize; 3], fill: Fill) -> [Source; 4] {
        let Self { y, x, .. } = *self;
        [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)].map(|(y, x)| {
            match (source(y, height, fill), source(x, width, fill)) {
                (Source::At(y), Source::At(x)) => Source::At((y * width + x) * depth),
                (Source::Grey(grey), _) | (_, Source::Grey(grey)) => Source::Grey(grey),
            }
        })
    }

    /// A pixel of two above two others, by their weights.
    fn blend(&self, pixel: &mut [u8], [above, below]: [&[u8]; 2]) {
        let depth = pixel.len();
        let [above, below] = [above, below].map(|pair| pair.split_at(depth));
        let ((a, b), (c, d), [by_a, by_b, by_c, by_d]) = (above, below, self.weights);
        for (byte, ((a, b), (c, d))) in pixel.iter_mut().zip(a.iter().zip(b).zip(c.iter().zip(d))) {
            let [a, b, c, d] = [a, b, c, d].map(|&byte| f64::from(byte));
            *byte = to_byte(by_a * a + by_b * b + by_c * c + by_d * d);
        }
    }

    /// The same of pixels that are wherever the fill leads.
    fn blend_corners(&self, pixel: &mut [u8], corners: [Source; 4], image: &[u8]) {
        for (channel, byte) in pixel.iter_mut().enumerate() {
            let number = |(corner, weight): (Source, f64)| match corner {
                Source::At(at) => weight * f64::from(image[at + channel]),
                Source::Grey(grey) => weight * f64::from(grey),
            };
            *byte = to_byte(corners.into_iter().zip(self.weights).map(number).sum());
        }
    }
}
