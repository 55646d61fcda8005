use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CAT{ CONV3-64 | CONV5-64 } -> FC10
    }
    assert memory <= 100KB;
}

fn main() {
    let _ = Net::new(1).cat1_b1_conv1().weights();
}
