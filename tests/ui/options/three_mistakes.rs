use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-64 flor -> DROPOUT(0.5) -> BN(momentum=2) -> POOL2 nobias -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
