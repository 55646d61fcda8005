//! Geometry: every volume, every count. The rule itself is `convnet-geometry`'s.

use std::collections::{HashMap, HashSet};

use convnet_geometry::{
    Average, Bytes, ConvolutionSpec, DenseSpec, Extent, GeometryError, Grouped, LayerKind, Padding, Pool,
    PoolingSpec, Quantity, Repair, Repairs, Rounding, Volume, Window,
};

use crate::ast::{Annotation, Claim, Layer, Numbers, OptionValue};
use crate::check::{Repetition, Spec, Step, What};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::plan::{Plan, PlannedLayer, PlannedLoss, places};
use crate::vocabulary::{Meaning, OptionKind};

/// Works a network out; nothing if something does not fit, which was then reported.
pub(crate) fn plan<'a>(spec: Spec<'a>, errors: &Diagnostics) -> Option<Plan<'a>> {
    let before = errors.count();
    let mut walk = Walk::new(&spec, errors);
    for (at, step) in spec.steps.iter().enumerate() {
        walk.inputs.push(walk.volume);
        match step.what {
            What::Layer(layer) => walk.layer(layer, at),
            What::Expect(annotation) => walk.expect(annotation, &step.repetitions),
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
    steps: &'e [Step<'a>],
    /// The volume before each step so far.
    inputs: Vec<Option<Volume>>,
    volume: Option<Volume>,
    volumes: Vec<Volume>,
    layers: Vec<PlannedLayer<'a>>,
    parameters: usize,
    switches: usize,
    ordinals: HashMap<&'static str, usize>,
    /// Layers and expected volumes already reported, so that a mistake in a repeated group is reported once.
    reported: HashSet<*const ()>,
}

impl<'a, 'e> Walk<'a, 'e> {
    fn new(spec: &'e Spec<'a>, errors: &'e Diagnostics) -> Self {
        Self {
            errors,
            steps: &spec.steps,
            inputs: Vec::new(),
            volume: Some(spec.input),
            volumes: vec![spec.input],
            layers: Vec::new(),
            parameters: 0,
            switches: 0,
            ordinals: HashMap::new(),
            reported: HashSet::new(),
        }
    }

