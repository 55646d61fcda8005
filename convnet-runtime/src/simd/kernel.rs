//! What the tiers of vector instructions share: a tile of a product, and an inner product, for any vector.

use super::vector::{MOST_LANES, Vector};
use crate::gemm::{DOT_COLUMNS, Dots, Terms, Tile, TileFinish};
use crate::scalar::Scalar;

/// Runs a block for each row of a tile, its number being a constant: sums that are indexed by anything else live in memory, and
/// are stored term by term.
macro_rules! each_row {
    ($rows:ident, $row:ident, $block:block) => {
        each_row!(@ $rows, $row, $block, 0 1 2 3 4 5 6 7 8 9 10 11);
    };
    (@ $rows:ident, $row:ident, $block:block, $($number:literal)*) => {
        $(if $rows > $number {
            const $row: usize = $number;
            $block
        })*
    };
}

/// Declares a tier: the proof that the machine has its features, and what comes with it.
macro_rules! tier {
    ($(#[$doc:meta])* $tier:ident, $features:literal, $detected:ident, $($feature:tt)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) struct $tier(());

        impl $tier {
            pub(crate) fn detect() -> Option<Self> {
                ($($detected!($feature))&&*).then_some(Self(()))
            }

            /// What `f` gives, compiled with the tier's instructions where it is inlined. (Nothing is contracted to FMA: bits are
            /// those of plain Rust.)
            pub(crate) fn vectorized<R>(self, f: impl FnOnce() -> R) -> R {
                #[target_feature(enable = $features)]
                fn with_features<R>(f: impl FnOnce() -> R) -> R {
                    f()
                }
                // SAFETY: `self` proves the features.
                unsafe { with_features(f) }
            }

            pub(crate) fn f32_kernel(self) -> &'static dyn Kernel<f32> {
                const { &MicroKernel(Self(())) }
            }

            pub(crate) fn f64_kernel(self) -> &'static dyn Kernel<f64> {
                const { &MicroKernel(Self(())) }
            }
        }
    };
}

/// Implements [`TileKernel`](crate::gemm::TileKernel) of a scalar for a tier: tiles of up to so many rows, and two wide vectors of
/// columns, one, or a narrow one.
macro_rules! tile_kernel {
    ($tier:ty, $features:literal, $scalar:ty, $wide:ty, $narrow:ty, $dot_rows:literal,
     $($rows:literal)*; $all:literal) => {
        impl TileKernel<$scalar> for $tier {
            const ROWS: usize = $all;
            const COLUMNS: usize = 2 * <$wide as Vector<$scalar>>::LANES;

            unsafe fn run(self, tile: &Tile<$scalar>) {
                #[target_feature(enable = $features)]
                unsafe fn of<V: Vector<$scalar>, const ROWS: usize, const VECTORS: usize>(tile: &Tile<$scalar>) {
                    // SAFETY: as the caller vouches.
                    unsafe { kernel::tile::<_, V, ROWS, VECTORS>(tile) }
                }
                // SAFETY: `self` proves the instructions; the tile is as the caller vouches.
                unsafe {
                    if tile.columns > <$wide as Vector<$scalar>>::LANES {
                        match tile.rows {
                            $($rows => of::<$wide, $rows, 2>(tile),)*
                            _ => of::<$wide, $all, 2>(tile),
                        }
                    } else if tile.columns > <$narrow as Vector<$scalar>>::LANES {
                        match tile.rows {
                            $($rows => of::<$wide, $rows, 1>(tile),)*
                            _ => of::<$wide, $all, 1>(tile),
                        }
                    } else {
                        match tile.rows {
                            $($rows => of::<$narrow, $rows, 1>(tile),)*
                            _ => of::<$narrow, $all, 1>(tile),
                        }
                    }
                }
            }

            unsafe fn dots(self, tile: &Dots<$scalar>) {
                #[target_feature(enable = $features)]
                unsafe fn of(tile: &Dots<$scalar>) {
                    // SAFETY: as the caller vouches.
                    unsafe { kernel::dots::<_, $wide, $dot_rows>(tile) }
                }
                // SAFETY: `self` proves the instructions; the lines are as the caller vouches.
                unsafe { of(tile) }
            }

            unsafe fn transform(self, by: Transform, tiles: &Tiles<'_, $scalar>) {
                #[target_feature(enable = $features)]
                unsafe fn of(by: Transform, tiles: &Tiles<'_, $scalar>) {
                    // SAFETY: as the caller vouches.
                    unsafe { winograd::transform::<$scalar, $wide, $narrow>(by, tiles) }
                }
                // SAFETY: `self` proves the instructions; the tiles are as the caller vouches.
                unsafe { of(by, tiles) }
            }

            fn dot(self, a: &[$scalar], b: &[$scalar]) -> $scalar {
                #[target_feature(enable = $features)]
                unsafe fn of(a: &[$scalar], b: &[$scalar]) -> $scalar {
                    // SAFETY: as the caller vouches.
                    unsafe { kernel::dot::<$scalar, $wide>(a, b) }
                }
                // SAFETY: `self` proves the instructions.
                unsafe { of(a, b) }
            }
        }
    };
}

