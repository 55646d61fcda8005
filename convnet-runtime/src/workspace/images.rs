//! What every pass begins with: is this a batch that the workspace and the network take?

use std::fmt;
use std::ops::Range;

use convnet_geometry::{Architecture, GeometryError, Join, Joint, Layer, LayerKind, Quantity, Volume};
use ndarray::ArrayView4;

use crate::error::Error;
use crate::layers::Branch;
use crate::parallel::Work;
use crate::scalar::Scalar;

/// Checks a capacity, and that all that depends on it can be counted; returns `capacity * each` for every `each`.
pub(super) fn sizes<const N: usize>(
    architecture: &Architecture<'_>,
    capacity: usize,
    each: [usize; N],
) -> Result<[usize; N], Error> {
    if capacity == 0 {
        return Err(Error::EmptyBatch);
    }
    let too_large = |what| Error::WorkspaceSize { capacity, source: GeometryError::Overflow { what } };
    for layer in architecture.layers() {
        let Some(Volume { width, height, depth }) = layer.kind.input() else { continue };
        // A switch is a pixel, or a channel of one.
        let largest = width.saturating_mul(height).max(depth);
        if layer.kind.switches() > 0 && u32::try_from(largest).is_err() {
            return Err(too_large(Quantity::Volume));
        }
    }
    let mut sizes = [0; N];
    for (size, each) in sizes.iter_mut().zip(each) {
        // Sixteen bytes a number leave room for whatever is made of it.
        let countable = each.checked_mul(capacity).filter(|size| size.checked_mul(16).is_some());
        *size = countable.ok_or_else(|| too_large(Quantity::Memory))?;
    }
    Ok(sizes)
}

/// Asks the system whether there is memory for so many numbers: to fail where there is none would end the program.
pub(crate) fn check_memory<T: Scalar>(capacity: usize, numbers: usize) -> Result<(), Error> {
    let bytes = numbers.saturating_mul(size_of::<T>());
    let asked = Vec::<u8>::new().try_reserve_exact(bytes);
    asked.map_err(|_| Error::WorkspaceMemory { capacity, bytes })
}

/// Checks that there are as many parameters as the network has: another's may have been put in their place.
pub(crate) fn same_counts(
    architecture: &Architecture<'_>,
    parameters: usize,
    state: usize,
) -> Result<(), Error> {
    for (expected, found) in [(architecture.parameters(), parameters), (architecture.state(), state)] {
        if expected != found {
            return Err(Error::ParameterCount { expected, found });
        }
    }
    Ok(())
}

/// Checks that a workspace is made for this network.
pub(super) fn same_architecture(
    expected: &Architecture<'_>,
    summary: impl fmt::Display,
    hash: u64,
) -> Result<(), Error> {
    if expected.hash() == hash {
        return Ok(());
    }
    Err(Error::Workspace { expected: expected.summary().to_string(), found: summary.to_string() })
}

/// Checks the shape of a batch.
pub(super) fn check_shape(
    expected: Volume,
    capacity: usize,
    found: &ArrayView4<'_, impl Sized>,
) -> Result<usize, Error> {
    let (images, height, width, depth) = found.dim();
    if !Volume::new(width, height, depth).same(expected) {
        return Err(Error::ImageShape { expected, found: found.shape().to_vec() });
    }
    match images {
        0 => Err(Error::EmptyBatch),
        images if images > capacity => Err(Error::Capacity { images, capacity }),
        images => Ok(images),
    }
}

/// Copies a batch, whatever its strides, refusing numbers that are not finite.
pub(super) fn copy<T: Scalar>(images: &ArrayView4<'_, T>, to: &mut [T]) -> Result<(), Error> {
    if let Some(adjacent) = images.as_slice() {
        to.copy_from_slice(adjacent);
    } else {
        for (to, &from) in to.iter_mut().zip(images) {
            *to = from;
        }
    }
    if T::all_finite(to) {
        return Ok(());
    }
    let bad = images.indexed_iter().find(|(_, value)| !value.is_finite());
    let ((image, row, column, channel), value) = bad.expect("a number that is not finite");
    Err(Error::NonFiniteInput { image, row, column, channel, value: value.as_f64() })
}

/// The work of a pass over a batch, of which `passes` cost as much as the forward pass.
pub(super) fn work(architecture: &Architecture<'_>, images: usize, passes: u64) -> Work {
    Work::of(images, passes * architecture.macs())
}

/// The branches that a layer joins, in order; none if it joins none.
pub(super) fn branches<'a>(
    architecture: &'a Architecture<'_>,
    layer: &'a Layer<'_>,
) -> impl Iterator<Item = Branch> + 'a {
    let joint = if let LayerKind::Joint(joint) = layer.kind { Some(joint) } else { None };
    joint.into_iter().flat_map(move |joint| {
        layer.inputs.iter().enumerate().scan(0, move |first, (index, &input)| {
            let volume = architecture.places()[input].volume;
            let branch = Branch::new(joint, volume, *first, index == 0);
            *first += volume.depth;
            Some(branch)
        })
    })
}

/// Joins the branches of a layer: two that are summed at once, with the RELU behind them if so asked, others one by one.
pub(super) fn join<T: Scalar>(
    architecture: &Architecture<'_>,
    layer: &Layer<'_>,
    volumes: &mut [T],
    range: impl Fn(usize) -> Range<usize>,
    relu: bool,
) {
    let apart = "volumes alive together are apart";
    if let (LayerKind::Joint(Joint { join: Join::Sum, .. }), &[a, b]) = (layer.kind, layer.inputs)
        && a != b
    {
        let places = [a, b, layer.output].map(range);
        let [a, b, output] = volumes.get_disjoint_mut(places).expect(apart);
        return Branch::sum(a, b, output, relu);
    }
    for (branch, &input) in branches(architecture, layer).zip(layer.inputs) {
        let [input, output] = volumes.get_disjoint_mut([range(input), range(layer.output)]).expect(apart);
        branch.forward(input, output);
    }
}

/// Where the numbers of a volume lie that has this offset for one image, in a workspace of this capacity.
pub(super) fn range(offset: usize, capacity: usize, images: usize, volume: Volume) -> Range<usize> {
    let first = offset * capacity;
    first..first + images * volume.count()
}

/// Those numbers as `[N, H, W, D]`.
pub(super) fn view<T>(numbers: &[T], volume: Volume) -> ArrayView4<'_, T> {
    let Volume { width, height, depth } = volume;
    let shape = (numbers.len() / volume.count(), height, width, depth);
    ArrayView4::from_shape(shape, numbers).expect("a range is as large as its volumes")
}
