//! The kinds of preprocessing, as a text for people and as a tag for files.

use std::fmt;
use std::str::FromStr;

/// What a mean, a deviation or a range is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Per {
    /// All numbers of all images: one.
    Dataset,
    /// All numbers of a channel: one for each channel.
    Channel,
    /// A number of an image, a channel at a pixel: an image of them.
    Number,
}

impl Per {
    const ALL: [Self; 3] = [Self::Dataset, Self::Channel, Self::Number];

    /// The shape of as many numbers as there are, for images of this shape.
    pub(super) fn shape(self, [height, width, depth]: [usize; 3]) -> Vec<usize> {
        match self {
            Self::Dataset => vec![1],
            Self::Channel => vec![depth],
            Self::Number => vec![height, width, depth],
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Channel => "channel",
            Self::Number => "number",
        }
    }
}

/// What a fitted preprocessing does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Mean(Per),
    Normalize { mean: Per, deviation: Per },
    Range(Per),
    Pca,
    Whitening,
    RandomProjection,
}

/// The names of tensors.
pub(super) const MEAN: &str = "mean";
pub(super) const DEVIATION: &str = "deviation";
pub(super) const MINIMUM: &str = "minimum";
pub(super) const MAXIMUM: &str = "maximum";
pub(super) const COMPONENTS: &str = "components";
pub(super) const VARIANCES: &str = "variances";
pub(super) const SMOOTHING: &str = "smoothing";

impl Kind {
    fn all() -> impl Iterator<Item = Self> {
        let pairs = Per::ALL.into_iter().flat_map(|mean| Per::ALL.map(|deviation| (mean, deviation)));
        let normalize = pairs.map(|(mean, deviation)| Self::Normalize { mean, deviation });
        let others = [Self::Pca, Self::Whitening, Self::RandomProjection];
        Per::ALL.map(Self::Mean).into_iter().chain(normalize).chain(Per::ALL.map(Self::Range)).chain(others)
    }

    /// Whether it gives numbers that are no image any more.
    pub(super) fn projects(self) -> bool {
        matches!(self, Self::Pca | Self::Whitening | Self::RandomProjection)
    }

    /// The names and shapes of what it keeps, in their order, for images of this shape and so many dimensions.
    pub(super) fn tensors(self, shape: [usize; 3], dimensions: usize) -> Vec<(&'static str, Vec<usize>)> {
        let mean = |per: Per| (MEAN, per.shape(shape));
        let components = || (COMPONENTS, [&[dimensions], &shape[..]].concat());
        let variances = || (VARIANCES, vec![dimensions]);
        match self {
            Self::Mean(per) => vec![mean(per)],
            Self::Normalize { mean: of, deviation } => vec![mean(of), (DEVIATION, deviation.shape(shape))],
            Self::Range(per) => vec![(MINIMUM, per.shape(shape)), (MAXIMUM, per.shape(shape))],
            Self::Pca => vec![mean(Per::Number), components(), variances()],
            Self::Whitening => vec![mean(Per::Number), components(), variances(), (SMOOTHING, vec![1])],
            Self::RandomProjection => vec![mean(Per::Number), components()],
        }
    }

    /// For people.
    pub(super) fn description(self, dimensions: usize) -> String {
        match self {
            Self::Mean(per) => mean(per).to_owned(),
            Self::Normalize { mean: of, deviation: Per::Dataset } => format!("{}, one deviation", mean(of)),
            Self::Normalize { mean: of, deviation } => {
                format!("{}, deviation per {}", mean(of), deviation.tag())
            }
            Self::Range(Per::Dataset) => "range to [-1, 1]".to_owned(),
            Self::Range(per) => format!("range per {} to [-1, 1]", per.tag()),
            Self::Pca => format!("mean image, PCA to {dimensions} dimensions"),
            Self::Whitening => format!("mean image, PCA to {dimensions} dimensions, whitened"),
            Self::RandomProjection => format!("mean image, random projection to {dimensions} dimensions"),
        }
    }
}

fn mean(per: Per) -> &'static str {
    match per {
        Per::Dataset => "one mean",
        Per::Channel => "mean per channel",
        Per::Number => "mean image",
    }
}

/// The tag: for files, so it stays as it is.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Mean(per) => write!(f, "mean:{}", per.tag()),
            Self::Normalize { mean, deviation } => write!(f, "normalize:{}:{}", mean.tag(), deviation.tag()),
            Self::Range(per) => write!(f, "range:{}", per.tag()),
            Self::Pca => f.write_str("pca"),
            Self::Whitening => f.write_str("whitening"),
            Self::RandomProjection => f.write_str("random-projection"),
        }
    }
}

impl FromStr for Kind {
    /// What tags there are.
    type Err = String;

    fn from_str(tag: &str) -> Result<Self, String> {
        let unknown = || {
            let tags: Vec<_> = Self::all().map(|kind| kind.to_string()).collect();
            format!("there is no such kind, but {}", tags.join(", "))
        };
        Self::all().find(|kind| kind.to_string() == tag).ok_or_else(unknown)
    }
}
