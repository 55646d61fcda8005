//! What is asked for: how much, on which tensors, in which layers.

use convnet_geometry::{Architecture, Role};

use super::Regularizer;
use crate::error::Error;

/// What large weights cost, and how large they may be: any of L2, L1 and a max norm.
///
/// It acts on weights: not on biases, nor on the scales and shifts of `BN`, the slopes of `PRELU` or the parameters of a
/// layer of one's own, unless [`also_on`](Self::also_on) says so.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Penalty {
    pub(super) l1: f64,
    pub(super) l2: f64,
    pub(super) max_norm: Option<f64>,
    also: Vec<Role>,
}

impl Penalty {
    /// Nothing: a layer that is left out.
    pub const NONE: Self = Self { l1: 0.0, l2: 0.0, max_norm: None, also: Vec::new() };

    /// `0.5 * lambda * w^2` of each weight: the gradient is `lambda * w`.
    ///
    /// # Errors
    /// [`Error::Option`] if lambda is negative or not finite.
    pub fn l2(lambda: f64) -> Result<Self, Error> {
        Self::NONE.with_l2(lambda)
    }

    /// `lambda * |w|` of each weight: the gradient is `lambda` times the sign of w, and 0 at 0.
    ///
    /// # Errors
    /// [`Error::Option`] if lambda is negative or not finite.
    pub fn l1(lambda: f64) -> Result<Self, Error> {
        Self::NONE.with_l1(lambda)
    }

    /// `l1 * |w| + 0.5 * l2 * w^2` of each weight (Zou and Hastie 2005).
    ///
    /// # Errors
    /// [`Error::Option`] if one of them is negative or not finite.
    pub fn elastic_net(l1: f64, l2: f64) -> Result<Self, Error> {
        Self::l1(l1)?.with_l2(l2)
    }

    /// After each update, the weights of each neuron are scaled back to the norm `bound` if theirs is larger. The notes
    /// have seen 3 and 4.
    ///
    /// A neuron's weights are a row of `FC`, a filter of `CONV`, a filter at its position of `LOCAL`. Of a tensor that is
    /// no matrix, such as biases, each number is clamped from `-bound` to `bound`.
    ///
    /// # Errors
    /// [`Error::Option`] if the bound is not positive or not finite.
    pub fn max_norm(bound: f64) -> Result<Self, Error> {
        Self::NONE.with_max_norm(bound)
    }

    /// The same with an [`l2`](Self::l2) of this lambda.
    ///
    /// # Errors
    /// [`Error::Option`] if lambda is negative or not finite.
    pub fn with_l2(self, lambda: f64) -> Result<Self, Error> {
        Ok(Self { l2: check_lambda("lambda of L2", lambda)?, ..self })
    }

    /// The same with an [`l1`](Self::l1) of this lambda.
    ///
    /// # Errors
    /// [`Error::Option`] if lambda is negative or not finite.
    pub fn with_l1(self, lambda: f64) -> Result<Self, Error> {
        Ok(Self { l1: check_lambda("lambda of L1", lambda)?, ..self })
    }

    /// The same with a [`max_norm`](Self::max_norm) of this bound.
    ///
    /// # Errors
    /// [`Error::Option`] if the bound is not positive or not finite.
    pub fn with_max_norm(self, bound: f64) -> Result<Self, Error> {
        if bound.is_finite() && bound > 0.0 {
            return Ok(Self { max_norm: Some(bound), ..self });
        }
        let expected = "a finite number above 0";
        Err(Error::Option { option: "the bound of a max norm", value: bound, expected })
    }

    /// The same, acting on tensors that play this part too: `Role::Bias`, say.
    ///
    /// # Errors
    /// [`Error::UnlearnedRole`] if it is the part of a tensor that is not learned, such as a running mean.
    pub fn also_on(mut self, role: Role) -> Result<Self, Error> {
        match role {
            Role::Mean | Role::Variance | Role::OwnState => return Err(Error::UnlearnedRole { role }),
            Role::Weights => {}
            role if self.also.contains(&role) => {}
            role => self.also.push(role),
        }
        Ok(self)
    }

    /// Whether it acts on tensors that play this part.
    pub(super) fn acts_on(&self, role: Role) -> bool {
        role == Role::Weights || self.also.contains(&role)
    }

    /// Whether it does anything at all.
    pub(super) fn is_none(&self) -> bool {
        self.l1 == 0.0 && self.l2 == 0.0 && self.max_norm.is_none()
    }
}

fn check_lambda(option: &'static str, lambda: f64) -> Result<f64, Error> {
    if lambda.is_finite() && lambda >= 0.0 {
        return Ok(lambda);
    }
    Err(Error::Option { option, value: lambda, expected: "a finite number, at least 0" })
}

/// A penalty for a whole network, and others for some of its layers.
///
/// A [`Penalty`] alone is one, too: `penalty.into()`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Regularization {
    everywhere: Penalty,
    layers: Vec<(String, Penalty)>,
}

impl Regularization {
    /// This penalty in every layer that is not named.
    pub const fn new(everywhere: Penalty) -> Self {
        Self { everywhere, layers: Vec::new() }
    }

    /// Another penalty in the layer of this name, in place of the one for every layer; [`Penalty::NONE`] leaves it out.
    ///
    /// The name is the layer's as its tensors have it, `conv1` or `plain2.add1.b1.conv1`. Named again, the last one counts.
    pub fn layer(mut self, name: impl Into<String>, penalty: Penalty) -> Self {
        let name = name.into();
        self.layers.retain(|(other, _)| *other != name);
        self.layers.push((name, penalty));
        self
    }

    /// Looks up the names in a network.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is no layer with parameters of a name; [`Error::IdlePenalty`] if the penalty of a
    /// layer that is named acts on none of its tensors.
    pub fn of(&self, architecture: &'static Architecture<'static>) -> Result<Regularizer, Error> {
        Regularizer::new(self, architecture)
    }

    /// The penalties of layers that are named.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &Penalty)> {
        self.layers.iter().map(|(name, penalty)| (&name[..], penalty))
    }

    /// The penalty of this layer.
    pub(super) fn of_layer(&self, layer: &str) -> &Penalty {
        self.named().find(|(name, _)| *name == layer).map_or(&self.everywhere, |(_, penalty)| penalty)
    }
}

impl From<Penalty> for Regularization {
    fn from(everywhere: Penalty) -> Self {
        Self::new(everywhere)
    }
}
