//! Where volumes lie in a workspace: volumes that are never alive together share memory.

/// How long a volume of a certain size is needed, in steps of a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lifetime {
    /// How many numbers it holds.
    pub size: usize,
    /// The step that first writes it.
    pub from: usize,
    /// The last step that reads it.
    pub to: usize,
}

impl Lifetime {
    const fn meets(&self, other: &Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

const UNPLACED: usize = usize::MAX;

/// Gives every volume an offset such that no two that live at the same step overlap; returns the numbers needed in all.
///
/// The largest is placed first, each at the lowest offset that is free during its life. For a chain of layers that is
/// the notes' "at test time keep only the current activations": the largest two neighbours decide.
///
/// Sizes whose sum leaves the range of the machine's integers are placed at its end: an architecture refuses them.
///
/// # Panics
/// If `offsets` and `lifetimes` differ in length.
pub fn place(lifetimes: &[Lifetime], offsets: &mut [usize]) -> usize {
    assert_eq!(lifetimes.len(), offsets.len(), "an offset for each lifetime");
    offsets.fill(UNPLACED);
    let mut needed = 0;
    while let Some(next) = largest_unplaced(lifetimes, offsets) {
        let offset = lowest_free(lifetimes, offsets, next);
        offsets[next] = offset;
        needed = needed.max(offset.saturating_add(lifetimes[next].size));
    }
    needed
}

fn largest_unplaced(lifetimes: &[Lifetime], offsets: &[usize]) -> Option<usize> {
    // Of equal sizes the first, so that the placement does not depend on how the maximum is found.
    (0..lifetimes.len()).rev().filter(|&i| offsets[i] == UNPLACED).max_by_key(|&i| lifetimes[i].size)
}

fn lowest_free(lifetimes: &[Lifetime], offsets: &[usize], next: usize) -> usize {
    let volume = &lifetimes[next];
    let mut offset = 0_usize;
    loop {
        let in_the_way = (0..lifetimes.len()).find(|&i| {
            offsets[i] != UNPLACED
                && volume.meets(&lifetimes[i])
                && offsets[i] < offset.saturating_add(volume.size)
                && offset < offsets[i].saturating_add(lifetimes[i].size)
        });
        match in_the_way {
            Some(i) => offset = offsets[i].saturating_add(lifetimes[i].size),
            None => return offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    /// Lifetimes of a chain: volume i is written at step i and read at step i + 1.
    fn chain(sizes: &[usize]) -> Vec<Lifetime> {
        sizes.iter().enumerate().map(|(i, &size)| Lifetime { size, from: i, to: i + 1 }).collect()
    }

    #[test]
    fn a_chain_needs_its_two_largest_neighbours() {
        for sizes in [vec![3, 64, 64, 16, 1], vec![5, 1, 7, 2, 9], vec![1], vec![2, 2, 2, 2]] {
            let lifetimes = chain(&sizes);
            let mut offsets = vec![0; sizes.len()];
            let needed = place(&lifetimes, &mut offsets);
            let neighbours = sizes.windows(2).map(|pair| pair[0] + pair[1]).max().unwrap_or(sizes[0]);
            assert_eq!(needed, neighbours, "{sizes:?} placed at {offsets:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn volumes_alive_together_never_overlap(raw in proptest::collection::vec((1usize..50, 0usize..20, 0usize..6), 1..30)) {
            let lifetimes: Vec<_> =
                raw.iter().map(|&(size, from, length)| Lifetime { size, from, to: from + length }).collect();
            let mut offsets = vec![0; lifetimes.len()];
            let needed = place(&lifetimes, &mut offsets);
            for (i, a) in lifetimes.iter().enumerate() {
                proptest::prop_assert!(offsets[i] + a.size <= needed);
                for (j, b) in lifetimes.iter().enumerate().skip(i + 1) {
                    let apart = offsets[i] + a.size <= offsets[j] || offsets[j] + b.size <= offsets[i];
                    proptest::prop_assert!(apart || !a.meets(b));
                }
            }
        }
    }
}
