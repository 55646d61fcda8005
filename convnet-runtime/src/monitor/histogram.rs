//! Histograms: how many numbers lie where, in bins of one width, and what they come to.

use serde::{Deserialize, Serialize};

use super::number;

/// How many bins a histogram has, unless all its numbers are the same.
pub const BINS: usize = 30;

/// Counts of numbers in bins of one width from the smallest to the largest, with their mean and deviation.
///
/// Numbers that are not finite are counted, and play no other part.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Histogram {
    count: u64,
    non_finite: u64,
    #[serde(with = "number")]
    min: f64,
    #[serde(with = "number")]
    max: f64,
    #[serde(with = "number")]
    mean: f64,
    #[serde(with = "number")]
    deviation: f64,
    /// [`BINS`] of them; one if all numbers are the same, none if there are none.
    bins: Vec<u64>,
}

impl Histogram {
    /// The histogram of these numbers, which are gone through twice: for their range, then for the bins.
    ///
    /// ```
    /// # use convnet_runtime::monitor::Histogram;
    /// let weights = [0.5_f32, -0.5, 1.5, f32::NAN];
    /// let histogram = Histogram::of(weights.iter().copied());
    /// assert_eq!((histogram.count(), histogram.non_finite()), (3, 1));
    /// assert_eq!((histogram.min(), histogram.max(), histogram.mean()), (-0.5, 1.5, 0.5));
    /// ```
    pub fn of<N: Into<f64>>(numbers: impl IntoIterator<Item = N> + Clone) -> Self {
        let mut histogram = Self { min: f64::INFINITY, max: f64::NEG_INFINITY, ..Self::default() };
        for number in numbers.clone() {
            histogram.measure(number.into());
        }
        if histogram.count == 0 {
            return Self { non_finite: histogram.non_finite, ..Self::default() };
        }
        histogram.make_bins();
        let mut squares = 0.0;
        for number in numbers.into_iter().map(Into::into).filter(|number: &f64| number.is_finite()) {
            squares += (number - histogram.mean).powi(2);
            histogram.place(number, 1);
        }
        histogram.deviation = (squares / histogram.count as f64).sqrt();
        histogram
    }

    /// Takes a number into count, range and mean.
    fn measure(&mut self, number: f64) {
        if !number.is_finite() {
            self.non_finite += 1;
            return;
        }
        self.count += 1;
        self.min = self.min.min(number);
        self.max = self.max.max(number);
        self.mean += (number - self.mean) / self.count as f64;
    }

    /// Empty bins for the range.
    fn make_bins(&mut self) {
        self.bins = vec![0; if self.min < self.max { BINS } else { 1 }];
    }

    /// Counts numbers in the bin where this one lies.
    fn place(&mut self, number: f64, count: u64) {
        let bin = bin(number, [self.min, self.max], self.bins.len());
        if let Some(bin) = self.bins.get_mut(bin) {
            *bin += count;
        }
    }

    /// Adds the numbers of another histogram, as if both had been one.
    ///
    /// Counts, range, mean and deviation are exact. Bins are too where the ranges are the same; where they differ, each bin
    /// goes, whole, to where its middle lies.
    pub fn merge(&mut self, other: &Self) {
        let non_finite = self.non_finite.saturating_add(other.non_finite);
        if other.count == 0 || self.count == 0 {
            let whole = if self.count == 0 { other } else { &*self };
            *self = Self { non_finite, ..whole.clone() };
            return;
        }
        let (mean, deviation) = self.moments_with(other);
        let (count, range) = (self.count.saturating_add(other.count), [self.min, self.max]);
        let [min, max] = [range[0].min(other.min), range[1].max(other.max)];
        let mut merged = Self { count, non_finite, min, max, mean, deviation, bins: Vec::new() };
        merged.make_bins();
        for part in [&*self, other] {
            for (i, &count) in part.bins.iter().enumerate() {
                merged.place(part.middle(i), count);
            }
        }
        *self = merged;
    }

    /// Mean and deviation of this and another histogram's numbers (Chan, Golub and LeVeque 1979).
    fn moments_with(&self, other: &Self) -> (f64, f64) {
        let [a, b] = [self.count as f64, other.count as f64];
        let (share, apart) = (b / (a + b), other.mean - self.mean);
        let within = self.deviation.powi(2) * (1.0 - share) + other.deviation.powi(2) * share;
        (self.mean + apart * share, (within + apart.powi(2) * share * (1.0 - share)).sqrt())
    }

