//! What rules keep from one update to the next: made of zeros, shown, and taken back.

use super::{PIECE, Rate};
use crate::error::Error;
use crate::memory::fill_with_zeros;
use crate::parallel::{self, Work};
use crate::parameters::Parameters;
use crate::scalar::Scalar;

/// What an update rule keeps: all that it needs, beside its options, to go on bit for bit.
#[derive(Clone, PartialEq, Debug)]
pub struct Kept<'a, T> {
    /// By name, one number for each parameter; none before the first update.
    pub tensors: Vec<(&'static str, &'a [T])>,
    /// How many updates there were, if the rule counts them, and 0 otherwise.
    pub updates: u64,
}

impl<'a, T> Kept<'a, T> {
    /// These tensors, but for those that are empty yet.
    pub fn new(tensors: &[(&'static str, &'a [T])], updates: u64) -> Self {
        let tensors = tensors.iter().copied().filter(|(_, numbers)| !numbers.is_empty());
        Self { tensors: tensors.collect(), updates }
    }
}

/// Copies of the tensors of these names, in their order, from what was kept, in any order; empty ones if nothing was.
///
/// # Errors
/// [`Error::Kept`] if there are others, or some are missing, or they are not equally long.
pub(super) fn taken<T: Scalar, const N: usize>(
    rule: &'static str,
    names: [&str; N],
    kept: &[(String, Vec<T>)],
) -> Result<[Vec<T>; N], Error> {
    if kept.is_empty() {
        return Ok([const { Vec::new() }; N]);
    }
    let find = |name| kept.iter().find(|(found, _)| found == name).map(|(_, numbers)| numbers);
    let found = names.map(find);
    if kept.len() != N || found.iter().any(Option::is_none) {
        return Err(Error::Kept { rule, reason: other_names(&names, kept) });
    }
    let found = found.map(|numbers| numbers.map_or(&[][..], Vec::as_slice));
    if found.iter().any(|numbers| numbers.len() != found[0].len()) {
        let counts = names.iter().zip(found).map(|(name, numbers)| format!("{} of {name}", numbers.len()));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let reason = format!("there are {counts}, but there must be as many of each");
        return Err(Error::Kept { rule, reason });
    }
    Ok(found.map(<[T]>::to_vec))
}

fn other_names<T>(names: &[&str], kept: &[(String, Vec<T>)]) -> String {
    let found: Vec<_> = kept.iter().map(|(name, _)| &name[..]).collect();
    let needed = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    format!("it keeps {needed}, and was given {}", found.join(", "))
}

pub(super) fn check_count(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::ParameterCount { expected, found }) }
}

/// Makes zeros of what a rule keeps, before the first update; afterwards there must be as many as parameters.
pub(super) fn or_zeros<T: Scalar>(kept: &mut Vec<T>, parameters: usize) -> Result<(), Error> {
    if kept.is_empty() {
        fill_with_zeros(kept, parameters);
    }
    check_count(parameters, kept.len())
}

/// One pass over parameters, what a rule keeps for each, and gradients, which is so much work a number: `f` updates a piece of them
/// by the rate.
pub(super) fn one_pass<T: Scalar>(
    rate: Rate,
    (parameters, kept): (&mut Parameters<T>, &mut Vec<T>),
    gradients: &Parameters<T>,
    work: u64,
    f: impl Fn(&mut [T], &mut [T], &[T], T) + Sync,
) -> Result<(), Error> {
    check_count(parameters.len(), gradients.len())?;
    or_zeros(kept, parameters.len())?;
    let (rate, gradients) = (rate.scalar()?, gradients.as_slice());
    let pieces = ((parameters.as_mut_slice(), PIECE), (&mut kept[..], PIECE));
    parallel::chunk_pairs(pieces.0, pieces.1, Work::of(gradients.len(), work), |index, parameters, kept| {
        f(parameters, kept, &gradients[index * PIECE..], rate);
    });
    Ok(())
}
