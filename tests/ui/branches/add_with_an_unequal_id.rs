use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-16 -> ADD{ CONV3-32 -> BN | ID } -> RELU -> FC10
    }
}

fn main() {
    let _ = Net::new(1).add1_b1_conv1().weights();
}
