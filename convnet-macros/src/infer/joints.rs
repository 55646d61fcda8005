//! Where branches meet, and what to say where they do not.

use convnet_geometry::{ConvolutionSpec, GeometryError, Join, Joint, Rounding, Volume, Window};

use crate::ast::path_text;
use crate::diagnostics::Diagnostic;
use crate::unroll::{Fork, Node, describe};

/// What branches of these volumes become.
pub(super) fn joint(join: Join, volumes: &[Volume]) -> Result<Joint, GeometryError> {
    let (first, others) = volumes.split_first().expect("at least two branches");
    let output = others.iter().try_fold(*first, |volume, branch| join.with(volume, *branch))?;
    output.checked_count()?;
    Ok(Joint { join, output })
}

/// Branches that do not fit: every volume, where it comes from, and what would make them fit.
pub(super) fn mismatch(
    fork: &Fork<'_>,
    input: Option<Volume>,
    volumes: &[Volume],
    error: GeometryError,
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
    Diagnostic::new(fork.place, message).helps(proposals(fork, input, volumes))
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

/// For an `ID` that is unequal to the other branches of a sum: the projection that makes it equal.
fn proposals(fork: &Fork<'_>, input: Option<Volume>, volumes: &[Volume]) -> Vec<String> {
    let is_identity = |branch: &Vec<Node<'_>>| branch.iter().all(|node| matches!(node, Node::Expect(_)));
    let others: Vec<Volume> = std::iter::zip(&fork.branches, volumes)
        .filter(|(branch, _)| !is_identity(branch))
        .map(|(_, volume)| *volume)
        .collect();
    let general = match fork.written.join {
        Join::Sum => "branches of `ADD` agree in width, height and depth: change the last layer of one",
        Join::Stack => "branches of `CAT` agree in width and height: change a stride or a padding of one",
    };
    let identity = fork.branches.iter().any(is_identity);
    let (Some(input), Some(&wanted), true) = (input, others.first(), identity) else {
        return vec![general.to_owned()];
    };
    let agree = others.iter().all(|other| other == &wanted);
    match (fork.written.join, agree) {
        (Join::Sum, true) => match projection(input, wanted) {
            Some(notation) => vec![format!("write `{notation}` for `ID`: it gives {wanted}")],
            None => vec![general.to_owned()],
        },
        _ => vec![general.to_owned()],
    }
}

/// The `CONV1-K nobias` that makes one volume another, tried out.
fn projection(input: Volume, wanted: Volume) -> Option<String> {
    let ratio = |from: usize, to: usize| from.div_ceil(to).max(1);
    let (across, down) = (ratio(input.width, wanted.width), ratio(input.height, wanted.height));
    let stride = match (across, down) {
        (1, 1) => String::new(),
        (a, b) if a == b => format!(" s{a}"),
        (a, b) => format!(" s{a}x{b}"),
    };
    [(Rounding::Exact, ""), (Rounding::Floor, " floor")].into_iter().find_map(|(rounding, word)| {
        let window = Window::square(1).strides(across, down).rounding(rounding);
        let spec = ConvolutionSpec::new(input, window, wanted.depth).without_bias();
        let fits = spec.check().is_ok_and(|convolution| convolution.output() == wanted);
        fits.then(|| format!("CONV1-{}{stride}{word} nobias", wanted.depth))
    })
}
