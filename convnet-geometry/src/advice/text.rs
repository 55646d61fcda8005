//! What each piece of advice says, in a line: what, and why.

use core::fmt;

use super::Advice;
use super::rules::Stack;
use crate::numbers::Grouped;

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OddInput { input } => write!(
                f,
                "INPUT{input} cannot be halved: sides divisible by 2 many times (32, 64, 96, 224, 384) pool without remainder"
            ),
            Self::HalvedTooOften { input, possible, halvings } => write!(
                f,
                "INPUT{input} can be halved {}, and the layers halve it {}: sides divisible by 2 many times (32, 64, 96, 224, 384) pool without remainder",
                Times(possible),
                Times(halvings)
            ),
            Self::LargeFilter { layer, filter } => write!(
                f,
                "{layer}: a {filter} filter; a stack of 3x3 filters sees as much with fewer parameters and more activations"
            ),
            Self::CouldBeStacked { layer, side, depth, filters } => {
                write_stack(f, layer, Stack { side, depth, filters })
            }
            Self::Shrinks { layer, input, output } => write!(
                f,
                "{layer}: it shrinks {input} to {output}; pad to keep the size and let pooling halve it"
            ),
            Self::LargePool { layer, window } => {
                write!(
                    f,
                    "{layer}: a {window} pooling window throws much away; 2x2 or 3x3 with stride 2 is usual"
                )
            }
            Self::NoActivation { layer, next } => {
                write!(f, "{layer} -> {next}: without an activation between them two linear layers are one")
            }
            Self::Rounded { layer } => {
                write!(f, "{layer}: the windows do not fit exactly; choose sizes so that they do")
            }
            Self::HiddenSigmoid { layer, depth } => write!(
                f,
                "{layer}: SIGMOID saturates, which kills gradients on their way through {depth} layers of weights, and is not centred on zero; RELU, or TANH"
            ),
            Self::ResponseNorm { layer } => {
                write!(
                    f,
                    "{layer}: LRN has fallen out of favour, its contribution was minimal; leave it out, or BN"
                )
            }
            Self::DropoutBesideBatchNorm { layer, norm } => write!(
                f,
                "{layer} beside {norm}: BN regularizes by itself, and DROPOUT shifts the variance that it measures; leave DROPOUT out"
            ),
            Self::DropoutBeforeL2 { layer } => {
                write!(f, "{layer}: avoid DROPOUT before L2, which asks for exact numbers and not only for scores")
            }
            Self::L2Loss => f.write_str(
                "L2: harder to optimise and less robust to outliers than SOFTMAX; where the quantity can be cut into bins, classify",
            ),
        }
    }
}

/// `conv2: one 7x7 filter, (7*7*64)*64 = 200,704 weights; three 3x3, 3*(3*3*64)*64 = 110,592, see as much...`.
fn write_stack(f: &mut fmt::Formatter<'_>, layer: &str, stack: Stack) -> fmt::Result {
    let Stack { side, depth, filters } = stack;
    let layers = stack.layers();
    let one = Grouped((side * side * depth * filters) as u64);
    write!(f, "{layer}: a {side}x{side} filter has ({side}*{side}*{depth})*{filters} = {one} weights; ")?;
    match layers {
        2 => f.write_str("two")?,
        3 => f.write_str("three")?,
        _ => write!(f, "{layers}")?,
    }
    f.write_str(" 3x3 have ")?;
    match layers - 1 {
        rest if depth == filters => write!(f, "{}*(3*3*{depth})*{filters}", rest + 1)?,
        1 => write!(f, "(3*3*{depth})*{filters} + (3*3*{filters})*{filters}")?,
        rest => write!(f, "(3*3*{depth})*{filters} + {rest}*(3*3*{filters})*{filters}")?,
    }
    // Fewer than the layer's own, which were counted.
    let weights = Grouped(u64::try_from(stack.weights()).unwrap_or(u64::MAX));
    write!(f, " = {weights}, see as much and have more activations")
}

/// `once`, `twice`, `3 times`.
struct Times(u32);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("once"),
            2 => f.write_str("twice"),
            times => write!(f, "{times} times"),
        }
    }
}
