//! Training data divided into training and validation: once, or in folds.
//!
//! Which image goes where depends on the seed, the number of images and, where classes are divided alike, their labels.

use std::ops::Range;
use std::sync::Arc;

use rand::seq::SliceRandom;

use super::dataset::Dataset;
use super::roles::{TrainingSet, ValidationSet};
use super::subset::{Side, Subset};
use crate::error::Error;
use crate::random::{self, Purpose};

/// Training images and those to validate on.
type Divided<D> = (TrainingSet<Subset<D>>, ValidationSet<Subset<D>>);

impl<D: Dataset> TrainingSet<D> {
    /// Takes a share of the images, drawn by the seed, for validation: 0.1 leaves nine tenths to train on.
    ///
    /// A smaller share with the same seed takes some of the same images.
    ///
    /// # Errors
    /// [`Error::Option`] if the share is not between 0 and 1, or leaves either set without an image.
    pub fn split(self, share: f64, seed: u64) -> Result<Divided<D>, Error> {
        let count = share_of(self.len(), share)?;
        let order = shuffled(self.len(), seed);
        Ok(divide(self, order, count))
    }

    /// As [`split`](Self::split), with the same share of every class.
    ///
    /// Where the share of a class is no whole number, those classes that are furthest above one give an image more
    /// (the largest remainder), so that as many images are taken as `split` takes.
    ///
    /// # Errors
    /// Those of [`split`](Self::split).
    pub fn split_stratified(self, share: f64, seed: u64) -> Result<Divided<D>, Error> {
        let count = share_of(self.len(), share)?;
        let order = by_class(&self.0, seed);
        let classes: Vec<&[usize]> = order.chunk_by(|&a, &b| self.0.label(a) == self.0.label(b)).collect();
        let sizes: Vec<usize> = classes.iter().map(|class| class.len()).collect();
        let taken = largest_remainders(&sizes, share, count);
        let heads = classes.iter().zip(&taken).flat_map(|(class, &taken)| &class[..taken]);
        let tails = classes.iter().zip(&taken).flat_map(|(class, &taken)| &class[taken..]);
        let order = heads.chain(tails).copied().collect();
        Ok(divide(self, order, count))
    }

    /// Divides the images, by the seed, into `count` folds that are as large as each other or differ by one image, for
    /// cross-validation: each pair validates on one fold and trains on the others.
    ///
    /// # Errors
    /// [`Error::Option`] if there are fewer than 2 folds, or more than images.
    pub fn folds(self, count: usize, seed: u64) -> Result<Vec<Divided<D>>, Error> {
        check_folds(count, self.len())?;
        let order = shuffled(self.len(), seed);
        Ok(deal(self, &order, count))
    }

    /// As [`folds`](Self::folds), with as many images of each class in every fold, or one more or less.
    ///
    /// # Errors
    /// Those of [`folds`](Self::folds).
    pub fn folds_stratified(self, count: usize, seed: u64) -> Result<Vec<Divided<D>>, Error> {
        check_folds(count, self.len())?;
        let order = by_class(&self.0, seed);
        Ok(deal(self, &order, count))
    }
}

/// How many of `count` images are a share of them.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 < share < 1")]
fn share_of(count: usize, share: f64) -> Result<usize, Error> {
    let error = |expected| Err(Error::Option { option: "share", value: share, expected });
    if !(share > 0.0 && share < 1.0) {
        return error("above 0 and below 1");
    }
    let part = (share * count as f64).round() as usize;
    if part == 0 || part >= count {
        return error("a share that leaves an image, or more, to either set");
    }
    Ok(part)
}

fn check_folds(folds: usize, images: usize) -> Result<(), Error> {
    if (2..=images).contains(&folds) {
        return Ok(());
    }
    let expected = "at least 2, and at most one for each image";
    Err(Error::Option { option: "folds", value: folds as f64, expected })
}

/// So many indices, in an order that depends on the seed alone.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut random::stream(seed, Purpose::Splitting, 0));
    order
}

/// All indices of a data set, class after class, each in an order that depends on the seed.
fn by_class(data: &dyn Dataset, seed: u64) -> Vec<usize> {
    let mut order = shuffled(data.len(), seed);
    // Stable: images of a class stay in their order.
    order.sort_by_key(|&index| data.label(index));
    order
}

/// How many each class gives to a share of `count` images altogether: Hamilton's method.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 < share < 1")]
fn largest_remainders(sizes: &[usize], share: f64, count: usize) -> Vec<usize> {
    let exact = |class: usize| share * sizes[class] as f64;
    let mut taken: Vec<usize> = (0..sizes.len()).map(|class| exact(class).floor() as usize).collect();
    let mut classes: Vec<usize> = (0..sizes.len()).collect();
    classes.sort_by(|&a, &b| exact(b).fract().total_cmp(&exact(a).fract()));
    let missing = count.saturating_sub(taken.iter().sum());
    classes.into_iter().take(missing).for_each(|class| taken[class] += 1);
    taken
}

/// The first `count` of an order to validate on, the others to train on; both in the order of the data.
fn divide<D: Dataset>(data: TrainingSet<D>, mut order: Vec<usize>, count: usize) -> Divided<D> {
    let (validation, training) = order.split_at_mut(count);
    validation.sort_unstable();
    training.sort_unstable();
    sides(&Arc::new(data.0), &order.into(), 0..count)
}

/// Folds of an order that is dealt out like cards.
fn deal<D: Dataset>(data: TrainingSet<D>, order: &[usize], count: usize) -> Vec<Divided<D>> {
    let mut dealt = Vec::with_capacity(order.len());
    let mut fold = |first| {
        let begin = dealt.len();
        dealt.extend(order.iter().skip(first).step_by(count));
        dealt[begin..].sort_unstable();
        begin..dealt.len()
    };
    let parts: Vec<Range<usize>> = (0..count).map(&mut fold).collect();
    let (data, dealt) = (Arc::new(data.0), dealt.into());
    parts.into_iter().map(|part| sides(&data, &dealt, part)).collect()
}

/// Validates on a part of an order, trains on the rest; the order is shared, however many folds there are.
fn sides<D: Dataset>(data: &Arc<D>, order: &Arc<[usize]>, part: Range<usize>) -> Divided<D> {
    let side = |side| Subset::of(Arc::clone(data), Arc::clone(order), part.clone(), side);
    (TrainingSet(side(Side::Without)), ValidationSet(side(Side::Within)))
}

#[cfg(test)]
mod tests;
