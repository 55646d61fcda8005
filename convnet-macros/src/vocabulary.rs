//! The words of the notation, in one table.

/// How a keyword is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// `INPUT[WxHxD]`.
    Volume,
    /// `CONVF-K`, `CONVFxG-K`.
    WindowAndCount,
    /// `POOLF`, `POOLFxG`.
    Window,
    /// `FCK`.
    Count,
    /// `RELU`.
    Bare,
    /// `SVM(delta=1)`, the parentheses optional.
    Arguments,
}

impl Form {
    /// An example, for messages.
    pub(crate) fn example(self, keyword: &str) -> String {
        match self {
            Self::Volume => format!("{keyword}[32x32x3]"),
            Self::WindowAndCount => format!("{keyword}3-64"),
            Self::Window => format!("{keyword}2"),
            Self::Count => format!("{keyword}10"),
            Self::Bare | Self::Arguments => keyword.to_owned(),
        }
    }
}

/// What a keyword stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    Input,
    Convolution,
    MaxPool,
    AveragePool,
    Dense,
    Relu,
    Softmax,
    Svm,
}

impl Meaning {
    /// Whether it is a loss.
    pub(crate) fn is_loss(self) -> bool {
        matches!(self, Self::Softmax | Self::Svm)
    }
}

/// What an option says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OptionKind {
    Stride,
    Padding,
    Dilation,
    Groups,
    Floor,
    Ceil,
    NoBias,
    Uncounted,
}

impl OptionKind {
    /// The option of this word, without its numbers.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "s" => Self::Stride,
            "p" => Self::Padding,
            "d" => Self::Dilation,
            "g" => Self::Groups,
            "floor" => Self::Floor,
            "ceil" => Self::Ceil,
            "nobias" => Self::NoBias,
            "uncounted" => Self::Uncounted,
            _ => return None,
        })
    }

    /// How it is written.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Stride => "s2",
            Self::Padding => "p1",
            Self::Dilation => "d2",
            Self::Groups => "g2",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::NoBias => "nobias",
            Self::Uncounted => "uncounted",
        }
    }
}

/// A keyword.
#[derive(Debug)]
pub(crate) struct Keyword {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) meaning: Meaning,
    pub(crate) options: &'static [OptionKind],
}

use OptionKind as O;

/// Every keyword that can be written. Their documentation, for editors, is in the facade's `dsl`.
pub(crate) const KEYWORDS: &[Keyword] = &[
    Keyword { name: "INPUT", form: Form::Volume, meaning: Meaning::Input, options: &[] },
    Keyword {
        name: "CONV",
        form: Form::WindowAndCount,
        meaning: Meaning::Convolution,
        options: &[O::Stride, O::Padding, O::Dilation, O::Groups, O::Floor, O::Ceil, O::NoBias],
    },
    Keyword {
        name: "POOL",
        form: Form::Window,
        meaning: Meaning::MaxPool,
        options: &[O::Stride, O::Padding, O::Floor, O::Ceil],
    },
    Keyword {
        name: "AVGPOOL",
        form: Form::Window,
        meaning: Meaning::AveragePool,
        options: &[O::Stride, O::Padding, O::Floor, O::Ceil, O::Uncounted],
    },
    Keyword { name: "FC", form: Form::Count, meaning: Meaning::Dense, options: &[O::NoBias] },
    Keyword { name: "RELU", form: Form::Bare, meaning: Meaning::Relu, options: &[] },
    Keyword { name: "SOFTMAX", form: Form::Bare, meaning: Meaning::Softmax, options: &[] },
    Keyword { name: "SVM", form: Form::Arguments, meaning: Meaning::Svm, options: &[] },
];

/// Words of the notation that have no layer behind them yet: recognised, so that the message can say so.
const RESERVED: &[&str] = &[
    "LOCAL",
    "L2POOL",
    "GAP",
    "LRELU",
    "PRELU",
    "ELU",
    "SIGMOID",
    "TANH",
    "MAXOUT",
    "BN",
    "LRN",
    "DROPOUT",
    "STOCHPOOL",
    "FRACPOOL",
    "CAT",
    "ADD",
    "ID",
    "SVM2",
    "OVA",
    "LOGISTIC",
    "HINGE",
    "L2",
    "L1",
    "HSOFTMAX",
    "LOSS",
    "STRUCTURED",
];

/// What other libraries call our layers.
const FOREIGN: &[(&str, &str)] = &[
    ("MAXPOOL", "POOL"),
    ("MAXPOOL2D", "POOL"),
    ("MAXPOOLING2D", "POOL"),
    ("AVGPOOL2D", "AVGPOOL"),
    ("AVERAGEPOOLING2D", "AVGPOOL"),
    ("CONV2D", "CONV"),
    ("CONVOLUTION", "CONV"),
    ("DENSE", "FC"),
    ("LINEAR", "FC"),
    ("CROSSENTROPY", "SOFTMAX"),
    ("CROSSENTROPYLOSS", "SOFTMAX"),
];

/// What a word turns out to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word<'a> {
    /// A keyword, and the numbers written on to it.
    Known(&'static Keyword, &'a str),
    /// A word of the notation that this version has no layer for.
    Reserved(&'static str),
    /// Anything else.
    Unknown,
}

/// Looks a word up: exact names win before a name is split into keyword and number.
pub(crate) fn look_up(word: &str) -> Word<'_> {
    let keyword = |name: &str| KEYWORDS.iter().find(|keyword| keyword.name == name);
    let reserved = |name: &str| RESERVED.iter().find(|reserved| **reserved == name);
    if let Some(keyword) = keyword(word) {
        return Word::Known(keyword, "");
    }
    if let Some(reserved) = reserved(word) {
        return Word::Reserved(reserved);
    }
    let (name, numbers) = split(word);
    match (keyword(name), reserved(name)) {
        (Some(keyword), _) => Word::Known(keyword, numbers),
        (None, Some(reserved)) => Word::Reserved(reserved),
        (None, None) => Word::Unknown,
    }
}

/// `CONV3x5` is `CONV` and `3x5`; a digit inside a name stays there: `L2POOL2` is `L2POOL` and `2`.
fn split(word: &str) -> (&str, &str) {
    let is_number = |c: char| c.is_ascii_digit() || c == 'x';
    let name = word.trim_end_matches(is_number);
    // An `x` at the beginning of the number belongs to the name.
    let numbers = &word[name.len()..];
    let lead = numbers.len() - numbers.trim_start_matches('x').len();
    word.split_at(name.len() + lead)
}

/// The keyword that a word was probably meant to be, with its numbers: `CONVV3` is `CONV3`, `MAXPOOL2` is `POOL2`.
pub(crate) fn nearest(word: &str) -> Option<(&'static Keyword, String)> {
    let upper = word.to_ascii_uppercase();
    let keyword = |name: &str| KEYWORDS.iter().find(|keyword| keyword.name == name);
    let foreign =
        |name: &str| FOREIGN.iter().find(|(foreign, _)| *foreign == name).and_then(|(_, ours)| keyword(ours));
    let (name, numbers) = split(&upper);
    if let Some(known) = foreign(&upper) {
        return Some((known, String::new()));
    }
    let by_distance = || {
        let distance = |keyword: &&Keyword| edit_distance(name, keyword.name);
        KEYWORDS.iter().min_by_key(distance).filter(|keyword| distance(keyword) <= 1 + name.len() / 4)
    };
    let found = foreign(name).or_else(|| keyword(name)).or_else(by_distance)?;
    Some((found, numbers.replace('X', "x")))
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
pub(crate) fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
