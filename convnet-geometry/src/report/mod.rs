//! What can be told of a network: the notes' table, a wider one, a picture, and the same for machines.

mod figures;
#[cfg(feature = "serde")]
mod json;
mod notes;
mod picture;
mod wide;

pub use figures::{Figures, Totals};

use core::fmt;

use crate::architecture::Architecture;

/// The report on a network. Printing it gives the notes' table.
///
/// With the feature `serde` it can be serialized: `serde_json::to_string(&report)` gives everything, by field names in
/// snake case that are stable:
///
/// * `name`, `input` and `output` (`width`, `height`, `depth`), `loss` (`softmax`, or null), `pattern` (text, or null);
/// * `layers`, the rows of the wide table: `name`, `notation`, `kind`, `inputs` (each a `place`, the `layer` that made it,
///   its `volume`), `output`, `window` (or null), `algorithms` (of its `forward` pass, and of the gradients `by_parameters` and
///   `by_input`, or null), all counts, `memory_bytes`, `receptive_field` (null: the whole image),
///   `tensors` and `state_tensors` (each with `name`, `role`, `shape`, `offset`, `count`, `fan_in`);
/// * `totals`: the sums of the counts;
/// * `advice`: each a `rule`, the `layer` (or null) and the `text`;
/// * `memory`: the numbers of one image in training and inference, and for each update rule what a batch of 1 takes.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    architecture: &'a Architecture<'a>,
}

impl<'a> Report<'a> {
    pub(crate) const fn of(architecture: &'a Architecture<'a>) -> Self {
        Self { architecture }
    }

    /// One line on each layer, for its accessor's documentation.
    pub fn lines(&self) -> impl Iterator<Item = impl fmt::Display + use<'a>> + use<'a> {
        notes::lines(self.architecture)
    }

    /// A table with a row for each layer and a column for everything that is counted, and the totals.
    pub fn wide(&self) -> impl fmt::Display + use<'a> {
        let architecture = self.architecture;
        fmt::from_fn(move |f| wide::write(architecture, f))
    }

    /// A picture of the network: a whole SVG document.
    ///
    /// Volumes are boxes, as high as the square root of their longer side and as thick as that of their depth, each in
    /// proportion to the network's largest. Layers that keep a volume's size (activations, normalizations, dropout) are
    /// bands at the end of the box before them. Branches run side by side; blocks that follow their like are drawn once.
    pub fn svg(&self) -> impl fmt::Display + use<'a> {
        let architecture = self.architecture;
        fmt::from_fn(move |f| picture::write(architecture, f))
    }

    /// What is counted of each layer, in their order.
    pub fn figures(&self) -> impl Iterator<Item = Figures<'a>> + use<'a> {
        figures::of(self.architecture)
    }

    /// The sums of those figures.
    pub fn totals(&self) -> Totals {
        Totals::of(self.architecture)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        notes::write(self.architecture, f)
    }
}
