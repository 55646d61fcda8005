//! What is asked for, and its fitting.

use rand_distr::{Distribution, StandardNormal};

#[cfg(feature = "pca")]
use super::components::PrincipalComponents;
use super::covariance::{LIMIT, check_memory};
use super::fitted::Preprocessing;
use super::kind::{self, Kind, Per};
use super::parts::Tensors;
use super::rows::{Images, Rows};
use super::statistics::Statistics;
use crate::data::{Dataset, TrainingSet};
use crate::error::Error;
use crate::random::{self, Purpose};

/// What is to be done to images before a network sees them.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Preprocess {
    /// `byte - mean`: images around zero.
    Mean(Per),
    /// `(byte - mean) / deviation`: around zero, and as wide in each direction.
    ///
    /// The deviation is the population's, of the centred numbers; where it is 0, they are divided by 1.
    Normalize {
        /// Which means.
        mean: Per,
        /// Which deviations.
        deviation: Per,
    },
    /// From the smallest byte, which becomes -1, to the largest, which becomes 1. What is constant becomes 0.
    Range(Per),
    /// Centred by the mean image and rotated to the principal components, of which those with the largest variances are kept.
    ///
    /// Images become `[1, 1, dimensions]`. It takes the covariance of all numbers of an image, and its eigenvectors.
    #[cfg(feature = "pca")]
    Pca {
        /// How many components are kept.
        dimensions: usize,
    },
    /// As [`Pca`](Self::Pca), each component then being divided by the root of its variance plus a smoothing:
    /// `(byte - mean) U / sqrt(S + smoothing)`.
    #[cfg(feature = "pca")]
    Whitening {
        /// How many components are kept.
        dimensions: usize,
        /// What keeps directions without variance from being noise.
        smoothing: f64,
    },
    /// Centred by the mean image and multiplied by a random matrix of this seed, of normal numbers of the variance
    /// 1 / dimensions: lengths are kept on average (Johnson and Lindenstrauss 1984).
    ///
    /// Images become `[1, 1, dimensions]`.
    RandomProjection {
        /// How many numbers are kept.
        dimensions: usize,
        /// The seed of the matrix.
        seed: u64,
    },
}

impl Preprocess {
    /// Subtracts the mean image: AlexNet's.
    pub const MEAN_IMAGE: Self = Self::Mean(Per::Number);
    /// Subtracts a mean of each channel: VGGNet's.
    pub const MEAN_PER_CHANNEL: Self = Self::Mean(Per::Channel);
    /// Subtracts one mean of all numbers.
    pub const ONE_MEAN: Self = Self::Mean(Per::Dataset);

    /// [`Whitening`](Self::Whitening) with the notes' smoothing, 1e-5.
    #[cfg(feature = "pca")]
    pub const fn whitening(dimensions: usize) -> Self {
        Self::Whitening { dimensions, smoothing: 1e-5 }
    }

    /// Takes the statistics that it needs from the training images. Their matrices may take 1 GiB.
    ///
    /// # Errors
    /// [`Error::EmptyData`] if there is no image; [`Error::Option`] if the dimensions are not from 1 to the numbers of an image, or
    /// the smoothing is not finite and above 0; [`Error::PreprocessingMemory`] if the matrices would take more; what reading the
    /// images comes to.
    pub fn fit<D: Dataset>(self, training: &TrainingSet<D>) -> Result<Preprocessing, Error> {
        self.fit_on(training.data(), LIMIT)
    }

    /// As [`fit`](Self::fit), with another limit on the bytes that matrices may take.
    ///
    /// # Errors
    /// As `fit`.
    pub fn fit_within<D: Dataset>(
        self,
        training: &TrainingSet<D>,
        limit: u64,
    ) -> Result<Preprocessing, Error> {
        self.fit_on(training.data(), limit)
    }

    fn fit_on(self, data: &dyn Dataset, limit: u64) -> Result<Preprocessing, Error> {
        let (rows, shape) = (Images::new(data)?, data.shape());
        let (kind, tensors) = match self {
            Self::Mean(per) => {
                (Kind::Mean(per), vec![(kind::MEAN, Statistics::of(&rows)?.means(per, shape[2]))])
            }
            Self::Normalize { mean, deviation } => {
                let statistics = Statistics::of(&rows)?;
                let means = statistics.means(mean, shape[2]);
                let deviations = statistics.deviations(deviation, shape[2], &means);
                let tensors = vec![(kind::MEAN, means), (kind::DEVIATION, deviations)];
                (Kind::Normalize { mean, deviation }, tensors)
            }
            Self::Range(per) => {
                let [minimum, maximum] = Statistics::of(&rows)?.ranges(per, shape[2]);
                (Kind::Range(per), vec![(kind::MINIMUM, minimum), (kind::MAXIMUM, maximum)])
            }
            #[cfg(feature = "pca")]
            Self::Pca { dimensions } => (Kind::Pca, components(&rows, dimensions, limit)?),
            #[cfg(feature = "pca")]
            Self::Whitening { dimensions, smoothing } => {
                check_smoothing(smoothing)?;
                let mut tensors = components(&rows, dimensions, limit)?;
                tensors.push((kind::SMOOTHING, vec![smoothing]));
                (Kind::Whitening, tensors)
            }
            Self::RandomProjection { dimensions, seed } => {
                let directions = random_directions(rows.width(), dimensions, seed, limit)?;
                let mean = Statistics::of(&rows)?.mean().to_vec();
                (Kind::RandomProjection, vec![(kind::MEAN, mean), (kind::COMPONENTS, directions)])
            }
        };
        Preprocessing::new(kind, shape, Tensors::of(kind, shape, tensors))
            .map_err(|reason| Error::Fit { reason })
    }
}

#[cfg(feature = "pca")]
fn components(
    rows: &dyn Rows,
    dimensions: usize,
    limit: u64,
) -> Result<Vec<(&'static str, Vec<f64>)>, Error> {
    let components = PrincipalComponents::of(rows, dimensions, limit)?;
    Ok(vec![
        (kind::MEAN, components.mean().to_vec()),
        (kind::COMPONENTS, components.directions().iter().copied().collect()),
        (kind::VARIANCES, components.variances().to_vec()),
    ])
}

#[cfg(feature = "pca")]
fn check_smoothing(smoothing: f64) -> Result<(), Error> {
    if smoothing.is_finite() && smoothing > 0.0 {
        return Ok(());
    }
    let expected = "a finite number above 0";
    Err(Error::Option { option: "the smoothing of a whitening", value: smoothing, expected })
}

/// Random directions, each from a stream of its own: the first ones do not depend on how many there are, but for their length.
fn random_directions(numbers: usize, dimensions: usize, seed: u64, limit: u64) -> Result<Vec<f64>, Error> {
    if dimensions == 0 || dimensions > numbers {
        let expected = "at least 1, and at most the numbers of an image";
        return Err(Error::Option { option: "dimensions", value: dimensions as f64, expected });
    }
    check_memory("the random projection", numbers, dimensions, limit)?;
    let length = (dimensions as f64).sqrt().recip();
    let mut directions = Vec::with_capacity(numbers * dimensions);
    for index in 0..dimensions as u64 {
        let mut chance = random::stream(seed, Purpose::Projection, index);
        let normal = std::iter::repeat_with(|| -> f64 { StandardNormal.sample(&mut chance) });
        directions.extend(normal.take(numbers).map(|number| length * number));
    }
    Ok(directions)
}
