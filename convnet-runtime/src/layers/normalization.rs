//! STUB

use convnet_geometry::{BatchNorm, ResponseNorm};

use crate::layers::{Context, Forward, InputGradient, Layer};
use crate::scalar::Scalar;

impl<T: Scalar> Layer<T> for BatchNorm {
    fn forward(&self, _: Forward<'_, T>, _: &mut Context<'_, T>) {
        todo!()
    }

    fn input_gradient(&self, _: InputGradient<'_, T>, _: &mut Context<'_, T>) {
        todo!()
    }
}

impl<T: Scalar> Layer<T> for ResponseNorm {
    fn forward(&self, _: Forward<'_, T>, _: &mut Context<'_, T>) {
        todo!()
    }

    fn input_gradient(&self, _: InputGradient<'_, T>, _: &mut Context<'_, T>) {
        todo!()
    }
}
