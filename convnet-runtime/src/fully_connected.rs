//! CONV to FC: the fully connected layer that a convolution is, its weights a sparse matrix of blocks.
//!
//! The notes' chapter on ConvNets: for any CONV layer there is an FC layer with the same forward pass, whose matrix is
//! mostly zero (local connectivity) and holds the same weights again and again (parameter sharing).

use convnet_geometry::{Convolution, Dense, DenseSpec};
use ndarray::{Array1, Array2, Array4, ArrayView2};

use crate::error::Error;
use crate::layers::Columns;
use crate::scalar::Scalar;
use crate::views::ConvolutionParameters;

/// A convolution as a fully connected layer.
///
/// Inputs and outputs are flattened in height, width, depth order, so that an FC layer of this geometry with these
/// parameters gives the numbers of the convolution, in their order.
#[derive(Clone, PartialEq, Debug)]
pub struct FullyConnected<T> {
    convolution: Convolution,
    geometry: Dense,
    weights: Array2<T>,
    bias: Array1<T>,
}

impl<T: Scalar> ConvolutionParameters<'_, T> {
    /// The fully connected layer that this convolution is.
    ///
    /// Meant for small volumes: its matrix has a row for each number of the output and a column for each of the input.
    ///
    /// # Errors
    /// [`Error::MatrixMemory`] if there is no memory for that.
    pub fn to_fully_connected(&self) -> Result<FullyConnected<T>, Error> {
        FullyConnected::new(*self)
    }
}

impl<T: Scalar> FullyConnected<T> {
    fn new(parameters: ConvolutionParameters<'_, T>) -> Result<Self, Error> {
        let convolution = *parameters.geometry();
        let (input, output) = (convolution.input(), convolution.output());
        let too_large = || Error::MatrixMemory { inputs: input, outputs: output };
        let geometry = DenseSpec::new(input, output.count()).check().map_err(|_| too_large())?;
        let mut weights = Vec::new();
        weights.try_reserve_exact(geometry.weights()).map_err(|_| too_large())?;
        weights.resize(geometry.weights(), T::zero());
        let filters = parameters.weights();
        let filters = filters.as_slice().expect("a layer's range");
        each_connection(&convolution, |Connection { row, column, weight }| {
            weights[row * geometry.inputs() + column] = filters[weight];
        });
        let weights = Array2::from_shape_vec((geometry.outputs(), geometry.inputs()), weights);
        let bias = Array1::from_shape_fn(geometry.outputs(), |row| {
            parameters.bias().map_or_else(T::zero, |bias| bias[row % convolution.filters()])
        });
        Ok(Self { convolution, geometry, weights: weights.expect("as many as it has"), bias })
    }

    /// Inputs and outputs: everything known of an FC layer.
    pub fn geometry(&self) -> &Dense {
        &self.geometry
    }

    /// The weights, `[H*W*K, inputs]`: zeros but where a filter lies.
    pub fn weights(&self) -> &Array2<T> {
        &self.weights
    }

    /// The biases, `[H*W*K]`: those of the filters at every position, zeros if there are none.
    pub fn bias(&self) -> &Array1<T> {
        &self.bias
    }

    /// The gradient by the filters, `[K, F_height, F_width, D/G]`, from that by the matrix, `[H*W*K, inputs]`: a weight
    /// that is shared has the sum of the gradients of its places.
    ///
    /// # Errors
    /// [`Error::ParameterCount`] if the gradient is of another shape.
    pub fn filter_gradient(&self, gradient: ArrayView2<'_, T>) -> Result<Array4<T>, Error> {
        if gradient.dim() != self.weights.dim() {
            return Err(Error::ParameterCount { expected: self.weights.len(), found: gradient.len() });
        }
        let mut filters = vec![T::zero(); self.convolution.weights()];
        each_connection(&self.convolution, |Connection { row, column, weight }| {
            filters[weight] += gradient[[row, column]];
        });
        let filter = self.convolution.window().filter;
        let shape = (self.convolution.filters(), filter.height, filter.width, self.convolution.group_depth());
        Ok(Array4::from_shape_vec(shape, filters).expect("as many weights as the convolution has"))
    }
}

/// A number of the output that sees a number of the input, by this weight.
struct Connection {
    row: usize,
    column: usize,
    weight: usize,
}

/// Calls `f` with every connection of a convolution; padding connects to nothing.
fn each_connection(geometry: &Convolution, mut f: impl FnMut(Connection)) {
    let (filters, taps) = (geometry.group_filters(), geometry.taps());
    let pixels = geometry.output().width * geometry.output().height;
    for group in 0..geometry.groups() {
        let columns = Columns::new(geometry, group);
        let all = columns.taps(0..taps);
        for pixel in 0..pixels {
            let position = columns.position(pixel);
            columns.runs(&position, &all, |run, first| {
                for (tap, column) in run.zip(first..) {
                    for filter in group * filters..(group + 1) * filters {
                        let row = pixel * geometry.filters() + filter;
                        f(Connection { row, column, weight: filter * taps + tap });
                    }
                }
            });
        }
    }
}
