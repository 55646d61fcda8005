//! CONV: K filters that slide over a volume.

use crate::checked;
use crate::counts::Counts;
use crate::error::{GeometryError, Quantity};
use crate::volume::{Extent, Volume};
use crate::window::Window;

/// What a convolution is asked to be, before it is checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ConvolutionSpec {
    /// The input volume of one image.
    pub input: Volume,
    /// Filter size, stride, dilation and padding.
    pub window: Window,
    /// K: the number of filters, which is the output's depth.
    pub filters: usize,
    /// Groups of channels that do not see each other; 1 for an ordinary convolution.
    pub groups: usize,
    /// Whether each filter has a bias.
    pub bias: bool,
}

impl ConvolutionSpec {
    /// An ordinary convolution: one group, with bias.
    pub const fn new(input: Volume, window: Window, filters: usize) -> Self {
        Self { input, window, filters, groups: 1, bias: true }
    }

    /// In this many groups.
    pub const fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Without biases.
    pub const fn without_bias(mut self) -> Self {
        self.bias = false;
        self
    }

    /// Computes and checks the geometry.
    ///
    /// # Errors
    /// The first thing that does not fit: sizes of 0, the window, the groups, a count that overflows.
    pub const fn check(self) -> Result<Convolution, GeometryError> {
        let Self { input, window, filters, groups, .. } = self;
        checked::ok!(input.check());
        if filters == 0 {
            return Err(GeometryError::Zero { what: Quantity::Filters });
        }
        if groups == 0 {
            return Err(GeometryError::Zero { what: Quantity::Groups });
        }
        if !input.depth.is_multiple_of(groups) {
            return Err(GeometryError::GroupsDepth { groups, depth: input.depth });
        }
        if !filters.is_multiple_of(groups) {
            return Err(GeometryError::GroupsFilters { groups, filters });
        }
        let Extent { width, height } = checked::ok!(window.output(input));
        let output = checked::ok!(Volume::new(width, height, filters).check());
        let Extent { width: f_width, height: f_height } = window.filter;
        let taps =
            checked::ok!(checked::product(Quantity::Filter, &[f_width, f_height, input.depth / groups]));
        let weights = checked::ok!(checked::product(Quantity::Parameters, &[taps, filters]));
        checked::ok!(checked::sum(Quantity::Parameters, weights, filters));
        Ok(Convolution { spec: self, output, taps })
    }

    /// [`check`](Self::check) for constants: a mistake is an error of the compiler.
    ///
    /// # Panics
    /// If the geometry is not valid.
    pub const fn geometry(self) -> Convolution {
        match self.check() {
            Ok(geometry) => geometry,
            Err(_) => panic!("not a valid convolution"),
        }
    }
}

/// A convolution that fits: made by [`ConvolutionSpec::check`], valid ever after.
///
/// Weights are `[K, F_height, F_width, D/G]`: a row is a filter, the notes' `W_row`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Convolution {
    spec: ConvolutionSpec,
    output: Volume,
    taps: usize,
}

impl Convolution {
    /// The input volume of one image.
    pub const fn input(&self) -> Volume {
        self.spec.input
    }

    /// The output volume of one image; its depth is K.
    pub const fn output(&self) -> Volume {
        self.output
    }

    /// Filter size, stride, dilation and padding.
    pub const fn window(&self) -> Window {
        self.spec.window
    }

    /// K: the number of filters.
    pub const fn filters(&self) -> usize {
        self.spec.filters
    }

    /// The number of groups.
    pub const fn groups(&self) -> usize {
        self.spec.groups
    }

    /// Input channels that one filter sees: D/G.
    pub const fn group_depth(&self) -> usize {
        self.spec.input.depth / self.spec.groups
    }

    /// Filters in one group: K/G.
    pub const fn group_filters(&self) -> usize {
        self.spec.filters / self.spec.groups
    }

    /// Weights of one filter: `F_width * F_height * D/G`.
    pub const fn taps(&self) -> usize {
        self.taps
    }

    /// Whether each filter has a bias.
    pub const fn has_bias(&self) -> bool {
        self.spec.bias
    }

    /// The number of weights: `(F_width * F_height * D/G) * K`.
    pub const fn weights(&self) -> usize {
        self.taps * self.spec.filters
    }

    /// The number of biases: K or none.
    pub const fn biases(&self) -> usize {
        if self.spec.bias { self.spec.filters } else { 0 }
    }

    /// Weights and biases.
    pub const fn parameters(&self) -> usize {
        self.weights() + self.biases()
    }

    /// Weights, biases and multiply-accumulates.
    pub const fn counts(&self) -> Counts {
        Counts { weights: self.weights(), biases: self.biases(), macs: self.macs(), ..Counts::NONE }
    }

    /// Multiply-accumulates for one image, biases not counted; `u64::MAX` if there are more.
    pub const fn macs(&self) -> u64 {
        let Extent { width, height } = self.output.extent();
        (width as u64).saturating_mul(height as u64).saturating_mul(self.weights() as u64)
    }
}
