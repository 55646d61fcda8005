//! The notation as a tree, each node with the tokens that it was written with. Numbers may be a block's parameters:
//! what they come to is [`unroll`](crate::unroll)'s.

mod number;
mod resolve;

use convnet_geometry::{Join, Volume};
use proc_macro2::Ident;
use syn::{Attribute, Path, Visibility};

use crate::diagnostics::Place;
use crate::vocabulary::{Keyword, OptionKind};

pub(crate) use number::{Bindings, Number, Operator, Value};

/// Everything that stands in one macro call.
pub(crate) struct Source {
    pub(crate) blocks: Vec<Block>,
    pub(crate) definitions: Vec<Definition>,
}

/// `block plain(k) = ...;`.
pub(crate) struct Block {
    /// Its documentation.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<Ident>,
    pub(crate) chain: Chain,
    /// Whether all its tokens could be read.
    pub(crate) is_whole: bool,
}

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
    /// Its name, or the whole chain if it has none.
    pub(crate) place: Place,
}

impl Definition {
    /// The `#[cfg]`s of the struct: what is not there has no implementations.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
    }
}

/// Elements joined by `->`.
pub(crate) struct Chain {
    pub(crate) elements: Vec<Element>,
    pub(crate) place: Place,
}

impl Chain {
    /// Every layer as it is written, groups and branches opened once, blocks not.
    pub(crate) fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.elements().filter_map(|element| match &element.kind {
            ElementKind::Layer(layer) => Some(layer),
            _ => None,
        })
    }

    /// Every element as it is written, an outer one before those inside it.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        let mut waiting: Vec<&Element> = self.elements.iter().rev().collect();
        std::iter::from_fn(move || {
            let element = waiting.pop()?;
            waiting.extend(element.chains().rev().flat_map(|chain| chain.elements.iter().rev()));
            Some(element)
        })
    }
}

/// One element of a chain, its name if one is fixed, and the volume that its author expects after it.
pub(crate) struct Element {
    pub(crate) kind: ElementKind,
    /// `@stem`.
    pub(crate) name: Option<Ident>,
    pub(crate) annotation: Option<Annotation>,
    pub(crate) place: Place,
}

impl Element {
    /// The chains inside it.
    pub(crate) fn chains(&self) -> std::slice::Iter<'_, Chain> {
        match &self.kind {
            ElementKind::Group { chain, .. } => std::slice::from_ref(chain).iter(),
            ElementKind::Branches(branches) => branches.chains.iter(),
            ElementKind::Layer(_) | ElementKind::Call(_) | ElementKind::Custom(_) => [].iter(),
        }
    }
}

pub(crate) enum ElementKind {
    /// A keyword with its numbers, options and arguments.
    Layer(Layer),
    /// `[ chain ]*n`.
    Group { chain: Chain, repeat: Option<Number> },
    /// `plain(16)`.
    Call(Call),
    /// `CAT{ a | b }`.
    Branches(Branches),
    /// `(path::ToType, parameters=64)`.
    Custom(Custom),
}

/// The use of a block.
pub(crate) struct Call {
    pub(crate) name: Ident,
    pub(crate) arguments: Vec<Number>,
    pub(crate) place: Place,
}

impl Call {
    /// The use as the notation writes it: `plain(16)`.
    pub(crate) fn notation(&self) -> String {
        let arguments: Vec<_> = self.arguments.iter().map(Number::to_string).collect();
        match &arguments[..] {
            [] => self.name.to_string(),
            arguments => format!("{}({})", self.name, arguments.join(", ")),
        }
    }
}

/// `CAT{ a | b }` or `ADD{ a | b }`.
pub(crate) struct Branches {
    pub(crate) join: Join,
    pub(crate) keyword: &'static Keyword,
    pub(crate) word: Ident,
    pub(crate) chains: Vec<Chain>,
}

/// A user's own layer.
pub(crate) struct Custom {
    pub(crate) path: Path,
    pub(crate) parameters: Number,
    pub(crate) state: Number,
}

impl Custom {
    /// What its names begin with: the type's name.
    pub(crate) fn stem(&self) -> String {
        let last = self.path.segments.last().map(|segment| segment.ident.to_string());
        snake(&last.unwrap_or_default())
    }
}

impl std::fmt::Display for Custom {
    /// `(path::ToType, parameters=64)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({}", path_text(&self.path))?;
        for (name, number) in [("parameters", &self.parameters), ("state", &self.state)] {
            if !matches!(number.value, Value::Literal(0)) {
                write!(f, ", {name}={}", number.on_word())?;
            }
        }
        f.write_str(")")
    }
}

/// `MyScale` as `my_scale`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.trim_start_matches("r#").chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `: [WxHxD]`.
pub(crate) struct Annotation {
    pub(crate) volume: [Number; 3],
    pub(crate) place: Place,
}

/// A keyword as it was written.
pub(crate) struct Layer {
    pub(crate) keyword: &'static Keyword,
    /// The word itself, `CONV3x5`.
    pub(crate) word: Ident,
    pub(crate) numbers: Numbers,
    pub(crate) options: Vec<LayerOption>,
    /// What stands in parentheses behind it.
    pub(crate) arguments: Vec<Argument>,
    /// From the word to the last option.
    pub(crate) place: Place,
}

/// Sizes along width and height; the height is the width's if it is not written.
#[derive(Clone)]
pub(crate) struct Sides {
    pub(crate) width: Number,
    pub(crate) height: Option<Number>,
}

