//! Roles, subsets and batches: what may be done with which data, and errors on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use convnet::data::{Batches, Evaluated, Subset};
use convnet::train::{Evaluation, image_losses};
use convnet::{network, prelude::*};
use ndarray::Array4;

network! { struct Small { INPUT[4x3x2] -> CONV3-4 -> RELU -> FC3 } }

fn images(count: usize) -> LabelledImages {
    let bytes = Array4::from_shape_fn((count, 3, 4, 2), |(n, y, x, d)| {
        u8::try_from((31 * n + 17 * y + 5 * x + 3 * d) % 251).expect("a byte")
    });
    LabelledImages::new(bytes, (0..count).map(|n| n % 3).collect(), 3).expect("images with labels")
}

fn names() -> Vec<String> {
    ["cat", "dog", "frog"].map(String::from).to_vec()
}

/// An image of which one cannot be read, as a file may be.
struct Broken {
    images: LabelledImages,
    /// How often each image may still be read.
    reads: AtomicUsize,
}

impl Dataset for Broken {
    fn shape(&self) -> [usize; 3] {
        self.images.shape()
    }

    fn len(&self) -> usize {
        self.images.len()
    }

    fn classes(&self) -> usize {
        self.images.classes()
    }

    fn label(&self, index: usize) -> usize {
        self.images.label(index)
    }

    fn read(&self, index: usize, to: &mut [u8]) -> Result<(), Error> {
        if self.reads.fetch_sub(1, Ordering::Relaxed) == 0 {
            let (path, source) = ("image.png".into(), std::io::Error::other("the disk is gone"));
            return Err(Error::Io { path, source });
        }
        self.images.read(index, to)
    }
}

fn trainer() -> Trainer<Small, Sgd> {
    Trainer::new(Small::new(1), Sgd::new(0.01).expect("a rate"), 4, 1).expect("a trainer")
}

/// What is evaluated, and image by image.
fn both(
    network: &Small,
    data: &impl Evaluated,
    scaling: &Scaling,
) -> (Result<Evaluation, Error>, Result<Vec<f64>, Error>) {
    (evaluate(network, data, scaling, 4), image_losses(network, data, scaling, 4))
}

/// Roles, pointers and parts are trained and evaluated as the images themselves are.
#[test]
fn the_same_images_in_every_role() {
    let images = images(10);
    let scaling = Scaling::fit(&images).expect("images in memory");
    let trained = |data: &dyn Dataset| {
        let mut trainer = trainer();
        trainer.epoch(data, &scaling, |_| {}).expect("an epoch");
        trainer.into_network()
    };
    let network = trained(&images);
    let shared = Arc::new(images.clone());
    let whole = Subset::new(Arc::clone(&shared), (0..10).collect()).expect("all of them");
    let boxed: Box<dyn Dataset> = Box::new(images.clone());
    let others: [&dyn Dataset; 5] = [&TrainingSet::new(images.clone()), &shared, &whole, &boxed, &&images];
    for other in others {
        assert_eq!(trained(other).parameters().as_slice(), network.parameters().as_slice());
        assert_eq!(Scaling::fit(other).expect("images in memory"), scaling);
        assert_eq!(LabelledImages::load(other).expect("images in memory"), images);
    }
    let expected = evaluate(&network, &images, &scaling, 4).expect("an evaluation");
    let losses = image_losses(&network, &images, &scaling, 4).expect("losses");
    let is_same = |found: (Result<_, Error>, Result<_, Error>)| {
        assert_eq!((found.0.expect("an evaluation"), found.1.expect("losses")), (expected, losses.clone()));
    };
    is_same(both(&network, &TrainingSet::new(images.clone()), &scaling));
    is_same(both(&network, &ValidationSet::new(images.clone()), &scaling));
    is_same(both(&network, &TestSet::new(whole), &scaling));
    is_same(both(&network, &boxed, &scaling));
}

#[test]
fn subsets_have_their_own_order() {
    let data = Arc::new(images(7).with_class_names(names()).expect("three names"));
    let subset = Subset::new(Arc::clone(&data), vec![5, 0, 5]).expect("there are such images");
    assert_eq!((subset.len(), subset.classes(), subset.class_names()), (3, 3, &names()[..]));
    assert_eq!([0, 1, 2].map(|index| subset.label(index)), [2, 0, 2]);
    let mut image = [0; 24];
    subset.read(0, &mut image).expect("in memory");
    assert_eq!(image, data.bytes(5));
    assert!(matches!(subset.read(3, &mut image), Err(Error::ImageIndex { index: 3, count: 3 })));
    assert!(matches!(Subset::new(Arc::clone(&data), vec![]), Err(Error::EmptyData)));
    let error = Subset::new(data, vec![6, 7]).expect_err("seven images");
    assert_eq!(error.to_string(), "the data set has no image 7: it holds 7, 0 to 6");
}

