//! What the readers of files share: opening one, and saying what is wrong with it.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::error::Error;

/// A file that is not what it should be, and where.
#[cfg(any(feature = "cifar", feature = "idx"))]
pub(super) fn format_error(
    path: &Path,
    offset: u64,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Error {
    Error::Format { path: path.to_owned(), offset, expected: expected.into(), found: found.into() }
}

/// An open file, and its length in bytes.
pub(super) fn open(path: &Path) -> Result<(File, u64), Error> {
    // Asked first: opening a pipe would wait until somebody writes to it.
    let kind = fs::metadata(path).map_err(Error::io(path))?;
    if !kind.is_file() {
        let found = if kind.is_dir() {
            "this is a folder, not a file"
        } else {
            "this is a device or a pipe, not a file"
        };
        return Err(Error::io(path)(io::Error::new(io::ErrorKind::InvalidInput, found)));
    }
    let file = File::open(path).map_err(Error::io(path))?;
    let length = file.metadata().map_err(Error::io(path))?.len();
    Ok((file, length))
}
