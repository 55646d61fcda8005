use convnet::network;

network! {
    block narrow(k) = CONV1-(k/4) -> CONV3-k;

    struct Net {
        INPUT[32x32x3] -> narrow(16) -> narrow(10) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).narrow2_conv1().weights();
}
