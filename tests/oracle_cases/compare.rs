//! A case as a setup of ours, and what a network computes against it: every tensor, none left out.

use std::collections::BTreeSet;

use convnet::Parameters;
use convnet::geometry::{Architecture, LayerKind, Role, Tensor};
use convnet::layers::{Algorithms, ConvolutionAlgorithm, DenseAlgorithm};
use convnet::regularization::{Penalty, Regularization};
use serde_json::Value;

use crate::case::{Case, Precision};
use crate::run::{Inferred, Setup, Trained};

/// The algorithms chosen for a network's layers, then each one that is admissible for any of them, forced.
pub(crate) fn algorithms(architecture: &Architecture<'_>) -> Vec<Algorithms> {
    let kinds = || architecture.layers().iter().map(|layer| &layer.kind);
    let convolutions = ConvolutionAlgorithm::ALL.into_iter().filter(|by| {
        kinds().any(|kind| matches!(kind, LayerKind::Convolution(layer) if by.is_admissible(layer)))
    });
    let has_dense = kinds().any(|kind| matches!(kind, LayerKind::Dense(_)));
    let dense = DenseAlgorithm::ALL.into_iter().filter(|_| has_dense);
    std::iter::once(Algorithms::CHOSEN)
        .chain(convolutions.map(|by| Algorithms::CHOSEN.convolution(by)))
        .chain(dense.map(|by| Algorithms::CHOSEN.dense(by)))
        .collect()
}

/// The tensors of a case that play this role, each with ours and its layer.
fn tensors(
    case: &Case,
    architecture: &'static Architecture<'static>,
) -> Vec<(String, Tensor<'static>, &'static LayerKind)> {
    let ours = architecture
        .layers()
        .iter()
        .flat_map(|layer| layer.tensors().map(move |tensor| (tensor, &layer.kind)));
    let (names, ours) = (case.names(&["param"]), ours.collect::<Vec<_>>());
    assert_eq!(names.len(), ours.len(), "{}: as many tensors", case.name());
    names.into_iter().zip(ours).map(|(name, (tensor, layer))| (name, tensor, layer)).collect()
}

/// A case's images, parameters and state.
///
/// Where there is a step, the case's file of a running mean holds the one after it, which begins at 0 here:
/// [`Comparison::begin`] finds out where it began.
pub(crate) fn setup(case: &Case, architecture: &'static Architecture<'static>) -> Setup {
    let mut parameters = Vec::new();
    for (name, tensor, layer) in tensors(case, architecture) {
        let role = name.rsplit_once('.').expect("a layer and a role").1;
        let expected = match tensor.role {
            Role::Weights => "weight",
            Role::Bias => "bias",
            Role::Scale => "gamma",
            Role::Shift => "beta",
            Role::Slope => "alpha",
            other => panic!("{other} is in no case"),
        };
        assert_eq!(role, expected, "{}: {name} is {tensor}", case.name());
        parameters.extend(case.parameter(&name, &tensor, layer));
    }
    let has_step = !case.names(&["state_after"]).is_empty();
    let state = case.names(&["state"]).into_iter().flat_map(|name| {
        let numbers = case.numbers(&name);
        if has_step && name.ends_with("running_mean") { vec![0.0; numbers.len()] } else { numbers }
    });
    Setup { parameters, state: state.collect(), images: case.volume("x"), seed: 0 }
}

/// The loss of a case's regularisation, `{ "l2": .., "l1": .. }`, whose gradient is added to these.
pub(crate) fn regularize(
    architecture: &'static Architecture<'static>,
    regularization: &Value,
    parameters: &[f64],
    gradients: &mut [f64],
) -> f64 {
    let strength = |name: &str| regularization[name].as_f64().unwrap_or(0.0);
    let penalty = Penalty::elastic_net(strength("l1"), strength("l2")).expect("strengths");
    let filled = |numbers: &[f64]| {
        let mut filled = Parameters::<f64>::zeros(architecture);
        filled.as_mut_slice().copy_from_slice(numbers);
        filled
    };
    let (parameters, mut sums) = (filled(parameters), filled(gradients));
    let mut regularizer = Regularization::from(penalty).of(architecture).expect("a network with weights");
    let loss = regularizer.add_gradient(&parameters, &mut sums).expect("this network's");
    gradients.copy_from_slice(sums.as_slice());
    loss
}

