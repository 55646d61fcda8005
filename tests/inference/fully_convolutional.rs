//! `into_fully_convolutional`: maps of larger images against their crops, one by one.

use super::{difference, images, network, scores};
use convnet::geometry::Extent;
use convnet::inference::FullyConvolutional;
use convnet::{Error, Network, Scalar, Unobserved, network as convolutional};
use ndarray::{Array4, ArrayView4, s};

convolutional! {
    /// Without padding, with everything that slides.
    struct Unpadded {
        INPUT[22x20x3] -> CONV3-6 p0 -> BN -> RELU -> POOL2 -> CONV3x2-8 p0 g2 nobias : [8x8x8] -> PRELU -> LRN
        -> CAT{ CONV1-4 p0 -> TANH | CONV1-4 p0 } -> AVGPOOL2 : [4x4x8] -> CONV3-8 p0 -> MAXOUT2 -> DROPOUT(keep=0.5)
        -> FC12 dropconnect(keep=0.5) -> RELU -> FC5
    }

    /// The same without a pixel of padding, but with windows that drop a last, partial window.
    struct Floored { INPUT[12x12x2] -> CONV3-4 s2 p0 floor -> RELU -> POOL2 floor -> FC3 }

    /// With `ceil` where nothing is left over on images of its own size.
    struct Ceiled { INPUT[14x14x2] -> CONV3-4 p0 -> RELU -> POOL2 ceil -> POOL2 ceil -> POOL3 s2 floor -> FC3 }

    /// Windows that cover all of their volume, in a branch that meets one whose stride says something.
    struct Branching {
        INPUT[16x16x2] -> CONV3-4 p0 s2 floor -> CAT{ POOL7 | CONV7-4 p0 s7 -> TANH | AVGPOOL7 } -> POOL1 s3 -> FC3
    }

    struct Pooled { INPUT[9x9x2] -> CONV3-4 s2 p0 -> RELU -> GAP -> FC3 }

    struct PooledWhole { INPUT[9x9x2] -> CONV3-4 s2 p0 -> RELU -> AVGPOOL4 -> FC3 nobias }

    struct Padded { INPUT[16x16x2] -> [CONV3-6 -> RELU -> POOL2]*2 -> FC8 -> RELU -> FC4 }

    /// A network for 224x224 with a stride of 32, as VGG's, but narrow.
    struct NarrowVgg {
        INPUT[224x224x3] -> [CONV3-4 -> RELU -> POOL2]*5 : [7x7x4] -> [FC16 -> RELU -> DROPOUT(keep=0.5)]*2 -> FC10
    }
}

/// The scores of every crop, `stride` pixels apart.
fn crops<N: Network>(network: &N, images: ArrayView4<'_, N::Scalar>, stride: Extent) -> Array4<N::Scalar> {
    let input = N::ARCHITECTURE.input();
    let (count, height, width, _) = images.dim();
    let (rows, columns) =
        ((height - input.height) / stride.height + 1, (width - input.width) / stride.width + 1);
    let mut map = Array4::zeros((count, rows, columns, N::ARCHITECTURE.output().depth));
    for y in 0..rows {
        for x in 0..columns {
            let (top, left) = (y * stride.height, x * stride.width);
            let crop = images.slice(s![.., top..top + input.height, left..left + input.width, ..]);
            let of_crop = scores(network, crop);
            map.slice_mut(s![.., y, x, ..]).assign(&of_crop.slice(s![.., 0, 0, ..]));
        }
    }
    map
}

fn convert<N: Network + Clone>(seed: u64) -> (N, FullyConvolutional<N::Scalar>) {
    let network = network::<N>(seed);
    (network.clone(), network.into_fully_convolutional().expect("a network that slides"))
}

/// How far the map of larger images is from their crops.
fn compare<N: Network + Clone>(width: usize, height: usize) -> f64 {
    let (network, converted) = convert::<N>(2);
    let images = images((2, width, height, N::ARCHITECTURE.input().depth), 7);
    let map = converted.map(images.view()).expect("a map");
    difference(crops(&network, images.view(), converted.stride()).view(), map.view())
}

