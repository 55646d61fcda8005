//! Long records, thinned out to what a figure can show.

use crate::monitor::{EpochRecord, Histogram, StepRecord};

/// Parts that steps are divided into if there are more than twice as many.
const PARTS: usize = 1500;

/// Epochs whose histograms are kept.
const HISTOGRAMS: usize = 40;

/// The steps of the lowest and of the highest loss in each of equal parts, so that no peak is lost; a loss that is not finite
/// counts as the highest. The first step and the last are always there.
pub(super) fn steps(steps: &[StepRecord]) -> Vec<StepRecord> {
    if steps.len() <= 2 * PARTS {
        return steps.to_vec();
    }
    let mut kept = vec![0, steps.len() - 1];
    for part in 0..PARTS {
        let range = part * steps.len() / PARTS..(part + 1) * steps.len() / PARTS;
        let height = |&i: &usize| if steps[i].loss.is_nan() { f64::INFINITY } else { steps[i].loss };
        let order = |a: &usize, b: &usize| height(a).total_cmp(&height(b));
        kept.extend(range.clone().min_by(order).into_iter().chain(range.max_by(order)));
    }
    kept.sort_unstable();
    kept.dedup();
    kept.into_iter().map(|i| steps[i]).collect()
}

/// All epochs, with the histograms of some of them, at about equal distances and those of the last.
pub(super) fn epochs(epochs: &[EpochRecord]) -> Vec<EpochRecord> {
    let count = epochs.len();
    let kept = |i: usize| count <= HISTOGRAMS || (i + 1) * HISTOGRAMS / count > i * HISTOGRAMS / count;
    let thinned = epochs
        .iter()
        .enumerate()
        .map(|(i, epoch)| if kept(i) { epoch.clone() } else { without_histograms(epoch) });
    thinned.collect()
}

/// An epoch with empty histograms.
fn without_histograms(epoch: &EpochRecord) -> EpochRecord {
    let mut epoch = epoch.clone();
    for tensor in &mut epoch.tensors {
        (tensor.gradient, tensor.weights) = (Histogram::default(), Histogram::default());
    }
    for layer in &mut epoch.layers {
        layer.activation = Histogram::default();
    }
    epoch
}

#[cfg(test)]
mod tests {
    use super::{HISTOGRAMS, PARTS, epochs, steps};
    use crate::monitor::{EpochRecord, Histogram, LayerRecord, StepRecord};

    fn record(count: u64, loss: impl Fn(u64) -> f64) -> Vec<StepRecord> {
        (1..=count).map(|step| StepRecord { step, loss: loss(step), ..StepRecord::default() }).collect()
    }

    #[test]
    fn peaks_are_kept() {
        let all = record(100_000, |step| match step {
            77_777 => 50.0,
            88_888 => f64::NAN,
            _ => 1.0 / step as f64,
        });
        let thinned = steps(&all);
        assert!(thinned.len() <= 2 * PARTS + 2, "{}", thinned.len());
        assert!(thinned.is_sorted_by_key(|step| step.step));
        assert_eq!((thinned[0].step, thinned.last().map(|step| step.step)), (1, Some(100_000)));
        let has = |step: u64| thinned.iter().any(|kept| kept.step == step);
        assert!(has(77_777) && has(88_888));
        assert_eq!(steps(&all[..2 * PARTS]), all[..2 * PARTS]);
    }

    #[test]
    fn histograms_of_some_epochs_are_kept() {
        let layer = LayerRecord { activation: Histogram::of([1.0, 2.0]), ..LayerRecord::default() };
        let all: Vec<_> = (1..=101)
            .map(|epoch| EpochRecord { epoch, layers: vec![layer.clone()], ..EpochRecord::default() })
            .collect();
        let thinned = epochs(&all);
        assert_eq!(thinned.len(), 101);
        let kept: Vec<_> =
            thinned.iter().filter(|epoch| epoch.layers[0].activation.count() > 0).map(|e| e.epoch).collect();
        assert_eq!((kept.len(), kept.last()), (HISTOGRAMS, Some(&101)));
        assert_eq!(epochs(&all[..HISTOGRAMS]), all[..HISTOGRAMS]);
    }
}
