//! CIFAR-10 and CIFAR-100, in their binary version.
//!
//! A file is a row of records: a label of one byte (of CIFAR-100 a coarse and a fine one), then 32x32 bytes of red, as many of
//! green and of blue, each row by row. A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::dataset::zeros;
use super::files::{self, format_error};
use super::images::LabelledImages;
use super::roles::TestSet;
use crate::error::Error;

/// The pixels of an image, and height, width and channels.
const PIXELS: usize = 32 * 32;
const SHAPE: [usize; 3] = [32, 32, 3];

/// More than any list of class names takes.
const LONGEST_LIST: u64 = 1 << 16;

/// Which of CIFAR-100's labels to use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Labels {
    /// The 100 classes.
    Fine,
    /// The 20 classes that they belong to.
    Coarse,
}

/// What the records of a file are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Records {
    /// CIFAR-10's: one label, of 10 classes.
    Cifar10,
    /// CIFAR-100's: a coarse label and a fine one, of which one is used.
    Cifar100(Labels),
}

impl Records {
    /// How many classes each of the labels distinguishes.
    fn labels(self) -> &'static [usize] {
        match self {
            Self::Cifar10 => &[10],
            Self::Cifar100(_) => &[20, 100],
        }
    }

    /// Which label is used.
    fn chosen(self) -> usize {
        usize::from(self == Self::Cifar100(Labels::Fine))
    }

    /// How many classes there are.
    fn classes(self) -> usize {
        self.labels()[self.chosen()]
    }

    /// The bytes of a record.
    fn length(self) -> usize {
        self.labels().len() + 3 * PIXELS
    }
}

/// Reads CIFAR-10 from a directory that holds `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin` and
/// `batches.meta.txt`: the images to train on, then those to test on. Classes have their names.
///
/// # Errors
/// Those of [`read`]; [`Error::Format`] if the list of names is not one; [`Error::Io`] names the first file that is missing.
pub fn read_cifar10(directory: impl AsRef<Path>) -> Result<(LabelledImages, TestSet<LabelledImages>), Error> {
    let batches = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"];
    read_both(directory.as_ref(), Records::Cifar10, &batches, "test_batch", "batches.meta.txt")
}

/// Reads CIFAR-100 from a directory that holds `train.bin`, `test.bin`, `fine_label_names.txt` and `coarse_label_names.txt`:
/// the images to train on, then those to test on. Classes have their names.
///
/// # Errors
/// As [`read_cifar10`].
pub fn read_cifar100(
    directory: impl AsRef<Path>,
    labels: Labels,
) -> Result<(LabelledImages, TestSet<LabelledImages>), Error> {
    let list = match labels {
        Labels::Fine => "fine_label_names.txt",
        Labels::Coarse => "coarse_label_names.txt",
    };
    read_both(directory.as_ref(), Records::Cifar100(labels), &["train"], "test", list)
}

/// Reads one file.
///
/// # Errors
/// [`Error::Io`] if it cannot be read; [`Error::Format`], with the offset, if it is not a whole number of records, at least
/// one, or if a label is no class; [`Error::DataMemory`] if there is no memory for the images.
pub fn read(path: impl AsRef<Path>, records: Records) -> Result<LabelledImages, Error> {
    read_all(&[path.as_ref()], records)
}

/// The training images and the test images of a directory, with the names of their classes.
fn read_both(
    directory: &Path,
    records: Records,
    training: &[&str],
    test: &str,
    list: &str,
) -> Result<(LabelledImages, TestSet<LabelledImages>), Error> {
    let names = class_names(&directory.join(list), records.classes())?;
    let read = |names_of_files: &[&str]| {
        let paths: Vec<_> = names_of_files.iter().map(|name| directory.join(format!("{name}.bin"))).collect();
        read_all(&paths, records)?.with_class_names(names.clone())
    };
    Ok((read(training)?, TestSet::new(read(&[test])?)))
}

/// The images of several files, one after the other. All files are looked at before memory is asked for.
fn read_all(paths: &[impl AsRef<Path>], records: Records) -> Result<LabelledImages, Error> {
    let open = |path| RecordFile::open(path, records);
    let files = paths.iter().map(|path| open(path.as_ref())).collect::<Result<Vec<_>, _>>()?;
    let count = files.iter().map(|file| file.count).sum();
    let mut images = zeros(count, SHAPE)?;
    let mut labels = Vec::with_capacity(count);
    let mut places = images.as_slice_mut().expect("made in standard layout").chunks_exact_mut(3 * PIXELS);
    for file in files {
        file.read(records, &mut places, &mut labels)?;
    }
    LabelledImages::new(images, labels, records.classes())
}

/// An open file that is as long as a whole number of records.
struct RecordFile<'a> {
    path: &'a Path,
    contents: BufReader<File>,
    count: usize,
}

impl<'a> RecordFile<'a> {
    fn open(path: &'a Path, records: Records) -> Result<Self, Error> {
        let (file, length) = files::open(path)?;
        let record = records.length() as u64;
        let whole = length / record;
        if let Ok(count) = usize::try_from(whole)
            && count > 0
            && whole * record == length
        {
            return Ok(Self { path, contents: BufReader::new(file), count });
        }
        let expected = format!("records of {record} bytes each");
        let found = match length {
            0 => "an empty file".to_owned(),
            _ => format!("{length} bytes: {whole} records and {} bytes", length - whole * record),
        };
        Err(format_error(path, whole * record, expected, found))
    }

    /// Reads all records into the next places, and their labels.
    fn read<'p>(
        mut self,
        records: Records,
        places: &mut impl Iterator<Item = &'p mut [u8]>,
        labels: &mut Vec<usize>,
    ) -> Result<(), Error> {
        let mut record = vec![0; records.length()];
        for (index, place) in (0..self.count).zip(places) {
            self.contents.read_exact(&mut record).map_err(Error::io(self.path))?;
            let (found, planes) = record.split_at(records.labels().len());
            for (at, (&label, &classes)) in found.iter().zip(records.labels()).enumerate() {
                if usize::from(label) >= classes {
                    let offset = (index * records.length() + at) as u64;
                    let expected = format!("a label from 0 to {}", classes - 1);
                    return Err(format_error(self.path, offset, expected, label.to_string()));
                }
            }
            interleave(planes, place);
            labels.push(usize::from(found[records.chosen()]));
        }
        Ok(())
    }
}

/// Puts the three numbers of a pixel side by side.
fn interleave(planes: &[u8], pixels: &mut [u8]) {
    for (channel, plane) in planes.chunks_exact(PIXELS).enumerate() {
        pixels.iter_mut().skip(channel).step_by(3).zip(plane).for_each(|(byte, &of_plane)| *byte = of_plane);
    }
}

/// The names in a list, one a line.
fn class_names(path: &Path, classes: usize) -> Result<Vec<String>, Error> {
    let (file, length) = files::open(path)?;
    let expected = || format!("{classes} names of classes, one a line");
    if length > LONGEST_LIST {
        return Err(format_error(path, LONGEST_LIST, expected(), "more text"));
    }
    let mut text = Vec::new();
    file.take(LONGEST_LIST).read_to_end(&mut text).map_err(Error::io(path))?;
    let text = str::from_utf8(&text).map_err(|error| {
        format_error(path, error.valid_up_to() as u64, expected(), "bytes that are no text")
    })?;
    let names: Vec<_> =
        text.lines().map(str::trim).filter(|name| !name.is_empty()).map(String::from).collect();
    if names.len() == classes {
        return Ok(names);
    }
    Err(format_error(path, length, expected(), format!("{} names", names.len())))
}
