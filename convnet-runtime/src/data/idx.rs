//! MNIST's IDX format, plain or gzip.
//!
//! A file is a magic number (two zero bytes, the type of its numbers, how many dimensions), the size of each dimension
//! as a big-endian `u32`, and the numbers, row-major. MNIST uses bytes in three dimensions for images and in one for
//! labels. Nothing in a header is trusted: a file that
//! cannot hold what its header says is refused before anything is allocated.

use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use ndarray::Array4;

use super::files::{self, format_error};
use super::images::{LabelledImages, check_classes};
use super::roles::TestSet;
use crate::error::Error;

/// The type of bytes in a magic number.
const UNSIGNED_BYTES: u8 = 0x08;

/// How many bytes one of DEFLATE's can become, at most.
const LARGEST_EXPANSION: u64 = 1032;

/// Reads MNIST from a directory that holds the four files under their usual names, `train-images-idx3-ubyte` and so on,
/// each plain or with `.gz` at its end: the images to train on, then those to test on. Fashion-MNIST and others that took
/// over MNIST's names are read as well.
///
/// # Errors
/// Those of [`read`]; [`Error::Io`] names the first file that is missing.
pub fn read_mnist(directory: impl AsRef<Path>) -> Result<(LabelledImages, TestSet<LabelledImages>), Error> {
    let (directory, options) = (directory.as_ref(), Options::new(10));
    let training = options.read_pair(directory, "train")?;
    Ok((training, TestSet::new(options.read_pair(directory, "t10k")?)))
}

/// Reads a file of images and the file of their labels, of classes 0 to `classes - 1`.
///
/// # Errors
/// Those of [`Options::read`].
pub fn read(
    images: impl AsRef<Path>,
    labels: impl AsRef<Path>,
    classes: usize,
) -> Result<LabelledImages, Error> {
    Options::new(classes).read(images, labels)
}

/// How the images of a file lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Orientation {
    /// Row by row, as IDX says.
    #[default]
    Rows,
    /// Column by column, as EMNIST's files have them: rows and columns are exchanged when they are read.
    Columns,
}

/// What an IDX file does not say of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    classes: usize,
    first_label: u8,
    orientation: Orientation,
}

impl Options {
    /// So many classes, the first of which is labelled 0, and images row by row.
    pub fn new(classes: usize) -> Self {
        Self { classes, first_label: 0, orientation: Orientation::Rows }
    }

    /// The label of the first class, in the file: it is class 0 when it is read.
    pub fn first_label(self, label: u8) -> Self {
        Self { first_label: label, ..self }
    }

    /// How the images lie.
    pub fn orientation(self, orientation: Orientation) -> Self {
        Self { orientation, ..self }
    }

    /// Reads a file of images and the file of their labels.
    ///
    /// # Errors
    /// [`Error::Option`] if there is no class; [`Error::Io`] if a file cannot be read; [`Error::Format`], with the file and
    /// the offset, if it is not gzip or IDX all through, if a size is 0 or more than memory can hold, if it ends early or
    /// late, if a label is no class, or if there are not as many labels as images.
    pub fn read(&self, images: impl AsRef<Path>, labels: impl AsRef<Path>) -> Result<LabelledImages, Error> {
        check_classes(self.classes)?;
        let (image_path, label_path) = (images.as_ref(), labels.as_ref());
        let ([count, height, width], mut pixels) = IdxFile::open(image_path)?.read::<3>()?;
        let ([label_count], labels) = IdxFile::open(label_path)?.read::<1>()?;
        if label_count != count {
            let expected = format!("{count} labels, one for each image of {}", image_path.display());
            return Err(format_error(label_path, 4, expected, format!("{label_count}")));
        }
        let labels = self.classes_of(&labels, label_path)?;
        let shape = match self.orientation {
            Orientation::Rows => (count, height, width, 1),
            Orientation::Columns => {
                pixels.chunks_exact_mut(height * width).for_each(transposition(height, width));
                (count, width, height, 1)
            }
        };
        let pixels = Array4::from_shape_vec(shape, pixels).expect("as many as the header says");
        LabelledImages::new(pixels, labels, self.classes)
    }

    /// The two files of a directory whose names begin so.
    pub(super) fn read_pair(&self, directory: &Path, name: &str) -> Result<LabelledImages, Error> {
        let path = |what: &str| plain_or_gzip(directory, &format!("{name}-{what}"));
        self.read(path("images-idx3-ubyte"), path("labels-idx1-ubyte"))
    }

    /// The classes that labels mean.
    fn classes_of(&self, labels: &[u8], path: &Path) -> Result<Vec<usize>, Error> {
        let first = usize::from(self.first_label);
        let class = |label: u8| usize::from(label).checked_sub(first).filter(|&class| class < self.classes);
        let checked = labels.iter().enumerate().map(|(index, &label)| {
            let expected = || format!("a label from {first} to {}", first.saturating_add(self.classes - 1));
            class(label).ok_or_else(|| format_error(path, 8 + index as u64, expected(), label.to_string()))
        });
        checked.collect()
    }
}

