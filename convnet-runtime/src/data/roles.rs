//! What data may be used for, as types.
//!
//! The notes' chapter on image classification: "Evaluate on the test set only a single time, at the very end." What was
//! fitted, tuned or chosen on a test set says nothing on new images; here that does not compile.

use std::ops::Range;

use ndarray::{Array3, Array4};

use self::sealed::Token;
use super::dataset::{Dataset, check_index, read_images};
use crate::error::Error;

/// Images to train on, and to fit preprocessing on: the one role that is itself a [`Dataset`].
#[derive(Clone, Debug)]
pub struct TrainingSet<D>(pub(super) D);

/// Images that are looked at while training: to choose numbers such as the learning rate, to lower it, to stop.
///
/// It cannot be trained on. A [`TrainingSet`] gives one by [`split`](TrainingSet::split) or [`folds`](TrainingSet::folds),
/// or one is made of data that came apart.
#[derive(Clone, Debug)]
pub struct ValidationSet<D>(pub(super) D);

/// Images that a finished network is evaluated on.
///
/// They cannot be trained on, nor can anything be fitted on them:
///
/// ```compile_fail,E0277
/// # use convnet_runtime::{Error, data::{LabelledImages, Scaling, TestSet}};
/// fn fit(test: &TestSet<LabelledImages>) -> Result<Scaling, Error> {
///     Scaling::fit(test)
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use convnet_runtime::{Error, Network, losses::Softmax, optimizers::Sgd, train::Trainer};
/// # use convnet_runtime::data::{LabelledImages, Scaling, TestSet};
/// fn train<N: Network<Scalar = f32, Loss = Softmax>>(
///     trainer: &mut Trainer<N, Sgd>,
///     test: &TestSet<LabelledImages>,
///     scaling: &Scaling,
/// ) -> Result<(), Error> {
///     trainer.epoch(test, scaling, |_| {})?;
///     Ok(())
/// }
/// ```
///
/// Nor does a test set become one of the other roles, or a part of one:
///
/// ```compile_fail,E0277
/// # use convnet_runtime::data::{LabelledImages, TestSet, TrainingSet};
/// fn turn(test: TestSet<LabelledImages>) -> TrainingSet<TestSet<LabelledImages>> {
///     TrainingSet::new(test)
/// }
/// ```
///
/// Its images can be looked at, and given to a network:
///
/// ```
/// # use convnet_runtime::{Error, Network, data::{LabelledImages, Scaling, TestSet}, workspace::InferenceWorkspace};
/// # use convnet_runtime::losses::Softmax;
/// # use convnet_runtime::train::{evaluate, predict};
/// # fn f<N: Network<Scalar = f32, Loss = Softmax>>(network: &N, test: &TestSet<LabelledImages>, scaling: &Scaling)
/// # -> Result<(), Error> {
/// println!("{:.1} % are right", 100.0 * evaluate(network, test, scaling, 100)?.accuracy);
///
/// let shown = test.images(0..4.min(test.len()))?;
/// let scaled = scaling.scale(shown.view());
/// for prediction in predict(network, scaled.view(), &mut InferenceWorkspace::of(network, 4)?)? {
///     println!("class {}", prediction.class);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TestSet<D>(D);

/// What a network can be evaluated on: every role, and every [`Dataset`].
///
/// The crate alone implements it.
pub trait Evaluated {
    #[doc(hidden)]
    fn evaluated(&self, token: Token) -> &dyn Dataset;
}

mod sealed {
    /// Only this crate has one: what it opens stays closed to others.
    #[derive(Clone, Copy, Debug)]
    pub struct Token(pub(in crate::data) ());
}

/// The data behind a role.
#[cfg(feature = "train")]
pub(crate) fn evaluated(data: &impl Evaluated) -> &dyn Dataset {
    data.evaluated(Token(()))
}

impl<D: Dataset> Evaluated for D {
    fn evaluated(&self, _: Token) -> &dyn Dataset {
        self
    }
}

impl<D: Dataset> Evaluated for ValidationSet<D> {
    fn evaluated(&self, _: Token) -> &dyn Dataset {
        &self.0
    }
}

impl<D: Dataset> Evaluated for TestSet<D> {
    fn evaluated(&self, _: Token) -> &dyn Dataset {
        &self.0
    }
}

impl<D: Dataset> TrainingSet<D> {
    /// Training data.
    pub fn new(data: D) -> Self {
        Self(data)
    }

    /// The data.
    pub fn data(&self) -> &D {
        &self.0
    }

    /// The data, to keep.
    pub fn into_data(self) -> D {
        self.0
    }
}

impl<D: Dataset> Dataset for TrainingSet<D> {
    fn shape(&self) -> [usize; 3] {
        self.0.shape()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn classes(&self) -> usize {
        self.0.classes()
    }

    fn label(&self, index: usize) -> usize {
        self.0.label(index)
    }

    fn read(&self, index: usize, to: &mut [u8]) -> Result<(), Error> {
        self.0.read(index, to)
    }

    fn class_names(&self) -> &[String] {
        self.0.class_names()
    }
}

/// Roles whose images can be looked at, and no more.
macro_rules! looked_at {
    ($($role:ident: $what:literal),*) => {$(
        impl<D: Dataset> $role<D> {
            #[doc = $what]
            pub fn new(data: D) -> Self {
                Self(data)
            }

            /// How many images there are.
            #[expect(clippy::len_without_is_empty, reason = "it never is")]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Height, width and channels of every image, `[H, W, D]`.
            pub fn shape(&self) -> [usize; 3] {
                self.0.shape()
            }

            /// How many classes there are.
            pub fn classes(&self) -> usize {
                self.0.classes()
            }

            /// The names of the classes, in their order; empty if they have none.
            pub fn class_names(&self) -> &[String] {
                self.0.class_names()
            }

            /// The class of an image.
            ///
            /// # Panics
            /// It may, if there is no such image.
            pub fn label(&self, index: usize) -> usize {
                self.0.label(index)
            }

            /// The classes of all images.
            pub fn labels(&self) -> impl Iterator<Item = usize> {
                (0..self.len()).map(|index| self.label(index))
            }

            /// Writes the bytes of an image, `[H, W, D]`.
            ///
            /// # Errors
            /// Those of [`Dataset::read`].
            pub fn read(&self, index: usize, to: &mut [u8]) -> Result<(), Error> {
                self.0.read(index, to)
            }

            /// The bytes of an image, `[H, W, D]`.
            ///
            /// # Errors
            /// Those of [`Dataset::read`].
            pub fn image(&self, index: usize) -> Result<Array3<u8>, Error> {
                check_index(index, self.len())?;
                Ok(read_images(&self.0, index..index + 1)?.index_axis_move(ndarray::Axis(0), 0))
            }

            /// The bytes of some images, `[N, H, W, D]`.
            ///
            /// # Errors
            /// [`Error::EmptyData`] if the range is empty, [`Error::DataMemory`] if there is no memory for so many, and
            /// those of [`Dataset::read`].
            pub fn images(&self, range: Range<usize>) -> Result<Array4<u8>, Error> {
                read_images(&self.0, range)
            }
        }
    )*};
}

looked_at! { ValidationSet: "Validation data.", TestSet: "Test data." }

impl<D: Dataset + 'static> TestSet<D> {
    /// The same, whatever the data are kept in.
    pub fn boxed(self) -> TestSet<Box<dyn Dataset>> {
        TestSet(Box::new(self.0))
    }
}

#[cfg(feature = "train")]
impl<D: Dataset> ValidationSet<D> {
    /// The data.
    pub(crate) fn data(&self) -> &D {
        &self.0
    }
}
