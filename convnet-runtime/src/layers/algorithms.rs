//! Which algorithms layers are computed by: those chosen for them, or one that is forced.

use convnet_geometry::{Convolution, ConvolutionAlgorithm, DenseAlgorithm, Pass};

/// The algorithms that a workspace's layers are computed by.
///
/// By default each layer has the one chosen for its geometry and batch. Tests and measurements force one; a layer for
/// which it is not admissible keeps its own.
///
/// ```
/// # use convnet_runtime::layers::{Algorithms, DenseAlgorithm, Pass};
/// let algorithms = Algorithms::CHOSEN.dense(DenseAlgorithm::InnerProducts);
/// assert_eq!(algorithms.of_dense(32, Pass::Forward), DenseAlgorithm::InnerProducts);
/// assert_eq!(Algorithms::CHOSEN.of_dense(32, Pass::Forward), DenseAlgorithm::Product);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Algorithms {
    convolution: Option<ConvolutionAlgorithm>,
    dense: Option<DenseAlgorithm>,
}

impl Algorithms {
    /// None is forced.
    pub const CHOSEN: Self = Self { convolution: None, dense: None };

    /// With this one for every convolution for which it is admissible.
    pub const fn convolution(mut self, algorithm: ConvolutionAlgorithm) -> Self {
        self.convolution = Some(algorithm);
        self
    }

    /// With this one for every fully connected layer.
    pub const fn dense(mut self, algorithm: DenseAlgorithm) -> Self {
        self.dense = Some(algorithm);
        self
    }

    /// The algorithm of a convolution for a batch of this size and a pass.
    pub const fn of_convolution(
        self,
        geometry: &Convolution,
        images: usize,
        pass: Pass,
    ) -> ConvolutionAlgorithm {
        match self.convolution {
            Some(forced) if forced.is_admissible(geometry) => forced,
            _ => ConvolutionAlgorithm::of(geometry, images, pass),
        }
    }

    /// The algorithm of a fully connected layer for a batch of this size and a pass.
    pub const fn of_dense(self, images: usize, pass: Pass) -> DenseAlgorithm {
        match self.dense {
            Some(forced) => forced,
            None => DenseAlgorithm::of(images, pass),
        }
    }
}
