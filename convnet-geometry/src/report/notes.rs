//! The one formatter of a network's table, in the form of the notes' VGG example.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::figures::{self, Figures, Totals};
use crate::advice::Advice;
use crate::architecture::Architecture;
use crate::convolution::Convolution;
use crate::counts::Counts;
use crate::dense::Dense;
use crate::graph::sources;
use crate::join::Join;
use crate::layer::{Layer, LayerKind};
use crate::numbers::{Bytes, Grouped, Rounded};
use crate::receptive_field::ReceptiveField;
use crate::volume::Volume;

/// One line of the table: the input, or a layer.
#[derive(Clone, Copy)]
struct Row<'a> {
    layers: &'a [Layer<'a>],
    index: Option<usize>,
    volume: Volume,
    sees: ReceptiveField,
}

#[derive(Clone, Copy)]
enum Column {
    Notation,
    Volume,
    Memory,
    Weights,
    Biases,
    Sees,
    Macs,
    Name,
}

impl Column {
    const ALL: [Self; 8] = [
        Self::Notation,
        Self::Volume,
        Self::Memory,
        Self::Weights,
        Self::Biases,
        Self::Sees,
        Self::Macs,
        Self::Name,
    ];
}

/// One line on each layer: all columns but its name.
pub(super) fn lines<'a>(
    architecture: &Architecture<'a>,
) -> impl Iterator<Item = impl fmt::Display + use<'a>> + use<'a> {
    rows(architecture).skip(1).map(line)
}

fn line(row: Row<'_>) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let cells = Column::ALL[..Column::ALL.len() - 1].iter().map(|column| row.text(*column));
        for (i, cell) in cells.filter(|cell| !cell.is_empty()).enumerate() {
            write!(f, "{}{cell}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    })
}

/// The table, the totals, the pattern and the advice.
pub(super) fn write(architecture: &Architecture<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{}", architecture.name())?;
    write_table(architecture, f)?;
    let totals = Totals::of(architecture);
    let (numbers, bytes) = (Grouped(architecture.training_numbers() as u64), Bytes(totals.memory));
    writeln!(
        f,
        "total memory: {numbers} numbers * 4 bytes = {bytes} an image (every volume once, in f32, forward; in place counts 0)",
    )?;
    writeln!(f, "total parameters: {}", Grouped(totals.parameters))?;
    writeln!(f, "total MACs: {} an image, forward", Rounded(totals.macs))?;
    if let Some(pattern) = architecture.pattern() {
        writeln!(f, "pattern: {pattern}")?;
    }
    write_advice(architecture, f)
}

fn write_table(architecture: &Architecture<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let rows: Vec<_> = rows(architecture).map(|row| Column::ALL.map(|column| row.text(column))).collect();
    let count = |cell: &String| cell.chars().count();
    let width = |column| rows.iter().map(|row| count(&row[column])).max().unwrap_or(0);
    let widths: [usize; Column::ALL.len()] = core::array::from_fn(width);
    for row in &rows {
        let mut padding = 0;
        for (cell, width) in row.iter().zip(widths) {
            // Blanks are owed, not written, so that no line ends in them.
            let filled = count(cell);
            if filled > 0 {
                write!(f, "{:padding$}{cell}", "")?;
                padding = 0;
            }
            padding += width - filled + if width > 0 { 2 } else { 0 };
        }
        f.write_char('\n')?;
    }
    Ok(())
}

/// Advice that more than so many layers get is written for the first alone.
const REPEATED: usize = 3;

fn write_advice(architecture: &Architecture<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let all: Vec<_> = architecture.advice().collect();
    if !all.is_empty() {
        writeln!(f, "the notes would advise against:")?;
    }
    for (i, advice) in all.iter().enumerate() {
        let alike = |other: &&Advice<'_>| other.rule() == advice.rule();
        let (all, before) = (all.iter().filter(alike).count(), all[..i].iter().filter(alike).count());
        match (all > REPEATED, before) {
            (false, _) => writeln!(f, "  {advice}")?,
            (true, 0) => writeln!(f, "  {advice} (and {} more)", all - 1)?,
            (true, _) => {}
        }
    }
    Ok(())
}

fn rows<'a>(architecture: &Architecture<'a>) -> impl Iterator<Item = Row<'a>> + use<'a> {
    let layers = architecture.layers();
    let input = Row { layers, index: None, volume: architecture.input(), sees: ReceptiveField::PIXEL };
    let of_layer = move |(index, figures): (usize, Figures<'a>)| {
        let (volume, sees) = (figures.layer.kind.output(), figures.sees);
        Row { layers, index: Some(index), volume, sees }
    };
    core::iter::once(input).chain(figures::of(architecture).enumerate().map(of_layer))
}

impl Row<'_> {
    fn layer(&self) -> Option<&Layer<'_>> {
        self.index.map(|index| &self.layers[index])
    }

    fn cell(&self, column: Column, f: &mut dyn fmt::Write) -> fmt::Result {
        let layer = self.layer();
        let kind = layer.map(|layer| &layer.kind);
        match column {
            Column::Notation => write!(f, "{}:", layer.map_or("INPUT", |layer| layer.notation)),
            Column::Volume => write!(f, "{}", self.volume),
            Column::Memory if layer.is_some_and(Layer::is_in_place) => f.write_str("memory: 0, in place"),
            Column::Memory => {
                let Volume { width, height, depth } = self.volume;
                match self.volume.extent() {
                    extent if extent.width * extent.height == 1 => write!(f, "memory: {depth}"),
                    _ => {
                        write!(f, "memory: {width}*{height}*{depth}={}", Rounded(self.volume.count() as u64))
                    }
                }
            }
            Column::Weights => write_weights(kind, f),
            Column::Biases => match kind.map_or(0, LayerKind::biases) {
                0 => Ok(()),
                biases => write!(f, "biases: {}", Grouped(biases as u64)),
            },
            Column::Sees => match layer {
                Some(_) => write!(f, "sees: {}", self.sees),
                None => Ok(()),
            },
            Column::Macs => match kind.map_or(0, LayerKind::macs) {
                0 => Ok(()),
                macs => write!(f, "MACs: {}", Rounded(macs)),
            },
            Column::Name => match self.index {
                Some(index) => write_name(self.layers, index, f),
                None => Ok(()),
            },
        }
    }

    fn text(&self, column: Column) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.cell(column, &mut text);
        text
    }
}