    fn layer(&mut self, layer: &'a Layer, at: usize) {
        let Some(input) = self.volume else {
            if let Numbers::Count(outputs) = layer.numbers {
                self.volume = Some(Volume::new(1, 1, outputs));
            }
            return;
        };
        let kind = match kind(layer, input, None) {
            Ok(kind) => kind,
            Err(error) => return self.misfit(layer, input, error, at),
        };
        let entry = self.entry(layer, kind);
        let counted =
            entry.parameters.checked_add(kind.weights()).and_then(|sum| sum.checked_add(kind.biases()));
        let Some(parameters) = counted else {
            let error = GeometryError::Overflow { what: Quantity::Parameters };
            return self.misfit(layer, input, error, at);
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

    fn expect(&mut self, annotation: &Annotation, repetitions: &[Repetition]) {
        let Annotation { volume: expected, place } = *annotation;
        let found = self.volume.filter(|found| *found != expected);
        self.volume = Some(expected);
        let Some(found) = found.filter(|_| self.reported.insert(std::ptr::from_ref(annotation).cast()))
        else {
            return;
        };
        let message = format!("expected {expected}, but the volume here is {found}{}", turn(repetitions));
        // It was as expected in the first repetition.
        let help = if repetitions.iter().any(|repetition| repetition.turn > 1) {
            "the volume is not the same in each repetition: remove this, or write the last one behind the group"
                .to_owned()
        } else {
            format!("write `: {found}`, or change a layer before")
        };
        self.errors.push(Diagnostic::new(place, message).help(help));
    }

    /// Reports a layer that does not fit, once; what comes out of it is unknown.
    fn misfit(&mut self, layer: &Layer, input: Volume, error: GeometryError, at: usize) {
        self.volume = None;
        if self.reported.insert(std::ptr::from_ref(layer).cast()) {
            let turn = turn(&self.steps[at].repetitions);
            self.errors.push(misfit(layer, input, error, &turn, self.repairs(layer, input, at)));
        }
    }

    /// Changes to a layer that make it fit at this step, each tried out wherever the layer stands: in a repeated group a
    /// change acts on every repetition.
    fn repairs(&self, layer: &Layer, input: Volume, at: usize) -> Vec<String> {
        let (Numbers::WindowAndCount(filter, _) | Numbers::Window(filter)) = layer.numbers else {
            return Vec::new();
        };
        let window = window(layer, filter);
        let pooling = layer.keyword.meaning != Meaning::Convolution;
        let repairs = Repairs::new(input, window, pooling);
        let line = |(repair, _)| Some(repaired(layer, repair, self.after_repair(layer, repair, at)?));
        repairs.iter().filter_map(line).collect()
    }

    /// What comes out of a layer at this step after a change to it; nothing if it then does not fit somewhere.
    fn after_repair(&self, layer: &Layer, repair: Repair, at: usize) -> Option<Volume> {
        let is_it = |step: &Step<'_>| matches!(step.what, What::Layer(other) if std::ptr::eq(other, layer));
        let (first, last) = (self.steps.iter().position(is_it)?, self.steps.iter().rposition(is_it)?);
        let (mut volume, mut after) = (self.inputs[first]?, None);
        for (index, step) in (first..).zip(&self.steps[first..=last]) {
            match step.what {
                What::Layer(other) => {
                    let change = std::ptr::eq(other, layer).then_some(repair);
                    volume = kind(other, volume, change).ok()?.output();
                }
                What::Expect(annotation) if annotation.volume != volume => return None,
                What::Expect(_) => {}
            }
            if index == at {
                after = Some(volume);
            }
        }
        after
    }
}

/// `CONV3-8 s1` gives [8x8x8].
fn repaired(layer: &Layer, repair: Repair, output: Volume) -> String {
    let rounding = [OptionKind::Floor, OptionKind::Ceil];
    let (without, why): (&[OptionKind], _) = match repair {
        Repair::Stride(_) => (&[OptionKind::Stride], ""),
        Repair::Padding(_) => (&[OptionKind::Padding], ""),
        Repair::Floor => (&rounding, ", without the last, partial window"),
        Repair::Ceil => (&rounding, ", with a last, partial window"),
        _ => (&[], ""),
    };
    let notation = layer.notation_with(without, &repair.to_string());
    format!("`{notation}` gives {output}{why}")
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

/// The geometry of one layer on its input, perhaps with a change to its window.
fn kind(layer: &Layer, input: Volume, change: Option<Repair>) -> Result<LayerKind, GeometryError> {
    let window = |filter| {
        let window = window(layer, filter);
        change.map_or(window, |repair| repair.apply(window))
    };
    let has = |kind| layer.options.iter().any(|option| option.kind() == kind);
    let bias = !has(OptionKind::NoBias);
    match (layer.keyword.meaning, layer.numbers) {
        (Meaning::Convolution, Numbers::WindowAndCount(filter, filters)) => {
            let groups = layer.options.iter().find_map(|option| match option.value {
                OptionValue::Groups(groups) => Some(groups),
                _ => None,
            });
            let spec =
                ConvolutionSpec { input, window: window(filter), filters, groups: groups.unwrap_or(1), bias };
            Ok(LayerKind::Convolution(spec.check()?))
        }
        (Meaning::MaxPool, Numbers::Window(filter)) => {
            Ok(LayerKind::Pooling(PoolingSpec::new(input, window(filter), Pool::Max).check()?))
        }
        (Meaning::AveragePool, Numbers::Window(filter)) => {
            let average = if has(OptionKind::Uncounted) { Average::Uncounted } else { Average::Counted };
            Ok(LayerKind::Pooling(PoolingSpec::new(input, window(filter), Pool::Average(average)).check()?))
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
fn misfit(
    layer: &Layer,
    input: Volume,
    error: GeometryError,
    turn: &str,
    repairs: Vec<String>,
) -> Diagnostic {
    let notation = layer.notation();
    let option_place =
        |kind| layer.options.iter().find(|option| option.kind() == kind).map(|option| option.place);
    let say = |problem: String| Diagnostic::new(layer.place, problem);
    match error {
        GeometryError::DoesNotDivide { axis, window } => {
            let message = format!("`{notation}` does not fit across the {axis} of {input}{turn}: {window}");
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
        other => say(format!("`{notation}` cannot be built over {input}{turn}: {other}")),
    }
}

/// The options that cut both a depth and the filters into groups; each filter sees as many channels as any other.
fn common_groups(depth: usize, layer: &Layer) -> String {
    const SHOWN: usize = 8;
    let filters = if let Numbers::WindowAndCount(_, filters) = layer.numbers { filters } else { depth };
    let common = (1..=depth.min(1000))
        .filter(|&groups| depth.is_multiple_of(groups) && filters.is_multiple_of(groups));
    let options: Vec<_> = common.take(SHOWN).map(|groups| format!("`g{groups}`")).collect();
    let divide = if options.len() == 1 { "divides" } else { "divide" };
    format!("{} {divide} both the depth of {depth} and the number of filters, {filters}", options.join(", "))
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
