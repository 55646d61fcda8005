//! A global allocator that counts what it hands out.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The system allocator, noting every allocation and reallocation.
pub struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static LOCAL: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Allocations so far and bytes they asked for: by the calling thread, then by all threads.
pub fn allocated() -> [u64; 4] {
    let (count, bytes) = LOCAL.get();
    [count, bytes, COUNT.load(Relaxed), BYTES.load(Relaxed)]
}

fn note(size: usize) {
    let size = size as u64;
    COUNT.fetch_add(1, Relaxed);
    BYTES.fetch_add(size, Relaxed);
    let (count, bytes) = LOCAL.get();
    LOCAL.set((count + 1, bytes + size));
}

// SAFETY: every method hands its arguments to `System` unchanged; `note` touches only atomics and
// a thread-local that is initialised at compile time and needs no drop, so it never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(new_size);
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}
