//! RELU, LRELU, ELU, SIGMOID and TANH, in place: each derivative is a function of the output.

use convnet_geometry::{Activation, Function, Needs};

use crate::kinks::Kinks;
use crate::layers::InPlace;
use crate::parallel::{self, Work};
use crate::random::Draw;
use crate::scalar::Scalar;

/// Numbers in one piece of work.
const PIECE: usize = 1 << 14;

impl<T: Scalar> InPlace<T> for Activation {
    fn forward(&self, volume: &mut [T], _: Option<Draw>) {
        match self.function {
            // Not `max`, which would swallow NaN.
            Function::Relu => map(volume, |x| if x <= T::zero() { T::zero() } else { x }),
            Function::LeakyRelu(slope) => {
                let slope = T::from_f64(slope.get());
                map(volume, |x| if x <= T::zero() { slope * x } else { x });
            }
            Function::Elu(alpha) => {
                let alpha = T::from_f64(alpha.get());
                map(volume, |x| if x <= T::zero() { alpha * x.exp_m1() } else { x });
            }
            Function::Sigmoid => map(volume, sigmoid),
            Function::Tanh => map(volume, T::tanh),
            other => unreachable!("{other} has no kernel"),
        }
    }

    fn backward(&self, output: &[T], gradient: &mut [T], _: Draw) {
        match self.function {
            Function::Relu => scale(output, gradient, |y, g| if y <= T::zero() { T::zero() } else { g }),
            Function::LeakyRelu(slope) => {
                let slope = T::from_f64(slope.get());
                scale(output, gradient, |y, g| if y <= T::zero() { slope * g } else { g });
            }
            Function::Elu(alpha) => {
                let alpha = T::from_f64(alpha.get());
                scale(output, gradient, |y, g| if y <= T::zero() { (y + alpha) * g } else { g });
            }
            Function::Sigmoid => scale(output, gradient, |y, g| y * (T::one() - y) * g),
            Function::Tanh => scale(output, gradient, |y, g| (T::one() - y * y) * g),
            other => unreachable!("{other} has no kernel"),
        }
    }

    fn kinks(&self, output: &[T], kinks: &mut Kinks) {
        // An ELU with alpha other than 1 has a kink too.
        if self.needs() == Needs::Signs || matches!(self.function, Function::Elu(_)) {
            kinks.signs(output);
        }
    }
}

/// `1/(1 + e^-x)`, by the exponential that does not overflow.
fn sigmoid<T: Scalar>(x: T) -> T {
    if x >= T::zero() {
        T::one() / (T::one() + (-x).exp())
    } else {
        let power = x.exp();
        power / (T::one() + power)
    }
}

fn map<T: Scalar>(volume: &mut [T], f: impl Fn(T) -> T + Sync) {
    let work = Work(volume.len() as u64);
    parallel::chunks(volume, PIECE, work, |_, volume| volume.iter_mut().for_each(|value| *value = f(*value)));
}

fn scale<T: Scalar>(output: &[T], gradient: &mut [T], f: impl Fn(T, T) -> T + Sync) {
    let work = Work(gradient.len() as u64);
    parallel::chunks(gradient, PIECE, work, |index, gradient| {
        for (gradient, &output) in gradient.iter_mut().zip(&output[index * PIECE..]) {
            *gradient = f(output, *gradient);
        }
    });
}
