//! STUB

use convnet_geometry::Dropout;

use crate::layers::InPlace;
use crate::random::Draw;
use crate::scalar::Scalar;

impl<T: Scalar> InPlace<T> for Dropout {
    fn forward(&self, _: &mut [T], _: Option<Draw>) {
        todo!()
    }

    fn backward(&self, _: &[T], _: &mut [T], _: Draw) {
        todo!()
    }
}
