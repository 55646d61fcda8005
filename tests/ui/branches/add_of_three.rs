use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> ADD{ CONV3-16 | CONV5-16 | CONV1-8 } -> FC10
    }
}

fn main() {
    let _ = Net::new(1).add1_b3_conv1().weights();
}
