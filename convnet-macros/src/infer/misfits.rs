//! What to say of a layer that does not fit.

use convnet_geometry::{GeometryError, Volume};

use crate::ast::{Layer, Numbers};
use crate::diagnostics::Diagnostic;
use crate::unroll::{Step, describe};
use crate::vocabulary::OptionKind;

/// Words what does not fit, and what would.
pub(super) fn misfit(
    step: &Step<'_>,
    input: Volume,
    error: GeometryError,
    repairs: Vec<String>,
) -> Diagnostic {
    let (layer, turn) = (&step.layer, describe(&step.at));
    let notation = layer.notation();
    let option_place =
        |kind| layer.options.iter().find(|option| option.kind() == kind).map(|option| option.place);
    let say = |problem: String| Diagnostic::new(layer.place, problem);
    match error {
        GeometryError::DoesNotDivide { axis, window } => {
            let message = format!("`{notation}` does not fit across the {axis} of {input}{turn}: {window}");
            if repairs.is_empty() {
                return say(message).help(
                    "no other stride, padding or rounding alone fits both here and around the layer: where branches meet, or elsewhere that it stands",
                );
            }
            say(message).helps(repairs)
        }
        GeometryError::TooLarge { axis, window } => {
            let padded = window.padded().unwrap_or(usize::MAX);
            let padding = if padded == window.input { "" } else { ", padding included" };
            let message = format!(
                "the window of `{notation}` is larger than the {axis} of {input}{turn}: {} over {padded}{padding}",
                window.reach().unwrap_or(usize::MAX),
            );
            let last = if repairs.is_empty() { "pool less before it" } else { "or pool less before it" };
            say(message).helps(repairs).help(last)
        }
        GeometryError::OnlyPadding { axis, padding, filter } => {
            let message = format!(
                "padding of {padding} across the {axis} is at least as wide as the window of {filter} in `{notation}`: a window would lie wholly in zeros"
            );
            let at = option_place(OptionKind::Padding).unwrap_or(layer.place);
            Diagnostic::new(at, message).help(format!("the most is `p{}`", filter - 1)).helps(repairs)
        }
        GeometryError::GroupsDepth { groups, depth } => {
            let message =
                format!("{groups} groups do not divide the depth of {input}{turn}: {depth}/{groups}");
            let at = option_place(OptionKind::Groups).unwrap_or(layer.place);
            Diagnostic::new(at, message).help(common_groups(depth, layer))
        }
        GeometryError::GroupsFilters { groups, filters } => {
            let message = format!(
                "{groups} groups do not divide the {filters} filters of `{notation}`: {filters}/{groups}"
            );
            let nearest = filters.checked_next_multiple_of(groups);
            say(message).helps(nearest.map(|nearest| format!("{nearest} filters would do")))
        }
        GeometryError::Pieces { pieces, depth } => {
            let message =
                format!("{pieces} channels each do not divide the depth of {input}{turn}: {depth}/{pieces}");
            let common = (2..=depth.min(1000)).filter(|pieces| depth.is_multiple_of(*pieces)).take(6);
            let common: Vec<_> = common.map(|pieces| format!("`MAXOUT{pieces}`")).collect();
            let help = match &common[..] {
                [] => "no number of channels divides it".to_owned(),
                common => format!("{} would", common.join(", ")),
            };
            say(message).help(help)
        }
        GeometryError::Ratio { ratio, side } => {
            let message = format!(
                "`{notation}` cannot shrink {input}{turn}: {ratio} is more than its shorter side, {side}"
            );
            say(message).help("pool less before it, or by a smaller ratio")
        }
        other => say(format!("`{notation}` cannot be built over {input}{turn}: {other}")),
    }
}

/// The options that cut both a depth and the filters into groups; each filter sees as many channels as any other.
fn common_groups(depth: usize, layer: &Layer) -> String {
    const SHOWN: usize = 8;
    let filters =
        if let Numbers::WindowAndCount(_, filters) = &layer.numbers { filters.get() } else { depth };
    let common = (1..=depth.min(1000))
        .filter(|&groups| depth.is_multiple_of(groups) && filters.is_multiple_of(groups));
    let options: Vec<_> = common.take(SHOWN).map(|groups| format!("`g{groups}`")).collect();
    let divide = if options.len() == 1 { "divides" } else { "divide" };
    format!("{} {divide} both the depth of {depth} and the number of filters, {filters}", options.join(", "))
}
