use convnet::network;

network! {
    block residual(k) = ADD{ CONV3-k | ID } -> RELU;

    struct Net {
        INPUT[32x32x3] -> CONV3-16 -> residual(16)
        -> residual(32) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).residual2_add1_b1_conv1().weights();
}
