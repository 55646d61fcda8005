//! The one formatter of a network's table, in the form of the notes' VGG example.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use crate::architecture::Architecture;
use crate::layer::{Layer, LayerKind};
use crate::numbers::{Bytes, Grouped, Rounded};
use crate::receptive_field::ReceptiveField;
use crate::volume::Volume;

/// The table of a network; printing it formats it, without allocating.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    architecture: &'a Architecture<'a>,
}

/// One line of the table: the input, or a layer.
#[derive(Clone, Copy)]
struct Row<'a> {
    layer: Option<&'a Layer<'a>>,
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

impl<'a> Report<'a> {
    pub(crate) const fn of(architecture: &'a Architecture<'a>) -> Self {
        Self { architecture }
    }

    /// One line on one layer, for its accessor's documentation.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn layer(&self, index: usize) -> impl fmt::Display + use<'a> {
        let row = self.rows().nth(index + 1).expect("a layer's index");
        fmt::from_fn(move |f| {
            for column in &Column::ALL[..Column::ALL.len() - 1] {
                let separator = if matches!(column, Column::Notation) { "" } else { " " };
                f.write_str(separator)?;
                row.cell(*column, f)?;
            }
            Ok(())
        })
    }

    fn rows(self) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let architecture = self.architecture;
        let input = Row { layer: None, volume: architecture.input(), sees: ReceptiveField::PIXEL };
        let layers = architecture.layers().iter().zip(receptive_fields(architecture));
        let layers =
            layers.map(|(layer, sees)| Row { layer: Some(layer), volume: layer.kind.output(), sees });
        core::iter::once(input).chain(layers)
    }

    fn width(self, column: Column) -> usize {
        self.rows().map(|row| row.width(column)).max().unwrap_or(0)
    }
}

/// What the neurons of each layer see.
fn receptive_fields(architecture: &Architecture<'_>) -> Vec<ReceptiveField> {
    let mut places = vec![ReceptiveField::PIXEL; architecture.places().len()];
    let through = |layer: &Layer<'_>| {
        let inputs = layer.inputs.iter().map(|&input| places[input]);
        let sees = inputs.reduce(ReceptiveField::with).unwrap_or(ReceptiveField::PIXEL).through(&layer.kind);
        places[layer.output] = sees;
        sees
    };
    architecture.layers().iter().map(through).collect()
}

impl Row<'_> {
    fn cell(&self, column: Column, f: &mut dyn fmt::Write) -> fmt::Result {
        let kind = self.layer.map(|layer| &layer.kind);
        match column {
            Column::Notation => write!(f, "{}:", self.layer.map_or("INPUT", |layer| layer.notation)),
            Column::Volume => write!(f, "{}", self.volume),
            Column::Memory if self.layer.is_some_and(Layer::is_in_place) => {
                f.write_str("memory: 0, in place")
            }
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
            Column::Sees => match self.layer {
                Some(_) => write!(f, "sees: {}", self.sees),
                None => Ok(()),
            },
            Column::Macs => match kind.map_or(0, LayerKind::macs) {
                0 => Ok(()),
                macs => write!(f, "MACs: {}", Rounded(macs)),
            },
            Column::Name => f.write_str(self.layer.map_or("", |layer| layer.name)),
        }
    }

    fn width(&self, column: Column) -> usize {
        let mut counter = Counter(0);
        // Counting cannot fail.
        let _ = self.cell(column, &mut counter);
        counter.0
    }
}

fn write_weights(kind: Option<&LayerKind>, f: &mut dyn fmt::Write) -> fmt::Result {
    match kind {
        Some(LayerKind::Convolution(layer)) => {
            let (filter, depth, filters) = (layer.window().filter, layer.group_depth(), layer.filters());
            let weights = Grouped(layer.weights() as u64);
            write!(f, "weights: ({}*{}*{depth})*{filters} = {weights}", filter.width, filter.height)
        }
        Some(LayerKind::Dense(layer)) => {
            let Volume { width, height, depth } = layer.input();
            let (outputs, weights) = (layer.outputs(), Grouped(layer.weights() as u64));
            if width * height == 1 {
                write!(f, "weights: {depth}*{outputs} = {weights}")
            } else {
                write!(f, "weights: {width}*{height}*{depth}*{outputs} = {weights}")
            }
        }
        _ => f.write_str("weights: 0"),
    }
}

/// Counts characters instead of writing them: the first of the two passes over a column.
struct Counter(usize);

impl fmt::Write for Counter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.chars().count();
        Ok(())
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let architecture = self.architecture;
        writeln!(f, "{}", architecture.name())?;
        let widths = Column::ALL.map(|column| self.width(column));
        for row in self.rows() {
            let mut padding = 0;
            for (column, width) in Column::ALL.into_iter().zip(widths) {
                // Blanks are owed, not written, so that no line ends in them.
                let filled = row.width(column);
                if filled > 0 {
                    write!(f, "{:padding$}", "")?;
                    row.cell(column, f)?;
                    padding = 0;
                }
                padding += width - filled + if width > 0 { 2 } else { 0 };
            }
            f.write_char('\n')?;
        }
        let numbers = architecture.training_numbers() as u64;
        writeln!(
            f,
            "total memory: {} numbers * 4 bytes = {} an image (every volume once, in f32, forward; in place counts 0)",
            Grouped(numbers),
            Bytes(numbers.saturating_mul(4))
        )?;
        writeln!(f, "total parameters: {}", Grouped(architecture.parameters() as u64))?;
        writeln!(f, "total MACs: {} an image, forward", Rounded(architecture.macs()))?;
        if let Some(pattern) = architecture.pattern() {
            writeln!(f, "pattern: {pattern}")?;
        }
        for (i, advice) in architecture.advice().enumerate() {
            if i == 0 {
                writeln!(f, "the notes would advise against:")?;
            }
            writeln!(f, "  {advice}")?;
        }
        Ok(())
    }
}
