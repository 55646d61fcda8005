//! A finer map than a network's stride gives, from evaluations of shifted images.
//!
//! The notes' chapter on ConvNets: to have a stride of 16 pixels from a network of 32, evaluate the image, then the image
//! shifted by 16 pixels, and combine what comes out. Along both axes that is four evaluations, whose numbers interleave.

use convnet_geometry::Extent;
use ndarray::{Array4, ArrayView4, Axis, Slice, s};

use super::fully_convolutional::FullyConvolutional;
use crate::error::Error;
use crate::scalar::Scalar;

impl<T: Scalar> FullyConvolutional<T> {
    /// The scores of every crop of larger images, `stride` pixels apart: the [`map`](Self::map) of an image is combined
    /// with those of the image shifted by multiples of `stride`.
    ///
    /// A stride that halves the network's own takes four evaluations.
    ///
    /// # Errors
    /// [`Error::MapOutput`] if the network gives more than `[1x1xK]` for an image of its own size, [`Error::Option`] if
    /// `stride` does not divide the network's along both axes, and those of [`map`](Self::map).
    pub fn map_at_stride(&self, images: ArrayView4<'_, T>, stride: usize) -> Result<Array4<T>, Error> {
        if !self.gives_scores() {
            return Err(Error::MapOutput { output: self.architecture().output() });
        }
        let Extent { width: s_width, height: s_height } = self.stride();
        if stride == 0 || !s_width.is_multiple_of(stride) || !s_height.is_multiple_of(stride) {
            let expected = "a divisor of the network's stride along both axes";
            return Err(Error::Option { option: "stride", value: stride as f64, expected });
        }
        let (count, height, width, _) = images.dim();
        let crop = self.crop();
        if width < crop.width || height < crop.height {
            return Err(Error::ImagesTooSmall { crop, found: Extent { width, height } });
        }
        let rows = Shifts { side: height, crop: crop.height, stride: s_height, finer: stride };
        let columns = Shifts { side: width, crop: crop.width, stride: s_width, finer: stride };
        let depth = self.architecture().output().depth;
        let mut map = Array4::zeros((count, rows.positions(), columns.positions(), depth));
        for (first_row, along_rows) in rows.each() {
            for (first_column, along_columns) in columns.each() {
                let shifted = images.slice_axis(Axis(1), along_rows);
                let found = self.map(shifted.slice_axis(Axis(2), along_columns))?;
                let (down, across) = (s_height / stride, s_width / stride);
                map.slice_mut(s![.., first_row..;down, first_column..;across, ..]).assign(&found);
            }
        }
        Ok(map)
    }
}

/// The shifted evaluations along one axis.
#[derive(Clone, Copy)]
struct Shifts {
    /// Of the images.
    side: usize,
    /// Of the images that the network was made for.
    crop: usize,
    /// The network's.
    stride: usize,
    /// The one asked for, which divides it.
    finer: usize,
}

impl Shifts {
    /// How many crops there are.
    fn positions(self) -> usize {
        (self.side - self.crop) / self.finer + 1
    }

    /// Each shift with a crop left: the first position that it gives, and the pixels that it evaluates.
    fn each(self) -> impl Iterator<Item = (usize, Slice)> {
        let shifts = (self.stride / self.finer).min(self.positions());
        (0..shifts).map(move |first| {
            let begin = first * self.finer;
            let whole = (self.side - begin - self.crop) / self.stride * self.stride + self.crop;
            (first, Slice::from(begin..begin + whole))
        })
    }
}
