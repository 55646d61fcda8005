//! The gradients of the networks of the zoo against centred differences, through the whole network: the same layers, with
//! fewer channels and pixels.

use convnet::geometry::Role;
use convnet::train::{GradientChecker, LabelLoss};
use convnet::{network, prelude::*};
use ndarray::Array4;
use rand::{SeedableRng, rngs::ChaCha8Rng, seq::index};

const IMAGES: usize = 3;

/// The largest relative error through a whole network.
const LIMIT: f64 = 1e-5;

/// Gradients above this are seen to [`LIMIT`], at a loss of about 2 and h = 1e-5.
const VISIBLE: f64 = 5e-5;

fn images<N: Network<Scalar = f64>>() -> Array4<f64> {
    let Volume { width, height, depth } = N::ARCHITECTURE.input();
    Array4::from_shape_fn((IMAGES, height, width, depth), |(n, y, x, d)| {
        ((7.3 * n as f64 + 1.0) * (0.31 * y as f64 - 0.17 * x as f64) + 1.9 * d as f64).sin()
    })
}

/// Every tensor of this architecture, of as many layers with parameters as the original.
fn check<N>(layers: usize, per_tensor: usize)
where
    N: Network<Scalar = f64, Loss: LabelLoss<f64>>,
{
    let mut network = N::new(11, &Initialization::default()).expect("a network");
    for (i, bias) in biases(&network).enumerate() {
        // Where every input of a neuron is 0, a bias of 0 puts its ReLU on the kink.
        network.parameters_mut().as_mut_slice()[bias] = 0.1 + 0.001 * (i % 7) as f64;
    }
    let tensors = network.parameters().tensors().iter();
    assert_eq!(tensors.filter(|tensor| tensor.role == Role::Weights).count(), layers);
    let labels: Vec<usize> = (0..IMAGES).map(|image| image % N::ARCHITECTURE.output().count()).collect();
    let (mut checker, mut visible) = (GradientChecker::default().resolution(LIMIT), Vec::new());
    for (tensor, gradient) in gradients(&mut network, &labels) {
        let is_visible = |&position: &usize| gradient[position].abs() > VISIBLE;
        let positions = positions(gradient.len(), is_visible, per_tensor);
        visible.push(positions.iter().copied().filter(is_visible).count());
        checker = checker.only_numbers(tensor, positions);
    }
    let loss = network.loss().clone();
    let found = checker.check(&mut network, images::<N>().view(), &labels[..], &loss).expect("a check");
    assert!(found.error() <= LIMIT, "{found}");
    assert_eq!(found.tensors.len(), network.parameters().tensors().len() + 1, "and the images");
    for (tensor, visible) in found.tensors.iter().zip(visible) {
        assert!(2 * tensor.compared > visible, "{}: {found}", tensor.name);
    }
    assert!(5 * found.crossings() <= found.compared(), "{found}");
}

/// Where the biases lie.
fn biases<N: Network>(network: &N) -> impl Iterator<Item = usize> + use<N> {
    let tensors = network.parameters().tensors().to_vec().into_iter();
    tensors.filter(|tensor| tensor.role == Role::Bias).flat_map(|tensor| tensor.range())
}

/// Every tensor with its gradient, and the images with theirs.
fn gradients<N>(network: &mut N, labels: &[usize]) -> Vec<(String, Vec<f64>)>
where
    N: Network<Scalar = f64, Loss: LabelLoss<f64>>,
{
    let mut workspace = TrainingWorkspace::of(network, IMAGES).expect("a workspace");
    let (loss, images) = (network.loss().clone(), images::<N>());
    network
        .gradients(images.view(), labels, &loss, &mut workspace, Step::default(), &mut Unobserved)
        .expect("gradients");
    let of_parameters = workspace.gradients().iter();
    let mut gradients: Vec<_> =
        of_parameters.map(|(tensor, gradient)| (tensor.to_string(), gradient.to_vec())).collect();
    let of_images = network.input_gradient(&mut workspace).expect("a gradient");
    gradients.push(("images".to_owned(), of_images.iter().copied().collect()));
    gradients
}

/// So many positions of gradients that are seen, at least one, and a third as many of others, which may wrongly be 0.
fn positions(gradients: usize, is_visible: impl Fn(&usize) -> bool, count: usize) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(gradients as u64);
    let mut draw = |from: Vec<usize>, count: usize| -> Vec<usize> {
        let drawn = index::sample(&mut random, from.len(), count.min(from.len()));
        drawn.into_iter().map(|i| from[i]).collect()
    };
    let (visible, others): (Vec<_>, Vec<_>) = (0..gradients).partition(is_visible);
    assert!(!visible.is_empty(), "a gradient of 0 would be right in every network that ends in dead units");
    [draw(visible, count), draw(others, count.div_ceil(3))].concat()
}

#[test]
fn lenet() {
    network! {
        struct LeNet {
            INPUT[16x16x1]
            -> CONV5-3 p0 -> TANH -> AVGPOOL2 : [6x6x3]
            -> CONV5-4 p0 -> TANH -> AVGPOOL2 : [1x1x4]
            -> FC8 -> TANH -> FC6 -> TANH -> FC4
        }
    }
    check::<LeNet<f64>>(5, 60);
}

#[test]
fn alexnet() {
    network! {
        struct AlexNet {
            INPUT[67x67x3]
            -> CONV11-6 s4 p0 -> RELU -> LRN(alpha=0.1) -> POOL3 s2       : [7x7x6]
            -> CONV5-8 g2     -> RELU -> LRN(alpha=0.1) -> POOL3 s2       : [3x3x8]
            -> CONV3-8 -> RELU -> CONV3-8 g2 -> RELU -> CONV3-6 g2 -> RELU
            -> POOL3 s2                                                   : [1x1x6]
            -> [FC12 -> RELU -> DROPOUT(keep=0.5)]*2 -> FC5
        }
    }
    check::<AlexNet<f64>>(8, 20);
}

