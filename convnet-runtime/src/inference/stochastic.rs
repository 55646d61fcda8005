//! Noise averaged away: many passes that draw as training does, and their mean.
//!
//! The notes' chapter on ConvNets calls it numerical approximation of the marginalization over noise; its other form,
//! analytic, is what [`Network::infer`] computes: dropout scales, stochastic pooling takes its expectation.

use convnet_geometry::Volume;
use ndarray::ArrayView4;

use crate::error::Error;
use crate::memory::{Buffer, zeros};
use crate::network::Network;
use crate::observer::Unobserved;
use crate::scalar::Scalar;
use crate::workspace::{InferenceWorkspace, check_memory};

/// Memory for inference by the average of many passes in which dropout, DropConnect, stochastic and fractional pooling
/// draw as they do in training. Batch normalization takes its running statistics.
///
/// It is a type of its own, so that dropout cannot be on by accident: [`Network::infer`] never draws so.
///
/// ```
/// # use convnet_runtime::{Network, Error, inference::StochasticInference};
/// # fn example<N: Network<Scalar = f32>>(net: &N, images: ndarray::ArrayView4<'_, f32>) -> Result<(), Error> {
/// let mut passes = StochasticInference::of(net, 16, 32, 7)?;
/// let averages = passes.infer(net, images)?;
/// println!("{} +- {}", averages.mean, averages.deviation);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct StochasticInference<T> {
    workspace: InferenceWorkspace<T>,
    passes: usize,
    seed: u64,
    output: Volume,
    mean: Buffer<T>,
    /// Sums of squared differences from the mean, then deviations.
    deviation: Buffer<T>,
}

/// What many passes come to.
#[derive(Clone, Copy, Debug)]
pub struct Averages<'a, T> {
    /// The mean scores, `[N, H, W, D]`.
    pub mean: ArrayView4<'a, T>,
    /// Their standard deviation over the passes, `[N, H, W, D]`: how sure the network is of each.
    pub deviation: ArrayView4<'a, T>,
}

impl<T: Scalar> StochasticInference<T> {
    /// Memory for batches of up to `capacity` images, each evaluated `passes` times; `seed` decides what is drawn.
    ///
    /// # Errors
    /// [`Error::Option`] if `passes` is 0, and those of [`InferenceWorkspace::new`].
    pub fn of<N: Network<Scalar = T>>(
        network: &N,
        capacity: usize,
        passes: usize,
        seed: u64,
    ) -> Result<Self, Error> {
        if passes == 0 {
            return Err(Error::Option { option: "passes", value: 0.0, expected: "at least 1" });
        }
        let (workspace, output) = (InferenceWorkspace::of(network, capacity)?, N::ARCHITECTURE.output());
        let scores = capacity * output.count();
        check_memory::<T>(capacity, scores.saturating_mul(2))?;
        Ok(Self { workspace, passes, seed, output, mean: zeros(scores), deviation: zeros(scores) })
    }

    /// Mean and deviation of the scores of a batch. The same seed gives the same bits.
    ///
    /// What an image draws depends on its place in the batch: two images of one batch draw differently, but for DropConnect,
    /// whose mask all of them share.
    ///
    /// # Errors
    /// Those of [`Network::infer`].
    pub fn infer<N: Network<Scalar = T>>(
        &mut self,
        network: &N,
        images: ArrayView4<'_, T>,
    ) -> Result<Averages<'_, T>, Error> {
        let numbers = (images.dim().0 * self.output.count()).min(self.mean.len());
        let (mean, deviation) = (&mut self.mean[..numbers], &mut self.deviation[..numbers]);
        mean.fill(T::zero());
        deviation.fill(T::zero());
        for pass in 0..self.passes {
            self.workspace.draw(self.seed, pass as u64);
            let scores = network.infer(images, &mut self.workspace, &mut Unobserved);
            let scores = scores?.to_slice().expect("a workspace is in standard layout");
            let count = T::from_f64((pass + 1) as f64);
            // Welford's sums: nothing cancels.
            for ((mean, deviation), &score) in mean.iter_mut().zip(&mut *deviation).zip(scores) {
                let before = score - *mean;
                *mean += before / count;
                *deviation += before * (score - *mean);
            }
        }
        let passes = T::from_f64(self.passes as f64);
        deviation.iter_mut().for_each(|sum| *sum = (*sum / passes).sqrt());
        let view = |numbers| {
            let Volume { width, height, depth } = self.output;
            let shape = (images.dim().0, height, width, depth);
            ArrayView4::from_shape(shape, numbers).expect("as many numbers as scores")
        };
        Ok(Averages { mean: view(&self.mean[..numbers]), deviation: view(&self.deviation[..numbers]) })
    }
}
