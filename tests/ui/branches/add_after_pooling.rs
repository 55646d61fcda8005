use convnet::network;

network! {
    struct Net {
        INPUT[32x32x8] -> ADD{ CONV3-8 -> POOL2
                              | CONV1-8 } -> FC10
    }
}

fn main() {
    let _ = Net::new(1).add1_b2_conv1().weights();
}
