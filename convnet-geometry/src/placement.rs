//! Where volumes lie in a workspace: volumes that are never alive together share memory.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

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
    /// A volume that no step needs yet.
    pub const fn unborn(size: usize) -> Self {
        Self { size, from: usize::MAX, to: 0 }
    }

    /// Lives at this step, too.
    pub fn touch(&mut self, step: usize) {
        self.from = step.min(self.from);
        self.to = step.max(self.to);
    }

    const fn meets(&self, other: &Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// Where the volumes of a forward pass lie: each lives from the layer that writes it to the last one that reads it, the
/// first, which is the images, from the beginning, the last, which is the scores, to the end.
///
/// Layers are the indices of their inputs and of their output, in the order in which they run.
///
/// # Panics
/// If there is no volume, or an index is none of a volume's.
pub fn place_forward<'a>(sizes: &[usize], layers: impl Iterator<Item = (&'a [usize], usize)>) -> Vec<usize> {
    let mut lifetimes: Vec<Lifetime> = sizes.iter().map(|&size| Lifetime::unborn(size)).collect();
    lifetimes[0].touch(0);
    let mut end = 1;
    for (step, (inputs, output)) in (1..).zip(layers) {
        inputs.iter().for_each(|&input| lifetimes[input].touch(step));
        lifetimes[output].touch(step);
        end = step + 1;
    }
    lifetimes[sizes.len() - 1].touch(end);
    let mut offsets = vec![0; sizes.len()];
    place(&lifetimes, &mut offsets);
    offsets
}

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
    let mut order: Vec<usize> = (0..lifetimes.len()).collect();
    // Of equal sizes the first comes first: the sort is stable.
    order.sort_by_key(|&i| Reverse(lifetimes[i].size));
    let (mut needed, mut in_the_way) = (0, Vec::new());
    for (placed, &next) in order.iter().enumerate() {
        let volume = &lifetimes[next];
        let alive = order[..placed].iter().filter(|&&other| volume.meets(&lifetimes[other]));
        in_the_way.clear();
        in_the_way.extend(alive.map(|&other| (offsets[other], lifetimes[other].size)));
        offsets[next] = lowest_free(volume.size, &mut in_the_way);
        needed = needed.max(offsets[next].saturating_add(volume.size));
    }
    needed
}

/// The lowest offset at which so many numbers are free of pieces, each an offset and a size.
fn lowest_free(size: usize, pieces: &mut [(usize, usize)]) -> usize {
    pieces.sort_unstable();
    let mut offset = 0_usize;
    for &(first, length) in &*pieces {
        if offset.saturating_add(size) <= first {
            break;
        }
        offset = offset.max(first.saturating_add(length));
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

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
