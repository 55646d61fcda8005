//! Gradients made smaller before an update: a single batch with a steep loss then does no harm.
//!
//! ```
//! # use convnet_runtime::{Error, Parameters, optimizers::{Optimizer, clipping}};
//! # fn f(rule: &mut dyn Optimizer<f32>, parameters: &mut Parameters<f32>, mut gradients: Parameters<f32>) -> Result<(), Error> {
//! let norm = clipping::by_global_norm(&mut gradients, 1.0)?;
//! rule.update(parameters, &gradients)?;
//! # Ok(())
//! # }
//! ```

use super::{PIECE, check_bound};
use crate::error::Error;
use crate::parallel::{self, Work};
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// Scales all gradients by one number, so that their norm is at most `bound`: their direction stays (Pascanu and others
/// 2013). Returns the norm that they had.
///
/// Gradients whose norm is not finite are left as they are, for others to find.
///
/// # Errors
/// [`Error::Option`] if the bound is not finite and above 0.
pub fn by_global_norm<T: Scalar>(gradients: &mut Parameters<T>, bound: f64) -> Result<f64, Error> {
    check_bound("the bound of the global norm", bound)?;
    let norm = norm(gradients.as_slice());
    if norm > bound && norm.is_finite() {
        scale(gradients, bound / norm);
    }
    Ok(norm)
}

/// Moves each number that is below `-bound` or above `bound` there. Returns the norm that the gradients had.
///
/// NaN and infinities stay, for others to find.
///
/// # Errors
/// [`Error::Option`] if the bound is not finite and above 0.
pub fn by_value<T: Scalar>(gradients: &mut Parameters<T>, bound: f64) -> Result<f64, Error> {
    check_bound("the bound of values", bound)?;
    let norm = norm(gradients.as_slice());
    // A bound beyond the scalar's range becomes an infinity, which clips nothing.
    let (bound, work) = (T::from_f64(bound), Work(gradients.len() as u64));
    parallel::chunks(gradients.as_mut_slice(), PIECE, work, |_, numbers| T::clip(numbers, bound));
    Ok(norm)
}

/// Multiplies all gradients by one number.
pub(crate) fn scale<T: Scalar>(gradients: &mut Parameters<T>, factor: f64) {
    let (factor, work) = (T::from_f64(factor), Work(gradients.len() as u64));
    parallel::chunks(gradients.as_mut_slice(), PIECE, work, |_, numbers| T::scale(numbers, factor));
}

/// The square root of the sum of squares, added up in `f64`, piece by piece.
fn norm<T: Scalar>(numbers: &[T]) -> f64 {
    numbers.chunks(PIECE).map(|piece| T::inner(piece, piece)).sum::<f64>().sqrt()
}
