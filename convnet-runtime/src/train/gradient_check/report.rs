//! What a gradient check found, and its table.

use std::fmt;

use super::measure::{Measure, Numeric};
use super::objective::Subject;
use super::verdict::{Smoothness, Verdict};

/// What a gradient check found: a [`TensorCheck`] for each tensor of parameters, and one for the images.
///
/// Its `Display` is a table with a line for each: its largest error, and where. An error of `rounding` is one that is not
/// above what rounding makes of a numeric gradient. Below it stand the tensors of which nothing was compared.
#[derive(Clone, PartialEq, Debug)]
pub struct GradientCheck {
    /// h.
    pub step: f64,
    /// The loss whose gradient was checked.
    pub loss: f64,
    /// Whether it has kinks.
    pub smoothness: Smoothness,
    /// The tensors of which something was checked, in their order; the images last, as `images`.
    pub tensors: Vec<TensorCheck>,
}

/// What a gradient check found in one tensor.
#[derive(Clone, PartialEq, Debug)]
pub struct TensorCheck {
    /// Its name, `conv1.weights`, or `images`.
    pub name: String,
    /// Its shape, row-major.
    pub shape: Vec<usize>,
    /// How many numbers were compared.
    pub compared: usize,
    /// How many were left out because a kink lay between the evaluations.
    pub crossings: usize,
    /// How many were left out because rounding hides their gradients, such as those that are exactly 0.
    pub below_rounding: usize,
    /// The number with the largest relative error, of equal ones that with the largest gradient, if any was compared; the
    /// first whose analytic gradient is not finite, if there is one.
    pub worst: Option<Comparison>,
    /// What that error means.
    pub verdict: Verdict,
}

/// Both gradients by one number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Comparison {
    /// Its position in the tensor.
    pub position: usize,
    /// The gradient that the network computes.
    pub analytic: f64,
    /// The gradient by centred differences; NaN if there is none, next to a kink.
    pub numeric: f64,
    /// The relative error; 0 if rounding explains the difference, NaN if a gradient is not finite.
    pub error: f64,
}

impl TensorCheck {
    pub(super) fn new(subject: &Subject) -> Self {
        let (name, shape, verdict) = (subject.name.clone(), subject.shape.clone(), Verdict::Unknown);
        Self { name, shape, compared: 0, crossings: 0, below_rounding: 0, worst: None, verdict }
    }

    pub(super) fn add(&mut self, position: usize, analytic: f64, numeric: Numeric, measure: Measure) {
        match numeric {
            // Whatever lies about it.
            _ if !analytic.is_finite() => {
                let numeric = numeric.slope().unwrap_or(f64::NAN);
                let error = f64::NAN;
                self.compare(Comparison { position, analytic, numeric, error }, measure.smoothness);
            }
            Numeric::Crossing => self.crossings += 1,
            Numeric::Unmoved => self.below_rounding += 1,
            Numeric::Slope(slope) if measure.hides(analytic, slope) => self.below_rounding += 1,
            Numeric::Slope(slope) => {
                let (numeric, error) = (slope.value, measure.error(analytic, slope));
                self.compare(Comparison { position, analytic, numeric, error }, measure.smoothness);
            }
        }
    }

    fn compare(&mut self, new: Comparison, smoothness: Smoothness) {
        self.compared += 1;
        // Of equal errors, such as those of rounding, the one of a larger gradient says more; nothing is worse than NaN.
        let is_worse = |worst: Comparison| {
            new.error > worst.error
                || new.error == worst.error && new.analytic.abs() > worst.analytic.abs()
                || new.error.is_nan() && !worst.error.is_nan()
        };
        if self.worst.is_none_or(is_worse) {
            self.worst = Some(new);
            self.verdict = Verdict::on(new.error, smoothness);
        }
    }

    /// The largest relative error; NaN if nothing was compared, which is below no limit.
    pub fn error(&self) -> f64 {
        self.worst.map_or(f64::NAN, |worst| worst.error)
    }
}

impl GradientCheck {
    /// The largest relative error of all; NaN if nothing was compared, which is below no limit.
    ///
    /// Of some tensors nothing may have been compared: see [`not_compared`](Self::not_compared).
    pub fn error(&self) -> f64 {
        self.worst().map_or(f64::NAN, TensorCheck::error)
    }

