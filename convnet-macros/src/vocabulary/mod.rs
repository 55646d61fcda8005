//! The words of the notation, in one table.

mod foreign;

use convnet_geometry::{Join, LossKind};

pub(crate) use foreign::{edit_distance, instead, nearest};

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
    /// `CAT{ a | b }`.
    Branches,
}

impl Form {
    /// Whether numbers are written on to the word itself.
    pub(crate) fn is_numbered(self) -> bool {
        matches!(self, Self::WindowAndCount | Self::Window | Self::Count)
    }
}

/// What a keyword stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    Input,
    Convolution,
    Local,
    Pool(Pooled),
    GlobalAveragePool,
    FractionalPool,
    Dense,
    Activation(Activation),
    PRelu,
    Maxout,
    BatchNorm,
    ResponseNorm,
    Dropout,
    Join(Join),
    Identity,
    Loss(LossKind),
}

/// What a pooling window keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pooled {
    Maximum,
    Average,
    L2,
    Stochastic,
}

/// A function of one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Activation {
    Relu,
    LeakyRelu,
    Elu,
    Sigmoid,
    Tanh,
}

impl Meaning {
    /// The loss, if it is one.
    pub(crate) fn loss(self) -> Option<LossKind> {
        if let Self::Loss(kind) = self { Some(kind) } else { None }
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
    DropConnect,
}

impl OptionKind {
    /// Every option, in the order in which messages list them.
    pub(crate) const ALL: [Self; 9] = [
        Self::Stride,
        Self::Padding,
        Self::Dilation,
        Self::Groups,
        Self::Floor,
        Self::Ceil,
        Self::NoBias,
        Self::Uncounted,
        Self::DropConnect,
    ];

    /// The option of this word, without its numbers.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|option| option.word() == word)
    }

    /// The option of this word, and the digits on it: `s2x1` is `s` and `2x1`.
    pub(crate) fn of_word(word: &str) -> Option<(Self, &str)> {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'x');
        let digits = &word[letters.len()..];
        let option = Self::of(letters).filter(|option| option.takes_number() || digits.is_empty())?;
        Some((option, digits))
    }

    /// Its word, without numbers.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stride => "s",
            Self::Padding => "p",
            Self::Dilation => "d",
            Self::Groups => "g",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::NoBias => "nobias",
            Self::Uncounted => "uncounted",
            Self::DropConnect => "dropconnect",
        }
    }

    /// How it is written.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Stride => "s2",
            Self::Padding => "p1",
            Self::Dilation => "d2",
            Self::Groups => "g2",
            Self::DropConnect => "dropconnect(keep=0.5)",
            Self::Floor | Self::Ceil | Self::NoBias | Self::Uncounted => self.word(),
        }
    }

    /// Whether numbers are written on to it.
    pub(crate) fn takes_number(self) -> bool {
        matches!(self, Self::Stride | Self::Padding | Self::Dilation | Self::Groups)
    }
}

/// What may stand in the parentheses behind a keyword.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: ParameterKind,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum ParameterKind {
    /// A number, which must be named.
    Named { range: Range, default: Option<f64> },
    /// A number, whose name may be left out.
    Positional { range: Range, default: Option<f64> },
    /// A word that is given or not.
    Flag,
    /// The path of a type or a constant of the user's.
    Path,
}

impl Parameter {
    /// How it is written, for messages.
    pub(crate) fn example(&self) -> String {
        let name = self.name;
        match self.kind {
            ParameterKind::Named { range, default } => {
                // What is not written anyway shows nothing.
                let shown = default.filter(|default| *default != 0.0);
                format!("{name}={}", short(shown.unwrap_or(range.example())))
            }
            ParameterKind::Positional { range, default } => short(default.unwrap_or(range.example())),
            ParameterKind::Flag => name.to_owned(),
            ParameterKind::Path => format!("path::{name}"),
        }
    }

    /// The numbers that it may be.
    pub(crate) fn range(&self) -> Option<Range> {
        match self.kind {
            ParameterKind::Named { range, .. } | ParameterKind::Positional { range, .. } => Some(range),
            ParameterKind::Flag | ParameterKind::Path => None,
        }
    }

    /// What it is if it is not written.
    pub(crate) fn default(&self) -> Option<f64> {
        match self.kind {
            ParameterKind::Named { default, .. } | ParameterKind::Positional { default, .. } => default,
            ParameterKind::Flag | ParameterKind::Path => None,
        }
    }

