//! Sums and products that say when they overflow, in `const fn`, where `?` is not to be had.

use crate::error::{GeometryError, Quantity};

/// Unwraps a `Result` in a `const fn`, as `?` does elsewhere.
macro_rules! ok {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}
pub(crate) use ok;

/// The product of all `factors`, or an error naming `what` overflowed.
pub(crate) const fn product(what: Quantity, factors: &[usize]) -> Result<usize, GeometryError> {
    let mut product = 1_usize;
    let mut i = 0;
    while i < factors.len() {
        product = match product.checked_mul(factors[i]) {
            Some(product) => product,
            None => return Err(GeometryError::Overflow { what }),
        };
        i += 1;
    }
    Ok(product)
}

/// `a + b`, or an error naming `what` overflowed.
pub(crate) const fn sum(what: Quantity, a: usize, b: usize) -> Result<usize, GeometryError> {
    match a.checked_add(b) {
        Some(sum) => Ok(sum),
        None => Err(GeometryError::Overflow { what }),
    }
}
