//! A preprocessing as numbers with names, to be saved and made again.

use super::fitted::Preprocessing;
use super::kind::{self, Kind};
use crate::error::Error;

/// What a [`Preprocessing`] consists of: the same parts make one that gives the same bits.
#[derive(Clone, PartialEq, Debug)]
pub struct PreprocessingParts {
    /// What it does, for people; it is not read back.
    pub description: String,
    /// What it does, as a tag that does not change: `mean:number`, `normalize:channel:dataset`, `range:dataset`, `pca`, `whitening`,
    /// `random-projection` and the like.
    pub kind: String,
    /// The shape of the images that it was fitted on, `[H, W, D]`.
    pub input_shape: [usize; 3],
    /// The name, the shape and the numbers, row-major, of each tensor.
    pub tensors: Vec<(String, Vec<usize>, Vec<f64>)>,
}

/// The tensors of a preprocessing, of names and shapes that fit its kind.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Tensors(Vec<(&'static str, Vec<usize>, Vec<f64>)>);

impl Tensors {
    /// Of numbers that were fitted.
    pub(super) fn of(kind: Kind, shape: [usize; 3], fitted: Vec<(&'static str, Vec<f64>)>) -> Self {
        let of_image = shape.iter().product::<usize>();
        let components = fitted.iter().find(|(name, _)| *name == kind::COMPONENTS);
        let dimensions = components.map_or(0, |(_, numbers)| numbers.len() / of_image);
        let shapes = kind.tensors(shape, dimensions);
        let with_shape = |((name, numbers), (expected, shape)): ((_, Vec<f64>), (_, Vec<usize>))| {
            debug_assert!(name == expected && shape.iter().product::<usize>() == numbers.len(), "{name}");
            (name, shape, numbers)
        };
        Self(fitted.into_iter().zip(shapes).map(with_shape).collect())
    }

    /// Of numbers that were saved.
    ///
    /// # Errors
    /// What does not fit.
    fn checked(
        kind: Kind,
        shape: [usize; 3],
        saved: Vec<(String, Vec<usize>, Vec<f64>)>,
    ) -> Result<Self, String> {
        let of_image = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        let of_image = of_image.filter(|&numbers| numbers > 0);
        let of_image = of_image.ok_or_else(|| format!("{shape:?} is no shape of images"))?;
        let components = saved.iter().find(|(name, ..)| name == kind::COMPONENTS);
        let dimensions = components.and_then(|(_, shape, _)| shape.first().copied()).unwrap_or(0);
        if kind.projects() && !(1..=of_image).contains(&dimensions) {
            return Err(format!("it has {dimensions} components, where 1 to {of_image} can be"));
        }
        let expected = kind.tensors(shape, dimensions);
        if saved.len() != expected.len() {
            let names: Vec<_> = expected.iter().map(|(name, _)| *name).collect();
            return Err(format!("it has {} tensors in place of {}", saved.len(), names.join(", ")));
        }
        let checked = expected.into_iter().map(|(name, shape)| {
            let found = saved.iter().find(|(found, ..)| found == name);
            let (_, found, numbers) = found.ok_or_else(|| format!("it has no tensor `{name}`"))?;
            check_tensor(name, &shape, found, numbers)?;
            Ok((name, shape, numbers.clone()))
        });
        checked.collect::<Result<_, String>>().map(Self)
    }

    /// The numbers of a tensor, of which there are none if there is no such tensor.
    pub(super) fn numbers(&self, name: &str) -> &[f64] {
        self.0.iter().find(|(of, ..)| *of == name).map_or(&[], |(_, _, numbers)| numbers)
    }
}

fn check_tensor(name: &str, expected: &[usize], found: &[usize], numbers: &[f64]) -> Result<(), String> {
    if found != expected {
        return Err(format!("`{name}` has the shape {found:?}, where {expected:?} is needed"));
    }
    // No overflow: it is the shape of images, of which there are no more than numbers of one.
    let count = expected.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
    if count != Some(numbers.len()) {
        return Err(format!("`{name}` has {} numbers, which its shape {found:?} is not of", numbers.len()));
    }
    if let Some(position) = numbers.iter().position(|number| !number.is_finite()) {
        return Err(format!("number {position} of `{name}` is {}", numbers[position]));
    }
    Ok(())
}

impl Preprocessing {
    /// What it consists of, to be saved.
    pub fn parts(&self) -> PreprocessingParts {
        let (kind, tensors) = self.contents();
        let named = |(name, shape, numbers): &(&str, Vec<usize>, Vec<f64>)| {
            ((*name).to_owned(), shape.clone(), numbers.clone())
        };
        PreprocessingParts {
            description: self.description(),
            kind: kind.to_string(),
            input_shape: self.input_shape(),
            tensors: tensors.0.iter().map(named).collect(),
        }
    }

    /// Of parts that were saved: it gives the same bits as the one that they were saved of.
    ///
    /// # Errors
    /// [`Error::PreprocessingParts`] if the kind is none, or a tensor is missing, too many, of another shape, or of numbers that are
    /// not finite or that its kind cannot have.
    pub fn from_parts(parts: PreprocessingParts) -> Result<Self, Error> {
        let PreprocessingParts { kind: tag, input_shape, tensors, .. } = parts;
        let made = tag
            .parse::<Kind>()
            .and_then(|kind| Self::new(kind, input_shape, Tensors::checked(kind, input_shape, tensors)?));
        made.map_err(|reason| Error::PreprocessingParts { kind: tag, reason })
    }
}
