//! Statistics against their formulas, fits against plain sums, what is saved against what is loaded.

#[cfg(feature = "pca")]
mod components;
mod covariance;
mod parts;
mod projection;
mod scaling;

use ndarray::{Array2, Array4};
use rand::{Rng, RngExt};

use super::{Per, Preprocess, Preprocessing};
use crate::data::{LabelledImages, TrainingSet};
use crate::random::{self, Purpose};
use crate::scalar::Scalar;

/// Images of random bytes, in which channels differ, the first number of all images is 7, and all the last one is 255.
fn images(count: usize, [height, width, depth]: [usize; 3], seed: u64) -> LabelledImages {
    let mut chance = random::stream(seed, Purpose::Test, 0);
    let bytes = Array4::from_shape_fn((count, height, width, depth), |(_, h, w, d)| match (h, w, d) {
        (0, 0, 0) => 7,
        (h, w, d) if (h, w, d) == (height - 1, width - 1, depth - 1) => 255,
        (_, _, d) => {
            u8::try_from(chance.next_u32() % 100 + 40 * u32::try_from(d % 4).expect("few")).expect("a byte")
        }
    });
    LabelledImages::new(bytes, vec![0; count], 1).expect("a data set")
}

/// Rows that vary together.
fn rows(count: usize, numbers: usize, seed: u64) -> Array2<f64> {
    let mut chance = random::stream(seed, Purpose::Test, 1);
    let mut rows = Array2::from_shape_fn((count, numbers), |_| chance.random_range(-1.0..1.0));
    for mut row in rows.rows_mut() {
        for column in 1..numbers {
            row[column] = 3.0 + 0.6 * row[column - 1] + row[column] / (1 + column) as f64;
        }
    }
    rows
}

/// A data set's bytes as rows.
fn rows_of(data: &LabelledImages) -> Array2<f64> {
    let numbers = data.images().len() / data.len();
    Array2::from_shape_fn((data.len(), numbers), |(n, i)| data.bytes(n)[i].into())
}

fn fit(recipe: Preprocess, data: &LabelledImages) -> Preprocessing {
    recipe.fit(&TrainingSet::new(data.clone())).expect("a preprocessing")
}

fn applied<T: Scalar>(preprocessing: &Preprocessing, bytes: &[u8]) -> Vec<T> {
    let mut numbers = vec![T::nan(); preprocessing.output_shape().iter().product()];
    preprocessing.apply(bytes, &mut numbers);
    numbers
}

fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{found} for {expected}");
}
