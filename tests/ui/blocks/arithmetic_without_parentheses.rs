use convnet::network;

network! {
    block stem(k) = CONV3-k/4 -> RELU;

    struct Net {
        INPUT[32x32x3] -> stem(8) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).stem1_conv1().weights();
}
