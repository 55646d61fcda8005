//! Random geometries, all of them valid.

use convnet_geometry::{
    Average, BatchNorm, Convolution, ConvolutionSpec, Dense, DenseSpec, Extent, FractionalPooling, Join,
    Local, Maxout, PRelu, Padding, Pool, Pooling, PoolingSpec, Real, ResponseNorm, Rounding, Volume, Window,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// So many cases, the same in every run.
pub(super) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(231),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub(super) fn volumes() -> impl Strategy<Value = Volume> {
    (1_usize..14, 1_usize..14, 1_usize..7)
        .prop_map(|(width, height, depth)| Volume::new(width, height, depth))
}

/// Volumes of which every number can be moved.
pub(super) fn small_volumes() -> impl Strategy<Value = Volume> {
    (1_usize..7, 1_usize..7, 1_usize..4).prop_map(|(width, height, depth)| Volume::new(width, height, depth))
}

fn extents(sides: std::ops::Range<usize>) -> impl Strategy<Value = Extent> {
    (sides.clone(), sides).prop_map(|(width, height)| Extent { width, height })
}

/// None, the same on all sides, or uneven.
fn paddings() -> impl Strategy<Value = Padding> {
    let uneven = (0_usize..4, 0_usize..4, 0_usize..4, 0_usize..4)
        .prop_map(|(left, right, top, bottom)| Padding { left, right, top, bottom });
    prop_oneof![Just(Padding::NONE), (1_usize..4).prop_map(Padding::even), uneven]
}

fn windows() -> impl Strategy<Value = Window> {
    let rounding = prop_oneof![Just(Rounding::Floor), Just(Rounding::Ceil)];
    (extents(1..5), extents(1..4), extents(1..3), paddings(), rounding).prop_map(
        |(filter, stride, dilation, padding, rounding)| Window {
            filter,
            stride,
            dilation,
            padding,
            rounding,
        },
    )
}

/// Convolutions of all options: uneven padding, dilation, groups, floor and ceil, with and without biases.
fn specs(volumes: impl Strategy<Value = Volume>) -> impl Strategy<Value = ConvolutionSpec> {
    (volumes, windows(), 1_usize..4, 1_usize..6, any::<bool>()).prop_map(
        |(volume, window, groups, k, bias)| {
            let input = Volume { depth: volume.depth * groups, ..volume };
            ConvolutionSpec { bias, ..ConvolutionSpec::new(input, window, k * groups).groups(groups) }
        },
    )
}

pub(super) fn convolutions(volumes: impl Strategy<Value = Volume>) -> impl Strategy<Value = Convolution> {
    specs(volumes).prop_filter_map("a window that fits", |spec| spec.check().ok())
}

/// Filters of one pixel at every pixel: what needs no columns.
pub(super) fn pointwise(volumes: impl Strategy<Value = Volume>) -> impl Strategy<Value = Convolution> {
    specs(volumes).prop_filter_map("a count that fits", |spec| {
        ConvolutionSpec { window: Window::square(1), ..spec }.check().ok()
    })
}

/// Filters of 3 x 3 or 5 x 5 pixels that slide by 1, over any padding: what Winograd's algorithm computes.
pub(super) fn small_squares(volumes: impl Strategy<Value = Volume>) -> impl Strategy<Value = Convolution> {
    (specs(volumes), paddings(), prop_oneof![Just(3), Just(5)]).prop_filter_map(
        "a window that fits",
        |(spec, padding, side)| {
            let window = Window { padding, ..Window::square(side) };
            ConvolutionSpec { window, ..spec }.groups(1).check().ok()
        },
    )
}

/// As many groups as channels, one filter or more of each.
pub(super) fn depthwise(volumes: impl Strategy<Value = Volume>) -> impl Strategy<Value = Convolution> {
    (volumes, windows(), 1_usize..4, any::<bool>()).prop_filter_map(
        "a window that fits",
        |(input, window, k, bias)| {
            let spec = ConvolutionSpec::new(input, window, k * input.depth).groups(input.depth);
            ConvolutionSpec { bias, ..spec }.check().ok()
        },
    )
}

pub(super) fn locals(volumes: impl Strategy<Value = Volume>) -> impl Strategy<Value = Local> {
    specs(volumes).prop_filter_map("a window that fits", |spec| Local::check(spec).ok())
}

pub(super) fn poolings(volumes: impl Strategy<Value = Volume>, pool: Pool) -> impl Strategy<Value = Pooling> {
    (volumes, windows()).prop_filter_map("a window that fits", move |(volume, window)| {
        let window = Window { dilation: Extent::square(1), ..window };
        PoolingSpec::new(volume, window, pool).check().ok()
    })
}

/// GAP: the mean of each whole channel.
pub(super) fn global_averages(volumes: impl Strategy<Value = Volume>) -> impl Strategy<Value = Pooling> {
    volumes.prop_map(|volume| {
        let window = Window::new(volume.width, volume.height);
        PoolingSpec::new(volume, window, Pool::Average(Average::Counted)).geometry()
    })
}

pub(super) fn fractional_poolings(
    volumes: impl Strategy<Value = Volume>,
) -> impl Strategy<Value = FractionalPooling> {
    let layer = |(volume, ratio)| FractionalPooling::check(volume, ratio).ok();
    (volumes, 1.0..3.0).prop_filter_map("a ratio that fits", layer)
}

pub(super) fn maxouts(volumes: impl Strategy<Value = Volume>) -> impl Strategy<Value = Maxout> {
    (volumes, 1_usize..6)
        .prop_map(|(volume, pieces)| Maxout::new(Volume { depth: volume.depth * pieces, ..volume }, pieces))
}

pub(super) fn dense(
    volumes: impl Strategy<Value = Volume>,
    outputs: std::ops::Range<usize>,
) -> impl Strategy<Value = Dense> {
    (volumes, outputs, any::<bool>())
        .prop_map(|(volume, outputs, bias)| DenseSpec { bias, ..DenseSpec::new(volume, outputs) }.geometry())
}

/// FC whose weights are dropped.
pub(super) fn dropped(volumes: impl Strategy<Value = Volume>) -> impl Strategy<Value = Dense> {
    (volumes, 1_usize..20, any::<bool>(), 0.05..1.0).prop_map(|(volume, outputs, bias, keep)| {
        DenseSpec { bias, ..DenseSpec::new(volume, outputs) }.drop_connect(keep).geometry()
    })
}

/// Normalizations of enough numbers a channel to have a variance.
pub(super) fn batch_norms() -> impl Strategy<Value = BatchNorm> {
    (2_usize..5, 2_usize..5, 1_usize..9, 0.0..1.0, 1e-4..0.1).prop_map(
        |(width, height, depth, momentum, epsilon)| {
            BatchNorm::new(Volume::new(width, height, depth), momentum, epsilon)
        },
    )
}

/// LRN of any strength, by AlexNet's exponent or another, alpha as it is or over n.
pub(super) fn response_norms(
    volumes: impl Strategy<Value = Volume>,
    over_n: bool,
) -> impl Strategy<Value = ResponseNorm> {
    let beta = prop_oneof![Just(0.75), 0.3..1.6];
    (volumes, 1_usize..20, 1_usize..9, 0.5..2.0, 1e-4..1.0, beta).prop_map(
        move |(volume, depth, n, k, alpha, beta)| {
            let [k, alpha, beta] = [k, alpha, beta].map(Real::new);
            ResponseNorm { volume: Volume { depth, ..volume }, n, k, alpha, beta, over_n }
        },
    )
}

pub(super) fn prelus(volumes: impl Strategy<Value = Volume>, shared: bool) -> impl Strategy<Value = PRelu> {
    volumes.prop_map(move |volume| PRelu::new(volume, shared))
}

/// The depths of one to four branches of a volume, equal if they are summed.
pub(super) fn branches(
    volumes: impl Strategy<Value = Volume>,
    join: Join,
) -> impl Strategy<Value = (Volume, Vec<usize>)> {
    (volumes, proptest::collection::vec(1_usize..8, 1..5)).prop_map(move |(volume, depths)| match join {
        Join::Stack => (Volume { depth: depths.iter().sum(), ..volume }, depths),
        Join::Sum => (volume, vec![volume.depth; depths.len()]),
    })
}