    /// How many finite numbers there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many numbers are NaN or infinite.
    pub fn non_finite(&self) -> u64 {
        self.non_finite
    }

    /// The smallest finite number; 0 if there is none.
    pub fn min(&self) -> f64 {
        self.min
    }

    /// The largest finite number; 0 if there is none.
    pub fn max(&self) -> f64 {
        self.max
    }

    /// The mean of the finite numbers; 0 if there is none.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The standard deviation of the finite numbers, divided by their count; 0 if there is none.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// The root of the mean square of the finite numbers.
    pub fn root_mean_square(&self) -> f64 {
        self.mean.hypot(self.deviation)
    }

    /// How many finite numbers lie in each bin: [`BINS`] of equal width from the smallest number to the largest; one if they
    /// are all the same, none if there are none. A number on the edge between two is in the upper one.
    pub fn bins(&self) -> &[u64] {
        &self.bins
    }

    /// The upper edge of each bin with its count, as TensorBoard has them: the lowest bin begins at [`min`](Self::min).
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        self.bins.iter().enumerate().map(|(i, &count)| (self.edge(i + 1), count))
    }

    /// The lower edge of a bin: the smallest number for 0, the largest for the number of bins.
    fn edge(&self, bin: usize) -> f64 {
        self.at(bin as f64 / self.bins.len() as f64)
    }

    /// The middle of a bin.
    fn middle(&self, bin: usize) -> f64 {
        self.at((bin as f64 + 0.5) / self.bins.len() as f64)
    }

    /// What lies so far, 0 to 1, between the smallest number and the largest: a sum that does not overflow.
    fn at(&self, share: f64) -> f64 {
        if share >= 1.0 { self.max } else { self.min * (1.0 - share) + self.max * share }
    }
}

/// The bin of a number, of so many between two others.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast saturates: NaN is bin 0"
)]
fn bin(number: f64, [low, high]: [f64; 2], bins: usize) -> usize {
    // Halves, since the range of two large numbers of different signs may be none.
    let position = (0.5 * number - 0.5 * low) / (0.5 * high - 0.5 * low) * bins as f64;
    (position as usize).min(bins.saturating_sub(1))
}

/// What is read from a file, before it is known to be a histogram.
#[derive(Deserialize)]
struct Unchecked {
    count: u64,
    #[serde(default)]
    non_finite: u64,
    #[serde(with = "number")]
    min: f64,
    #[serde(with = "number")]
    max: f64,
    #[serde(with = "number")]
    mean: f64,
    #[serde(with = "number")]
    deviation: f64,
    bins: Vec<u64>,
}

impl TryFrom<Unchecked> for Histogram {
    type Error = String;

