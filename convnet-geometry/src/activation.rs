//! Activations: functions of one number, applied to every number of a volume.

use core::fmt;

use crate::counts::Counts;
use crate::real::Real;
use crate::volume::Volume;

/// What an activation computes of each number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Function {
    /// `max(0, x)`.
    Relu,
    /// `x` above 0, `slope * x` elsewhere; the slope is not negative, so that the output shows the sign of `x`.
    LeakyRelu(Real),
    /// `x` above 0, `alpha * (e^x - 1)` elsewhere; alpha is not negative.
    Elu(Real),
    /// `1 / (1 + e^-x)`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
}

/// What a layer's backward pass needs of its own output, so that the next layer may not overwrite it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// Which numbers are positive.
    Signs,
    /// The numbers themselves.
    Values,
}

/// An activation on a volume. Its derivative is a function of its output, so that it can work in place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Activation {
    /// The volume that it takes and gives.
    pub volume: Volume,
    /// What it computes.
    pub function: Function,
}

impl Activation {
    /// A function on every number of a volume.
    pub const fn new(volume: Volume, function: Function) -> Self {
        Self { volume, function }
    }

    /// The volume that it takes.
    pub const fn input(&self) -> Volume {
        self.volume
    }

    /// The volume that it gives.
    pub const fn output(&self) -> Volume {
        self.volume
    }

    /// It has no parameters and keeps nothing.
    pub const fn counts(&self) -> Counts {
        Counts::NONE
    }

    /// What its derivative is computed from.
    pub const fn needs(&self) -> Needs {
        match self.function {
            Function::Relu | Function::LeakyRelu(_) => Needs::Signs,
            Function::Elu(_) | Function::Sigmoid | Function::Tanh => Needs::Values,
        }
    }

    /// Whether its output is positive exactly where its input is.
    pub const fn keeps_signs(&self) -> bool {
        !matches!(self.function, Function::Sigmoid)
    }
}

impl fmt::Display for Function {
    /// `RELU`, `LRELU(0.01)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relu => f.write_str("RELU"),
            Self::LeakyRelu(slope) => write!(f, "LRELU({slope})"),
            Self::Elu(alpha) => write!(f, "ELU({alpha})"),
            Self::Sigmoid => f.write_str("SIGMOID"),
            Self::Tanh => f.write_str("TANH"),
        }
    }
}

/// PRELU: `x` above 0, a learned slope times `x` elsewhere (He et al. 2015).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PRelu {
    /// The volume that it takes and gives.
    pub volume: Volume,
    /// Whether all channels share one slope; each has its own otherwise.
    pub shared: bool,
}

impl PRelu {
    /// The slope of every channel before training, as in the paper.
    pub const INITIAL_SLOPE: f64 = 0.25;

    /// Learned slopes on a volume.
    pub const fn new(volume: Volume, shared: bool) -> Self {
        Self { volume, shared }
    }

    /// The volume that it takes.
    pub const fn input(&self) -> Volume {
        self.volume
    }

    /// The volume that it gives.
    pub const fn output(&self) -> Volume {
        self.volume
    }

    /// The number of slopes.
    pub const fn slopes(&self) -> usize {
        if self.shared { 1 } else { self.volume.depth }
    }

    /// Its slopes.
    pub const fn counts(&self) -> Counts {
        Counts { slopes: self.slopes(), ..Counts::NONE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A layer behind it may be in place only if the derivative can still be seen.
    #[test]
    fn what_outputs_show_of_inputs() {
        let of = |function| Activation::new(Volume::new(1, 1, 1), function);
        let (leaky, elu) = (Function::LeakyRelu(Real::new(0.1)), Function::Elu(Real::new(1.0)));
        for (function, keeps_signs, needs) in [
            (Function::Relu, true, Needs::Signs),
            (leaky, true, Needs::Signs),
            (elu, true, Needs::Values),
            (Function::Sigmoid, false, Needs::Values),
            (Function::Tanh, true, Needs::Values),
        ] {
            assert_eq!(
                (of(function).keeps_signs(), of(function).needs()),
                (keeps_signs, needs),
                "{function}"
            );
        }
    }
}