#[test]
fn a_map_equals_its_crops() {
    fn check<T: Scalar>(limit: f64)
    where
        Unpadded<T>: Network<Scalar = T>,
    {
        for (width, height) in [(22, 20), (26, 20), (30, 36)] {
            assert!(compare::<Unpadded<T>>(width, height) <= limit);
        }
        // Sizes that do not divide have no more crops than those before.
        for (width, height) in [(12, 12), (20, 16), (13, 12), (17, 19)] {
            assert!(compare::<Floored<T>>(width, height) <= limit);
            assert!(compare::<Ceiled<T>>(width + 2, height + 2) <= limit);
        }
        for (width, height) in [(16, 16), (30, 29), (16, 44)] {
            assert!(compare::<Branching<T>>(width, height) <= limit);
        }
        for (width, height) in [(9, 9), (13, 11)] {
            assert!(compare::<Pooled<T>>(width, height) <= limit);
            assert!(compare::<PooledWhole<T>>(width, height) <= limit);
        }
    }
    check::<f64>(1e-10);
    check::<f32>(1e-5);
}

#[test]
fn what_slides_says_so() {
    let (_, converted) = convert::<Unpadded>(1);
    assert!(converted.is_exact());
    assert_eq!(converted.stride(), Extent::new(4, 4));
    assert_eq!(converted.crop(), Extent::new(22, 20));
    let report = converted.architecture().report().to_string();
    assert!(
        report.contains("CONV2-12 p0:") && report.contains("CONV1-5 p0:") && !report.contains("FC"),
        "{report}"
    );

    let (_, pooled) = convert::<Pooled>(1);
    assert!(pooled.architecture().report().to_string().contains("AVGPOOL4 s1"));
    assert_eq!(pooled.stride(), Extent::new(2, 2));
    let (_, whole) = convert::<PooledWhole>(1);
    assert_eq!(whole.stride(), Extent::new(2, 2));
}

#[test]
fn notation_says_which_stride_is_new() {
    convolutional! {
        struct Flat { INPUT[9x4x2] -> CONV3x4-3 s3 p0 -> POOL3x1 -> FC2 }
    }
    let (_, flat) = convert::<Flat>(1);
    let notations: Vec<_> = flat.architecture().layers().iter().map(|layer| layer.notation).collect();
    assert_eq!(notations, ["CONV3x4-3 p0 s3x1", "POOL3x1 s1", "CONV1-2 p0"]);
    assert_eq!(flat.stride(), Extent::new(3, 1));
}

/// Were it not refused, neighbours in the map would be those of different crops.
#[test]
fn branches_of_different_strides_are_refused() {
    convolutional! { struct Mixed { INPUT[9x9x1] -> CAT{ GAP | CONV8-2 s2 p0 floor } -> FC3 } }
    let error = network::<Mixed>(1).into_fully_convolutional().expect_err("strides 1 and 2");
    assert_eq!(
        error.to_string(),
        "CAT (`cat1`) cannot slide over larger images: its branches have different strides"
    );
}

/// A residual block that halves its volume to one pixel, where a window of one branch covers all of it.
#[test]
fn branches_keep_their_strides() {
    convolutional! { struct Halved { INPUT[2x2x3] -> ADD{ CONV3-3 s2 floor | AVGPOOL2 } -> FC4 } }
    let (_, halved) = convert::<Halved>(1);
    assert_eq!(halved.stride(), Extent::square(2));
    assert_eq!(halved.map(images::<f32>((1, 6, 4, 3), 1).view()).expect("a map").dim(), (1, 2, 3, 4));
}

/// A network that gives a map already has no crop that one number stands for.
#[test]
fn maps_of_networks_that_give_maps() {
    convolutional! { struct Map { INPUT[8x8x3] -> CONV3-4 p0 -> L2 } }
    let (network, map) = convert::<Map>(1);
    let images = images::<f32>((1, 8, 8, 3), 1);
    assert_eq!(map.map(images.view()).expect("a map"), scores(&network, images.view()));
    let error = map.map_at_stride(images.view(), 1).expect_err("no scores");
    assert!(matches!(error, Error::MapOutput { .. }), "{error}");
}

/// With zero padding a crop sees zeros where the map sees pixels.
#[test]
fn padding_makes_a_difference() {
    let (_, converted) = convert::<Padded>(1);
    assert!(!converted.is_exact());
    let found = compare::<Padded<f64>>(24, 24);
    assert!(found > 1e-3, "{found}");
    // On images of the network's own size there is nothing else to see.
    assert!(compare::<Padded<f64>>(16, 16) < 1e-12);
}