    /// Whether it must be written.
    pub(crate) fn is_required(&self) -> bool {
        match self.kind {
            ParameterKind::Path => true,
            ParameterKind::Flag => false,
            _ => self.default().is_none(),
        }
    }
}

/// `0.9`, but `1e-5`.
fn short(value: f64) -> String {
    if value < 0.01 { format!("{value:e}") } else { value.to_string() }
}

/// The numbers that a parameter may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Range {
    /// Above 0.
    Positive,
    /// Above 0 and at most 1e12, so that products of some stay finite in `f32`.
    Factor,
    /// At least 0.
    NotNegative,
    /// Above 0 and at most 1.
    Probability,
    /// At least 0 and at most 1.
    Share,
    /// At least 0 and below 1.
    Part,
    /// At least 1.
    Ratio,
    /// A whole, odd number.
    Odd,
}

impl Range {
    pub(crate) fn contains(self, value: f64) -> bool {
        value.is_finite()
            && match self {
                Self::Positive => value > 0.0,
                Self::Factor => value > 0.0 && value <= 1e12,
                Self::NotNegative => value >= 0.0,
                Self::Probability => value > 0.0 && value <= 1.0,
                Self::Share => (0.0..=1.0).contains(&value),
                Self::Part => (0.0..1.0).contains(&value),
                Self::Ratio => value >= 1.0,
                Self::Odd => (1.0..1e9).contains(&value) && value % 2.0 == 1.0,
            }
    }

    /// Completes "must be ...".
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Factor => "above 0 and at most 1e12",
            Self::NotNegative => "at least 0",
            Self::Probability => "a probability, above 0 and at most 1",
            Self::Share => "between 0 and 1",
            Self::Part => "at least 0 and below 1",
            Self::Ratio => "at least 1",
            Self::Odd => "a whole, odd number",
        }
    }

    fn example(self) -> f64 {
        match self {
            Self::Probability => 0.5,
            Self::Ratio => 1.41,
            Self::Part => 0.1,
            _ => 1.0,
        }
    }
}

/// A keyword, and what the tables of the language say of it.
#[derive(Debug)]
pub(crate) struct Keyword {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) meaning: Meaning,
    pub(crate) options: &'static [OptionKind],
    pub(crate) parameters: &'static [Parameter],
    /// How it is written, with the notes' letters: `CONVF-K`.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tables of the language are made in a test"))]
    pub(crate) written: &'static str,
    /// What it means.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tables of the language are made in a test"))]
    pub(crate) means: &'static str,
    /// What holds if nothing else is written.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tables of the language are made in a test"))]
    pub(crate) default: &'static str,
}

impl Keyword {
    /// An example, for messages.
    pub(crate) fn example(&self) -> String {
        let name = self.name;
        let head = match self.form {
            Form::Volume => return format!("{name}[32x32x3]"),
            Form::Branches => return format!("{name}{{ CONV3-8 | CONV1-8 }}"),
            Form::WindowAndCount => format!("{name}3-64"),
            Form::Window => format!("{name}2"),
            Form::Count if self.meaning == Meaning::Maxout => format!("{name}2"),
            Form::Count => format!("{name}10"),
            Form::Bare => name.to_owned(),
        };
        let required = self.parameters.iter().find(|parameter| parameter.is_required());
        required.map_or(head.clone(), |parameter| format!("{head}({})", parameter.example()))
    }

    /// What its parentheses may hold, for messages; each flag by itself.
    pub(crate) fn parentheses(&self) -> String {
        let (flags, values): (Vec<_>, Vec<_>) =
            self.parameters.iter().partition(|parameter| parameter.kind == ParameterKind::Flag);
        let values: Vec<_> = values.into_iter().map(Parameter::example).collect();
        let values = (!values.is_empty()).then(|| values.join(", "));
        let forms = values.into_iter().chain(flags.into_iter().map(Parameter::example));
        let forms: Vec<_> = forms.map(|form| format!("`{}({form})`", self.name)).collect();
        forms.join(", or ")
    }
}

use OptionKind as O;

const NONE: &[OptionKind] = &[];
const CONVOLVING: &[OptionKind] =
    &[O::Stride, O::Padding, O::Dilation, O::Groups, O::Floor, O::Ceil, O::NoBias];
