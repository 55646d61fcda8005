//! How a gradient check is done.

use convnet_geometry::Architecture;
use ndarray::ArrayView4;

use super::choice::{Choice, Draw, Numbers};
use super::measure::{Measure, Numeric, Rounding, Slope};
use super::objective::{Coordinate, Objective, OfNetwork, Subject};
use super::report::{GradientCheck, TensorCheck};
use crate::error::Error;
use crate::losses::Loss;
use crate::network::{Network, Step};
use crate::observer::Unobserved;
use crate::optimizers::{Optimizer, Sgd};
use crate::scalar::Scalar;
use crate::workspace::TrainingWorkspace;

/// How a gradient check is done: the notes' h = 1e-5 and 20 numbers of each tensor, unless it is told otherwise.
///
/// Meant for networks in `f64`. In `f32` rounding hides, at this h, every gradient below about ten times the loss: nothing
/// would be compared. At h = 1e-2 it hides those below a hundredth of the loss.
#[derive(Clone, PartialEq, Debug)]
pub struct GradientChecker {
    pub(super) step: f64,
    difference: Difference,
    per_tensor: usize,
    resolution: f64,
    seed: u64,
    choice: Choice,
    warm_up: Option<(u64, f64)>,
}

/// How a slope is made of losses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Difference {
    Centred,
    /// From two centred differences, at h and 2h, to what they tend to (Richardson).
    Extrapolated,
}

impl Default for GradientChecker {
    fn default() -> Self {
        let (difference, choice) = (Difference::Centred, Choice::default());
        Self { step: 1e-5, difference, per_tensor: 20, resolution: 1e-2, seed: 0, choice, warm_up: None }
    }
}

impl GradientChecker {
    /// The same that moves each number by h, both ways.
    pub fn step(self, step: f64) -> Self {
        Self { step, ..self }
    }

    /// The same that extrapolates from two centred differences, at h and 2h, to what they tend to (Richardson): the error
    /// of a smooth function falls with h^4 instead of h^2, so that a larger h can be taken, which rounding disturbs less.
    pub fn extrapolate(self) -> Self {
        Self { difference: Difference::Extrapolated, ..self }
    }

    /// The same that checks up to this many numbers of each tensor, and of the images.
    pub fn per_tensor(self, numbers: usize) -> Self {
        Self { per_tensor: numbers, ..self }
    }

    /// The same that compares a number only where rounding hides no larger relative error than this, 1e-2 by default.
    ///
    /// An error that is to be below 1e-5 is so for certain only of numbers that are compared at a resolution of 1e-5.
    pub fn resolution(self, error: f64) -> Self {
        Self { resolution: error, ..self }
    }

    /// The same by another seed: it decides which numbers are checked, and what layers draw, the same in every evaluation.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same of this tensor, and of others so named, alone: `conv1.weights`, or `images`.
    pub fn only(mut self, tensor: impl Into<String>) -> Self {
        self.choice.push(tensor.into(), Numbers::Drawn);
        self
    }

    /// The same of these numbers of a tensor, by their positions in it, and of other tensors so named, alone.
    pub fn only_numbers(mut self, tensor: impl Into<String>, positions: impl Into<Vec<usize>>) -> Self {
        self.choice.push(tensor.into(), Numbers::These(positions.into()));
        self
    }

    /// The same after so many steps of plain gradient descent on the batch that is given, at this learning rate.
    ///
    /// At initialisation a network is a special point, where scores are about equal and a wrong gradient may look right:
    /// check once there and once after the loss has begun to fall. The network is afterwards as it was before.
    pub fn warm_up(self, steps: u64, learning_rate: f64) -> Self {
        Self { warm_up: Some((steps, learning_rate)), ..self }
    }

