//! Principal components: what makes them so, and images expressed in them.

use ndarray::{Array2, Axis, arr2};
use proptest::prelude::*;

use super::super::{PrincipalComponents, covariance};
use super::{Preprocess, applied, assert_close, fit, images, rows, rows_of};
use crate::data::TrainingSet;
use crate::error::Error;

fn assert_identity(found: &Array2<f64>, tolerance: f64) {
    found.indexed_iter().for_each(|((i, j), &x)| assert_close(x, f64::from(u8::from(i == j)), tolerance));
}

#[test]
fn components_of_points_on_a_line_point_along_it() {
    let points = arr2(&[[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]);
    let found = PrincipalComponents::fit_rows(points.view(), 2).expect("components");
    assert_eq!(found.mean(), [3.0, 4.0]);
    assert_close(found.variances()[0], 50.0 / 3.0, 1e-14);
    assert_close(found.variances()[1], 0.0, 1e-14);
    let directions = found.directions();
    // Only signs are free: the number of the largest magnitude is positive.
    for (&found, expected) in directions.iter().zip([0.6, 0.8, 0.8, -0.6]) {
        assert_close(found, expected, 1e-14);
    }
    let rotated = found.rotate(points.view());
    [-5.0, 0.0, 5.0]
        .into_iter()
        .zip(rotated.column(0))
        .for_each(|(expected, &x)| assert_close(x, expected, 1e-13));
}

#[test]
fn images_are_expressed_in_components() {
    let data = images(60, [3, 3, 2], 11);
    let rows = rows_of(&data);
    let components = PrincipalComponents::fit_rows(rows.view(), 7).expect("components");
    let (rotated, whitened) = (components.rotate(rows.view()), components.whiten(rows.view(), 1e-5));
    let pca = fit(Preprocess::Pca { dimensions: 7 }, &data);
    let whitening = fit(Preprocess::whitening(7), &data);
    for preprocessing in [&pca, &whitening] {
        assert_eq!((preprocessing.input_shape(), preprocessing.output_shape()), ([3, 3, 2], [1, 1, 7]));
    }
    for n in 0..60 {
        let compare = |found: Vec<f64>, expected: ndarray::ArrayView1<'_, f64>| {
            found
                .into_iter()
                .zip(expected)
                .for_each(|(found, &expected)| assert_close(found, expected, 1e-11));
        };
        compare(applied(&pca, data.bytes(n)), rotated.row(n));
        compare(applied(&whitening, data.bytes(n)), whitened.row(n));
        let single = applied::<f32>(&whitening, data.bytes(n));
        let exact = applied::<f64>(&whitening, data.bytes(n));
        single.into_iter().zip(exact).for_each(|(single, exact)| assert_close(single.into(), exact, 1e-7));
    }
}

#[test]
fn directions_without_variance_stay_small() {
    // The first and the last number never change.
    let data = images(40, [2, 2, 3], 12);
    let whitening = fit(Preprocess::whitening(12), &data);
    for n in 0..40 {
        let numbers = applied::<f64>(&whitening, data.bytes(n));
        assert!(numbers[10..].iter().all(|number| number.abs() < 1e-6), "{numbers:?}");
        assert!(numbers[..10].iter().any(|number| number.abs() > 0.1), "{numbers:?}");
    }
}

#[test]
fn options_out_of_range_are_refused() {
    let data = TrainingSet::new(images(4, [2, 2, 3], 13));
    for dimensions in [0, 13] {
        for recipe in [Preprocess::Pca { dimensions }, Preprocess::whitening(dimensions)] {
            assert!(matches!(recipe.fit(&data), Err(Error::Option { option: "dimensions", .. })));
        }
    }
    for smoothing in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let whitening = Preprocess::Whitening { dimensions: 2, smoothing };
        assert!(matches!(whitening.fit(&data), Err(Error::Option { .. })));
    }
    let pca = Preprocess::Pca { dimensions: 2 };
    let takes = 2 * 12 * 12 * 8;
    assert!(pca.fit_within(&data, takes).is_ok());
    let error = pca.fit_within(&data, takes - 1);
    assert!(matches!(error, Err(Error::PreprocessingMemory { numbers: 12, bytes: 2304, .. })));
}

