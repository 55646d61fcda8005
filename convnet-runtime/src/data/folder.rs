//! A folder of images: in it a folder for each class, named for it, with PNG and JPEG files.
//!
//! Nothing is decoded before it is asked for: [`ImageFolder`] reads a file each time that its image is read.
//! [`LabelledImages::load`](super::LabelledImages::load) decodes all of them once.

mod complete;
mod decode;
mod listing;
mod resample;

use std::path::{Path, PathBuf};

use ndarray::Array3;

use super::dataset::{Dataset, check_bytes, check_index};
use super::images::LabelledImages;
use super::roles::TestSet;
use crate::error::Error;

/// The longest side that images are made of, and the longest that is read.
const LONGEST_SIDE: usize = 65_535;

/// What the channels of an image are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channels {
    /// One: the luminance.
    Grey,
    /// Three: red, green and blue.
    Rgb,
}

/// What becomes of an image of another size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fit {
    /// The largest part in its middle that has the right proportions is resized.
    #[default]
    Crop,
    /// It is resized as a whole, whatever its proportions.
    Stretch,
    /// It is an error.
    Exact,
}

/// What images of a folder are made into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageOptions {
    height: usize,
    width: usize,
    channels: Channels,
    fit: Fit,
}

impl ImageOptions {
    /// Images of this height and width; those of another size are cropped and resized.
    ///
    /// # Errors
    /// [`Error::Option`] if a side is not from 1 to 65,535.
    pub fn new(height: usize, width: usize, channels: Channels) -> Result<Self, Error> {
        for (option, side) in [("height", height), ("width", width)] {
            if !(1..=LONGEST_SIDE).contains(&side) {
                return Err(Error::Option { option, value: side as f64, expected: "from 1 to 65535" });
            }
        }
        Ok(Self { height, width, channels, fit: Fit::default() })
    }

    /// What becomes of images of another size.
    pub fn with_fit(self, fit: Fit) -> Self {
        Self { fit, ..self }
    }

    /// The picture of a file, `[H, W, D]`.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::ImageFile`] if it is neither PNG nor JPEG, is broken, is too large, or has another
    /// size where [`Fit::Exact`] asks for one.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Array3<u8>, Error> {
        let mut bytes = vec![0; self.shape().iter().product()];
        decode::read(path.as_ref(), self, &mut bytes)?;
        let [height, width, channels] = self.shape();
        Ok(Array3::from_shape_vec((height, width, channels), bytes).expect("as many bytes as the shape says"))
    }

    /// Height, width and channels.
    fn shape(&self) -> [usize; 3] {
        let depth = match self.channels {
            Channels::Grey => 1,
            Channels::Rgb => 3,
        };
        [self.height, self.width, depth]
    }
}

/// The images of a folder, read from their files each time that they are asked for.
///
/// Classes are the folders, in the order of their names, and so are the files of each. Names that begin with a dot are passed
/// over. Transparency and the orientation that a camera notes are left aside; 16 bits of a channel become 8.
///
/// ```no_run
/// use convnet_runtime::data::folder::{Channels, ImageFolder, ImageOptions};
/// use convnet_runtime::data::{LabelledImages, TrainingSet};
///
/// let flowers = ImageFolder::open("flowers", ImageOptions::new(64, 64, Channels::Rgb)?)?;
/// let in_memory = LabelledImages::load(&flowers)?;
/// let (training, validation) = TrainingSet::new(in_memory).split_stratified(0.1, 7)?;
/// # Ok::<(), convnet_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImageFolder {
    class_names: Vec<String>,
    /// Each image's file and class.
    files: Vec<(PathBuf, usize)>,
    options: ImageOptions,
}

impl ImageFolder {
    /// Looks through a folder, without opening its images.
    ///
    /// # Errors
    /// [`Error::Io`] if a folder cannot be read or a link leads nowhere; [`Error::ImageFile`] if there is no class, if one has
    /// no image, if its folder holds anything but PNG and JPEG files, or if an image lies outside the folders of classes.
    pub fn open(directory: impl AsRef<Path>, options: ImageOptions) -> Result<Self, Error> {
        let mut folder = Self { class_names: Vec::new(), files: Vec::new(), options };
        for (name, class) in listing::classes(directory.as_ref())? {
            let label = folder.class_names.len();
            folder.files.extend(listing::images(&class)?.into_iter().map(|file| (file, label)));
            folder.class_names.push(name);
        }
        Ok(folder)
    }

    /// The file of an image.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn path(&self, index: usize) -> &Path {
        &self.files[index].0
    }

    /// All images, decoded.
    ///
    /// # Errors
    /// Those of [`LabelledImages::load`].
    pub fn load(&self) -> Result<LabelledImages, Error> {
        LabelledImages::load(self)
    }
}

impl Dataset for ImageFolder {
    fn shape(&self) -> [usize; 3] {
        self.options.shape()
    }

    fn len(&self) -> usize {
        self.files.len()
    }

    fn classes(&self) -> usize {
        self.class_names.len()
    }

    fn label(&self, index: usize) -> usize {
        self.files[index].1
    }

    /// Besides the usual errors, [`Error::Io`] if the file cannot be read, and [`Error::ImageFile`] if it is broken, is not
    /// what its name says, is too large, or has another size where [`Fit::Exact`] asks for one.
    fn read(&self, index: usize, to: &mut [u8]) -> Result<(), Error> {
        check_index(index, self.len())?;
        check_bytes(self.shape(), to)?;
        decode::read(&self.files[index].0, &self.options, to)
    }

    fn class_names(&self) -> &[String] {
        &self.class_names
    }
}

/// Looks through the folders `train` and `test` of a directory: the images to train on, then those to test on.
///
/// # Errors
/// Those of [`ImageFolder::open`]; [`Error::ImageFile`] if the two do not have the same classes.
pub fn read_folders(
    directory: impl AsRef<Path>,
    options: ImageOptions,
) -> Result<(ImageFolder, TestSet<ImageFolder>), Error> {
    let directory = directory.as_ref();
    let training = ImageFolder::open(directory.join("train"), options)?;
    let test = ImageFolder::open(directory.join("test"), options)?;
    for (one, other) in [(&training, &test), (&test, &training)] {
        if let Some(name) = one.class_names.iter().find(|name| !other.class_names.contains(name)) {
            let reason =
                format!("`train` and `test` need the same classes, and only one of them has `{name}`");
            return Err(Error::ImageFile { path: directory.to_owned(), reason });
        }
    }
    Ok((training, TestSet::new(test)))
}
