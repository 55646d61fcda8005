//! The few elements of SVG that a picture is made of.

use core::fmt::{self, Write as _};

use super::palette::Colour;

/// What a picture is written to.
pub(super) type Out<'a, 'b> = &'a mut fmt::Formatter<'b>;

/// The colour of lines and outlines.
pub(super) const INK: Colour = Colour(0x33, 0x33, 0x33);
/// The colour of lesser text.
pub(super) const GREY: Colour = Colour(0x59, 0x59, 0x59);

/// Text as it stands in a document: `<`, `>`, `&` and quotes escaped, control characters, which XML forbids, as blanks.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => f.write_char(' '),
            c => f.write_char(c),
        })
    }
}

/// Where text stands relative to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How text looks.
#[derive(Clone, Copy)]
pub(super) struct Font {
    pub(super) size: i32,
    pub(super) bold: bool,
    pub(super) colour: Colour,
    pub(super) anchor: Anchor,
}

impl Font {
    /// The width of a text, on the safe side for every sans-serif.
    pub(super) fn width(self, text: &str) -> i32 {
        let characters = i32::try_from(text.chars().count()).unwrap_or(i32::MAX / 64);
        characters * self.size * if self.bold { 70 } else { 64 } / 100
    }
}

pub(super) fn text(out: Out<'_, '_>, font: Font, (x, y): (i32, i32), text: &str) -> fmt::Result {
    let Font { size, bold, colour, anchor } = font;
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    writeln!(
        out,
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{weight} fill=\"{colour}\" text-anchor=\"{anchor}\">{}</text>",
        Escaped(text)
    )
}

/// A closed shape of one colour, outlined.
pub(super) fn polygon(out: Out<'_, '_>, fill: Colour, points: &[(i32, i32)]) -> fmt::Result {
    out.write_str("<polygon points=\"")?;
    for (i, (x, y)) in points.iter().enumerate() {
        write!(out, "{}{x},{y}", if i == 0 { "" } else { " " })?;
    }
    writeln!(out, "\" fill=\"{fill}\" stroke=\"{INK}\" stroke-width=\"0.6\" stroke-linejoin=\"round\"/>")
}

/// A horizontal line.
pub(super) fn line(out: Out<'_, '_>, (from, to): (i32, i32), y: i32) -> fmt::Result {
    if from >= to {
        return Ok(());
    }
    path(out, format_args!("M{from},{y} H{to}"))
}

/// A line along a path.
pub(super) fn path(out: Out<'_, '_>, path: fmt::Arguments<'_>) -> fmt::Result {
    writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.2\"/>")
}

/// The point of an arrow that ends here, to the right.
pub(super) fn arrowhead(out: Out<'_, '_>, x: i32, y: i32) -> fmt::Result {
    writeln!(out, "<path d=\"M{},{} L{x},{y} L{},{} Z\" fill=\"{INK}\"/>", x - 5, y - 3, x - 5, y + 3)
}

/// A line from one height to another with rounded corners, halfway.
pub(super) fn step(out: Out<'_, '_>, (x0, y0): (i32, i32), (x1, y1): (i32, i32)) -> fmt::Result {
    if y0 == y1 {
        return line(out, (x0, x1), y0);
    }
    let middle = i32::midpoint(x0, x1);
    let radius = ((x1 - x0) / 2).min((y1 - y0).abs() / 2).min(7);
    let (r, down) = (radius, radius * (y1 - y0).signum());
    path(
        out,
        format_args!(
            "M{x0},{y0} H{} Q{middle},{y0} {middle},{} V{} Q{middle},{y1} {},{y1} H{x1}",
            middle - r,
            y0 + down,
            y1 - down,
            middle + r
        ),
    )
}
