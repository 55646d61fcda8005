use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-16
        -> ADD{ CONV3-16 -> CAT{ CONV1-4 | CONV3-8 } | ID } -> FC10
    }
}

fn main() {
    let _ = Net::new(1).add1_b1_cat1_b2_conv1().weights();
}
