//! The gradient check: analytic gradients against centred differences, the notes' chapter on sanity checks.

use std::fmt;

use ndarray::{Array4, ArrayView4};
use rand::seq::index;

use crate::error::Error;
use crate::losses::Loss;
use crate::network::{Network, Statistics, Step};
use crate::observer::Unobserved;
use crate::random::{self, Purpose};
use crate::scalar::Scalar;
use crate::workspace::TrainingWorkspace;

/// How a gradient check is done.
///
/// Meant for networks in `f64`: in `f32` rounding hides everything below about one part in a hundred.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GradientChecker {
    /// h: how far each number is moved, both ways.
    pub step: f64,
    /// Whether to extrapolate from two centred differences, at h and 2h, to what they tend to (Richardson): the error of
    /// a smooth function falls with h^4 instead of h^2, so that a larger h can be taken, which rounding disturbs less.
    pub extrapolate: bool,
    /// How many numbers of each tensor, and of the images, are checked.
    pub per_tensor: usize,
    /// Which ones: drawn by this seed.
    pub seed: u64,
}

impl Default for GradientChecker {
    /// The notes' h = 1e-5, and 20 numbers of each tensor.
    fn default() -> Self {
        Self { step: 1e-5, extrapolate: false, per_tensor: 20, seed: 0 }
    }
}

/// How many roundings a loss is taken to be off by: it is the end of thousands of operations, whose errors partly cancel.
const ROUNDINGS: f64 = 8.0;

/// What a gradient check found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GradientCheck {
    /// The largest relative error of a number without a kink nearby.
    pub error: f64,
    /// Where it is: a tensor's name and the number's position, or `images`.
    pub worst: String,
    /// The analytic and the numeric gradient there.
    pub gradients: (f64, f64),
    /// How many numbers were compared.
    pub compared: usize,
    /// How many were left out because a kink lay between the two evaluations.
    pub kinks: usize,
}

impl fmt::Display for GradientCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, worst, gradients: (analytic, numeric), compared, kinks } = self;
        write!(
            f,
            "largest relative error {error:.1e} at {worst} (analytic {analytic:e}, numeric {numeric:e}); "
        )?;
        write!(f, "{compared} numbers compared, {kinks} left out next to a kink")
    }
}

/// The number that is moved.
#[derive(Clone, Copy)]
enum Coordinate {
    Parameter(usize),
    Pixel(usize),
}

impl GradientChecker {
    /// Compares the gradients of a network's loss, by parameters and by images, with `(L(x + h) - L(x - h)) / 2h`.
    ///
    /// The relative error is `|a - n| / max(|a|, |n|, 1e-4 * g)` with g the largest gradient of the same tensor: a
    /// gradient far below its neighbours cannot be told from the rounding of the loss.
    ///
    /// `|a - n|` counts only as far as it exceeds what rounding makes of n: the loss L is known to 8 times
    /// `f64::EPSILON * |L|`, and the difference divides that by h. A gradient of exactly 0, such as that of a bias before
    /// batch normalization, would else be wrong altogether: both its forms are rounding and nothing else.
    ///
    /// The network is left as it was.
    ///
    /// # Errors
    /// Those of [`Network::gradients`].
    pub fn check<N: Network, L: Loss<N::Scalar>>(
        &self,
        network: &mut N,
        images: ArrayView4<'_, N::Scalar>,
        targets: L::Targets<'_>,
        loss: &L,
    ) -> Result<GradientCheck, Error> {
        let mut images = images.as_standard_layout().into_owned();
        let mut workspace = TrainingWorkspace::new(N::ARCHITECTURE, images.dim().0)?;
        workspace.record_kinks(true);
        let step = Step { statistics: Statistics::Frozen, ..Step::default() };
        let value = network.gradients(images.view(), targets, loss, &mut workspace, step, &mut Unobserved)?;
        let rounding = ROUNDINGS * f64::EPSILON * value.mean.as_f64().abs() / self.step;
        let by_parameters = workspace.gradients().as_slice().to_vec();
        let by_images: Vec<_> = network.input_gradient(&mut workspace)?.iter().copied().collect();

        let mut found = GradientCheck::default();
        let tensors = network.parameters().tensors().to_vec();
        let parameters = tensors.iter().map(|tensor| (tensor.to_string(), tensor.range()));
        for (stream, (name, range)) in (0..).zip(parameters.collect::<Vec<_>>()) {
            let scale = largest(&by_parameters[range.clone()]);
            for i in self.draw(range.len(), stream) {
                let analytic = by_parameters[range.start + i].as_f64();
                let at = Coordinate::Parameter(range.start + i);
                let numeric = self.difference(network, &mut images, targets, loss, &mut workspace, at)?;
                found.compare(format!("{name}[{i}]"), (analytic, numeric), scale, rounding);
            }
        }
        let scale = largest(&by_images);
        for i in self.draw(by_images.len(), tensors.len() as u64) {
            let at = Coordinate::Pixel(i);
            let numeric = self.difference(network, &mut images, targets, loss, &mut workspace, at)?;
            found.compare(format!("images[{i}]"), (by_images[i].as_f64(), numeric), scale, rounding);
        }
        Ok(found)
    }

