//! L-BFGS: minimisation by second derivatives that the last steps have shown, for losses of a whole data set.

mod history;
mod line_search;

use super::check_size;
use crate::error::Error;
use crate::scalar::Scalar;
use history::History;
use line_search::{Place, search};

/// The rounding of a loss, in units in its last place.
const ROUNDING: f64 = 8.0;

/// Limited-memory BFGS (Liu and Nocedal 1989) with a line search after the strong Wolfe conditions.
///
/// The notes' chapter on parameter updates: it needs the loss and the gradient of the full training set, since the noise of
/// batches would spoil its second derivatives, and does well where that fits into one batch and nothing is drawn by
/// chance. It is therefore no [`Optimizer`](super::Optimizer).
///
/// ```
/// # use convnet_runtime::{Error, Network, Step, Unobserved, losses::Softmax, optimizers::Lbfgs, workspace::TrainingWorkspace};
/// # use ndarray::ArrayView4;
/// # fn f<N: Network<Scalar = f32, Loss = Softmax>>(
/// #     mut network: N, mut workspace: TrainingWorkspace<f32>, images: ArrayView4<'_, f32>, labels: &[usize]
/// # ) -> Result<(), Error> {
/// let loss = network.loss().clone();
/// let mut x = network.parameters().as_slice().to_vec();
/// let minimum = Lbfgs::new().minimize(&mut x, |x, gradient| {
///     network.parameters_mut().as_mut_slice().copy_from_slice(x);
///     let step = Step::default();
///     let value = network.gradients(images, labels, &loss, &mut workspace, step, &mut Unobserved)?;
///     gradient.copy_from_slice(workspace.gradients().as_slice());
///     Ok(value.mean.into())
/// })?;
/// network.parameters_mut().as_mut_slice().copy_from_slice(&x);
/// println!("{} after {} iterations: {:?}", minimum.loss, minimum.iterations, minimum.stop);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lbfgs {
    history: usize,
    iterations: usize,
    gradient_tolerance: f64,
    loss_tolerance: f64,
}

/// What a minimisation came to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Minimum {
    /// The loss at the end.
    pub loss: f64,
    /// The largest number of its gradient, without its sign.
    pub gradient: f64,
    /// Steps that were taken.
    pub iterations: usize,
    /// How often loss and gradient were evaluated.
    pub evaluations: usize,
    /// Why it ended.
    pub stop: Stop,
}

/// Why a minimisation ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Stop {
    /// No number of the gradient is larger than its tolerance.
    Gradient,
    /// The last step has not made the loss smaller by more than its tolerance.
    Loss,
    /// As many steps were taken as were allowed.
    Iterations,
    /// No step makes the loss smaller, as far as the precision of its numbers goes; or the gradient is not the loss's.
    LineSearch,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self { history: 10, iterations: 100, gradient_tolerance: 1e-5, loss_tolerance: 1e-9 }
    }
}

impl Lbfgs {
    /// With a history of 10 steps and up to 100 iterations; until the gradient is at most 1e-5 everywhere, or an iteration
    /// makes the loss smaller by a share of at most 1e-9.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with a history of so many steps, each of which takes two numbers for every parameter.
    ///
    /// # Errors
    /// [`Error::Option`] if it is 0.
    pub fn history(self, steps: usize) -> Result<Self, Error> {
        if steps > 0 {
            return Ok(Self { history: steps, ..self });
        }
        Err(Error::Option { option: "the history of L-BFGS", value: 0.0, expected: "at least 1 step" })
    }

    /// The same with at most so many iterations.
    pub fn iterations(self, iterations: usize) -> Self {
        Self { iterations, ..self }
    }

    /// The same that ends where no number of the gradient is larger than this, without its sign.
    ///
    /// # Errors
    /// [`Error::Option`] if it is negative or not finite.
    pub fn gradient_tolerance(self, tolerance: f64) -> Result<Self, Error> {
        Ok(Self { gradient_tolerance: check_size("gradient_tolerance", tolerance)?, ..self })
    }

    /// The same that ends where an iteration makes the loss smaller by no more than this share of it, or of 1 if it is less.
    ///
    /// # Errors
    /// [`Error::Option`] if it is negative or not finite.
    pub fn loss_tolerance(self, tolerance: f64) -> Result<Self, Error> {
        Ok(Self { loss_tolerance: check_size("loss_tolerance", tolerance)?, ..self })
    }

