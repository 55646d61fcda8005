use convnet::network;

network! {
    block = CONV3-8 -> RELU;

    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