#[cfg(feature = "train")]
#[test]
fn components_are_pictures_around_grey() {
    let data = images(40, [4, 2, 3], 14);
    let pca = fit(Preprocess::Pca { dimensions: 5 }, &data);
    let components = PrincipalComponents::fit_rows(rows_of(&data).view(), 5).expect("components");
    let pictures = pca.principal_pictures(4).expect("pictures");
    assert_eq!(pictures.len(), 4);
    for (picture, direction) in pictures.iter().zip(components.directions().rows()) {
        assert_eq!((picture.width(), picture.height(), picture.channels()), (2, 4, 3));
        // The largest number is positive, and so white.
        let largest = direction.iter().fold(0.0, |largest, x| f64::max(largest, x.abs()));
        assert!(picture.bytes().contains(&255));
        for (&byte, number) in picture.bytes().iter().zip(direction) {
            assert!((f64::from(byte) - 127.5 * (1.0 + number / largest)).abs() <= 0.5 + 1e-9);
        }
    }
    assert!(matches!(pca.principal_pictures(6), Err(Error::PrincipalComponents { asked: 6, found: 5, .. })));
    assert!(matches!(pca.principal_pictures(0), Err(Error::PrincipalComponents { .. })));
    let mean = fit(Preprocess::MEAN_IMAGE, &data);
    let error = mean.principal_pictures(1).expect_err("a mean has none").to_string();
    assert_eq!(error, "1 principal components asked for of `mean image`, which has 0");
    let two_channels = fit(Preprocess::Pca { dimensions: 2 }, &images(9, [2, 2, 2], 0));
    assert!(matches!(two_channels.principal_pictures(1), Err(Error::Picture { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn components_are_what_they_are_called(count in 2_usize..60, numbers in 1_usize..40, seed: u64) {
        let rows = rows(count, numbers, seed);
        let found = PrincipalComponents::fit_rows(rows.view(), numbers).expect("components");
        let covariance = covariance(rows.view()).expect("a covariance");
        // U^T U = I, and U S U^T is the covariance.
        let directions = found.directions().to_owned();
        assert_identity(&directions.dot(&directions.t()), 1e-12);
        let scaled = &directions * &ndarray::ArrayView1::from(found.variances()).insert_axis(Axis(1));
        let product = directions.t().dot(&scaled);
        product.iter().zip(&covariance).for_each(|(&found, &expected)| assert_close(found, expected, 1e-12));
        prop_assert!(found.variances().is_sorted_by(|a, b| a >= b) && found.variances().iter().all(|&s| s >= 0.0));
        // Rotated rows vary independently of each other, by the eigenvalues.
        let rotated = super::super::covariance(found.rotate(rows.view()).view()).expect("a covariance");
        for ((i, j), &x) in rotated.indexed_iter() {
            assert_close(x, if i == j { found.variances()[i] } else { 0.0 }, 1e-12);
        }
        // Whitened, by 1, where there is variance at all.
        let smoothing = 1e-9;
        let whitened = super::super::covariance(found.whiten(rows.view(), smoothing).view()).expect("a covariance");
        for ((i, j), &x) in whitened.indexed_iter() {
            let [a, b] = [i, j].map(|k| found.variances()[k]);
            if a.min(b) > 1e-6 {
                assert_close(x, if i == j { a / (a + smoothing) } else { 0.0 }, 1e-6);
            }
        }
        // Fewer components are the first of all.
        let fewer = PrincipalComponents::fit_rows(rows.view(), numbers.div_ceil(2)).expect("components");
        prop_assert_eq!(fewer.directions(), directions.slice(ndarray::s![..numbers.div_ceil(2), ..]));
    }
}