/// Implements [`Vector`] for a type of the machine's by its intrinsics.
macro_rules! vector {
    ($vector:ty, $scalar:ty, $lanes:literal, $load:ident, $store:ident, $splat:ident, $add:ident, $subtract:ident,
     $multiply:ident, { $($others:tt)* }) => {
        impl Vector<$scalar> for $vector {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn load(from: *const $scalar) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $scalar) {
                // SAFETY: as the caller vouches.
                unsafe { $store(to, self) }
            }

            #[inline(always)]
            unsafe fn splat(number: $scalar) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $splat(number) }
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $add(self, other) }
            }

            #[inline(always)]
            unsafe fn subtract(self, other: Self) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $subtract(self, other) }
            }

            #[inline(always)]
            unsafe fn multiply(self, other: Self) -> Self {
                // SAFETY: as the caller vouches.
                unsafe { $multiply(self, other) }
            }

            $($others)*
        }
    };
}

pub(super) use {tier, tile_kernel, vector};

/// A tile of `ROWS` rows and `VECTORS` vectors of columns.
///
/// # Safety
/// As [`TileKernel::run`](crate::gemm::TileKernel::run), on a machine that has what `V` wants.
#[inline(always)]
pub(super) unsafe fn tile<T: Scalar, V: Vector<T>, const ROWS: usize, const VECTORS: usize>(tile: &Tile<T>) {
    // SAFETY: the caller vouches for the machine.
    let mut sums = unsafe { [[V::splat(T::zero()); VECTORS]; ROWS] };
    let Terms { outer, middle, inner } = tile.terms;
    if tile.c_step == 1 {
        // They are there when the sums are.
        each_row!(ROWS, I, {
            for v in 0..VECTORS {
                V::prefetch(tile.c[I].wrapping_add(v * V::LANES), true);
            }
        });
    }
    let [b_outer, b_middle, b_inner] = tile.b_steps;
    for y in 0..outer.count {
        for x in 0..middle.count {
            let mut at = y * outer.step + x * middle.step;
            let mut b = tile.b.wrapping_add(y * b_outer + x * b_middle);
            for _ in 0..inner.count {
                // SAFETY: the caller vouches for a panel's vectors behind `b` for each term, and for the terms of each row.
                unsafe {
                    let mut row = [V::splat(T::zero()); VECTORS];
                    for (v, lanes) in row.iter_mut().enumerate() {
                        *lanes = V::load(b.add(v * V::LANES));
                    }
                    each_row!(ROWS, I, {
                        let a = V::splat(tile.a[I].add(at).read());
                        for (sum, &lanes) in sums[I].iter_mut().zip(&row) {
                            *sum = a.multiply_add(lanes, *sum);
                        }
                    });
                }
                b = b.wrapping_add(b_inner);
                at += inner.step;
            }
        }
    }
    if tile.c_step != 1 {
        each_row!(ROWS, I, {
            let mut row = [T::zero(); 2 * MOST_LANES];
            // SAFETY: a row has room for two vectors; the rest is as the caller vouches.
            unsafe {
                for (v, sum) in sums[I].into_iter().enumerate() {
                    sum.store(row.as_mut_ptr().add(v * V::LANES));
                }
                tile.finish_row(I, &row);
            }
        });
    } else if tile.columns == VECTORS * V::LANES {
        each_row!(ROWS, I, {
            for (v, sum) in sums[I].into_iter().enumerate() {
                // SAFETY: the caller vouches for `rows` x `columns` numbers of C, here adjacent, and for the biases.
                unsafe {
                    let at = tile.c[I].add(v * V::LANES);
                    finish(tile, sum, v, || V::load(at)).store(at);
                }
            }
        });
    } else {
        each_row!(ROWS, I, {
            for (v, sum) in sums[I].into_iter().enumerate() {
                // SAFETY: as above, for so many of the vector's numbers.
                unsafe {
                    let (at, count) =
                        (tile.c[I].add(v * V::LANES), V::LANES.min(tile.columns - v * V::LANES));
                    finish(tile, sum, v, || V::load_first(at, count)).store_first(at, count);
                }
            }
        });
    }
}

