//! Every gradient against centred differences, in f64, by the kernels themselves: on 200 random geometries of each
//! operation, and on one whose every number is moved.

mod fixed;
mod losses;
mod random;

use std::cell::Cell;

use ndarray::Array4;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rand::seq::index;

use super::strategies::config;
use super::{Bench, DRAW, Kind, Numbers, run_in_place, run_modes_by, slice};
use crate::kinks::Kinks;
use crate::layers::{Algorithms, InPlace, Layer};
use crate::network::Statistics;
use crate::random::{Purpose, stream};
use crate::simd::Tier;

/// Random geometries of each operation.
const CASES: u32 = 200;

/// How many numbers of each tensor are moved, on a random geometry.
const NUMBERS: usize = 16;

/// How far numbers are moved; the differences of h and 2h are extrapolated.
const STEP: f64 = 1e-4;

/// How many roundings of its magnitude a loss is taken to be off by: it is the end of many operations, whose errors partly
/// cancel.
const ROUNDINGS: f64 = 16.0;

/// The relative error of a smooth operation.
const SMOOTH: f64 = 1e-7;

/// That of one with kinks, away from them, and of one as curved as LRN.
const KINKED: f64 = 1e-6;

/// How many numbers were compared, and how many left out.
#[derive(Clone, Copy, Default)]
struct Tally {
    compared: usize,
    at_kinks: usize,
}

impl Tally {
    fn and(self, other: Self) -> Self {
        Self { compared: self.compared + other.compared, at_kinks: self.at_kinks + other.at_kinks }
    }

    /// Most numbers must be away from a kink.
    fn check(self) {
        let Self { compared, at_kinks } = self;
        assert!(compared >= at_kinks, "only {compared} compared, {at_kinks} at a kink");
    }
}

/// Which numbers are moved, and how near the gradients must be.
#[derive(Clone, Copy)]
struct Comparison {
    tolerance: f64,
    /// All, or as many as are drawn by a seed.
    seed: Option<u64>,
    algorithms: Algorithms,
}

impl Comparison {
    /// As many numbers as this seed draws.
    fn drawn(tolerance: f64, seed: u64) -> Self {
        Self { tolerance, seed: Some(seed), algorithms: Algorithms::CHOSEN }
    }

    fn numbers(self, count: usize) -> Vec<usize> {
        match self.seed {
            None => (0..count).collect(),
            Some(seed) => {
                index::sample(&mut stream(seed, Purpose::Test, 1), count, NUMBERS.min(count)).into_vec()
            }
        }
    }

    /// Compares gradients with differences of `loss`, which moves number `i` by that much, where no kink lies between.
    ///
    /// The relative error `|a - n| / max(|a|, |n|)` is what exceeds the rounding of the loss, a sum of numbers of this
    /// magnitude, over the step: nothing else is forgiven.
    fn compare(self, what: &str, gradients: &[f64], mut loss: impl FnMut(usize, f64) -> Loss) -> Tally {
        let mut tally = Tally::default();
        for i in self.numbers(gradients.len()) {
            let analytic = gradients[i];
            let here = loss(i, 0.0);
            let mut centred = |h| {
                let (above, below) = (loss(i, h), loss(i, -h));
                let is_smooth = above.kinks == here.kinks && below.kinks == here.kinks;
                is_smooth.then_some((above.value - below.value) / (2.0 * h))
            };
            let Some((near, far)) = centred(STEP).zip(centred(2.0 * STEP)) else {
                tally.at_kinks += 1;
                continue;
            };
            let numeric = (4.0 * near - far) / 3.0;
            let rounding = ROUNDINGS * f64::EPSILON * here.magnitude / STEP;
            let allowed = self.tolerance * analytic.abs().max(numeric.abs()) + rounding;
            let error = (analytic - numeric).abs();
            assert!(
                error <= allowed,
                "{what}[{i}]: {analytic} for {numeric}, {error:.1e} above {allowed:.1e}"
            );
            tally.compared += 1;
        }
        tally
    }

    /// The gradients of a layer, by its input and by its parameters.
    fn layer(self, layer: &(impl Layer<f64> + Kind), numbers: &Numbers<f64>) -> Tally {
        let found = run_modes_by(layer, numbers, Tier::PORTABLE, self.algorithms);
        let (what, mut bench) = (layer.kind(), Bench::by(layer, numbers, Tier::PORTABLE, self.algorithms));
        let by_input = self.compare(&format!("{what:?} by its input"), &found.by_input, |i, h| {
            moved(&mut bench, |numbers| &mut numbers.input.as_slice_mut().expect("standard layout")[i], h)
        });
        let by_parameters =
            self.compare(&format!("{what:?} by its parameters"), &found.by_parameters, |i, h| {
                moved(&mut bench, |numbers| &mut numbers.parameters[i], h)
            });
        by_input.and(by_parameters)
    }

    /// The gradient of a layer that works in place.
    fn in_place(
        self,
        what: &str,
        layer: &impl InPlace<f64>,
        input: &Array4<f64>,
        gradient: &Array4<f64>,
    ) -> Tally {
        let (_, by_input) = run_in_place(layer, input, gradient);
        self.compare(what, &by_input, |i, h| {
            let (mut volume, mut kinks) = (slice(input).to_vec(), Kinks::NONE);
            volume[i] += h;
            layer.forward(&mut volume, Some(DRAW));
            layer.kinks(&volume, &mut kinks);
            Loss::inner(&volume, slice(gradient), kinks)
        })
    }
}

/// What differences are taken of.
struct Loss {
    value: f64,
    /// The sum of the magnitudes of what adds up to it, which its rounding is a part of.
    magnitude: f64,
    kinks: Kinks,
}

impl Loss {
    /// `sum of output * output_gradient`.
    fn inner(output: &[f64], output_gradient: &[f64], kinks: Kinks) -> Self {
        let products = || output.iter().zip(output_gradient).map(|(output, gradient)| output * gradient);
        Self { value: products().sum(), magnitude: products().map(f64::abs).sum(), kinks }
    }
}

/// `sum of output * output_gradient` in training with one number moved, and the kinks on the way.
fn moved<L: Layer<f64> + Kind>(
    bench: &mut Bench<'_, f64, L>,
    number: impl Fn(&mut Numbers<f64>) -> &mut f64,
    by: f64,
) -> Loss {
    let original = *number(&mut bench.numbers);
    *number(&mut bench.numbers) += by;
    let output = bench.train(Statistics::Frozen);
    let found = Loss::inner(&output, slice(&bench.numbers.output_gradient), bench.kinks());
    *number(&mut bench.numbers) = original;
    found
}

/// Numbers at a distance from 0, where a norm has a kink and the slope of an ELU another derivative.
fn away_from_zero(numbers: &Array4<f64>) -> Array4<f64> {
    numbers.mapv(|x| x + 0.05_f64.copysign(x))
}

/// Checks as many random operations, each with a seed of its own.
fn on_random<S: Strategy>(operations: S, check: impl Fn(S::Value, u64) -> Tally) {
    let tally = Cell::new(Tally::default());
    let all = TestRunner::new(config(CASES)).run(&(operations, 0_u64..1 << 20), |(operation, seed)| {
        tally.set(tally.get().and(check(operation, seed)));
        Ok(())
    });
    all.unwrap_or_else(|error| panic!("{error}"));
    tally.get().check();
}
