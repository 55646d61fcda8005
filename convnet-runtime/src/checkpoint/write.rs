//! From a checkpoint to a file that is complete or not there.

use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crc32fast::Hasher;

use super::checksum;
use super::file::Checkpoint;
use super::header::{Entry, Header, LONGEST, METADATA, has_too_many_dimensions};
use super::storage::{Storage, StoredFile, parent};
use super::tensor::{Number, Tensor, TensorData, count};
use crate::error::Error;

/// The most bytes that are written at once.
const PIECE: usize = 1 << 18;

/// What becomes a file: its first bytes, up to the numbers, and the tensors behind them.
pub(super) struct Image<'a> {
    /// The header with its length.
    head: Vec<u8>,
    /// The tensors in the order of the file.
    tensors: Vec<&'a Tensor>,
}

impl<'a> Image<'a> {
    /// Checks a checkpoint and takes its checksums.
    pub(super) fn of(checkpoint: &'a Checkpoint) -> Result<Self, Error> {
        check_metadata(checkpoint)?;
        let mut tensors: Vec<_> = checkpoint.tensors.iter().collect();
        tensors.iter().try_for_each(|tensor| check_tensor(tensor))?;
        check_names(&tensors)?;
        tensors.sort_by_key(|tensor| Reverse(tensor.data.dtype().width()));
        let mut metadata = checkpoint.metadata.clone();
        checksum::add(
            &mut metadata,
            tensors.iter().map(|tensor| (tensor.name.as_str(), checksum_of(tensor))),
        );
        let mut header = Header { metadata, entries: entries(&tensors) }.write();
        let length = header.len() as u64;
        if length > LONGEST {
            let reason = format!("{length} bytes of names and metadata, where a file can have {LONGEST}");
            return Err(unwritable("the header", reason));
        }
        checksum::seal(&mut header);
        let mut head = length.to_le_bytes().to_vec();
        head.append(&mut header);
        Ok(Self { head, tensors })
    }

    /// Hands out all bytes, piece by piece.
    fn pieces(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        each(&self.head)?;
        let mut piece = vec![0; PIECE];
        self.tensors.iter().try_for_each(|tensor| pieces(&tensor.data, &mut piece, each))
    }

    /// All bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let numbers = self.tensors.iter().map(|tensor| bytes_of(tensor)).sum::<usize>();
        let mut bytes = Vec::with_capacity(self.head.len() + numbers);
        let added = self.pieces(&mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        });
        added.expect("memory does not refuse");
        bytes
    }
}

/// The entries of a header, whose tensors lie one behind the other.
fn entries(tensors: &[&Tensor]) -> Vec<Entry> {
    let mut end = 0;
    let entry = |tensor: &&Tensor| {
        let (begin, dtype) = (end, tensor.data.dtype());
        end += bytes_of(tensor) as u64;
        Entry { name: tensor.name.clone(), dtype, shape: tensor.shape.clone(), offsets: [begin, end] }
    };
    tensors.iter().map(entry).collect()
}

fn unwritable(what: impl Into<String>, reason: impl Into<String>) -> Error {
    Error::UnwritableCheckpoint { what: what.into(), reason: reason.into() }
}

fn check_metadata(checkpoint: &Checkpoint) -> Result<(), Error> {
    match checkpoint.metadata.keys().find(|key| checksum::is_reserved(key)) {
        None => Ok(()),
        Some(key) => Err(unwritable(format!("metadata `{key}`"), "the file's own checksums are called so")),
    }
}

fn check_tensor(Tensor { name, shape, data }: &Tensor) -> Result<(), Error> {
    let what = || format!("tensor `{name}`");
    if name == METADATA {
        return Err(unwritable(what(), "the file's metadata is called so"));
    }
    if has_too_many_dimensions(shape) {
        return Err(unwritable(what(), format!("{} dimensions are more than a file can have", shape.len())));
    }
    if count(shape, data.dtype()) == Some(data.len()) {
        return Ok(());
    }
    Err(unwritable(what(), format!("{} numbers do not have the shape {shape:?}", data.len())))
}

fn check_names(tensors: &[&Tensor]) -> Result<(), Error> {
    let mut names: Vec<_> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(unwritable(format!("tensor `{}`", pair[0]), "there are two of this name")),
    }
}

/// How many bytes a tensor takes.
fn bytes_of(tensor: &Tensor) -> usize {
    tensor.data.len() * tensor.data.dtype().width()
}

/// The checksum of a tensor's bytes.
fn checksum_of(tensor: &Tensor) -> u32 {
    let mut checksum = Hasher::new();
    let updated = pieces(&tensor.data, &mut vec![0; bytes_of(tensor).min(PIECE)], &mut |piece| {
        checksum.update(piece);
        Ok(())
    });
    updated.expect("a checksum does not refuse");
    checksum.finalize()
}

/// Hands out the bytes of a tensor, each time as many as there is room for in `piece`.
fn pieces(
    data: &TensorData,
    piece: &mut [u8],
    each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    match data {
        TensorData::F64(numbers) => pieces_of(numbers, piece, each),
        TensorData::I64(numbers) => pieces_of(numbers, piece, each),
        TensorData::U64(numbers) => pieces_of(numbers, piece, each),
        TensorData::F32(numbers) => pieces_of(numbers, piece, each),
        TensorData::I32(numbers) => pieces_of(numbers, piece, each),
        TensorData::U32(numbers) => pieces_of(numbers, piece, each),
        TensorData::U8(numbers) => pieces_of(numbers, piece, each),
    }
}

