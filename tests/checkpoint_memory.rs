//! Reading takes memory by a file's size, whatever the file says.

#![allow(unsafe_code, reason = "a global allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use convnet::checkpoint::{Checkpoint, Checksums, Tensor};

struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it is. Growing by the default is a new allocation, which
// counts both.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let bytes = BYTES.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(bytes, Ordering::Relaxed);
        // SAFETY: the caller's promise is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Memory for each byte of a file: a name of one letter takes as much as a longer one.
const FACTOR: usize = 24;

/// Memory for messages.
const CONSTANT: usize = 1 << 14;

/// Reads bytes, and checks how much memory that took.
fn check(what: &str, bytes: &[u8]) -> bool {
    let before = BYTES.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let read = Checkpoint::from_bytes(bytes, Checksums::IfPresent);
    // A message is part of the harm that a file can do.
    let reads = read.map_err(|error| error.to_string()).is_ok();
    let most = MOST.load(Ordering::Relaxed) - before;
    assert!(
        most <= FACTOR * bytes.len() + CONSTANT,
        "{what}: {most} bytes of memory for {} bytes",
        bytes.len()
    );
    reads
}

fn file(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![1; data]].concat()
}

fn huge_headers() {
    let many = 200_000;
    check("an array", &file(&"[".repeat(many), 0));
    check("an object in an object", &file(&r#"{"a":"#.repeat(many), 0));
    check("an object in a tensor", &file(&format!(r#"{{"a":{{"x":{}"#, r#"{"a":"#.repeat(many)), 0));
    check("a shape in a shape", &file(&format!(r#"{{"a":{{"shape":{}"#, "[".repeat(many)), 0));
    check("a shape", &file(&format!(r#"{{"a":{{"shape":[{}0]"#, "0,".repeat(many)), 0));
    check("offsets", &file(&format!(r#"{{"a":{{"data_offsets":[{}0]"#, "0,".repeat(many)), 0));
    check("a name", &file(&format!(r#"{{"{}":1}}"#, "a".repeat(many)), 0));
    check("a name in escapes", &file(&format!(r#"{{"{}":1}}"#, r"\n".repeat(many)), 0));
    check("a dtype", &file(&format!(r#"{{"a":{{"dtype":"{}"}}}}"#, "a".repeat(many)), 0));
    check("a number", &file(&format!(r#"{{"a":{{"shape":[{}]}}}}"#, "1".repeat(many)), 0));
    check("spaces", &file(&format!("{{}}{}", " ".repeat(many)), 0));
    let mut words = r#"{"__metadata__":{"":"""#.to_owned();
    let mut tensors = r#"{"":{"dtype":"U8","shape":[],"data_offsets":[0,1]}"#.to_owned();
    for i in 0..20_000 {
        write!(words, r#","{i:x}":"""#).expect("strings grow");
        let offsets = format!("[{},{}]", i + 1, i + 2);
        write!(tensors, r#","{i:x}":{{"dtype":"U8","shape":[],"data_offsets":{offsets}}}"#)
            .expect("strings grow");
    }
    assert!(check("metadata", &file(&(words + "}}"), 0)));
    assert!(check("tensors", &file(&(tensors + "}"), 20_001)));
}

fn lies() {
    for length in [1_u64 << 20, 100_000_000, 100_000_001, 1 << 40, u64::MAX, u64::MAX - 7] {
        check("a long header", &[&length.to_le_bytes()[..], b"{}"].concat());
    }
    for size in ["1000000000", "4611686018427387904", "18446744073709551615", "99999999999999999999"] {
        for dtype in ["U8", "F32", "F64"] {
            for shape in [format!("[{size}]"), format!("[{size},{size}]"), format!("[0,{size}]")] {
                let tensor =
                    format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,{size}]}}}}"#);
                check(&tensor, &file(&tensor, 16));
            }
        }
    }
}

/// A generator of numbers below a bound: Knuth's, of 64 bits.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

/// What headers are made of.
const WORDS: [&str; 16] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "0",
    "-1",
    "9999999999",
    "1e9",
    "null",
    "\"shape\":",
    "\"U8\"",
    "\"__metadata__\":",
];

/// A file with a few changes: bytes, words that are put in or written over, parts that are cut out or doubled.
fn mutated(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        let end = at + random.below(bytes.len() - at).min(40);
        let word = WORDS[random.below(WORDS.len())].as_bytes();
        match random.below(5) {
            0 => bytes[at] = u8::try_from(random.below(256)).expect("a byte"),
            1 => drop(bytes.splice(at..at, word.iter().copied())),
            2 => drop(bytes.splice(at..end, word.iter().copied())),
            3 => bytes.extend_from_within(at..end),
            _ => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        }
    }
    // Half of them with the length that the header then has, so that more than the length is looked at.
    if random.below(2) == 0 && bytes.len() > 24 {
        let length = bytes.len() as u64 - 24;
        bytes[..8].copy_from_slice(&length.to_le_bytes());
    }
    bytes
}

#[test]
fn memory_goes_by_the_size_of_the_file() {
    huge_headers();
    lies();
    let tensors = vec![
        Tensor::new("conv1.weights", [1, 2], vec![1.0_f32, 2.0]),
        Tensor::new("updates", [], vec![3_u64]),
    ];
    let metadata = [("epoch".to_owned(), "1".to_owned())].into();
    let ours = Checkpoint { metadata, tensors }.to_bytes().expect("bytes");
    let theirs = r#"{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"u":{"dtype":"U64","shape":[],"data_offsets":[8,16]}}"#;
    let theirs = file(theirs, 16);
    let mut random = Random(231);
    let mut read = 0;
    for _ in 0..30_000 {
        read += usize::from(check("one of ours", &mutated(&ours, &mut random)));
        read += usize::from(check("one of others", &mutated(&theirs, &mut random)));
    }
    assert!(read > 100, "changed numbers without a checksum are read: {read}");
}
