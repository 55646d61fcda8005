//! Asking for lines of the cache before they are needed.

use std::arch::x86_64::{_MM_HINT_ET0, _MM_HINT_T0, _mm_prefetch};

/// Asks for the line of an address, to read or to write; one that is nobody's is ignored.
#[inline(always)]
pub(super) fn prefetch(line: *const i8, to_write: bool) {
    // SAFETY: an address that cannot be read is ignored; every machine of this architecture has SSE.
    unsafe {
        if to_write {
            _mm_prefetch::<_MM_HINT_ET0>(line);
        } else {
            _mm_prefetch::<_MM_HINT_T0>(line);
        }
    }
}
