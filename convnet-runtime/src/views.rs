//! A layer's parameters, in their shapes.

use convnet_geometry::{BatchNorm, Convolution, Custom, Dense, Local, PRelu};
use ndarray::{ArrayView1, ArrayView2, ArrayView3, ArrayView4, ArrayView6, Ix6};

use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// So many numbers of a flat buffer, from a layer's first one on.
fn range<T: Scalar>((numbers, first): (&Parameters<T>, usize), length: usize) -> &[T] {
    &numbers.as_slice()[first..first + length]
}

/// The parameters of a convolution.
#[derive(Clone, Copy, Debug)]
pub struct ConvolutionParameters<'a, T> {
    geometry: &'static Convolution,
    numbers: &'a [T],
}

impl<'a, T: Scalar> ConvolutionParameters<'a, T> {
    /// Views a layer's range of the flat buffer.
    #[doc(hidden)]
    pub fn new(geometry: &'static Convolution, parameters: (&'a Parameters<T>, usize)) -> Self {
        Self { geometry, numbers: range(parameters, geometry.counts().parameters()) }
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
    pub fn new(geometry: &'static Dense, parameters: (&'a Parameters<T>, usize)) -> Self {
        Self { geometry, numbers: range(parameters, geometry.counts().parameters()) }
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

/// The parameters of a locally connected layer.
#[derive(Clone, Copy, Debug)]
pub struct LocalParameters<'a, T> {
    geometry: &'static Local,
    numbers: &'a [T],
}

impl<'a, T: Scalar> LocalParameters<'a, T> {
    /// Views a layer's range of the flat buffer.
    #[doc(hidden)]
    pub fn new(geometry: &'static Local, parameters: (&'a Parameters<T>, usize)) -> Self {
        Self { geometry, numbers: range(parameters, geometry.counts().parameters()) }
    }

    /// Sizes, stride, padding: everything known at compile time.
    pub fn geometry(&self) -> &'static Local {
        self.geometry
    }

    /// The filters, `[H, W, K, F_height, F_width, D/G]` with H and W the output's.
    pub fn weights(&self) -> ArrayView6<'a, T> {
        let (shared, output) = (self.geometry.shared(), self.geometry.output());
        let filter = shared.window().filter;
        let filters = [shared.filters(), filter.height, filter.width, shared.group_depth()];
        let shape = Ix6(output.height, output.width, filters[0], filters[1], filters[2], filters[3]);
        ArrayView6::from_shape(shape, &self.numbers[..self.geometry.weights()]).expect("a layer's range")
    }

    /// The biases, `[H, W, K]`, if the layer has them.
    pub fn bias(&self) -> Option<ArrayView3<'a, T>> {
        let output = self.geometry.output();
        let shape = (output.height, output.width, output.depth);
        let biases = &self.numbers[self.geometry.weights()..];
        (!biases.is_empty()).then(|| ArrayView3::from_shape(shape, biases).expect("a layer's range"))
    }
}

/// The slopes of a parametric ReLU.
#[derive(Clone, Copy, Debug)]
pub struct PReluParameters<'a, T> {
    geometry: &'static PRelu,
    numbers: &'a [T],
}

impl<'a, T: Scalar> PReluParameters<'a, T> {
    /// Views a layer's range of the flat buffer.
    #[doc(hidden)]
    pub fn new(geometry: &'static PRelu, parameters: (&'a Parameters<T>, usize)) -> Self {
        Self { geometry, numbers: range(parameters, geometry.counts().parameters()) }
    }

    /// Its volume, and whether the slope is shared.
    pub fn geometry(&self) -> &'static PRelu {
        self.geometry
    }

    /// The slopes: `[D]`, or `[1]` if all channels share one.
    pub fn slopes(&self) -> ArrayView1<'a, T> {
        ArrayView1::from(self.numbers)
    }
}

/// The parameters and running statistics of a batch normalization.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormParameters<'a, T> {
    geometry: &'static BatchNorm,
    numbers: &'a [T],
    state: &'a [T],
}

impl<'a, T: Scalar> BatchNormParameters<'a, T> {
    /// Views a layer's ranges of the flat buffers.
    #[doc(hidden)]
    pub fn new(
        geometry: &'static BatchNorm,
        parameters: (&'a Parameters<T>, usize),
        state: (&'a Parameters<T>, usize),
    ) -> Self {
        let counts = geometry.counts();
        let (numbers, state) = (range(parameters, counts.parameters()), range(state, counts.state));
        Self { geometry, numbers, state }
    }

    /// Its volume, momentum and epsilon.
    pub fn geometry(&self) -> &'static BatchNorm {
        self.geometry
    }

    /// The scales, `[D]`: the paper's gamma.
    pub fn scale(&self) -> ArrayView1<'a, T> {
        ArrayView1::from(&self.numbers[..self.geometry.volume.depth])
    }

    /// The shifts, `[D]`: the paper's beta.
    pub fn shift(&self) -> ArrayView1<'a, T> {
        ArrayView1::from(&self.numbers[self.geometry.volume.depth..])
    }

    /// The running means, `[D]`.
    pub fn mean(&self) -> ArrayView1<'a, T> {
        ArrayView1::from(&self.state[..self.geometry.volume.depth])
    }

    /// The running variances, `[D]`.
    pub fn variance(&self) -> ArrayView1<'a, T> {
        ArrayView1::from(&self.state[self.geometry.volume.depth..])
    }
}

/// The numbers of a user's own layer.
#[derive(Clone, Copy, Debug)]
pub struct CustomParameters<'a, T> {
    geometry: &'static Custom,
    numbers: &'a [T],
    state: &'a [T],
}

impl<'a, T: Scalar> CustomParameters<'a, T> {
    /// Views a layer's ranges of the flat buffers.
    #[doc(hidden)]
    pub fn new(
        geometry: &'static Custom,
        parameters: (&'a Parameters<T>, usize),
        state: (&'a Parameters<T>, usize),
    ) -> Self {
        let counts = geometry.counts();
        let (numbers, state) = (range(parameters, counts.parameters()), range(state, counts.state));
        Self { geometry, numbers, state }
    }

    /// Its volumes and counts.
    pub fn geometry(&self) -> &'static Custom {
        self.geometry
    }

    /// Its parameters.
    pub fn parameters(&self) -> ArrayView1<'a, T> {
        ArrayView1::from(self.numbers)
    }

    /// Its state.
    pub fn state(&self) -> ArrayView1<'a, T> {
        ArrayView1::from(self.state)
    }
}
