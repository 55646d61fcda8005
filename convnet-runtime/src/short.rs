//! Copies of a few numbers, for which a call of `memcpy` or a loop costs more than two copies that overlap.

/// Copies a run into one that is as long.
#[inline(always)]
pub(crate) fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    match from.len() {
        // Of a length that the compiler knows, which is that of most panels.
        32 => ends::<T, 32>(from, to),
        16 => ends::<T, 16>(from, to),
        17.. => to.copy_from_slice(from),
        8.. => ends::<T, 8>(from, to),
        4.. => ends::<T, 4>(from, to),
        _ => std::iter::zip(to, from).for_each(|(to, &from)| *to = from),
    }
}

/// Copies the first `N` numbers and the last `N`, of at least `N` and at most twice as many.
#[inline(always)]
fn ends<T: Copy, const N: usize>(from: &[T], to: &mut [T]) {
    if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
        *to = *from;
    }
    if from.len() > N
        && let (Some(from), Some(to)) = (from.last_chunk::<N>(), to.last_chunk_mut::<N>())
    {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_copied() {
        for length in 0..40 {
            let (from, mut to): (Vec<usize>, _) = ((1..=length).collect(), vec![0; length]);
            copy(&from, &mut to);
            assert_eq!(from, to);
        }
    }
}
