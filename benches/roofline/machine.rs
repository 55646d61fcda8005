//! What the machine can do.
#![allow(unsafe_code, reason = "calls of functions compiled for instructions that the machine was asked for")]

use std::hint::black_box;
use std::time::Instant;

use rayon::prelude::*;

/// The most that was seen of some repeats.
pub(crate) struct Machine {
    threads: usize,
    /// Billions of operations of `f32` multiply-adds a second.
    pub(crate) gflops: f64,
    /// Gigabytes of memory read a second.
    pub(crate) reading: f64,
    /// Gigabytes of memory read and written a second, in copies.
    copying: f64,
}

const REPEATS: usize = 9;

/// Rounds of multiply-adds, some tens of milliseconds.
const ROUNDS: usize = 4_000_000;

/// Numbers that no cache holds.
const NUMBERS: usize = 1 << 26;

impl Machine {
    pub(crate) fn measure(threads: usize) -> Self {
        let (source, mut target) = (vec![1.0_f32; NUMBERS], vec![0.0_f32; NUMBERS]);
        let piece = NUMBERS / threads / 8;
        let reading = best(4.0 * NUMBERS as f64, || {
            black_box(source.par_chunks(piece).map(sum).sum::<f32>());
        });
        let copying = best(8.0 * NUMBERS as f64, || {
            let pieces = target.par_chunks_mut(piece).zip(source.par_chunks(piece));
            pieces.for_each(|(target, source)| target.copy_from_slice(source));
            black_box(&target);
        });
        let lanes = multiply_adds(1);
        let gflops = best((2 * ROUNDS * CHAINS * lanes * threads) as f64, || {
            (0..threads).into_par_iter().for_each(|_| {
                black_box(multiply_adds(ROUNDS));
            });
        });
        Self { threads, gflops, reading, copying }
    }

    pub(crate) fn json(&self) -> String {
        let Self { threads, gflops, reading, copying } = self;
        format!(
            r#"{{"bench":"roofline","threads":{threads},"peak_gflop_s":{gflops:.1},"reading_gb_s":{reading:.1},"copying_gb_s":{copying:.1}}}"#
        )
    }

    pub(crate) fn sentence(&self) -> String {
        let Self { threads, gflops, reading, copying } = self;
        format!(
            "{threads} threads: {gflops:.0} GFLOP/s of multiply-adds on registers, {reading:.1} GB/s read, {copying:.1} GB/s \
             read and written in copies."
        )
    }
}

/// Billions of `amount` a second, at best.
fn best(amount: f64, mut f: impl FnMut()) -> f64 {
    let times = (0..REPEATS).map(|_| {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64()
    });
    amount / times.fold(f64::INFINITY, f64::min) / 1e9
}

/// Sums that do not wait for each other, nor for memory more than they must.
fn sum(numbers: &[f32]) -> f32 {
    let mut sums = [0.0; 64];
    for numbers in numbers.as_chunks::<64>().0 {
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
    }
    sums.iter().sum()
}

/// Chains of multiply-adds that do not wait for each other: more than are under way at a time.
const CHAINS: usize = 12;

/// Rounds of chains, on registers alone, by the widest vectors that the machine has; the numbers of a vector.
#[cfg(target_arch = "x86_64")]
fn multiply_adds(rounds: usize) -> usize {
    use std::arch::x86_64::{
        __m256, __m512, _mm256_fmadd_ps, _mm256_set1_ps, _mm512_fmadd_ps, _mm512_set1_ps,
    };

    #[target_feature(enable = "avx512f")]
    fn avx512(rounds: usize) -> [__m512; CHAINS] {
        let (factor, mut sums) = (_mm512_set1_ps(black_box(0.999)), [_mm512_set1_ps(1.0); CHAINS]);
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, factor, factor);
            }
        }
        sums
    }

    #[target_feature(enable = "avx2,fma")]
    fn avx2(rounds: usize) -> [__m256; CHAINS] {
        let (factor, mut sums) = (_mm256_set1_ps(black_box(0.999)), [_mm256_set1_ps(1.0); CHAINS]);
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, factor, factor);
            }
        }
        sums
    }

    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the machine has it.
        black_box(unsafe { avx512(rounds) });
        16
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the machine has both.
        black_box(unsafe { avx2(rounds) });
        8
    } else {
        plain(rounds)
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn multiply_adds(rounds: usize) -> usize {
    plain(rounds)
}

/// By what the compiler makes of the target's baseline, without fusing.
fn plain(rounds: usize) -> usize {
    let (factor, mut sums) = (black_box(0.999_f32), [[1.0_f32; 4]; CHAINS]);
    for _ in 0..rounds {
        for sum in sums.iter_mut().flatten() {
            *sum = *sum * factor + factor;
        }
    }
    black_box(sums);
    4
}
