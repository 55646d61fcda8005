//! What a network is given and does not take: a typed error that names what and where.

use convnet::data::{Batches, LabelledImages, Scaling};
use convnet::{network, prelude::*};
use ndarray::{Array4, ShapeBuilder};

network! {
    struct Small { INPUT[6x5x2] -> CONV3-4 -> RELU -> POOL3x1 -> FC3 }
    struct Other { INPUT[6x5x2] -> CONV3-5 -> RELU -> POOL3x1 -> FC3 }
    struct Map { INPUT[6x5x2] -> CONV3-4 }
}

const LABELS: [usize; 4] = [0, 1, 2, 0];

fn infer(images: &Array4<f32>) -> Result<Vec<f32>, Error> {
    let network = Small::new(1);
    let mut workspace = InferenceWorkspace::of(&network, 4)?;
    Ok(network.infer(images.view(), &mut workspace, &mut Unobserved)?.iter().copied().collect())
}

fn gradients(images: &Array4<f32>, labels: &[usize]) -> Result<f32, Error> {
    let mut network = Small::new(1);
    let mut workspace = TrainingWorkspace::of(&network, 4)?;
    let value = network.gradients(
        images.view(),
        labels,
        &Softmax::default(),
        &mut workspace,
        Step::default(),
        &mut Unobserved,
    )?;
    Ok(value.mean)
}

/// Both ways in refuse the same images with the same words.
fn refused(images: &Array4<f32>) -> String {
    let inferred = infer(images).expect_err("an error").to_string();
    let labels = vec![0; images.dim().0];
    assert_eq!(gradients(images, &labels).expect_err("an error").to_string(), inferred);
    inferred
}

#[test]
fn images_of_another_shape() {
    assert_eq!(
        refused(&Array4::zeros((2, 6, 5, 2))),
        "images of shape [2, 6, 5, 2] given to a network that takes [N, 5, 6, 2] (N x height x width x depth)"
    );
}

#[test]
fn a_batch_without_images() {
    assert_eq!(refused(&Array4::zeros((0, 5, 6, 2))), "a batch of 0 images: at least 1 is needed");
}

#[test]
fn more_images_than_the_workspace_holds() {
    assert_eq!(
        refused(&Array4::zeros((5, 5, 6, 2))),
        "a batch of 5 images given to a workspace for at most 4: make a larger one"
    );
}

#[test]
fn numbers_that_are_not_finite() {
    for (value, text) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let mut images = Array4::zeros((3, 5, 6, 2));
        images[[2, 4, 3, 1]] = value;
        let expected = format!("image 2 holds {text} at row 4, column 3, channel 1: inputs must be finite");
        assert_eq!(refused(&images), expected);
    }
}

/// An image in another memory order is the same image.
#[test]
fn images_in_any_memory_order() {
    let images =
        Array4::from_shape_fn((4, 5, 6, 2), |(n, y, x, d)| (n * 60 + y * 12 + x * 2 + d) as f32 / 100.0);
    let mut column_major = Array4::zeros((4, 5, 6, 2).f());
    column_major.assign(&images);
    assert!(!column_major.is_standard_layout());
    assert_eq!(infer(&column_major).expect("scores"), infer(&images).expect("scores"));
}

#[test]
fn labels_that_are_no_class() {
    let images = Array4::zeros((4, 5, 6, 2));
    let error = gradients(&images, &[0, 1, 3, 2]).expect_err("an error");
    assert_eq!(error.to_string(), "the label of image 2 is 3, but there are 3 classes, 0 to 2");
    let error = gradients(&images, &[0, 1]).expect_err("an error");
    assert_eq!(error.to_string(), "2 targets given for 4 images");
    assert!(gradients(&images, &LABELS).is_ok());
}

#[test]
fn workspaces_of_nothing_and_of_everything() {
    let network = Small::new(1);
    assert!(matches!(InferenceWorkspace::of(&network, 0), Err(Error::EmptyBatch)));
    assert!(matches!(TrainingWorkspace::of(&network, 0), Err(Error::EmptyBatch)));
    for capacity in [usize::MAX, usize::MAX / 1000] {
        assert!(matches!(InferenceWorkspace::of(&network, capacity), Err(Error::WorkspaceSize { .. })));
        assert!(matches!(TrainingWorkspace::of(&network, capacity), Err(Error::WorkspaceSize { .. })));
    }
}