    /// Compares the gradients of a network's data loss, by parameters and by images, with `(L(x + h) - L(x - h)) / 2h`.
    ///
    /// Few images are best, two or three: each more adds kinks that a step may cross, and takes its time.
    ///
    /// The relative error is `(|a - n| - r) / max(|a|, |n|, 1e-4 * g)`, and 0 if r is larger than the difference. g is the
    /// largest gradient of the same tensor that is finite: a gradient far below its neighbours cannot be told from the
    /// rounding of theirs.
    ///
    /// r is what rounding makes of the difference: a and the loss L are known to 8 times their scalar's epsilon, `f64::EPSILON`
    /// or `f32::EPSILON`, and n divides that of L by h, so that `r = 8 * epsilon * (|L| / h + |a|)`, half as much again if n is
    /// extrapolated.
    ///
    /// Where r is above a hundredth, or another [`resolution`](Self::resolution), of `max(|a|, |n|)`, and the difference not
    /// above ten times r, nothing can be said: such a number is below rounding, counted as such, and not compared. So is a
    /// gradient of exactly 0, such as that of a bias before batch normalization: both its forms are rounding and nothing else.
    ///
    /// A gradient that is not finite is wrong, be it among the numbers that were drawn or not.
    ///
    /// The network is left as it was.
    ///
    /// # Errors
    /// [`Error::Option`] if h or the resolution is not positive or the learning rate of the warm-up not usable; [`Error::UnknownName`] or
    /// [`Error::TensorPosition`] for numbers that the network does not have; [`Error::NonFinite`] if the loss is not finite;
    /// those of [`Network::gradients`].
    pub fn check<N: Network, L: Loss<N::Scalar>>(
        &self,
        network: &mut N,
        images: ArrayView4<'_, N::Scalar>,
        targets: L::Targets<'_>,
        loss: &L,
    ) -> Result<GradientCheck, Error> {
        self.prepared(network, images, targets, loss, |objective, subjects| self.compare(objective, subjects))
    }