    fn try_from(unchecked: Unchecked) -> Result<Self, String> {
        let Unchecked { count, non_finite, min, max, mean, deviation, bins } = unchecked;
        let sum = bins.iter().try_fold(0_u64, |sum, &bin| sum.checked_add(bin));
        if sum != Some(count) {
            return Err(format!("the bins of a histogram do not hold its {count} numbers"));
        }
        if !(min.is_finite() && max.is_finite() && min <= max) {
            return Err(format!("a histogram cannot range from {min} to {max}"));
        }
        let expected = if count == 0 {
            0
        } else if min < max {
            BINS
        } else {
            1
        };
        if bins.len() != expected {
            return Err(format!("a histogram from {min} to {max} has {} bins, not {expected}", bins.len()));
        }
        Ok(Self { count, non_finite, min, max, mean, deviation, bins })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::{BINS, Histogram};

    /// Finite numbers of every size, and others.
    fn numbers() -> impl Strategy<Value = Vec<f64>> {
        let number = prop_oneof![
            6 => -10.0..10.0,
            1 => Just(0.0),
            1 => -1e30..1e30,
            1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
        ];
        prop::collection::vec(number, 0..80)
    }

    fn close(a: f64, b: f64, scale: f64) -> bool {
        (a - b).abs() <= 1e-9 * scale.max(f64::MIN_POSITIVE)
    }

    fn check(histogram: &Histogram, numbers: &[f64]) {
        let finite: Vec<f64> = numbers.iter().copied().filter(|number| number.is_finite()).collect();
        assert_eq!(histogram.count(), finite.len() as u64);
        assert_eq!(histogram.non_finite(), (numbers.len() - finite.len()) as u64);
        assert_eq!(histogram.bins().iter().sum::<u64>(), histogram.count());
        if finite.is_empty() {
            return assert!(histogram.bins().is_empty());
        }
        let count = finite.len() as f64;
        let (min, max) = finite.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
        assert_eq!((histogram.min(), histogram.max()), (min, max));
        let scale = min.abs().max(max.abs());
        let mean = finite.iter().sum::<f64>() / count;
        assert!(close(histogram.mean(), mean, scale), "{} for {mean}", histogram.mean());
        let variance = finite.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        assert!(close(histogram.deviation(), variance.sqrt(), scale), "{}", histogram.deviation());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn figures_are_their_formulas(numbers in numbers()) {
            check(&Histogram::of(numbers.iter().copied()), &numbers);
        }

        #[test]
        fn bins_hold_what_lies_between_their_edges(numbers in prop::collection::vec(-5.0..5.0, 2..80)) {
            let histogram = Histogram::of(numbers.iter().copied());
            let mut lower = histogram.min();
            for (i, (upper, count)) in histogram.buckets().enumerate() {
                let last = i + 1 == BINS;
                let inside = |x: f64| x >= lower && (x < upper || last && x <= upper);
                // An edge is rounded: a number beside it may count on either side.
                let beside = |x: f64| (x - lower).abs() < 1e-12 || (x - upper).abs() < 1e-12;
                let sure = numbers.iter().filter(|&&x| inside(x) && !beside(x)).count() as u64;
                let possible = numbers.iter().filter(|&&x| inside(x) || beside(x)).count() as u64;
                prop_assert!((sure..=possible).contains(&count), "{lower} to {upper}: {count}");
                lower = upper;
            }
            prop_assert_eq!(lower, histogram.max());
        }

        #[test]
        fn merging_is_counting_together(a in numbers(), b in numbers()) {
            let mut merged = Histogram::of(a.iter().copied());
            merged.merge(&Histogram::of(b.iter().copied()));
            check(&merged, &[a, b].concat());
        }

        #[test]
        fn histograms_come_back_from_json(numbers in numbers()) {
            let histogram = Histogram::of(numbers);
            let json = serde_json::to_string(&histogram).expect("plain data");
            prop_assert_eq!(serde_json::from_str::<Histogram>(&json).expect("what was written"), histogram);
        }
    }

    #[test]
    fn merging_the_same_range_is_exact() {
        let (a, b) = ([0.0, 0.1, 0.73, 1.0], [0.0, 0.42, 0.42, 0.99, 1.0]);
        let mut merged = Histogram::of(a);
        merged.merge(&Histogram::of(b));
        assert_eq!(merged.bins(), Histogram::of(a.into_iter().chain(b)).bins());
    }

    #[test]
    fn numbers_that_are_all_the_same_have_one_bin() {
        let histogram = Histogram::of([0.25_f32; 5]);
        assert_eq!((histogram.bins(), histogram.deviation()), (&[5][..], 0.0));
        assert_eq!(histogram.buckets().collect::<Vec<_>>(), [(0.25, 5)]);
    }

    #[test]
    fn the_widest_range_has_bins() {
        let histogram = Histogram::of([f64::MIN, 0.0, f64::MAX]);
        let filled: Vec<_> = (0..BINS).filter(|&i| histogram.bins()[i] > 0).collect();
        assert_eq!(filled, [0, BINS / 2, BINS - 1]);
        assert_eq!(histogram.buckets().last(), Some((f64::MAX, 1)));
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        let read = |json: &str| serde_json::from_str::<Histogram>(json).map_err(|error| error.to_string());
        let bins = |count: &str, bins: &str| {
            format!(r#"{{"count":{count},"min":0,"max":1,"mean":0,"deviation":0,"bins":{bins}}}"#)
        };
        assert!(read(&bins("3", "[1,1]")).is_err_and(|error| error.contains("do not hold its 3 numbers")));
        assert!(read(&bins("2", "[1,1]")).is_err_and(|error| error.contains("2 bins, not 30")));
        assert!(read(&bins("1", &format!("[{},2]", u64::MAX))).is_err());
        let backwards = r#"{"count":0,"min":1,"max":0,"mean":0,"deviation":0,"bins":[]}"#;
        assert!(read(backwards).is_err_and(|error| error.contains("from 1 to 0")));
    }
}
