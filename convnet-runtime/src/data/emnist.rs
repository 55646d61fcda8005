//! EMNIST: handwritten digits and letters in MNIST's format.
//!
//! G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to handwritten letters", 2017. Its
//! files differ from MNIST's in two ways: images lie column by column, and the labels of the letters begin with 1.

use std::path::Path;

use super::idx::{Options, Orientation};
use super::images::LabelledImages;
use super::roles::TestSet;
use crate::error::Error;

/// The parts that EMNIST is published in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Split {
    /// Digits, capital and small letters: 62 classes, as often as people write them.
    ByClass,
    /// As `ByClass`, where small letters that look like their capitals are one class with them: 47 classes.
    ByMerge,
    /// The classes of `ByMerge`, equally often.
    Balanced,
    /// Letters, capital and small ones together: 26 classes.
    Letters,
    /// Digits, equally often.
    Digits,
    /// Digits, as many as MNIST has.
    Mnist,
}

impl Split {
    /// The name that is part of the files' names.
    pub fn name(self) -> &'static str {
        match self {
            Self::ByClass => "byclass",
            Self::ByMerge => "bymerge",
            Self::Balanced => "balanced",
            Self::Letters => "letters",
            Self::Digits => "digits",
            Self::Mnist => "mnist",
        }
    }

    /// What each class is, in the order of their labels; a merged one is called by its capital letter.
    pub fn class_names(self) -> impl Iterator<Item = char> {
        let (digits, capitals, small) = match self {
            Self::ByClass => ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"),
            Self::ByMerge | Self::Balanced => ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abdefghnqrt"),
            Self::Letters => ("", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", ""),
            Self::Digits | Self::Mnist => ("0123456789", "", ""),
        };
        [digits, capitals, small].into_iter().flat_map(str::chars)
    }

    /// How its files are to be read.
    pub fn options(self) -> Options {
        let first_label = u8::from(self == Self::Letters);
        let options = Options::new(self.class_names().count()).first_label(first_label);
        options.orientation(Orientation::Columns)
    }
}

/// Reads a split from a directory that holds its four files under their usual names,
/// `emnist-balanced-train-images-idx3-ubyte` and so on, each plain or with `.gz` at its end: the images to train on, then
/// those to test on. Classes have their names.
///
/// # Errors
/// Those of [`Options::read`]; [`Error::Io`] names the first file that is missing.
pub fn read_emnist(
    directory: impl AsRef<Path>,
    split: Split,
) -> Result<(LabelledImages, TestSet<LabelledImages>), Error> {
    let read = |part: &str| {
        let name = format!("emnist-{}-{part}", split.name());
        let images = split.options().read_pair(directory.as_ref(), &name)?;
        images.with_class_names(split.class_names().map(String::from).collect())
    };
    Ok((read("train")?, TestSet::new(read("test")?)))
}