const POOLING: &[OptionKind] = &[O::Stride, O::Padding, O::Floor, O::Ceil];
const AVERAGING: &[OptionKind] = &[O::Stride, O::Padding, O::Floor, O::Ceil, O::Uncounted];
const CONNECTING: &[OptionKind] = &[O::NoBias, O::DropConnect];

const fn named(name: &'static str, range: Range, default: Option<f64>) -> Parameter {
    Parameter { name, kind: ParameterKind::Named { range, default } }
}

const fn positional(name: &'static str, range: Range, default: Option<f64>) -> Parameter {
    Parameter { name, kind: ParameterKind::Positional { range, default } }
}

const RATIO: &[Parameter] = &[positional("ratio", Range::Ratio, None)];
const SLOPE: &[Parameter] = &[positional("slope", Range::NotNegative, Some(0.01))];
const SHARED: &[Parameter] = &[Parameter { name: "shared", kind: ParameterKind::Flag }];
const ALPHA: &[Parameter] = &[positional("alpha", Range::Positive, Some(1.0))];
const STATISTICS: &[Parameter] = &[
    named("momentum", Range::Share, Some(convnet_geometry::BatchNorm::MOMENTUM)),
    named("eps", Range::Positive, Some(convnet_geometry::BatchNorm::EPSILON)),
];
const RESPONSE: &[Parameter] = &[
    named("n", Range::Odd, Some(5.0)),
    named("k", Range::Positive, Some(2.0)),
    named("alpha", Range::NotNegative, Some(1e-4)),
    named("beta", Range::Positive, Some(0.75)),
    Parameter { name: "alpha_over_n", kind: ParameterKind::Flag },
];
const SMOOTHING: &[Parameter] = &[named("smoothing", Range::Part, Some(0.0))];
const DELTA: &[Parameter] = &[named("delta", Range::Factor, Some(1.0))];
const POSITIVES: Parameter = named("positives", Range::Factor, Some(1.0));
const LOGISTIC: &[Parameter] = &[POSITIVES];
const HINGE: &[Parameter] = &[named("C", Range::Factor, Some(1.0)), POSITIVES];
const TREE: &[Parameter] = &[Parameter { name: "TREE", kind: ParameterKind::Path }];
const TYPE: &[Parameter] = &[Parameter { name: "ToType", kind: ParameterKind::Path }];

/// `keep`, of `DROPOUT` and of `dropconnect`.
pub(crate) const KEEP: &[Parameter] = &[named("keep", Range::Probability, None)];

