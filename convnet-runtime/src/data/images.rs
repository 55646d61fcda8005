//! Images in memory, as bytes, each with the label of its class.

use ndarray::Array4;

use crate::error::Error;

/// Labelled images of one size: bytes `[N, H, W, D]` and as many labels.
///
/// They stay bytes until a batch of them is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelledImages {
    images: Array4<u8>,
    labels: Vec<usize>,
    classes: usize,
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
        Ok(Self { images, labels, classes })
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
