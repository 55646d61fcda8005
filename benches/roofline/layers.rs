//! The layers that are measured: those of the networks of the notes, one of each kind.

use super::Bench;

/// Measures a layer, given as the volume that it takes, its notation, and the batch.
macro_rules! measure {
    ($bench:expr, $({ [$($input:tt)*] $($layer:tt)* } * $batch:literal)*) => {
        $({
            convnet::network! { struct Behind { INPUT[$($input)*] -> RELU -> $($layer)* } }
            convnet::network! { struct Alone { INPUT[$($input)*] -> $($layer)* } }
            let notation = concat!(stringify!($($layer)*), " on ", stringify!($($input)*)).replace(" -", "-").replace("- ", "-");
            $bench.layer(&notation, Behind::new, Alone::new, $batch);
        })*
    };
}

pub(crate) fn each(bench: &Bench) {
    measure! {
        bench,
        { [224x224x3] CONV7-64 s2 p3 floor } * 4
        { [227x227x3] CONV11-96 s4 p0 } * 4
        { [28x28x1] CONV5-6 } * 64
        { [14x14x6] CONV5-16 p0 } * 64
        { [32x32x3] CONV3-64 } * 16
        { [32x32x16] CONV3-16 } * 16
        { [56x56x64] CONV3-64 } * 4
        { [14x14x256] CONV3-256 } * 4
        { [27x27x96] CONV5-256 } * 4
        { [56x56x64] CONV1-256 } * 4
        { [14x14x1024] CONV1-256 } * 4
        { [56x56x128] CONV3-128 s2 floor } * 4
        { [28x28x128] CONV3-128 d2 } * 4
        { [28x28x128] CONV3-128 g4 } * 4
        { [56x56x128] CONV3-128 g128 } * 4
        { [6x6x256] FC4096 } * 1
        { [6x6x256] FC4096 } * 8
        { [6x6x256] FC4096 } * 64
        { [16x16x64] LOCAL3-64 } * 4
        { [56x56x64] POOL2 } * 4
        { [55x55x96] POOL3 s2 } * 4
        { [56x56x64] AVGPOOL2 } * 4
        { [56x56x64] L2POOL2 } * 4
        { [7x7x2048] GAP } * 4
        { [56x56x64] RELU } * 4
        { [56x56x64] TANH } * 4
        { [56x56x64] PRELU } * 4
        { [56x56x64] BN } * 4
        { [56x56x64] LRN } * 4
        { [56x56x64] DROPOUT(keep=0.5) } * 4
    }
}
