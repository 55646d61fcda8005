use convnet::network;

network! {
    block s2 = CONV3-8 -> RELU;

    struct Net {
        INPUT[32x32x3] -> s2 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
