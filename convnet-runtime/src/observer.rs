//! Seeing the volumes inside a network while it runs.

use ndarray::ArrayView4;

#[cfg(feature = "checkpoint")]
use crate::error::Error;
#[cfg(feature = "checkpoint")]
use crate::network::Network;
#[cfg(feature = "checkpoint")]
use crate::scalar::Kernels;
use crate::scalar::Scalar;
#[cfg(feature = "checkpoint")]
use crate::workspace::InferenceWorkspace;

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

/// The scores of a batch, or which layer they first failed in.
#[cfg(feature = "checkpoint")]
pub(crate) fn finite_scores<'w, N: Network>(
    network: &N,
    images: ArrayView4<'_, N::Scalar>,
    workspace: &'w mut InferenceWorkspace<N::Scalar>,
) -> Result<ArrayView4<'w, N::Scalar>, Error> {
    let is_finite = {
        let scores = network.infer(images, workspace, &mut Unobserved)?;
        scores.as_slice().is_some_and(N::Scalar::all_finite)
    };
    if is_finite {
        return Ok(workspace.scores());
    }
    let mut observer = FirstNonFinite::default();
    network.infer(images, workspace, &mut observer)?;
    let (layer, value) = observer.found().expect("the same scores as before");
    Err(Error::NonFiniteScores { layer, value })
}
