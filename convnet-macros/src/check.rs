//! The tree to a list of steps, by rules: each has its sentence above it.
//!
//! What a rule needs no geometry for is checked here; sizes are [`infer`](crate::infer)'s.

use convnet_geometry::{Grouped, Volume};

use crate::ast::{Annotation, Chain, Definition, Element, ElementKind, Layer, Numbers};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::vocabulary::{Meaning, OptionKind};

/// How many layers a network may have.
const LAYER_LIMIT: usize = 10_000;

/// A checked network: its layers in order, repeats unrolled.
pub(crate) struct Spec<'a> {
    pub(crate) definition: &'a Definition,
    pub(crate) input: Volume,
    pub(crate) steps: Vec<Step<'a>>,
    pub(crate) loss: Option<&'a Layer>,
}

/// One thing on the way from input to scores.
#[derive(Clone, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) what: What<'a>,
    /// The repeats that it stands in, outermost first.
    pub(crate) repetitions: Vec<Repetition>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum What<'a> {
    /// A layer.
    Layer(&'a Layer),
    /// A volume that the author expects here.
    Expect(&'a Annotation),
}

/// Which turn of a repeated group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repetition {
    pub(crate) turn: usize,
    pub(crate) of: usize,
}

/// Checks one network; nothing if a rule is broken, which was then reported.
pub(crate) fn definition<'a>(definition: &'a Definition, errors: &Diagnostics) -> Option<Spec<'a>> {
    if !definition.is_whole {
        return None;
    }
    let before = errors.count();
    let chain = &definition.chain;
    input_stands_first_and_once(chain, errors);
    loss_stands_last_and_once(chain, errors);
    some_layer_stands_between(chain, errors);
    layers_are_few_enough(chain, errors);
    for layer in chain.layers() {
        options_belong_to_the_layer(layer, errors);
        options_are_given_once(layer, errors);
        padding_is_written_where_none_keeps_the_size(layer, errors);
        sizes_are_not_zero(layer, errors);
        arguments_are_in_range(layer, errors);
    }
    if errors.count() > before {
        return None;
    }
    let Element {
        kind: ElementKind::Layer(Layer { numbers: Numbers::Volume(input), .. }), annotation, ..
    } = chain.elements.first()?
    else {
        return None;
    };
    let mut steps = Vec::new();
    let expected = annotation
        .as_ref()
        .map(|annotation| Step { what: What::Expect(annotation), repetitions: Vec::new() });
    steps.extend(expected);
    unroll(&chain.elements[1..], &mut Vec::new(), &mut steps);
    Some(Spec {
        definition,
        input: *input,
        steps,
        loss: chain.layers().find(|layer| layer.keyword.meaning.is_loss()),
    })
}

fn unroll<'a>(elements: &'a [Element], repetitions: &mut Vec<Repetition>, steps: &mut Vec<Step<'a>>) {
    for element in elements {
        match &element.kind {
            ElementKind::Layer(layer) if layer.keyword.meaning.is_loss() => {}
            ElementKind::Layer(layer) => {
                steps.push(Step { what: What::Layer(layer), repetitions: repetitions.clone() });
            }
            ElementKind::Group { chain, repeat } => {
                let of = repeat.map_or(1, |repeat| repeat.value);
                for turn in 1..=of {
                    let before = steps.len();
                    repetitions.extend(repeat.map(|_| Repetition { turn, of }));
                    unroll(&chain.elements, repetitions, steps);
                    repetitions.truncate(repetitions.len() - usize::from(repeat.is_some()));
                    if steps.len() == before {
                        // However often nothing is repeated, it is nothing.
                        break;
                    }
                }
            }
        }
        if let Some(annotation) = &element.annotation {
            steps.push(Step { what: What::Expect(annotation), repetitions: repetitions.clone() });
        }
    }
}

fn meaning(element: &Element) -> Option<Meaning> {
    match &element.kind {
        ElementKind::Layer(layer) => Some(layer.keyword.meaning),
        ElementKind::Group { .. } => None,
    }
}

/// A network begins with its input, which stands nowhere else.
fn input_stands_first_and_once(chain: &Chain, errors: &Diagnostics) {
    let Some(first) = chain.elements.first() else { return };
    if meaning(first) != Some(Meaning::Input) {
        let has_input = chain.layers().any(|layer| layer.keyword.meaning == Meaning::Input);
        let help = if has_input { "move it to the beginning" } else { "write `INPUT[32x32x3] -> ...`" };
        errors.push(
            Diagnostic::new(first.place, "a network begins with `INPUT[width x height x depth]`").help(help),
        );
        return;
    }
    for layer in chain.layers().filter(|layer| layer.keyword.meaning == Meaning::Input).skip(1) {
        let error = Diagnostic::new(layer.place, "`INPUT` stands once, at the beginning");
        errors.push(match layer.numbers {
            Numbers::Volume(volume) => {
                error.help(format!("to state the volume in between, write `: {volume}` behind a layer"))
            }
            _ => error,
        });
    }
}

/// A loss is the last element, outside all groups.
fn loss_stands_last_and_once(chain: &Chain, errors: &Diagnostics) {
    let last = chain.elements.last().and_then(|element| match &element.kind {
        ElementKind::Layer(layer) => Some(layer),
        ElementKind::Group { .. } => None,
    });
    for layer in chain.layers().filter(|layer| layer.keyword.meaning.is_loss()) {
        let is_last = last.is_some_and(|last| std::ptr::eq(last, layer));
        if !is_last {
            let message = format!("the loss `{}` stands last, once, outside all groups", layer.head());
            errors.push(
                Diagnostic::new(layer.place, message).help("move it to the end of the chain, or remove it"),
            );
        }
    }
}

