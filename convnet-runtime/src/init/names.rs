//! Layers by name, and what is said of a name that none has.

use convnet_geometry::{Architecture, Layer};

use crate::error::Error;

/// How many names a message lists.
const LISTED: usize = 20;

/// What is to be initialised.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Weights,
    Biases,
}

impl Part {
    fn is_of(self, layer: &Layer<'_>) -> bool {
        match self {
            Self::Weights => layer.kind.weights() > 0,
            Self::Biases => layer.kind.biases() > 0,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Biases => "biases",
        }
    }
}

/// Checks that a network has a layer of this name, with weights or biases.
///
/// # Errors
/// [`Error::UnknownLayer`] or [`Error::LayerWithout`].
pub(super) fn check(architecture: &Architecture<'static>, name: &str, part: Part) -> Result<(), Error> {
    let found = architecture.layers().iter().find(|layer| layer.name == name);
    if found.is_some_and(|layer| part.is_of(layer)) {
        return Ok(());
    }
    let those = architecture.layers().iter().filter(|layer| part.is_of(layer)).map(|layer| layer.name);
    let those: Vec<&'static str> = those.collect();
    let (network, layer, part, listed) = (architecture.name(), name.to_owned(), part.name(), list(&those));
    Err(match found {
        Some(_) => Error::LayerWithout { network, layer, part, listed },
        None => Error::UnknownLayer { network, layer, nearest: nearest(name, &those), part, listed },
    })
}

/// `conv1, conv2 and fc1`, or the first of many.
fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [all @ .., last] if names.len() <= LISTED => format!("{} and {last}", all.join(", ")),
        _ => format!("{} and {} more", names[..LISTED].join(", "), names.len() - LISTED),
    }
}

/// The name that was probably meant.
fn nearest(name: &str, names: &[&'static str]) -> Option<&'static str> {
    let by_distance = names.iter().map(|other| (edit_distance(name, other), *other));
    let (distance, nearest) = by_distance.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + name.len() / 4).then_some(nearest)
}

/// Insertions, deletions and replacements that turn one name into the other.
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[row.len() - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, distance) in [("", "", 0), ("fc1", "", 3), ("fc1", "fc2", 1), ("conv1", "cnv11", 2)] {
            assert_eq!((edit_distance(a, b), edit_distance(b, a)), (distance, distance), "{a} {b}");
        }
    }

    #[test]
    fn lists() {
        assert_eq!(list(&[]), "none");
        assert_eq!(list(&["fc1"]), "fc1");
        assert_eq!(list(&["conv1", "conv2", "fc1"]), "conv1, conv2 and fc1");
        assert!(list(&["fc"; 23]).ends_with("fc, fc and 3 more"));
        assert_eq!(list(&["fc"; 23]).matches("fc").count(), LISTED);
    }

    #[test]
    fn the_nearest() {
        let names = ["conv1", "conv2", "plain2.conv1"];
        assert_eq!(nearest("con2", &names), Some("conv2"));
        assert_eq!(nearest("plain1.conv1", &names), Some("plain2.conv1"));
        assert_eq!(nearest("fc1", &names), None);
        assert_eq!(nearest("fc1", &[]), None);
    }
}