    /// [`check`](Self::check) on the first `few` of these images, whose targets are a slice, as many for each image.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub fn check_few<'t, N: Network, L: Loss<N::Scalar, Targets<'t> = &'t [X]>, X: 't>(
        &self,
        few: usize,
        network: &mut N,
        images: ArrayView4<'_, N::Scalar>,
        targets: &'t [X],
        loss: &L,
    ) -> Result<GradientCheck, Error> {
        let all = images.dim().0;
        // Targets that do not fit are left to the loss, which says what is wrong with them.
        if few >= all || !targets.len().is_multiple_of(all) {
            return self.check(network, images, targets, loss);
        }
        let each = targets.len() / all;
        self.check(network, images.slice_move(ndarray::s![..few, .., .., ..]), &targets[..few * each], loss)
    }

    /// Calls `f` with the network's loss and gradients, warmed up, and leaves the network as it was.
    pub(super) fn prepared<N: Network, L: Loss<N::Scalar>, R>(
        &self,
        network: &mut N,
        images: ArrayView4<'_, N::Scalar>,
        targets: L::Targets<'_>,
        loss: &L,
        f: impl FnOnce(&mut OfNetwork<'_, '_, N, L>, &[Subject]) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.validate(N::ARCHITECTURE)?;
        let (parameters, state) =
            (network.parameters().as_slice().to_vec(), network.state().as_slice().to_vec());
        let result = self.descend(network, images, targets, loss).and_then(|()| {
            let (mut objective, subjects) = OfNetwork::new(network, images, targets, loss, self.seed)?;
            check_loss(self.warm_up.map_or(0, |(steps, _)| steps), objective.value())?;
            f(&mut objective, &subjects)
        });
        network.parameters_mut().as_mut_slice().copy_from_slice(&parameters);
        network.state_mut().as_mut_slice().copy_from_slice(&state);
        result
    }

    /// The warm-up.
    fn descend<N: Network, L: Loss<N::Scalar>>(
        &self,
        network: &mut N,
        images: ArrayView4<'_, N::Scalar>,
        targets: L::Targets<'_>,
        loss: &L,
    ) -> Result<(), Error> {
        let Some((steps, learning_rate)) = self.warm_up else { return Ok(()) };
        let mut optimizer = Sgd::new(learning_rate)?;
        let mut workspace = TrainingWorkspace::new(N::ARCHITECTURE, images.dim().0.max(1))?;
        for number in 0..steps {
            let step = Step { seed: self.seed, number, ..Step::default() };
            let value = network.gradients(images, targets, loss, &mut workspace, step, &mut Unobserved)?;
            check_loss(number, value.mean.as_f64())?;
            optimizer.update(network.parameters_mut(), workspace.gradients())?;
        }
        Ok(())
    }

    pub(super) fn validate(&self, architecture: &'static Architecture<'static>) -> Result<(), Error> {
        if !(self.step.is_finite() && self.step > 0.0) {
            let (option, expected) = ("the step h", "a finite number above 0");
            return Err(Error::Option { option, value: self.step, expected });
        }
        if !(self.resolution.is_finite() && self.resolution > 0.0) {
            let (option, expected) = ("the resolution", "a finite number above 0");
            return Err(Error::Option { option, value: self.resolution, expected });
        }
        self.choice.check(architecture)
    }

    /// Compares the gradients of tensors with differences, what rounding makes of those forgiven.
    pub(super) fn compare(
        &self,
        objective: &mut impl Objective,
        subjects: &[Subject],
    ) -> Result<GradientCheck, Error> {
        self.compare_with(Rounding::Forgiven, objective, subjects)
    }

    pub(super) fn compare_with(
        &self,
        rounding: Rounding,
        objective: &mut impl Objective,
        subjects: &[Subject],
    ) -> Result<GradientCheck, Error> {
        let (loss, smoothness) = (objective.value(), objective.smoothness());
        let mut check = GradientCheck { step: self.step, loss, smoothness, tensors: Vec::new() };
        for (stream, subject) in (0..).zip(subjects) {
            let draw = Draw { seed: self.seed, stream, most: self.per_tensor };
            let positions = self.choice.positions(&subject.name, subject.gradient.len(), draw)?;
            if positions.is_empty() {
                continue;
            }
            let (resolution, epsilon) = (self.resolution, objective.epsilon());
            let floor = Measure::floor(&subject.gradient);
            let measure = Measure { rounding, resolution, epsilon, floor, smoothness };
            let mut tensor = TensorCheck::new(subject);
            for position in subject.with_what_is_not_finite(positions) {
                let numeric = self.numeric(objective, subject.coordinate(position))?;
                tensor.add(position, subject.gradient[position], numeric, measure);
            }
            check.tensors.push(tensor);
        }
        Ok(check)
    }

    /// The slope by one number.
    fn numeric(&self, objective: &mut impl Objective, at: Coordinate) -> Result<Numeric, Error> {
        let near = centred(objective, at, self.step)?;
        if self.difference == Difference::Centred {
            return Ok(near);
        }
        Ok(Numeric::extrapolated(near, centred(objective, at, 2.0 * self.step)?))
    }
}

fn centred(objective: &mut impl Objective, at: Coordinate, h: f64) -> Result<Numeric, Error> {
    let (kinks, rounding) = (objective.kinks(at), objective.rounding(at));
    let (above, below) = (objective.moved(at, h)?, objective.moved(at, -h)?);
    Ok(if above.position == below.position {
        Numeric::Unmoved
    } else if above.kinks != kinks || below.kinks != kinks {
        Numeric::Crossing
    } else {
        let (losses, positions) = ([above.loss, below.loss], [above.position, below.position]);
        Numeric::Slope(Slope::between(losses, positions, rounding))
    })
}

fn check_loss(step: u64, value: f64) -> Result<(), Error> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::NonFinite { step, what: "the loss".to_owned(), value })
}
