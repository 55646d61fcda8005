//! Checkpoints: named tensors and a few words about them in one file, and a folder of such files.
//!
//! A [`Checkpoint`] is a file in the safetensors format, which other programs read: the length of a header (8 bytes,
//! little-endian), the header, and the numbers, little-endian. The header is JSON, an entry for each tensor, and spaces
//! behind it, so that the numbers begin at a multiple of 64 bytes:
//!
//! ```text
//! {"__metadata__": {"epoch": "12"}, "conv1.weights": {"dtype": "F32", "shape": [8, 5, 5, 1], "data_offsets": [0, 800]}}
//! ```
//!
//! [`Checkpoint::save`] adds checksums to the metadata, of every tensor and of the header itself. CRC-32 notices every flipped
//! bit and every burst of up to 32, and is what zip and gzip use, so that other programs have it too (Python's
//! `zlib.crc32`). The header's checksum is taken over the length and the header, its own eight digits counted as zeros.
//! [`Checksums`] says whether a file without them is read.
//!
//! Nothing in a file is trusted. Two tensors of one name, numbers that overlap, leave a gap or are not in the header's
//! order, sizes that are more than the file: each is an error before memory is asked for, which never is more than
//! a small multiple of the file's size.
//!
//! A save that fails leaves what was there before: the new file is written beside the old one, brought to the disk, and
//! only then takes its name. A [`Keeper`] numbers checkpoints, keeps the last and the best, and finds the one to resume from.
//!
//! ```no_run
//! use convnet_runtime::checkpoint::{Checkpoint, Keeper, Progress, Tensor};
//!
//! let keeper = Keeper::open("runs/digits")?.keep_last(3)?.keep_best(1);
//! let weights = Tensor::new("fc1.weights", [10, 784], vec![0.0_f32; 7840]);
//! let checkpoint = Checkpoint { tensors: vec![weights], ..Checkpoint::default() };
//! keeper.save(&checkpoint, Progress::epoch(12).validation(0.9134))?;
//!
//! let search = keeper.newest()?;
//! search.skipped.iter().for_each(|skipped| eprintln!("{}", skipped.reason));
//! if let Some(found) = search.found {
//!     let weights: &[f32] = found.checkpoint.numbers("fc1.weights", &[10, 784])?;
//! }
//! # Ok::<(), convnet_runtime::Error>(())
//! ```

mod checksum;
mod file;
mod header;
mod keeper;
mod model;
pub(crate) mod network;
mod progress;
mod read;
mod storage;
mod tensor;
#[cfg(test)]
mod tests;
mod write;

pub use file::{Checkpoint, Checksums, Origin, Part};
pub use keeper::{Better, Found, Keeper, Kept, Saved, Search, Skipped};
pub use model::{Guess, Model};
pub use network::{Matched, Stored};
pub use progress::{Progress, Score};
pub use storage::{Disk, Opened, Storage, StoredFile};
pub use tensor::{Dtype, Number, Tensor, TensorData};
pub use write::Stage;