/// Every keyword that can be written. Their documentation, for editors, is in the facade's `dsl`.
pub(crate) const KEYWORDS: &[Keyword] = &[
    Keyword {
        name: "INPUT",
        form: Form::Volume,
        meaning: Meaning::Input,
        options: NONE,
        parameters: &[],
        written: "INPUT[WxHxD]",
        means: "the volume of one image, width x height x depth; first, once",
        default: "",
    },
    Keyword {
        name: "CONV",
        form: Form::WindowAndCount,
        meaning: Meaning::Convolution,
        options: CONVOLVING,
        parameters: &[],
        written: "CONVF-K",
        means: "K filters of FxF; `CONV3x5-64` has filters 3 wide and 5 high",
        default: "`s1`, `p` = (F-1)/2, so that the size is kept",
    },
    Keyword {
        name: "LOCAL",
        form: Form::WindowAndCount,
        meaning: Meaning::Local,
        options: CONVOLVING,
        parameters: &[],
        written: "LOCALF-K",
        means: "locally connected: a convolution whose filters are not shared over space",
        default: "as `CONV`",
    },
    Keyword {
        name: "POOL",
        form: Form::Window,
        meaning: Meaning::Pool(Pooled::Maximum),
        options: POOLING,
        parameters: &[],
        written: "POOLF",
        means: "the maximum of each FxF window, per channel",
        default: "`sF p0`",
    },
    Keyword {
        name: "AVGPOOL",
        form: Form::Window,
        meaning: Meaning::Pool(Pooled::Average),
        options: AVERAGING,
        parameters: &[],
        written: "AVGPOOLF",
        means: "the mean of each FxF window, padding counted",
        default: "`sF p0`",
    },
    Keyword {
        name: "L2POOL",
        form: Form::Window,
        meaning: Meaning::Pool(Pooled::L2),
        options: POOLING,
        parameters: &[],
        written: "L2POOLF",
        means: "the square root of the sum of squares of each FxF window",
        default: "`sF p0`",
    },
    Keyword {
        name: "STOCHPOOL",
        form: Form::Window,
        meaning: Meaning::Pool(Pooled::Stochastic),
        options: POOLING,
        parameters: &[],
        written: "STOCHPOOLF",
        means: "stochastic pooling: one number of each window, drawn in proportion to it; in inference their weighted mean",
        default: "`sF p0`",
    },
    Keyword {
        name: "FRACPOOL",
        form: Form::Bare,
        meaning: Meaning::FractionalPool,
        options: NONE,
        parameters: RATIO,
        written: "FRACPOOL(r)",
        means: "fractional maximum pooling: sides of floor(W/r)",
        default: "",
    },
    Keyword {
        name: "GAP",
        form: Form::Bare,
        meaning: Meaning::GlobalAveragePool,
        options: NONE,
        parameters: &[],
        written: "GAP",
        means: "global average pooling, to `[1x1xD]`",
        default: "",
    },
    Keyword {
        name: "FC",
        form: Form::Count,
        meaning: Meaning::Dense,
        options: CONNECTING,
        parameters: &[],
        written: "FCK",
        means: "fully connected, K outputs; flattens by itself",
        default: "",
    },
    Keyword {
        name: "RELU",
        form: Form::Bare,
        meaning: Meaning::Activation(Activation::Relu),
        options: NONE,
        parameters: &[],
        written: "RELU",
        means: "`max(0, x)`",
        default: "",
    },
    Keyword {
        name: "LRELU",
        form: Form::Bare,
        meaning: Meaning::Activation(Activation::LeakyRelu),
        options: NONE,
        parameters: SLOPE,
        written: "LRELU(0.01)",
        means: "leaky ReLU: `x` above 0, 0.01 x elsewhere",
        default: "slope 0.01",
    },
    Keyword {
        name: "PRELU",
        form: Form::Bare,
        meaning: Meaning::PRelu,
        options: NONE,
        parameters: SHARED,
        written: "PRELU",
        means: "parametric ReLU: the slope is learned, one a channel; `PRELU(shared)` has one for all",
        default: "slopes begin at 0.25",
    },
    Keyword {
        name: "ELU",
        form: Form::Bare,
        meaning: Meaning::Activation(Activation::Elu),
        options: NONE,
        parameters: ALPHA,
        written: "ELU(1.0)",
        means: "`x` above 0, alpha (e^x - 1) elsewhere",
        default: "alpha 1",
    },
    Keyword {
        name: "SIGMOID",
        form: Form::Bare,
        meaning: Meaning::Activation(Activation::Sigmoid),
        options: NONE,
        parameters: &[],
        written: "SIGMOID",
        means: "1/(1 + e^-x)",
        default: "",
    },
    Keyword {
        name: "TANH",
        form: Form::Bare,
        meaning: Meaning::Activation(Activation::Tanh),
        options: NONE,
        parameters: &[],
        written: "TANH",
        means: "the hyperbolic tangent",
        default: "",
    },
    Keyword {
        name: "MAXOUT",
        form: Form::Count,
        meaning: Meaning::Maxout,
        options: NONE,
        parameters: &[],
        written: "MAXOUTn",
        means: "the maximum over groups of n neighbouring channels",
        default: "",
    },
    Keyword {
        name: "BN",
        form: Form::Bare,
        meaning: Meaning::BatchNorm,
        options: NONE,
        parameters: STATISTICS,
        written: "BN",
        means: "batch normalization, per channel (behind `FC` per feature)",
        default: "`momentum=0.9, eps=1e-5`",
    },
    Keyword {
        name: "LRN",
        form: Form::Bare,
        meaning: Meaning::ResponseNorm,
        options: NONE,
        parameters: RESPONSE,
        written: "LRN",
        means: "local response normalization across channels; `LRN(alpha_over_n)` divides alpha by n, as Caffe and torch do",
        default: "`n=5, k=2, alpha=1e-4, beta=0.75`, AlexNet's",
    },
    Keyword {
        name: "DROPOUT",
        form: Form::Bare,
        meaning: Meaning::Dropout,
        options: NONE,
        parameters: KEEP,
        written: "DROPOUT(keep=0.5)",
        means: "inverted dropout; `keep` is the notes' p, the probability of keeping a number",
        default: "",
    },
    Keyword {
        name: "CAT",
        form: Form::Branches,
        meaning: Meaning::Join(Join::Stack),
        options: NONE,
        parameters: &[],
        written: "CAT{ a \\| b }",
        means: "branches side by side, stacked in depth (Inception); they agree in width and height",
        default: "",
    },
    Keyword {
        name: "ADD",
        form: Form::Branches,
        meaning: Meaning::Join(Join::Sum),
        options: NONE,
        parameters: &[],
        written: "ADD{ a \\| b }",
        means: "branches summed (residual); they agree in the whole volume",
        default: "",
    },
    Keyword {
        name: "ID",
        form: Form::Bare,
        meaning: Meaning::Identity,
        options: NONE,
        parameters: &[],
        written: "ID",
        means: "the branch that does nothing",
        default: "",
    },
    Keyword {
        name: "SOFTMAX",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::Softmax),
        options: NONE,
        parameters: SMOOTHING,
        written: "SOFTMAX(smoothing=0)",
        means: "softmax cross-entropy, that share of each label spread over all classes; targets are labels",
        default: "the loss behind `[1x1xK]`; `smoothing=0`",
    },
    Keyword {
        name: "SVM",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::Svm),
        options: NONE,
        parameters: DELTA,
        written: "SVM(delta=1)",
        means: "multiclass support vector machine; targets are labels",
        default: "`delta=1`",
    },
    Keyword {
        name: "SVM2",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::SquaredSvm),
        options: NONE,
        parameters: DELTA,
        written: "SVM2(delta=1)",
        means: "the same with squared hinges",
        default: "`delta=1`",
    },
    Keyword {
        name: "OVA",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::OneVsAll),
        options: NONE,
        parameters: &[],
        written: "OVA",
        means: "one binary support vector machine a class; targets are labels",
        default: "",
    },
    Keyword {
        name: "LOGISTIC",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::Logistic),
        options: NONE,
        parameters: LOGISTIC,
        written: "LOGISTIC(positives=1)",
        means: "attributes by logistic regression, those present times `positives`; targets are a `bool` for each score",
        default: "`positives=1`",
    },
    Keyword {
        name: "HINGE",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::Hinge),
        options: NONE,
        parameters: HINGE,
        written: "HINGE(C=1, positives=1)",
        means: "attributes by binary hinges, times the notes' C, those present times `positives`; targets are a `bool` for each score",
        default: "`C=1`, `positives=1`",
    },
    Keyword {
        name: "L2",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::L2),
        options: NONE,
        parameters: &[],
        written: "L2",
        means: "regression by the squared distance; targets are numbers, as many as scores",
        default: "",
    },
    Keyword {
        name: "L1",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::L1),
        options: NONE,
        parameters: &[],
        written: "L1",
        means: "regression by the absolute distance; targets are numbers, as many as scores",
        default: "",
    },
    Keyword {
        name: "HSOFTMAX",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::HierarchicalSoftmax),
        options: NONE,
        parameters: TREE,
        written: "HSOFTMAX(path::TREE)",
        means: "softmax over a tree of classes; targets are labels",
        default: "",
    },
    Keyword {
        name: "LOSS",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::Custom),
        options: NONE,
        parameters: TYPE,
        written: "LOSS(path::ToType)",
        means: "a loss of your own, a type that implements `Loss` and `Default`",
        default: "",
    },
    Keyword {
        name: "STRUCTURED",
        form: Form::Bare,
        meaning: Meaning::Loss(LossKind::Structured),
        options: NONE,
        parameters: TYPE,
        written: "STRUCTURED(path::ToType)",
        means: "structured support vector machine over your own structures, a type that implements `Structure`",
        default: "",
    },
];

/// What a word turns out to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word<'a> {
    /// A keyword, and the numbers written on to it.
    Known(&'static Keyword, &'a str),
    /// Anything else.
    Unknown,
}

/// Looks a word up: exact names win before a name is split into keyword and number.
pub(crate) fn look_up(word: &str) -> Word<'_> {
    if let Some(keyword) = keyword(word) {
        return Word::Known(keyword, "");
    }
    let (name, numbers) = split(word);
    keyword(name).map_or(Word::Unknown, |keyword| Word::Known(keyword, numbers))
}

/// The keyword of exactly this name.
pub(crate) fn keyword(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
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

/// Whether it is one of Rust's words, `gen` among them since the edition of 2024.
pub(crate) fn is_rusts(name: &str) -> bool {
    syn::parse_str::<proc_macro2::Ident>(name).is_err() || name.starts_with("r#") || name == "gen"
}
