use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CAT{ CONV1-8 : [32x32x9] | CONV3-16 } -> FC10
    }
}

fn main() {
    let _ = Net::new(1).cat1_b1_conv1().weights();
}
