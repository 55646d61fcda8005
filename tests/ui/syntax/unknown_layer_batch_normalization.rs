use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> BatchNormalization() -> FC10
    }
}

fn main() {
    let _ = Net::new(1).bn1().weights();
}
