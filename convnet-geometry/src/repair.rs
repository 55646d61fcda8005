//! Changes to a window that would make it fit, each checked before it is proposed.

use core::fmt;

use crate::rule::Rounding;
use crate::volume::{Extent, Volume};
use crate::window::{Axis, Padding, Window};

/// The largest stride or padding worth proposing: nobody writes more, and the search must end.
const LARGEST: usize = 64;

/// A change to a window, written as the notation's option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Repair {
    /// Another stride.
    Stride(Extent),
    /// Another padding.
    Padding(Padding),
    /// Drop the last, partial window.
    Floor,
    /// Add a last, partial window.
    Ceil,
}

impl Repair {
    /// The repaired window.
    pub const fn apply(self, window: Window) -> Window {
        match self {
            Self::Stride(stride) => window.strides(stride.width, stride.height),
            Self::Padding(padding) => window.padded(padding),
            Self::Floor => window.rounding(Rounding::Floor),
            Self::Ceil => window.rounding(Rounding::Ceil),
        }
    }
}

impl fmt::Display for Repair {
    /// `s1`, `p1:0`, `floor`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stride(stride) if stride.is_square() => write!(f, "s{}", stride.width),
            Self::Stride(stride) => write!(f, "s{stride}"),
            Self::Padding(padding) => padding.fmt(f),
            Self::Floor => f.write_str("floor"),
            Self::Ceil => f.write_str("ceil"),
        }
    }
}

/// The repairs of one window that does not fit.
#[derive(Clone, Copy, Debug)]
pub struct Repairs {
    input: Volume,
    window: Window,
    pooling: bool,
}

impl Repairs {
    /// For a window over `input`; pooling allows no padding as wide as the window.
    pub const fn new(input: Volume, window: Window, pooling: bool) -> Self {
        Self { input, window, pooling }
    }

    /// Repairs that make the window fit, with the output that each gives: the nearest stride, the nearest even and
    /// uneven padding, and the two roundings.
    pub fn iter(self) -> impl Iterator<Item = (Repair, Extent)> {
        [self.stride(), self.even_padding(), self.uneven_padding(), Some(Repair::Floor), Some(Repair::Ceil)]
            .into_iter()
            .flatten()
            .filter_map(move |repair| Some((repair, self.fits(repair)?)))
    }

    /// The output after a repair, or nothing if the window still does not fit.
    fn fits(self, repair: Repair) -> Option<Extent> {
        let window = repair.apply(self.window);
        let Padding { left, right, top, bottom } = window.padding;
        let covered = left.max(right) >= window.filter.width || top.max(bottom) >= window.filter.height;
        if self.pooling && covered {
            return None;
        }
        window.output(self.input).ok()
    }

    /// The nearest stride that fits, the smaller of two.
    fn stride(self) -> Option<Repair> {
        let now = self.window.stride;
        let largest = self.window.filter.width.max(self.window.filter.height).max(now.width).max(now.height);
        let along = |stride: usize| {
            if now.is_square() {
                return Repair::Stride(Extent::square(stride));
            }
            let width_fits = self.fits_along(Axis::Width);
            Repair::Stride(Extent {
                width: if width_fits { now.width } else { stride },
                height: if width_fits { stride } else { now.height },
            })
        };
        let distance = |stride: usize| {
            stride.abs_diff(if self.fits_along(Axis::Width) { now.height } else { now.width })
        };
        (1..=largest.min(LARGEST))
            .filter(|&s| self.fits(along(s)).is_some())
            .min_by_key(|&s| (distance(s), s))
            .map(along)
    }

    fn fits_along(self, axis: Axis) -> bool {
        crate::rule::output_size(self.window.along(axis, self.input.extent()), self.window.rounding).is_ok()
    }

    /// The nearest padding that is the same on all sides.
    fn even_padding(self) -> Option<Repair> {
        let now = self.window.padding;
        let nearest = |p: &usize| (p.abs_diff(now.left), *p);
        self.paddings()
            .filter(|&p| self.fits(Repair::Padding(Padding::even(p))).is_some())
            .min_by_key(nearest)
            .map(|p| Repair::Padding(Padding::even(p)))
    }

    /// The nearest padding with one more zero before than after.
    fn uneven_padding(self) -> Option<Repair> {
        let now = self.window.padding;
        let uneven = |p: usize| Repair::Padding(Padding::uneven(p + 1, p));
        self.paddings()
            .filter(|&p| self.fits(uneven(p)).is_some())
            .min_by_key(|p| ((2 * p + 1).abs_diff(now.left.saturating_add(now.right)), *p))
            .map(uneven)
    }

    /// Paddings worth trying: up to the reach of the filter or what makes the input as large as it.
    fn paddings(self) -> impl Iterator<Item = usize> {
        let Window { filter, dilation, .. } = self.window;
        let reach = |filter: usize, dilation: usize| filter.saturating_mul(dilation);
        let largest = reach(filter.width, dilation.width).max(reach(filter.height, dilation.height));
        0..=largest.min(LARGEST)
    }
}
