use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-8 s2 p0 -> FC10
    }
    assert parameters == 1;
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