#[test]
fn zfnet() {
    network! {
        struct ZfNet {
            INPUT[64x64x3]
            -> CONV7-6 s2 p1 floor -> RELU : [30x30x6] -> POOL3 s2 ceil : [15x15x6] -> LRN(alpha=0.1)
            -> CONV5-8 s2 p0       -> RELU : [6x6x8]   -> POOL3 s2 ceil : [3x3x8]   -> LRN(alpha=0.1)
            -> [CONV3-8 -> RELU]*2 -> CONV3-6 -> RELU  -> POOL3 s2      : [1x1x6]
            -> [FC12 -> RELU -> DROPOUT(keep=0.5)]*2 -> FC5
        }
    }
    check::<ZfNet<f64>>(8, 20);
}

#[test]
fn vgg16() {
    network! {
        struct Vgg16 {
            INPUT[32x32x3]
            -> [CONV3-4 -> RELU]*2 -> POOL2
            -> [CONV3-5 -> RELU]*2 -> POOL2
            -> [CONV3-6 -> RELU]*3 -> POOL2
            -> [[CONV3-8 -> RELU]*3 -> POOL2]*2 : [1x1x8]
            -> [FC12 -> RELU -> DROPOUT(keep=0.5)]*2 -> FC5
        }
    }
    check::<Vgg16<f64>>(16, 12);
}

#[test]
fn googlenet() {
    network! {
        block inception(a, r, b, q, c, e) = CAT{
            CONV1-a -> RELU
            | CONV1-r -> RELU -> CONV3-b -> RELU
            | CONV1-q -> RELU -> CONV5-c -> RELU
            | POOL3 s1 p1 -> CONV1-e -> RELU
        };

        struct GoogLeNet {
            INPUT[64x64x3]
            -> CONV7-4 s2 floor -> RELU -> POOL3 s2 ceil -> LRN(k=1, alpha_over_n, alpha=0.1)
            -> CONV1-4 -> RELU -> CONV3-6 -> RELU -> LRN(k=1, alpha_over_n, alpha=0.1) -> POOL3 s2 ceil : [8x8x6]
            -> inception(3, 3, 4, 3, 3, 3) -> inception(4, 4, 5, 3, 4, 4) -> POOL3 s2 ceil : [4x4x17]
            -> [inception(4, 4, 5, 3, 4, 4)]*5 -> POOL3 s2 ceil : [2x2x17]
            -> inception(4, 4, 5, 3, 4, 4) -> inception(5, 6, 8, 6, 8, 6)
            -> GAP -> DROPOUT(keep=0.6) -> FC5
        }
    }
    check::<GoogLeNet<f64>>(58, 4);
}

#[test]
fn resnet18() {
    network! {
        block stem = CONV7-4 s2 floor nobias -> BN -> RELU -> POOL3 s2 p1 floor;
        block basic(k) = ADD{ CONV3-k nobias -> BN -> RELU -> CONV3-k nobias -> BN | ID } -> RELU;
        block basic_down(k) = ADD{
            CONV3-k s2 floor nobias -> BN -> RELU -> CONV3-k nobias -> BN | CONV1-k s2 floor nobias -> BN
        } -> RELU;

        struct ResNet18 {
            INPUT[64x64x3] -> stem -> [basic(4)]*2
            -> basic_down(5) -> basic(5) -> basic_down(6) -> basic(6) -> basic_down(8) -> basic(8)
            -> GAP -> FC5
        }
    }
    check::<ResNet18<f64>>(21, 5);
}

#[test]
fn resnet50() {
    network! {
        block stem = CONV7-4 s2 floor nobias -> BN -> RELU -> POOL3 s2 p1 floor;
        block first(k, s) = ADD{
            CONV1-k nobias -> BN -> RELU -> CONV3-k s(s) floor nobias -> BN -> RELU -> CONV1-(4*k) nobias -> BN
            | CONV1-(4*k) s(s) floor nobias -> BN
        } -> RELU;
        block next(k) = ADD{
            CONV1-k nobias -> BN -> RELU -> CONV3-k nobias -> BN -> RELU -> CONV1-(4*k) nobias -> BN | ID
        } -> RELU;
        block stage(k, s, n) = first(k, s) -> [next(k)]*n;

        struct ResNet50 {
            INPUT[64x64x3] -> stem -> stage(2, 1, 2) -> stage(2, 2, 3) -> stage(3, 2, 5) -> stage(3, 2, 2)
            -> GAP -> FC5
        }
    }
    check::<ResNet50<f64>>(54, 3);
}

#[test]
fn resnet20_for_cifar() {
    network! {
        block plain(k)  = ADD{ CONV3-k nobias -> BN -> RELU -> CONV3-k nobias -> BN | ID } -> RELU;
        block halved(k) = ADD{
            CONV3-k s2 floor nobias -> BN -> RELU -> CONV3-k nobias -> BN | CONV1-k s2 floor nobias -> BN
        } -> RELU;
        block stages(n) = CONV3-3 nobias -> BN -> RELU
            -> plain(3) -> [plain(3)]*n -> halved(4) -> [plain(4)]*n -> halved(5) -> [plain(5)]*n;

        struct ResNet20 { INPUT[16x16x3] -> stages(2) -> GAP -> FC5 }
    }
    check::<ResNet20<f64>>(22, 5);
}
