//! Geometry: every volume, every count. The rule itself is `convnet-geometry`'s.

use std::collections::HashMap;

use convnet_geometry::{
    Average, Bytes, ConvolutionSpec, DenseSpec, Extent, GeometryError, Grouped, LayerKind, Padding, Pool,
    PoolingSpec, Quantity, Repairs, Rounding, Volume, Window,
};

use crate::ast::{Annotation, Claim, Layer, Numbers, OptionValue};
use crate::check::{Repetition, Spec, Step, What};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::plan::{Plan, PlannedLayer, PlannedLoss, places};
use crate::vocabulary::{Meaning, OptionKind};

/// Works a network out; nothing if something does not fit, which was then reported.
pub(crate) fn plan<'a>(spec: Spec<'a>, errors: &Diagnostics) -> Option<Plan<'a>> {
    let before = errors.count();
    let mut walk = Walk::new(spec.input, errors);
    for step in &spec.steps {
        match step.what {
            What::Layer(layer) => walk.layer(layer, &step.repetitions),
            What::Expect(annotation) => walk.expect(annotation, step),
        }
    }
    let loss = loss(&spec, walk.volume, errors);
    if errors.count() > before {
        return None;
    }
    let definition = spec.definition;
    let whole = definition.chain.place;
    let plan = places(&walk.volumes, &walk.layers).and_then(|places| {
        let name = definition.name.to_string();
        let plan = Plan { definition, name, places, layers: walk.layers, loss };
        plan.with_architecture(|_| ())?;
        Ok(plan)
    });
    match plan {
        Ok(plan) => {
            asserts(&plan, errors);
            (errors.count() == before).then_some(plan)
        }
        Err(error) => {
            errors.push(Diagnostic::new(whole, error.to_string()).help("no machine could hold this network"));
            None
        }
    }
}

/// The way from input to scores. After a layer that does not fit the volume is unknown until one is expected or a fully
/// connected layer makes a new one, so that one mistake is one message.
struct Walk<'a, 'e> {
    errors: &'e Diagnostics,
    volume: Option<Volume>,
    volumes: Vec<Volume>,
    layers: Vec<PlannedLayer<'a>>,
    parameters: usize,
    switches: usize,
    ordinals: HashMap<&'static str, usize>,
    /// Layers already reported, so that a mistake in a repeated group is reported once.
    reported: Vec<*const Layer>,
}

impl<'a, 'e> Walk<'a, 'e> {
    fn new(input: Volume, errors: &'e Diagnostics) -> Self {
        Self {
            errors,
            volume: Some(input),
            volumes: vec![input],
            layers: Vec::new(),
            parameters: 0,
            switches: 0,
            ordinals: HashMap::new(),
            reported: Vec::new(),
        }
    }

    fn layer(&mut self, layer: &'a Layer, repetitions: &[Repetition]) {
        let Some(input) = self.volume else {
            if let Numbers::Count(outputs) = layer.numbers {
                self.volume = Some(Volume::new(1, 1, outputs));
            }
            return;
        };
        let kind = match kind(layer, input) {
            Ok(kind) => kind,
            Err(error) => {
                self.volume = None;
                if !self.reported.contains(&std::ptr::from_ref(layer)) {
                    self.reported.push(layer);
                    self.errors.push(misfit(layer, input, error, repetitions));
                }
                return;
            }
        };
        let entry = self.entry(layer, kind);
        let counted =
            entry.parameters.checked_add(kind.weights()).and_then(|sum| sum.checked_add(kind.biases()));
        let Some(parameters) = counted else {
            let error = GeometryError::Overflow { what: Quantity::Parameters };
            self.errors.push(misfit(layer, input, error, repetitions));
            self.volume = None;
            return;
        };
        self.parameters = parameters;
        // What overflows here overflows in the sum of all volumes, which is checked.
        self.switches = self.switches.saturating_add(output_count(&kind));
        self.volume = Some(kind.output());
        if !kind.is_in_place() {
            self.volumes.push(kind.output());
        }
        self.layers.push(entry);
    }

