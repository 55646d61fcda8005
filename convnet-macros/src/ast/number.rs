//! Numbers as they are written: digits, a block's parameter, or exact arithmetic on them.

use std::fmt;

use crate::diagnostics::{Diagnostic, Place};

/// A number, where it stands.
#[derive(Clone)]
pub(crate) struct Number {
    pub(crate) value: Value,
    pub(crate) place: Place,
}

#[derive(Clone)]
pub(crate) enum Value {
    Literal(usize),
    /// A parameter of the block.
    Parameter(String),
    /// `2*k`.
    Arithmetic(Box<Number>, Operator, Box<Number>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operator {
    Plus,
    Minus,
    Times,
    Over,
}

/// The parameters of a block with what they are in one use of it.
pub(crate) type Bindings = Vec<(String, usize)>;

impl Number {
    pub(crate) fn literal(value: usize, place: Place) -> Self {
        Self { value: Value::Literal(value), place }
    }

    /// How many signs wait for one another.
    pub(crate) fn depth(&self) -> usize {
        match &self.value {
            Value::Literal(_) | Value::Parameter(_) => 0,
            Value::Arithmetic(left, _, right) => 1 + left.depth().max(right.depth()),
        }
    }

    /// What it comes to.
    pub(crate) fn evaluate(&self, bindings: &Bindings) -> Result<usize, Diagnostic> {
        match &self.value {
            Value::Literal(value) => Ok(*value),
            Value::Parameter(name) => {
                let found = bindings.iter().find(|(parameter, _)| parameter == name);
                found.map(|(_, value)| *value).ok_or_else(|| {
                    Diagnostic::new(self.place, format!("there is no parameter `{name}` here"))
                        .help("parameters are those of the block that this stands in")
                })
            }
            Value::Arithmetic(left, operator, right) => {
                let (a, b) = (left.evaluate(bindings)?, right.evaluate(bindings)?);
                operator.apply(a, b).map_err(|(problem, help)| {
                    let (written, sum) = (self, operator.symbol());
                    Diagnostic::new(self.place, format!("`{written}` is {a} {sum} {b}{problem}")).help(help)
                })
            }
        }
    }

    /// As it is written on to a word: `3`, or `(k)`.
    pub(crate) fn on_word(&self) -> String {
        match self.value {
            Value::Literal(value) => value.to_string(),
            Value::Parameter(_) | Value::Arithmetic(..) => format!("({self})"),
        }
    }

    /// As it is written behind `-` or `*`: `64`, `k`, or `(2*k)`.
    pub(crate) fn behind_dash(&self) -> String {
        match &self.value {
            Value::Parameter(name) => name.clone(),
            Value::Literal(_) | Value::Arithmetic(..) => self.on_word(),
        }
    }
}

impl Operator {
    pub(crate) fn of(symbol: char) -> Option<Self> {
        Some(match symbol {
            '+' => Self::Plus,
            '-' => Self::Minus,
            '*' => Self::Times,
            '/' => Self::Over,
            _ => return None,
        })
    }

    fn symbol(self) -> char {
        match self {
            Self::Plus => '+',
            Self::Minus => '-',
            Self::Times => '*',
            Self::Over => '/',
        }
    }

    /// Whether it binds more closely than a sum.
    pub(crate) fn is_product(self) -> bool {
        matches!(self, Self::Times | Self::Over)
    }

    /// Whether it is worked out first beside the other, to whose left or right it stands, in parentheses alone.
    fn needs_parentheses(self, beside: Self, is_right: bool) -> bool {
        match (self.is_product(), beside.is_product()) {
            (true, false) => false,
            (false, true) => true,
            (true, true) | (false, false) => is_right,
        }
    }

    /// The exact result, or what is wrong with it, and what would be right.
    fn apply(self, a: usize, b: usize) -> Result<usize, (String, String)> {
        let result = match self {
            Self::Plus => a.checked_add(b),
            Self::Times => a.checked_mul(b),
            Self::Minus if b > a => {
                let help = format!("what {b} is taken from must be at least {b}");
                return Err((", which is below 0".to_owned(), help));
            }
            Self::Minus => a.checked_sub(b),
            Self::Over if b == 0 => {
                return Err((", which is no number".to_owned(), "divide by at least 1".to_owned()));
            }
            Self::Over if !a.is_multiple_of(b) => {
                let problem = format!(" = {}, not a whole number", a as f64 / b as f64);
                return Err((problem, format!("what is divided by {b} must be a multiple of {b}")));
            }
            Self::Over => a.checked_div(b),
        };
        let help = format!("the largest number is {}", usize::MAX);
        result.ok_or_else(|| (", too large to be counted".to_owned(), help))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Literal(value) => value.fmt(f),
            Value::Parameter(name) => f.write_str(name),
            Value::Arithmetic(left, operator, right) => {
                let part = |number: &Self, is_right: bool, f: &mut fmt::Formatter<'_>| match number.value {
                    Value::Arithmetic(_, inner, _) if inner.needs_parentheses(*operator, is_right) => {
                        write!(f, "({number})")
                    }
                    _ => number.fmt(f),
                };
                part(left, false, f)?;
                write!(f, "{}", operator.symbol())?;
                part(right, true, f)
            }
        }
    }
}
