//! A layer's parameters, in their shapes.

use convnet_geometry::{Convolution, Dense};
use ndarray::{ArrayView1, ArrayView2, ArrayView4};

use crate::scalar::Scalar;

/// The parameters of a convolution.
#[derive(Clone, Copy, Debug)]
pub struct ConvolutionParameters<'a, T> {
    geometry: &'static Convolution,
    numbers: &'a [T],
}

impl<'a, T: Scalar> ConvolutionParameters<'a, T> {
    /// Views a layer's range of the flat buffer.
    #[doc(hidden)]
    pub fn new(geometry: &'static Convolution, numbers: &'a [T]) -> Self {
        Self { geometry, numbers }
    }

    /// Sizes, stride, padding: everything known at compile time.
    pub fn geometry(&self) -> &'static Convolution {
        self.geometry
    }

    /// The filters, `[K, F_height, F_width, D/G]`.
    pub fn weights(&self) -> ArrayView4<'a, T> {
        let filter = self.geometry.window().filter;
        let shape = (self.geometry.filters(), filter.height, filter.width, self.geometry.group_depth());
        ArrayView4::from_shape(shape, &self.numbers[..self.geometry.weights()]).expect("a layer's range")
    }

    /// The biases, `[K]`, if the layer has them.
    pub fn bias(&self) -> Option<ArrayView1<'a, T>> {
        self.geometry.has_bias().then(|| ArrayView1::from(&self.numbers[self.geometry.weights()..]))
    }
}

/// The parameters of a fully connected layer.
#[derive(Clone, Copy, Debug)]
pub struct DenseParameters<'a, T> {
    geometry: &'static Dense,
    numbers: &'a [T],
}

impl<'a, T: Scalar> DenseParameters<'a, T> {
    /// Views a layer's range of the flat buffer.
    #[doc(hidden)]
    pub fn new(geometry: &'static Dense, numbers: &'a [T]) -> Self {
        Self { geometry, numbers }
    }

    /// Sizes: everything known at compile time.
    pub fn geometry(&self) -> &'static Dense {
        self.geometry
    }

    /// The weights, `[K, inputs]`: a row is a class template, its inputs in height, width, depth order.
    pub fn weights(&self) -> ArrayView2<'a, T> {
        let shape = (self.geometry.outputs(), self.geometry.inputs());
        ArrayView2::from_shape(shape, &self.numbers[..self.geometry.weights()]).expect("a layer's range")
    }

    /// The biases, `[K]`, if the layer has them.
    pub fn bias(&self) -> Option<ArrayView1<'a, T>> {
        self.geometry.has_bias().then(|| ArrayView1::from(&self.numbers[self.geometry.weights()..]))
    }
}
