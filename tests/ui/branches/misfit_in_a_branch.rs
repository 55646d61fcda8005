use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-16 -> CAT{ CONV1-8 | CONV3-8 s2 p0 } -> FC10
    }
}

fn main() {
    let _ = Net::new(1).cat1_b2_conv1().weights();
}
