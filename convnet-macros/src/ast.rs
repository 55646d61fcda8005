//! The notation as a tree, each node with the tokens that it was written with.

use convnet_geometry::{Extent, Padding, Volume};
use proc_macro2::Ident;
use syn::{Attribute, Path, Visibility};

use crate::diagnostics::Place;
use crate::vocabulary::{Keyword, OptionKind};

/// One network of a macro call, with the asserts that follow it.
pub(crate) struct Definition {
    /// Attributes and documentation of the struct.
    pub(crate) attributes: Vec<Attribute>,
    /// `#[convnet(crate = path)]`.
    pub(crate) facade: Option<Path>,
    pub(crate) visibility: Visibility,
    /// The struct's name; `Net` for a nameless network.
    pub(crate) name: Ident,
    pub(crate) chain: Chain,
    pub(crate) asserts: Vec<Assert>,
    /// Whether all its tokens could be read: where not, a mistake was reported, and the chain is guessed in part.
    pub(crate) is_whole: bool,
}

/// Elements joined by `->`.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) elements: Vec<Element>,
    pub(crate) place: Place,
}

impl Chain {
    /// Every layer as it is written, groups opened once.
    pub(crate) fn layers(&self) -> impl Iterator<Item = &Layer> {
        let mut waiting: Vec<&Element> = self.elements.iter().rev().collect();
        std::iter::from_fn(move || {
            loop {
                match &waiting.pop()?.kind {
                    ElementKind::Layer(layer) => return Some(layer),
                    ElementKind::Group { chain, .. } => waiting.extend(chain.elements.iter().rev()),
                }
            }
        })
    }
}

/// One element of a chain, and the volume that its author expects after it.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) kind: ElementKind,
    pub(crate) annotation: Option<Annotation>,
    pub(crate) place: Place,
}

#[derive(Debug)]
pub(crate) enum ElementKind {
    /// A keyword with its numbers, options and arguments.
    Layer(Layer),
    /// `[ chain ]*n`.
    Group { chain: Chain, repeat: Option<Number> },
}

/// A number, where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub(crate) value: usize,
    pub(crate) place: Place,
}

/// `: [WxHxD]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Annotation {
    pub(crate) volume: Volume,
    pub(crate) place: Place,
}

/// A keyword as it was written.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) keyword: &'static Keyword,
    /// The word itself, `CONV3x5`.
    pub(crate) word: Ident,
    pub(crate) numbers: Numbers,
    pub(crate) options: Vec<LayerOption>,
    /// What stands in parentheses behind it, by name.
    pub(crate) arguments: Vec<Argument>,
    /// From the word to the last option.
    pub(crate) place: Place,
}

/// The numbers on a keyword.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numbers {
    None,
    Volume(Volume),
    Window(Extent),
    WindowAndCount(Extent, usize),
    Count(usize),
}

impl Layer {
    /// The keyword with its numbers and without its options: `CONV3-64`.
    pub(crate) fn head(&self) -> String {
        let name = self.keyword.name;
        match self.numbers {
            Numbers::None => name.to_owned(),
            Numbers::Volume(volume) => format!("{name}{volume}"),
            Numbers::Window(filter) => format!("{name}{}", side(filter)),
            Numbers::WindowAndCount(filter, count) => format!("{name}{}-{count}", side(filter)),
            Numbers::Count(count) => format!("{name}{count}"),
        }
    }

    /// The layer as the notation writes it: `CONV3-64 s2 nobias`.
    pub(crate) fn notation(&self) -> String {
        let options = self.options.iter().map(LayerOption::to_string);
        std::iter::once(self.head()).chain(options).collect::<Vec<_>>().join(" ")
    }

    /// The layer with another option in the place of those of certain kinds.
    pub(crate) fn notation_with(&self, without: &[OptionKind], with: &str) -> String {
        let is_kept = |option: &&LayerOption| !without.contains(&option.kind());
        let at = self.options.iter().take_while(is_kept).count();
        let mut words: Vec<String> =
            self.options.iter().filter(is_kept).map(LayerOption::to_string).collect();
        words.insert(at, with.to_owned());
        format!("{} {}", self.head(), words.join(" "))
    }
}

/// `3`, or `3x5` where the sides differ.
pub(crate) fn side(extent: Extent) -> String {
    if extent.is_square() { extent.width.to_string() } else { extent.to_string() }
}

/// An option behind a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerOption {
    pub(crate) value: OptionValue,
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum OptionValue {
    Stride(Extent),
    Padding(Padding),
    Dilation(Extent),
    Groups(usize),
    Floor,
    Ceil,
    NoBias,
    Uncounted,
}

impl LayerOption {
    pub(crate) fn kind(&self) -> OptionKind {
        match self.value {
            OptionValue::Stride(_) => OptionKind::Stride,
            OptionValue::Padding(_) => OptionKind::Padding,
            OptionValue::Dilation(_) => OptionKind::Dilation,
            OptionValue::Groups(_) => OptionKind::Groups,
            OptionValue::Floor => OptionKind::Floor,
            OptionValue::Ceil => OptionKind::Ceil,
            OptionValue::NoBias => OptionKind::NoBias,
            OptionValue::Uncounted => OptionKind::Uncounted,
        }
    }
}

impl std::fmt::Display for LayerOption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.value {
            OptionValue::Stride(stride) => write!(f, "s{}", side(stride)),
            OptionValue::Padding(padding) => padding.fmt(f),
            OptionValue::Dilation(dilation) => write!(f, "d{}", side(dilation)),
            OptionValue::Groups(groups) => write!(f, "g{groups}"),
            OptionValue::Floor => f.write_str("floor"),
            OptionValue::Ceil => f.write_str("ceil"),
            OptionValue::NoBias => f.write_str("nobias"),
            OptionValue::Uncounted => f.write_str("uncounted"),
        }
    }
}

/// `delta=1`.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) place: Place,
}

/// `assert parameters == 272_474;`.
#[derive(Debug)]
pub(crate) struct Assert {
    pub(crate) claim: Claim,
    /// The value that is claimed.
    pub(crate) place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Claim {
    /// `assert parameters == N`.
    Parameters(u64),
    /// `assert output == [WxHxD]`.
    Output(Volume),
    /// `assert memory <= 100MB`, in bytes.
    Memory(u64),
}
