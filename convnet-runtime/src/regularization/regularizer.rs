//! A regularisation at work on the numbers of one network.

use std::ops::Range;

use convnet_geometry::{Architecture, Tensor};

use super::{Penalty, Regularization};
use crate::error::Error;
use crate::names;
use crate::parallel::{self, Work};
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// Numbers in one piece of a tensor.
const PIECE: usize = 1 << 14;

/// A [`Regularization`] whose names have been looked up in a network: the ranges of its parameters that it acts on.
///
/// Nothing here allocates but [`Regularization::of`], which makes it.
#[derive(Clone, Debug)]
pub struct Regularizer {
    parameters: usize,
    rules: Vec<Rule>,
    /// The sums of |x| and x^2 of each piece of a tensor, added up in order: threads play no part.
    sums: Vec<[f64; 2]>,
}

/// A tensor that is regularised.
#[derive(Clone, Debug)]
struct Rule {
    range: Range<usize>,
    /// The numbers of one neuron.
    row: usize,
    l1: f64,
    l2: f64,
    max_norm: Option<f64>,
}

impl Rule {
    fn new(tensor: &Tensor<'_>, penalty: &Penalty) -> Self {
        let Penalty { l1, l2, max_norm, .. } = *penalty;
        Self { range: tensor.range(), row: tensor.fan_in, l1, l2, max_norm }
    }

    fn costs(&self) -> bool {
        self.l1 > 0.0 || self.l2 > 0.0
    }

    fn work(&self) -> Work {
        Work(self.range.len() as u64)
    }

    fn loss(&self, sums: &[[f64; 2]]) -> f64 {
        let [absolute, squares] = sums.iter().fold([0.0; 2], |[a, b], [c, d]| [a + c, b + d]);
        // Not `0.0 * infinity`, which is NaN.
        let times = |lambda: f64, sum: f64| if lambda > 0.0 { lambda * sum } else { 0.0 };
        times(self.l1, absolute) + 0.5 * times(self.l2, squares)
    }
}

impl Regularizer {
    pub(super) fn new(
        regularization: &Regularization,
        architecture: &'static Architecture<'static>,
    ) -> Result<Self, Error> {
        check_names(regularization, architecture)?;
        let tensors = architecture.tensors().map(|tensor| (tensor, regularization.of_layer(tensor.layer)));
        let rules: Vec<_> = tensors
            .filter(|(tensor, penalty)| penalty.acts_on(tensor.role) && !penalty.is_none())
            .map(|(tensor, penalty)| Rule::new(&tensor, penalty))
            .collect();
        let pieces = rules.iter().filter(|rule| rule.costs()).map(|rule| rule.range.len().div_ceil(PIECE));
        Ok(Self { parameters: architecture.parameters(), sums: vec![[0.0; 2]; pieces.sum()], rules })
    }

    /// The regularisation loss: the sum over what it acts on of `0.5 * l2 * w^2 + l1 * |w|`. It is not averaged: batches
    /// play no part.
    ///
    /// # Errors
    /// [`Error::ParameterCount`] if these are another network's.
    pub fn loss<T: Scalar>(&mut self, parameters: &Parameters<T>) -> Result<f64, Error> {
        self.check_count(parameters.len())?;
        let parameters = parameters.as_slice();
        Ok(self.sum(|rule, sums| {
            let parameters = &parameters[rule.range.clone()];
            parallel::chunks(sums, 1, rule.work(), |i, sum| {
                sum[0] = T::magnitudes(piece(parameters, i));
            });
        }))
    }

    /// Adds the gradient of the regularisation loss, `l2 * w + l1 * sign(w)`, to gradients, and returns the
    /// [`loss`](Self::loss). The sign of 0 is 0.
    ///
    /// For the gradients of a workspace there is
    /// [`TrainingWorkspace::regularize`](crate::workspace::TrainingWorkspace::regularize).
    ///
    /// # Errors
    /// [`Error::ParameterCount`] if these are another network's.
    pub fn add_gradient<T: Scalar>(
        &mut self,
        parameters: &Parameters<T>,
        gradients: &mut Parameters<T>,
    ) -> Result<f64, Error> {
        self.check_count(parameters.len())?;
        self.check_count(gradients.len())?;
        let (parameters, gradients) = (parameters.as_slice(), gradients.as_mut_slice());
        Ok(self.sum(|rule, sums| {
            let (l1, l2) = (T::from_f64(rule.l1), T::from_f64(rule.l2));
            let (parameters, gradients) =
                (&parameters[rule.range.clone()], &mut gradients[rule.range.clone()]);
            parallel::chunk_pairs((gradients, PIECE), (sums, 1), rule.work(), |i, gradients, sum| {
                sum[0] = T::add_penalty(gradients, piece(parameters, i), l1, l2);
            });
        }))
    }

