use convnet::network;

network! {
    block unused(k) = CONV3-k -> DROPOUT(keep=2);

    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