    /// Moves numbers to where a loss is smaller, a minimum nearby. `evaluate` writes the gradient at given numbers and
    /// returns the loss; it must be a function: what layers draw must not change (the same [`Step`](crate::Step) each time).
    ///
    /// It takes memory for `2 * history + 4` numbers for each of them. Inner products are taken in `f64`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if loss or gradient are not finite at the beginning, and those of `evaluate`; the numbers are then
    /// those after the last iteration.
    pub fn minimize<T: Scalar>(
        &self,
        numbers: &mut [T],
        evaluate: impl FnMut(&[T], &mut [T]) -> Result<f64, Error>,
    ) -> Result<Minimum, Error> {
        let mut descent = Descent::begin(numbers, evaluate, self.history)?;
        let (mut iterations, mut before) = (0, None);
        let stop = loop {
            if descent.steepest() <= self.gradient_tolerance {
                break Stop::Gradient;
            }
            if before.is_some_and(|before| !self.is_smaller(descent.loss, before)) {
                break Stop::Loss;
            }
            if iterations == self.iterations {
                break Stop::Iterations;
            }
            before = Some(descent.loss);
            if !descent.step()? {
                break Stop::LineSearch;
            }
            iterations += 1;
        };
        let (loss, gradient) = (descent.loss, descent.steepest());
        Ok(Minimum { loss, gradient, iterations, evaluations: descent.evaluations, stop })
    }

    /// Whether a loss is smaller than the one before by more than the tolerance.
    fn is_smaller(&self, loss: f64, before: f64) -> bool {
        before - loss > self.loss_tolerance * before.abs().max(loss.abs()).max(1.0)
    }
}

/// A minimisation under way.
struct Descent<'x, T, F> {
    evaluate: F,
    evaluations: usize,
    history: History<T>,
    numbers: &'x mut [T],
    loss: f64,
    gradient: Vec<T>,
    direction: Vec<T>,
    /// Numbers that are tried, and the gradient there.
    trial: [Vec<T>; 2],
}

impl<'x, T: Scalar, F: FnMut(&[T], &mut [T]) -> Result<f64, Error>> Descent<'x, T, F> {
    fn begin(numbers: &'x mut [T], mut evaluate: F, history: usize) -> Result<Self, Error> {
        let zeros = || vec![T::zero(); numbers.len()];
        let (mut gradient, direction, trial) = (zeros(), zeros(), [zeros(), zeros()]);
        let loss = evaluate(numbers, &mut gradient)?;
        if !loss.is_finite() {
            return Err(Error::NonFinite { step: 0, what: "the loss".to_owned(), value: loss });
        }
        if let Some(number) = gradient.iter().find(|number| !number.is_finite()) {
            let what = "the gradient".to_owned();
            return Err(Error::NonFinite { step: 0, what, value: number.as_f64() });
        }
        let history = History::new(history);
        Ok(Self { evaluate, evaluations: 1, history, numbers, loss, gradient, direction, trial })
    }

    /// The largest number of the gradient, without its sign.
    fn steepest(&self) -> f64 {
        self.gradient.iter().fold(0.0, |largest, number| number.as_f64().abs().max(largest))
    }

    /// Goes to where the loss is smaller; if that is nowhere, nothing changes.
    fn step(&mut self) -> Result<bool, Error> {
        let found = match self.look()? {
            // What is remembered may be at fault.
            None if !self.history.is_empty() => {
                self.history.forget();
                self.look()?
            }
            found => found,
        };
        let Some(found) = found else { return Ok(false) };
        let [numbers, gradient] = &mut self.trial;
        self.history.remember([&*self.numbers, &numbers[..]], [&self.gradient[..], &gradient[..]]);
        self.numbers.copy_from_slice(numbers);
        std::mem::swap(&mut self.gradient, gradient);
        self.loss = found.loss;
        Ok(true)
    }

    /// Looks along the direction that the history gives.
    fn look(&mut self) -> Result<Option<Place>, Error> {
        self.history.direct(&self.gradient, &mut self.direction);
        let mut slope = T::inner(&self.gradient, &self.direction);
        // By rounding alone.
        if !(slope < 0.0 && slope.is_finite()) {
            self.history.forget();
            self.history.direct(&self.gradient, &mut self.direction);
            slope = T::inner(&self.gradient, &self.direction);
        }
        // Without a history nothing is known of lengths: the first step is at most 1 long.
        let first = if self.history.is_empty() { (1.0 / slope.abs().sqrt()).min(1.0) } else { 1.0 };
        let Self { evaluate, evaluations, numbers, direction, trial: [trial, gradient], .. } = self;
        let rounding = ROUNDING * T::epsilon().as_f64() * self.loss.abs();
        search(Place { step: 0.0, loss: self.loss, slope }, first, rounding, |step| {
            *evaluations += 1;
            trial.copy_from_slice(numbers);
            T::descend(trial, direction, T::from_f64(-step));
            let loss = evaluate(trial, gradient)?;
            Ok(Place { step, loss, slope: T::inner(gradient, direction) })
        })
    }
}
