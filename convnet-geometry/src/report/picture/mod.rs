//! The picture of a network: an SVG document of its own.
//!
//! `tree` makes chains and forks of the layers, `scene` measures them, `draw` draws them, in the colours of `palette`
//! and the elements of `markup`. Here the chain of the whole network is cut into rows, below a title and a legend.

mod draw;
mod markup;
mod palette;
mod scene;
mod tree;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use self::markup::{Anchor, Escaped, Font, GREY, INK, Out, arrowhead, path, text};
use self::palette::Legend;
use self::scene::{Scene, Size};
use self::tree::Element;
use crate::architecture::Architecture;
use crate::numbers::{Grouped, Rounded};
use crate::volume::Volume;

/// The widest that rows become, unless one element is wider.
const WIDEST: i32 = 1560;
/// The blank around the picture.
const MARGIN: i32 = 20;
/// Between rows, where the line from one to the next runs.
const GUTTER: i32 = 34;
/// Before the rows after the first, for the line that comes from above.
const INDENT: i32 = 20;
/// The heights of the title and of a line of the legend.
const TITLE: i32 = 52;
const LEGEND_LINE: i32 = 20;
/// A colour of the legend, and the blanks after it and after its text.
const SWATCH: i32 = 12;

const NAME: Font = Font { size: 18, bold: true, colour: INK, anchor: Anchor::Start };
const FACTS: Font = Font { size: 12, bold: false, colour: GREY, anchor: Anchor::Start };
const ENTRY: Font = Font { size: 11, bold: false, colour: INK, anchor: Anchor::Start };

pub(super) fn write(architecture: &Architecture<'_>, out: Out<'_, '_>) -> fmt::Result {
    let scene = Scene::of(architecture);
    let chain = tree::of(architecture);
    let rows = rows(&scene, &chain.elements);
    let facts = facts(architecture);
    let drawn = rows.iter().map(|row| row.size.width).max().unwrap_or(0);
    let width = drawn.max(NAME.width(architecture.name())).max(FACTS.width(&facts)) + 2 * MARGIN;
    let legend = place_legend(&scene.legend, width - MARGIN);
    let head = TITLE + legend.last().map_or(0, |&(_, y)| y + LEGEND_LINE) + MARGIN;
    let heights = rows.iter().map(|row| row.size.above + row.size.below + GUTTER);
    let height = head + heights.sum::<i32>() - GUTTER + MARGIN;
    write_head(out, architecture.name(), &facts, width, height)?;
    write_legend(out, &scene.legend, &legend)?;
    write_rows(out, &scene, &rows, head)?;
    writeln!(out, "</g>\n</svg>")
}

fn facts(architecture: &Architecture<'_>) -> String {
    let side = |volume: Volume| format!("{}×{}×{}", volume.width, volume.height, volume.depth);
    let (input, output) = (side(architecture.input()), side(architecture.output()));
    let (parameters, macs) = (Grouped(architecture.parameters() as u64), Rounded(architecture.macs()));
    format!("{input} → {output}, {parameters} parameters, {macs} multiply-accumulates")
}

/// Elements that stand side by side.
struct Row<'a> {
    elements: &'a [Element],
    size: Size,
}

/// As few rows as fit, of widths as equal as can be.
fn rows<'a>(scene: &Scene<'_>, elements: &'a [Element]) -> Vec<Row<'a>> {
    let sizes: Vec<_> = elements.iter().map(|element| scene.element(element)).collect();
    let count = cut(&sizes, WIDEST).len();
    // The narrowest that needs no more rows.
    let (mut narrow, mut wide) = (0, WIDEST);
    while narrow < wide {
        let middle = i32::midpoint(narrow, wide);
        if cut(&sizes, middle).len() > count { narrow = middle + 1 } else { wide = middle }
    }
    let mut rest = elements;
    let rows = cut(&sizes, wide).into_iter().map(|(length, size)| {
        let (elements, after) = rest.split_at(length);
        rest = after;
        Row { elements, size }
    });
    rows.collect()
}

