//! How large everything is: the sizes of boxes, labels, branches and chains, in pixels.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::markup::{Anchor, Font, GREY, INK};
use super::palette::Legend;
use super::tree::{Body, Chain, Element, Fork, Solid};
use crate::architecture::Architecture;
use crate::join::{Join, Joint};
use crate::layer::{Layer, LayerKind};
use crate::volume::Volume;

/// The largest volume's height and thickness; the smallest's.
const HEIGHT: i32 = 120;
const THICKNESS: i32 = 44;
const SMALLEST: (i32, i32) = (12, 5);
/// The width of a band.
pub(super) const BAND: i32 = 6;
/// The blank beside a box and its label, both sides together.
const GAP: i32 = 10;
/// The radius of the circle of a sum.
pub(super) const RADIUS: i32 = 8;
/// The room for the lines that part, or meet.
pub(super) const FAN: i32 = 20;
/// The height of a branch that does nothing, and the blank between branches.
const BARE: i32 = 16;
const BETWEEN: i32 = 6;
/// The blank around a framed fork, and its head.
pub(super) const FRAME: i32 = 8;
pub(super) const HEAD: i32 = 18;
/// How far the sheets behind the frame of a repeated fork reach beyond it.
pub(super) const SHEETS: i32 = 6;
/// The distance of lines of a label.
pub(super) const LEADING: i32 = 11;

pub(super) const LABEL: Font = Font { size: 10, bold: true, colour: INK, anchor: Anchor::Middle };
pub(super) const DETAIL: Font = Font { size: 9, bold: false, colour: GREY, anchor: Anchor::Middle };

/// The most characters of a layer's notation.
const NOTATION: usize = 18;

/// What all boxes are drawn in proportion to.
pub(super) struct Scene<'a> {
    pub(super) layers: &'a [Layer<'a>],
    pub(super) legend: Legend<'a>,
    input: Volume,
    side: usize,
    depth: usize,
}

/// The room that something takes: its width, and its heights above and below the line through it.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    pub(super) width: i32,
    pub(super) above: i32,
    pub(super) below: i32,
}

/// A box: `body + bands` wide, its top and side slanted.
#[derive(Clone, Copy)]
pub(super) struct Cuboid {
    pub(super) circle: bool,
    pub(super) body: i32,
    pub(super) bands: i32,
    pub(super) height: i32,
    pub(super) slant: i32,
}

impl Cuboid {
    /// From the line through it to its lower edge.
    pub(super) fn half_height(&self) -> i32 {
        let half = if self.body + self.bands == 0 { 0 } else { self.height / 2 };
        if self.circle { half.max(RADIUS) } else { half }
    }

    /// Everything of it, the circle before it among it.
    pub(super) const fn width(&self) -> i32 {
        let circle = if self.circle { 2 * RADIUS } else { 0 };
        let face = self.body + self.bands;
        if face == 0 { circle } else { circle + if self.circle { BAND } else { 0 } + face + self.slant }
    }
}

/// A branch of a fork: how far below the fork's line its own is.
pub(super) struct Lane {
    pub(super) branch: usize,
    pub(super) offset: i32,
    pub(super) size: Size,
}

impl<'a> Scene<'a> {
    pub(super) fn of(architecture: &Architecture<'a>) -> Self {
        let volumes = || architecture.places().iter().map(|place| place.volume);
        let side = volumes().map(|volume| volume.width.max(volume.height)).max().unwrap_or(1);
        let depth = volumes().map(|volume| volume.depth).max().unwrap_or(1);
        let layers = architecture.layers();
        Self { layers, legend: Legend::of(layers), input: architecture.input(), side, depth }
    }

    fn volume(&self, solid: &Solid) -> Volume {
        match (solid.body, solid.bands.first()) {
            (Body::Layer(layer), _) | (Body::Bands, Some(&layer)) => self.layers[layer].kind.output(),
            _ => self.input,
        }
    }

