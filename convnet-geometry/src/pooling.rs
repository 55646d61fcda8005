//! POOL, AVGPOOL, L2POOL, STOCHPOOL and GAP: windows that keep one number of each channel.

use crate::checked;
use crate::counts::Counts;
use crate::error::{GeometryError, Quantity};
use crate::volume::{Extent, Volume};
use crate::window::{Axis, Window};

/// What an average divides by where a window overlaps the padding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Average {
    /// The window's cells inside the padded input (`count_include_pad` elsewhere); a `ceil` overhang never counts.
    #[default]
    Counted,
    /// The window's cells inside the input.
    Uncounted,
}

/// What a pooling window keeps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pool {
    /// The maximum; padding is minus infinity, the first of equal maxima wins, NaN wins over all.
    Max,
    /// The mean.
    Average(Average),
    /// The square root of the sum of squares.
    L2,
    /// While training one of the numbers, drawn with a probability in proportion to it; in inference their mean, weighted
    /// by those probabilities (Zeiler and Fergus 2013). Negative numbers count as 0, padding too; where no number is
    /// positive the output is 0, and no number has a gradient.
    Stochastic,
}

/// What a pooling layer is asked to be, before it is checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PoolingSpec {
    /// The input volume of one image.
    pub input: Volume,
    /// Window size, stride and padding.
    pub window: Window,
    /// What a window keeps.
    pub pool: Pool,
}

impl PoolingSpec {
    /// Pooling of `input` by `window`.
    pub const fn new(input: Volume, window: Window, pool: Pool) -> Self {
        Self { input, window, pool }
    }

    /// Computes and checks the geometry.
    ///
    /// # Errors
    /// The first thing that does not fit; padding as wide as the window is one ([`GeometryError::OnlyPadding`]).
    pub const fn check(self) -> Result<Pooling, GeometryError> {
        let Self { input, window, .. } = self;
        checked::ok!(input.check());
        let Extent { width: d_width, height: d_height } = window.dilation;
        if d_width != 1 || d_height != 1 {
            return Err(GeometryError::DilatedPooling);
        }
        let Extent { width, height } = checked::ok!(window.output(input));
        let Extent { width: f_width, height: f_height } = window.filter;
        checked::ok!(checked::product(Quantity::Window, &[f_width, f_height]));
        checked::ok!(Self::check_padding(&window, Axis::Width, input));
        checked::ok!(Self::check_padding(&window, Axis::Height, input));
        let output = checked::ok!(Volume::new(width, height, input.depth).check());
        Ok(Pooling { spec: self, output })
    }

    const fn check_padding(window: &Window, axis: Axis, input: Volume) -> Result<(), GeometryError> {
        let along = window.along(axis, input.extent());
        let padding = if along.before > along.after { along.before } else { along.after };
        if padding >= along.filter {
            return Err(GeometryError::OnlyPadding { axis, padding, filter: along.filter });
        }
        Ok(())
    }

    /// [`check`](Self::check) for constants: a mistake is an error of the compiler.
    ///
    /// # Panics
    /// If the geometry is not valid.
    pub const fn geometry(self) -> Pooling {
        match self.check() {
            Ok(geometry) => geometry,
            Err(_) => panic!("not a valid pooling"),
        }
    }
}

/// A pooling that fits: made by [`PoolingSpec::check`], valid ever after.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pooling {
    spec: PoolingSpec,
    output: Volume,
}

impl Pooling {
    /// The input volume of one image.
    pub const fn input(&self) -> Volume {
        self.spec.input
    }

    /// The output volume of one image; its depth is the input's.
    pub const fn output(&self) -> Volume {
        self.output
    }

    /// Window size, stride and padding.
    pub const fn window(&self) -> Window {
        self.spec.window
    }

    /// A switch for each output of a pooling that keeps one of the numbers under its window.
    pub const fn counts(&self) -> Counts {
        let switches = match self.spec.pool {
            Pool::Max | Pool::Stochastic => self.output.count(),
            Pool::Average(_) | Pool::L2 => 0,
        };
        Counts { switches, ..Counts::NONE }
    }

    /// What a window keeps.
    pub const fn pool(&self) -> Pool {
        self.spec.pool
    }
}
