//! What lies in the folders.

use std::fs;
use std::path::{Path, PathBuf};

use image::ImageFormat;

use super::decode::format_by_name;
use crate::error::Error;

/// The folders of classes, by name.
pub(super) fn classes(directory: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut classes = Vec::new();
    for path in visible(directory)? {
        if fs::metadata(&path).map_err(Error::io(&path))?.is_dir() {
            classes.push((class_name(&path)?, path));
        } else if format_by_name(&path).is_some() {
            return Err(error(&path, "an image belongs into the folder of its class"));
        }
    }
    if classes.is_empty() {
        return Err(error(
            directory,
            "there is no folder of a class in it: each class needs one, with its images",
        ));
    }
    Ok(classes)
}

/// The files of a class, by name.
pub(super) fn images(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let files = visible(directory)?;
    for path in &files {
        let kind = fs::metadata(path).map_err(Error::io(path))?;
        if kind.is_dir() {
            return Err(error(path, "the folder of a class holds images, not folders"));
        }
        if !kind.is_file() || format_by_name(path).is_none() {
            return Err(error(
                path,
                "the folder of a class holds files that end in .png, .jpg or .jpeg, and no others",
            ));
        }
    }
    if files.is_empty() {
        return Err(error(
            directory,
            "there is no image in it: remove the folder, or add images of this class",
        ));
    }
    Ok(files)
}

/// What a folder holds whose names do not begin with a dot, by name.
fn visible(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(Error::io(directory))? {
        let entry = entry.map_err(Error::io(directory))?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

fn class_name(path: &Path) -> Result<String, Error> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(String::from).ok_or_else(|| error(path, "the name of a class must be Unicode"))
}

/// Something wrong with a file or folder.
pub(super) fn error(path: &Path, reason: impl Into<String>) -> Error {
    Error::ImageFile { path: path.to_owned(), reason: reason.into() }
}

/// What a format is called.
pub(super) fn format_name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        _ => "another format",
    }
}
