//! A network of ours on one image, in f64: what it gives, and what flows back through it.

use convnet::geometry::Volume;
use convnet::losses::{Evaluation, Loss, LossValue};
use convnet::{Error, Initialization, Network, Step, Unobserved, workspace::TrainingWorkspace};
use ndarray::Array4;

/// What a network makes of an image.
pub(crate) struct Passed {
    pub(crate) output: Vec<f64>,
    pub(crate) by_input: Vec<f64>,
    pub(crate) by_parameters: Vec<f64>,
}

/// A loss whose gradient is its targets: whatever flows back into the network from behind it.
struct Upstream;

impl Loss<f64> for Upstream {
    type Targets<'a> = &'a [f64];

    fn check(&self, output: Volume, images: usize, targets: &[f64]) -> Result<(), Error> {
        assert_eq!(output.count() * images, targets.len());
        Ok(())
    }

    fn evaluate(&self, at: Evaluation<'_, f64, &[f64]>) -> LossValue<f64> {
        at.gradient.copy_from_slice(at.targets);
        LossValue { mean: at.scores.iter().zip(at.targets).map(|(score, target)| score * target).sum() }
    }
}

/// Runs a network of these parameters on one image, forward, and backward from this gradient by its output.
pub(crate) fn pass<N: Network<Scalar = f64>>(parameters: &[f64], image: &[f64], upstream: &[f64]) -> Passed {
    let mut network = N::new(0, &Initialization::default()).expect("a network");
    network.parameters_mut().as_mut_slice().copy_from_slice(parameters);
    let Volume { width, height, depth } = N::ARCHITECTURE.input();
    let image = Array4::from_shape_vec((1, height, width, depth), image.to_vec()).expect("one image");
    let mut workspace = TrainingWorkspace::of(&network, 1).expect("a workspace");
    let step = Step::default();
    let value = network.gradients(image.view(), upstream, &Upstream, &mut workspace, step, &mut Unobserved);
    value.expect("a pass");
    let by_input = network.input_gradient(&mut workspace).expect("gradients").iter().copied().collect();
    let output = workspace.scores().iter().copied().collect();
    Passed { output, by_input, by_parameters: workspace.gradients().as_slice().to_vec() }
}
