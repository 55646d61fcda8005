use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CAT{ CONV3-16 | CONV3-16 p1x0 | POOL3 s1 p1 } -> FC10
    }
}

fn main() {
    let _ = Net::new(1).cat1_b2_conv1().weights();
}