    fn draw(&self, length: usize, stream: u64) -> Vec<usize> {
        let mut random = random::stream(self.seed, Purpose::GradientCheck, stream);
        index::sample(&mut random, length, self.per_tensor.min(length)).into_vec()
    }

    /// The centred difference by one number; nothing if a kink lies between the two evaluations.
    fn difference<N: Network, L: Loss<N::Scalar>>(
        &self,
        network: &mut N,
        images: &mut Array4<N::Scalar>,
        targets: L::Targets<'_>,
        loss: &L,
        workspace: &mut TrainingWorkspace<N::Scalar>,
        at: Coordinate,
    ) -> Result<Option<f64>, Error> {
        let step = Step { statistics: Statistics::Frozen, ..Step::default() };
        let original = *number(network, images, at);
        let mut evaluate = |moved: f64| {
            *number(network, images, at) = original + N::Scalar::from_f64(moved);
            let value = network.gradients(images.view(), targets, loss, workspace, step, &mut Unobserved);
            *number(network, images, at) = original;
            Ok((value?.mean.as_f64(), workspace.kinks()))
        };
        let mut centred = |h: f64| -> Result<Option<f64>, Error> {
            let (above, kinks_above) = evaluate(h)?;
            let (below, kinks_below) = evaluate(-h)?;
            Ok((kinks_above == kinks_below).then_some((above - below) / (2.0 * h)))
        };
        let near = centred(self.step)?;
        if !self.extrapolate {
            return Ok(near);
        }
        let far = centred(2.0 * self.step)?;
        Ok(near.zip(far).map(|(near, far)| (4.0 * near - far) / 3.0))
    }
}

impl GradientCheck {
    fn compare(&mut self, name: String, (analytic, numeric): (f64, Option<f64>), scale: f64, rounding: f64) {
        let Some(numeric) = numeric else {
            self.kinks += 1;
            return;
        };
        self.compared += 1;
        // Not `max(0.0)`, which would take 0 for NaN.
        let difference = (analytic - numeric).abs();
        let difference = if difference <= rounding { 0.0 } else { difference - rounding };
        let error = difference / analytic.abs().max(numeric.abs()).max(1e-4 * scale).max(f64::MIN_POSITIVE);
        if self.worst.is_empty() || error > self.error || error.is_nan() {
            (self.error, self.worst, self.gradients) = (error, name, (analytic, numeric));
        }
    }
}

fn largest<T: Scalar>(gradients: &[T]) -> f64 {
    gradients.iter().map(|gradient| gradient.as_f64().abs()).fold(0.0, f64::max)
}

fn number<'a, N: Network>(
    network: &'a mut N,
    images: &'a mut Array4<N::Scalar>,
    at: Coordinate,
) -> &'a mut N::Scalar {
    match at {
        Coordinate::Parameter(i) => &mut network.parameters_mut().as_mut_slice()[i],
        Coordinate::Pixel(i) => &mut images.as_slice_mut().expect("standard layout")[i],
    }
}
