use convnet::network;

network! {
    block plain(k) = CONV3-k -> RELU;

    struct Net {
        INPUT[32x32x3] -> plain-8 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).plain1_conv1().weights();
}
