//! Colours: Okabe and Ito's, which the colour-blind tell apart and which differ in print.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::layer::{Layer, LayerKind};

/// What a colour stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Input,
    Convolution,
    Pooling,
    Dense,
    Own,
    Join,
    Normalization,
    Activation,
    Dropout,
}

impl Class {
    pub(super) const ALL: [Self; 9] = [
        Self::Input,
        Self::Convolution,
        Self::Pooling,
        Self::Dense,
        Self::Own,
        Self::Join,
        Self::Normalization,
        Self::Activation,
        Self::Dropout,
    ];

    pub(super) const fn of(kind: &LayerKind) -> Self {
        match kind {
            LayerKind::Convolution(_) | LayerKind::Local(_) => Self::Convolution,
            LayerKind::Pooling(_) | LayerKind::FractionalPooling(_) => Self::Pooling,
            LayerKind::Dense(_) => Self::Dense,
            LayerKind::Activation(_) | LayerKind::PRelu(_) | LayerKind::Maxout(_) => Self::Activation,
            LayerKind::BatchNorm(_) | LayerKind::ResponseNorm(_) => Self::Normalization,
            LayerKind::Dropout(_) => Self::Dropout,
            LayerKind::Joint(_) => Self::Join,
            LayerKind::Custom(_) => Self::Own,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Convolution => "convolution",
            Self::Pooling => "pooling",
            Self::Dense => "fully connected",
            Self::Own => "own layer",
            Self::Join => "join",
            Self::Normalization => "normalization",
            Self::Activation => "activation",
            Self::Dropout => "dropout",
        }
    }

    pub(super) const fn colour(self) -> Colour {
        match self {
            Self::Input => Colour(0xE8, 0xE8, 0xE8),
            Self::Convolution => Colour(0x56, 0xB4, 0xE9),
            Self::Pooling => Colour(0xD5, 0x5E, 0x00),
            Self::Dense => Colour(0x00, 0x9E, 0x73),
            Self::Own => Colour(0xE6, 0x9F, 0x00),
            Self::Join => Colour(0x60, 0x60, 0x60),
            Self::Normalization => Colour(0xF0, 0xE4, 0x42),
            Self::Activation => Colour(0x00, 0x4D, 0x85),
            Self::Dropout => Colour(0xCC, 0x79, 0xA7),
        }
    }
}

/// Red, green and blue.
#[derive(Clone, Copy)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

impl Colour {
    /// The top of a box.
    pub(super) const fn lighter(self) -> Self {
        Self(Self::mix(self.0, 255), Self::mix(self.1, 255), Self::mix(self.2, 255))
    }

    /// The side of a box.
    pub(super) const fn darker(self) -> Self {
        Self(Self::mix(self.0, 0), Self::mix(self.1, 0), Self::mix(self.2, 0))
    }

    const fn mix(part: u8, with: u8) -> u8 {
        // The midpoint of the colour and a midpoint: a quarter of the way.
        part.midpoint(part.midpoint(with))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }
}

/// The colours of a network, and what it calls the layers of each class.
pub(super) struct Legend<'a> {
    layers: &'a [Layer<'a>],
}

impl<'a> Legend<'a> {
    pub(super) const fn of(layers: &'a [Layer<'a>]) -> Self {
        Self { layers }
    }

    /// The notations of a class, each once.
    fn notations(&self, class: Class) -> Vec<&'a str> {
        let mut notations = Vec::new();
        for layer in self.layers.iter().filter(|layer| Class::of(&layer.kind) == class) {
            if !notations.contains(&layer.notation) {
                notations.push(layer.notation);
            }
        }
        notations
    }

    /// Whether the legend names the layer, so that its band needs no label.
    pub(super) fn names(&self, layer: &Layer<'_>) -> bool {
        self.notations(Class::of(&layer.kind)).len() == 1
    }

    fn has_locals(&self) -> bool {
        self.layers.iter().any(|layer| matches!(layer.kind, LayerKind::Local(_)))
    }

    /// The entries: a class, and a text.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Class, String)> {
        Class::ALL.into_iter().filter_map(|class| {
            let text = match (class, &*self.notations(class)) {
                (Class::Input, _) => class.name().into(),
                (_, []) => return None,
                (Class::Convolution, _) if self.has_locals() => "convolution, LOCAL".into(),
                (Class::Join, joints) => format!("{} ({})", class.name(), joints.join(", ")),
                (Class::Normalization | Class::Activation | Class::Dropout, [only]) => String::from(*only),
                _ => class.name().into(),
            };
            Some((class, text))
        })
    }
}