/// The notes' example.
#[test]
fn larger_images_give_the_notes_map() {
    let (_, converted) = convert::<NarrowVgg>(1);
    assert_eq!(converted.stride(), Extent::square(32));
    let images = images::<f32>((1, 384, 384, 3), 3);
    assert_eq!(converted.map(images.view()).expect("a map").dim(), (1, 6, 6, 10));
    assert_eq!(converted.map_at_stride(images.view(), 16).expect("a map").dim(), (1, 11, 11, 10));
}

#[test]
fn shifted_evaluations_halve_the_stride() {
    let (network, converted) = convert::<Unpadded<f64>>(2);
    let images = images((2, 31, 29, 3), 7);
    for stride in [1, 2, 4] {
        let map = converted.map_at_stride(images.view(), stride).expect("a map");
        let expected = crops(&network, images.view(), Extent::square(stride));
        assert_eq!(map.dim(), (2, 9 / stride + 1, 9 / stride + 1, 5));
        assert!(difference(expected.view(), map.view()) <= 1e-10, "stride {stride}");
    }
}

#[test]
fn a_network_on_images_of_one_size_keeps_its_workspace() {
    let (_, converted) = convert::<Unpadded>(2);
    let images = images((1, 26, 28, 3), 7);
    let network = converted.on_images(26, 28).expect("a size that fits");
    let mut workspace = network.workspace(1).expect("a workspace");
    for _ in 0..2 {
        let found = network.infer(images.view(), &mut workspace, &mut Unobserved).expect("scores");
        assert_eq!(found, converted.map(images.view()).expect("a map"));
    }
}

#[test]
fn sizes_that_do_not_fit_are_told_with_those_that_do() {
    let (_, converted) = convert::<Unpadded>(1);
    let error = converted.on_images(23, 30).expect_err("an odd volume before a pooling");
    assert_eq!(
        error.to_string(),
        "images of [23x30x3] do not fit the network: POOL2 (`pool1`) cannot take [21x28x6]: the window does not fit across \
         the width: (21 - 2 + 0)/2 + 1 = 10.5 is not a whole number. Images of 22x28 or 26x32 would fit"
    );
    for (width, height) in [(10, 10), (22, 19), (0, 20)] {
        let error = converted.on_images(width, height).expect_err("smaller than the network's");
        assert_eq!(
            error.to_string(),
            format!("images of {width}x{height} are smaller than the 22x20 that the network was made for")
        );
    }
    assert!(converted.on_images(usize::MAX, 20).is_err());
    assert!(converted.on_images(22, usize::MAX / 2).is_err());
    let error = converted.map(images::<f32>((1, 26, 20, 4), 1).view()).expect_err("too deep");
    assert!(matches!(error, Error::ImageShape { .. }), "{error}");
}

#[test]
fn strides_that_cannot_be_had_are_refused() {
    let (_, converted) = convert::<Unpadded>(1);
    let images = images::<f32>((1, 26, 24, 3), 1);
    for stride in [0, 3, 8] {
        let error = converted.map_at_stride(images.view(), stride).expect_err("no divisor of 4");
        assert!(matches!(error, Error::Option { option: "stride", .. }), "{error}");
    }
    let small = images.slice(s![.., ..19, .., ..]);
    assert!(matches!(converted.map_at_stride(small, 2), Err(Error::ImagesTooSmall { .. })));
}

#[test]
fn layers_that_cannot_slide_are_named() {
    convolutional! {
        struct Positions { INPUT[8x8x1] -> CONV3-2 -> LOCAL3-4 @face -> FC3 }
        struct Fractions { INPUT[8x8x1] -> FRACPOOL(1.5) -> FC3 }
    }
    let refused =
        |error: Result<FullyConvolutional<f32>, Error>| error.expect_err("it cannot slide").to_string();
    assert_eq!(
        refused(network::<Positions>(1).into_fully_convolutional()),
        "LOCAL3-4 (`face`) cannot slide over larger images: its filters belong to positions, and there would be more of those"
    );
    assert!(
        refused(network::<Fractions>(1).into_fully_convolutional())
            .starts_with("FRACPOOL(1.5) (`fracpool1`)")
    );
}
