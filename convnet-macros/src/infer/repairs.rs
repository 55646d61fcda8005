//! Changes to a layer that make it fit, each tried out.

use convnet_geometry::{Repair, Repairs, Volume};

use super::geometry;
use super::trial::{Change, Fit, Whole};
use crate::ast::Numbers;
use crate::unroll::Step;
use crate::vocabulary::OptionKind;

/// The changes that make a layer fit wherever it stands: those that fit the rest of the network too, if there are any.
///
/// The layer is, or stands in, number `index` of the whole network.
pub(super) fn of(step: &Step<'_>, input: Volume, index: usize, whole: Whole<'_, '_>) -> Vec<String> {
    let (Numbers::WindowAndCount(..) | Numbers::Window(_)) = step.layer.numbers else {
        return Vec::new();
    };
    let window = geometry::window(&step.layer);
    let repairs = Repairs::new(input, window, !geometry::convolves(&step.layer));
    let fitting = repairs.iter().filter_map(|(repair, _)| {
        let change = Change::Window(step.written, repair);
        let fit = change.fits(whole, index)?;
        Some((fit, repaired(step, repair, change.layer(step, input).ok()?.output())))
    });
    let mut fitting: Vec<(Fit, String)> = fitting.collect();
    if fitting.iter().any(|(fit, _)| *fit == Fit::ToTheEnd) {
        fitting.retain(|(fit, _)| *fit == Fit::ToTheEnd);
    }
    fitting.into_iter().map(|(_, line)| line).collect()
}

/// `CONV3-8 s1` gives [8x8x8].
fn repaired(step: &Step<'_>, repair: Repair, output: Volume) -> String {
    let rounding = [OptionKind::Floor, OptionKind::Ceil];
    let (without, why): (&[OptionKind], _) = match repair {
        Repair::Stride(_) => (&[OptionKind::Stride], ""),
        Repair::Padding(_) => (&[OptionKind::Padding], ""),
        Repair::Floor => (&rounding, ", without the last, partial window"),
        Repair::Ceil => (&rounding, ", with a last, partial window"),
        _ => (&[], ""),
    };
    // As it stands in the source, parameters of a block included.
    let notation = step.written.notation_with(without, &repair.to_string());
    format!("`{notation}` gives {output}{why}")
}
