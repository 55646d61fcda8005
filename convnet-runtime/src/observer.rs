//! Seeing the volumes inside a network while it runs.

use ndarray::ArrayView4;

use crate::scalar::Scalar;

/// Sees the volume of each layer, by name, as soon as it is computed.
///
/// A layer that works in place is seen after it has run; so is, before it, the layer whose volume it changes.
pub trait Observer<T>: Send {
    /// Whether it wants to see anything; asked for each layer. While it does, every layer is computed by itself.
    fn is_active(&self) -> bool {
        true
    }

    /// A layer's output, `[N, H, W, D]`.
    fn volume(&mut self, layer: &str, volume: ArrayView4<'_, T>);
}

/// Sees nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl<T> Observer<T> for Unobserved {
    fn is_active(&self) -> bool {
        false
    }

    fn volume(&mut self, _: &str, _: ArrayView4<'_, T>) {}
}

/// Any closure of a layer's name and volume observes.
impl<T, F: FnMut(&str, ArrayView4<'_, T>) + Send> Observer<T> for F {
    fn volume(&mut self, layer: &str, volume: ArrayView4<'_, T>) {
        self(layer, volume);
    }
}

/// Finds the first layer whose output is not finite.
#[derive(Clone, Debug, Default)]
pub struct FirstNonFinite {
    found: Option<(String, f64)>,
}

impl FirstNonFinite {
    /// The layer and the number, if there was one.
    pub fn found(self) -> Option<(String, f64)> {
        self.found
    }
}

impl<T: Scalar> Observer<T> for FirstNonFinite {
    fn is_active(&self) -> bool {
        self.found.is_none()
    }

    fn volume(&mut self, layer: &str, volume: ArrayView4<'_, T>) {
        if let Some(value) = volume.iter().find(|value| !value.is_finite()) {
            self.found = Some((layer.to_owned(), value.as_f64()));
        }
    }
}