    /// Scales the weights of each neuron whose norm is above its max norm back to it; done after an update.
    ///
    /// # Errors
    /// [`Error::ParameterCount`] if these are another network's.
    pub fn project<T: Scalar>(&self, parameters: &mut Parameters<T>) -> Result<(), Error> {
        self.check_count(parameters.len())?;
        let bounded = || self.rules.iter().filter_map(|rule| Some((rule, rule.max_norm?)));
        let work = bounded().map(|(rule, _)| rule.range.len()).sum::<usize>();
        if work == 0 {
            return Ok(());
        }
        let parameters = parameters.as_mut_slice();
        parallel::enter(Work(work as u64), || {
            for (rule, bound) in bounded() {
                let rows = rule.row * (PIECE / rule.row).max(1);
                parallel::chunks(&mut parameters[rule.range.clone()], rows, rule.work(), |_, numbers| {
                    T::clamp_rows(numbers, rule.row, bound);
                });
            }
        });
        Ok(())
    }

    /// Whether the loss has a kink where parameter `i` is 0.
    pub(crate) fn has_kink_at(&self, i: usize) -> bool {
        self.rules.iter().any(|rule| rule.l1 > 0.0 && rule.range.contains(&i))
    }

    /// Whether the loss has kinks at all.
    pub(crate) fn has_kinks(&self) -> bool {
        self.rules.iter().any(|rule| rule.l1 > 0.0)
    }

    /// The loss of a piece of a tensor with parameter `i`: what changes with it, and 0 if nothing does.
    pub(crate) fn loss_near<T: Scalar>(&self, parameters: &Parameters<T>, i: usize) -> f64 {
        self.rules.iter().find(|rule| rule.range.contains(&i)).map_or(0.0, |rule| {
            let numbers = &parameters.as_slice()[rule.range.clone()];
            rule.loss(&[T::magnitudes(piece(numbers, (i - rule.range.start) / PIECE))])
        })
    }

    /// Calls `f` with each rule that costs something and the sums that it is to fill in; the loss of all.
    fn sum(&mut self, mut f: impl FnMut(&Rule, &mut [[f64; 2]]) + Send) -> f64 {
        let Self { rules, sums, .. } = self;
        let costly = || rules.iter().filter(|rule| rule.costs());
        let work = Work(costly().map(|rule| rule.range.len() as u64).sum());
        parallel::enter(work, || {
            let (mut loss, mut rest) = (0.0, &mut sums[..]);
            for rule in costly() {
                let (sums, others) = rest.split_at_mut(rule.range.len().div_ceil(PIECE));
                f(rule, sums);
                loss += rule.loss(sums);
                rest = others;
            }
            loss
        })
    }

    fn check_count(&self, found: usize) -> Result<(), Error> {
        let expected = self.parameters;
        if expected == found { Ok(()) } else { Err(Error::ParameterCount { expected, found }) }
    }
}

fn piece<T>(numbers: &[T], index: usize) -> &[T] {
    numbers.chunks(PIECE).nth(index).expect("as many pieces as the tensor has")
}

/// Each layer that is named has parameters, and those its penalty acts on.
fn check_names(
    regularization: &Regularization,
    architecture: &'static Architecture<'static>,
) -> Result<(), Error> {
    for (layer, penalty) in regularization.named() {
        let tensors: Vec<_> = architecture.tensors().filter(|tensor| tensor.layer == layer).collect();
        if tensors.is_empty() {
            let mut layers: Vec<_> = architecture.tensors().map(|tensor| tensor.layer).collect();
            layers.dedup();
            let hint = names::hint(layer, &layers);
            let (what, network) = ("layer with parameters", architecture.name());
            return Err(Error::UnknownName { what, name: layer.to_owned(), network, hint });
        }
        if !penalty.is_none() && !tensors.iter().any(|tensor| penalty.acts_on(tensor.role)) {
            let tensors = tensors.iter().map(ToString::to_string).collect();
            return Err(Error::IdlePenalty { layer: layer.to_owned(), tensors });
        }
    }
    Ok(())
}
