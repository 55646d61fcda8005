//! The wide table: a row for each layer, a column for everything that is counted.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::figures::{self, Figures, SCALAR, Totals};
use crate::algorithm::{Pass, SMALL_BATCH};
use crate::architecture::{Architecture, Place};
use crate::join::Join;
use crate::layer::{Layer, LayerKind};
use crate::numbers::Grouped;
use crate::rule::Rounding;
use crate::volume::{Extent, Volume};
use crate::window::Window;

/// The heads of the columns. The first so many are text, the others numbers.
const HEADS: [&str; 15] = [
    "layer",
    "notation",
    "input",
    "output",
    "window",
    "computed by",
    "neurons",
    "connections",
    "weights",
    "biases",
    "other",
    "unshared",
    "bytes",
    "sees",
    "MACs",
];
const TEXTS: usize = 6;

type Row = [String; HEADS.len()];

/// What the heads leave open.
const LEGEND: &str = "\
computed by: in batches of 32 images and more, forward; for gradients by parameters (dw) or by the input (dx) where it differs
neurons: numbers that weights make, the input's not counted; connections: numbers that outputs see, with biases
other: scales, shifts, slopes, parameters of one's own layers; unshared: the parameters if each neuron had a filter of its own
bytes: the output of one image in f32, 0 in place; sees: pixels of the image; MACs: multiply-accumulates forward, of one image
";

pub(super) fn write(architecture: &Architecture<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let layers = figures::of(architecture).map(|figures| of_layer(&figures, architecture.places()));
    let mut rows: Vec<Row> = Vec::with_capacity(architecture.layers().len() + 3);
    rows.push(HEADS.map(ToString::to_string));
    rows.push(of_input(architecture.input()));
    rows.extend(layers);
    rows.push(of_totals(&Totals::of(architecture)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; HEADS.len()] = core::array::from_fn(width);
    writeln!(f, "{}", architecture.name())?;
    for row in &rows {
        writeln!(f, "{}", line(row, &widths).trim_end())?;
    }
    f.write_str(LEGEND)
}

/// Text flush left, numbers flush right.
fn line(row: &Row, widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, &width))| match column {
        0..TEXTS => format!("{cell:<width$}"),
        _ => format!("{cell:>width$}"),
    });
    cells.collect::<Vec<_>>().join("  ")
}

fn of_input(input: Volume) -> Row {
    let mut row = Row::default();
    row[0] = "INPUT".to_string();
    row[3] = input.to_string();
    row[12] = Grouped(SCALAR.saturating_mul(input.count() as u64)).to_string();
    row
}

fn of_layer(figures: &Figures<'_>, places: &[Place]) -> Row {
    let Figures { layer, neurons, connections, unshared, memory, sees } = *figures;
    let counts = layer.kind.counts();
    [
        layer.name.to_string(),
        layer.notation.to_string(),
        inputs(layer, places),
        layer.kind.output().to_string(),
        window(&layer.kind),
        algorithms(figures),
        count(neurons),
        count(connections),
        count(counts.weights as u64),
        count(counts.biases as u64),
        count(figures.others()),
        count(unshared),
        Grouped(memory).to_string(),
        sees.to_string(),
        count(counts.macs),
    ]
}

fn of_totals(totals: &Totals) -> Row {
    let Totals { neurons, connections, weights, biases, others, parameters, unshared, memory, macs } =
        *totals;
    let total = |number| Grouped(number).to_string();
    [
        "total".to_string(),
        format!("{} parameters", Grouped(parameters)),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        total(neurons),
        total(connections),
        total(weights),
        total(biases),
        total(others),
        total(unshared),
        total(memory),
        String::new(),
        total(macs),
    ]
}

/// A number, nothing for 0: it is not a layer of that kind.
fn count(number: u64) -> String {
    if number == 0 { String::new() } else { Grouped(number).to_string() }
}

/// `[28x28x192]`; of branches that are stacked `[28x28x(64+128+32+32)]`, of those that are summed `2*[56x56x256]`.
fn inputs(layer: &Layer<'_>, places: &[Place]) -> String {
    let first = places[layer.inputs[0]].volume;
    let LayerKind::Joint(joint) = layer.kind else {
        return first.to_string();
    };
    match joint.join {
        Join::Sum => format!("{}*{first}", layer.inputs.len()),
        Join::Stack => {
            let depths = layer.inputs.iter().map(|&place| places[place].volume.depth.to_string());
            let depths = depths.collect::<Vec<_>>().join("+");
            format!("[{}x({depths})]", first.extent())
        }
    }
}

/// `direct`, or `direct, dx: planes` where a gradient is computed in another way.
fn algorithms(figures: &Figures<'_>) -> String {
    let of = |pass| figures.algorithm(SMALL_BATCH, pass);
    let Some(forward) = of(Pass::Forward) else { return String::new() };
    let others =
        [(Pass::ByParameters, "dw"), (Pass::ByInput, "dx")].into_iter().filter_map(|(pass, name)| {
            let other = of(pass).filter(|&other| other != forward)?;
            Some(format!("{name}: {other}"))
        });
    core::iter::once(forward.to_string()).chain(others).collect::<Vec<_>>().join(", ")
}

/// `11x11 s4 p0`, then what is not ordinary: `d2`, `g2`, `floor`.
fn window(kind: &LayerKind) -> String {
    let Some(Window { filter, stride, dilation, padding, rounding }) = kind.window() else {
        return String::new();
    };
    let groups = match kind {
        LayerKind::Convolution(layer) => layer.groups(),
        LayerKind::Local(layer) => layer.shared().groups(),
        _ => 1,
    };
    let rounding = match rounding {
        Rounding::Exact => None,
        Rounding::Floor => Some("floor".to_string()),
        Rounding::Ceil => Some("ceil".to_string()),
    };
    let ordinary = [Some(format!("{filter} s{} {padding}", Sides(stride)))];
    let dilation = (dilation != Extent::square(1)).then(|| format!("d{}", Sides(dilation)));
    let groups = (groups > 1).then(|| format!("g{groups}"));
    let parts = ordinary.into_iter().chain([dilation, groups, rounding]);
    parts.flatten().collect::<Vec<_>>().join(" ")
}

/// `2`, or `2x1` where the sides differ.
struct Sides(Extent);

impl fmt::Display for Sides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(extent) = self;
        if extent.is_square() { write!(f, "{}", extent.width) } else { write!(f, "{extent}") }
    }
}