    /// The tensor with the largest relative error, if any number was compared.
    pub fn worst(&self) -> Option<&TensorCheck> {
        let compared = self.tensors.iter().filter(|tensor| tensor.worst.is_some());
        // In the order of `total_cmp` NaN is larger than all.
        compared.max_by(|a, b| a.error().abs().total_cmp(&b.error().abs()))
    }

    /// The worst verdict on what was compared; [`Verdict::Unknown`] if that is nothing.
    pub fn verdict(&self) -> Verdict {
        self.tensors.iter().map(|tensor| tensor.verdict).max().unwrap_or(Verdict::Unknown)
    }

    /// The tensors of which nothing was compared: their gradients may be right or wrong, or 0 as that of a bias before
    /// batch normalization.
    pub fn not_compared(&self) -> impl Iterator<Item = &TensorCheck> {
        self.tensors.iter().filter(|tensor| tensor.compared == 0)
    }

    /// How many numbers were compared.
    pub fn compared(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.compared).sum()
    }

    /// How many numbers were left out because a kink lay between the evaluations.
    pub fn crossings(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.crossings).sum()
    }

    /// How many numbers were left out because rounding hides their gradients.
    pub fn below_rounding(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.below_rounding).sum()
    }

    /// What was found in the tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&TensorCheck> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
}

/// The titles of the table's columns.
const TITLES: [&str; 10] = [
    "tensor",
    "shape",
    "compared",
    "crossings",
    "below rounding",
    "error",
    "at",
    "analytic",
    "numeric",
    "verdict",
];

impl TensorCheck {
    fn cells(&self) -> Vec<String> {
        let shape = self.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
        let [compared, crossings, below] =
            [self.compared, self.crossings, self.below_rounding].map(|count| count.to_string());
        let [error, position, analytic, numeric] = match self.worst {
            None => [""; 4].map(str::to_owned),
            Some(Comparison { position, analytic, numeric, error }) => [
                if error == 0.0 { "rounding".to_owned() } else { format!("{error:.1e}") },
                position.to_string(),
                format!("{analytic:.4e}"),
                format!("{numeric:.4e}"),
            ],
        };
        let (name, verdict) = (self.name.clone(), self.verdict.to_string());
        vec![name, shape, compared, crossings, below, error, position, analytic, numeric, verdict]
    }
}

impl fmt::Display for GradientCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinks = match self.smoothness {
            Smoothness::Smooth => "without kinks",
            Smoothness::Kinked => "with kinks",
        };
        writeln!(f, "gradient check at h = {:e} of a loss of {:.4}, {kinks}", self.step, self.loss)?;
        let titles = TITLES.map(str::to_owned).to_vec();
        let rows: Vec<_> =
            std::iter::once(titles).chain(self.tensors.iter().map(TensorCheck::cells)).collect();
        write_table(f, &rows)?;
        write!(
            f,
            "{}: {} numbers compared, {} next to a kink, {} below rounding",
            self.verdict(),
            self.compared(),
            self.crossings(),
            self.below_rounding()
        )?;
        if let Some((tensor, worst)) = self.worst().and_then(|tensor| Some((tensor, tensor.worst?))) {
            match worst.error {
                0.0 => write!(f, "; no error above rounding")?,
                error => write!(f, "; largest error {error:.1e} at {}[{}]", tensor.name, worst.position)?,
            }
        }
        self.write_hints(f)
    }
}

impl GradientCheck {
    /// What was not compared, and how more would be.
    fn write_hints(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.not_compared().map(|tensor| &tensor.name[..]).collect();
        if !names.is_empty() {
            write!(f, "\nnothing was compared of {}", names.join(", "))?;
        }
        if self.crossings() > self.compared() {
            write!(f, "\nmost numbers lie next to a kink: fewer images or a smaller h cross fewer")?;
        }
        if self.below_rounding() > self.compared() {
            write!(
                f,
                "\nmost gradients are below rounding: `f64`, and a larger h, extrapolated, see smaller ones"
            )?;
        }
        Ok(())
    }
}

/// Rows of cells in columns as wide as their widest: the first and the last to the left, numbers to the right.
pub(super) fn write_table(f: &mut fmt::Formatter<'_>, rows: &[Vec<String>]) -> fmt::Result {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            if column == 0 || column == row.len() - 1 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
