//! What tensors and layers look like at the end of an epoch.

use std::collections::BTreeMap;

use convnet_geometry::{Function, LayerKind};
use ndarray::ArrayView4;

use crate::data::{Batches, Dataset, Preprocessing};
use crate::error::Error;
use crate::monitor::{Histogram, LayerRecord, TensorRecord};
use crate::network::Network;
use crate::observer::Observer;
use crate::scalar::Scalar;
use crate::train::Trainer;
use crate::workspace::InferenceWorkspace;

/// Images that an inference looks at.
const IMAGES: usize = 32;

/// The norms and histograms of every tensor, given the parameters before the last update.
pub(super) fn tensors<N: Network, O>(trainer: &Trainer<N, O>, before: &[N::Scalar]) -> Vec<TensorRecord> {
    let (parameters, gradients) = (trainer.network.parameters(), trainer.workspace.gradients());
    let record = |(tensor, numbers): (&convnet_geometry::Tensor<'_>, &[N::Scalar])| {
        let (before, gradient) = (&before[tensor.range()], &gradients.as_slice()[tensor.range()]);
        let squares = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>().sqrt();
        let weight_norm = squares(&mut before.iter().map(|x| x.as_f64()));
        let update_norm =
            squares(&mut numbers.iter().zip(before).map(|(x, before)| x.as_f64() - before.as_f64()));
        TensorRecord {
            name: tensor.to_string(),
            weight_norm,
            update_norm,
            ratio: update_norm / weight_norm,
            gradient: Histogram::of(gradient.iter().map(|g| g.as_f64())),
            weights: Histogram::of(numbers.iter().map(|x| x.as_f64())),
        }
    };
    parameters.iter().map(record).collect()
}

/// The activations of every layer, on some images of the training set.
///
/// # Errors
/// Those of reading images and of [`Network::infer`].
pub(super) fn layers<N: Network, O>(
    trainer: &Trainer<N, O>,
    data: &dyn Dataset,
    preprocessing: &Preprocessing,
) -> Result<Vec<LayerRecord>, Error> {
    let mut batches = Batches::new(data, preprocessing, IMAGES)?;
    batches.shuffle(trainer.seed, 0);
    let Some((images, _)) = batches.next()? else { return Ok(Vec::new()) };
    let mut workspace = InferenceWorkspace::new(N::ARCHITECTURE, images.dim().0)?;
    let kinds = N::ARCHITECTURE.layers().iter().map(|layer| (layer.name, layer.kind)).collect();
    let mut look = Look { kinds, records: Vec::new() };
    trainer.network.infer(images, &mut workspace, &mut look)?;
    Ok(look.records)
}

/// Describes every volume that it sees.
struct Look {
    kinds: BTreeMap<&'static str, LayerKind>,
    records: Vec<LayerRecord>,
}

impl<T: Scalar> Observer<T> for Look {
    fn volume(&mut self, layer: &str, volume: ArrayView4<'_, T>) {
        let function = match self.kinds.get(layer) {
            Some(LayerKind::Activation(activation)) => Some(activation.function),
            _ => None,
        };
        let share = |is_such: &dyn Fn(f64) -> bool| {
            let count = volume.iter().filter(|number| is_such(number.as_f64())).count();
            count as f64 / volume.len() as f64
        };
        self.records.push(LayerRecord {
            name: layer.to_owned(),
            activation: Histogram::of(volume.iter().map(|number| number.as_f64())),
            dead: matches!(function, Some(Function::Relu)).then(|| dead(volume)),
            saturated: match function {
                Some(Function::Tanh) => Some(share(&|number| number.abs() > 0.97)),
                Some(Function::Sigmoid) => Some(share(&|number| (2.0 * number - 1.0).abs() > 0.97)),
                _ => None,
            },
        });
    }
}

/// The share of units that are 0 for every image.
fn dead<T: Scalar>(volume: ArrayView4<'_, T>) -> f64 {
    let units = volume.lanes(ndarray::Axis(0)).into_iter();
    let (count, dead) = units.fold((0_usize, 0_usize), |(count, dead), unit| {
        (count + 1, dead + usize::from(unit.iter().all(|number| *number == T::zero())))
    });
    dead as f64 / count as f64
}
