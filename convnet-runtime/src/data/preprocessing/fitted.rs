//! A fitted preprocessing and its application to images.

use std::sync::Arc;

use super::kind::{self, Kind, Per};
use super::parts::Tensors;
use crate::data::Scaling;
use crate::error::Error;
#[cfg(feature = "train")]
use crate::picture::Picture;
use crate::scalar::Scalar;
use crate::simd::Tier;

/// At least so many numbers are scaled in one go.
const STRETCH: usize = 256;

/// What is done to the images of a data set, fitted by [`Preprocess::fit`](super::Preprocess::fit). A clone shares its numbers.
#[derive(Clone, PartialEq, Debug)]
pub struct Preprocessing(Arc<Fitted>);

#[derive(PartialEq, Debug)]
struct Fitted {
    kind: Kind,
    shape: [usize; 3],
    tensors: Tensors,
    work: Work,
}

/// How it is applied, which follows from its tensors.
#[derive(PartialEq, Debug)]
enum Work {
    /// One mean and one factor.
    Scale { mean: f64, scale: f64 },
    /// Means and factors of a stretch of an image, which come again and again.
    ScaleEach { means: Vec<f64>, scales: Vec<f64> },
    /// Inner products with components, and a factor for each.
    Project { scales: Vec<f64> },
}

/// What can prepare images of any shape, or of the one that it was fitted on: a [`Preprocessing`], or a [`Scaling`].
pub trait Prepare {
    /// The preprocessing of images of this shape, `[H, W, D]`.
    ///
    /// # Errors
    /// [`Error::PreprocessingShape`] if it was fitted on others; [`Error::EmptyData`] if a side is 0.
    fn for_images(&self, shape: [usize; 3]) -> Result<Preprocessing, Error>;
}

impl Prepare for Preprocessing {
    fn for_images(&self, shape: [usize; 3]) -> Result<Self, Error> {
        let expected = self.input_shape();
        if shape == expected {
            return Ok(self.clone());
        }
        Err(Error::PreprocessingShape { expected, found: shape })
    }
}

impl Prepare for Scaling {
    fn for_images(&self, shape: [usize; 3]) -> Result<Preprocessing, Error> {
        if shape.contains(&0) {
            return Err(Error::EmptyData);
        }
        let kind = Kind::Normalize { mean: Per::Dataset, deviation: Per::Dataset };
        let tensors = vec![(kind::MEAN, vec![self.mean()]), (kind::DEVIATION, vec![self.deviation()])];
        Preprocessing::new(kind, shape, Tensors::of(kind, shape, tensors))
            .map_err(|reason| Error::Fit { reason })
    }
}

impl Preprocessing {
    /// Of tensors whose names, shapes and finite numbers fit the kind.
    ///
    /// # Errors
    /// What numbers the kind cannot have.
    pub(super) fn new(kind: Kind, shape: [usize; 3], tensors: Tensors) -> Result<Self, String> {
        let work = Work::of(kind, shape, &tensors)?;
        Ok(Self(Arc::new(Fitted { kind, shape, tensors, work })))
    }

    pub(super) fn contents(&self) -> (Kind, &Tensors) {
        (self.0.kind, &self.0.tensors)
    }

    /// What it does, for people: `mean per channel, one deviation`.
    pub fn description(&self) -> String {
        self.0.kind.description(self.dimensions())
    }

    /// The shape of the images that it was fitted on, `[H, W, D]`.
    pub fn input_shape(&self) -> [usize; 3] {
        self.0.shape
    }

    /// The shape of what it makes of an image: the image's own, or `[1, 1, dimensions]`.
    pub fn output_shape(&self) -> [usize; 3] {
        if self.0.kind.projects() { [1, 1, self.dimensions()] } else { self.0.shape }
    }

    /// Prepares an image, `[H, W, D]`, to numbers of the output's shape.
    ///
    /// Scaling takes little more time than a copy; a projection takes `dimensions * H * W * D` multiplications, summed in `f64`
    /// in an order that depends neither on the machine nor on threads.
    ///
    /// # Panics
    /// If there are not as many bytes as the input has, or not as many numbers as the output.
    pub fn apply<T: Scalar>(&self, bytes: &[u8], to: &mut [T]) {
        let sizes = [self.input_shape(), self.output_shape()].map(|shape| shape.iter().product::<usize>());
        assert_eq!([bytes.len(), to.len()], sizes, "an image, and room for what becomes of it");
        match &self.0.work {
            Work::Scale { mean, scale } => {
                T::scale_bytes(bytes, T::from_f64(*mean), T::from_f64(*scale), to);
            }
            Work::ScaleEach { means, scales } => T::scale_each_byte(bytes, means, scales, to),
            Work::Project { scales } => {
                let [mean, components] =
                    [kind::MEAN, kind::COMPONENTS].map(|name| self.0.tensors.numbers(name));
                let directions = components.chunks_exact(bytes.len()).zip(scales);
                for (to, (direction, scale)) in to.iter_mut().zip(directions) {
                    *to = T::from_f64(scale * centred_dot(bytes, mean, direction));
                }
            }
        }
    }

    /// The numbers that a projection gives; 0 if it is none.
    fn dimensions(&self) -> usize {
        self.0.tensors.numbers(kind::COMPONENTS).len() / self.0.shape.iter().product::<usize>()
    }