/// Memory that can be counted but not had is an error too, and not the end of the program.
#[test]
fn workspaces_beyond_all_memory() {
    let network = Small::new(1);
    for capacity in [1 << 44, 1 << 52] {
        let error = InferenceWorkspace::of(&network, capacity).expect_err("no machine has it");
        assert!(matches!(error, Error::WorkspaceMemory { .. } | Error::WorkspaceSize { .. }), "{error}");
        let error = TrainingWorkspace::of(&network, capacity).expect_err("no machine has it");
        assert!(matches!(error, Error::WorkspaceMemory { .. } | Error::WorkspaceSize { .. }), "{error}");
    }
}

/// Parameters replaced by those of another network.
#[test]
fn parameters_of_another_size() {
    let (mut network, images) = (Small::new(1), Array4::zeros((1, 5, 6, 2)));
    let mut inference = InferenceWorkspace::of(&network, 1).expect("a workspace");
    let mut training = TrainingWorkspace::of(&network, 1).expect("a workspace");
    *network.parameters_mut() = Map::new(1).parameters().clone();
    let error = network.infer(images.view(), &mut inference, &mut Unobserved).expect_err("an error");
    assert!(matches!(error, Error::ParameterCount { .. }), "{error}");
    let step = Step::default();
    let error =
        network.gradients(images.view(), &[0][..], &Softmax::default(), &mut training, step, &mut Unobserved);
    assert!(matches!(error, Err(Error::ParameterCount { .. })));
    assert!(matches!(network.input_gradient(&mut training), Err(Error::ParameterCount { .. })));
}

/// A network that has diverged is not evaluated in silence.
#[test]
fn scores_that_are_not_finite() {
    let mut network = Small::new(1);
    network.parameters_mut().as_mut_slice()[0] = f32::NAN;
    let data = LabelledImages::new(Array4::from_elem((2, 5, 6, 2), 9), vec![0, 1], 3).expect("two images");
    let scaling = Scaling::new(0.0, 1.0).expect("a scaling");
    let error = evaluate(&network, &data, &scaling, 2).expect_err("NaN");
    assert!(matches!(&error, Error::NonFiniteScores { layer, .. } if layer == "conv1"), "{error}");
    let mut workspace = InferenceWorkspace::of(&network, 2).expect("a workspace");
    let images = Array4::from_elem((2, 5, 6, 2), 1.0);
    assert!(matches!(predict(&network, images.view(), &mut workspace), Err(Error::NonFiniteScores { .. })));
}

#[test]
fn a_workspace_of_another_network() {
    let mut workspace = InferenceWorkspace::of(&Other::new(1), 4).expect("a workspace");
    let images = Array4::zeros((1, 5, 6, 2));
    let error = Small::new(1).infer(images.view(), &mut workspace, &mut Unobserved).expect_err("an error");
    assert_eq!(
        error.to_string(),
        "a workspace of `Other [6x5x2] -> [1x1x3], 248 parameters` given to `Small [6x5x2] -> [1x1x3], 199 parameters`: \
         a workspace serves one architecture"
    );
}

#[test]
fn the_inputs_gradient_before_any_or_of_other_parameters() {
    let mut network = Small::new(1);
    let mut workspace = TrainingWorkspace::of(&network, 4).expect("a workspace");
    assert!(matches!(network.input_gradient(&mut workspace), Err(Error::NoGradients)));
    let images = Array4::from_elem((4, 5, 6, 2), 0.5);
    let step = Step::default();
    network
        .gradients(images.view(), &LABELS[..], &Softmax::default(), &mut workspace, step, &mut Unobserved)
        .expect("gradients");
    assert!(network.input_gradient(&mut workspace).is_ok());
    // A copy has the same parameters; another network, or these ones changed, has not.
    assert!(network.clone().input_gradient(&mut workspace).is_ok());
    assert!(matches!(Small::new(1).input_gradient(&mut workspace), Err(Error::NoGradients)));
    network.parameters_mut().as_mut_slice()[0] += 1.0;
    assert!(matches!(network.input_gradient(&mut workspace), Err(Error::NoGradients)));
}

/// A failed step leaves the workspace usable.
#[test]
fn an_error_loses_nothing() {
    let mut network = Small::new(1);
    let mut workspace = TrainingWorkspace::of(&network, 4).expect("a workspace");
    let images = Array4::from_elem((4, 5, 6, 2), 0.5);
    let mut step = |images: &Array4<f32>, labels: &[usize]| {
        let step = Step::default();
        network
            .gradients(images.view(), labels, &Softmax::default(), &mut workspace, step, &mut Unobserved)
            .map(|value| value.mean)
    };
    let before = step(&images, &LABELS).expect("a loss");
    assert!(step(&images, &[9, 9, 9, 9]).is_err());
    assert!(step(&Array4::from_elem((4, 5, 6, 2), f32::NAN), &LABELS).is_err());
    assert_eq!(step(&images, &LABELS).expect("a loss"), before);
}