/// Fills rows of a width one after the other: how many elements each takes, and its size.
fn cut(sizes: &[Size], width: i32) -> Vec<(usize, Size)> {
    let mut rows: Vec<(usize, Size)> = Vec::new();
    for &Size { width: wide, above, below } in sizes {
        match rows.last_mut() {
            Some((length, row)) if row.width + wide <= width => {
                *length += 1;
                row.width += wide;
                row.above = row.above.max(above);
                row.below = row.below.max(below);
            }
            _ => {
                let indent = if rows.is_empty() { 0 } else { INDENT };
                rows.push((1, Size { width: wide + indent, above, below }));
            }
        }
    }
    rows
}

/// Where the entries of the legend stand, below the title: in lines up to `right`.
fn place_legend(legend: &Legend<'_>, right: i32) -> Vec<(i32, i32)> {
    let (mut x, mut y) = (MARGIN, 0);
    let entry = |(_, text): (_, String)| {
        let width = SWATCH + 6 + ENTRY.width(&text);
        if x > MARGIN && x + width > right {
            (x, y) = (MARGIN, y + LEGEND_LINE);
        }
        let at = (x, y);
        x += width + 16;
        at
    };
    legend.entries().map(entry).collect()
}

fn write_head(out: Out<'_, '_>, name: &str, facts: &str, width: i32, height: i32) -> fmt::Result {
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
    )?;
    writeln!(out, "<title>{}</title>\n<desc>{}</desc>", Escaped(name), Escaped(facts))?;
    writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#FFFFFF\"/>")?;
    writeln!(out, "<g font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">")?;
    text(out, NAME, (MARGIN, MARGIN + 8), name)?;
    text(out, FACTS, (MARGIN, MARGIN + 26), facts)
}

fn write_legend(out: Out<'_, '_>, legend: &Legend<'_>, places: &[(i32, i32)]) -> fmt::Result {
    for ((class, label), &(x, y)) in legend.entries().zip(places) {
        let top = TITLE + 8 + y;
        writeln!(
            out,
            "<rect x=\"{x}\" y=\"{top}\" width=\"{SWATCH}\" height=\"{SWATCH}\" fill=\"{}\" stroke=\"{INK}\" stroke-width=\"0.6\"/>",
            class.colour()
        )?;
        text(out, ENTRY, (x + SWATCH + 6, top + SWATCH - 2), &label)?;
    }
    Ok(())
}

fn write_rows(out: Out<'_, '_>, scene: &Scene<'_>, rows: &[Row<'_>], head: i32) -> fmt::Result {
    let mut top = head;
    for (i, row) in rows.iter().enumerate() {
        let Size { width, above, below } = row.size;
        let (y, bottom) = (top + above, top + above + below);
        let left = if i == 0 { MARGIN } else { MARGIN + INDENT };
        scene.draw_all(out, row.elements, left, y)?;
        if let Some(next) = rows.get(i + 1) {
            write_turn(out, (MARGIN + width, y), bottom + GUTTER / 2, bottom + GUTTER + next.size.above)?;
        }
        top = bottom + GUTTER;
    }
    Ok(())
}

/// The line from the end of a row, through the gutter, to the beginning of the next.
fn write_turn(out: Out<'_, '_>, (x, y): (i32, i32), gutter: i32, next: i32) -> fmt::Result {
    let right = x + 8;
    path(
        out,
        format_args!(
            "M{x},{y} Q{right},{y} {right},{} V{} Q{right},{gutter} {},{gutter} H{} Q{MARGIN},{gutter} {MARGIN},{} V{} Q{MARGIN},{next} {},{next} H{}",
            y + 8,
            gutter - 8,
            right - 8,
            MARGIN + 8,
            gutter + 8,
            next - 8,
            MARGIN + 8,
            MARGIN + INDENT,
        ),
    )?;
    arrowhead(out, MARGIN + INDENT, next)
}
