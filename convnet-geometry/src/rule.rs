//! THE rule: how many windows fit along an axis, `(W - F + 2P)/S + 1`.
//!
//! Stated here once; everything else calls [`output_size`].

use core::fmt;

/// What to do when the windows do not end exactly where the padded input does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Rounding {
    /// An error, as the notes ask.
    #[default]
    Exact,
    /// Drop the last, partial window (what PyTorch does).
    Floor,
    /// Add a last, partial window, unless it would begin past the input and its leading padding.
    Ceil,
}

/// A window along one axis.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AxisWindow {
    /// W: size of the input.
    pub input: usize,
    /// F: size of the filter.
    pub filter: usize,
    /// S: distance between windows.
    pub stride: usize,
    /// Distance between the taps of the filter; 1 for none skipped (the notes' dilation 0).
    pub dilation: usize,
    /// Zeros before the input.
    pub before: usize,
    /// Zeros after the input.
    pub after: usize,
}

/// Why a window has no output along an axis.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Misfit {
    /// One of the sizes is 0.
    Zero,
    /// A sum of sizes leaves the range of the machine's integers.
    Overflow,
    /// The window is larger than the padded input.
    TooLarge,
    /// The windows do not end where the padded input does.
    DoesNotDivide,
}

impl AxisWindow {
    /// The reach of a window: `d(F - 1) + 1`, which is F without dilation. `None` if it overflows.
    pub const fn reach(self) -> Option<usize> {
        match self.filter.saturating_sub(1).checked_mul(self.dilation) {
            Some(gaps) => gaps.checked_add(1),
            None => None,
        }
    }

    /// The input with its padding. `None` if it overflows.
    pub const fn padded(self) -> Option<usize> {
        match self.input.checked_add(self.before) {
            Some(size) => size.checked_add(self.after),
            None => None,
        }
    }
}

/// The number of windows along an axis: `(W - F + 2P)/S + 1`, with F the reach of a dilated filter.
///
/// # Errors
/// The [`Misfit`], whose sum [`AxisWindow`]'s `Display` writes out.
pub const fn output_size(axis: AxisWindow, rounding: Rounding) -> Result<usize, Misfit> {
    if axis.input == 0 || axis.filter == 0 || axis.stride == 0 || axis.dilation == 0 {
        return Err(Misfit::Zero);
    }
    let (Some(reach), Some(padded)) = (axis.reach(), axis.padded()) else {
        return Err(Misfit::Overflow);
    };
    if reach > padded {
        return Err(Misfit::TooLarge);
    }
    let span = padded - reach;
    let whole = span / axis.stride + 1;
    if span.is_multiple_of(axis.stride) {
        return Ok(whole);
    }
    match rounding {
        Rounding::Exact => Err(Misfit::DoesNotDivide),
        // The extra window would begin at whole * stride, which is below padded + stride.
        Rounding::Ceil if whole.saturating_mul(axis.stride) < axis.input + axis.before => Ok(whole + 1),
        Rounding::Ceil | Rounding::Floor => Ok(whole),
    }
}

impl fmt::Display for AxisWindow {
    /// The sum written out: `(10 - 3 + 0)/2 + 1 = 4.5`.
    ///
    /// Padding is shown as `2*1`, or `1 + 0` where it is uneven; a dilated filter as its reach, `(2*(3 - 1) + 1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { input, filter, stride, dilation, before, after } = *self;
        write!(f, "({input} - ")?;
        if dilation == 1 {
            write!(f, "{filter}")?;
        } else {
            write!(f, "({dilation}*({filter} - 1) + 1)")?;
        }
        match (before, after) {
            (0, 0) => write!(f, " + 0")?,
            _ if before == after => write!(f, " + 2*{before}")?,
            _ => write!(f, " + {before} + {after}")?,
        }
        write!(f, ")/{stride} + 1 = ")?;
        let (Some(reach), Some(padded)) = (self.reach(), self.padded()) else {
            return f.write_str("out of range");
        };
        // In i128 no difference of two sizes overflows, nor do its hundredths.
        let (span, stride) = (padded as i128 - reach as i128, stride.max(1) as i128);
        let hundredths = (100 * span + 100 * stride).div_euclid(stride);
        let exact = (100 * span + 100 * stride) % stride == 0;
        if hundredths < 0 {
            f.write_str("-")?;
        }
        let (units, fraction) = (hundredths.abs() / 100, hundredths.abs() % 100);
        match (fraction, exact) {
            (0, true) => write!(f, "{units}"),
            (_, true) if fraction % 10 == 0 => write!(f, "{units}.{}", fraction / 10),
            (_, true) => write!(f, "{units}.{fraction:02}"),
            (_, false) => write!(f, "{units}.{fraction:02}..."),
        }
    }
}
