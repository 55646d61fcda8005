//! The covariance, by blocks and tiles, against plain sums.

use ndarray::{Array2, arr2};

use super::super::rows::Images;
use super::super::statistics::Statistics;
use super::super::{covariance, covariance::covariance as of_rows};
use super::{assert_close, images, rows, rows_of};
use crate::error::Error;

fn plain(rows: &Array2<f64>) -> Array2<f64> {
    let mean = rows.mean_axis(ndarray::Axis(0)).expect("rows");
    Array2::from_shape_fn((rows.ncols(), rows.ncols()), |(i, j)| {
        rows.rows().into_iter().map(|row| (row[i] - mean[i]) * (row[j] - mean[j])).sum::<f64>()
            / rows.nrows() as f64
    })
}

fn assert_all_close(found: &Array2<f64>, expected: &Array2<f64>) {
    assert_eq!(found.dim(), expected.dim());
    found.iter().zip(expected).for_each(|(&found, &expected)| assert_close(found, expected, 1e-12));
}

#[test]
fn it_is_the_mean_of_products() {
    // More rows than a block has, more numbers than a tile.
    for (count, numbers) in [(1, 3), (40, 6), (700, 5), (3, 450), (260, 193)] {
        let rows = rows(count, numbers, 7);
        let found = of_rows(rows.view()).expect("a covariance");
        assert_all_close(&found, &plain(&rows));
        assert_eq!(found, found.t());
        // Rows that lie in memory another way.
        let columns = rows.t().as_standard_layout().into_owned();
        assert_all_close(&of_rows(columns.t()).expect("a covariance"), &plain(&rows));
    }
}

#[test]
fn images_have_the_covariance_of_their_bytes() {
    let data = images(300, [3, 4, 3], 8);
    let source = Images::new(&data).expect("images");
    let mean = Statistics::of(&source).expect("statistics");
    let found = covariance::of(&source, mean.mean()).expect("a covariance");
    assert_all_close(&found, &plain(&rows_of(&data)));
    assert_eq!(found, of_rows(rows_of(&data).view()).expect("a covariance"), "the same path");
}

#[cfg(feature = "threads")]
#[test]
fn threads_change_no_bit() {
    let rows = rows(300, 500, 9);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| of_rows(rows.view()).expect("a covariance"))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn what_would_not_fit_is_refused() {
    let wide = Array2::zeros((1, 20_000));
    let error = of_rows(wide.view()).expect_err("3.2 GB");
    let expected = "the covariance of images of 20000 numbers takes 3.2 GB, more than the 1.1 GB that it may: smaller \
                    images or fewer dimensions take less, and `fit_within` allows more";
    assert_eq!(error.to_string(), expected);
    let large = arr2(&[[1e160, 0.0], [0.0, -1e160]]);
    assert!(matches!(of_rows(large.view()), Err(Error::Fit { .. })));
}