    pub(super) fn joint(&self, solid: &Solid) -> Option<Joint> {
        match solid.body {
            Body::Layer(layer) => match self.layers[layer].kind {
                LayerKind::Joint(joint) => Some(joint),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn cuboid(&self, solid: &Solid) -> Cuboid {
        let volume = self.volume(solid);
        let circle = self.joint(solid).is_some_and(|joint| joint.join == Join::Sum);
        let bare = circle || solid.body == Body::Bands;
        let body = if bare { 0 } else { scaled(volume.depth, self.depth, THICKNESS).max(SMALLEST.1) };
        let height = scaled(volume.height, self.side, HEIGHT).max(SMALLEST.0);
        let slant = scaled(volume.width, self.side, HEIGHT).max(SMALLEST.0) / 4;
        let bands = pixels(solid.bands.len()) * BAND;
        Cuboid { circle, body, bands, height, slant }
    }

    /// The label, a line each: what made the volume, its options, its size, and the bands that the legend does not name.
    pub(super) fn label(&self, solid: &Solid) -> Vec<(Font, String)> {
        let mut lines = Vec::new();
        match solid.body {
            Body::Input => lines.push((LABEL, "INPUT".to_string())),
            Body::Layer(_) if self.cuboid(solid).circle => {}
            Body::Layer(layer) => Self::notation(&self.layers[layer], &mut lines),
            Body::Bands => {}
        }
        if solid.body != Body::Bands {
            let Volume { width, height, depth } = self.volume(solid);
            lines.push((DETAIL, format!("{width}×{height}×{depth}")));
        }
        let bands = solid.bands.iter().map(|&band| &self.layers[band]);
        let unnamed = bands.filter(|band| solid.body == Body::Bands || !self.legend.names(band));
        lines.extend(unnamed.map(|band| (DETAIL, shortened(band.notation))));
        lines
    }

    /// `CONV3-64`, below it `s2 p1`: what the size of the volume does not say is left out.
    fn notation(layer: &Layer<'_>, lines: &mut Vec<(Font, String)>) {
        if layer.kind.window().is_none() {
            lines.push((LABEL, shortened(layer.notation)));
            return;
        }
        let mut words = layer.notation.split_whitespace();
        lines.push((LABEL, shortened(words.next().unwrap_or_default())));
        let shows = |word: &&str| !["nobias", "floor", "ceil", "uncounted"].contains(word);
        let options: Vec<_> = words.filter(shows).collect();
        if !options.is_empty() {
            lines.push((DETAIL, shortened(&options.join(" "))));
        }
    }

    pub(super) fn solid(&self, solid: &Solid) -> Size {
        let cuboid = self.cuboid(solid);
        let label = self.label(solid);
        let text = label.iter().map(|(font, text)| font.width(text)).max().unwrap_or(0);
        let half = cuboid.half_height();
        Size {
            width: cuboid.width().max(text) + GAP,
            above: half + cuboid.slant,
            below: half + pixels(label.len()) * LEADING + 4,
        }
    }

    pub(super) fn chain(&self, chain: &Chain) -> Size {
        if chain.elements.is_empty() {
            return Size { width: 0, above: BARE / 2, below: BARE / 2 };
        }
        let sizes = chain.elements.iter().map(|element| self.element(element));
        sizes.fold(Size::default(), |all, one| Size {
            width: all.width + one.width,
            above: all.above.max(one.above),
            below: all.below.max(one.below),
        })
    }

    pub(super) fn element(&self, element: &Element) -> Size {
        match element {
            Element::Solid(solid) => self.solid(solid),
            Element::Fork(fork) => self.fork(fork),
        }
    }

    pub(super) fn fork(&self, fork: &Fork) -> Size {
        let (lanes, joint) = (self.lanes(fork), self.solid(&fork.joint));
        let above = lanes.iter().map(|lane| lane.size.above - lane.offset).max().unwrap_or(0);
        let below = lanes.iter().map(|lane| lane.size.below + lane.offset).max().unwrap_or(0);
        let sheets = if fork.times > 1 { SHEETS } else { 0 };
        Size {
            width: 2 * FRAME + 2 * FAN + widest(&lanes) + joint.width + sheets,
            above: above.max(joint.above) + FRAME + HEAD + sheets,
            below: below.max(joint.below) + FRAME,
        }
    }

    /// The branches from top to bottom. Those of a sum that do nothing stand above the first that does something, which
    /// stands on the fork's line; those of a stack stand around the line, one of an odd number on it.
    pub(super) fn lanes(&self, fork: &Fork) -> Vec<Lane> {
        let is_sum = self.joint(&fork.joint).is_some_and(|joint| joint.join == Join::Sum);
        let mut order: Vec<_> = (0..fork.branches.len()).collect();
        if is_sum {
            order.sort_by_key(|&branch| !fork.branches[branch].elements.is_empty());
        }
        let mut lanes = Vec::with_capacity(order.len());
        let mut top = 0;
        for branch in order {
            let size = self.chain(&fork.branches[branch]);
            lanes.push(Lane { branch, offset: top + size.above, size });
            top += size.above + size.below + BETWEEN;
        }
        let works: Vec<_> =
            lanes.iter().filter(|lane| !fork.branches[lane.branch].elements.is_empty()).collect();
        let main = if is_sum {
            works.first()
        } else if works.len() % 2 == 1 {
            works.get(works.len() / 2)
        } else {
            None
        };
        let line = main.map_or((top - BETWEEN) / 2, |main| main.offset);
        lanes.iter_mut().for_each(|lane| lane.offset -= line);
        lanes
    }
}

/// The width of the widest branch.
pub(super) fn widest(lanes: &[Lane]) -> i32 {
    lanes.iter().map(|lane| lane.size.width).max().unwrap_or(0)
}

/// The square root of `size` in proportion to that of the largest, which is given in pixels.
fn scaled(size: usize, largest: usize, pixels: i32) -> i32 {
    let square = u128::from(pixels.unsigned_abs()).pow(2);
    let root = (size as u128 * square / (largest as u128).max(1)).isqrt();
    i32::try_from(root).unwrap_or(pixels)
}

fn pixels(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 1024)
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= NOTATION {
        return text.to_string();
    }
    text.chars().take(NOTATION - 1).chain(core::iter::once('…')).collect()
}
