//! Products whose columns, or terms, are adjacent numbers of rows of pixels.

use super::tile::Terms;

/// Rows of B as lines of adjacent numbers, each somewhere: one for each term.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a, T> {
    pub(crate) numbers: &'a [T],
    /// Where the line of the first term begins.
    pub(crate) first: usize,
    pub(crate) terms: Terms,
}

/// What lines are multiples of: every tier's vectors fit into it.
pub(crate) const LINE: usize = 16;

/// An operand of inner products: blocks of lines, which begin somewhere.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a, T> {
    pub(crate) numbers: &'a [T],
    /// The first line of each row, or column.
    pub(crate) firsts: &'a [usize],
    /// From a block to the next, and from a line.
    pub(crate) steps: [usize; 2],
}

impl<T> Operand<'_, T> {
    /// Checks that all numbers are there.
    pub(super) fn check(&self, [blocks, lines, length]: [usize; 3]) {
        if let Some(last) = self.firsts.iter().max() {
            let reach = (blocks - 1) * self.steps[0] + (lines - 1) * self.steps[1] + length;
            assert!(last + reach <= self.numbers.len(), "a line ends beyond its numbers");
        }
    }
}
