//! Images in memory, as bytes, each with the label of its class.

use ndarray::Array4;

use super::dataset::{Dataset, check_bytes, check_index, read_images};
use crate::error::Error;

/// Labelled images of one size: bytes `[N, H, W, D]` and as many labels.
///
/// They stay bytes until a batch of them is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelledImages {
    images: Array4<u8>,
    labels: Vec<usize>,
    classes: usize,
    class_names: Vec<String>,
}

/// There is at least one class.
pub(super) fn check_classes(classes: usize) -> Result<(), Error> {
    if classes > 0 {
        return Ok(());
    }
    Err(Error::Option { option: "classes", value: 0.0, expected: "at least 1" })
}

impl LabelledImages {
    /// Images with labels from 0 to `classes - 1`.
    ///
    /// # Errors
    /// [`Error::EmptyData`], [`Error::LabelCount`] or [`Error::Label`]; [`Error::Option`] if there is no class.
    pub fn new(images: Array4<u8>, labels: Vec<usize>, classes: usize) -> Result<Self, Error> {
        let count = images.dim().0;
        if labels.len() != count {
            return Err(Error::LabelCount { images: count, labels: labels.len() });
        }
        if images.is_empty() {
            return Err(Error::EmptyData);
        }
        check_classes(classes)?;
        if let Some(image) = labels.iter().position(|&label| label >= classes) {
            return Err(Error::Label { image, label: labels[image], classes });
        }
        let images =
            if images.is_standard_layout() { images } else { images.as_standard_layout().into_owned() };
        Ok(Self { images, labels, classes, class_names: Vec::new() })
    }

    /// With a name for each class, in their order.
    ///
    /// # Errors
    /// [`Error::ClassNames`] if there are not as many as classes.
    pub fn with_class_names(self, names: Vec<String>) -> Result<Self, Error> {
        if names.len() != self.classes {
            return Err(Error::ClassNames { names: names.len(), classes: self.classes });
        }
        Ok(Self { class_names: names, ..self })
    }

    /// All images of a data set, read into memory.
    ///
    /// # Errors
    /// [`Error::DataMemory`] if they do not fit there, those of [`Dataset::read`], and those of [`new`](Self::new).
    pub fn load(data: &dyn Dataset) -> Result<Self, Error> {
        let images = read_images(data, 0..data.len())?;
        let labels = (0..data.len()).map(|index| data.label(index)).collect();
        let loaded = Self::new(images, labels, data.classes())?;
        match data.class_names() {
            [] => Ok(loaded),
            names => loaded.with_class_names(names.to_vec()),
        }
    }

    /// How many images there are: at least 1.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The images, `[N, H, W, D]`.
    pub fn images(&self) -> &Array4<u8> {
        &self.images
    }

    /// Their labels.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The bytes of one image, `[H, W, D]`.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn bytes(&self, index: usize) -> &[u8] {
        let length = self.images.len() / self.labels.len();
        let bytes = self.images.as_slice().expect("standard layout, since it was made");
        &bytes[index * length..(index + 1) * length]
    }
}

impl Dataset for LabelledImages {
    fn shape(&self) -> [usize; 3] {
        let (_, height, width, depth) = self.images.dim();
        [height, width, depth]
    }

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn label(&self, index: usize) -> usize {
        self.labels[index]
    }

    fn read(&self, index: usize, to: &mut [u8]) -> Result<(), Error> {
        check_index(index, self.labels.len())?;
        check_bytes(self.shape(), to)?;
        to.copy_from_slice(self.bytes(index));
        Ok(())
    }

    fn class_names(&self) -> &[String] {
        &self.class_names
    }
}
