use convnet::network;
use convnet::prelude::*;

network! {
    struct Small {
        INPUT[10x10x3] -> CONV3-8 s2 p0 -> RELU -> FC10 -> CONV3-8 p0 -> FC10
    }

    struct Large {
        INPUT[32x32x3] -> CONV5-8 g2 -> FC10
    }
}

fn scores<N: Network>(_network: &N) {}

fn main() {
    scores(&Small::new(1));
    scores(&Large::new(1).clone());
    println!("{:?} {}", Large::new(1), Small::report());
}
