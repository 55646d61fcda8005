//! Buffers of numbers.
//!
//! Large ones ask the system for huge pages: with pages of 4 KiB a processor spends a good part of its time on looking addresses
//! up, as soon as volumes have some megabytes (`docs/performance.md`).

use aligned_vec::{AVec, RuntimeAlign};

use crate::scalar::Scalar;

/// A buffer that begins on a cache line, or on a huge page.
pub(crate) type Buffer<T> = AVec<T, RuntimeAlign>;

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// Bytes of a huge page.
const HUGE_PAGE: usize = 2 << 20;

/// A buffer of zeros.
pub(crate) fn zeros<T: Scalar>(length: usize) -> Buffer<T> {
    let is_large = length.saturating_mul(size_of::<T>()) >= HUGE_PAGE;
    let mut buffer = AVec::with_capacity(if is_large { HUGE_PAGE } else { LINE }, length);
    ask_for_huge_pages(buffer.as_ptr(), buffer.capacity());
    buffer.resize(length, T::zero());
    buffer
}

/// So many zeros, in the place of none.
#[cfg(feature = "train")]
pub(crate) fn fill_with_zeros<T: Scalar>(empty: &mut Vec<T>, length: usize) {
    empty.reserve_exact(length);
    ask_for_huge_pages(empty.as_ptr(), empty.capacity());
    empty.resize(length, T::zero());
}

/// Asks for huge pages under memory that nothing was written to yet; whoever refuses loses only speed.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a system call about memory")]
fn ask_for_huge_pages<T>(memory: *const T, capacity: usize) {
    use rustix::mm::{Advice, madvise};
    let ahead = memory.addr().next_multiple_of(HUGE_PAGE) - memory.addr();
    let pages = (capacity * size_of::<T>()).saturating_sub(ahead) / HUGE_PAGE;
    if pages > 0 {
        // SAFETY: the advice changes no contents, and is refused where there is no memory.
        let _ = unsafe {
            madvise(
                memory.wrapping_byte_add(ahead).cast_mut().cast(),
                pages * HUGE_PAGE,
                Advice::LinuxHugepage,
            )
        };
    }
}

#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages<T>(_memory: *const T, _capacity: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_buffer_begins_on_a_huge_page() {
        for (length, align) in [(0, LINE), (1, LINE), (HUGE_PAGE / 4 - 1, LINE), (HUGE_PAGE / 4, HUGE_PAGE)] {
            let buffer = zeros::<f32>(length);
            assert!(buffer.as_ptr().addr().is_multiple_of(align), "{length}");
            assert!(buffer.len() == length && buffer.iter().all(|&number| number == 0.0), "{length}");
        }
    }
}