    fn entry(&mut self, layer: &'a Layer, kind: LayerKind) -> PlannedLayer<'a> {
        let stem = layer.keyword.name.to_lowercase();
        let ordinal = self.ordinals.entry(layer.keyword.name).or_insert(0);
        *ordinal += 1;
        let input = self.volumes.len() - 1;
        PlannedLayer {
            name: format!("{stem}{ordinal}"),
            notation: layer.notation(),
            word: &layer.word,
            kind,
            input,
            output: if kind.is_in_place() { input } else { input + 1 },
            parameters: self.parameters,
            switches: self.switches,
        }
    }

    fn expect(&mut self, annotation: Annotation, step: &Step<'_>) {
        let Annotation { volume: expected, place } = annotation;
        if let Some(found) = self.volume.filter(|found| *found != expected) {
            let message =
                format!("expected {expected}, but the volume here is {found}{}", turn(&step.repetitions));
            self.errors.push(
                Diagnostic::new(place, message).help(format!("write `: {found}`, or change a layer before")),
            );
        }
        self.volume = Some(expected);
    }
}

/// Switches of a maximum pooling; a volume that cannot be counted has none, and is refused elsewhere.
fn output_count(kind: &LayerKind) -> usize {
    kind.output().checked_count().map_or(0, |_| kind.switches())
}

/// ` in repetition 2 of 3`, from the outermost group in.
fn turn(repetitions: &[Repetition]) -> String {
    let turns: Vec<_> = repetitions.iter().map(|Repetition { turn, of }| format!("{turn} of {of}")).collect();
    if turns.is_empty() { String::new() } else { format!(", in repetition {}", turns.join(", ")) }
}

/// The geometry of one layer on its input.
fn kind(layer: &Layer, input: Volume) -> Result<LayerKind, GeometryError> {
    let has = |kind| layer.options.iter().any(|option| option.kind() == kind);
    let bias = !has(OptionKind::NoBias);
    match (layer.keyword.meaning, layer.numbers) {
        (Meaning::Convolution, Numbers::WindowAndCount(filter, filters)) => {
            let groups = layer.options.iter().find_map(|option| match option.value {
                OptionValue::Groups(groups) => Some(groups),
                _ => None,
            });
            let window = window(layer, filter);
            let spec = ConvolutionSpec { input, window, filters, groups: groups.unwrap_or(1), bias };
            Ok(LayerKind::Convolution(spec.check()?))
        }
        (Meaning::MaxPool, Numbers::Window(filter)) => {
            Ok(LayerKind::Pooling(PoolingSpec::new(input, window(layer, filter), Pool::Max).check()?))
        }
        (Meaning::AveragePool, Numbers::Window(filter)) => {
            let average = if has(OptionKind::Uncounted) { Average::Uncounted } else { Average::Counted };
            Ok(LayerKind::Pooling(
                PoolingSpec::new(input, window(layer, filter), Pool::Average(average)).check()?,
            ))
        }
        (Meaning::Dense, Numbers::Count(outputs)) => {
            Ok(LayerKind::Dense(DenseSpec { input, outputs, bias }.check()?))
        }
        (Meaning::Relu, _) => Ok(LayerKind::Relu(input)),
        (meaning, numbers) => unreachable!("{meaning:?} with {numbers:?} passed the checks"),
    }
}

/// The window of a layer, with the defaults of its keyword.
fn window(layer: &Layer, filter: Extent) -> Window {
    let mut window = Window::new(filter.width, filter.height);
    if layer.keyword.meaning != Meaning::Convolution {
        window = window.strides(filter.width, filter.height);
    }
    let mut padding = None;
    for option in &layer.options {
        match option.value {
            OptionValue::Stride(stride) => window.stride = stride,
            OptionValue::Dilation(dilation) => window.dilation = dilation,
            OptionValue::Padding(written) => padding = Some(written),
            OptionValue::Floor => window.rounding = Rounding::Floor,
            OptionValue::Ceil => window.rounding = Rounding::Ceil,
            OptionValue::Groups(_) | OptionValue::NoBias | OptionValue::Uncounted => {}
        }
    }
    window.padded(padding.unwrap_or_else(|| default_padding(layer, &window)))
}

/// A convolution keeps its size: d(F - 1)/2. Pooling has no padding.
fn default_padding(layer: &Layer, window: &Window) -> Padding {
    if layer.keyword.meaning != Meaning::Convolution {
        return Padding::NONE;
    }
    // A product that overflows gives a padding that overflows, which is reported as such.
    let keeping = |filter: usize, dilation: usize| dilation.saturating_mul(filter.saturating_sub(1)) / 2;
    Padding::per_axis(Extent {
        width: keeping(window.filter.width, window.dilation.width),
        height: keeping(window.filter.height, window.dilation.height),
    })
}

/// Words what does not fit, and what would.
fn misfit(layer: &Layer, input: Volume, error: GeometryError, repetitions: &[Repetition]) -> Diagnostic {
    let (notation, turn) = (layer.notation(), turn(repetitions));
    let option_place =
        |kind| layer.options.iter().find(|option| option.kind() == kind).map(|option| option.place);
    let say = |problem: String| Diagnostic::new(layer.place, problem);
    match error {
        GeometryError::DoesNotDivide { axis, window } => {
            let message = format!("`{notation}` does not fit across the {axis} of {input}{turn}: {window}");
            say(message).helps(repairs(layer, input))
        }
        GeometryError::TooLarge { axis, window } => {
            let padded = window.padded().unwrap_or(usize::MAX);
            let padding = if padded == window.input { "" } else { ", padding included" };
            let message = format!(
                "the window of `{notation}` is larger than the {axis} of {input}{turn}: {} over {padded}{padding}",
                window.reach().unwrap_or(usize::MAX),
            );
            say(message).helps(repairs(layer, input)).help("or pool less before it")
        }
        GeometryError::OnlyPadding { axis, padding, filter } => {
            let message = format!(
                "padding of {padding} across the {axis} is as wide as the window of {filter} in `{notation}`: a window would lie wholly in zeros"
            );
            let at = option_place(OptionKind::Padding).unwrap_or(layer.place);
            Diagnostic::new(at, message)
                .help(format!("the most is `p{}`", filter - 1))
                .helps(repairs(layer, input))
        }
        GeometryError::GroupsDepth { groups, depth } => {
            let message =
                format!("{groups} groups do not divide the depth of {input}{turn}: {depth}/{groups}");
            let divisors = divisors(depth);
            let at = option_place(OptionKind::Groups).unwrap_or(layer.place);
            Diagnostic::new(at, message).help(format!("a depth of {depth} goes into groups of {divisors}"))
        }
        GeometryError::GroupsFilters { groups, filters } => {
            let message = format!(
                "{groups} groups do not divide the {filters} filters of `{notation}`: {filters}/{groups}"
            );
            let nearest = filters.next_multiple_of(groups);
            say(message).help(format!("{nearest} filters would do"))
        }
        other => say(format!("`{notation}` cannot be built over {input}{turn}: {other}")),
    }
}

/// Changes to the layer that make it fit, each tried out on the same input.
fn repairs(layer: &Layer, input: Volume) -> Vec<String> {
    let (filter, depth) = match layer.numbers {
        Numbers::WindowAndCount(filter, count) => (filter, count),
        Numbers::Window(filter) => (filter, input.depth),
        _ => return Vec::new(),
    };
    let pooling = layer.keyword.meaning != Meaning::Convolution;
    let rounding = [OptionKind::Floor, OptionKind::Ceil];
    let repairs = Repairs::new(input, window(layer, filter), pooling);
    repairs
        .iter()
        .map(|(repair, output)| {
            use convnet_geometry::Repair;
            let (without, why): (&[OptionKind], _) = match repair {
                Repair::Stride(_) => (&[OptionKind::Stride], ""),
                Repair::Padding(_) => (&[OptionKind::Padding], ""),
                Repair::Floor => (&rounding, ", without the last, partial window"),
                Repair::Ceil => (&rounding, ", with a last, partial window"),
                _ => (&[], ""),
            };
            let notation = layer.notation_with(without, &[repair.to_string()]);
            format!("`{notation}` gives {}{why}", Volume::new(output.width, output.height, depth))
        })
        .collect()
}

fn divisors(number: usize) -> String {
    let small = (1..=number.min(1000)).filter(|divisor| number.is_multiple_of(*divisor));
    let small: Vec<_> = small.take(8).map(|divisor| divisor.to_string()).collect();
    small.join(", ")
}

/// The loss of the network: what is written, or softmax where the output has the shape of class scores.
fn loss(spec: &Spec<'_>, output: Option<Volume>, errors: &Diagnostics) -> PlannedLoss {
    let Some(output) = output else { return PlannedLoss::None };
    let is_scores = output.width == 1 && output.height == 1 && output.depth >= 2;
    let Some(layer) = spec.loss else {
        return if is_scores { PlannedLoss::Softmax } else { PlannedLoss::None };
    };
    if !is_scores {
        let message =
            format!("`{}` needs scores of [1x1xK] with K at least 2, but gets {output}", layer.head());
        let classes = if output.depth < 2 { 10 } else { output.depth };
        let help = format!(
            "end in `FC{classes}`, or remove `{}` to use the network for inference only",
            layer.head()
        );
        errors.push(Diagnostic::new(layer.place, message).help(help));
    }
    match layer.keyword.meaning {
        Meaning::Svm => {
            PlannedLoss::Svm { delta: layer.arguments.first().map_or(1.0, |argument| argument.value) }
        }
        _ => PlannedLoss::Softmax,
    }
}

fn asserts(plan: &Plan<'_>, errors: &Diagnostics) {
    let found = plan.with_architecture(|architecture| {
        (architecture.parameters() as u64, architecture.output(), architecture.training_numbers() as u64)
    });
    let (parameters, output, numbers) = found.expect("the network was checked");
    for assert in &plan.definition.asserts {
        let error = match assert.claim {
            Claim::Parameters(claimed) if claimed != parameters => {
                let message = format!(
                    "`{}` has {} parameters, not {}",
                    plan.name,
                    Grouped(parameters),
                    Grouped(claimed)
                );
                let sums = plan.layers.iter().filter(|layer| layer.kind.weights() > 0).map(|layer| {
                    let own = layer.kind.weights() + layer.kind.biases();
                    format!("{} {}", layer.name, Grouped(own as u64))
                });
                let sum = sums.collect::<Vec<_>>().join(" + ");
                Diagnostic::new(assert.place, message).help(format!("they are {sum}"))
            }
            Claim::Output(claimed) if claimed != output => {
                let message = format!("the output of `{}` is {output}, not {claimed}", plan.name);
                Diagnostic::new(assert.place, message).help("change the assert, or the last layers")
            }
            Claim::Memory(limit) if numbers.saturating_mul(4) > limit => {
                let message = format!(
                    "`{}` takes {} an image, more than {}: {} numbers of 4 bytes",
                    plan.name,
                    Bytes(numbers.saturating_mul(4)),
                    Bytes(limit),
                    Grouped(numbers)
                );
                let largest =
                    plan.places.iter().map(|place| place.volume).max_by_key(|volume| volume.count());
                let help = largest.map(|volume| {
                    format!("its largest volume is {volume}: pool earlier, or use fewer filters")
                });
                Diagnostic::new(assert.place, message).helps(help)
            }
            _ => continue,
        };
        errors.push(error);
    }
}
