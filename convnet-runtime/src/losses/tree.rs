//! Trees of classes, for the hierarchical softmax: checked while the user's crate is compiled.

use std::ops::Range;

/// Deeper nesting is taken for a node that contains itself.
const DEPTH: usize = 64;

/// How many classes are looked for in one walk through the tree: so many that one walk is enough in practice, and the
/// compiler's work grows with the classes and not with their square.
const BLOCK: usize = WORDS * WORD;

/// Words of a block, of a bit for each class.
const WORDS: usize = 1 << 11;

/// Bits of a word.
const WORD: usize = u64::BITS as usize;

/// A child of a node in a [`Tree`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Node {
    /// A class: the labels' number of it.
    Class(usize),
    /// A node with children of its own, at least 2.
    Inner(&'static [Node]),
}

/// A tree whose leaves are the classes of a [`HierarchicalSoftmax`](super::HierarchicalSoftmax).
///
/// ```
/// use convnet_runtime::losses::{Node::{Class, Inner}, Tree};
///
/// /// Cat and dog, then car, lorry and ship.
/// pub static THINGS: Tree = Tree::new(&[
///     Inner(&[Class(0), Class(1)]),
///     Inner(&[Inner(&[Class(2), Class(3)]), Class(4)]),
/// ]);
/// assert_eq!((THINGS.classes(), THINGS.scores()), (5, 8));
/// ```
///
/// A tree that is none does not compile, here because class 1 is missing:
///
/// ```compile_fail,E0080
/// # use convnet_runtime::losses::{Node::Class, Tree};
/// static MISTAKEN: Tree = Tree::new(&[Class(0), Class(2)]);
/// # let _ = MISTAKEN;
/// ```
///
/// The network gives a score for each child of each node. The scores of one node's children stand side by side; nodes
/// follow one another as they are written, each before those inside it: here the two scores of the root, then cat and
/// dog, then car-or-lorry and ship, then car and lorry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tree {
    root: &'static [Node],
    classes: usize,
    scores: usize,
}

impl Tree {
    /// The tree with these children of its root.
    ///
    /// # Panics
    /// At compile time where it is made for a `const` or `static`: if a node has fewer than 2 children or contains
    /// itself, or if the K leaves are not the classes 0 to K - 1, each once.
    ///
    /// The check takes time in proportion to the classes. Beyond some 300,000 of them the compiler asks whether it is to go
    /// on: `#[allow(long_running_const_eval)]` at the tree answers.
    pub const fn new(root: &'static [Node]) -> Self {
        let mut counted = Counts { nodes: 0, classes: 0, scores: 0 };
        counted.add(root, 0);
        let mut first = 0;
        while first < counted.classes {
            check_classes(root, first, counted.classes);
            first += BLOCK;
        }
        Self { root, classes: counted.classes, scores: counted.scores }
    }

    /// The children of the root.
    pub const fn root(&self) -> &'static [Node] {
        self.root
    }

    /// How many classes there are.
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// How many scores the network must give: the children of all nodes.
    pub const fn scores(&self) -> usize {
        self.scores
    }

    /// Tells of every node on the way to a class, from the class up: the scores of its children, and which child leads
    /// on.
    pub(super) fn path(&self, class: usize, mut f: impl FnMut(Range<usize>, usize)) {
        path(self.root, class, &mut 0, &mut f);
    }
}

fn path<F: FnMut(Range<usize>, usize)>(children: &[Node], class: usize, next: &mut usize, f: &mut F) -> bool {
    let scores = *next..*next + children.len();
    *next = scores.end;
    let leads = |child: &Node| match child {
        Node::Class(leaf) => *leaf == class,
        Node::Inner(children) => path(children, class, next, f),
    };
    let Some(child) = children.iter().position(leads) else { return false };
    f(scores, child);
    true
}

/// What a tree holds.
struct Counts {
    nodes: usize,
    classes: usize,
    scores: usize,
}

impl Counts {
    /// Counts a node with these children and all below, and checks them.
    const fn add(&mut self, children: &[Node], depth: usize) {
        if children.len() < 2 {
            fail(
                "a node of the tree has fewer than 2 children, between which a softmax could choose: node ",
                self.nodes,
                ", counted as they are written, the root being 0",
            );
        }
        if depth == DEPTH {
            fail("the nodes of the tree are nested deeper than ", DEPTH, ": does one contain itself?");
        }
        self.nodes += 1;
        self.scores += children.len();
        let mut rest = children;
        while let [child, others @ ..] = rest {
            match child {
                Node::Class(_) => self.classes += 1,
                Node::Inner(children) => self.add(children, depth + 1),
            }
            rest = others;
        }
    }
}

/// Checks that the classes of a block are there, each once.
const fn check_classes(root: &[Node], first: usize, classes: usize) {
    let mut are_there = [0; WORDS];
    mark(root, first, &mut are_there);
    let mut word = 0;
    while word < WORDS && first + word * WORD < classes {
        let missing = first + word * WORD + are_there[word].trailing_ones() as usize;
        if are_there[word] != u64::MAX && missing < classes {
            fail("class ", missing, " is missing in the tree: K leaves are the classes 0 to K - 1");
        }
        word += 1;
    }
}

/// Marks the classes of a block that the tree holds.
const fn mark(children: &[Node], first: usize, are_there: &mut [u64; WORDS]) {
    let mut rest = children;
    while let [child, others @ ..] = rest {
        match child {
            Node::Class(class) if *class >= first && *class - first < BLOCK => {
                let (word, bit) = ((*class - first) / WORD, 1 << ((*class - first) % WORD));
                if are_there[word] & bit != 0 {
                    fail("class ", *class, " stands twice in the tree: every class is one leaf");
                }
                are_there[word] |= bit;
            }
            Node::Class(_) => {}
            Node::Inner(children) => mark(children, first, are_there),
        }
        rest = others;
    }
}

/// Panics with the number between two texts, which a `const fn` must put together by hand.
const fn fail(before: &str, number: usize, after: &str) -> ! {
    let mut message = Message { bytes: [0; 192], length: 0 };
    message.text(before);
    message.number(number);
    message.text(after);
    match str::from_utf8(message.bytes.split_at(message.length).0) {
        Ok(message) => panic!("{}", message),
        Err(_) => panic!("a malformed tree"),
    }
}

/// A message in the making.
struct Message {
    bytes: [u8; 192],
    length: usize,
}

impl Message {
    const fn text(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let [byte, others @ ..] = rest {
            self.bytes[self.length] = *byte;
            self.length += 1;
            rest = others;
        }
    }

    const fn number(&mut self, number: usize) {
        if number >= 10 {
            self.number(number / 10);
        }
        let digit = "0123456789".as_bytes()[number % 10];
        self.bytes[self.length] = digit;
        self.length += 1;
    }
}