    /// The first principal components as pictures: grey is 0, and the number of the largest magnitude of each is black or white.
    ///
    /// [`Picture::sheet`] shows them side by side.
    ///
    /// # Errors
    /// [`Error::PrincipalComponents`] if it has not so many; [`Error::Picture`] if images have other than 1 or 3 channels.
    #[cfg(feature = "train")]
    pub fn principal_pictures(&self, count: usize) -> Result<Vec<Picture>, Error> {
        let is_principal = matches!(self.0.kind, Kind::Pca | Kind::Whitening);
        let found = if is_principal { self.dimensions() } else { 0 };
        if count == 0 || count > found {
            return Err(Error::PrincipalComponents { asked: count, description: self.description(), found });
        }
        let [height, width, depth] = self.0.shape;
        let directions = self.0.tensors.numbers(kind::COMPONENTS).chunks_exact(height * width * depth);
        let picture = |direction| Picture::new(width, height, depth, around_grey(direction));
        directions.take(count).map(picture).collect()
    }
}

/// Numbers as bytes, 0 being in the middle.
#[cfg(feature = "train")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers from 0 to 255")]
fn around_grey(numbers: &[f64]) -> Vec<u8> {
    let largest = numbers.iter().fold(f64::MIN_POSITIVE, |largest, number| largest.max(number.abs()));
    numbers.iter().map(|number| (127.5 + 127.5 * number / largest).round() as u8).collect()
}

impl Work {
    fn of(kind: Kind, shape: [usize; 3], tensors: &Tensors) -> Result<Self, String> {
        let numbers = |name| tensors.numbers(name);
        match kind {
            Kind::Mean(_) => Self::scaling(shape, numbers(kind::MEAN), &[1.0]),
            Kind::Normalize { .. } => Self::scaling(shape, numbers(kind::MEAN), numbers(kind::DEVIATION)),
            Kind::Range(_) => {
                let ends = || numbers(kind::MINIMUM).iter().zip(numbers(kind::MAXIMUM));
                if ends().any(|(low, high)| low > high) {
                    return Err("a minimum is above its maximum".to_owned());
                }
                let middles: Vec<_> = ends().map(|(low, high)| low + (high - low) / 2.0).collect();
                let halves = ends().map(|(low, high)| if low < high { (high - low) / 2.0 } else { 1.0 });
                Self::scaling(shape, &middles, &halves.collect::<Vec<_>>())
            }
            Kind::Pca | Kind::Whitening => {
                if numbers(kind::VARIANCES).iter().any(|&variance| variance < 0.0) {
                    return Err("a variance is below 0".to_owned());
                }
                let roots = numbers(kind::VARIANCES).iter().map(|variance| match numbers(kind::SMOOTHING) {
                    [smoothing] => (variance + smoothing).sqrt(),
                    _ => 1.0,
                });
                Ok(Self::Project { scales: reciprocals(roots)? })
            }
            Kind::RandomProjection => {
                let dimensions = numbers(kind::COMPONENTS).len() / shape.iter().product::<usize>();
                Ok(Self::Project { scales: vec![1.0; dimensions] })
            }
        }
    }

    /// `(byte - mean) / divisor`: each of them one, one for each channel, or one for each number.
    fn scaling(shape: [usize; 3], means: &[f64], divisors: &[f64]) -> Result<Self, String> {
        let scales = reciprocals(divisors.iter().copied())?;
        if let ([mean], [scale]) = (means, &scales[..]) {
            return Ok(Self::Scale { mean: *mean, scale: *scale });
        }
        let ([height, width, _], again) = (shape, means.len().max(scales.len()));
        let numbers = shape.iter().product::<usize>();
        // Whole pixels, enough of them for a vector; an image of means comes once.
        let stretch = if again == numbers { 1 } else { STRETCH.div_ceil(again).min(height * width) } * again;
        let repeated = |numbers: &[f64]| numbers.iter().copied().cycle().take(stretch).collect();
        Ok(Self::ScaleEach { means: repeated(means), scales: repeated(&scales) })
    }
}

/// What to multiply by in place of dividing.
fn reciprocals(divisors: impl Iterator<Item = f64>) -> Result<Vec<f64>, String> {
    let reciprocal = |divisor: f64| {
        let reciprocal = 1.0 / divisor;
        let is_usable = divisor > 0.0 && reciprocal.is_finite();
        is_usable.then_some(reciprocal).ok_or_else(|| format!("{divisor} is nothing to divide by"))
    };
    divisors.map(reciprocal).collect()
}

/// The inner product of a centred image and a direction: in sums of every eighth number, which are then added in order.
fn centred_dot(bytes: &[u8], mean: &[f64], direction: &[f64]) -> f64 {
    const LANES: usize = 8;
    Tier::fastest().vectorized(
        #[inline(always)]
        || {
            let (blocks, rest) = bytes.as_chunks::<LANES>();
            let (mean_blocks, mean_rest) = mean.as_chunks::<LANES>();
            let (direction_blocks, direction_rest) = direction.as_chunks::<LANES>();
            let mut sums = [0.0; LANES];
            for ((bytes, mean), direction) in blocks.iter().zip(mean_blocks).zip(direction_blocks) {
                for lane in 0..LANES {
                    sums[lane] += (f64::from(bytes[lane]) - mean[lane]) * direction[lane];
                }
            }
            for ((sum, &byte), (mean, direction)) in
                sums.iter_mut().zip(rest).zip(mean_rest.iter().zip(direction_rest))
            {
                *sum += (f64::from(byte) - mean) * direction;
            }
            sums.iter().sum()
        },
    )
}
