//! Rules on single layers and tensors: activations and gradients.

use super::{list, percent, warning};
use crate::monitor::{EpochRecord, LayerRecord, Record, Rule, TensorRecord, Warning};

/// Above this share of dead units something is wrong: the notes have seen 40 % of a network die.
const DEAD: f64 = 0.4;
/// Above this share of numbers at the ends of the range a layer is saturated.
const SATURATED: f64 = 0.5;
/// So much smaller or larger gradients are, from one end of the network to the other, when they vanish or explode.
const LOST: f64 = 1e-3;

/// A training has failed where losses, parameters, gradients or activations are not finite.
pub(super) fn non_finite(record: &Record) -> Option<Warning> {
    let step = record.steps.iter().find(|step| !step.loss.is_finite());
    let in_step = step.map(|step| format!("The loss of step {} is {}.", step.step, step.loss));
    let seen = in_step.or_else(|| record.epochs.iter().find_map(non_finite_in))?;
    let meaning =
        "The training has diverged, most often by steps that are too large; nothing after that counts."
            .to_owned();
    let remedy = "Go back to the last good checkpoint and divide the learning rate by 10; look for images or targets of \
                  unusual size."
        .to_owned();
    Some(warning(record, Rule::NonFinite, [seen, meaning, remedy]))
}

/// What is not finite in an epoch.
fn non_finite_in(epoch: &EpochRecord) -> Option<String> {
    let tensors = epoch.tensors.iter().flat_map(|tensor| {
        [(&tensor.name, "", &tensor.weights), (&tensor.name, "the gradient of ", &tensor.gradient)]
    });
    let layers = epoch.layers.iter().map(|layer| (&layer.name, "the output of ", &layer.activation));
    let counted = tensors.chain(layers).find(|(_, _, histogram)| histogram.non_finite() > 0);
    if let Some((name, what, histogram)) = counted {
        let (bad, all) = (histogram.non_finite(), histogram.count().saturating_add(histogram.non_finite()));
        return Some(format!(
            "In epoch {}, {bad} of {all} numbers of {what}{name} are not finite.",
            epoch.epoch
        ));
    }
    let losses = [("training", Some(epoch.loss)), ("validation", epoch.validation_loss)];
    let (which, loss) =
        losses.into_iter().find_map(|(which, loss)| Some((which, loss.filter(|l| !l.is_finite())?)))?;
    Some(format!("The {which} loss of epoch {} is {loss}.", epoch.epoch))
}

/// The layers of the last epoch of which such a share is above a bound, the worst first.
fn layers_above(
    record: &Record,
    share: impl Fn(&LayerRecord) -> Option<f64>,
    bound: f64,
) -> Option<Vec<(String, f64)>> {
    let layers = record.epochs.last()?.layers.iter();
    let above =
        layers.filter_map(|layer| Some((layer.name.clone(), share(layer).filter(|&share| share > bound)?)));
    let mut above: Vec<_> = above.collect();
    above.sort_by(|a, b| b.1.total_cmp(&a.1));
    (!above.is_empty()).then_some(above)
}

/// Layers with their shares.
fn shares(layers: Vec<(String, f64)>) -> String {
    list(layers.into_iter().map(|(name, share)| format!("{name} ({})", percent(share))))
}

/// ReLUs are dead where more than 40 % of the units were 0 for every image.
pub(super) fn dead(record: &Record) -> Option<Warning> {
    let layers = layers_above(record, |layer| layer.dead, DEAD)?;
    let seen = format!("Units of RELU that were 0 for every image looked at: {}.", shares(layers));
    let meaning =
        "A unit that is always 0 has no gradient, and rarely comes back; steps that were too large do that."
            .to_owned();
    let remedy =
        "Lower the learning rate, see that biases do not begin below 0, or try LEAKYRELU.".to_owned();
    Some(warning(record, Rule::DeadUnits, [seen, meaning, remedy]))
}

/// A layer of SIGMOID or TANH is saturated where most of its numbers are at the ends of the range.
pub(super) fn saturated(record: &Record) -> Option<Warning> {
    let layers = layers_above(record, |layer| layer.saturated, SATURATED)?;
    let seen = format!("Numbers in the outermost 3 % of a layer's range: {}.", shares(layers));
    let meaning = "Where SIGMOID and TANH are flat they pass on almost no gradient: the layers before them learn slowly.".to_owned();
    let remedy = "Use smaller initial weights (Xavier's), BN before the activation, or RELU.".to_owned();
    Some(warning(record, Rule::Saturated, [seen, meaning, remedy]))
}

/// Gradients vanish if those of the first layer's weights are a thousandth of the last one's, or less.
pub(super) fn vanishing(record: &Record) -> Option<Warning> {
    let ends = Ends::of(record)?;
    if ends.ratio() >= LOST {
        return None;
    }
    let meaning = "Gradients shrink on their way back, so that the first layers hardly learn.".to_owned();
    let remedy =
        "Use RELU in place of SIGMOID or TANH, He's initial weights, BN, or branches that skip layers."
            .to_owned();
    Some(warning(record, Rule::VanishingGradients, [ends.seen(), meaning, remedy]))
}

/// Gradients explode if those of the first layer's weights are a thousand times the last one's, or more.
pub(super) fn exploding(record: &Record) -> Option<Warning> {
    let ends = Ends::of(record)?;
    if ends.ratio() <= 1.0 / LOST {
        return None;
    }
    let meaning =
        "Gradients grow on their way back, so that one learning rate cannot suit all layers.".to_owned();
    let remedy = "Use smaller initial weights (He's), BN, or a bound on the gradient's norm.".to_owned();
    Some(warning(record, Rule::ExplodingGradients, [ends.seen(), meaning, remedy]))
}

/// The gradients of the first and the last layer's weights.
struct Ends<'a> {
    first: &'a TensorRecord,
    last: &'a TensorRecord,
}

impl<'a> Ends<'a> {
    /// Those of the last epoch, if there are at least three tensors of weights, and gradients in both.
    fn of(record: &'a Record) -> Option<Self> {
        let weights: Vec<_> =
            record.epochs.last()?.tensors.iter().filter(|tensor| tensor.is_weights()).collect();
        let [first, _, .., last] = weights[..] else { return None };
        let ends = Self { first, last };
        // Where the last layer has no gradient either there is nothing to pass back.
        (ends.sizes()[1] > 0.0).then_some(ends)
    }

    /// The roots of their mean squares.
    fn sizes(&self) -> [f64; 2] {
        [self.first, self.last].map(|tensor| tensor.gradient.root_mean_square())
    }

    fn ratio(&self) -> f64 {
        let [first, last] = self.sizes();
        first / last
    }

    fn seen(&self) -> String {
        let [first, last] = self.sizes();
        let names = [&self.first.name, &self.last.name];
        format!(
            "Gradients of {} are {first:.1e} (root mean square), those of {} {last:.1e}.",
            names[0], names[1]
        )
    }
}
