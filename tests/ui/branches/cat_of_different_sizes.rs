use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CAT{ CONV1-16 | POOL2 -> CONV1-16 } -> FC10
    }
}

fn main() {
    let _ = Net::new(1).cat1_b2_conv1().weights();
}
