//! A layer on another volume: the same parameters, on images of another size.

use crate::activation::{Activation, PRelu};
use crate::checked;
use crate::convolution::{Convolution, ConvolutionSpec};
use crate::dropout::Dropout;
use crate::error::GeometryError;
use crate::join::Joint;
use crate::layer::LayerKind;
use crate::maxout::Maxout;
use crate::normalization::{BatchNorm, ResponseNorm};
use crate::pooling::{Pooling, PoolingSpec};
use crate::volume::Volume;

impl LayerKind {
    /// The same layer on these volumes: one, or one for each branch that it joins.
    ///
    /// FC, LOCAL, FRACPOOL and users' own layers depend on the size of what they take: they take no other.
    ///
    /// # Errors
    /// [`GeometryError::Volumes`] if the layer cannot take the volume, or what does not fit there.
    ///
    /// # Panics
    /// If there is no volume.
    pub const fn on(&self, inputs: &[Volume]) -> Result<Self, GeometryError> {
        let volume = inputs[0];
        let expected = match self {
            Self::Joint(layer) => return Self::join(*layer, inputs),
            Self::Convolution(layer) => layer.input(),
            Self::Pooling(layer) => layer.input(),
            Self::Activation(layer) => layer.input(),
            Self::PRelu(layer) => layer.input(),
            Self::Maxout(layer) => layer.input(),
            Self::BatchNorm(layer) => layer.input(),
            Self::ResponseNorm(layer) => layer.input(),
            Self::Dropout(layer) => layer.input(),
            Self::Local(layer) => return self.only_on(layer.input(), volume),
            Self::FractionalPooling(layer) => return self.only_on(layer.input(), volume),
            Self::Dense(layer) => return self.only_on(layer.input(), volume),
            Self::Custom(layer) => return self.only_on(layer.input(), volume),
        };
        if expected.depth != volume.depth {
            return Err(GeometryError::Volumes { expected, found: volume });
        }
        Ok(match self {
            Self::Convolution(layer) => Self::Convolution(checked::ok!(convolution(layer, volume))),
            Self::Pooling(layer) => Self::Pooling(checked::ok!(pooling(layer, volume))),
            Self::Activation(layer) => Self::Activation(Activation { volume, ..*layer }),
            Self::PRelu(layer) => Self::PRelu(PRelu { volume, ..*layer }),
            Self::Maxout(layer) => Self::Maxout(checked::ok!(Maxout::check(volume, layer.pieces()))),
            Self::BatchNorm(layer) => Self::BatchNorm(BatchNorm { volume, ..*layer }),
            Self::ResponseNorm(layer) => Self::ResponseNorm(ResponseNorm { volume, ..*layer }),
            Self::Dropout(layer) => Self::Dropout(Dropout { volume, ..*layer }),
            other => *other,
        })
    }

    const fn only_on(&self, expected: Volume, found: Volume) -> Result<Self, GeometryError> {
        if expected.same(found) { Ok(*self) } else { Err(GeometryError::Volumes { expected, found }) }
    }

    const fn join(Joint { join, .. }: Joint, inputs: &[Volume]) -> Result<Self, GeometryError> {
        let (mut output, mut i) = (inputs[0], 1);
        while i < inputs.len() {
            output = checked::ok!(join.with(output, inputs[i]));
            i += 1;
        }
        Ok(Self::Joint(Joint { join, output }))
    }
}

const fn convolution(layer: &Convolution, input: Volume) -> Result<Convolution, GeometryError> {
    let (window, filters, groups, bias) = (layer.window(), layer.filters(), layer.groups(), layer.has_bias());
    ConvolutionSpec { input, window, filters, groups, bias }.check()
}

const fn pooling(layer: &Pooling, input: Volume) -> Result<Pooling, GeometryError> {
    PoolingSpec { input, window: layer.window(), pool: layer.pool() }.check()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Function;
    use crate::convolution::ConvolutionSpec;
    use crate::dense::DenseSpec;
    use crate::join::Join;
    use crate::real::Real;
    use crate::window::Window;

    #[test]
    fn windows_slide_over_larger_volumes() {
        let spec = ConvolutionSpec::new(Volume::new(7, 7, 3), Window::square(3).stride(2), 5);
        let layer = LayerKind::Convolution(spec.geometry());
        let larger = layer.on(&[Volume::new(11, 9, 3)]).map(|layer| layer.output());
        assert_eq!(larger, Ok(Volume::new(5, 4, 5)));
        assert!(matches!(layer.on(&[Volume::new(8, 9, 3)]), Err(GeometryError::DoesNotDivide { .. })));
        let (expected, found) = (Volume::new(7, 7, 3), Volume::new(7, 7, 4));
        assert_eq!(layer.on(&[found]), Err(GeometryError::Volumes { expected, found }));
    }

    #[test]
    fn what_is_done_to_each_number_is_done_to_more_of_them() {
        let (volume, larger) = (Volume::new(4, 4, 6), Volume::new(7, 5, 6));
        let [k, alpha, beta] = [2.0, 1e-4, 0.75].map(Real::new);
        let layers = [
            LayerKind::Activation(Activation::new(volume, Function::Relu)),
            LayerKind::PRelu(PRelu::new(volume, false)),
            LayerKind::BatchNorm(BatchNorm::new(volume, 0.9, 1e-5)),
            LayerKind::ResponseNorm(ResponseNorm { volume, n: 5, k, alpha, beta, over_n: false }),
            LayerKind::Dropout(Dropout::new(volume, 0.5)),
        ];
        for layer in layers {
            assert_eq!(
                layer.on(&[larger]).map(|layer| (layer.input(), layer.output())),
                Ok((Some(larger), larger))
            );
        }
    }

    #[test]
    fn templates_fit_one_volume_alone() {
        let layer = LayerKind::Dense(DenseSpec::new(Volume::new(4, 4, 2), 3).geometry());
        assert_eq!(layer.on(&[Volume::new(4, 4, 2)]), Ok(layer));
        assert!(layer.on(&[Volume::new(2, 8, 2)]).is_err());
    }

    #[test]
    fn branches_must_agree_again() {
        let joint = LayerKind::Joint(Joint { join: Join::Stack, output: Volume::new(4, 4, 5) });
        let larger = [Volume::new(6, 6, 2), Volume::new(6, 6, 3)];
        assert_eq!(joint.on(&larger).map(|layer| layer.output()), Ok(Volume::new(6, 6, 5)));
        assert!(joint.on(&[Volume::new(6, 6, 2), Volume::new(5, 6, 3)]).is_err());
    }
}
