use convnet::network;

network! {
    block half(k) = CONV3-k -> POOL2 -> SOFTMAX;

    struct Net {
        INPUT[32x32x3] -> half(8) -> RELU s2 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).half1_conv1().weights();
}
