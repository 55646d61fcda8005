//! FC: every output sees the whole input volume.

use crate::checked;
use crate::counts::Counts;
use crate::error::{GeometryError, Quantity};
use crate::real::Real;
use crate::volume::Volume;

/// What a fully connected layer is asked to be, before it is checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DenseSpec {
    /// The input volume of one image, flattened in height, width, depth order.
    pub input: Volume,
    /// K: the number of outputs.
    pub outputs: usize,
    /// Whether each output has a bias.
    pub bias: bool,
    /// DropConnect: the probability of keeping a weight while training, if weights are dropped.
    pub keep: Option<Real>,
}

impl DenseSpec {
    /// `outputs` scores of `input`, with bias.
    pub const fn new(input: Volume, outputs: usize) -> Self {
        Self { input, outputs, bias: true, keep: None }
    }

    /// Without biases.
    pub const fn without_bias(mut self) -> Self {
        self.bias = false;
        self
    }

    /// With DropConnect: while training each weight is kept, as it is, with this probability; inference scales weights by
    /// it (Wan et al. 2013). The images of a step share what is dropped; biases are neither dropped nor scaled.
    pub const fn drop_connect(mut self, keep: f64) -> Self {
        self.keep = Some(Real::new(keep));
        self
    }

    /// Computes and checks the geometry.
    ///
    /// # Errors
    /// A size of 0 or a count that overflows.
    pub const fn check(self) -> Result<Dense, GeometryError> {
        checked::ok!(self.input.check());
        if self.outputs == 0 {
            return Err(GeometryError::Zero { what: Quantity::Outputs });
        }
        let weights =
            checked::ok!(checked::product(Quantity::Parameters, &[self.input.count(), self.outputs]));
        checked::ok!(checked::sum(Quantity::Parameters, weights, self.outputs));
        Ok(Dense { spec: self })
    }

    /// [`check`](Self::check) for constants: a mistake is an error of the compiler.
    ///
    /// # Panics
    /// If the geometry is not valid.
    pub const fn geometry(self) -> Dense {
        match self.check() {
            Ok(geometry) => geometry,
            Err(_) => panic!("not a valid fully connected layer"),
        }
    }
}

/// A fully connected layer that fits: made by [`DenseSpec::check`], valid ever after.
///
/// Weights are `[K, inputs]`: a row is a class template.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Dense {
    spec: DenseSpec,
}

impl Dense {
    /// The input volume of one image.
    pub const fn input(&self) -> Volume {
        self.spec.input
    }

    /// The output volume of one image: `[1x1xK]`.
    pub const fn output(&self) -> Volume {
        Volume::new(1, 1, self.spec.outputs)
    }

    /// Numbers that each output sees.
    pub const fn inputs(&self) -> usize {
        self.spec.input.count()
    }

    /// K: the number of outputs.
    pub const fn outputs(&self) -> usize {
        self.spec.outputs
    }

    /// Whether each output has a bias.
    pub const fn has_bias(&self) -> bool {
        self.spec.bias
    }

    /// DropConnect: the probability of keeping a weight while training, if weights are dropped.
    pub const fn keep(&self) -> Option<Real> {
        self.spec.keep
    }

    /// Weights, biases and multiply-accumulates.
    pub const fn counts(&self) -> Counts {
        Counts { weights: self.weights(), biases: self.biases(), macs: self.macs(), ..Counts::NONE }
    }

    /// The number of weights: inputs times outputs.
    pub const fn weights(&self) -> usize {
        self.inputs() * self.spec.outputs
    }

    /// The number of biases: K or none.
    pub const fn biases(&self) -> usize {
        if self.spec.bias { self.spec.outputs } else { 0 }
    }

    /// Weights and biases.
    pub const fn parameters(&self) -> usize {
        self.weights() + self.biases()
    }

    /// Multiply-accumulates for one image, biases not counted.
    pub const fn macs(&self) -> u64 {
        self.weights() as u64
    }
}
