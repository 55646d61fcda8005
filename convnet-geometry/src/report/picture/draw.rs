//! Draws what has been measured.

use alloc::format;
use alloc::string::ToString;
use core::fmt;

use super::markup::{Anchor, Escaped, Font, INK, Out, arrowhead, line, polygon, step, text};
use super::palette::{Class, Colour};
use super::scene::{BAND, Cuboid, FAN, FRAME, HEAD, LEADING, RADIUS, SHEETS, Scene, widest};
use super::tree::{Body, Chain, Element, Fork, Solid};
use crate::numbers::Grouped;

/// The ground of a frame, and its edge.
const GROUND: Colour = Colour(0xF6, 0xF6, 0xF6);
const EDGE: Colour = Colour(0xC8, 0xC8, 0xC8);
const NAME: Font = Font { size: 10, bold: false, colour: INK, anchor: Anchor::Start };

impl Scene<'_> {
    /// Draws elements one after the other on the line at `y`.
    pub(super) fn draw_all(&self, out: Out<'_, '_>, elements: &[Element], mut x: i32, y: i32) -> fmt::Result {
        for element in elements {
            match element {
                Element::Solid(solid) => self.draw_solid(out, solid, x, y)?,
                Element::Fork(fork) => self.draw_fork(out, fork, x, y)?,
            }
            x += self.element(element).width;
        }
        Ok(())
    }

    /// A frame, the branches, the lines to and from them, and the joint.
    fn draw_fork(&self, out: Out<'_, '_>, fork: &Fork, x: i32, y: i32) -> fmt::Result {
        self.draw_frame(out, fork, x, y)?;
        let lanes = self.lanes(fork);
        let width = widest(&lanes);
        let (from, begin) = (x + FRAME / 2, x + FRAME + FAN);
        let (end, joint) = (begin + width, begin + width + FAN);
        line(out, (x, from), y)?;
        for lane in &lanes {
            let (branch, at) = (&fork.branches[lane.branch], y + lane.offset);
            step(out, (from, y), (begin, at))?;
            step(out, (end, at), (joint, y))?;
            // In the middle of the widest.
            let left = begin + (width - lane.size.width) / 2;
            line(out, (begin, left), at)?;
            line(out, (left + lane.size.width, end), at)?;
            self.draw_chain(out, branch, left, at)?;
        }
        self.draw_solid(out, &fork.joint, joint, y)?;
        let after = joint + self.solid(&fork.joint).width;
        let right = if self.is_last(&fork.joint) { after } else { x + self.fork(fork).width };
        line(out, (after, right), y)
    }

    /// Whether nothing follows the volume.
    fn is_last(&self, solid: &Solid) -> bool {
        let last = self.layers.len() - 1;
        solid.body == Body::Layer(last) || solid.bands.contains(&last)
    }

    fn draw_chain(&self, out: Out<'_, '_>, chain: &Chain, x: i32, y: i32) -> fmt::Result {
        self.draw_all(out, &chain.elements, x, y)
    }

    /// The ground behind a fork, with its name, and how often it stands there; more grounds behind it if it is repeated.
    fn draw_frame(&self, out: Out<'_, '_>, fork: &Fork, x: i32, y: i32) -> fmt::Result {
        let size = self.fork(fork);
        let sheets = if fork.times > 1 { SHEETS } else { 0 };
        let (left, top) = (x + 2, y - size.above + sheets + 2);
        let (width, height) = (size.width - sheets - 4, size.above + size.below - sheets - 4);
        for offset in (0..=sheets).rev().step_by(3) {
            writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{GROUND}\" stroke=\"{EDGE}\"/>",
                left + offset,
                top - offset
            )?;
        }
        let Body::Layer(first) = fork.joint.body else { return Ok(()) };
        let (first, last) = (block(self.layers[first].name), block(self.layers[fork.last].name));
        let name = if fork.times > 1 { format!("{first} … {last}") } else { first.to_string() };
        let line = top + HEAD - 5;
        text(out, NAME, (left + 7, line), &name)?;
        if fork.times > 1 {
            let times = Font { size: 12, bold: true, anchor: Anchor::End, ..NAME };
            text(out, times, (left + width - 7, line), &format!("×{}", fork.times))?;
        }
        Ok(())
    }

    fn draw_solid(&self, out: Out<'_, '_>, solid: &Solid, x: i32, y: i32) -> fmt::Result {
        let (size, cuboid) = (self.solid(solid), self.cuboid(solid));
        let left = x + (size.width - cuboid.width()) / 2;
        writeln!(out, "<g>")?;
        self.draw_title(out, solid)?;
        let middle = x + size.width / 2;
        let from = if solid.body == Body::Input { middle } else { x };
        let to = if self.is_last(solid) { middle } else { x + size.width };
        line(out, (from, to), y)?;
        if solid.body != Body::Input {
            arrowhead(out, left, y)?;
        }
        let mut face = left;
        if cuboid.circle {
            draw_circle(out, left + RADIUS, y)?;
            face += 2 * RADIUS + BAND;
        }
        self.draw_cuboid(out, solid, cuboid, face, y)?;
        let mut below = y + cuboid.half_height() + LEADING;
        for (font, label) in self.label(solid) {
            text(out, font, (middle, below), &label)?;
            below += LEADING;
        }
        writeln!(out, "</g>")
    }

    /// The front and the top of each part, and the side, in the colour of what made the volume.
    fn draw_cuboid(&self, out: Out<'_, '_>, solid: &Solid, cuboid: Cuboid, x: i32, y: i32) -> fmt::Result {
        let Cuboid { body, height, slant, .. } = cuboid;
        let body_class = match solid.body {
            Body::Layer(layer) => Class::of(&self.layers[layer].kind),
            Body::Input | Body::Bands => Class::Input,
        };
        let bands = solid.bands.iter().map(|&band| (Class::of(&self.layers[band].kind), BAND));
        let parts = core::iter::once((body_class, body)).chain(bands).filter(|&(_, width)| width > 0);
        let (top, bottom) = (y - height / 2, y - height / 2 + height);
        let (mut left, mut first) = (x, None);
        for (class, width) in parts {
            let (colour, right) = (class.colour(), left + width);
            polygon(out, colour, &[(left, top), (right, top), (right, bottom), (left, bottom)])?;
            let far = top - slant;
            polygon(
                out,
                colour.lighter(),
                &[(left, top), (right, top), (right + slant, far), (left + slant, far)],
            )?;
            (left, first) = (right, first.or(Some(colour)));
        }
        let Some(colour) = first else { return Ok(()) };
        let (far, side) = (left + slant, colour.darker());
        polygon(out, side, &[(left, top), (far, top - slant), (far, bottom - slant), (left, bottom)])
    }

    /// What a pointer over the box shows: the layers, a line each.
    fn draw_title(&self, out: Out<'_, '_>, solid: &Solid) -> fmt::Result {
        write!(out, "<title>")?;
        let body = match solid.body {
            Body::Layer(layer) => Some(layer),
            Body::Input | Body::Bands => None,
        };
        if solid.body == Body::Input {
            write!(out, "input")?;
        }
        for (i, layer) in body.into_iter().chain(solid.bands.iter().copied()).enumerate() {
            let layer = &self.layers[layer];
            let separator = if i == 0 && solid.body != Body::Input { "" } else { "\n" };
            let (name, notation, output) =
                (Escaped(layer.name), Escaped(layer.notation), layer.kind.output());
            write!(out, "{separator}{name}: {notation} {output}")?;
            if layer.kind.parameters() > 0 {
                write!(out, ", {} parameters", Grouped(layer.kind.parameters() as u64))?;
            }
        }
        writeln!(out, "</title>")
    }
}

/// The name of the block that a joint stands in, or its own.
fn block(joint: &str) -> &str {
    joint.rsplit_once('.').map_or(joint, |(block, _)| block)
}

/// A plus in a circle.
fn draw_circle(out: Out<'_, '_>, x: i32, y: i32) -> fmt::Result {
    let (colour, arm) = (Class::Join.colour(), RADIUS - 4);
    writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{RADIUS}\" fill=\"{colour}\"/>")?;
    writeln!(
        out,
        "<path d=\"M{},{y} H{} M{x},{} V{}\" stroke=\"#FFFFFF\" stroke-width=\"2\"/>",
        x - arm,
        x + arm,
        y - arm,
        y + arm
    )
}