/// Exchanges rows and columns of images of this size.
fn transposition(height: usize, width: usize) -> impl FnMut(&mut [u8]) {
    let mut before = vec![0; height * width];
    move |image| {
        before.copy_from_slice(image);
        for (x, column) in image.chunks_exact_mut(height).enumerate() {
            column.iter_mut().enumerate().for_each(|(y, byte)| *byte = before[y * width + x]);
        }
    }
}

/// The file of this name, or the compressed one if there is no other.
fn plain_or_gzip(directory: &Path, name: &str) -> PathBuf {
    let plain = directory.join(name);
    let gzip = directory.join(format!("{name}.gz"));
    if plain.exists() || !gzip.exists() { plain } else { gzip }
}

/// An open file, and how far it has been read.
struct IdxFile<'a> {
    path: &'a Path,
    contents: Box<dyn Read>,
    offset: u64,
    /// The most bytes that its contents can be.
    most: u64,
}

impl<'a> IdxFile<'a> {
    fn open(path: &'a Path) -> Result<Self, Error> {
        let (file, length) = files::open(path)?;
        let mut file = BufReader::new(file);
        let begin = std::io::BufRead::fill_buf(&mut file).map_err(Error::io(path))?;
        let is_gzip = begin.starts_with(&[0x1f, 0x8b]);
        let (contents, most): (Box<dyn Read>, _) = if is_gzip {
            (Box::new(MultiGzDecoder::new(file)), length.saturating_mul(LARGEST_EXPANSION))
        } else {
            (Box::new(file), length)
        };
        Ok(Self { path, contents, offset: 0, most })
    }

    /// The sizes and the bytes of a file with `N` dimensions.
    fn read<const N: usize>(mut self) -> Result<([usize; N], Vec<u8>), Error> {
        self.magic(N)?;
        let mut sizes = [0; N];
        for size in &mut sizes {
            *size = self.size()?;
        }
        let bytes = self.bytes(&sizes)?;
        self.end(bytes.len())?;
        Ok((sizes, bytes))
    }

    fn magic(&mut self, dimensions: usize) -> Result<(), Error> {
        let expected = [0, 0, UNSIGNED_BYTES, u8::try_from(dimensions).expect("few dimensions")];
        let found = self.four("an IDX magic number")?;
        if found == expected {
            return Ok(());
        }
        let hex = |bytes: [u8; 4]| format!("{:#010x}", u32::from_be_bytes(bytes));
        let what = if dimensions == 1 { "labels" } else { "images" };
        Err(format_error(self.path, 0, format!("the magic number {} of {what}", hex(expected)), hex(found)))
    }

    fn size(&mut self) -> Result<usize, Error> {
        let at = self.offset;
        let size = u32::from_be_bytes(self.four("a size of 4 bytes")?);
        match usize::try_from(size) {
            Ok(size) if size > 0 => Ok(size),
            _ => Err(format_error(self.path, at, "a size of at least 1", size.to_string())),
        }
    }

    fn four(&mut self, expected: &str) -> Result<[u8; 4], Error> {
        let mut bytes = [0; 4];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.contents.read(&mut bytes[filled..]) {
                Ok(0) => {
                    let found = format!("the end of the file after {filled} of 4 bytes");
                    return Err(format_error(self.path, self.offset, expected, found));
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error, filled as u64)),
            }
        }
        self.offset += 4;
        Ok(bytes)
    }

    /// As many bytes as the sizes ask for, in memory that grows with what is there.
    fn bytes(&mut self, sizes: &[usize]) -> Result<Vec<u8>, Error> {
        let shape = sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("*");
        let count = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let Some(count) = count.filter(|&count| isize::try_from(count).is_ok()) else {
            return Err(format_error(self.path, 4, "sizes that memory can hold", format!("{shape} bytes")));
        };
        let product = if sizes.len() > 1 { format!("{shape} = ") } else { String::new() };
        let ends_early = |offset: u64, length: u64| {
            let found = format!("the end of the file after {length}");
            format_error(self.path, offset, format!("{product}{count} bytes of data"), found)
        };
        // A file that cannot hold what its header says is refused before anything is read.
        if self.most - self.offset.min(self.most) < count as u64 {
            let length = self.most - self.offset.min(self.most);
            return Err(ends_early(self.offset + length, length));
        }
        let mut bytes = Vec::new();
        let read = (&mut self.contents).take(count as u64).read_to_end(&mut bytes);
        let length = bytes.len() as u64;
        if bytes.len() < count && read.is_ok() {
            return Err(ends_early(self.offset + length, length));
        }
        read.map_err(|error| self.failed(error, length))?;
        self.offset += length;
        Ok(bytes)
    }

    fn end(&mut self, count: usize) -> Result<(), Error> {
        let mut extra = [0; 1];
        loop {
            match self.contents.read(&mut extra) {
                Ok(0) => return Ok(()),
                Ok(_) => {
                    let expected = format!("the end of the file after {count} bytes of data");
                    return Err(format_error(self.path, self.offset, expected, "more bytes"));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error, 0)),
            }
        }
    }

    /// A failed read, `read` bytes past the offset: a broken archive is the file's fault, the rest the system's.
    fn failed(&self, error: std::io::Error, read: u64) -> Error {
        match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                let found = format!("a broken archive ({error})");
                format_error(self.path, self.offset + read, "gzip data", found)
            }
            _ => Error::Io { path: self.path.to_owned(), source: error },
        }
    }
}
