//! Layers with their numbers worked out: what a block's parameters are in one use of it.

use super::{
    Argument, ArgumentValue, Bindings, Layer, LayerOption, Number, Numbers, OptionValue, Padding, Sides,
};
use crate::diagnostics::Diagnostic;

type Resolved<T> = Result<T, Diagnostic>;

impl Number {
    /// The number that it comes to, as a literal.
    fn resolve(&self, bindings: &Bindings) -> Resolved<Self> {
        Ok(Self::literal(self.evaluate(bindings)?, self.place))
    }
}

impl Sides {
    pub(crate) fn resolve(&self, bindings: &Bindings) -> Resolved<Self> {
        let height = self.height.as_ref().map(|height| height.resolve(bindings)).transpose()?;
        Ok(Self { width: self.width.resolve(bindings)?, height })
    }
}

impl Layer {
    /// The layer with every number a literal.
    pub(crate) fn resolve(&self, bindings: &Bindings) -> Resolved<Self> {
        let arguments = self.arguments.iter().map(|argument| argument.resolve(bindings));
        let options = self.options.iter().map(|option| option.resolve(bindings));
        Ok(Self {
            keyword: self.keyword,
            word: self.word.clone(),
            numbers: self.numbers.resolve(bindings)?,
            options: options.collect::<Resolved<_>>()?,
            arguments: arguments.collect::<Resolved<_>>()?,
            place: self.place,
        })
    }
}

impl Numbers {
    fn resolve(&self, bindings: &Bindings) -> Resolved<Self> {
        Ok(match self {
            Self::None => Self::None,
            Self::Volume([width, height, depth]) => {
                Self::Volume([width.resolve(bindings)?, height.resolve(bindings)?, depth.resolve(bindings)?])
            }
            Self::Window(sides) => Self::Window(sides.resolve(bindings)?),
            Self::WindowAndCount(sides, count) => {
                Self::WindowAndCount(sides.resolve(bindings)?, count.resolve(bindings)?)
            }
            Self::Count(count) => Self::Count(count.resolve(bindings)?),
        })
    }
}

impl LayerOption {
    fn resolve(&self, bindings: &Bindings) -> Resolved<Self> {
        let value = match &self.value {
            OptionValue::Stride(stride) => OptionValue::Stride(stride.resolve(bindings)?),
            OptionValue::Padding(padding) => OptionValue::Padding(padding.resolve(bindings)?),
            OptionValue::Dilation(dilation) => OptionValue::Dilation(dilation.resolve(bindings)?),
            OptionValue::Groups(groups) => OptionValue::Groups(groups.resolve(bindings)?),
            OptionValue::Floor => OptionValue::Floor,
            OptionValue::Ceil => OptionValue::Ceil,
            OptionValue::NoBias => OptionValue::NoBias,
            OptionValue::Uncounted => OptionValue::Uncounted,
            OptionValue::DropConnect(keep) => OptionValue::DropConnect(keep.resolve(bindings)?),
        };
        Ok(Self { value, place: self.place })
    }
}

impl Padding {
    fn resolve(&self, bindings: &Bindings) -> Resolved<Self> {
        Ok(match self {
            Self::PerAxis(sides) => Self::PerAxis(sides.resolve(bindings)?),
            Self::Uneven(before, after) => Self::Uneven(before.resolve(bindings)?, after.resolve(bindings)?),
            Self::PerSide(sides) => {
                let mut resolved = [const { None }; 4];
                for (to, side) in resolved.iter_mut().zip(sides) {
                    *to = side.as_ref().map(|side| side.resolve(bindings)).transpose()?;
                }
                Self::PerSide(resolved)
            }
        })
    }
}

impl Argument {
    fn resolve(&self, bindings: &Bindings) -> Resolved<Self> {
        let value = self.value.resolve(bindings)?;
        Ok(Self { parameter: self.parameter, value, is_named: self.is_named, place: self.place })
    }
}

impl ArgumentValue {
    fn resolve(&self, bindings: &Bindings) -> Resolved<Self> {
        Ok(match self {
            Self::Real(value) => Self::Real(*value),
            Self::Whole(number) => Self::Real(number.evaluate(bindings)? as f64),
            Self::Flag => Self::Flag,
            Self::Path(path) => Self::Path(path.clone()),
        })
    }

    /// A number that was resolved.
    pub(crate) fn real(&self) -> f64 {
        if let Self::Real(value) = self { *value } else { f64::NAN }
    }
}

// What a resolved layer is asked.

impl Number {
    /// A number that was resolved.
    pub(crate) fn get(&self) -> usize {
        match self.value {
            super::Value::Literal(value) => value,
            _ => unreachable!("`{self}` was resolved"),
        }
    }
}

impl Sides {
    /// Sides that were resolved.
    pub(crate) fn extent(&self) -> convnet_geometry::Extent {
        let width = self.width.get();
        convnet_geometry::Extent { width, height: self.height.as_ref().map_or(width, Number::get) }
    }
}

impl Padding {
    /// Padding that was resolved.
    pub(crate) fn get(&self) -> convnet_geometry::Padding {
        use convnet_geometry::Padding as P;
        match self {
            Self::PerAxis(sides) => P::per_axis(sides.extent()),
            Self::Uneven(before, after) => P::uneven(before.get(), after.get()),
            Self::PerSide(sides) => {
                let [left, right, top, bottom] =
                    sides.each_ref().map(|side| side.as_ref().map_or(0, Number::get));
                P { left, right, top, bottom }
            }
        }
    }
}

impl Layer {
    pub(crate) fn option<'a, R>(&'a self, of: impl Fn(&'a OptionValue) -> Option<R>) -> Option<R> {
        self.options.iter().find_map(|option| of(&option.value))
    }

    /// A number in the parentheses, or what it is if it is not written.
    pub(crate) fn real(&self, name: &str) -> f64 {
        let written = self.argument(name).and_then(|argument| match argument.value {
            ArgumentValue::Real(value) => Some(value),
            _ => None,
        });
        let default = || self.keyword.parameters.iter().find(|parameter| parameter.name == name)?.default();
        written.or_else(default).expect("a parameter of the keyword, written or with a default")
    }

    /// Whether a word stands in the parentheses.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.argument(name).is_some()
    }

    /// The path in the parentheses.
    pub(crate) fn path(&self) -> Option<&syn::Path> {
        self.arguments.iter().find_map(|argument| match &argument.value {
            ArgumentValue::Path(path) => Some(path),
            _ => None,
        })
    }
}