/// What becomes of vector `v` of a row, where `before` is.
///
/// # Safety
/// As the tile's caller vouches.
#[inline(always)]
unsafe fn finish<T: Scalar, V: Vector<T>>(tile: &Tile<T>, sum: V, v: usize, before: impl FnOnce() -> V) -> V {
    // SAFETY: as the caller vouches.
    unsafe {
        match tile.finish {
            TileFinish::Add => before().add(sum),
            TileFinish::Store { relu } => {
                let sum = sum.add(V::load(tile.bias.add(v * V::LANES)));
                if relu { sum.relu() } else { sum }
            }
        }
    }
}

/// A tile of inner products, so many rows at a time.
///
/// # Safety
/// As [`TileKernel::dots`](crate::gemm::TileKernel::dots), on a machine that has what `V` wants.
#[inline(always)]
pub(super) unsafe fn dots<T: Scalar, V: Vector<T>, const ROWS: usize>(tile: &Dots<T>) {
    for first in (0..tile.rows).step_by(ROWS) {
        // SAFETY: as the caller vouches.
        unsafe { some_dots::<T, V, ROWS>(tile, first) };
    }
}

/// Those of `ROWS` rows from `first` on, or as many as there are.
///
/// # Safety
/// As [`dots`].
#[inline(always)]
unsafe fn some_dots<T: Scalar, V: Vector<T>, const ROWS: usize>(tile: &Dots<T>, first: usize) {
    // Rows that are lacking are the last one once more, and are not added.
    let rows: [usize; ROWS] = std::array::from_fn(|i| (first + i).min(tile.rows - 1));
    let a: [*const T; ROWS] = std::array::from_fn(|i| tile.a[rows[i]]);
    // SAFETY: the caller vouches for the machine, the lines and the sums.
    unsafe {
        let mut sums = [[V::splat(T::zero()); DOT_COLUMNS]; ROWS];
        let ((blocks, of_block), (lines, of_line)) = (tile.blocks, tile.lines);
        for block in 0..blocks {
            for line in 0..lines {
                let [mut a_at, mut b_at] =
                    [0, 1].map(|operand| block * of_block[operand] + line * of_line[operand]);
                for _ in 0..tile.length / V::LANES {
                    let b: [V; DOT_COLUMNS] = std::array::from_fn(|j| V::load(tile.b[j].add(b_at)));
                    each_row!(ROWS, I, {
                        let a = V::load(a[I].add(a_at));
                        for (sum, b) in sums[I].iter_mut().zip(b) {
                            *sum = a.multiply_add(b, *sum);
                        }
                    });
                    a_at += V::LANES;
                    b_at += V::LANES;
                }
            }
        }
        each_row!(ROWS, I, {
            for (j, sum) in sums[I].into_iter().enumerate() {
                if first + I < tile.rows && j < tile.columns {
                    *tile.c[first + I][j] += sum.sum();
                }
            }
        });
    }
}

/// The inner product of two slices of equal length.
///
/// # Safety
/// The machine has what `V` wants.
#[inline(always)]
pub(super) unsafe fn dot<T: Scalar, V: Vector<T>>(a: &[T], b: &[T]) -> T {
    const UNROLLED: usize = 4;
    let block = UNROLLED * V::LANES;
    let (a_blocks, b_blocks) = (a.chunks_exact(block), b.chunks_exact(block));
    let rest: T = a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(&a, &b)| a * b).sum();
    // SAFETY: blocks hold `UNROLLED` vectors, `lanes` has room for one; the caller vouches for the machine.
    unsafe {
        let mut sums = [V::splat(T::zero()); UNROLLED];
        for (a, b) in a_blocks.zip(b_blocks) {
            for (v, sum) in sums.iter_mut().enumerate() {
                let (a, b) = (a.as_ptr().wrapping_add(v * V::LANES), b.as_ptr().wrapping_add(v * V::LANES));
                *sum = V::load(a).multiply_add(V::load(b), *sum);
            }
        }
        sums[0].add(sums[1]).add(sums[2].add(sums[3])).sum() + rest
    }
}