fn pieces_of<T: Number>(
    numbers: &[T],
    piece: &mut [u8],
    each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let most = (piece.len() / size_of::<T>()).max(1);
    for numbers in numbers.chunks(most) {
        let bytes = &mut piece[..size_of_val(numbers)];
        T::encode(numbers, bytes);
        each(bytes)?;
    }
    Ok(())
}

/// How far a save came: what failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The temporary file beside it could not be made.
    Creating,
    /// It could not be written.
    Writing,
    /// It could not be brought to the disk.
    Syncing,
    /// It could not take its name.
    Renaming,
    /// It has its name, but whether that has reached the disk is not known.
    SyncingFolder,
}

impl Stage {
    /// What holds now, and what to do.
    pub(crate) fn advice(self, error: &io::Error) -> String {
        let state = if self == Self::SyncingFolder {
            "It is in its place and complete, but may be lost if the power fails"
        } else {
            "A checkpoint that was there before is kept"
        };
        let remedy = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "Free space on the disk and save again",
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "Save into a folder that this user may write to"
            }
            ErrorKind::NotFound | ErrorKind::NotADirectory => "Save into a folder that exists",
            ErrorKind::AlreadyExists | ErrorKind::ResourceBusy => {
                "A file is saved once at a time; if nobody else does, remove the `.tmp` file beside it"
            }
            _ => "Save again, or on another disk",
        };
        format!("{state}. {remedy}")
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Creating => "could not be begun",
            Self::Writing => "could not be written",
            Self::Syncing => "could not be brought to the disk",
            Self::Renaming => "could not take its name",
            Self::SyncingFolder => "was saved, but its name could not be brought to the disk",
        })
    }
}

/// Writes a file in the place of another, which is there until the new one is complete and on the disk.
pub(super) fn save(image: &Image, storage: &dyn Storage, path: &Path) -> Result<(), Error> {
    let failed = |stage| move |source| Error::Save { path: path.to_owned(), stage, source };
    let nameless = || io::Error::new(ErrorKind::InvalidInput, "the path ends without the name of a file");
    let name = path.file_name().ok_or_else(nameless).map_err(failed(Stage::Creating))?;
    remove_abandoned(storage, parent(path), |of| of == name.as_encoded_bytes());
    let mut temporary = Temporary::create(storage, path, name).map_err(failed(Stage::Creating))?;
    image.pieces(&mut |piece| temporary.file()?.write(piece)).map_err(failed(Stage::Writing))?;
    temporary.file().and_then(|file| file.sync()).map_err(failed(Stage::Syncing))?;
    temporary.rename(path).map_err(failed(Stage::Renaming))?;
    storage.sync_folder(parent(path)).map_err(failed(Stage::SyncingFolder))
}

/// A file under another name than it shall have. Unless it gets that, it is removed, whatever happens.
struct Temporary<'a> {
    storage: &'a dyn Storage,
    path: PathBuf,
    /// The open file; none when it has got its name or is to be removed.
    file: Option<Box<dyn StoredFile>>,
}

impl<'a> Temporary<'a> {
    fn create(storage: &'a dyn Storage, path: &Path, name: &OsStr) -> io::Result<Self> {
        let path = parent(path).join(temporary_name(name));
        let file = Some(storage.create(&path)?);
        Ok(Self { storage, path, file })
    }

    fn file(&mut self) -> io::Result<&mut Box<dyn StoredFile>> {
        self.file.as_mut().ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Gives it its name. It stays open until then, so that nobody takes it for abandoned.
    fn rename(mut self, to: &Path) -> io::Result<()> {
        self.storage.rename(&self.path, to)?;
        self.file = None;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // What cannot be removed now is removed by the next save.
            let _ = self.storage.remove(&self.path);
        }
    }
}

/// `.{name}.{process}.tmp`
fn temporary_name(name: &OsStr) -> OsString {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    temporary
}

/// Removes the temporary files of saves that were killed, of files whose name `of` says yes to.
pub(super) fn remove_abandoned(storage: &dyn Storage, folder: &Path, of: impl Fn(&[u8]) -> bool) {
    // A folder that cannot be listed, or a file that cannot be removed, does not keep a save from succeeding.
    for temporary in storage.list(folder).unwrap_or_default() {
        if temporary_of(temporary.as_encoded_bytes()).is_some_and(&of) {
            let _ = storage.remove_abandoned(&folder.join(temporary));
        }
    }
}

/// The name that a temporary file shall have, if it is one.
fn temporary_of(temporary: &[u8]) -> Option<&[u8]> {
    let stem = temporary.strip_prefix(b".")?.strip_suffix(b".tmp")?;
    let dot = stem.iter().rposition(|&byte| byte == b'.')?;
    let (name, process) = (&stem[..dot], &stem[dot + 1..]);
    (!process.is_empty() && process.iter().all(u8::is_ascii_digit)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_temporary_files() {
        let own = temporary_name(OsStr::new("a.safetensors"));
        assert_eq!(temporary_of(own.as_encoded_bytes()), Some(&b"a.safetensors"[..]));
        assert_eq!(temporary_of(b".a.17.tmp"), Some(&b"a"[..]));
        let others = ["", ".tmp", ".a.tmp", "a.17.tmp", ".a.1x.tmp", ".a..tmp", ".a.17.tmp2", ".17.tmp"];
        for other in others {
            assert_eq!(temporary_of(other.as_bytes()), None, "{other}");
        }
    }
}
