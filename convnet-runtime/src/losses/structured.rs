//! STRUCTURED: the structured support vector machine, on structures that a user's type describes.

use std::hash::Hash;

use convnet_geometry::Volume;

use super::{Evaluation, Loss, LossValue, Tally, check_count, rows};
use crate::error::Error;
use crate::scalar::Scalar;

/// What a [`Structured`] loss chooses between: graphs, trees, sequences of labels, anything with parts that depend on
/// one another.
///
/// `outputs` are those of the network for one image, `[H, W, D]`, row-major. They hold no NaN.
///
/// ```
/// use convnet_geometry::Volume;
/// use convnet_runtime::Scalar;
/// use convnet_runtime::losses::Structure;
///
/// /// The simplest structure: a class, whose score is an output, and all mistakes cost 1.
/// #[derive(Clone, Default)]
/// struct Class;
///
/// impl<T: Scalar> Structure<T> for Class {
///     type Target = usize;
///
///     fn check(&self, output: Volume, &class: &usize) -> Result<(), String> {
///         let classes = output.count();
///         if class < classes { Ok(()) } else { Err(format!("class {class} of {classes}")) }
///     }
///
///     fn score(&self, outputs: &[T], &class: &usize, weight: T, gradient: &mut [T]) -> T {
///         gradient[class] += weight;
///         outputs[class]
///     }
///
///     fn cost(&self, target: &usize, structure: &usize) -> T {
///         if structure == target { T::zero() } else { T::one() }
///     }
///
///     fn rival(&self, outputs: &[T], &target: &usize) -> usize {
///         let wrong = (0..outputs.len()).filter(|&class| class != target);
///         wrong.reduce(|best, class| if outputs[class] > outputs[best] { class } else { best }).expect("two classes")
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no structure: it does not implement `Structure<{T}>`",
    note = "implement it for every scalar: `impl<T: convnet::Scalar> convnet::losses::Structure<T> for {Self} {{ ... }}`"
)]
pub trait Structure<T: Scalar>: Default + Clone + Send + Sync {
    /// A structure: a label for each element of a sequence, say. What tells two of them apart goes into the hash, by
    /// which a gradient check sees that another one was chosen.
    type Target: Hash + Send + Sync + 'static;

    /// Whether a target fits the network's output, and there are others that it could be mistaken for.
    ///
    /// # Errors
    /// What does not fit, to end the sentence "the target of image 3 does not fit: ...".
    fn check(&self, output: Volume, target: &Self::Target) -> Result<(), String>;

    /// The score of a structure: any function of the outputs that can be differentiated.
    ///
    /// Its gradient by the outputs, times the weight, is added to `gradient`, `[H, W, D]`.
    fn score(&self, outputs: &[T], structure: &Self::Target, weight: T, gradient: &mut [T]) -> T;

    /// What it costs to take the target for this structure: 0 for the target itself, else above 0.
    fn cost(&self, target: &Self::Target, structure: &Self::Target) -> T;

    /// The structure other than the target with the largest score + cost: loss-augmented inference.
    ///
    /// An answer that is not the best one makes the loss too small.
    fn rival(&self, outputs: &[T], target: &Self::Target) -> Self::Target;
}

/// Structured SVM: `L_i = max(0, max over y' != y of (score(y') + cost(y, y')) - score(y))`, the notes' chapter on
/// losses.
///
/// Targets are structures, one for each image. A margin of exactly 0 has gradient 0. Nothing is allocated here, except
/// what [`Structure::rival`] allocates.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Structured<S> {
    structure: S,
}

impl<S> Structured<S> {
    /// The loss on these structures.
    pub const fn new(structure: S) -> Self {
        Self { structure }
    }

    /// What it chooses between.
    pub const fn structure(&self) -> &S {
        &self.structure
    }
}

impl<T: Scalar, S: Structure<T>> Loss<T> for Structured<S> {
    type Targets<'a> = &'a [S::Target];

    fn check(&self, output: Volume, images: usize, targets: &[S::Target]) -> Result<(), Error> {
        check_count(images, targets.len())?;
        for (image, target) in targets.iter().enumerate() {
            let checked = self.structure.check(output, target);
            checked.map_err(|reason| Error::StructureTarget { image, reason })?;
        }
        Ok(())
    }

    fn evaluate(&self, mut at: Evaluation<'_, T, &[S::Target]>) -> LossValue<T> {
        let (images, mut tally) = (T::from_f64(at.images as f64), Tally::new(at.per_image));
        for (outputs, gradient, target) in rows(at.scores, at.gradient, at.targets) {
            gradient.fill(T::zero());
            // No inference is asked to put NaN in order; it must not vanish either.
            if let Some(&nan) = outputs.iter().find(|output| output.is_nan()) {
                gradient.fill(nan);
                tally.add(nan.as_f64());
                tally.end_image();
                continue;
            }
            let rival = self.structure.rival(outputs, target);
            let wrong = self.structure.score(outputs, &rival, T::one() / images, gradient);
            let right = self.structure.score(outputs, target, -T::one() / images, gradient);
            let margin = wrong - right + self.structure.cost(target, &rival);
            let is_violated = margin > T::zero() || margin.is_nan();
            if is_violated {
                tally.add(margin.as_f64());
            } else {
                gradient.fill(T::zero());
            }
            if let Some(kinks) = at.kinks.as_deref_mut() {
                kinks.decision(is_violated);
                kinks.choice(&is_violated.then_some(&rival));
            }
            tally.end_image();
        }
        tally.mean(at.images)
    }
}
