use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> ADD{ CONV3-16 | CONV5-16 | ID } -> FC10
    }
}

fn main() {
    let _ = Net::new(1).add1_b1_conv1().weights();
}
