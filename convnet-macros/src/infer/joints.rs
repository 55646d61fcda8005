//! Where branches meet, and what to say where they do not.

use std::fmt;

use convnet_geometry::{ConvolutionSpec, Extent, GeometryError, Join, Joint, Rounding, Volume, Window};

use super::trial::{Change, Whole};
use crate::ast::{Bindings, Number, Numbers, OptionValue, Sides, path_text};
use crate::diagnostics::Diagnostic;
use crate::unroll::{Fork, Node, Step, describe};

/// What branches of these volumes become.
pub(super) fn joint(join: Join, volumes: &[Volume]) -> Result<Joint, GeometryError> {
    let (first, others) = volumes.split_first().expect("at least two branches");
    let output = others.iter().try_fold(*first, |volume, branch| join.with(volume, *branch))?;
    output.checked_count()?;
    Ok(Joint { join, output })
}

/// Branches that do not fit: every volume, where it comes from, and what would make them fit. They are, or stand in, the
/// node of this index of the network.
pub(super) fn mismatch(
    fork: &Fork<'_>,
    input: Option<Volume>,
    volumes: &[Volume],
    error: GeometryError,
    (whole, index): (Whole<'_, '_>, usize),
) -> Diagnostic {
    let keyword = fork.written.keyword.name;
    let around = describe(&fork.at);
    if !matches!(error, GeometryError::Branches { .. }) {
        return Diagnostic::new(fork.place, format!("`{keyword}` cannot be built{around}: {error}"));
    }
    let differ = match fork.written.join {
        Join::Sum => "its branches differ",
        Join::Stack => "its branches differ in width or height",
    };
    let branches = (1..).zip(std::iter::zip(&fork.branches, volumes));
    let each: Vec<_> = branches
        .map(|(ordinal, (branch, volume))| format!("branch {ordinal} gives {volume} ({})", origin(branch)))
        .collect();
    let message = format!("`{keyword}` cannot join: {differ}{around}: {}", each.join(", "));
    let projections = input.and_then(|input| projections(fork, input, volumes));
    let fitting = projections.and_then(|(projections, wanted)| {
        let fits = |projection: &Projection| {
            Change::Projection(fork.written, projection).fits(whole, index).is_some()
        };
        Some((projections.into_iter().find(fits)?, wanted))
    });
    let help = match fitting {
        Some((projection, wanted)) => format!("write `{projection}` for `ID`: it gives {wanted}"),
        None => odd_one_out(fork.written.join, volumes),
    };
    Diagnostic::new(fork.place, message).help(help)
}

/// Where the volume of a branch comes from: its last layer.
fn origin(branch: &[Node<'_>]) -> String {
    let last = branch.iter().rev().find(|node| !matches!(node, Node::Expect(_)));
    match last {
        None => "`ID`, what it is given".to_owned(),
        Some(Node::Layer(step)) => {
            format!("`{}` in line {}", step.layer.notation(), step.layer.place.line())
        }
        Some(Node::Custom(step)) => {
            format!("`({})` in line {}", path_text(&step.custom.path), step.place.line())
        }
        Some(Node::Fork(fork)) => format!("`{}` in line {}", fork.written.keyword.name, fork.place.line()),
        Some(Node::Expect(_)) => unreachable!("expectations were passed by"),
    }
}

/// Which branch to change: the one that all others differ from.
fn odd_one_out(join: Join, volumes: &[Volume]) -> String {
    let meet = |a: &Volume, b: &Volume| match join {
        Join::Sum => a == b,
        Join::Stack => (a.width, a.height) == (b.width, b.height),
    };
    let alone: Vec<_> = (1..)
        .zip(volumes)
        .filter(|(_, volume)| volumes.iter().filter(|other| meet(other, volume)).count() == 1)
        .collect();
    let other = |odd: &Volume| volumes.iter().find(|other| !meet(other, odd)).copied();
    match (join, &alone[..]) {
        (Join::Sum, [(ordinal, odd)])
            if volumes.len() > 2
                && let Some(other) = other(odd) =>
        {
            format!("change branch {ordinal}, so that it gives {other}, as the others do")
        }
        (Join::Stack, [(ordinal, odd)])
            if volumes.len() > 2
                && let Some(other) = other(odd) =>
        {
            let (width, height) = (other.width, other.height);
            format!(
                "change branch {ordinal}, so that it is {width} wide and {height} high, as the others are"
            )
        }
        (Join::Sum, _) => {
            "branches of `ADD` agree in width, height and depth: change the layers of one".to_owned()
        }
        (Join::Stack, _) => {
            "branches of `CAT` agree in width and height: change a stride or a padding of one".to_owned()
        }
    }
}

/// Whether a branch does nothing.
pub(super) fn is_identity(branch: &[Node<'_>]) -> bool {
    branch.iter().all(|node| matches!(node, Node::Expect(_)))
}

/// `CONV1-k s2 floor nobias`, written for an `ID`: it makes one volume another.
pub(super) struct Projection {
    filters: Number,
    stride: Option<Sides>,
    rounding: Rounding,
}

impl Projection {
    /// What it gives where the parameters of its block are these numbers.
    pub(super) fn output(&self, input: Volume, bindings: &Bindings) -> Option<Volume> {
        let filters = self.filters.evaluate(bindings).ok()?;
        let stride = self.stride.as_ref().map(|stride| stride.resolve(bindings)).transpose().ok()?;
        let stride = stride.map_or(Extent { width: 1, height: 1 }, |stride| stride.extent());
        let window = Window::square(1).strides(stride.width, stride.height).rounding(self.rounding);
        let convolution = ConvolutionSpec::new(input, window, filters).without_bias().check().ok()?;
        Some(convolution.output())
    }
}

impl fmt::Display for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CONV1-{}", self.filters.behind_dash())?;
        self.stride.as_ref().map_or(Ok(()), |stride| write!(f, " s{stride}"))?;
        f.write_str(if self.rounding == Rounding::Floor { " floor nobias" } else { " nobias" })
    }
}

