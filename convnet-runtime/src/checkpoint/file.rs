//! A checkpoint in memory, and what is asked of it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::read::Reader;
use super::storage::{Disk, Storage};
use super::tensor::{Number, Tensor};
use super::write::{self, Image};
use crate::error::Error;

/// Named tensors, and a few words about them.
///
/// A file holds tensors of wider numbers first, since other programs need every number at a multiple of its width, and
/// otherwise in their order here; reading gives the order of the file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Checkpoint {
    /// What there is to say about them. `checksum`, `checksums` and names that begin with `checksum.` are the file's own.
    pub metadata: BTreeMap<String, String>,
    /// The tensors, each of its own name.
    pub tensors: Vec<Tensor>,
}

/// Whether a file must have checksums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checksums {
    /// It must: every flipped bit is noticed.
    Required,
    /// A file without them is read too, as other programs write them; those that are there are checked.
    IfPresent,
}

/// Where a checkpoint was read from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Bytes in memory.
    Bytes,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Bytes => f.write_str("the bytes"),
        }
    }
}

/// What has a checksum of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// The header, and its length before it.
    Header,
    /// The numbers of the tensor of this name.
    Tensor(String),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the header"),
            Self::Tensor(name) => write!(f, "tensor `{name}`"),
        }
    }
}

impl Checkpoint {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::CheckpointFormat`], with the offset, if it is no checkpoint or ends
    /// early or late; [`Error::DamagedCheckpoint`] if a checksum is not that of the bytes; [`Error::NoChecksums`] if it has
    /// none and they are required; [`Error::TensorMemory`] if it is larger than memory.
    pub fn read(path: impl AsRef<Path>, checksums: Checksums) -> Result<Self, Error> {
        Self::read_in(&Disk, path.as_ref(), checksums)
    }

    /// Reads a file of a file system.
    ///
    /// # Errors
    /// Those of [`Checkpoint::read`].
    pub fn read_in(storage: &dyn Storage, path: &Path, checksums: Checksums) -> Result<Self, Error> {
        let opened = storage.open(path).map_err(Error::io(path))?;
        Reader::new(opened.contents, opened.length, Origin::File(path.to_owned())).read(checksums)
    }

    /// Reads the bytes of a file, as `include_bytes!` puts them into a program.
    ///
    /// # Errors
    /// Those of [`Checkpoint::read`], but [`Error::Io`].
    pub fn from_bytes(bytes: &[u8], checksums: Checksums) -> Result<Self, Error> {
        Reader::new(bytes, bytes.len() as u64, Origin::Bytes).read(checksums)
    }

    /// Saves it as a file, in the place of one that is there. The file is complete, or the one before is left: it is
    /// written under another name, `.{name}.{process}.tmp`, brought to the disk, and renamed. What an earlier save of this file
    /// that was killed has left is removed first. A symbolic link is replaced, not followed.
    ///
    /// # Errors
    /// [`Error::UnwritableCheckpoint`] if two tensors have one name, a shape is not that of the numbers, or a name is the
    /// file's own; [`Error::Save`], with the stage and what to do, if the file system refuses.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.save_in(&Disk, path.as_ref())
    }

    /// Saves it as a file of a file system.
    ///
    /// # Errors
    /// Those of [`Checkpoint::save`].
    pub fn save_in(&self, storage: &dyn Storage, path: &Path) -> Result<(), Error> {
        write::save(&Image::of(self)?, storage, path)
    }

    /// The bytes of its file.
    ///
    /// # Errors
    /// [`Error::UnwritableCheckpoint`], as for [`Checkpoint::save`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(Image::of(self)?.to_bytes())
    }

    /// The tensor of this name.
    ///
    /// # Errors
    /// [`Error::UnknownTensor`] if there is none.
    pub fn tensor(&self, name: &str) -> Result<&Tensor, Error> {
        self.tensors.iter().find(|tensor| tensor.name == name).ok_or_else(|| Error::UnknownTensor {
            name: name.to_owned(),
            names: self.tensors.iter().map(|tensor| tensor.name.clone()).collect(),
        })
    }

    /// The numbers of the tensor of this name, which must be of this type and shape.
    ///
    /// # Errors
    /// [`Error::UnknownTensor`], [`Error::TensorType`] or [`Error::TensorShape`], which name the tensor.
    pub fn numbers<T: Number>(&self, name: &str, shape: &[usize]) -> Result<&[T], Error> {
        let tensor = self.tensor(name)?;
        let numbers = tensor.data.numbers().ok_or_else(|| Error::TensorType {
            tensor: name.to_owned(),
            expected: T::DTYPE,
            found: tensor.data.dtype(),
        })?;
        if tensor.shape == shape {
            return Ok(numbers);
        }
        let (expected, found) = (shape.to_vec(), tensor.shape.clone());
        Err(Error::TensorShape { tensor: name.to_owned(), expected, found })
    }
}
