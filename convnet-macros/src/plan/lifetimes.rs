//! Where each volume lies in each kind of workspace: volumes that are never alive together share memory.

use convnet_geometry::{GeometryError, Lifetime, Place, Quantity, Volume, place, place_forward};

use super::{Backward, Gradient, PlannedLayer};

/// Where each volume lies in each kind of workspace.
pub(super) fn places(
    volumes: &[Volume],
    layers: &[PlannedLayer<'_>],
    backward: &Backward,
) -> Result<Vec<Place>, GeometryError> {
    let sizes: Vec<usize> = volumes.iter().map(|volume| volume.checked_count()).collect::<Result<_, _>>()?;
    let overflow = GeometryError::Overflow { what: Quantity::Memory };
    sizes.iter().try_fold(0_usize, |sum, &size| sum.checked_add(size)).ok_or(overflow)?;
    let inference = place_forward(&sizes, layers.iter().map(|layer| (&layer.inputs[..], layer.output)));
    let mut gradient = vec![0; sizes.len()];
    place(&backward_lifetimes(&sizes, layers, backward), &mut gradient);
    let mut training = 0;
    let mut places = Vec::new();
    for (i, &volume) in volumes.iter().enumerate() {
        places.push(Place { volume, training, inference: inference[i], gradient: gradient[i] });
        training += sizes[i];
    }
    Ok(places)
}

/// Gradients flow from the last layer to the first. Those that the gradient by the images is computed from are kept to
/// the end, so that it can be asked for as often as one likes.
fn backward_lifetimes(sizes: &[usize], layers: &[PlannedLayer<'_>], backward: &Backward) -> Vec<Lifetime> {
    let mut lifetimes: Vec<_> = sizes.iter().map(|&size| Lifetime::unborn(size)).collect();
    let end = backward.step.len() + backward.to_input.len() + 1;
    lifetimes[sizes.len() - 1].touch(0);
    for (step, gradient) in (1..).zip(&backward.step) {
        let (written, read) = volumes(layers, *gradient);
        written.into_iter().chain([read]).for_each(|volume| lifetimes[volume].touch(step));
    }
    let is_kept: Vec<bool> = lifetimes.iter().map(|lifetime| lifetime.from < usize::MAX).collect();
    for (step, gradient) in (backward.step.len() + 1..).zip(&backward.to_input) {
        let (written, read) = volumes(layers, *gradient);
        written.into_iter().chain([read]).for_each(|volume| lifetimes[volume].touch(step));
        if is_kept[read] {
            lifetimes[read].touch(end);
        }
    }
    lifetimes[0].touch(end);
    lifetimes
}

/// The volumes whose gradients a call writes, if it writes one, and reads.
fn volumes(layers: &[PlannedLayer<'_>], gradient: Gradient) -> (Option<usize>, usize) {
    match gradient {
        Gradient::Parameters(layer) => (None, layers[layer].output),
        Gradient::Input(layer) => (Some(layers[layer].inputs[0]), layers[layer].output),
        Gradient::Branch(layer, branch) => (Some(layers[layer].inputs[branch]), layers[layer].output),
    }
}
