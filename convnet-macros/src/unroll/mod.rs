//! The tree to what it comes to: blocks opened, repeats unrolled, parameters replaced by numbers, layers named.

mod count;
mod frames;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use convnet_geometry::Volume;
use proc_macro2::Ident;

use crate::ast::{
    Annotation, Bindings, Block, Branches, Call, Chain, Custom, Element, ElementKind, Layer, Number,
};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::vocabulary::Meaning;

use count::Counter;
use frames::{Around, Frame};

pub(crate) use count::{count, count_element};
pub(crate) use frames::{At, bindings, describe, is_repeated};

/// One step of a network, in order; where branches part, the steps of each.
pub(crate) enum Node<'a> {
    Layer(Box<Step<'a>>),
    Custom(CustomStep<'a>),
    Expect(Expectation<'a>),
    Fork(Fork<'a>),
}

/// A layer, its numbers worked out.
pub(crate) struct Step<'a> {
    /// As it stands in the source.
    pub(crate) written: &'a Layer,
    /// With every number a literal.
    pub(crate) layer: Layer,
    /// `plain2.conv1`.
    pub(crate) name: String,
    pub(crate) at: At<'a>,
}

/// A user's own layer.
pub(crate) struct CustomStep<'a> {
    pub(crate) custom: &'a Custom,
    pub(crate) place: Place,
    pub(crate) output: Volume,
    pub(crate) parameters: usize,
    pub(crate) state: usize,
    pub(crate) name: String,
}

/// A volume that the author expects.
pub(crate) struct Expectation<'a> {
    pub(crate) annotation: &'a Annotation,
    pub(crate) volume: Volume,
    pub(crate) at: At<'a>,
}

/// Branches that part and meet again.
pub(crate) struct Fork<'a> {
    pub(crate) written: &'a Branches,
    pub(crate) place: Place,
    pub(crate) branches: Vec<Vec<Node<'a>>>,
    pub(crate) name: String,
    pub(crate) at: At<'a>,
}

/// The nodes of a network's chain, as far as the first `limit` elements of it. Numbers that come to nothing are reported.
pub(crate) fn nodes<'a>(
    chain: &'a Chain,
    blocks: &'a [Block],
    limit: usize,
    errors: &Diagnostics,
) -> Vec<Node<'a>> {
    let counter = Counter::new(blocks);
    let mut unroller = Unroller { blocks, errors, left: limit, depth: 0, reported: HashSet::new(), counter };
    let scope = Scope { bindings: Rc::new(Bindings::new()), at: None };
    let mut nodes = Vec::new();
    unroller.chain(chain, &scope, &mut Names::default(), &mut nodes);
    nodes
}

/// The numbers of a block's parameters in one use of it.
fn bind(block: &Block, call: &Call, bindings: &Bindings) -> Result<Bindings, Diagnostic> {
    let values = call.arguments.iter().map(|argument| argument.evaluate(bindings));
    let bound = std::iter::zip(&block.parameters, values);
    bound.map(|(parameter, value)| Ok((parameter.to_string(), value?))).collect()
}

/// The block that is used.
pub(crate) fn block<'a>(call: &Call, blocks: &'a [Block]) -> Option<&'a Block> {
    blocks.iter().find(|block| block.name == call.name)
}

/// Whether an element makes a layer.
fn is_layer(layer: &Layer) -> bool {
    let meaning = layer.keyword.meaning;
    meaning != Meaning::Input && meaning != Meaning::Identity && meaning.loss().is_none()
}

/// How deep blocks may use each other.
pub(crate) const DEPTH_LIMIT: usize = 64;

/// What a chain is unrolled in: the numbers of parameters, and what stands around.
struct Scope<'a> {
    bindings: Rc<Bindings>,
    at: At<'a>,
}

impl<'a> Scope<'a> {
    fn inside(&self, around: Around<'a>) -> Rc<Frame<'a>> {
        Rc::new(Frame { around, outer: self.at.clone() })
    }
}

/// Names within one network, block or branch: kind and ordinal, in source order.
#[derive(Default)]
struct Names {
    prefix: String,
    ordinals: HashMap<String, usize>,
}

impl Names {
    fn inside(path: &str) -> Self {
        Self { prefix: format!("{path}."), ordinals: HashMap::new() }
    }

    /// The name that is fixed, or the next of this kind.
    fn next(&mut self, stem: &str, fixed: Option<&Ident>) -> String {
        if let Some(fixed) = fixed {
            return format!("{}{fixed}", self.prefix);
        }
        let ordinal = self.ordinals.entry(stem.to_owned()).or_insert(0);
        *ordinal += 1;
        format!("{}{stem}{ordinal}", self.prefix)
    }
}

struct Unroller<'a, 'e> {
    blocks: &'a [Block],
    errors: &'e Diagnostics,
    /// How many elements are still looked at.
    left: usize,
    /// How many uses of blocks stand around.
    depth: usize,
    /// Tokens already complained of.
    reported: HashSet<*const ()>,
    counter: Counter<'a>,
}

impl<'a> Unroller<'a, '_> {
    fn chain(&mut self, chain: &'a Chain, scope: &Scope<'a>, names: &mut Names, nodes: &mut Vec<Node<'a>>) {
        for (behind, element) in (0..chain.elements.len()).rev().zip(&chain.elements) {
            let Some(left) = self.left.checked_sub(1) else { return };
            // However much an element makes, what stands behind it is looked at too.
            let kept = behind.min(left);
            self.left = left - kept;
            match &element.kind {
                ElementKind::Layer(layer) if is_layer(layer) => {
                    nodes.push(self.layer(layer, element, scope, names));
                }
                ElementKind::Layer(_) => {}
                ElementKind::Custom(custom) => nodes.push(self.custom(custom, element, scope, names)),
                ElementKind::Group { chain, repeat } => {
                    self.group(chain, repeat.as_ref(), scope, names, nodes);
                }
                ElementKind::Call(call) => self.call(call, element, scope, names, nodes),
                ElementKind::Branches(branches) => nodes.push(self.fork(branches, element, scope, names)),
            }
            // A user's own layer was given its volume by it.
            if let (Some(annotation), false) =
                (&element.annotation, matches!(element.kind, ElementKind::Custom(_)))
            {
                let volume = self.volume(&annotation.volume, scope);
                let at = scope.at.clone();
                nodes.extend(volume.map(|volume| Node::Expect(Expectation { annotation, volume, at })));
            }
            self.left += kept;
        }
    }