#[test]
fn test_images_can_be_looked_at() {
    let data = images(7).with_class_names(names()).expect("three names");
    let test = TestSet::new(data.clone());
    assert_eq!((test.len(), test.shape(), test.classes()), (7, [3, 4, 2], 3));
    assert!(test.labels().eq(data.labels().iter().copied()));
    assert_eq!(test.class_names()[test.label(4)], "dog");
    assert_eq!(test.image(4).expect("the fifth").as_slice(), Some(data.bytes(4)));
    let some = test.images(2..5).expect("three");
    assert_eq!(some, data.images().slice(ndarray::s![2..5, .., .., ..]));
    assert!(matches!(test.image(7), Err(Error::ImageIndex { index: 7, count: 7 })));
    assert!(matches!(test.image(usize::MAX), Err(Error::ImageIndex { .. })));
    assert!(matches!(test.images(5..8), Err(Error::ImageIndex { index: 7, count: 7 })));
    assert!(matches!(test.images(3..3), Err(Error::EmptyData)));
    let mut few = [0; 5];
    let error = test.read(0, &mut few).expect_err("too little memory");
    assert_eq!(error.to_string(), "5 bytes given to read an image of 3x4x2 (height x width x channels) into");
    // What a network is given of them is what it is given in a batch.
    let scaling = Scaling::new(100.0, 50.0).expect("in range");
    let mut batches = Batches::<f32>::new(&data, &scaling, 3).expect("batches");
    let (batch, _) = batches.next().expect("in memory").expect("seven images");
    assert_eq!(scaling.scale::<f32>(test.images(0..3).expect("three").view()), batch);
    // In any layout.
    let columns = data.images().view().permuted_axes([0, 2, 1, 3]);
    assert_eq!(
        scaling.scale::<f64>(columns)[[2, 3, 1, 0]],
        (f64::from(data.images()[[2, 1, 3, 0]]) - 100.0) / 50.0
    );
}

#[test]
fn class_names_are_as_many_as_classes() {
    let error = images(3).with_class_names(names()[..2].to_vec()).expect_err("three classes");
    assert_eq!(error.to_string(), "2 names given for 3 classes: each needs one");
    assert!(images(3).class_names().is_empty());
}

/// An image that cannot be read stops an epoch, an evaluation and a fit with the file's error.
#[test]
fn images_that_cannot_be_read() {
    let broken = |reads| Broken { images: images(10), reads: AtomicUsize::new(reads) };
    let scaling = Scaling::new(100.0, 50.0).expect("in range");
    let is_io = |error: Error| assert!(matches!(error, Error::Io { .. }), "{error}");
    is_io(Scaling::fit(&broken(3)).expect_err("three images"));
    is_io(LabelledImages::load(&broken(3)).expect_err("three images"));
    is_io(evaluate(&Small::new(1), &broken(5), &scaling, 4).expect_err("five images"));
    is_io(image_losses(&Small::new(1), &broken(5), &scaling, 4).expect_err("five images"));
    let (mut trainer, mut steps) = (trainer(), 0);
    is_io(trainer.epoch(&broken(5), &scaling, |_| steps += 1).expect_err("five images"));
    assert_eq!(steps, 1);

    // The batch that failed comes again.
    let data = broken(5);
    let mut batches = Batches::<f32>::new(&data, &scaling, 4).expect("batches");
    assert_eq!(batches.next().expect("four images").expect("four images").1, [0, 1, 2, 0]);
    is_io(batches.next().map(|_| ()).expect_err("the sixth image"));
    assert_eq!(batches.next().expect("it can be read now").expect("four images").1, [1, 2, 0, 1]);
    assert_eq!(batches.next().expect("in memory").expect("two images").1, [2, 0]);
    assert!(batches.next().expect("in memory").is_none());
}

/// A data set of one's own may be anything: no size that it claims makes a panic.
#[test]
fn data_sets_that_claim_too_much() {
    struct Claims([usize; 3], usize);
    impl Dataset for Claims {
        fn shape(&self) -> [usize; 3] {
            self.0
        }

        fn len(&self) -> usize {
            self.1
        }

        fn classes(&self) -> usize {
            3
        }

        fn label(&self, _: usize) -> usize {
            0
        }

        fn read(&self, _: usize, _: &mut [u8]) -> Result<(), Error> {
            Ok(())
        }
    }
    let (scaling, huge) = (Scaling::new(0.0, 1.0).expect("in range"), usize::MAX / 4);
    for shape in [[huge, huge, 3], [huge, 1, 1]] {
        let claims = Claims(shape, 2);
        assert!(matches!(
            Batches::<f32>::new(&claims, &scaling, 2),
            Err(Error::DataMemory { images: 2, .. })
        ));
        assert!(matches!(LabelledImages::load(&claims), Err(Error::DataMemory { .. })));
        assert!(Scaling::fit(&claims).is_err());
        assert!(evaluate(&Small::new(1), &claims, &scaling, 2).is_err());
    }
    for claims in [Claims([0, huge, huge], 2), Claims([3, 4, 2], 0)] {
        assert!(matches!(Batches::<f32>::new(&claims, &scaling, 2), Err(Error::EmptyData)));
        assert!(matches!(Scaling::fit(&claims), Err(Error::EmptyData)));
        assert!(matches!(LabelledImages::load(&claims), Err(Error::EmptyData)));
        assert!(trainer().epoch(&claims, &scaling, |_| {}).is_err());
    }
}
