//! What an augmentation makes of a data set, to look at.

use super::{Augmentation, Augmenter};
use crate::data::Dataset;
use crate::error::Error;
use crate::picture::Picture;

/// A picture of augmented images: in each row an image of the data set as it is, then as it is in the first epochs.
///
/// The rows are images spread evenly over the data set, so that data in the order of its classes shows several.
///
/// # Errors
/// [`Error::Option`] if a sheet has no row or column, or more rows than there are images; [`Error::Picture`] for images of other
/// than 1 or 3 channels, and for a sheet that would be too large; what [`Augmenter::new`] refuses; what reading comes to.
pub fn contact_sheet<D: Dataset + ?Sized>(
    data: &D,
    augmentation: &Augmentation,
    seed: u64,
    rows: usize,
    columns: usize,
) -> Result<Picture, Error> {
    for (option, count, most, expected) in [
        ("the rows of a contact sheet", rows, data.len(), "at least 1, at most as many as images"),
        ("the columns of a contact sheet", columns, usize::MAX, "at least 1"),
    ] {
        if count == 0 || count > most {
            return Err(Error::Option { option, value: count as f64, expected });
        }
    }
    let shape @ [height, width, depth] = data.shape();
    // Before any of it is made.
    Picture::sheet_sides(shape, rows.saturating_mul(columns), columns)?;
    let mut augmenter = Augmenter::new(augmentation, shape, seed)?;
    let mut original = vec![0; height * width * depth];
    let mut pictures = Vec::new();
    for row in 0..rows {
        let index = row * data.len() / rows;
        data.read(index, &mut original)?;
        let mut augmented = original.clone();
        pictures.push(Picture::new(width, height, depth, augmented.clone())?);
        for epoch in (0..).take(columns - 1) {
            augmented.copy_from_slice(&original);
            augmenter.augment(&mut augmented, epoch, index);
            pictures.push(Picture::new(width, height, depth, augmented.clone())?);
        }
    }
    Picture::sheet(&pictures, columns)
}
