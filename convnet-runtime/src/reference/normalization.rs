//! BN and LRN.

use convnet_geometry::{BatchNorm, ResponseNorm};
use ndarray::{Array1, Array4, ArrayView1, ArrayView4, Axis};

use crate::scalar::Scalar;

/// What batch normalization computes of a batch.
#[derive(Debug)]
pub struct Normalized<T> {
    /// `[N, H, W, D]`.
    pub output: Array4<T>,
    /// The mean of each channel over N, H and W.
    pub mean: Array1<T>,
    /// Their biased variance.
    pub variance: Array1<T>,
}

/// `scale * (x - mean) / sqrt(variance + epsilon) + shift`, by these statistics.
pub fn normalize<T: Scalar>(
    layer: &BatchNorm,
    input: ArrayView4<'_, T>,
    [scales, shifts]: [ArrayView1<'_, T>; 2],
    [mean, variance]: [ArrayView1<'_, T>; 2],
) -> Array4<T> {
    let epsilon = T::from_f64(layer.epsilon.get());
    Array4::from_shape_fn(input.dim(), |(n, y, x, d)| {
        scales[d] * (input[[n, y, x, d]] - mean[d]) / (variance[d] + epsilon).sqrt() + shifts[d]
    })
}

/// [`normalize`] by the statistics of the batch: algorithm 1 of Ioffe and Szegedy 2015.
pub fn batch_norm<T: Scalar>(
    layer: &BatchNorm,
    input: ArrayView4<'_, T>,
    parameters: [ArrayView1<'_, T>; 2],
) -> Normalized<T> {
    let of_channel = |f: &dyn Fn(usize, T) -> T| -> Array1<T> {
        let channels = input.axis_iter(Axis(3)).enumerate();
        channels
            .map(|(d, channel)| {
                let sum: T = channel.iter().map(|&x| f(d, x)).sum();
                sum / T::from_f64(channel.len() as f64)
            })
            .collect()
    };
    let mean = of_channel(&|_, x| x);
    let variance = of_channel(&|d, x| (x - mean[d]) * (x - mean[d]));
    let output = normalize(layer, input, parameters, [mean.view(), variance.view()]);
    Normalized { output, mean, variance }
}

/// The gradients of batch normalization in training.
#[derive(Debug)]
pub struct BatchNormGradients<T> {
    /// By the input.
    pub input: Array4<T>,
    /// By the scales.
    pub scales: Array1<T>,
    /// By the shifts.
    pub shifts: Array1<T>,
}

/// The gradients of [`batch_norm`], by the chain rule through variance and mean as section 3 of the paper writes it.
pub fn batch_norm_gradients<T: Scalar>(
    layer: &BatchNorm,
    input: ArrayView4<'_, T>,
    scales: ArrayView1<'_, T>,
    output_gradient: ArrayView4<'_, T>,
) -> BatchNormGradients<T> {
    let depth = scales.len();
    let (count, two) = (T::from_f64((input.len() / depth) as f64), T::from_f64(2.0));
    let zeros = || Array1::<T>::zeros(depth);
    let Normalized { mean, variance, .. } = batch_norm(layer, input, [scales, zeros().view()]);
    let deviation = variance.mapv(|variance| (variance + T::from_f64(layer.epsilon.get())).sqrt());
    let (mut by_scale, mut by_shift, mut by_variance, mut by_mean) = (zeros(), zeros(), zeros(), zeros());
    for ((n, y, x, d), &gradient) in output_gradient.indexed_iter() {
        let centred = input[[n, y, x, d]] - mean[d];
        by_scale[d] += gradient * centred / deviation[d];
        by_shift[d] += gradient;
        by_variance[d] -= gradient * scales[d] * centred / (two * deviation[d].powi(3));
        // Of the variance by the mean nothing remains: deviations from the mean add up to 0.
        by_mean[d] -= gradient * scales[d] / deviation[d];
    }
    let by_input = Array4::from_shape_fn(input.dim(), |(n, y, x, d)| {
        let centred = input[[n, y, x, d]] - mean[d];
        let direct = output_gradient[[n, y, x, d]] * scales[d] / deviation[d];
        direct + by_variance[d] * two * centred / count + by_mean[d] / count
    });
    BatchNormGradients { input: by_input, scales: by_scale, shifts: by_shift }
}

/// The channels that are summed for channel `c`.
fn neighbours(layer: &ResponseNorm, c: usize) -> impl Iterator<Item = usize> {
    let half = layer.n / 2;
    (0..layer.volume.depth).filter(move |&j| j.abs_diff(c) <= half)
}

/// `k + a * sum of x_j^2` for one channel of one pixel.
fn base<T: Scalar>(layer: &ResponseNorm, pixel: ArrayView1<'_, T>, c: usize) -> T {
    let sum: T = neighbours(layer, c).map(|j| pixel[j] * pixel[j]).sum();
    T::from_f64(layer.k.get()) + T::from_f64(layer.factor()) * sum
}

/// `y_c = x_c / (k + a * sum of x_j^2)^beta`: section 3.3 of Krizhevsky et al. 2012.
pub fn response_norm<T: Scalar>(layer: &ResponseNorm, input: ArrayView4<'_, T>) -> Array4<T> {
    let beta = T::from_f64(layer.beta.get());
    let mut output = Array4::zeros(input.dim());
    for ((n, y, x, c), output) in output.indexed_iter_mut() {
        let pixel = input.slice(ndarray::s![n, y, x, ..]);
        *output = pixel[c] / base(layer, pixel, c).powf(beta);
    }
    output
}

/// The gradient of [`response_norm`] by its input: for each output the derivative by each of its channels.
pub fn response_norm_gradient<T: Scalar>(
    layer: &ResponseNorm,
    input: ArrayView4<'_, T>,
    output_gradient: ArrayView4<'_, T>,
) -> Array4<T> {
    let (beta, factor) = (T::from_f64(layer.beta.get()), T::from_f64(2.0 * layer.factor()));
    let mut by_input = Array4::zeros(input.dim());
    for ((n, y, x, c), &gradient) in output_gradient.indexed_iter() {
        let pixel = input.slice(ndarray::s![n, y, x, ..]);
        let base = base(layer, pixel, c);
        by_input[[n, y, x, c]] += gradient / base.powf(beta);
        for j in neighbours(layer, c) {
            by_input[[n, y, x, j]] -=
                gradient * factor * beta * pixel[c] * pixel[j] / base.powf(beta + T::one());
        }
    }
    by_input
}
