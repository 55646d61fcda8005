//! The running average of the parameters: often a little better than the last ones, which still jump about.

use crate::error::Error;
use crate::network::Network;
use crate::parallel::{self, Work};
use crate::scalar::Scalar;

/// Numbers in one piece.
const PIECE: usize = 1 << 14;

/// `average = decay * average + (1 - decay) * x` after each update, over all parameters and the state: the notes' chapter on
/// model ensembles ("running average of parameters during training").
///
/// The average begins with the parameters of the first update; until `1 / (1 - decay)` updates are over, it takes the mean
/// of all of them instead, so that what came before the training has no part in it.
#[derive(Clone, Debug)]
pub(super) struct Average<T> {
    decay: f64,
    pub(super) updates: u64,
    pub(super) parameters: Vec<T>,
    pub(super) state: Vec<T>,
}

impl<T: Scalar> Average<T> {
    /// # Errors
    /// [`Error::Option`] if the decay is not from 0 up to, but not including, 1.
    pub(super) fn new<N: Network<Scalar = T>>(network: &N, decay: f64) -> Result<Self, Error> {
        if !(0.0..1.0).contains(&decay) {
            let expected = "at least 0 and less than 1; 0.999 is usual";
            return Err(Error::Option { option: "the decay of the average", value: decay, expected });
        }
        let numbers = |numbers: &[T]| numbers.to_vec();
        let (parameters, state) =
            (numbers(network.parameters().as_slice()), numbers(network.state().as_slice()));
        Ok(Self { decay, updates: 0, parameters, state })
    }

    /// Takes in the network after an update.
    pub(super) fn add<N: Network<Scalar = T>>(&mut self, network: &N) {
        self.updates += 1;
        let updates = self.updates as f64;
        let kept = self.decay.min((updates - 1.0) / updates);
        let new = T::from_f64(1.0 - kept);
        move_towards(&mut self.parameters, network.parameters().as_slice(), new);
        move_towards(&mut self.state, network.state().as_slice(), new);
    }

    /// Changes places with the network's numbers.
    pub(super) fn swap<N: Network<Scalar = T>>(&mut self, network: &mut N) {
        network.parameters_mut().as_mut_slice().swap_with_slice(&mut self.parameters);
        network.state_mut().as_mut_slice().swap_with_slice(&mut self.state);
    }
}

/// Moves the average by this share of the way: numbers that stay the same stay the same in it, to the bit.
fn move_towards<T: Scalar>(average: &mut [T], to: &[T], share: T) {
    parallel::chunks(average, PIECE, Work(to.len() as u64), |index, average| {
        T::move_towards(average, &to[index * PIECE..], share);
    });
}
