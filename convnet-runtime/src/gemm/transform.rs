//! Where the tiles lie that Winograd's transforms take and give.

use std::marker::PhantomData;

use ndarray::ArrayViewMut2;

use super::Panels;
use super::tile::Finish;
use crate::scalar::Scalar;
use crate::simd::winograd::{CELLS, Tiles, Transform};

/// Where each number of a tile lies; nowhere, if it lies outside of an image.
pub type Places = [Option<usize>; CELLS];

/// A tile that is read: channels that begin at each place, or zeros.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a, T> {
    pub(crate) numbers: &'a [T],
    pub(crate) places: &'a Places,
    pub(crate) depth: usize,
    /// As many as channels.
    pub(crate) zeros: &'a [T],
}

/// A tile that is written, place by place; what lies nowhere is left out.
#[derive(Debug)]
pub struct Transformed<'a, T> {
    /// The first channel of each place, which all others can be reached from; null for one that lies nowhere.
    pointers: [*mut T; CELLS],
    depth: usize,
    step: usize,
    panel: (usize, usize),
    numbers: PhantomData<&'a mut [T]>,
}

impl<'a, T: Scalar> Transformed<'a, T> {
    /// Places are rows of a matrix whose columns are the channels.
    pub(crate) fn rows(mut matrix: ArrayViewMut2<'a, T>, rows: &Places) -> Self {
        let (count, [row_stride, step]) = (matrix.nrows(), [matrix.strides()[0], matrix.strides()[1]]);
        let (first, depth) = (matrix.as_mut_ptr(), matrix.ncols());
        let step = usize::try_from(step).expect("columns in their order");
        let pointers = rows.map(|row| {
            row.map_or(std::ptr::null_mut(), |row| {
                assert!(row < count, "a row that the matrix does not have");
                first.wrapping_offset(row.cast_signed() * row_stride)
            })
        });
        Self { pointers, depth, step, panel: (usize::MAX, 0), numbers: PhantomData }
    }

    /// Places are rows of a packed matrix whose columns are the channels.
    pub(crate) fn packed(panels: Panels<'a, T>, rows: &Places) -> Self {
        let (count, depth, width, numbers) = panels.into_parts();
        let first = numbers.as_mut_ptr();
        let pointers = rows.map(|row| {
            row.map_or(std::ptr::null_mut(), |row| {
                assert!(row < count, "a row that the packed matrix does not have");
                first.wrapping_add(row * width)
            })
        });
        Self { pointers, depth, step: 1, panel: (width, count * width), numbers: PhantomData }
    }
}

/// Checks every place.
pub(super) fn tiles<'a, T: Scalar>(
    by: Transform,
    from: &Cells<'_, T>,
    to: Transformed<'_, T>,
    finish: Finish<'a, T>,
) -> Tiles<'a, T> {
    let (before, after) = by.sides();
    let Cells { numbers, places, depth, zeros } = *from;
    if let Finish::Store { bias, .. } = finish {
        assert!(bias.is_empty() || bias.len() == depth, "as many biases as channels");
    }
    assert_eq!(depth, to.depth, "as many channels after it as before");
    let mut tiles = Tiles {
        from: [zeros.as_ptr(); CELLS],
        to: [std::ptr::null_mut(); CELLS],
        depth,
        step: to.step,
        panel: to.panel,
        finish,
    };
    for (pointer, &first) in tiles.from.iter_mut().zip(&places[..before * before]) {
        let channels = match first {
            Some(first) => &numbers[first..first + depth],
            None => &zeros[..depth],
        };
        *pointer = channels.as_ptr();
    }
    tiles.to[..after * after].copy_from_slice(&to.pointers[..after * after]);
    tiles
}
