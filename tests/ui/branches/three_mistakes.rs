use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CAT{ CONV3-8 s2 p0 | POOL2 | CONV1-8 g2 }
        -> FC10 -> ADD{ FC10 | FC9 } -> FC10
    }
}

fn main() {
    let _ = Net::new(1).cat1_b1_conv1().weights();
}
