use convnet::network;

network! {
    struct Net {
        INPUT[10x10x3] -> CAT{ CONV3-8 s2 p0 | POOL2 } -> POOL5 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).cat1_b1_conv1().weights();
}
