//! Work shared among threads, cut the same way whatever runs it.
//!
//! Every function here takes pieces whose number and size depend on the work alone. With the feature `threads` they run
//! in the rayon pool that the caller is in (the global one if it is in none), otherwise one after the other; either way
//! each piece does the same sums in the same order. Neither way allocates, but for the pool's own queue when it is
//! entered from outside.

use ndarray::{ArrayViewMut2, Axis};

#[cfg(feature = "threads")]
use crate::error::Error;

/// Multiply-accumulates, or as much other work, below which waking other threads costs more than they save.
const WORTH_SHARING: u64 = 1 << 18;

/// How much work all pieces of a call are, in multiply-accumulates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work(
    #[cfg_attr(not(feature = "threads"), expect(dead_code, reason = "without threads nothing is shared"))]
    pub(crate) u64,
);

impl Work {
    /// `count` times `each`.
    pub(crate) fn of(count: usize, each: u64) -> Self {
        Self((count as u64).saturating_mul(each))
    }

    #[cfg(feature = "threads")]
    fn is_worth_sharing(self) -> bool {
        self.0 >= WORTH_SHARING && rayon::current_num_threads() > 1
    }
}

/// Sets how many threads train and infer where the caller is in no pool of its own.
///
/// Without it, and for 0, there are as many as the environment variable `RAYON_NUM_THREADS` says, or as the machine has. Results do not
/// depend on it. Another number for some calls alone is a pool of rayon's: `pool.install(|| trainer.step(..))`.
///
/// # Errors
/// [`Error::Threads`] if threads are running already: it must come before the first network, workspace or trainer is made.
#[cfg(feature = "threads")]
pub fn set_threads(threads: usize) -> Result<(), Error> {
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    built.map_err(|error| Error::Threads { threads, reason: error.to_string() })
}

/// The number of threads that pieces may run on.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "threads")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    return 1;
}

/// The thread's number within its pool.
pub(crate) fn thread() -> usize {
    #[cfg(feature = "threads")]
    return rayon::current_thread_index().unwrap_or(0);
    #[cfg(not(feature = "threads"))]
    return 0;
}

/// Runs `f` inside the pool, if its work is worth it, so that the pool is entered once for all that `f` shares.
pub(crate) fn enter<R: Send>(work: Work, f: impl FnOnce() -> R + Send) -> R {
    #[cfg(feature = "threads")]
    if work.is_worth_sharing() && rayon::current_thread_index().is_none() {
        return rayon::join(f, || ()).0;
    }
    let _ = (work, WORTH_SHARING);
    f()
}

/// Calls `f` with each chunk of `numbers` and its index.
pub(crate) fn chunks<T: Send>(
    numbers: &mut [T],
    length: usize,
    work: Work,
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    #[cfg(feature = "threads")]
    if work.is_worth_sharing() {
        use rayon::prelude::*;
        return numbers.par_chunks_mut(length).enumerate().for_each(|(i, chunk)| f(i, chunk));
    }
    let _ = work;
    numbers.chunks_mut(length).enumerate().for_each(|(i, chunk)| f(i, chunk));
}

/// Whether `f` holds for each chunk of `numbers`.
#[cfg(feature = "train")]
pub(crate) fn all<T: Sync>(numbers: &[T], length: usize, f: impl Fn(&[T]) -> bool + Sync) -> bool {
    #[cfg(feature = "threads")]
    if Work(numbers.len() as u64).is_worth_sharing() {
        use rayon::prelude::*;
        return numbers.par_chunks(length).all(&f);
    }
    numbers.chunks(length).all(f)
}

/// Calls `f` with each pair of chunks of `a` and `b` and their index.
pub(crate) fn chunk_pairs<A: Send, B: Send>(
    (a, a_length): (&mut [A], usize),
    (b, b_length): (&mut [B], usize),
    work: Work,
    f: impl Fn(usize, &mut [A], &mut [B]) + Sync,
) {
    #[cfg(feature = "threads")]
    if work.is_worth_sharing() {
        use rayon::prelude::*;
        let pairs = a.par_chunks_mut(a_length).zip(b.par_chunks_mut(b_length)).enumerate();
        return pairs.for_each(|(i, (a, b))| f(i, a, b));
    }
    let _ = work;
    let pairs = a.chunks_mut(a_length).zip(b.chunks_mut(b_length)).enumerate();
    pairs.for_each(|(i, (a, b))| f(i, a, b));
}

/// Calls `f` with each triple of chunks of three equally long slices and their index.
#[cfg(feature = "train")]
pub(crate) fn chunk_triples<T: Send>(
    a: &mut [T],
    [b, c]: [&mut [T]; 2],
    length: usize,
    work: Work,
    f: impl Fn(usize, &mut [T], [&mut [T]; 2]) + Sync,
) {
    #[cfg(feature = "threads")]
    if work.is_worth_sharing() {
        use rayon::prelude::*;
        let others = b.par_chunks_mut(length).zip(c.par_chunks_mut(length));
        let triples = a.par_chunks_mut(length).zip(others).enumerate();
        return triples.for_each(|(i, (a, (b, c)))| f(i, a, [b, c]));
    }
    let _ = work;
    let others = b.chunks_mut(length).zip(c.chunks_mut(length));
    let triples = a.chunks_mut(length).zip(others).enumerate();
    triples.for_each(|(i, (a, (b, c)))| f(i, a, [b, c]));
}

/// Calls `f` with each tile of `width` columns of `matrix` and its first column.
pub(crate) fn column_tiles<T: Send + Sync>(
    mut matrix: ArrayViewMut2<'_, T>,
    width: usize,
    work: Work,
    f: impl Fn(usize, ArrayViewMut2<'_, T>) + Sync,
) {
    let tiles = matrix.axis_chunks_iter_mut(Axis(1), width);
    #[cfg(feature = "threads")]
    if work.is_worth_sharing() {
        use ndarray::parallel::prelude::*;
        return tiles.into_par_iter().enumerate().for_each(|(i, tile)| f(i * width, tile));
    }
    let _ = work;
    tiles.enumerate().for_each(|(i, tile)| f(i * width, tile));
}

/// Calls `f` with each tile of so many rows and columns of `matrix`, and its first row and column.
pub(crate) fn tiles<T: Send + Sync>(
    mut matrix: ArrayViewMut2<'_, T>,
    (rows, columns): (usize, usize),
    work: Work,
    f: impl Fn((usize, usize), ArrayViewMut2<'_, T>) + Sync,
) {
    let of_rows = matrix.axis_chunks_iter_mut(Axis(0), rows);
    #[cfg(feature = "threads")]
    if work.is_worth_sharing() {
        use ndarray::parallel::prelude::*;
        return of_rows.into_par_iter().enumerate().for_each(|(i, mut of_rows)| {
            let tiles = of_rows.axis_chunks_iter_mut(Axis(1), columns).into_par_iter().enumerate();
            tiles.for_each(|(j, tile)| f((i * rows, j * columns), tile));
        });
    }
    let _ = work;
    for (i, mut of_rows) in of_rows.enumerate() {
        let tiles = of_rows.axis_chunks_iter_mut(Axis(1), columns).enumerate();
        tiles.for_each(|(j, tile)| f((i * rows, j * columns), tile));
    }
}
