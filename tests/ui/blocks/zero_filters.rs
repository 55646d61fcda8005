use convnet::network;

network! {
    block narrow(k) = CONV1-(k - 8);

    struct Net {
        INPUT[32x32x3] -> narrow(8) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).narrow1_conv1().weights();
}
