//! Random projections: lengths are kept on average, and all depends on the seed.

use super::{Preprocess, applied, assert_close, fit, images};
use crate::data::TrainingSet;
use crate::error::Error;

fn squares(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x * x).sum()
}

#[test]
fn lengths_are_kept_on_average() {
    let data = images(20, [8, 8, 3], 21);
    let mean = fit(Preprocess::MEAN_IMAGE, &data);
    let mut ratios = Vec::new();
    for seed in 0..40 {
        let projection = fit(Preprocess::RandomProjection { dimensions: 50, seed }, &data);
        assert_eq!(projection.output_shape(), [1, 1, 50]);
        let of = |n| squares(&applied(&projection, data.bytes(n))) / squares(&applied(&mean, data.bytes(n)));
        ratios.extend((0..20).map(of));
    }
    // A ratio is a mean of 50 squares of standard normal numbers: its deviation is 0.2, that of 40 independent ones 0.032.
    let average = ratios.iter().sum::<f64>() / ratios.len() as f64;
    assert!((average - 1.0).abs() < 0.1, "{average}");
    let spread = ratios.iter().map(|ratio| (ratio - average).powi(2)).sum::<f64>() / ratios.len() as f64;
    assert!((0.02..0.08).contains(&spread), "{spread}");
}

#[test]
fn it_is_linear_in_the_centred_image() {
    let data = images(3, [5, 7, 1], 22);
    let projection = fit(Preprocess::RandomProjection { dimensions: 6, seed: 1 }, &data);
    let parts = projection.parts();
    let [mean, components] = [0, 1].map(|i| &parts.tensors[i].2);
    for n in 0..3 {
        for (k, found) in applied::<f64>(&projection, data.bytes(n)).into_iter().enumerate() {
            let terms = data.bytes(n).iter().zip(mean).zip(&components[k * 35..]);
            let expected =
                terms.map(|((&byte, mean), weight)| (f64::from(byte) - mean) * weight).sum::<f64>();
            assert_close(found, expected, 1e-12);
        }
    }
}

#[test]
fn it_depends_on_the_seed_alone() {
    let data = images(3, [4, 4, 1], 23);
    let with = |seed| fit(Preprocess::RandomProjection { dimensions: 3, seed }, &data);
    assert_eq!(with(5), with(5));
    assert_ne!(with(5), with(6));
    // The first directions do not depend on how many there are.
    let of = |dimensions| {
        fit(Preprocess::RandomProjection { dimensions, seed: 5 }, &data).parts().tensors[1].2.clone()
    };
    let lengths = f64::sqrt(3.0 / 7.0);
    of(3).into_iter().zip(of(7)).for_each(|(few, many)| assert_close(few * lengths, many, 1e-15));
}

#[test]
fn options_out_of_range_are_refused() {
    let data = TrainingSet::new(images(4, [2, 2, 3], 24));
    for dimensions in [0, 13, usize::MAX] {
        let projection = Preprocess::RandomProjection { dimensions, seed: 0 };
        assert!(matches!(projection.fit(&data), Err(Error::Option { option: "dimensions", .. })));
    }
    let projection = Preprocess::RandomProjection { dimensions: 5, seed: 0 };
    assert!(projection.fit_within(&data, 5 * 12 * 8).is_ok());
    let error = projection.fit_within(&data, 5 * 12 * 8 - 1);
    assert!(matches!(error, Err(Error::PreprocessingMemory { bytes: 480, limit: 479, .. })));
}
