//! The notes' layer pattern: `INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC`.

use core::fmt;

use crate::activation::{Activation, Function};
use crate::layer::{Layer, LayerKind};

/// A network that follows the notes' pattern, with its N, M and K.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    blocks: &'a [Layer<'a>],
    /// M: how many blocks of convolutions there are.
    pub m: usize,
    /// K: how many hidden fully connected layers there are.
    pub k: usize,
}

/// One `[CONV -> RELU]*N -> POOL?`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Block {
    n: usize,
    pooled: bool,
}

impl<'a> Pattern<'a> {
    pub(crate) fn of(layers: &'a [Layer<'a>]) -> Option<Self> {
        let mut rest = layers;
        let mut m = 0;
        while let Some((_, after)) = split_block(rest) {
            (rest, m) = (after, m + 1);
        }
        let blocks = &layers[..layers.len() - rest.len()];
        let mut k = 0;
        while let [
            Layer { kind: LayerKind::Dense(_), .. },
            Layer { kind: LayerKind::Activation(Activation { function: Function::Relu, .. }), .. },
            after @ ..,
        ] = rest
        {
            (rest, k) = (after, k + 1);
        }
        matches!(rest, [Layer { kind: LayerKind::Dense(_), .. }]).then_some(Self { blocks, m, k })
    }

    fn blocks(&self) -> impl Iterator<Item = Block> {
        let mut rest = self.blocks;
        core::iter::from_fn(move || {
            let (block, after) = split_block(rest)?;
            rest = after;
            Some(block)
        })
    }
}

fn split_block<'a, 'b>(layers: &'a [Layer<'b>]) -> Option<(Block, &'a [Layer<'b>])> {
    let (mut rest, mut n) = (layers, 0);
    while let [
        Layer { kind: LayerKind::Convolution(_), .. },
        Layer { kind: LayerKind::Activation(Activation { function: Function::Relu, .. }), .. },
        after @ ..,
    ] = rest
    {
        (rest, n) = (after, n + 1);
    }
    if n == 0 {
        return None;
    }
    match rest {
        [Layer { kind: LayerKind::Pooling(_), .. }, after @ ..] => Some((Block { n, pooled: true }, after)),
        _ => Some((Block { n, pooled: false }, rest)),
    }
}

impl fmt::Display for Pattern<'_> {
    /// The pattern with its numbers: `INPUT -> [[CONV -> RELU]*N -> POOL]*M -> FC with N = 2, M = 1`.
    ///
    /// Where the blocks differ, N lists them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { m, k, .. } = *self;
        f.write_str("INPUT -> ")?;
        if m > 0 {
            let pool = match (self.blocks().all(|b| b.pooled), self.blocks().any(|b| b.pooled)) {
                (true, _) => " -> POOL",
                (false, true) => " -> POOL?",
                (false, false) => "",
            };
            write!(f, "[[CONV -> RELU]*N{pool}]*M -> ")?;
        }
        f.write_str(if k > 0 { "[FC -> RELU]*K -> FC" } else { "FC" })?;
        if m > 0 {
            f.write_str(" with N = ")?;
            let first = self.blocks().next();
            if self.blocks().all(|block| Some(block.n) == first.map(|first| first.n)) {
                write!(f, "{}", first.map_or(0, |block| block.n))?;
            } else {
                for (i, block) in self.blocks().enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { ", " }, block.n)?;
                }
            }
            write!(f, ", M = {m}")?;
        }
        match (m, k) {
            (_, 0) => Ok(()),
            (0, _) => write!(f, " with K = {k}"),
            _ => write!(f, ", K = {k}"),
        }
    }
}