/// The numbers on a keyword.
#[derive(Clone)]
pub(crate) enum Numbers {
    None,
    Volume([Number; 3]),
    Window(Sides),
    WindowAndCount(Sides, Number),
    Count(Number),
}

impl Layer {
    /// The keyword with its numbers and without its options: `CONV3-64`.
    pub(crate) fn head(&self) -> String {
        let name = self.keyword.name;
        let numbers = match &self.numbers {
            Numbers::None => String::new(),
            Numbers::Volume(sides) => volume_text(sides),
            Numbers::Window(sides) => sides.to_string(),
            Numbers::WindowAndCount(sides, count) => format!("{sides}-{}", count.behind_dash()),
            Numbers::Count(count) => count.on_word(),
        };
        let arguments: Vec<_> = self.arguments.iter().map(Argument::to_string).collect();
        match &arguments[..] {
            [] => format!("{name}{numbers}"),
            arguments => format!("{name}{numbers}({})", arguments.join(", ")),
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

    /// The layer without its numbers and options: what is known of one whose numbers come to nothing.
    pub(crate) fn bare(keyword: &'static Keyword, word: &Ident) -> Self {
        Self {
            keyword,
            word: word.clone(),
            numbers: Numbers::None,
            options: Vec::new(),
            arguments: Vec::new(),
            place: word.span().into(),
        }
    }

    pub(crate) fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.parameter.name == name)
    }
}

/// `[32x32x(k)]`.
pub(crate) fn volume_text(sides: &[Number; 3]) -> String {
    format!("[{}]", sides.each_ref().map(Number::on_word).join("x"))
}

impl std::fmt::Display for Sides {
    /// `3`, or `3x5` where two are written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.width.on_word())?;
        self.height.as_ref().map_or(Ok(()), |height| write!(f, "x{}", height.on_word()))
    }
}

/// An option behind a layer.
pub(crate) struct LayerOption {
    pub(crate) value: OptionValue,
    pub(crate) place: Place,
}

pub(crate) enum OptionValue {
    Stride(Sides),
    Padding(Padding),
    Dilation(Sides),
    Groups(Number),
    Floor,
    Ceil,
    NoBias,
    Uncounted,
    /// The probability of keeping a weight.
    DropConnect(ArgumentValue),
}

/// Zero padding as it is written.
pub(crate) enum Padding {
    /// `p1`, `p1x0`.
    PerAxis(Sides),
    /// `p3:2`: before, after.
    Uneven(Number, Number),
    /// `p(left=1,right=0,top=0,bottom=1)`, in that order.
    PerSide([Option<Number>; 4]),
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
            OptionValue::DropConnect(_) => OptionKind::DropConnect,
        }
    }
}

impl std::fmt::Display for LayerOption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.value {
            OptionValue::Stride(stride) => write!(f, "s{stride}"),
            OptionValue::Padding(padding) => padding.fmt(f),
            OptionValue::Dilation(dilation) => write!(f, "d{dilation}"),
            OptionValue::Groups(groups) => write!(f, "g{}", groups.on_word()),
            OptionValue::Floor => f.write_str("floor"),
            OptionValue::Ceil => f.write_str("ceil"),
            OptionValue::NoBias => f.write_str("nobias"),
            OptionValue::Uncounted => f.write_str("uncounted"),
            OptionValue::DropConnect(ArgumentValue::Whole(keep)) => {
                write!(f, "dropconnect(keep={})", keep.on_word())
            }
            OptionValue::DropConnect(keep) => write!(f, "dropconnect(keep={})", keep.real()),
        }
    }
}

impl Padding {
    /// The names of the sides, in the order in which [`PerSide`](Self::PerSide) has them.
    pub(crate) const SIDES: [&'static str; 4] = ["left", "right", "top", "bottom"];
}

impl std::fmt::Display for Padding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PerAxis(sides) => write!(f, "p{sides}"),
            Self::Uneven(before, after) => write!(f, "p{}:{}", before.on_word(), after.on_word()),
            Self::PerSide(sides) => {
                let written = std::iter::zip(Self::SIDES, sides);
                let written: Vec<_> = written
                    .filter_map(|(name, side)| side.as_ref().map(|side| format!("{name}={side}")))
                    .collect();
                write!(f, "p({})", written.join(","))
            }
        }
    }
}

/// `delta=1`, `0.01`, `shared` or a path, in the parentheses behind a keyword.
pub(crate) struct Argument {
    /// What it stands for.
    pub(crate) parameter: &'static crate::vocabulary::Parameter,
    pub(crate) value: ArgumentValue,
    /// Whether its name was written.
    pub(crate) is_named: bool,
    pub(crate) place: Place,
}

pub(crate) enum ArgumentValue {
    Real(f64),
    /// A whole number that a block's parameters stand in.
    Whole(Number),
    /// A word that is given or not.
    Flag,
    Path(Path),
}

impl std::fmt::Display for Argument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.parameter.name;
        match &self.value {
            ArgumentValue::Real(value) if self.is_named => write!(f, "{name}={value}"),
            ArgumentValue::Real(value) => value.fmt(f),
            ArgumentValue::Whole(number) if self.is_named => write!(f, "{name}={}", number.on_word()),
            ArgumentValue::Whole(number) => f.write_str(&number.on_word()),
            ArgumentValue::Flag => f.write_str(name),
            ArgumentValue::Path(path) => f.write_str(&path_text(path)),
        }
    }
}

/// `crate::trees::ANIMALS`, without the blanks between tokens.
pub(crate) fn path_text(path: &Path) -> String {
    quote::quote!(#path).to_string().replace(' ', "")
}

/// `assert parameters == 272_474;`.
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
