//! Numbers as a report prints them.

use core::fmt;

/// A count with its thousands apart: `138,357,544`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grouped(pub u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = *self;
        if number < 1000 {
            return write!(f, "{number}");
        }
        Self(number / 1000).fmt(f)?;
        write!(f, ",{:03}", number % 1000)
    }
}

/// A count in the notes' short form: `4096`, `151K`, `3.2M`, `15.5G`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rounded(pub u64);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n @ 0..10_000 => write!(f, "{n}"),
            n @ 10_000..999_500 => write!(f, "{}K", (n + 500) / 1000),
            n @ 999_500..999_950_000 => tenths(f, n / 1000, 1000, "M"),
            n => tenths(f, n / 1_000_000, 1000, "G"),
        }
    }
}

/// `amount/unit` to one decimal place, rounded to nearest.
fn tenths(f: &mut fmt::Formatter<'_>, amount: u64, unit: u64, suffix: &str) -> fmt::Result {
    let tenths = (10 * u128::from(amount) + u128::from(unit) / 2) / u128::from(unit);
    write!(f, "{}.{}{suffix}", tenths / 10, tenths % 10)
}

/// An amount of memory in powers of ten: `812 bytes`, `4.2 KB`, `61 MB`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = *self;
        // Units change where rounding would reach the next one.
        let (unit, suffix) = match bytes {
            0..1_000 => return write!(f, "{bytes} bytes"),
            1_000..999_500 => (1_000, " KB"),
            999_500..999_500_000 => (1_000_000, " MB"),
            _ => (1_000_000_000, " GB"),
        };
        if 100 * u128::from(bytes) < 995 * u128::from(unit) {
            tenths(f, bytes, unit, suffix)
        } else {
            write!(f, "{}{suffix}", (u128::from(bytes) + u128::from(unit) / 2) / u128::from(unit))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_002_003, "1,002,003")] {
            assert_eq!(Grouped(n).to_string(), text);
        }
    }

    #[test]
    fn counts_are_shortened_as_in_the_notes() {
        let cases =
            [(4096, "4096"), (25_088, "25K"), (802_816, "803K"), (3_211_264, "3.2M"), (999_499, "999K")];
        for (n, text) in cases {
            assert_eq!(Rounded(n).to_string(), text);
        }
        assert_eq!(Rounded(999_500).to_string(), "1.0M");
        assert_eq!(Rounded(15_470_264_320).to_string(), "15.5G");
    }

    #[test]
    fn memory_is_in_powers_of_ten() {
        let cases = [
            (999, "999 bytes"),
            (1_000, "1.0 KB"),
            (60_950_432, "61 MB"),
            (9_949_999, "9.9 MB"),
            (9_950_000, "10 MB"),
            (999_999, "1.0 MB"),
        ];
        for (n, text) in cases {
            assert_eq!(Bytes(n).to_string(), text);
        }
    }
}