/// The parameters but the biases: those of all rows, and the biases, add up to the total.
fn write_weights(kind: Option<&LayerKind>, f: &mut dyn fmt::Write) -> fmt::Result {
    match kind {
        Some(LayerKind::Convolution(layer)) => write_filters(layer, &layer.filters(), layer.weights(), f),
        Some(LayerKind::Local(layer)) => {
            write_filters(layer.shared(), &Grouped(layer.output().count() as u64), layer.weights(), f)
        }
        Some(LayerKind::Dense(layer)) => write_templates(layer, f),
        Some(kind) => write_others(kind.counts(), f),
        None => f.write_str("weights: 0"),
    }
}

/// `weights: (3*3*64)*128 = 73,728`: the weights of one filter times the filters, K as the notes write it; where filters
/// are not shared there is one for each neuron.
fn write_filters(
    layer: &Convolution,
    filters: &dyn fmt::Display,
    weights: usize,
    f: &mut dyn fmt::Write,
) -> fmt::Result {
    let (filter, depth) = (layer.window().filter, layer.group_depth());
    let (width, height, weights) = (filter.width, filter.height, Grouped(weights as u64));
    write!(f, "weights: ({width}*{height}*{depth})*{filters} = {weights}")
}

/// `weights: 7*7*512*4096 = 102,760,448`: the inputs times the outputs.
fn write_templates(layer: &Dense, f: &mut dyn fmt::Write) -> fmt::Result {
    let Volume { width, height, depth } = layer.input();
    let (outputs, weights) = (layer.outputs(), Grouped(layer.weights() as u64));
    if width * height == 1 {
        write!(f, "weights: {depth}*{outputs} = {weights}")
    } else {
        write!(f, "weights: {width}*{height}*{depth}*{outputs} = {weights}")
    }
}

/// `scales, shifts: 64+64 = 128`, `slopes: 64` or `parameters: 64`.
fn write_others(counts: Counts, f: &mut dyn fmt::Write) -> fmt::Result {
    match counts {
        Counts { scales: scales @ 1.., shifts, .. } => {
            write!(f, "scales, shifts: {scales}+{shifts} = {}", Grouped(scales as u64 + shifts as u64))
        }
        Counts { slopes: slopes @ 1.., .. } => write!(f, "slopes: {}", Grouped(slopes as u64)),
        Counts { own: own @ 1.., .. } => write!(f, "parameters: {}", Grouped(own as u64)),
        _ => f.write_str("weights: 0"),
    }
}

/// The name; a joint's tells what it joins: `cat1 = 64 of b1.relu1 | 128 of b2.relu3`, `plain2.add1 = b1.bn2 + pool1`.
fn write_name(layers: &[Layer<'_>], index: usize, f: &mut dyn fmt::Write) -> fmt::Result {
    let layer = &layers[index];
    f.write_str(layer.name)?;
    let LayerKind::Joint(joint) = layer.kind else {
        return Ok(());
    };
    for (i, source) in sources(layers, index).enumerate() {
        let separator = match (i, joint.join) {
            (0, _) => "=",
            (_, Join::Stack) => "|",
            (_, Join::Sum) => "+",
        };
        write!(f, " {separator} ")?;
        if let (Join::Stack, Some(source)) = (joint.join, source) {
            write!(f, "{} of ", layers[source].kind.output().depth)?;
        }
        f.write_str(source.map_or("INPUT", |source| branch_name(layers[source].name, layer.name)))?;
    }
    Ok(())
}

/// The name of a layer as its joint knows it: without the joint's own path.
fn branch_name<'a>(name: &'a str, joint: &str) -> &'a str {
    name.strip_prefix(joint).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name)
}
