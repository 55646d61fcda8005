//! How the pixels of a batch are cut into pieces of work, and what a piece sees of the volume that its windows lie on.

use std::ops::Range;

use convnet_geometry::Volume;
use ndarray::ArrayViewMut2;

use crate::layers::columns::{Beyond, Frame};
use crate::layers::matrices::matrix_mut;
use crate::network::Gradients;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

/// One piece of work: rows of pixels of some images, and some of their channels. Rows of one image, or whole images.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) images: Range<usize>,
    pub(super) rows: Range<usize>,
    pub(super) channels: Range<usize>,
}

/// How large pieces are: so many whole images, or so many rows of one, and so many channels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cut {
    pub(super) images: usize,
    pub(super) rows: usize,
    pub(super) channels: usize,
}

/// Pieces that are too few to be shared evenly.
const FEW: usize = 4;

/// Pixels of a piece that is not halved.
const SMALL: usize = 256;

impl Cut {
    /// Pieces of about so many pixels, in rows that are a multiple of `step`; and of all channels, unless there are fewer
    /// pieces than `enough`: then of a multiple of `least` channels.
    pub(super) fn new(
        volume: Volume,
        images: usize,
        pixels: usize,
        step: usize,
        channels: (usize, usize),
    ) -> Self {
        let Volume { width, height, depth } = volume;
        let rows = pixels.div_ceil(width).next_multiple_of(step);
        let (images_of_piece, mut rows) = if rows >= height {
            (pixels.div_ceil(width * height).clamp(1, images), height)
        } else {
            // Evenly, so that the last piece is not much smaller.
            (1, height.div_ceil(height.div_ceil(rows)).next_multiple_of(step))
        };
        let pieces = |rows: usize| images.div_ceil(images_of_piece) * height.div_ceil(rows);
        // Smaller ones if there would be few, but not so small that they are all overhead.
        while images_of_piece == 1 && pieces(rows) < FEW && rows > step && rows * width >= SMALL {
            rows = rows.div_ceil(2).next_multiple_of(step);
        }
        let pieces = pieces(rows);
        let (enough, least) = channels;
        let channels = depth.div_ceil(enough.div_ceil(pieces)).next_multiple_of(least).min(depth);
        Self { images: images_of_piece, rows, channels }
    }

    /// Calls `f` with each piece of `pixels` and its part of them, `[pixel, channel]`.
    pub(super) fn run<T: Scalar>(
        self,
        pixels: &mut [T],
        volume: Volume,
        work: Work,
        f: impl Fn(Piece, ArrayViewMut2<'_, T>) + Sync,
    ) {
        let Volume { width, height, depth } = volume;
        let of_image = width * height;
        parallel::tiles(
            matrix_mut(pixels, depth),
            (self.images * of_image, depth),
            work,
            |(first, _), pixels| {
                let images = first / of_image..(first + pixels.nrows()) / of_image;
                let of_piece = if self.rows >= height { pixels.nrows() } else { self.rows * width };
                parallel::tiles(pixels, (of_piece, self.channels), work, |(first, channel), pixels| {
                    let rows = first / width..height.min(first / width + self.rows);
                    let channels = channel..channel + pixels.ncols();
                    f(Piece { images: images.clone(), rows, channels }, pixels);
                });
            },
        );
    }
}

/// The numbers under the windows of a piece: the batch as it lies if no window reaches beyond it, or a copy of the rows that they
/// need with zeros around them.
pub(super) fn framed<'a, T: Scalar>(
    source: &'a [T],
    volume: Volume,
    beyond: Beyond,
    (images, rows): (Range<usize>, Range<isize>),
    scratch: &'a mut [T],
) -> (&'a [T], Frame) {
    if beyond == Beyond::default() {
        return (source, Frame { volume, image: 0, top: 0, left: 0 });
    }
    let Volume { width, height, depth } = volume;
    let framed = Volume { width: beyond.left + width + beyond.right, height: rows.len(), depth };
    let frame =
        Frame { volume: framed, image: images.start, top: rows.start, left: -beyond.left.cast_signed() };
    let scratch = &mut scratch[..images.len() * framed.count()];
    let mut to_rows = scratch.chunks_exact_mut(framed.width * depth);
    for image in images {
        for (row, to) in rows.clone().zip(&mut to_rows) {
            let Some(row) = usize::try_from(row).ok().filter(|&row| row < height) else {
                to.fill(T::zero());
                continue;
            };
            let (left, to) = to.split_at_mut(beyond.left * depth);
            let (to, right) = to.split_at_mut(width * depth);
            left.fill(T::zero());
            to.copy_from_slice(&source[(image * height + row) * width * depth..][..width * depth]);
            right.fill(T::zero());
        }
    }
    (scratch, frame)
}

/// Numbers that a copy of so many images and rows takes.
pub(super) fn framed_numbers(volume: Volume, beyond: Beyond, images: usize, rows: usize) -> usize {
    if beyond == Beyond::default() {
        return 0;
    }
    let width = volume.width.saturating_add(beyond.left).saturating_add(beyond.right);
    images.saturating_mul(rows).saturating_mul(width).saturating_mul(volume.depth)
}

/// The gradient that parts of a batch sum up to, in their order.
pub(super) fn add_parts<'a, T: Scalar>(
    parts: impl Iterator<Item = &'a [T]>,
    gradient: &mut [T],
    mode: Gradients,
) {
    for (index, part) in parts.enumerate() {
        if index == 0 && mode == Gradients::Overwrite {
            gradient.copy_from_slice(part);
        } else {
            T::add_all(gradient, part);
        }
    }
}
