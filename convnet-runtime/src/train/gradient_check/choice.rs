//! Which numbers are checked.

use convnet_geometry::Architecture;
use rand::seq::index;

use crate::error::Error;
use crate::names;
use crate::random::{self, Purpose};

/// What the images are called among the tensors.
pub(super) const IMAGES: &str = "images";

/// The tensors that were asked for; none stands for all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Choice(Vec<(String, Numbers)>);

/// Numbers of one tensor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Numbers {
    /// Drawn, as many as are drawn of every tensor.
    Drawn,
    /// These.
    These(Vec<usize>),
}

impl Choice {
    pub(super) fn push(&mut self, tensor: String, numbers: Numbers) {
        self.0.retain(|(other, _)| *other != tensor);
        self.0.push((tensor, numbers));
    }

    /// Whether the tensors that were asked for are the network's, or its images.
    pub(super) fn check(&self, architecture: &'static Architecture<'static>) -> Result<(), Error> {
        let tensors = || architecture.tensors().map(|tensor| tensor.to_string());
        let names = || tensors().chain([IMAGES.to_owned()]);
        match self.0.iter().find(|(name, _)| names().all(|other| other != *name)) {
            None => Ok(()),
            Some((name, _)) => {
                let (name, hint) = (name.clone(), names::hint(name, &names().collect::<Vec<_>>()));
                Err(Error::UnknownName { what: "tensor", name, network: architecture.name(), hint })
            }
        }
    }

    /// Positions in a tensor of this many numbers; nothing if it was not asked for.
    pub(super) fn positions(&self, tensor: &str, count: usize, draw: Draw) -> Result<Vec<usize>, Error> {
        let asked_for = self.0.iter().find(|(name, _)| name == tensor);
        match asked_for {
            None if self.0.is_empty() => Ok(draw.positions(count)),
            None => Ok(Vec::new()),
            Some((_, Numbers::Drawn)) => Ok(draw.positions(count)),
            Some((_, Numbers::These(positions))) => {
                match positions.iter().find(|&&position| position >= count) {
                    None => Ok(positions.clone()),
                    Some(&position) => {
                        Err(Error::TensorPosition { tensor: tensor.to_owned(), position, count })
                    }
                }
            }
        }
    }
}

/// How numbers of a tensor are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    pub(super) seed: u64,
    pub(super) stream: u64,
    /// The most numbers.
    pub(super) most: usize,
}

impl Draw {
    fn positions(self, count: usize) -> Vec<usize> {
        let mut random = random::stream(self.seed, Purpose::GradientCheck, self.stream);
        index::sample(&mut random, count, self.most.min(count)).into_vec()
    }
}
