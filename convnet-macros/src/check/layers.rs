//! Rules on one layer.

use crate::ast::{ArgumentValue, Layer, Numbers, OptionValue, Sides};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::vocabulary::{self, Meaning, OptionKind};

/// Rules on what is written, whatever its numbers come to.
pub(super) fn structure(layer: &Layer, errors: &Diagnostics) {
    options_belong_to_the_layer(layer, errors);
    options_are_given_once(layer, errors);
}

/// A layer has the options of its keyword only.
fn options_belong_to_the_layer(layer: &Layer, errors: &Diagnostics) {
    let allowed = layer.keyword.options;
    for option in layer.options.iter().filter(|option| !allowed.contains(&option.kind())) {
        let error = Diagnostic::new(option.place, format!("`{}` has no option `{option}`", layer.head()));
        let examples: Vec<_> = allowed.iter().map(|kind| format!("`{}`", kind.example())).collect();
        errors.push(if examples.is_empty() {
            error.help(format!("`{}` has no options", layer.head()))
        } else {
            error.help(format!("its options are {}", examples.join(", ")))
        });
    }
}

/// An option stands once; `floor` and `ceil` do not stand together.
fn options_are_given_once(layer: &Layer, errors: &Diagnostics) {
    for (i, option) in layer.options.iter().enumerate() {
        let kind = option.kind();
        let seen = |kind| layer.options[..i].iter().find(|earlier| earlier.kind() == kind);
        if let Some(earlier) = seen(kind) {
            let message = format!("`{}` is given an option twice: `{earlier}` and `{option}`", layer.head());
            errors.push(Diagnostic::new(option.place, message).help("remove one of them"));
        }
        let other = match kind {
            OptionKind::Floor => OptionKind::Ceil,
            OptionKind::Ceil => OptionKind::Floor,
            _ => continue,
        };
        if seen(other).is_some() {
            let message = "`floor` and `ceil` exclude each other";
            errors.push(
                Diagnostic::new(option.place, message)
                    .help("`floor` drops the last, partial window, `ceil` adds it"),
            );
        }
    }
}

/// Rules on the numbers of a layer; `around` says where it stands.
pub(super) fn values(layer: &Layer, around: &str, errors: &Diagnostics) {
    padding_is_written_where_none_keeps_the_size(layer, around, errors);
    sizes_are_not_zero(layer, around, errors);
    arguments_are_in_range(layer, around, errors);
}

/// A filter of even size has no default padding: hardly any keeps the size.
fn padding_is_written_where_none_keeps_the_size(layer: &Layer, around: &str, errors: &Diagnostics) {
    let Numbers::WindowAndCount(filter, _) = &layer.numbers else { return };
    let filter = filter.extent();
    let is_written = layer.options.iter().any(|option| option.kind() == OptionKind::Padding);
    let even = [filter.width, filter.height].into_iter().find(|side| side % 2 == 0 && *side > 0);
    if let (Some(even), false) = (even, is_written) {
        let message =
            format!("a filter of even size {even} has no default padding: it must be written{around}");
        errors.push(
            Diagnostic::new(layer.place, message)
                .help(format!("`{}` for none", layer.notation_with(&[], "p0")))
                .help(format!(
                    "`{}` for {} before and {} after",
                    layer.notation_with(&[], &format!("p{}:{}", even / 2, even / 2 - 1)),
                    even / 2,
                    even / 2 - 1
                )),
        );
    }
}

/// No size is 0: neither of the layer's numbers, nor a stride, a dilation or a number of groups.
fn sizes_are_not_zero(layer: &Layer, around: &str, errors: &Diagnostics) {
    let zero = |sides: &Sides| sides.extent().width == 0 || sides.extent().height == 0;
    let what = match &layer.numbers {
        Numbers::Volume(sides) if sides.iter().any(|side| side.get() == 0) => Some("a side of the input"),
        Numbers::Window(filter) if zero(filter) => Some("the window's size"),
        Numbers::WindowAndCount(filter, _) if zero(filter) => Some("the filter's size"),
        Numbers::WindowAndCount(_, filters) if filters.get() == 0 => Some("the number of filters"),
        Numbers::Count(count) if count.get() == 0 && layer.keyword.meaning == Meaning::Maxout => {
            Some("the number of channels that compete")
        }
        Numbers::Count(count) if count.get() == 0 => Some("the number of outputs"),
        _ => None,
    };
    if let Some(what) = what {
        let message = format!("{what} is 0 in `{}`{around}", layer.head());
        errors.push(Diagnostic::new(layer.place, message).help("the least is 1"));
    }
    for option in &layer.options {
        let what = match &option.value {
            OptionValue::Stride(stride) if zero(stride) => "a stride",
            OptionValue::Dilation(dilation) if zero(dilation) => "a dilation",
            OptionValue::Groups(groups) if groups.get() == 0 => "the number of groups",
            _ => continue,
        };
        let error = Diagnostic::new(option.place, format!("{what} is 0: `{option}`{around}"));
        errors.push(match option.kind() {
            OptionKind::Dilation => {
                error.help("the notes' dilation 0, no gaps between the taps, is `d1` here")
            }
            _ => error.help("the least is 1"),
        });
    }
}

/// A number in parentheses, or that of `dropconnect`, is in its range.
fn arguments_are_in_range(layer: &Layer, around: &str, errors: &Diagnostics) {
    let arguments = layer.arguments.iter().filter_map(|argument| match argument.value {
        ArgumentValue::Real(value) => Some((argument.parameter, value, argument.place)),
        _ => None,
    });
    let options = layer.options.iter().filter_map(|option| match option.value {
        OptionValue::DropConnect(ref keep) => Some((&vocabulary::KEEP[0], keep.real(), option.place)),
        _ => None,
    });
    for (parameter, value, place) in arguments.chain(options) {
        let range = parameter.range().expect("a parameter that takes a number");
        if range.contains(value) {
            continue;
        }
        let message = format!("`{}` is {value}: it must be {}{around}", parameter.name, range.text());
        let error = Diagnostic::new(place, message);
        errors.push(match parameter.name {
            "delta" => error.help("`delta=1` is as good as any: the weights set the scale"),
            "smoothing" => error.help("`smoothing=0.1` is usual; `smoothing=0` leaves labels as they are"),
            "C" => {
                error.help("a larger `C` is what a weaker regularization is; `C=1` leaves the loss as it is")
            }
            "positives" => {
                error.help("`positives=5` serves attributes that a sixth of the images have; 1 weights none")
            }
            "keep" => error.help("`keep=0.5` keeps half of the numbers; `keep=1` keeps them all"),
            _ => error.help(format!("write `{}({})`", layer.keyword.name, parameter.example())),
        });
    }
}
