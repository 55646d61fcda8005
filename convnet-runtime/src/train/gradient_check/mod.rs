//! The gradient check: analytic gradients against centred differences, the notes' chapter on sanity checks.
//!
//! What that chapter advises, and where it is here:
//!
//! * Centred differences, `(L(x + h) - L(x - h)) / 2h`, in double precision: check the network in `f64`.
//! * The relative error, the notes' `|a - n| / max(|a|, |n|)`, and how to judge it: [`Verdict`]. Here the difference is
//!   reduced by what rounding makes of it, and divided by no less than 1e-4 of the tensor's largest gradient; where rounding
//!   hides more than a hundredth of a gradient, it is reported as below rounding and not as right or wrong
//!   ([`GradientChecker::check`] has the formula, [`GradientChecker::resolution`] another part than a hundredth).
//! * Kinks: the side that every maximum takes is tracked, and a number whose two evaluations lie on different sides, or on
//!   another than the analytic gradient, is reported as a crossing and not as an error.
//! * Few data points: the fewer, the fewer kinks; two or three images do ([`GradientChecker::check_few`]).
//! * The step h: [`GradientChecker::sweep`] shows where it is too large, and where too small.
//! * A burn-in: at initialisation a wrong gradient may look right ([`GradientChecker::warm_up`]).
//! * Regularisation must not overwhelm the data: it is no part of the check, and has a check of its own
//!   ([`GradientChecker::check_regularization`]).
//! * Dropout and all other chance: every evaluation draws by the same seed, and running statistics stay.
//! * Only some dimensions, but of every parameter, biases too: so many of each tensor, drawn by a seed, or those that are
//!   named ([`GradientChecker::only`], [`GradientChecker::only_numbers`]).

mod checker;
mod choice;
mod measure;
mod objective;
mod regularization;
mod report;
mod sweep;
mod verdict;

pub use checker::GradientChecker;
pub use report::{Comparison, GradientCheck, TensorCheck};
pub use sweep::StepSweep;
pub use verdict::{Smoothness, Verdict};