/// Between input and loss stands at least one layer that is not repeated zero times.
fn some_layer_stands_between(chain: &Chain, errors: &Diagnostics) {
    let is_layer = |element: &Element| match &element.kind {
        ElementKind::Layer(layer) => {
            layer.keyword.meaning != Meaning::Input && !layer.keyword.meaning.is_loss()
        }
        ElementKind::Group { .. } => false,
    };
    if count(chain, &is_layer) == 0 {
        errors.push(
            Diagnostic::new(chain.place, "this network has no layer")
                .help("write one behind the input: `INPUT[32x32x3] -> FC10`"),
        );
    }
}

/// Repeats multiply; the product is counted before anything is unrolled.
fn layers_are_few_enough(chain: &Chain, errors: &Diagnostics) {
    let layers = count(chain, &makes_a_step);
    if layers > LAYER_LIMIT {
        let place = widest_repeat(chain).unwrap_or(chain.place);
        let number =
            if layers == usize::MAX { "countless".to_owned() } else { Grouped(layers as u64).to_string() };
        let message = format!("the repeats make {number} layers, more than {}", Grouped(LAYER_LIMIT as u64));
        errors.push(Diagnostic::new(place, message).help("repeat less often"));
    }
}

/// Layers do; a group does if a volume is expected behind it.
fn makes_a_step(element: &Element) -> bool {
    matches!(element.kind, ElementKind::Layer(_)) || element.annotation.is_some()
}

/// How many elements of some kind there are, as often as they are repeated.
fn count(chain: &Chain, counts: &dyn Fn(&Element) -> bool) -> usize {
    chain.elements.iter().fold(0, |sum: usize, element| {
        let inside = match &element.kind {
            ElementKind::Layer(_) => 0,
            ElementKind::Group { chain, repeat } => {
                count(chain, counts).saturating_mul(repeat.map_or(1, |repeat| repeat.value))
            }
        };
        sum.saturating_add(inside).saturating_add(usize::from(counts(element)))
    })
}

fn widest_repeat(chain: &Chain) -> Option<Place> {
    let groups = chain.elements.iter().filter_map(|element| match &element.kind {
        ElementKind::Group { chain, repeat } => Some((chain, repeat.as_ref()?)),
        ElementKind::Layer(_) => None,
    });
    let widest =
        groups.max_by_key(|(chain, repeat)| count(chain, &makes_a_step).saturating_mul(repeat.value));
    widest.map(|(_, repeat)| repeat.place)
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

/// A filter of even size has no default padding: hardly any keeps the size.
fn padding_is_written_where_none_keeps_the_size(layer: &Layer, errors: &Diagnostics) {
    let Numbers::WindowAndCount(filter, _) = layer.numbers else { return };
    let is_written = layer.options.iter().any(|option| option.kind() == OptionKind::Padding);
    let even = [filter.width, filter.height].into_iter().find(|side| side % 2 == 0 && *side > 0);
    if let (Some(even), false) = (even, is_written) {
        let message = format!("a filter of even size {even} has no default padding: it must be written");
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
fn sizes_are_not_zero(layer: &Layer, errors: &Diagnostics) {
    use crate::ast::OptionValue::{Dilation, Groups, Stride};
    let zero = |extent: convnet_geometry::Extent| extent.width == 0 || extent.height == 0;
    let what = match layer.numbers {
        Numbers::Volume(volume) if zero(volume.extent()) || volume.depth == 0 => Some("a side of the input"),
        Numbers::Window(filter) if zero(filter) => Some("the window's size"),
        Numbers::WindowAndCount(filter, _) if zero(filter) => Some("the filter's size"),
        Numbers::WindowAndCount(_, 0) => Some("the number of filters"),
        Numbers::Count(0) => Some("the number of outputs"),
        _ => None,
    };
    if let Some(what) = what {
        let message = format!("{what} is 0 in `{}`", layer.head());
        errors.push(Diagnostic::new(layer.place, message).help("the least is 1"));
    }
    for option in &layer.options {
        let what = match option.value {
            Stride(stride) if zero(stride) => "a stride",
            Dilation(dilation) if zero(dilation) => "a dilation",
            Groups(0) => "the number of groups",
            _ => continue,
        };
        let error = Diagnostic::new(option.place, format!("{what} is 0: `{option}`"));
        errors.push(match option.kind() {
            OptionKind::Dilation => {
                error.help("the notes' dilation 0, no gaps between the taps, is `d1` here")
            }
            _ => error.help("the least is 1"),
        });
    }
}

/// The margin of an SVM is a positive number, given once.
fn arguments_are_in_range(layer: &Layer, errors: &Diagnostics) {
    for (i, argument) in layer.arguments.iter().enumerate() {
        if i > 0 {
            errors.push(
                Diagnostic::new(argument.place, format!("`{}` is given twice", argument.name))
                    .help("remove one"),
            );
        } else if !(argument.value.is_finite() && argument.value > 0.0) {
            let message = format!("the margin {} is {}: it must be positive", argument.name, argument.value);
            errors.push(
                Diagnostic::new(argument.place, message)
                    .help("`delta=1` is as good as any: the weights set the scale"),
            );
        }
    }
}
