use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> [CONV3-64 -> RELU]*2 -> POOL2 -> FC10
    }
    assert memory == 100MB;
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