/// For an `ID` that is unequal to the other branches of a sum: projections that may make it equal to them, and what they
/// give. Their numbers are written as in another branch where they can be, so that they fit every use of a block.
fn projections(fork: &Fork<'_>, input: Volume, volumes: &[Volume]) -> Option<(Vec<Projection>, Volume)> {
    let branches = std::iter::zip(&fork.branches, volumes);
    let (identities, others): (Vec<_>, Vec<_>) = branches.partition(|(branch, _)| is_identity(branch));
    let (branch, &wanted) = *others.first()?;
    let agree = others.iter().all(|(_, other)| **other == wanted);
    if fork.written.join != Join::Sum || identities.is_empty() || !agree {
        return None;
    }
    let literal = |value| Number::literal(value, fork.place);
    let steps = || {
        branch.iter().rev().filter_map(|node| if let Node::Layer(step) = node { Some(step) } else { None })
    };
    let written = steps().find_map(|step| written_filters(step, wanted.depth));
    let filters = written.cloned().unwrap_or(literal(wanted.depth));
    let ratio = |from: usize, to: usize| from.div_ceil(to).max(1);
    let (width, height) = (ratio(input.width, wanted.width), ratio(input.height, wanted.height));
    let plain = Sides { width: literal(width), height: (width != height).then(|| literal(height)) };
    let plain = ((width, height) != (1, 1)).then_some(plain);
    let written = steps().find_map(|step| written_stride(step, Extent { width, height })).cloned();
    let strides = [Some(plain), written.map(Some)].into_iter().flatten();
    let with = |stride: Option<Sides>| {
        let roundings = [Rounding::Exact, Rounding::Floor];
        roundings.map(|rounding| Projection { filters: filters.clone(), stride: stride.clone(), rounding })
    };
    Some((strides.flat_map(with).collect(), wanted))
}

/// The number of a layer's filters as it is written, if it comes to this depth.
fn written_filters<'a>(step: &Step<'a>, depth: usize) -> Option<&'a Number> {
    match (&step.layer.numbers, &step.written.numbers) {
        (Numbers::WindowAndCount(_, count), Numbers::WindowAndCount(_, written)) if count.get() == depth => {
            Some(written)
        }
        _ => None,
    }
}

/// The stride of a layer as it is written, if it comes to this one.
fn written_stride<'a>(step: &Step<'a>, wanted: Extent) -> Option<&'a Sides> {
    fn stride(option: &OptionValue) -> Option<&Sides> {
        if let OptionValue::Stride(stride) = option { Some(stride) } else { None }
    }
    step.layer.option(stride).filter(|stride| stride.extent() == wanted)?;
    step.written.option(stride)
}
