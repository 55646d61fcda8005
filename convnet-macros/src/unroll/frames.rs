//! Where a node stands: in which turn of a repeat, in which use of a block.

use std::fmt::Write as _;
use std::rc::Rc;

use crate::ast::{Bindings, Call};

/// Where a node stands: the repeats and blocks around it, from the innermost out.
pub(crate) type At<'a> = Option<Rc<Frame<'a>>>;

pub(crate) struct Frame<'a> {
    pub(super) around: Around<'a>,
    pub(super) outer: At<'a>,
}

pub(super) enum Around<'a> {
    Repetition { turn: usize, of: usize },
    Block { call: &'a Call, bindings: Bindings },
}

/// The numbers of the parameters that stand for something here: those of the innermost block.
pub(crate) fn bindings(at: &At<'_>) -> Bindings {
    let mut frame = at.as_deref();
    while let Some(Frame { around, outer }) = frame {
        if let Around::Block { bindings, .. } = around {
            return bindings.clone();
        }
        frame = outer.as_deref();
    }
    Bindings::new()
}

/// `, in repetition 2 of 3`, and where the blocks around are used.
pub(crate) fn describe(at: &At<'_>) -> String {
    let (mut text, mut turns, mut frame) = (String::new(), Vec::new(), at.as_deref());
    let say_turns = |turns: &mut Vec<String>, text: &mut String| {
        if !turns.is_empty() {
            turns.reverse();
            // Writing to a string cannot fail.
            let _ = write!(text, ", in repetition {}", turns.join(", "));
            turns.clear();
        }
    };
    while let Some(Frame { around, outer }) = frame {
        match around {
            Around::Repetition { turn, of } => turns.push(format!("{turn} of {of}")),
            Around::Block { call, bindings } => {
                say_turns(&mut turns, &mut text);
                let values: Vec<_> = bindings.iter().map(|(_, value)| value.to_string()).collect();
                let values =
                    if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
                let _ = write!(text, ", in `{}{values}` used in line {}", call.name, call.place.line());
            }
        }
        frame = outer.as_deref();
    }
    say_turns(&mut turns, &mut text);
    text
}

/// Whether a node stands in a repetition that is not the first.
pub(crate) fn is_repeated(at: &At<'_>) -> bool {
    let mut frame = at.as_deref();
    while let Some(Frame { around, outer }) = frame {
        if matches!(around, Around::Repetition { turn, .. } if *turn > 1) {
            return true;
        }
        frame = outer.as_deref();
    }
    false
}