    fn layer(
        &mut self,
        written: &'a Layer,
        element: &'a Element,
        scope: &Scope<'a>,
        names: &mut Names,
    ) -> Node<'a> {
        let name = names.next(&written.keyword.name.to_lowercase(), element.name.as_ref());
        let layer = written.resolve(&scope.bindings);
        let layer = self.resolved(layer, std::ptr::from_ref(written).cast(), scope);
        // A stub needs the name all the same.
        let layer = layer.unwrap_or_else(|| Layer::bare(written.keyword, &written.word));
        Node::Layer(Box::new(Step { written, layer, name, at: scope.at.clone() }))
    }

    fn custom(
        &mut self,
        custom: &'a Custom,
        element: &'a Element,
        scope: &Scope<'a>,
        names: &mut Names,
    ) -> Node<'a> {
        let name = names.next(&custom.stem(), element.name.as_ref());
        // Without a volume it is refused elsewhere; a stub needs the name all the same.
        let annotation = element.annotation.as_ref();
        let output = annotation.and_then(|annotation| self.volume(&annotation.volume, scope));
        let [parameters, state] =
            [&custom.parameters, &custom.state].map(|number| self.number(number, scope).unwrap_or_default());
        let output = output.unwrap_or(Volume::new(1, 1, 1));
        Node::Custom(CustomStep { custom, place: element.place, output, parameters, state, name })
    }

    fn group(
        &mut self,
        chain: &'a Chain,
        repeat: Option<&'a Number>,
        scope: &Scope<'a>,
        names: &mut Names,
        nodes: &mut Vec<Node<'a>>,
    ) {
        let Some(repeat) = repeat else { return self.chain(chain, scope, names, nodes) };
        let Some(of) = self.number(repeat, scope) else { return };
        // However often nothing is repeated, it is nothing; but what is expected of it is expected once.
        let is_nothing = self.counter.chain(chain, &scope.bindings) == 0;
        for turn in 1..=if is_nothing { of.min(1) } else { of } {
            if self.left == 0 {
                return;
            }
            let at = Some(scope.inside(Around::Repetition { turn, of }));
            let inner = Scope { bindings: Rc::clone(&scope.bindings), at };
            self.chain(chain, &inner, names, nodes);
        }
    }

    fn call(
        &mut self,
        call: &'a Call,
        element: &'a Element,
        scope: &Scope<'a>,
        names: &mut Names,
        nodes: &mut Vec<Node<'a>>,
    ) {
        let name = names.next(&call.name.to_string(), element.name.as_ref());
        let Some(block) = block(call, self.blocks) else { return };
        let bindings = bind(block, call, &scope.bindings);
        let Some(bindings) = self.resolved(bindings, std::ptr::from_ref(call).cast(), scope) else { return };
        // However often nothing is used, it is nothing.
        if self.counter.element(element, &scope.bindings) == 0 {
            return;
        }
        let at = Some(scope.inside(Around::Block { call, bindings: bindings.clone() }));
        let inner = Scope { bindings: Rc::new(bindings), at };
        // What uses itself was refused; a stub is made of it all the same.
        if self.depth < DEPTH_LIMIT {
            self.depth += 1;
            self.chain(&block.chain, &inner, &mut Names::inside(&name), nodes);
            self.depth -= 1;
        }
    }

    fn fork(
        &mut self,
        written: &'a Branches,
        element: &'a Element,
        scope: &Scope<'a>,
        names: &mut Names,
    ) -> Node<'a> {
        let name = names.next(&written.keyword.name.to_lowercase(), element.name.as_ref());
        let branches = (1..).zip(&written.chains).map(|(ordinal, chain)| {
            let (mut names, mut nodes) = (Names::inside(&format!("{name}.b{ordinal}")), Vec::new());
            self.chain(chain, scope, &mut names, &mut nodes);
            nodes
        });
        let branches = branches.collect();
        Node::Fork(Fork { written, place: element.place, branches, name, at: scope.at.clone() })
    }

    fn number(&mut self, number: &'a Number, scope: &Scope<'a>) -> Option<usize> {
        self.resolved(number.evaluate(&scope.bindings), std::ptr::from_ref(number).cast(), scope)
    }

    fn volume(&mut self, [width, height, depth]: &'a [Number; 3], scope: &Scope<'a>) -> Option<Volume> {
        let sides = [width, height, depth].map(|side| self.number(side, scope));
        Some(Volume::new(sides[0]?, sides[1]?, sides[2]?))
    }

    /// Reports numbers that come to nothing, once for each place in the source.
    fn resolved<T>(&mut self, result: Result<T, Diagnostic>, of: *const (), scope: &Scope<'a>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if self.reported.insert(of) {
                    self.errors.push(error.and(&describe(&scope.at)));
                }
                None
            }
        }
    }
}