/// After a batch that failed there are no scores to be taken for its own.
#[test]
fn a_failed_batch_leaves_no_scores() {
    let mut network = Small::new(1);
    let mut inference = InferenceWorkspace::of(&network, 4).expect("a workspace");
    let mut training = TrainingWorkspace::of(&network, 4).expect("a workspace");
    let mut both = |images: Array4<f32>| {
        let inferred = network.infer(images.view(), &mut inference, &mut Unobserved).is_ok();
        let step = Step::default();
        let trained = network
            .gradients(images.view(), &LABELS[..], &Softmax::default(), &mut training, step, &mut Unobserved)
            .is_ok();
        assert_eq!(inferred, trained);
        (inference.scores().dim().0, training.scores().dim().0)
    };
    assert_eq!(both(Array4::from_elem((4, 5, 6, 2), 0.5)), (4, 4));
    assert_eq!(both(Array4::from_elem((4, 5, 6, 2), f32::NAN)), (0, 0));
}

#[test]
fn data_that_does_not_belong_together() {
    let data =
        |images: usize, labels: Vec<usize>| LabelledImages::new(Array4::zeros((images, 5, 6, 2)), labels, 3);
    assert!(matches!(data(0, vec![]), Err(Error::EmptyData)));
    assert!(matches!(data(2, vec![0]), Err(Error::LabelCount { images: 2, labels: 1 })));
    let none = LabelledImages::new(Array4::zeros((1, 5, 6, 2)), vec![0], 0).expect_err("no class");
    assert_eq!(none.to_string(), "classes is 0: at least 1");
    assert!(matches!(data(2, vec![0, 3]), Err(Error::Label { image: 1, label: 3, classes: 3 })));
    let good = data(2, vec![0, 2]).expect("two images");
    assert!(matches!(
        Batches::<f32>::new(&good, &Scaling::fit(&good).expect("two images"), 0),
        Err(Error::EmptyBatch)
    ));
    assert!(matches!(Scaling::new(f64::NAN, 1.0), Err(Error::Option { option: "mean", .. })));
    assert!(matches!(Scaling::new(0.0, 0.0), Err(Error::Option { option: "deviation", .. })));
}

#[test]
fn data_that_does_not_belong_to_the_network() {
    let data = LabelledImages::new(Array4::zeros((2, 5, 6, 2)), vec![0, 1], 7).expect("two images");
    let scaling = Scaling::fit(&data).expect("two images");
    let optimizer = Sgd::new(0.1).expect("a rate");
    let mut trainer = Trainer::new(Small::new(1), optimizer, 2, 0).expect("a trainer");
    assert!(matches!(trainer.epoch(&data, &scaling, |_| {}), Err(Error::Classes { data: 7, network: 3 })));
    assert!(matches!(
        evaluate(&Small::new(1), &data, &scaling, 2),
        Err(Error::Classes { data: 7, network: 3 })
    ));
    let data = LabelledImages::new(Array4::zeros((2, 9, 9, 2)), vec![0, 1], 3).expect("two images");
    assert!(matches!(trainer.epoch(&data, &scaling, |_| {}), Err(Error::ImageShape { .. })));
    assert!(matches!(evaluate(&Small::new(1), &data, &scaling, 0), Err(Error::EmptyBatch)));
}

/// A network whose output is no score vector has no loss of its own, and takes any that fits.
#[test]
fn class_losses_need_class_scores() {
    let mut map = Map::new(1);
    let mut workspace = TrainingWorkspace::of(&map, 1).expect("a workspace");
    let images = Array4::zeros((1, 5, 6, 2));
    let step = Step::default();
    let error =
        map.gradients(images.view(), &[0][..], &Softmax::default(), &mut workspace, step, &mut Unobserved);
    let error = error.expect_err("a map of scores");
    assert_eq!(
        error.to_string(),
        "SOFTMAX needs scores of [1x1xK] with K at least 2, the network gives [6x5x4]"
    );
}

#[test]
fn parameters_of_another_network() {
    let mut small = Small::new(1);
    let other = Other::new(1);
    let mut momentum = Momentum::new(0.1, 0.9).expect("options");
    let error = momentum.update(small.parameters_mut(), other.parameters()).expect_err("an error");
    assert!(matches!(error, Error::ParameterCount { .. }), "{error}");
}
