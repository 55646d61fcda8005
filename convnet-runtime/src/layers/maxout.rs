//! STUB

use convnet_geometry::Maxout;

use crate::layers::{Context, Forward, InputGradient, Layer};
use crate::scalar::Scalar;

impl<T: Scalar> Layer<T> for Maxout {
    fn forward(&self, _: Forward<'_, T>, _: &mut Context<'_, T>) {
        todo!()
    }

    fn input_gradient(&self, _: InputGradient<'_, T>, _: &mut Context<'_, T>) {
        todo!()
    }
}
