//! What a gradient check found, and its table.

use std::fmt;

use super::objective::Subject;
use super::verdict::{Smoothness, Verdict};

/// How many roundings a loss is taken to be off by: it is the end of thousands of operations, whose errors partly cancel.
const ROUNDINGS: f64 = 8.0;

/// The part of the largest gradient of a tensor below which another cannot be told from rounding.
const FLOOR: f64 = 1e-4;

/// What a gradient check found: a [`TensorCheck`] for each tensor of parameters, and one for the images.
///
/// Its `Display` is a table with a line for each: its largest error, and where. An error of `rounding` is one that is not
/// above what rounding makes of a numeric gradient.
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
    /// The number with the largest relative error, of equal ones that with the largest gradient, if any was compared.
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
    /// The gradient by centred differences.
    pub numeric: f64,
    /// The relative error; 0 if rounding explains the difference.
    pub error: f64,
}

/// Whether a difference that rounding explains counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rounding {
    /// It does not: a check.
    Forgiven,
    /// It does, unless both gradients are below it: a sweep, which is to show where rounding begins.
    Counted,
}

/// What a difference is measured by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    rounding: Rounding,
    /// What rounding makes of a numeric gradient.
    noise: f64,
    /// The least that a difference is divided by.
    floor: f64,
    smoothness: Smoothness,
}

impl Rounding {
    /// One rounding of the loss makes this much of a numeric gradient.
    pub(super) fn limits(self, one: f64, gradient: &[f64], smoothness: Smoothness) -> Limits {
        let largest = gradient.iter().fold(0.0, |largest: f64, gradient| largest.max(gradient.abs()));
        let floor = (FLOOR * largest).max(f64::MIN_POSITIVE);
        Limits { rounding: self, noise: ROUNDINGS * one, floor, smoothness }
    }
}

impl Limits {
    fn error(self, analytic: f64, numeric: f64) -> f64 {
        let (difference, size) = ((analytic - numeric).abs(), analytic.abs().max(numeric.abs()));
        let counted = match self.rounding {
            // Neither by way of `max`, which would take 0 for NaN.
            Rounding::Forgiven if difference <= self.noise => 0.0,
            Rounding::Forgiven => difference - self.noise,
            Rounding::Counted if size <= self.noise => 0.0,
            Rounding::Counted => difference,
        };
        counted / size.max(self.floor)
    }
}

impl TensorCheck {
    pub(super) fn new(subject: &Subject) -> Self {
        let (name, shape, verdict) = (subject.name.clone(), subject.shape.clone(), Verdict::Unknown);
        Self { name, shape, compared: 0, crossings: 0, worst: None, verdict }
    }

    pub(super) fn add(&mut self, position: usize, analytic: f64, numeric: Option<f64>, limits: Limits) {
        let Some(numeric) = numeric else {
            self.crossings += 1;
            return;
        };
        self.compared += 1;
        let error = limits.error(analytic, numeric);
        // Of equal errors, such as those of rounding, the one of a larger gradient says more.
        let is_worse = |worst: Comparison| {
            error > worst.error
                || error == worst.error && analytic.abs() > worst.analytic.abs()
                || error.is_nan()
        };
        if self.worst.is_none_or(is_worse) {
            self.worst = Some(Comparison { position, analytic, numeric, error });
            self.verdict = Verdict::on(error, limits.smoothness);
        }
    }

    /// The largest relative error; 0 if nothing was compared.
    pub fn error(&self) -> f64 {
        self.worst.map_or(0.0, |worst| worst.error)
    }
}

impl GradientCheck {
    /// The largest relative error of all; 0 if nothing was compared.
    pub fn error(&self) -> f64 {
        self.worst().map_or(0.0, TensorCheck::error)
    }

    /// The tensor with the largest relative error, if any number was compared.
    pub fn worst(&self) -> Option<&TensorCheck> {
        let compared = self.tensors.iter().filter(|tensor| tensor.worst.is_some());
        // In the order of `total_cmp` NaN is larger than all.
        compared.max_by(|a, b| a.error().abs().total_cmp(&b.error().abs()))
    }

    /// The worst verdict of all.
    pub fn verdict(&self) -> Verdict {
        self.tensors.iter().map(|tensor| tensor.verdict).max().unwrap_or(Verdict::Unknown)
    }

    /// How many numbers were compared.
    pub fn compared(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.compared).sum()
    }

    /// How many numbers were left out because a kink lay between the evaluations.
    pub fn crossings(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.crossings).sum()
    }

    /// What was found in the tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&TensorCheck> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
}

/// The titles of the table's columns.
const TITLES: [&str; 9] =
    ["tensor", "shape", "compared", "crossings", "error", "at", "analytic", "numeric", "verdict"];

impl TensorCheck {
    fn cells(&self) -> Vec<String> {
        let shape = self.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
        let (compared, crossings) = (self.compared.to_string(), self.crossings.to_string());
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
        vec![name, shape, compared, crossings, error, position, analytic, numeric, verdict]
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
            "{}: {} numbers compared, {} next to a kink",
            self.verdict(),
            self.compared(),
            self.crossings()
        )?;
        if let Some((tensor, worst)) = self.worst().and_then(|tensor| Some((tensor, tensor.worst?))) {
            match worst.error {
                0.0 => write!(f, "; no error above rounding")?,
                error => write!(f, "; largest error {error:.1e} at {}[{}]", tensor.name, worst.position)?,
            }
        }
        if self.crossings() > self.compared() {
            write!(f, "\nmost numbers lie next to a kink: fewer images or a smaller h cross fewer")?;
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
