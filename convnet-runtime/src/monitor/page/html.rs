//! HTML from words and numbers.

use convnet_geometry::Grouped;

/// Words as HTML, in elements and in quoted attributes.
pub(super) fn escape(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for character in words.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A template whose `{{parts}}` are replaced. What replaces them is not looked at again.
pub(super) fn fill(template: &str, mut part: impl FnMut(&str) -> String) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, opened)| Some((before, opened.split_once("}}")?)))
    {
        filled.push_str(before);
        filled.push_str(&part(name));
        rest = after;
    }
    filled + rest
}

/// A count with a thin space between thousands.
pub(super) fn count(count: u64) -> String {
    Grouped(count).to_string().replace(',', "\u{202f}")
}

/// A share as a percentage.
pub(super) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.2} %", 100.0 * share) } else { share.to_string() }
}

/// A number to four significant digits or so.
pub(super) fn number(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    match number.abs() {
        size if size < 1e-3 => format!("{number:.2e}"),
        size if size < 1.0 => format!("{number:.4}"),
        size if size < 1e3 => format!("{number:.3}"),
        size if size < 1e6 => format!("{number:.0}"),
        _ => format!("{number:.3e}"),
    }
}

/// A time, to two units.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's cast saturates")]
pub(super) fn time(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A moment, given in seconds since 1970, as a date and time of day (UTC).
///
/// Years are counted from March on, so that the day that some have more is their last; 400 of them have 146,097 days.
pub(super) fn moment(seconds: u64) -> String {
    let (day, time) = (seconds / 86_400, seconds % 86_400);
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = 400 * era + year + later;
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", time / 3600, time / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::{count, escape, fill, moment, number, percent, time};

    #[test]
    fn templates_are_filled_once() {
        let filled = fill("a {{one}} b {{two}} {{", |part| format!("<{part} {{{{two}}}}>"));
        assert_eq!(filled, "a <one {{two}}> b <two {{two}}> {{");
        assert_eq!(escape("<a href=\"'&'\">"), "&lt;a href=&quot;&#39;&amp;&#39;&quot;&gt;");
    }

    #[test]
    fn moments_are_those_of_the_calendar() {
        let moments = [0, 951_782_399, 951_782_400, 1_764_100_800, 4_107_542_399].map(moment);
        let expected = [
            "1970-01-01 00:00",
            "2000-02-28 23:59",
            "2000-02-29 00:00",
            "2025-11-25 20:00",
            "2100-02-28 23:59",
        ];
        assert_eq!(moments, expected.map(|moment| format!("{moment} UTC")));
    }

    #[test]
    fn numbers_are_short() {
        let numbers = [0.0, 1.23456e-5, 0.123_456, 1.23456, 123_456.7, f64::NAN].map(number);
        assert_eq!(numbers, ["0", "1.23e-5", "0.1235", "1.235", "123457", "NaN"]);
        assert_eq!([0.98765, f64::INFINITY].map(percent), ["98.77 %", "inf"]);
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!([1.25, 75.0, 7260.0].map(time), ["1.2 s", "1 min 15 s", "2 h 1 min"]);
    }
}
