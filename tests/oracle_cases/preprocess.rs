//! Statistics of data and principal components.

use convnet::data::preprocessing::{Statistics, covariance};
use ndarray::{Array2, ArrayView1, Ix2};

use crate::case::{Case, Precision};

pub(crate) const NAMES: &[&str] = &["preprocess"];

fn data(case: &Case) -> Array2<f64> {
    case.array("X").into_dimensionality::<Ix2>().expect("rows")
}

fn compare(case: &Case, name: &str, found: impl IntoIterator<Item = f64>) {
    let found: Vec<_> = found.into_iter().collect();
    case.compare(name, &found, &case.numbers(name), Precision::Double);
}

#[test]
fn preprocess_statistics() {
    let case = Case::open(NAMES[0]);
    let x = data(&case);
    let statistics = Statistics::fit_rows(x.view()).expect("statistics");
    compare(&case, "mean", statistics.mean().to_vec());
    compare(&case, "std", statistics.deviation());
    compare(&case, "cov", covariance(x.view()).expect("a covariance"));
    let centred = &x - &ArrayView1::from(statistics.mean());
    let normalised = &centred / &ArrayView1::from(&statistics.deviation());
    compare(&case, "Xcentered", centred);
    compare(&case, "Xnormalised", normalised);
}

#[cfg(feature = "pca")]
#[test]
fn preprocess_components() {
    use convnet::data::preprocessing::PrincipalComponents;

    let case = Case::open(NAMES[0]);
    let x = data(&case);
    let components = PrincipalComponents::fit_rows(x.view(), 6).expect("components");
    compare(&case, "S", components.variances().to_vec());
    // The sign of a component is free.
    compare(&case, "Xrot_abs", components.rotate(x.view()).mapv(f64::abs));
    compare(&case, "Xwhite_abs", components.whiten(x.view(), 1e-5).mapv(f64::abs));
    let first = PrincipalComponents::fit_rows(x.view(), 3).expect("components");
    compare(&case, "Xrot3_abs", first.rotate(x.view()).mapv(f64::abs));
}