/// What was compared with a case so far.
pub(crate) struct Comparison<'a> {
    case: &'a Case,
    architecture: &'static Architecture<'static>,
    precision: Precision,
    compared: BTreeSet<String>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(
        case: &'a Case,
        architecture: &'static Architecture<'static>,
        precision: Precision,
    ) -> Self {
        Self { case, architecture, precision, compared: BTreeSet::new() }
    }

    /// Compares numbers in our layout with a volume.
    fn volume(&mut self, name: &str, found: &[f64]) {
        self.numbers(name, found, &self.case.volume(name));
    }

    /// Compares numbers with those of a tensor.
    pub(crate) fn numbers(&mut self, name: &str, found: &[f64], expected: &[f64]) {
        self.case.compare(name, found, expected, self.precision);
        self.compared.insert(name.to_owned());
    }

    /// Compares the outputs of layers with the activations: those of a chain, and the joint of branches.
    fn volumes(&mut self, volumes: &[(String, Vec<f64>)]) {
        let mut outside_branches = volumes.iter().filter(|(name, _)| !name.contains('.'));
        let operations = self.case.meta()["net"]["layers"].as_array().expect("a list of layers");
        for (index, operation) in operations.iter().enumerate() {
            if operation["op"] == "maxout_fc" {
                // Two layers of ours.
                outside_branches.next();
            }
            let (_, found) = outside_branches.next().expect("a layer for each activation");
            self.volume(&format!("act.{index}"), found);
        }
        assert!(outside_branches.next().is_none(), "{}: layers without an activation", self.case.name());
    }

    /// Compares the loss, without regularisation and with it.
    fn losses(&mut self, setup: &Setup, loss: f64) {
        let penalty = self.regularize(setup, &mut vec![0.0; setup.parameters.len()]);
        for (name, found) in [("loss.data", loss), ("loss.reg", penalty), ("loss.total", loss + penalty)] {
            self.volume(name, &[found]);
        }
    }

    /// The loss of the case's regularisation, whose gradient is added to these.
    fn regularize(&self, setup: &Setup, gradients: &mut [f64]) -> f64 {
        let regularization = &self.case.meta()["net"]["reg"];
        regularize(self.architecture, regularization, &setup.parameters, gradients)
    }

    /// Compares what inference computes, where the case is one of inference or its layers make no difference.
    pub(crate) fn inferred(&mut self, setup: &Setup, found: &Inferred) {
        self.volumes(&found.volumes);
        self.losses(setup, found.loss);
        self.volume("y", &found.scores);
        self.volume("y", &found.alone);
        self.volume("grad.y", &found.by_scores);
    }

    /// Compares what a step of training computes.
    pub(crate) fn trained(&mut self, setup: &Setup, found: &Trained) {
        self.volumes(&found.volumes);
        self.losses(setup, found.loss);
        self.volume("y", &found.scores);
        self.volume("grad.y", &found.by_scores);
        self.volume("grad.x", &found.by_input);
        let mut gradients = found.by_parameters.clone();
        self.regularize(setup, &mut gradients);
        for (name, tensor, layer) in tensors(self.case, self.architecture) {
            let name = format!("grad.{name}");
            let expected = self.case.parameter(&name, &tensor, layer);
            self.numbers(&name, &gradients[tensor.range()], &expected);
        }
        self.state(&found.state);
    }

    /// Compares the state after a step.
    fn state(&mut self, found: &[f64]) {
        for (tensor, name) in self.state_after() {
            self.volume(&name, &found[tensor.range()]);
        }
    }

    /// Our tensors of state, each with what it is after a step.
    fn state_after(&self) -> Vec<(Tensor<'static>, String)> {
        // The oracle has an unbiased variance too, which is not ours.
        let names = self.case.names(&["state_after"]);
        let names: Vec<_> = names.into_iter().filter(|name| !name.ends_with("_unbiased")).collect();
        let ours: Vec<_> = self.architecture.state_tensors().filter(|_| !names.is_empty()).collect();
        assert_eq!(names.len(), ours.len(), "{}: as much state", self.case.name());
        for (name, tensor) in names.iter().zip(&ours) {
            assert!(
                name.ends_with("mean") == (tensor.role == Role::Mean),
                "{}: {name} is {tensor}",
                self.case.name()
            );
        }
        ours.into_iter().zip(names).collect()
    }

    /// The setup with running means as they were before the step, given what a step makes of zeros.
    ///
    /// All numbers that a case begins with are those of an `f32`. What is found must be one, too, which is a check of
    /// the step.
    pub(crate) fn begin(&self, setup: &Setup, from_zero: &Trained) -> Setup {
        let mut setup = setup.clone();
        for (tensor, name) in self.state_after() {
            if tensor.role != Role::Mean {
                continue;
            }
            let momentum = momentum(self.architecture, tensor.layer);
            for (i, after) in tensor.range().zip(self.case.numbers(&name)) {
                let before = (after - from_zero.state[i]) / momentum;
                #[expect(clippy::cast_possible_truncation, reason = "it was an f32")]
                let single = f64::from(before as f32);
                if self.precision == Precision::Double {
                    assert!(
                        (before - single).abs() <= 1e-14,
                        "{}: {name} began at {before}",
                        self.case.name()
                    );
                }
                setup.state[i] = single;
            }
        }
        setup
    }

    /// Checks that every tensor that the case computes has been compared.
    pub(crate) fn finish(self) {
        let roles = ["output", "activation", "loss", "grad", "state_after", "expected"];
        for name in self.case.names(&roles).iter().filter(|name| !name.ends_with("_unbiased")) {
            assert!(self.compared.contains(name), "{}: {name} was not compared", self.case.name());
        }
    }
}

/// What a layer keeps of its running statistics.
fn momentum(architecture: &Architecture<'_>, name: &str) -> f64 {
    let layer = architecture.layers().iter().find(|layer| layer.name == name).expect("a layer");
    match layer.kind {
        LayerKind::BatchNorm(layer) => layer.momentum.get(),
        other => panic!("no running statistics: {other:?}"),
    }
}
